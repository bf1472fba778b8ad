#include "clearing/report/suspense.h"

#include <check.h>
#include <stdlib.h>

#define FEN 12345

static struct suspense suspense;
static code_t store;

static void setup(void)
{
    suspense = (struct suspense){0};
    store = code_of(slice_of("B"));
}

static void teardown(void)
{
    suspense_deinit(&suspense);
    suspense_deinit(&suspense);
}

static struct event event_of(event_type_t type, uint64_t number)
{
    return (struct event){
        .type = type, .terminal = slice_of("1"), .number = number, .amount_fen = FEN, .member = 62};
}

static void hear(const struct event *event, outcome_t outcome, day_t booked, uint64_t record)
{
    const struct cleared cleared = {.event = event, .outcome = outcome, .booked = booked};

    suspense_hear(&suspense, &cleared, &store, record);
}

/* What suspense_save writes. */
static slice_t saved(const struct suspense *of, uint8_t *bytes, size_t capacity)
{
    struct spool spool = {.writer = {.bytes = bytes, .capacity = capacity}};

    suspense_save(of, &spool);
    return (slice_t){(const char *)bytes, (uint32_t)spool.writer.len};
}

START_TEST(test_what_hangs)
{
    static const event_type_t types[] = {EVENT_TOPUP, EVENT_SALE, EVENT_REFUND, EVENT_PACK_SALE,
                                         EVENT_CASHOUT};
    static const event_type_t others[] = {EVENT_ENROL, EVENT_VOID, EVENT_POINTS_GRANT,
                                          EVENT_DAY_TOTAL};
    static const outcome_t known[] = {OUTCOME_ACCEPTED, OUTCOME_WAITING, OUTCOME_DUPLICATE,
                                      OUTCOME_NUMBER_REUSED};
    uint64_t number = 1;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct event event = event_of(others[i], number++);
        hear(&event, OUTCOME_UNKNOWN_MEMBER, 10, 1);
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct event event = event_of(EVENT_SALE, number++);
        hear(&event, known[i], 10, 1);
    }
    struct event asked = event_of(EVENT_SALE, number++);
    asked.ask = true; /* nothing was handed over */
    hear(&asked, OUTCOME_INSUFFICIENT_FUNDS, 10, 1);
    ck_assert_uint_eq(suspense.count, 0);
    for (uint32_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct event event = event_of(types[i], number++);
        hear(&event, OUTCOME_UNKNOWN_PRODUCT, 10, 7);
        ck_assert_uint_eq(suspense.count, i + 1);
        ck_assert_int_eq(money_fen(suspense.list[i].amount), FEN);
        ck_assert_int_eq(suspense.list[i].came, 10);
        ck_assert_uint_eq(suspense.list[i].record, 7);
        ck_assert_uint_eq(suspense.list[i].member, 62);
    }
}
END_TEST

START_TEST(test_amounts)
{
    static const int64_t amounts[] = {0, AMOUNT_MAX, AMOUNT_MAX + 1, INT64_MAX, -1, INT64_MIN};

    for (uint32_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        struct event event = event_of(EVENT_TOPUP, i + 1);
        event.amount_fen = amounts[i];
        hear(&event, OUTCOME_BAD_AMOUNT, 10, 1);
        ck_assert_int_eq(money_fen(suspense.list[i].amount), i == 1 ? AMOUNT_MAX : 0);
    }
}
END_TEST

/* A retry that is refused again is the same item: its reason is new, its age is not. */
START_TEST(test_leaves)
{
    struct event first = event_of(EVENT_SALE, 1);
    struct event second = event_of(EVENT_SALE, 2);
    struct event other = event_of(EVENT_SALE, 3);

    hear(&first, OUTCOME_UNKNOWN_PRODUCT, 10, 1);
    hear(&second, OUTCOME_UNKNOWN_PRODUCT, 11, 2);
    hear(&first, OUTCOME_NOT_IN_FORCE, 12, 3);
    ck_assert_uint_eq(suspense.count, 2);
    ck_assert_int_eq(suspense.list[0].reason, OUTCOME_NOT_IN_FORCE);
    ck_assert_int_eq(suspense.list[0].came, 10);
    ck_assert_uint_eq(suspense.list[0].record, 3);
    hear(&first, OUTCOME_WAITING, 13, 4); /* it may still be refused: it hangs */
    hear(&other, OUTCOME_ACCEPTED, 13, 4);
    ck_assert_ptr_eq(suspense_find(&suspense, &store, slice_of("1"), 2), &suspense.list[1]);
    ck_assert_ptr_null(suspense_find(&suspense, &store, slice_of("1"), 3));
    ck_assert_ptr_null(suspense_find(&suspense, &store, slice_of("2"), 2));
    ck_assert_uint_eq(suspense.count, 2);
    store = code_of(slice_of("C")); /* the same number of another store */
    hear(&first, OUTCOME_ACCEPTED, 13, 4);
    ck_assert_uint_eq(suspense.count, 2);
    store = code_of(slice_of("B"));
    hear(&first, OUTCOME_ACCEPTED, 14, 5);
    ck_assert_uint_eq(suspense.count, 1);
    ck_assert_uint_eq(suspense.list[0].number, 2);
    hear(&first, OUTCOME_DUPLICATE, 14, 6);
    ck_assert_uint_eq(suspense.count, 1);
    hear(&second, OUTCOME_ACCEPTED, 14, 7);
    ck_assert_uint_eq(suspense.count, 0);
}
END_TEST

START_TEST(test_image)
{
    static uint8_t bytes[SPOOL_ROOM_MAX];
    static uint8_t again[SPOOL_ROOM_MAX];
    struct suspense loaded = {0};

    for (uint64_t number = 1; number <= 5; number++) {
        struct event event = event_of(EVENT_TOPUP, number);
        hear(&event, OUTCOME_BONUS_MISMATCH, (day_t)(20000 + number), number);
    }
    struct event gone = event_of(EVENT_TOPUP, 3);
    hear(&gone, OUTCOME_ACCEPTED, 20009, 9);
    slice_t image = saved(&suspense, bytes, sizeof bytes);
    struct reader reader = {.bytes = bytes, .len = image.len};
    ck_assert(suspense_load(&loaded, &reader));
    ck_assert(slice_equal(saved(&loaded, again, sizeof again), image));
    for (uint32_t len = 0; len < image.len; len++) { /* every cut is found */
        struct suspense cut = {0};
        reader = (struct reader){.bytes = bytes, .len = len};
        ck_assert(!suspense_load(&cut, &reader));
        suspense_deinit(&cut);
    }
    suspense_deinit(&suspense);
    suspense = loaded; /* goes on as the other would */
    struct event next = event_of(EVENT_TOPUP, 4);
    hear(&next, OUTCOME_ACCEPTED, 20010, 10);
    ck_assert_uint_eq(suspense.count, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suspense");
    TCase *tests = tcase_create("suspense");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_what_hangs);
    tcase_add_test(tests, test_amounts);
    tcase_add_test(tests, test_leaves);
    tcase_add_test(tests, test_image);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
