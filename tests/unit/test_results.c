#include "clearing/effects/results.h"

#include <check.h>
#include <string.h>

#define BYTES_MAX 16384

static uint64_t random_state;

static uint64_t random_next(void)
{
    random_state += 0x9e3779b97f4a7c15ULL;
    uint64_t x = random_state;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/* Often 0, often small, sometimes the ends. */
static int64_t random_amount(void)
{
    uint64_t x = random_next();

    switch (x % 5) {
    case 0:
    case 1:
        return 0;
    case 2:
        return (int64_t)(x >> 32 & 0xff);
    case 3:
        return (int64_t)(x >> 8);
    }
    return (x >> 32 & 1) != 0 ? INT64_MAX : INT64_MIN;
}

static uint32_t random_number(void)
{
    return (uint32_t)random_amount();
}

static day_t random_day(void)
{
    static const day_t days[] = {0, 1, 20000, DAY_MAX, DAY_MAX - 1, DAY_MIN};

    return days[random_next() % 6];
}

static struct effect random_effect(void)
{
    return (struct effect){
        .kind = (effect_kind_t)(random_next() % EFFECT_DISPUTE + 1),
        .sign = random_next() % 2 == 0 ? 1 : -1,
        .reversal = random_next() % 2 == 0,
        .line = (uint8_t)random_next(),
        .lot = (lot_id_t)random_amount(),
        .made = (lot_id_t)random_amount(),
        .class = random_number(),
        .product = {random_next() % 3 == 0 ? UINT32_MAX : random_number()},
        .terms_version = random_number(),
        .rule = random_number(),
        .units = random_amount(),
        .principal = money(random_amount()),
        .bonus = money(random_amount()),
        .money = money(random_amount()),
        .lot_units = random_amount(),
        .lot_drawn = random_amount(),
        .lot_principal = money(random_amount()),
        .valid_to = random_day(),
        .own = random_next() % 2 == 0,
        .topup_principal = money(random_amount()),
        .topup = (lot_id_t)random_amount(),
    };
}

static void random_effects(struct effects *ret_effects, uint32_t count)
{
    effects_reset(ret_effects);
    ret_effects->here = (struct site){{random_number()}, {random_number()}};
    ret_effects->origin = (struct site){{random_number()}, {random_number()}};
    ret_effects->original = (uint64_t)random_amount();
    ret_effects->previous_refund = (uint64_t)random_amount();
    ret_effects->member = (uint64_t)random_amount();
    ret_effects->occurred = random_day();
    ret_effects->booked = random_day();
    ret_effects->terms_version = random_number();
    for (uint32_t i = 0; i < count; i++) {
        struct effect effect = random_effect();
        struct share shares[DEBTORS_MAX];
        uint32_t share_count = (uint32_t)(random_next() % (DEBTORS_MAX + 1));
        for (uint32_t k = 0; k < share_count; k++) {
            shares[k] = (struct share){{random_number()}, money(random_amount())};
        }
        effects_add(ret_effects, &effect, shares, share_count);
    }
}

static void assert_same_effect(const struct effect *a, const struct effect *b)
{
    ck_assert(a->kind == b->kind && a->sign == b->sign && a->reversal == b->reversal);
    ck_assert(a->line == b->line && a->lot == b->lot && a->made == b->made);
    ck_assert(a->class == b->class && a->product.n == b->product.n && a->rule == b->rule);
    ck_assert(a->terms_version == b->terms_version && a->units == b->units);
    ck_assert(money_compare(a->principal, b->principal) == 0);
    ck_assert(money_compare(a->bonus, b->bonus) == 0);
    ck_assert(money_compare(a->money, b->money) == 0);
    ck_assert(a->lot_units == b->lot_units && a->lot_drawn == b->lot_drawn);
    ck_assert(money_compare(a->lot_principal, b->lot_principal) == 0);
    ck_assert(a->valid_to == b->valid_to && a->own == b->own && a->topup == b->topup);
    ck_assert(money_compare(a->topup_principal, b->topup_principal) == 0);
    ck_assert_uint_eq(a->share_count, b->share_count);
}

static void assert_same(const struct effects *a, const struct effects *b)
{
    ck_assert(a->here.store.n == b->here.store.n && a->here.owner.n == b->here.owner.n);
    ck_assert(a->origin.store.n == b->origin.store.n && a->origin.owner.n == b->origin.owner.n);
    ck_assert(a->original == b->original && a->previous_refund == b->previous_refund);
    ck_assert(a->member == b->member && a->terms_version == b->terms_version);
    ck_assert(a->occurred == b->occurred && a->booked == b->booked);
    ck_assert_uint_eq(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        assert_same_effect(&a->list[i], &b->list[i]);
        for (uint32_t k = 0; k < a->list[i].share_count; k++) {
            const struct share *left = effect_shares(a, &a->list[i]) + k;
            const struct share *right = effect_shares(b, &b->list[i]) + k;
            ck_assert_uint_eq(left->who.n, right->who.n);
            ck_assert_int_eq(money_compare(left->amount, right->amount), 0);
        }
    }
}

static size_t written(uint8_t *bytes, outcome_t outcome, outcome_t waiting_for,
                      const struct effects *effects)
{
    struct writer writer = {bytes, 0, BYTES_MAX, false};

    results_write(&writer, outcome, waiting_for, effects);
    ck_assert(!writer.full);
    return writer.len;
}

/* Reads what lies in bytes[len]; outcomes must stay untouched when it refuses. */
static bool reads(const uint8_t *bytes, size_t len, struct effects *effects)
{
    struct reader reader = {bytes, len, 0, false};
    outcome_t outcome = OUTCOME_FUTURE;
    outcome_t waiting_for = OUTCOME_FUTURE;

    if (!results_read(&reader, &outcome, &waiting_for, effects)) {
        ck_assert(reader.bad);
        ck_assert(outcome == OUTCOME_FUTURE && waiting_for == OUTCOME_FUTURE);
        return false;
    }
    return reader_done(&reader);
}

START_TEST(nothing_is_refused)
{
    struct effects effects = {0};

    ck_assert(!reads(NULL, 0, &effects));
    ck_assert(!reads((const uint8_t *)"\0", 1, &effects));
    ck_assert(!reads((const uint8_t *)"\xff", 1, &effects));
    ck_assert(!reads((const uint8_t *)"\x02", 1, &effects)); /* WAITING for what? */
    effects_deinit(&effects);
}
END_TEST

START_TEST(a_refusal_is_one_byte)
{
    struct effects effects = {0};
    uint8_t bytes[BYTES_MAX];

    random_effects(&effects, 3);
    for (int outcome = OUTCOME_DUPLICATE; outcome <= OUTCOME_LAST; outcome++) {
        struct effects back = {0};
        struct reader reader = {bytes, 1, 0, false};
        outcome_t read = OUTCOME_NONE;
        outcome_t waiting_for = OUTCOME_FUTURE;
        if (outcome_accepted((outcome_t)outcome)) {
            continue;
        }
        ck_assert_uint_eq(written(bytes, (outcome_t)outcome, OUTCOME_NONE, &effects), 1);
        ck_assert(results_read(&reader, &read, &waiting_for, &back));
        ck_assert_int_eq(read, outcome);
        ck_assert_int_eq(waiting_for, OUTCOME_NONE);
        ck_assert_uint_eq(back.count, 0);
        effects_deinit(&back);
    }
    bytes[0] = OUTCOME_LAST + 1;
    ck_assert(!reads(bytes, 1, &effects));
    effects_deinit(&effects);
}
END_TEST

START_TEST(waiting_says_for_what)
{
    struct effects effects = {0};
    uint8_t bytes[BYTES_MAX];
    struct reader reader = {bytes, 2, 0, false};
    outcome_t outcome = OUTCOME_NONE;
    outcome_t waiting_for = OUTCOME_NONE;

    ck_assert_uint_eq(written(bytes, OUTCOME_WAITING, OUTCOME_INSUFFICIENT_USES, &effects), 2);
    ck_assert(results_read(&reader, &outcome, &waiting_for, &effects));
    ck_assert_int_eq(outcome, OUTCOME_WAITING);
    ck_assert_int_eq(waiting_for, OUTCOME_INSUFFICIENT_USES);
    bytes[1] = OUTCOME_LAST + 1;
    ck_assert(!reads(bytes, 2, &effects));
    effects_deinit(&effects);
}
END_TEST

START_TEST(reading_empties_what_was_there)
{
    struct effects effects = {0};
    struct effects none = {0};
    uint8_t bytes[BYTES_MAX];

    random_effects(&effects, 3);
    size_t len = written(bytes, OUTCOME_ACCEPTED, OUTCOME_NONE, &none);
    ck_assert(reads(bytes, len, &effects));
    assert_same(&effects, &none);
    ck_assert_uint_eq(effects.share_count, 0);
    effects_deinit(&effects);
}
END_TEST

/* A day or an effect's field outside its type, a field of 0 that is there, shares that are none. */
static const struct {
    const char *bytes;
    size_t len;
} refused[] = {
    /* outcome, here 2, origin 2, original, previous, member, occurred, booked, version, count */
    {"\x01\0\0\0\0\0\0\0\0\0\0", 11},                     /* the count is missing */
    {"\x01\0\0\0\0\0\0\0\x80\x80\x80\x80\x10\0\0\0", 16}, /* occurred 2^31 */
    {"\x01\0\0\0\0\0\0\0\0\x81\x80\x80\x80\x10\0\0", 16}, /* booked -2^31 - 1 */
    {"\x01\0\0\0\0\0\0\0\0\0\x80\x80\x80\x80\x10\0", 16}, /* version 2^32 */
    {"\x01\x80\x80\x80\x80\x10\0\0\0\0\0\0\0\0\0\0", 16}, /* store 2^32 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x80\x80\x04", 14},         /* 65,536 effects */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x00\0", 14},           /* kind 0 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x0c\0", 14},           /* kind 12 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x81\0", 14},           /* bit 7 of the kind */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x80\x80\x20", 16}, /* a field that does not exist */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x01\0", 15},       /* line 0 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x01\x80\x04", 16}, /* line 256 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x01\x01", 15},     /* line -1 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x08\x01", 15},     /* class -1 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x10\x01", 15},     /* product -2 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x10\x80\x80\x80\x80\x20", 19}, /* product none, spelt out */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 24},
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x80\x40\x80\x80\x80\x80\x10", 20}, /* for ever, spelt out */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x80\x40\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 25},
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x80\x80\x01\x04", 17}, /* own 2 */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x80\x80\x10\0", 17},   /* no shares */
    {"\x01\0\0\0\0\0\0\0\0\0\0\x01\x01\x80\x80\x10\x41", 17}, /* 65 shares */
};

