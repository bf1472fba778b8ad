#include "clearing/money/split.h"

#include <check.h>

#include "clearing/base/limits.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

/* The whole and the largest part in the exhaustive tests: every sum, order and step below is
 * tried. */
#define SMALL 12

static int64_t sum_of(const money_t *parts, uint32_t count)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum += money_fen(parts[i]);
    }
    return sum;
}

/* --- scaling --- */

static const struct {
    int64_t a;
    int64_t b;
    int64_t c;
    int64_t floored;
} scaled[] = {
    {0, 0, 1, 0},
    {0, INT64_MAX, 1, 0},
    {1, 1, 2, 0},
    {2, 1, 2, 1},
    {3, 1, 2, 1},
    {INT64_MAX, 1, 1, INT64_MAX},
    {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
    {INT64_MAX, INT64_MAX - 1, INT64_MAX, INT64_MAX - 1},
    {INT64_MAX - 1, 2, INT64_MAX, 1},
    {4294967296LL, 4294967295LL, 1048576, 17592186040320LL}, /* 2^64 - 2^32: the last in 64 bits */
    {4294967296LL, 4294967296LL, 1048576, 17592186044416LL}, /* 2^64: the first in 128 bits */
    {AMOUNT_MAX, AMOUNT_MAX, AMOUNT_MAX, AMOUNT_MAX},
    {AMOUNT_MAX - 1, AMOUNT_MAX, AMOUNT_MAX - 1, AMOUNT_MAX},
};

START_TEST(scale_is_exact)
{
    ck_assert_int_eq(scale_floor(scaled[_i].a, scaled[_i].b, scaled[_i].c), scaled[_i].floored);
    ck_assert_int_eq(scale_floor(scaled[_i].b, scaled[_i].a, scaled[_i].c), scaled[_i].floored);
}
END_TEST

/* --- rates and prices --- */

static const struct {
    int64_t fen;
    int64_t millionths;
    int64_t floored;
    int64_t half_up;
} rated[] = {
    {0, MILLION, 0, 0},
    {1, 0, 0, 0},
    {1, 499999, 0, 0},
    {1, 500000, 0, 1}, /* exactly a half goes up */
    {1, 999999, 0, 1},
    {1, MILLION, 1, 1},
    {3, 500000, 1, 2},
    {11316, 6000, 67, 68},      /* the service fee of the 12345 at B */
    {18333, 6000, 109, 110},    /* and of the 20000 at C */
    {50000, 10000, 500, 500},   /* the commission of the top-up */
    {2058, 500000, 1029, 1029}, /* half of the bonus */
    {29900, 3000, 89, 90},
    {AMOUNT_MAX, MILLION, AMOUNT_MAX, AMOUNT_MAX},
    {AMOUNT_MAX, 1, 1000000, 1000000},
    {AMOUNT_MAX - 1, 1, 999999, 1000000},
};

START_TEST(rates_round_as_named)
{
    money_t amount = money(rated[_i].fen);
    rate_t rate = {rated[_i].millionths};

    ck_assert_int_eq(money_fen(rate_floor(amount, rate)), rated[_i].floored);
    ck_assert_int_eq(money_fen(rate_half_up(amount, rate)), rated[_i].half_up);
}
END_TEST

static const struct {
    int64_t points;
    int64_t thousandths;
    int64_t floored;
    int64_t half_up;
} priced[] = {
    {0, 1200, 0, 0},       {1, 0, 0, 0},
    {1, 400, 0, 0}, /* a one-point grant at 0.4 fen issues and redeems nothing */
    {1, 499, 0, 0},        {1, 500, 0, 1},
    {1, 999, 0, 1},        {1000, 400, 400, 400},
    {123, 1200, 147, 148}, /* the points of the 123.45 yuan at B */
    {80, 1000, 80, 80},    {AMOUNT_MAX, 1000, AMOUNT_MAX, AMOUNT_MAX},
};

START_TEST(prices_round_as_named)
{
    point_price_t price = {priced[_i].thousandths};

    ck_assert_int_eq(money_fen(points_value_floor(priced[_i].points, price)), priced[_i].floored);
    ck_assert_int_eq(money_fen(points_value_half_up(priced[_i].points, price)), priced[_i].half_up);
}
END_TEST

START_TEST(half_up_is_floor_of_the_value_and_a_half)
{
    for (int64_t fen = 0; fen < 40; fen++) {
        for (int64_t rate = 0; rate <= MILLION; rate += 31250) {
            int64_t halves = 2 * fen * rate / MILLION; /* floor of twice the value */
            ck_assert_int_eq(money_fen(rate_half_up(money(fen), (rate_t){rate})), (halves + 1) / 2);
        }
    }
}
END_TEST

/* --- telescoping --- */

START_TEST(telescope_at_its_ends)
{
    ck_assert_int_eq(money_fen(money_telescope(money(7), 0, 3)), 0);
    ck_assert_int_eq(money_fen(money_telescope(money(7), 3, 3)), 7);
    ck_assert_int_eq(money_fen(money_telescope(money(7), 0, 0)), 0);
    ck_assert_int_eq(money_fen(money_telescope(money(0), 2, 3)), 0);
    ck_assert_int_eq(money_fen(money_telescope(money(AMOUNT_MAX), AMOUNT_MAX, AMOUNT_MAX)),
                     AMOUNT_MAX);
    ck_assert_int_eq(money_fen(money_telescope(money(AMOUNT_MAX), AMOUNT_MAX - 1, AMOUNT_MAX)),
                     AMOUNT_MAX - 1);
}
END_TEST

/* 50000 and a bonus of 10000, spent as 12345, 20000, 27655: the parts of principal. */
START_TEST(telescope_of_the_first_top_up)
{
    money_t first = money_telescope(money(50000), 12345, 60000);
    money_t second = money_telescope(money(50000), 32345, 60000);
    money_t third = money_telescope(money(50000), 60000, 60000);

    ck_assert_int_eq(money_fen(first), 10287);
    ck_assert_int_eq(money_fen(money_sub(second, first)), 16667);
    ck_assert_int_eq(money_fen(money_sub(third, second)), 23046);
}
END_TEST

/* A pack of ten uses: for 9999 the first use is 999 and nine are 1000; for 29810 all are 2981. */
START_TEST(telescope_of_a_pack)
{
    for (int64_t use = 1; use <= 10; use++) {
        money_t part = money_sub(money_telescope(money(9999), use, 10),
                                 money_telescope(money(9999), use - 1, 10));
        ck_assert_int_eq(money_fen(part), use == 1 ? 999 : 1000);
        part = money_sub(money_telescope(money(29810), use, 10),
                         money_telescope(money(29810), use - 1, 10));
        ck_assert_int_eq(money_fen(part), 2981);
    }
}
END_TEST

/* Every whole over every total in every pair of steps: parts are never negative, never above what
 * the step would be rounded up, and add up. */
START_TEST(telescope_of_everything_small)
{
    for (int64_t whole = 0; whole <= SMALL; whole++) {
        for (int64_t total = 1; total <= SMALL; total++) {
            int64_t sum = 0;
            for (int64_t cum = 1; cum <= total; cum++) {
                int64_t part = money_fen(money_telescope(money(whole), cum, total)) -
                               money_fen(money_telescope(money(whole), cum - 1, total));
                ck_assert_int_ge(part, 0);
                ck_assert_int_le(part, (whole + total - 1) / total);
                sum += part;
            }
            ck_assert_int_eq(sum, whole);
        }
    }
}
END_TEST

/* --- peeling --- */

START_TEST(peel_at_its_ends)
{
    money_t weights[3] = {{0}, {5}, {0}};
    money_t parts[3] = {{77}, {77}, {77}};

    money_peel(money(0), weights, 1, parts);
    ck_assert_int_eq(money_fen(parts[0]), 0);
    ck_assert_int_eq(money_fen(parts[1]), 77);
    money_peel(money(5), weights, 3, parts); /* who has no weight gets nothing, the last included */
    ck_assert_int_eq(money_fen(parts[0]), 0);
    ck_assert_int_eq(money_fen(parts[1]), 5);
    ck_assert_int_eq(money_fen(parts[2]), 0);
    weights[0] = money(AMOUNT_MAX);
    weights[1] = money(AMOUNT_MAX);
    money_peel(money(2 * AMOUNT_MAX - 1), weights, 2, parts);
    ck_assert_int_eq(money_fen(parts[0]), AMOUNT_MAX - 1);
    ck_assert_int_eq(money_fen(parts[1]), AMOUNT_MAX);
}
END_TEST

/* The bonus of the first top-up: HQ 2000 and A 3000 over settled 1029, 2695, 5000. */
START_TEST(peel_of_the_first_top_up)
{
    const money_t weights[2] = {{2000}, {3000}};
    const int64_t cums[3] = {1029, 2695, 5000};
    const int64_t steps[3][2] = {{411, 618}, {667, 999}, {922, 1383}};
    money_t before[2] = {{0}, {0}};

    for (int i = 0; i < 3; i++) {
        money_t parts[2];
        money_peel(money(cums[i]), weights, 2, parts);
        ck_assert_int_eq(money_fen(money_sub(parts[0], before[0])), steps[i][0]);
        ck_assert_int_eq(money_fen(money_sub(parts[1], before[1])), steps[i][1]);
        before[0] = parts[0];
        before[1] = parts[1];
    }
}
END_TEST

static void peel_all(const money_t *weights, uint32_t count)
{
    money_t before[4] = {{0}, {0}, {0}, {0}};
    int64_t whole = sum_of(weights, count);

    for (int64_t cum = 0; cum <= whole; cum++) {
        money_t parts[4];
        money_peel(money(cum), weights, count, parts);
        ck_assert_int_eq(sum_of(parts, count), cum);
        for (uint32_t i = 0; i < count; i++) {
            ck_assert_int_ge(money_fen(parts[i]), money_fen(before[i]));
            ck_assert_int_le(money_fen(parts[i]), money_fen(weights[i]));
            before[i] = parts[i];
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        ck_assert_int_eq(money_fen(before[i]), money_fen(weights[i])); /* exact at the end */
    }
}

/* All weights 0..5 of one to four debtors: no step is negative, nobody pays above the own whole,
 * and at the end everybody has paid exactly that. */
START_TEST(peel_of_everything_small)
{
    for (uint32_t count = 1; count <= 4; count++) {
        int vectors = 6 * (count > 1 ? 6 : 1) * (count > 2 ? 6 : 1) * (count > 3 ? 6 : 1);
        for (int vector = 0; vector < vectors; vector++) {
            money_t weights[4] = {
                {vector % 6}, {vector / 6 % 6}, {vector / 36 % 6}, {vector / 216 % 6}};
            peel_all(weights, count);
        }
    }
}
END_TEST

START_TEST(peel_shares)
{
    const rate_t shares[3] = {{333333}, {333333}, {333334}};
    money_t parts[3];

    money_peel_shares(money(100), shares, 3, parts);
    ck_assert_int_eq(money_fen(parts[0]), 33);
    ck_assert_int_eq(money_fen(parts[1]), 33); /* 67 * 333333 / 666667 = 33.49 */
    ck_assert_int_eq(money_fen(parts[2]), 34);
    money_peel_shares(money(0), shares, 3, parts);
    ck_assert_int_eq(sum_of(parts, 3), 0);
    for (int64_t whole = 0; whole < 500; whole++) {
        money_peel_shares(money(whole), shares, 3, parts);
        ck_assert_int_eq(sum_of(parts, 3), whole);
        ck_assert(money_fen(parts[0]) >= 0 && money_fen(parts[1]) >= 0 && money_fen(parts[2]) >= 0);
    }
    const rate_t alone[1] = {{MILLION}};
    money_peel_shares(money(AMOUNT_MAX), alone, 1, parts);
    ck_assert_int_eq(money_fen(parts[0]), AMOUNT_MAX);
}
END_TEST

/* --- largest remainder --- */

/* A coupon of 1001 by HQ 60 % and A 40 %: .6 beats .4. */
START_TEST(largest_of_the_coupon)
{
    const rate_t shares[2] = {{600000}, {400000}};
    const uint32_t ranks[2] = {1, 0};
    money_t parts[2];

    money_split_largest(money(1001), shares, ranks, 2, parts);
    ck_assert_int_eq(money_fen(parts[0]), 601);
    ck_assert_int_eq(money_fen(parts[1]), 400);
}
END_TEST

START_TEST(largest_ties_go_by_rank)
{
    const rate_t halves[2] = {{500000}, {500000}};
    const rate_t quarters[4] = {{250000}, {250000}, {250000}, {250000}};
    const uint32_t forward[4] = {0, 1, 2, 3};
    const uint32_t mixed[4] = {7, 2, 9, 4};
    money_t parts[4];

    money_split_largest(money(1), halves, forward, 2, parts);
    ck_assert(money_fen(parts[0]) == 1 && money_fen(parts[1]) == 0);
    money_split_largest(money(1), halves, mixed, 2, parts);
    ck_assert(money_fen(parts[0]) == 0 && money_fen(parts[1]) == 1);
    money_split_largest(money(6), quarters, mixed, 4, parts);
    ck_assert(money_fen(parts[0]) == 1 && money_fen(parts[1]) == 2);
    ck_assert(money_fen(parts[2]) == 1 && money_fen(parts[3]) == 2);
    money_split_largest(money(7), quarters, mixed, 4, parts);
    ck_assert(money_fen(parts[0]) == 2 && money_fen(parts[2]) == 1);
}
END_TEST

START_TEST(largest_of_one_and_of_the_most)
{
    const rate_t alone[1] = {{MILLION}};
    rate_t shares[64];
    uint32_t ranks[64];
    money_t parts[64];

    money_split_largest(money(AMOUNT_MAX), alone, (const uint32_t[]){5}, 1, parts);
    ck_assert_int_eq(money_fen(parts[0]), AMOUNT_MAX);
    for (uint32_t i = 0; i < 64; i++) {
        shares[i] = (rate_t){15625};
        ranks[i] = 63 - i;
    }
    money_split_largest(money(63), shares, ranks, 64, parts);
    ck_assert_int_eq(money_fen(parts[0]), 0); /* the highest rank gets the fen that is missing */
    for (uint32_t i = 1; i < 64; i++) {
        ck_assert_int_eq(money_fen(parts[i]), 1);
    }
}
END_TEST

static void assert_largest(int64_t amount, const rate_t shares[3])
{
    const uint32_t ranks[3] = {2, 0, 1};
    money_t parts[3];

    money_split_largest(money(amount), shares, ranks, 3, parts);
    ck_assert_int_eq(sum_of(parts, 3), amount);
    for (int i = 0; i < 3; i++) {
        int64_t exact = amount * shares[i].millionths;
        int64_t over = money_fen(parts[i]) * MILLION - exact;
        ck_assert_int_lt(over, MILLION);
        ck_assert_int_gt(over, -MILLION);
        if (exact % MILLION == 0) {
            ck_assert_int_eq(over, 0); /* who has no remainder gets no fen more */
        }
    }
}

/* Every three shares in tenths of every amount up to 20: exact, and within one fen of the share. */
START_TEST(largest_of_everything_small)
{
    for (int64_t amount = 0; amount <= 20; amount++) {
        for (int64_t a = 0; a <= 10; a++) {
            for (int64_t b = 0; a + b <= 10; b++) {
                const rate_t shares[3] = {{a * 100000}, {b * 100000}, {(10 - a - b) * 100000}};
                assert_largest(amount, shares);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("split");
    TCase *tcase = tcase_create("split");

    tcase_add_loop_test(tcase, scale_is_exact, 0, COUNT(scaled));
    tcase_add_loop_test(tcase, rates_round_as_named, 0, COUNT(rated));
    tcase_add_loop_test(tcase, prices_round_as_named, 0, COUNT(priced));
    tcase_add_test(tcase, half_up_is_floor_of_the_value_and_a_half);
    tcase_add_test(tcase, telescope_at_its_ends);
    tcase_add_test(tcase, telescope_of_the_first_top_up);
    tcase_add_test(tcase, telescope_of_a_pack);
    tcase_add_test(tcase, telescope_of_everything_small);
    tcase_add_test(tcase, peel_at_its_ends);
    tcase_add_test(tcase, peel_of_the_first_top_up);
    tcase_add_test(tcase, peel_of_everything_small);
    tcase_add_test(tcase, peel_shares);
    tcase_add_test(tcase, largest_of_the_coupon);
    tcase_add_test(tcase, largest_ties_go_by_rank);
    tcase_add_test(tcase, largest_of_one_and_of_the_most);
    tcase_add_test(tcase, largest_of_everything_small);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
