#include "clearing/claims/positions.h"

#include <check.h>

static struct claims claims_of(struct claim *list, uint32_t count)
{
    return (struct claims){.list = list, .count = count};
}

static struct claim claim(uint32_t debtor, uint32_t creditor, int64_t fen)
{
    return (struct claim){KIND_PRINCIPAL, false, {debtor}, {creditor}, money(fen)};
}

static void assert_sum(money_sum_t sum, int64_t fen)
{
    ck_assert_int_eq(money_sum_sign(money_sum_sub(sum, money(fen))), 0);
}

START_TEST(nothing_posted)
{
    struct positions positions = {0};
    struct participant_sums sums[2];

    positions_by_participant(&positions, sums, 2);
    assert_sum(sums[0].in, 0);
    assert_sum(sums[1].out, 0);
    positions_deinit(&positions);
    positions_deinit(&positions);
}
END_TEST

START_TEST(an_event_without_claims_counts)
{
    struct positions positions = {0};
    struct claims none = {0};

    positions_post(&positions, (store_t){9}, &none);
    ck_assert_uint_eq(positions.events, 1);
    ck_assert_uint_eq(positions.count, 0);
    ck_assert_uint_eq(positions.stores[9].events, 1);
    ck_assert_uint_eq(positions.stores[8].events, 0);
    positions_deinit(&positions);
}
END_TEST

START_TEST(a_day_end_is_no_event)
{
    struct positions positions = {0};
    struct claim list[] = {claim(0, 1, 68)};
    struct claims claims = claims_of(list, 1);

    positions_post(&positions, STORE_NONE, &claims);
    ck_assert_uint_eq(positions.events, 0);
    ck_assert_uint_eq(positions.store_capacity, 0);
    ck_assert_uint_eq(positions.count, 1);
    ck_assert_uint_eq(positions.cells[0].count, 1);
    positions_deinit(&positions);
}
END_TEST

START_TEST(cells_keep_apart)
{
    struct positions positions = {0};
    struct claim list[] = {
        claim(0, 1, 5), claim(1, 0, 7), claim(0, 1, 11), claim(0, 1, 13), claim(0, 2, 17),
    };
    struct claims claims = claims_of(list, 5);

    list[2].kind = KIND_BONUS;
    list[3].reversal = true;
    positions_post(&positions, (store_t){0}, &claims);
    positions_post(&positions, (store_t){0}, &claims);
    ck_assert_uint_eq(positions.count, 5); /* in the order of their first claim */
    for (uint32_t i = 0; i < 5; i++) {
        const struct matrix_cell *cell = &positions.cells[i];
        ck_assert(cell->debtor.n == list[i].debtor.n && cell->creditor.n == list[i].creditor.n);
        ck_assert(cell->kind == list[i].kind && cell->reversal == list[i].reversal);
        ck_assert_uint_eq(cell->count, 2);
        assert_sum(cell->amount, 2 * money_fen(list[i].amount));
    }
    ck_assert_uint_eq(positions.events, 2);
    positions_deinit(&positions);
}
END_TEST

/* The largest participant numbers must not run into each other in a cell's key. */
START_TEST(the_largest_participants)
{
    enum { LAST = PARTICIPANTS_MAX - 1 };
    struct positions positions = {0};
    struct claim list[] = {
        claim(LAST, 0, 1), claim(0, LAST, 2), claim(LAST, LAST - 1, 3),
        claim(1, 0, 4),    claim(0, 1, 5),
    };
    struct claims claims = claims_of(list, 5);

    list[4].kind = KIND_BREAKAGE;
    positions_post(&positions, (store_t){0}, &claims);
    ck_assert_uint_eq(positions.count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_sum(positions.cells[i].amount, i + 1);
    }
    positions_deinit(&positions);
}
END_TEST

START_TEST(in_and_out_are_plain_sums)
{
    struct positions positions = {0};
    struct participant_sums sums[4];
    struct claim list[] = {claim(0, 1, 100), claim(1, 0, 30), claim(1, 2, 5), claim(0, 1, 7)};
    struct claims claims = claims_of(list, 4);

    list[1].reversal = true; /* reversals are included, not taken off */
    list[3].kind = KIND_FEE;
    positions_post(&positions, (store_t){0}, &claims);
    positions_by_participant(&positions, sums, 4);
    assert_sum(sums[0].in, 30);
    assert_sum(sums[0].out, 107);
    assert_sum(sums[1].in, 107);
    assert_sum(sums[1].out, 35);
    assert_sum(sums[2].in, 5);
    assert_sum(sums[2].out, 0);
    assert_sum(sums[3].in, 0);
    assert_sum(sums[3].out, 0);
    positions_deinit(&positions);
}
END_TEST