START_TEST(refuses)
{
    struct effects effects = {0};

    ck_assert(!reads((const uint8_t *)refused[_i].bytes, refused[_i].len, &effects));
    effects_deinit(&effects);
}
END_TEST

START_TEST(random_effects_come_back)
{
    struct effects effects = {0};
    struct effects back = {0};
    uint8_t bytes[BYTES_MAX];

    random_state = 1;
    for (int round = 0; round < 2000; round++) {
        random_effects(&effects, (uint32_t)(random_next() % 12));
        size_t len = written(bytes, OUTCOME_ACCEPTED, OUTCOME_NONE, &effects);
        ck_assert(reads(bytes, len, &back));
        assert_same(&effects, &back);
    }
    effects_deinit(&effects);
    effects_deinit(&back);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    struct effects effects = {0};
    struct effects back = {0};
    uint8_t bytes[BYTES_MAX];

    random_state = 2;
    for (int round = 0; round < 100; round++) {
        random_effects(&effects, (uint32_t)(random_next() % 6 + 1));
        size_t len = written(bytes, OUTCOME_ACCEPTED, OUTCOME_NONE, &effects);
        for (size_t cut = 0; cut < len; cut++) {
            ck_assert(!reads(bytes, cut, &back));
        }
    }
    effects_deinit(&effects);
    effects_deinit(&back);
}
END_TEST

