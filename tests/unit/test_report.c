#include "clearing/report/report.h"

#include <check.h>
#include <stdlib.h>

#include "proto/codec/encode.h"

/* --- lists of events --- */

static struct report_event event_of(const char *store, const char *terminal, uint64_t number,
                                    outcome_t outcome)
{
    return (struct report_event){
        .store = code_of(slice_of(store)),
        .terminal = code_of(slice_of(terminal)),
        .number = number,
        .outcome = outcome,
    };
}

START_TEST(empty_lists)
{
    struct report_events events = {0};

    report_events_sort(&events);
    ck_assert_uint_eq(events.count, 0);
}
END_TEST

/* By store and terminal as bytes, by number as a number, then by outcome. */
START_TEST(events_sort)
{
    static const struct {
        const char *store;
        const char *terminal;
        uint64_t number;
        outcome_t outcome;
    } rising[] = {
        {"A", "1", 9, OUTCOME_FUTURE},  {"A", "1", 10, OUTCOME_TOO_OLD},
        {"A", "1", 10, OUTCOME_FUTURE}, {"A", "1", 9007199254740991ULL, OUTCOME_FUTURE},
        {"A", "10", 1, OUTCOME_FUTURE}, {"A", "2", 1, OUTCOME_FUTURE},
        {"A1", "1", 1, OUTCOME_FUTURE}, {"B", "1", 1, OUTCOME_FUTURE},
        {"a", "1", 1, OUTCOME_FUTURE},
    };
    enum { EVENTS = sizeof rising / sizeof *rising };
    struct report_events events = {0};

    for (int i = 0; i < EVENTS; i++) {
        int at = (i * 5 + 3) % EVENTS; /* any other order */
        struct report_event event =
            event_of(rising[at].store, rising[at].terminal, rising[at].number, rising[at].outcome);
        report_events_add(&events, &event);
    }
    report_events_sort(&events);
    for (int i = 0; i < EVENTS; i++) {
        ck_assert_str_eq(events.list[i].store.text, rising[i].store);
        ck_assert_str_eq(events.list[i].terminal.text, rising[i].terminal);
        ck_assert_uint_eq(events.list[i].number, rising[i].number);
        ck_assert_int_eq(events.list[i].outcome, rising[i].outcome);
    }
    free(events.list);
}
END_TEST

/* --- the report --- */

static bool no_find(void *context, store_t store, slice_t terminal, uint64_t number,
                    struct past *ret_past)
{
    (void)context;
    (void)store;
    (void)terminal;
    (void)number;
    (void)ret_past;
    return false;
}

static void no_at(void *context, uint64_t seq, struct past *ret_past)
{
    (void)context;
    (void)seq;
    (void)ret_past;
}

/* Participants and stores in an order other than that of their codes. */
static void state_fill(struct state *state)
{
    static const char *const codes[] = {"HQ", "B", "A", "C", "FUND"};
    static const char *const products[] = {"points", "card", "wash"};

    state_init(state, 100, (struct history){NULL, no_find, no_at});
    for (uint32_t i = 0; i < 5; i++) {
        struct participant participant = {.role = i == 0 ? ROLE_HQ : ROLE_FRANCHISE};
        participant.party = code_index_add(&state->registry.parties, slice_of(codes[i]));
        registry_put_participant(&state->registry, slice_of(codes[i]), &participant);
    }
    for (uint32_t i = 1; i < 4; i++) {
        struct store store = {{i}, DAY_MIN, DAY_MAX, ""};
        registry_put_store(&state->registry, slice_of(codes[i]), &store);
    }
    for (uint32_t i = 0; i < 3; i++) {
        code_index_add(&state->registry.product_codes, slice_of(products[i]));
    }
}

static void build(const struct state *state, struct report *ret_report)
{
    struct report_events none[2] = {{0}, {0}};

    report_build(state, &none[0], &none[1], ret_report);
}

static void post(struct state *state, claim_kind_t kind, bool reversal, const uint32_t between[2],
                 int64_t fen)
{
    struct claim claim = {kind, reversal, {between[0]}, {between[1]}, money(fen)};
    struct claims claims = {.list = &claim, .count = 1};

    positions_post(&state->positions, (store_t){0}, &claims);
}

START_TEST(nobody_at_all)
{
    struct state state;
    struct report report;

    state_init(&state, 100, (struct history){NULL, no_find, no_at});
    build(&state, &report);
    ck_assert(report.participant_count == 0 && report.matrix_count == 0);
    ck_assert(report.store_count == 0 && report.outstanding_count == 0);
    report_deinit(&report);
    state_deinit(&state);
}
END_TEST

