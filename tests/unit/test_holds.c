/* Holds against a plain list of them: sums, ends, days, and the bytes of both. */
#include "clearing/members/holds.h"

#include <check.h>
#include <stdlib.h>

#define MEMBERS 7
#define ROUNDS  20000
#define PLAIN   4096

static uint64_t random_state = 1;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % limit;
}

static struct hold plain[PLAIN];
static uint32_t plain_count;

static int64_t plain_sum(uint64_t member, product_t product, store_t store)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < plain_count; i++) {
        bool here = store.n == STORE_NONE.n || !plain[i].here_only || plain[i].store.n == store.n;
        if (plain[i].member == member && plain[i].product.n == product.n && here) {
            sum += plain[i].amount;
        }
    }
    return sum;
}

static void plain_end(uint32_t place)
{
    for (uint32_t i = place; i + 1 < plain_count; i++) {
        plain[i] = plain[i + 1];
    }
    plain_count--;
}

static void compare(const struct holds *holds)
{
    ck_assert_uint_eq(holds->live, plain_count);
    for (uint64_t member = 1; member <= MEMBERS; member++) {
        for (uint32_t product = 0; product < 2; product++) {
            ck_assert_int_eq(holds_sum(holds, member, (product_t){product}, STORE_NONE),
                             plain_sum(member, (product_t){product}, STORE_NONE));
            ck_assert_int_eq(holds_sum(holds, member, (product_t){product}, (store_t){1}),
                             plain_sum(member, (product_t){product}, (store_t){1}));
        }
    }
}

static void add(struct holds *holds, uint64_t seq)
{
    struct hold hold = {
        .seq = seq,
        .member = 1 + below(MEMBERS),
        .product = {below(2)},
        .store = {below(3)},
        .here_only = below(3) == 0,
        .amount = 1 + below(1000),
        .until = (day_t)(seq / 100 + below(20)),
    };

    holds_add(holds, hold);
    plain[plain_count++] = hold;
}

/* Read back, they are the same, and write the same again. */
static void save_and_load(const struct holds *holds)
{
    static uint8_t bytes[2][SPOOL_ROOM_MAX * 4];
    struct spool first = {.writer = {.bytes = bytes[0], .capacity = sizeof bytes[0]}};
    struct spool second = {.writer = {.bytes = bytes[1], .capacity = sizeof bytes[1]}};
    struct holds back = {0};

    holds_save(holds, &first);
    struct reader reader = {first.writer.bytes, first.writer.len, 0, false};
    ck_assert(holds_load(&back, &reader));
    ck_assert_uint_eq(reader.at, reader.len);
    compare(&back);
    holds_save(&back, &second);
    ck_assert_uint_eq(first.writer.len, second.writer.len);
    ck_assert_mem_eq(first.writer.bytes, second.writer.bytes, first.writer.len);
    holds_deinit(&back);
}

/* One that is open, or has ended long ago; then it is not there. */
static void end_one(struct holds *holds)
{
    uint32_t place = below(plain_count);
    uint64_t seq = plain[place].seq;

    ck_assert_int_eq(holds_find(holds, seq)->amount, plain[place].amount);
    holds_end(holds, seq);
    plain_end(place);
    ck_assert(holds_find(holds, seq) == NULL);
    holds_end(holds, seq); /* again: nothing */
}

static void end_before(struct holds *holds, day_t day)
{
    holds_end_before(holds, day);
    for (uint32_t i = plain_count; i-- > 0;) {
        if (plain[i].until < day) {
            plain_end(i);
        }
    }
}

/* All that is held of one member is held of another. */
static void move_one(struct holds *holds)
{
    uint64_t from = 1 + below(MEMBERS);
    uint64_t into = 1 + from % MEMBERS;

    holds_move(holds, from, into);
    for (uint32_t i = 0; i < plain_count; i++) {
        plain[i].member = plain[i].member == from ? into : plain[i].member;
    }
}

START_TEST(as_a_plain_list)
{
    struct holds holds = {0};

    for (uint64_t seq = 1; seq <= ROUNDS; seq++) {
        if (plain_count < 10 || below(2) == 0) {
            add(&holds, seq);
        } else {
            end_one(&holds);
        }
        if (seq % 777 == 0) {
            move_one(&holds);
        }
        if (seq % 500 == 0) {
            end_before(&holds, (day_t)(seq / 100));
            save_and_load(&holds);
        }
        if (seq % 50 == 0) {
            compare(&holds);
            ck_assert_uint_le(holds.count, 2 * holds.live + 64 + 1); /* holes are given back */
        }
    }
    holds_deinit(&holds);
}
END_TEST

START_TEST(bad_bytes_are_refused)
{
    static const uint8_t none[] = {1, 0, 1, 0, 0, 0, 2, 2}; /* a hold of no event */
    static const uint8_t cut[] = {2, 1, 1, 0, 0, 0, 2, 2};  /* the second is missing */
    struct holds holds = {0};
    struct reader first = {none, sizeof none, 0, false};
    struct reader second = {cut, sizeof cut, 0, false};

    ck_assert(!holds_load(&holds, &first));
    ck_assert(!holds_load(&holds, &second));
    holds_deinit(&holds);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("holds");
    TCase *tcase = tcase_create("holds");

    tcase_add_test(tcase, as_a_plain_list);
    tcase_add_test(tcase, bad_bytes_are_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