/* One value has one encoding: whatever is read is written as the same bytes. */
START_TEST(what_is_read_is_written_again)
{
    struct effects effects = {0};
    struct effects back = {0};
    uint8_t bytes[BYTES_MAX];
    uint8_t again[BYTES_MAX];
    int read = 0;

    random_state = 3;
    for (int round = 0; round < 20000; round++) {
        random_effects(&effects, (uint32_t)(random_next() % 3));
        size_t len = written(bytes, OUTCOME_ACCEPTED, OUTCOME_NONE, &effects);
        for (uint64_t hits = random_next() % 3 + 1; hits > 0; hits--) {
            bytes[1 + random_next() % (len - 1)] ^= (uint8_t)(1U << random_next() % 8);
        }
        if (reads(bytes, len, &back)) {
            read++;
            ck_assert_uint_eq(written(again, OUTCOME_ACCEPTED, OUTCOME_NONE, &back), len);
            ck_assert_mem_eq(again, bytes, len);
        }
    }
    ck_assert_int_gt(read, 1000); /* otherwise nothing was tested */
    effects_deinit(&effects);
    effects_deinit(&back);
}
END_TEST

START_TEST(a_writer_too_small_is_full)
{
    struct effects effects = {0};
    uint8_t bytes[BYTES_MAX];

    random_state = 4;
    random_effects(&effects, 3);
    size_t len = written(bytes, OUTCOME_ACCEPTED, OUTCOME_NONE, &effects);
    for (size_t capacity = 0; capacity <= len; capacity++) {
        struct writer writer = {bytes, 0, capacity, false};
        results_write(&writer, OUTCOME_ACCEPTED, OUTCOME_NONE, &effects);
        ck_assert_int_eq(writer.full, capacity < len);
        ck_assert_uint_le(writer.len, capacity);
    }
    effects_deinit(&effects);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results");
    TCase *tcase = tcase_create("results");

    tcase_add_test(tcase, nothing_is_refused);
    tcase_add_test(tcase, a_refusal_is_one_byte);
    tcase_add_test(tcase, waiting_says_for_what);
    tcase_add_test(tcase, reading_empties_what_was_there);
    tcase_add_loop_test(tcase, refuses, 0, (int)(sizeof refused / sizeof *refused));
    tcase_add_test(tcase, random_effects_come_back);
    tcase_add_test(tcase, every_truncation_is_refused);
    tcase_add_test(tcase, what_is_read_is_written_again);
    tcase_add_test(tcase, a_writer_too_small_is_full);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
