#include "clearing/order/numbers.h"

#include <check.h>
#include <stdio.h>

#include "clearing/base/limits.h"

#define LATE 3 /* days that a gap stays open */

static const store_t S = {0};

static number_state_t state_on(const struct numbers *numbers, uint64_t number, day_t day)
{
    return numbers_state(numbers, S, slice_of("1"), number, day, LATE);
}

static void spend(struct numbers *numbers, uint64_t number, day_t day)
{
    ck_assert_int_eq(state_on(numbers, number, day), NUMBER_OPEN);
    numbers_spend(numbers, S, slice_of("1"), number, day);
    ck_assert_int_eq(state_on(numbers, number, day), NUMBER_SPENT);
}

START_TEST(everything_is_open_at_first)
{
    struct numbers numbers = {0};

    ck_assert_int_eq(state_on(&numbers, 1, 0), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, NUMBER_MAX, DAY_MAX), NUMBER_OPEN);
    ck_assert_uint_eq(numbers_highest(&numbers, S, slice_of("1")), 0);
    numbers_deinit(&numbers);
    numbers_deinit(&numbers);
}
END_TEST

START_TEST(a_till_without_holes_has_no_gaps)
{
    struct numbers numbers = {0};

    for (uint64_t number = 1; number <= 1000; number++) {
        spend(&numbers, number, 10);
        ck_assert_uint_eq(numbers_highest(&numbers, S, slice_of("1")), number);
    }
    ck_assert_uint_eq(numbers.terminals[0].gap_count, 0);
    ck_assert_int_eq(state_on(&numbers, 500, 10), NUMBER_SPENT);
    ck_assert_int_eq(state_on(&numbers, 500, DAY_MAX), NUMBER_SPENT); /* spent is for ever */
    numbers_deinit(&numbers);
}
END_TEST

START_TEST(the_largest_number)
{
    struct numbers numbers = {0};

    spend(&numbers, NUMBER_MAX, 10);
    ck_assert_int_eq(state_on(&numbers, NUMBER_MAX - 1, 10), NUMBER_OPEN);
    spend(&numbers, NUMBER_MAX - 1, 10);
    spend(&numbers, 1, 10);
    ck_assert_uint_eq(numbers.terminals[0].gap_count, 1);
    ck_assert_uint_eq(numbers.terminals[0].gaps[0].first, 2);
    ck_assert_uint_eq(numbers.terminals[0].gaps[0].last, NUMBER_MAX - 2);
    numbers_deinit(&numbers);
}
END_TEST

/* Rule 33: a gap closes LATE days after the booked day of the first higher number. */
START_TEST(a_gap_closes_on_its_day)
{
    struct numbers numbers = {0};

    spend(&numbers, 5, 10); /* 1..4 are open since day 10 */
    ck_assert_int_eq(state_on(&numbers, 4, 10 + LATE), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 4, 10 + LATE + 1), NUMBER_CLOSED);
    ck_assert_int_eq(state_on(&numbers, 5, 10 + LATE + 1), NUMBER_SPENT);
    ck_assert_int_eq(state_on(&numbers, 6, 10 + LATE + 1),
                     NUMBER_OPEN); /* the future never closes */
    spend(&numbers, 9, 12);        /* 6..8 since day 12 */
    ck_assert_int_eq(state_on(&numbers, 1, 12 + LATE), NUMBER_CLOSED);
    ck_assert_int_eq(state_on(&numbers, 7, 12 + LATE), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 7, 12 + LATE + 1), NUMBER_CLOSED);
    numbers_deinit(&numbers);
}
END_TEST

START_TEST(no_late_days_at_all)
{
    struct numbers numbers = {0};

    numbers_spend(&numbers, S, slice_of("1"), 3, 10);
    ck_assert_int_eq(numbers_state(&numbers, S, slice_of("1"), 1, 10, 0), NUMBER_OPEN);
    ck_assert_int_eq(numbers_state(&numbers, S, slice_of("1"), 1, 11, 0), NUMBER_CLOSED);
    numbers_deinit(&numbers);
}
END_TEST

/* What a gap is split into keeps the day since which it is open. */
START_TEST(parts_of_a_gap_keep_its_day)
{
    struct numbers numbers = {0};

    spend(&numbers, 6, 10);
    spend(&numbers, 3, 12); /* from the middle */
    ck_assert_uint_eq(numbers.terminals[0].gap_count, 2);
    ck_assert_int_eq(state_on(&numbers, 2, 10 + LATE + 1), NUMBER_CLOSED);
    ck_assert_int_eq(state_on(&numbers, 4, 10 + LATE + 1), NUMBER_CLOSED);
    spend(&numbers, 1, 12); /* from the front */
    spend(&numbers, 5, 12); /* from the end */
    ck_assert_uint_eq(numbers.terminals[0].gap_count, 2);
    spend(&numbers, 2, 12);
    spend(&numbers, 4, 12);
    ck_assert_uint_eq(numbers.terminals[0].gap_count, 0);
    for (uint64_t number = 1; number <= 6; number++) {
        ck_assert_int_eq(state_on(&numbers, number, 12), NUMBER_SPENT);
    }
    ck_assert_int_eq(state_on(&numbers, 7, 12), NUMBER_OPEN);
    numbers_deinit(&numbers);
}
END_TEST