START_TEST(everybody_is_listed_at_zero)
{
    static const uint32_t by_code[] = {2, 1, 3, 4, 0}; /* A B C FUND HQ */
    struct state state;
    struct report report;

    state_fill(&state);
    build(&state, &report);
    ck_assert_uint_eq(report.participant_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        ck_assert_uint_eq(report.participants[i].participant.n, by_code[i]);
        ck_assert_int_eq(money_sum_sign(report.participants[i].net), 0);
    }
    ck_assert_uint_eq(report.store_count, 3);
    ck_assert(report.stores[0].n == 1 && report.stores[1].n == 0 && report.stores[2].n == 2);
    ck_assert_uint_eq(report.matrix_count, 0);
    report_deinit(&report);
    state_deinit(&state);
}
END_TEST

static void assert_sum(money_sum_t sum, int64_t fen)
{
    ck_assert_int_eq(money_sum_sign(money_sum_sub(sum, money(fen))), 0);
}

/* Debtor, creditor by code; kinds by their names' bytes; what was done before what undoes it. */
START_TEST(matrix_and_nets)
{
    enum { HQ = 0, B = 1, A = 2 };
    const uint32_t hq_a[2] = {HQ, A};
    const uint32_t b_hq[2] = {B, HQ};
    const uint32_t b_a[2] = {B, A};
    struct state state;
    struct report report;

    state_fill(&state);
    post(&state, KIND_PRINCIPAL, false, hq_a, 1);
    post(&state, KIND_TENDER, false, b_hq, 2);
    post(&state, KIND_BONUS, true, b_hq, 4);
    post(&state, KIND_BONUS, false, b_hq, 8);
    post(&state, KIND_PRINCIPAL, false, b_a, 16);
    post(&state, KIND_BONUS, false, b_hq, 32);
    build(&state, &report);
    static const int64_t amounts[] = {16, 40, 4, 2, 1};
    ck_assert_uint_eq(report.matrix_count, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_sum(report.matrix[i].amount, amounts[i]);
    }
    ck_assert_uint_eq(report.matrix[1].count, 2);
    assert_sum(report.participants[0].in, 17); /* A */
    assert_sum(report.participants[0].net, 17);
    assert_sum(report.participants[1].out, 62); /* B */
    assert_sum(report.participants[1].net, -62);
    assert_sum(report.participants[4].in, 46); /* HQ */
    assert_sum(report.participants[4].out, 1);
    assert_sum(report.participants[4].net, 45);
    ck_assert_ptr_eq(report.positions, &state.positions);
    report_deinit(&report);
    state_deinit(&state);
}
END_TEST

/* A lot of product `product` that `issuer` owes, so much of it drawn. */
static uint32_t put_lot(struct state *state, product_kind_t kind, const uint32_t who[2],
                        const int64_t amounts[3])
{
    struct lots *lots = &state->members.lots;
    struct lot_class class = {.product = {who[1]}, .kind = kind, .issuer = {who[0]}};
    struct lot lot = {
        .id = lot_id(lots->count + 1, 1),
        .units = amounts[0],
        .drawn = amounts[1],
        .principal = money(amounts[2]),
        .class = lots_class(lots, &class),
    };

    return lots_new(lots, &lot, NULL);
}

