/* The deadline of a close: what goes short is accepted as long as there is room for its results,
 * and what there was no room for waits for the next one. */
#include "tests/unit/alliance_fixture.h"

#define NOON  (FIXTURE_START_MS + 14 * 3600000LL)
#define SALES 20

static uint8_t batch_bytes[SIGNED_BATCH_BYTES_MAX];

static void amend(struct terms *terms)
{
    for (uint32_t i = 0; i < terms->product_count; i++) {
        if (terms->products[i].kind == PRODUCT_STORED_VALUE) {
            terms->products[i].shortfall = SHORTFALL_STORE;
            terms->products[i].floor_limit = money(5000);
        }
    }
}

static void take(struct fixture *f, int store, const char *const *lines)
{
    struct ledger_expect expect;
    struct fault fault = {0};
    size_t len = fixture_batch(f, store, lines, batch_bytes, sizeof batch_bytes);
    slice_t bytes = {(const char *)batch_bytes, (uint32_t)len};

    ck_assert_int_eq(ledger_take_batch(f->ledger, bytes, NOON, 1, &expect), LEDGER_GATHERED);
    ck_assert_msg(ledger_flush(f->ledger, NOON, &fault), "%s", fault.text);
}

/* Members with 0.01 each who have spent 10.00 offline: SALES sales wait. */
static void make(struct fixture *f)
{
    static char texts[2 * SALES][256];
    const char *given[SALES + 1] = {NULL};
    const char *spent[SALES + 1] = {NULL};

    fixture_make_amended(f, amend);
    for (int i = 0; i < SALES; i++) {
        snprintf(texts[i], sizeof texts[i],
                 "{\"type\":\"topup\",\"terminal\":\"1\",\"number\":%d,\"at\":\"2026-03-01T09:00:00+08:00\","
                 "\"member\":\"%d\",\"product\":\"card\",\"principal_fen\":1}",
                 i + 1, 100 + i);
        snprintf(texts[SALES + i], sizeof texts[i],
                 "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":%d,\"at\":\"2026-03-01T10:00:00+08:00\","
                 "\"member\":\"%d\",\"gross_fen\":1000,\"pay\":[{\"with\":\"stored_value\","
                 "\"product\":\"card\",\"amount_fen\":1000}]}",
                 i + 1, 100 + i);
        given[i] = texts[i];
        spent[i] = texts[SALES + i];
    }
    take(f, 0, given);
    take(f, 1, spent);
    ck_assert_uint_eq(ledger_book(f->ledger)->state.waiting.live, SALES);
}

static void close_cycle(struct fixture *f, const char *cycle)
{
    struct fault fault = {0};
    struct hq_body body = {
        .type = HQ_CYCLE_CLOSE, .cycle = slice_of(cycle), .incomplete = slice_of("a test")};

    fixture_hq(f, &body);
    ck_assert_msg(ledger_flush(f->ledger, NOON, &fault), "%s", fault.text);
}

START_TEST(all_at_once_where_there_is_room)
{
    struct fixture f;

    make(&f);
    struct book *book = ledger_book(f.ledger);
    uint64_t before = book->state.accepted;
    close_cycle(&f, "one");
    ck_assert_uint_eq(book->state.waiting.live, 0);
    ck_assert_uint_eq(book->state.accepted, before + SALES);
    /* what DEADLINE_RESULTS_MAX and the rule in CHOICES say of a sale's size */
    ck_assert_uint_lt(book->results.bytes.len / SALES, DEADLINE_RESULTS_MAX / 150000);
    fixture_free(&f);
}
END_TEST

START_TEST(what_has_no_room_waits_for_the_next)
{
    struct fixture f;
    char cycle[16];

    make(&f);
    struct book *book = ledger_book(f.ledger);
    uint64_t before = book->state.accepted;
    book->deadline_room = 1; /* the first that is accepted fills it */
    for (unsigned i = 1; i <= SALES; i++) {
        snprintf(cycle, sizeof cycle, "c%u", i);
        close_cycle(&f, cycle);
        ck_assert_uint_eq(book->state.accepted, before + i);
        ck_assert_uint_eq(book->state.waiting.live, SALES - i);
    }
    fixture_free(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deadline");
    TCase *tcase = tcase_create("deadline");

    tcase_add_test(tcase, all_at_once_where_there_is_room);
    tcase_add_test(tcase, what_has_no_room_waits_for_the_next);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