/* An event that waited and was refused: its number is open again from that day on. */
START_TEST(a_number_opens_again)
{
    struct numbers numbers = {0};

    spend(&numbers, 1, 10);
    spend(&numbers, 2, 10);
    spend(&numbers, 3, 10);
    numbers_reopen(&numbers, S, slice_of("1"), 2, 20);
    ck_assert_int_eq(state_on(&numbers, 1, 20), NUMBER_SPENT);
    ck_assert_int_eq(state_on(&numbers, 2, 20), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 3, 20), NUMBER_SPENT);
    ck_assert_int_eq(state_on(&numbers, 2, 20 + LATE), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 2, 20 + LATE + 1), NUMBER_CLOSED);
    spend(&numbers, 2, 21);
    numbers_reopen(&numbers, S, slice_of("1"), 3, 21); /* the highest */
    ck_assert_uint_eq(numbers_highest(&numbers, S, slice_of("1")), 3);
    ck_assert_int_eq(state_on(&numbers, 3, 21), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 3, 21 + LATE + 1), NUMBER_CLOSED);
    spend(&numbers, 4, 22);
    ck_assert_int_eq(state_on(&numbers, 3, 22), NUMBER_OPEN);
    spend(&numbers, 3, 22);
    numbers_reopen(&numbers, S, slice_of("1"), 1, 22);
    spend(&numbers, 1, 22);
    ck_assert_uint_eq(numbers.terminals[0].gap_count, 0);
    numbers_deinit(&numbers);
}
END_TEST

START_TEST(a_number_opens_beside_gaps)
{
    struct numbers numbers = {0};

    spend(&numbers, 2, 10);
    spend(&numbers, 4, 12); /* 1 since 10, 3 since 12 */
    numbers_reopen(&numbers, S, slice_of("1"), 2, 30);
    ck_assert_int_eq(state_on(&numbers, 1, 30), NUMBER_CLOSED);
    ck_assert_int_eq(state_on(&numbers, 2, 30), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 3, 30), NUMBER_CLOSED);
    ck_assert_int_eq(state_on(&numbers, 4, 30), NUMBER_SPENT);
    spend(&numbers, 2, 30);
    ck_assert_int_eq(state_on(&numbers, 1, 13), NUMBER_OPEN);
    ck_assert_int_eq(state_on(&numbers, 3, 15), NUMBER_OPEN);
    numbers_deinit(&numbers);
}
END_TEST

START_TEST(terminals_and_stores_count_apart)
{
    struct numbers numbers = {0};

    numbers_spend(&numbers, S, slice_of("1"), 1, 10);
    ck_assert_int_eq(numbers_state(&numbers, S, slice_of("2"), 1, 10, LATE), NUMBER_OPEN);
    ck_assert_int_eq(numbers_state(&numbers, (store_t){1}, slice_of("1"), 1, 10, LATE),
                     NUMBER_OPEN);
    numbers_spend(&numbers, (store_t){1}, slice_of("1"), 7, 10);
    ck_assert_uint_eq(numbers_highest(&numbers, S, slice_of("1")), 1);
    ck_assert_uint_eq(numbers_highest(&numbers, (store_t){1}, slice_of("1")), 7);
    ck_assert_uint_eq(numbers_highest(&numbers, (store_t){1}, slice_of("2")), 0);
    ck_assert_uint_eq(numbers.count, 2);
    numbers_deinit(&numbers);
}
END_TEST

START_TEST(many_terminals)
{
    enum { TERMINALS = 1000 };
    struct numbers numbers = {0};
    char code[16];

    for (uint32_t i = 0; i < TERMINALS; i++) {
        (void)snprintf(code, sizeof code, "%u", i / 10);
        numbers_spend(&numbers, (store_t){i % 10}, slice_of(code), i + 2, 10);
    }
    for (uint32_t i = 0; i < TERMINALS; i++) {
        (void)snprintf(code, sizeof code, "%u", i / 10);
        store_t store = {i % 10};
        ck_assert_uint_eq(numbers_highest(&numbers, store, slice_of(code)), i + 2);
        ck_assert_int_eq(numbers_state(&numbers, store, slice_of(code), i + 1, 10, LATE),
                         NUMBER_OPEN);
        ck_assert_int_eq(numbers_state(&numbers, store, slice_of(code), i + 2, 10, LATE),
                         NUMBER_SPENT);
    }
    numbers_deinit(&numbers);
}
END_TEST

/* Random spending and reopening of few numbers against a plain table of what is spent. */
START_TEST(a_table_agrees)
{
    enum { NUMBERS = 40 };

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct numbers numbers = {0};
        bool spent[NUMBERS + 2] = {false};
        uint64_t random = seed * 0x9e3779b97f4a7c15ULL;
        for (int step = 0; step < 120; step++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            uint64_t number = (random >> 33) % NUMBERS + 1;
            if (!spent[number]) {
                numbers_spend(&numbers, S, slice_of("1"), number, 10);
                spent[number] = true;
            } else if ((random >> 60) < 8) {
                numbers_reopen(&numbers, S, slice_of("1"), number, 10);
                spent[number] = false;
            }
            for (uint64_t i = 1; i <= NUMBERS + 1; i++) {
                ck_assert_int_eq(state_on(&numbers, i, 10), spent[i] ? NUMBER_SPENT : NUMBER_OPEN);
            }
        }
        numbers_deinit(&numbers);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numbers");
    TCase *tcase = tcase_create("numbers");

    tcase_add_test(tcase, everything_is_open_at_first);
    tcase_add_test(tcase, a_till_without_holes_has_no_gaps);
    tcase_add_test(tcase, the_largest_number);
    tcase_add_test(tcase, a_gap_closes_on_its_day);
    tcase_add_test(tcase, no_late_days_at_all);
    tcase_add_test(tcase, parts_of_a_gap_keep_its_day);
    tcase_add_test(tcase, a_number_opens_again);
    tcase_add_test(tcase, a_number_opens_beside_gaps);
    tcase_add_test(tcase, terminals_and_stores_count_apart);
    tcase_add_test(tcase, many_terminals);
    tcase_add_test(tcase, a_table_agrees);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