START_TEST(outstanding_adds_up_lots)
{
    enum { HQ = 0, A = 2, POINTS = 0, CARD = 1, WASH = 2 };
    const uint32_t hq_card[2] = {HQ, CARD};
    const uint32_t a_card[2] = {A, CARD};
    const uint32_t hq_wash[2] = {HQ, WASH};
    const uint32_t a_points[2] = {A, POINTS};
    struct state state;
    struct report report;

    state_fill(&state);
    put_lot(&state, PRODUCT_STORED_VALUE, hq_card, (int64_t[]){60000, 32345, 50000});
    put_lot(&state, PRODUCT_PACK, hq_wash, (int64_t[]){10, 1, 9999});
    uint32_t gone = put_lot(&state, PRODUCT_STORED_VALUE, hq_card, (int64_t[]){777, 0, 777});
    put_lot(&state, PRODUCT_POINTS, a_points, (int64_t[]){123, 80, 123});
    put_lot(&state, PRODUCT_STORED_VALUE, a_card, (int64_t[]){100, 0, 100});
    put_lot(&state, PRODUCT_STORED_VALUE, hq_card, (int64_t[]){5, 4, 3});
    lots_free(&state.members.lots, gone);
    build(&state, &report);
    ck_assert_uint_eq(report.outstanding_count, 4); /* by issuer, product */
    const struct report_outstanding *row = report.outstanding;
    ck_assert(row[0].issuer.n == A && row[0].product.n == CARD && row[0].lots == 1);
    assert_sum(row[0].principal, 100);
    assert_sum(row[0].bonus, 0);
    ck_assert(row[1].issuer.n == A && row[1].product.n == POINTS && row[1].points == 43);
    assert_sum(row[1].principal, 0); /* the value of points is nobody's principal */
    ck_assert(row[2].issuer.n == HQ && row[2].product.n == CARD && row[2].lots == 2);
    assert_sum(row[2].principal, 23046 + 1); /* 3 less the 2 that 4 of 5 have drawn */
    assert_sum(row[2].bonus, 4609);
    ck_assert(row[3].issuer.n == HQ && row[3].product.n == WASH && row[3].uses == 9);
    assert_sum(row[3].principal, 9000);
    ck_assert(row[3].points == 0 && row[0].uses == 0);
    report_deinit(&report);
    state_deinit(&state);
}
END_TEST

START_TEST(lists_are_sorted_and_borrowed)
{
    struct state state;
    struct report report;
    struct report_events refused = {0};
    struct report_events late = {0};

    state_fill(&state);
    for (uint64_t number = 3; number > 0; number--) {
        struct report_event event = event_of("A", "1", number, OUTCOME_FUTURE);
        report_events_add(&refused, &event);
        report_events_add(&late, &event);
    }
    report_build(&state, &refused, &late, &report);
    ck_assert_ptr_eq(report.refused.list, refused.list);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(report.refused.list[i].number, i + 1);
        ck_assert_uint_eq(report.late.list[i].number, i + 1);
    }
    ck_assert_uint_eq(report.waiting.count, 0);
    report_deinit(&report);
    report_deinit(&report);
    free(refused.list);
    free(late.list);
    state_deinit(&state);
}
END_TEST

static void wait_for(struct state *state, uint32_t store, uint64_t number)
{
    struct event event = {
        .type = EVENT_CASHOUT,
        .terminal = slice_of("1"),
        .number = number,
        .at_ms = 1,
        .member = 7,
        .product = slice_of("card"),
        .amount_fen = 1,
    };
    uint8_t bytes[EVENT_BYTES_MAX];
    size_t len = encode_event(&event, bytes, sizeof bytes);

    ck_assert_uint_gt(len, 0);
    waiting_add(&state->waiting, &event,
                (struct waiting_event){.bytes = bytes,
                                       .len = (uint32_t)len,
                                       .store = {store},
                                       .came = 100,
                                       .reason = OUTCOME_UNKNOWN_MEMBER,
                                       .member = event.member});
}

/* What waits is listed by name with what it waits for; what is gone is not. */
START_TEST(what_waits_is_listed)
{
    struct state state;
    struct report report;

    state_fill(&state);
    wait_for(&state, 2, 5); /* store C */
    wait_for(&state, 0, 9); /* store B */
    wait_for(&state, 0, 8);
    wait_for(&state, 0, 7);
    wait_for(&state, 1, 6); /* store A */
    waiting_remove(&state.waiting, 2);
    build(&state, &report);
    static const char *const stores[] = {"A", "B", "B", "C"};
    static const uint64_t numbers[] = {6, 7, 9, 5};
    ck_assert_uint_eq(report.waiting.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_str_eq(report.waiting.list[i].store.text, stores[i]);
        ck_assert_str_eq(report.waiting.list[i].terminal.text, "1");
        ck_assert_uint_eq(report.waiting.list[i].number, numbers[i]);
        ck_assert_int_eq(report.waiting.list[i].outcome, OUTCOME_UNKNOWN_MEMBER);
    }
    report_deinit(&report);
    state_deinit(&state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");

    tcase_add_test(tcase, empty_lists);
    tcase_add_test(tcase, events_sort);
    tcase_add_test(tcase, nobody_at_all);
    tcase_add_test(tcase, everybody_is_listed_at_zero);
    tcase_add_test(tcase, matrix_and_nets);
    tcase_add_test(tcase, outstanding_adds_up_lots);
    tcase_add_test(tcase, lists_are_sorted_and_borrowed);
    tcase_add_test(tcase, what_waits_is_listed);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