/* A cell goes beyond 64 bits without noticing. */
START_TEST(sums_are_wide)
{
    struct positions positions = {0};
    struct participant_sums sums[2];
    struct claim list[] = {claim(0, 1, INT64_MAX)};
    struct claims claims = claims_of(list, 1);
    money_sum_t wanted = {0};

    for (int i = 0; i < 5; i++) {
        positions_post(&positions, (store_t){0}, &claims);
        wanted = money_sum_add(wanted, money(INT64_MAX));
    }
    positions_by_participant(&positions, sums, 2);
    ck_assert_int_eq(money_sum_sign(money_sum_less(sums[1].in, wanted)), 0);
    ck_assert_int_eq(money_sum_sign(money_sum_less(sums[0].out, wanted)), 0);
    positions_deinit(&positions);
}
END_TEST

/* Memos belong to the origin's store, the event to the store at hand. */
START_TEST(memos_go_to_their_store)
{
    struct positions positions = {0};
    struct claims claims = {.memo_count = 2};

    claims.memos[0] = (struct memo){{3}, KIND_BONUS, money(1029)};
    claims.memos[1] = (struct memo){{3}, KIND_PRINCIPAL, money(-7)};
    positions_post(&positions, (store_t){20}, &claims);
    positions_post(&positions, (store_t){20}, &claims);
    ck_assert_uint_eq(positions.stores[20].events, 2);
    ck_assert_uint_eq(positions.stores[3].events, 0);
    assert_sum(positions.stores[3].memos[KIND_BONUS], 2058);
    assert_sum(positions.stores[3].memos[KIND_PRINCIPAL], -14);
    assert_sum(positions.stores[20].memos[KIND_BONUS], 0);
    for (uint32_t store = 4; store < 20; store++) {
        ck_assert_uint_eq(positions.stores[store].events, 0);
    }
    positions_deinit(&positions);
}
END_TEST

START_TEST(many_cells_sum_to_zero)
{
    enum { SIDE = 60 };
    struct positions positions = {0};
    struct participant_sums sums[SIDE];
    money_sum_t net = {0};

    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < SIDE * SIDE; i++) {
            struct claim list[] = {claim(i / SIDE, i % SIDE, i + 1)};
            struct claims claims = claims_of(list, i / SIDE == i % SIDE ? 0 : 1);
            positions_post(&positions, (store_t){i}, &claims);
        }
    }
    ck_assert_uint_eq(positions.count, SIDE * (SIDE - 1));
    positions_by_participant(&positions, sums, SIDE);
    for (uint32_t i = 0; i < SIDE; i++) {
        net = money_sum_join(net, money_sum_less(sums[i].in, sums[i].out));
        ck_assert_int_gt(money_sum_sign(sums[i].in), 0);
    }
    ck_assert_int_eq(money_sum_sign(net), 0);
    for (uint32_t i = 0; i < positions.count; i++) {
        const struct matrix_cell *cell = &positions.cells[i];
        assert_sum(cell->amount, 2 * (cell->debtor.n * SIDE + cell->creditor.n + 1));
    }
    positions_deinit(&positions);
}
END_TEST

START_TEST(a_new_cycle_starts_at_zero)
{
    struct positions positions = {0};
    struct claim list[] = {claim(0, 1, 100)};
    struct claims claims = claims_of(list, 1);
    struct participant_sums sums[2];

    positions_post(&positions, (store_t){0}, &claims);
    positions_clear(&positions);
    ck_assert(positions.events == 0 && positions.count == 0);
    positions_by_participant(&positions, sums, 2);
    assert_sum(sums[0].out, 0);
    positions_post(&positions, (store_t){0}, &claims);
    ck_assert_uint_eq(positions.cells[0].count, 1);
    positions_deinit(&positions);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("positions");
    TCase *tcase = tcase_create("positions");

    tcase_add_test(tcase, nothing_posted);
    tcase_add_test(tcase, an_event_without_claims_counts);
    tcase_add_test(tcase, a_day_end_is_no_event);
    tcase_add_test(tcase, cells_keep_apart);
    tcase_add_test(tcase, the_largest_participants);
    tcase_add_test(tcase, in_and_out_are_plain_sums);
    tcase_add_test(tcase, sums_are_wide);
    tcase_add_test(tcase, memos_go_to_their_store);
    tcase_add_test(tcase, many_cells_sum_to_zero);
    tcase_add_test(tcase, a_new_cycle_starts_at_zero);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
