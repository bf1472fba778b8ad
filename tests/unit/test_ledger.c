/* The ledger: the golden cycle through signed batches, durable, opened again, replayed. */
#include "tests/unit/alliance_fixture.h"

#include "proto/codec/frame.h"

static const char *const at_a[] = {
    "{\"type\":\"topup\",\"terminal\":\"1\",\"number\":1,\"at\":\"2026-03-01T09:00:00+08:00\","
    "\"member\":\"62\",\"product\":\"card\",\"offer\":\"500-100\",\"principal_fen\":50000,"
    "\"bonus_fen\":10000}",
    "{\"type\":\"pack_sale\",\"terminal\":\"1\",\"number\":2,\"at\":\"2026-03-01T09:05:00+08:00\","
    "\"member\":\"62\",\"product\":\"wash\",\"pack\":\"w1\",\"price_fen\":9999,\"uses\":10}",
    NULL,
};
static const char *const at_b[] = {
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":1,\"at\":\"2026-03-01T10:40:00+08:00\","
    "\"member\":\"62\",\"gross_fen\":12345,\"pay\":[{\"with\":\"stored_value\",\"product\":\"card\","
    "\"amount_fen\":12345}],\"earn\":[{\"product\":\"points\",\"points\":123}]}",
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":2,\"at\":\"2026-03-01T11:40:00+08:00\","
    "\"member\":\"62\",\"gross_fen\":0,\"pay\":[{\"with\":\"pack\",\"pack\":\"w1\",\"uses\":1}]}",
    NULL,
};
static const char *const at_c[] = {
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":1,\"at\":\"2026-03-01T12:40:00+08:00\","
    "\"member\":\"62\",\"gross_fen\":20000,\"pay\":[{\"with\":\"stored_value\",\"product\":\"card\","
    "\"amount_fen\":20000}]}",
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":2,\"at\":\"2026-03-01T12:50:00+08:00\","
    "\"member\":\"62\",\"gross_fen\":80,\"pay\":[{\"with\":\"points\",\"product\":\"points\","
    "\"points\":80,\"amount_fen\":80}]}",
    NULL,
};
static const char *const refund_at_c[] = {
    "{\"type\":\"refund\",\"terminal\":\"1\",\"number\":3,\"at\":\"2026-03-01T13:50:00+08:00\","
    "\"of\":\"B:1:1\",\"amount_fen\":5000}",
    NULL,
};
static const char *const nothing[] = {NULL};

#define NOON (FIXTURE_START_MS + 14 * 3600000LL)

static uint8_t batch_bytes[SIGNED_BATCH_BYTES_MAX];

static slice_t next_batch(struct fixture *f, int store, const char *const *lines)
{
    size_t len = fixture_batch(f, store, lines, batch_bytes, sizeof batch_bytes);
    return (slice_t){(const char *)batch_bytes, (uint32_t)len};
}

static void take(struct fixture *f, slice_t bytes, uint64_t tag)
{
    struct ledger_expect expect;
    ledger_take_t taken = ledger_take_batch(f->ledger, bytes, NOON, tag, &expect);
    ck_assert_msg(taken == LEDGER_GATHERED, "%s: %s",
                  taken == LEDGER_GATHERED ? "" : frame_reason_name((reason_t)expect.reason),
                  expect.detail);
}

static void flush(struct fixture *f)
{
    struct fault fault = {0};
    ck_assert_msg(ledger_flush(f->ledger, NOON, &fault), "%s", fault.text);
}

static void golden(struct fixture *f)
{
    take(f, next_batch(f, 0, at_a), 1);
    take(f, next_batch(f, 1, at_b), 2);
    flush(f);
    take(f, next_batch(f, 2, at_c), 3);
    flush(f);
}

static int64_t net(struct fixture *f, const char *code)
{
    const struct state *state = &ledger_book(f->ledger)->state;
    struct participant_sums sums[16];
    char text[MONEY_TEXT_SIZE];
    participant_t who = registry_find_participant(&state->registry, slice_of(code));

    positions_by_participant(&state->positions, sums, state->registry.participant_codes.count);
    money_sum_format_fen(money_sum_less(sums[who.n].in, sums[who.n].out), text);
    return strtoll(text, NULL, 10);
}

static void check_golden(struct fixture *f)
{
    ck_assert_int_eq(net(f, "A"), -61116);
    ck_assert_int_eq(net(f, "B"), 12099);
    ck_assert_int_eq(net(f, "C"), 18303);
    ck_assert_int_eq(net(f, "FUND"), 68);
    ck_assert_int_eq(net(f, "HQ"), 30646);
}

START_TEST(clears_the_golden_cycle)
{
    struct fixture f;

    fixture_make(&f);
    golden(&f);
    check_golden(&f);
    fixture_free(&f);
}
END_TEST

START_TEST(comes_back_from_the_journal)
{
    struct fixture f;

    fixture_make(&f);
    golden(&f);
    uint64_t records = ledger_book(f.ledger)->records;
    ledger_close(f.ledger);
    fixture_open(&f, false);
    ck_assert_uint_eq(ledger_book(f.ledger)->records, records);
    check_golden(&f);
    /* the refund finds its original in the journal */
    take(&f, next_batch(&f, 2, refund_at_c), 4);
    flush(&f);
    ck_assert_int_eq(net(&f, "B"), 12099 - 4582 + 51); /* 43 of 49 points were left: 51 of the issue come back */
    fixture_free(&f);
}
END_TEST

START_TEST(answers_a_resend_with_the_same_receipt)
{
    struct fixture f;
    struct fault fault = {0};
    static uint8_t first[FRAME_BYTES_MAX];

    fixture_make(&f);
    slice_t bytes = next_batch(&f, 0, at_a);
    take(&f, bytes, 1);
    struct ledger_group *group = ledger_seal(f.ledger);
    ck_assert_msg(ledger_commit(f.ledger, group, NOON, &fault), "%s", fault.text);
    ck_assert_uint_eq(group->answer_count, 1);
    size_t len = group->answers[0].receipt_len;
    memcpy(first, group->answers[0].receipt, len);
    ledger_release(f.ledger, group);
    take(&f, bytes, 2);
    group = ledger_seal(f.ledger);
    ck_assert_uint_eq(group->count, 0); /* nothing is journaled for it */
    ck_assert_msg(ledger_commit(f.ledger, group, NOON, &fault), "%s", fault.text);
    ck_assert_uint_eq(group->answers[0].tag, 2);
    ck_assert_uint_eq(group->answers[0].receipt_len, len);
    ck_assert_mem_eq(group->answers[0].receipt, first, len);
    ledger_release(f.ledger, group);
    fixture_free(&f);
}
END_TEST

START_TEST(refuses_what_is_out_of_order)
{
    struct fixture f;
    struct ledger_expect expect;

    fixture_make(&f);
    (void)next_batch(&f, 0, at_a); /* lost on the way */
    slice_t second = next_batch(&f, 0, nothing);
    ck_assert_int_eq(ledger_take_batch(f.ledger, second, NOON, 1, &expect), LEDGER_EXPECT);
    ck_assert_int_eq(expect.reason, REASON_GAP);
    ck_assert_uint_eq(expect.sequence, 1);
    ck_assert(ledger_is_empty(f.ledger));
    fixture_free(&f);
}
END_TEST

START_TEST(journals_an_equivocation_and_freezes)
{
    struct fixture f;
    struct ledger_expect expect;
    struct fixture before;

    fixture_make(&f);
    before = f;
    take(&f, next_batch(&f, 0, at_a), 1);
    slice_t other = next_batch(&before, 0, nothing); /* the same sequence, another body */
    ck_assert_int_eq(ledger_take_batch(f.ledger, other, NOON, 2, &expect), LEDGER_EXPECT);
    ck_assert_int_eq(expect.reason, REASON_EQUIVOCATION);
    slice_t next = next_batch(&f, 0, nothing);
    ck_assert_int_eq(ledger_take_batch(f.ledger, next, NOON, 3, &expect), LEDGER_EXPECT);
    ck_assert_int_eq(expect.reason, REASON_FROZEN);
    flush(&f);
    ledger_close(f.ledger);
    fixture_open(&f, false); /* the freeze is a record: it survives */
    ck_assert_int_eq(ledger_take_batch(f.ledger, next, NOON, 4, &expect), LEDGER_EXPECT);
    ck_assert_int_eq(expect.reason, REASON_FROZEN);
    fixture_free(&f);
}
END_TEST

START_TEST(closes_a_cycle)
{
    struct fixture f;

    fixture_make(&f);
    golden(&f);
    struct hq_body close_body = {.type = HQ_CYCLE_CLOSE, .cycle = slice_of("2026-03")};
    fixture_hq(&f, &close_body);
    fixture_hq(&f, &close_body); /* a second close of the period is -2 */
    flush(&f);
    const struct book *book = ledger_book(f.ledger);
    ck_assert_uint_eq(book->cycle_count, 2);
    ck_assert_str_eq(book->cycles[1].id.text, "2026-03-2");
    ck_assert_int_eq(net(&f, "A"), 0);
    ledger_close(f.ledger);
    fixture_open(&f, false);
    ck_assert_uint_eq(ledger_book(f.ledger)->cycle_count, 2);
    fixture_free(&f);
}
END_TEST

/* A batch whose results go over into records of their own: many sales, each with several
 * effects. */
START_TEST(carries_results_over)
{
    enum { SALES = 590 };
    static char texts[SALES][256];
    static const char *lines[SALES + 1];
    struct fixture f;

    fixture_make(&f);
    take(&f, next_batch(&f, 0, at_a), 1);
    for (int i = 0; i < SALES; i++) {
        snprintf(texts[i],
                 sizeof texts[i],
                 "{\"type\":\"sale\",\"terminal\":\"7\",\"number\":%d,"
                 "\"at\":\"2026-03-01T12:40:00+08:00\",\"member\":\"62\",\"gross_fen\":100,\"pay\":["
                 "{\"with\":\"stored_value\",\"product\":\"card\",\"amount_fen\":100}],"
                 "\"earn\":[{\"product\":\"points\",\"points\":1}]}",
                 i + 1);
        lines[i] = texts[i];
    }
    lines[SALES] = NULL;
    uint64_t before = ledger_book(f.ledger)->records;
    take(&f, next_batch(&f, 1, lines), 2);
    flush(&f);
    uint64_t after = ledger_book(f.ledger)->records;
    ck_assert_uint_ge(after, before + 2);
    ledger_close(f.ledger);
    fixture_open(&f, false);
    ck_assert_uint_eq(ledger_book(f.ledger)->records, after);
    /* and a refund of the last finds its draw in the continuation */
    static const char *const back[] = {
        "{\"type\":\"refund\",\"terminal\":\"1\",\"number\":3,"
        "\"at\":\"2026-03-01T13:00:00+08:00\",\"of\":\"B:7:590\",\"amount_fen\":100}",
        NULL};
    uint64_t accepted = ledger_book(f.ledger)->state.accepted;
    take(&f, next_batch(&f, 2, back), 3);
    flush(&f);
    ck_assert_uint_eq(ledger_book(f.ledger)->state.accepted, accepted + 1);
    fixture_free(&f);
}
END_TEST

START_TEST(waits_and_releases_across_batches)
{
    struct fixture f;

    fixture_make(&f);
    take(&f, next_batch(&f, 1, at_b), 1); /* the sales come before the top-up */
    ck_assert_uint_eq(ledger_book(f.ledger)->state.waiting.live, 2);
    flush(&f);
    take(&f, next_batch(&f, 2, at_c), 2);
    take(&f, next_batch(&f, 0, at_a), 3);
    flush(&f);
    ck_assert_uint_eq(ledger_book(f.ledger)->state.waiting.live, 0);
    check_golden(&f);
    ledger_close(f.ledger);
    fixture_open(&f, false);
    check_golden(&f);
    take(&f, next_batch(&f, 2, refund_at_c), 4); /* of an event that had waited */
    flush(&f);
    ck_assert_int_eq(net(&f, "B"), 12099 - 4582 + 51);
    fixture_free(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tests = tcase_create("ledger");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, clears_the_golden_cycle);
    tcase_add_test(tests, comes_back_from_the_journal);
    tcase_add_test(tests, answers_a_resend_with_the_same_receipt);
    tcase_add_test(tests, refuses_what_is_out_of_order);
    tcase_add_test(tests, journals_an_equivocation_and_freezes);
    tcase_add_test(tests, closes_a_cycle);
    tcase_add_test(tests, carries_results_over);
    tcase_add_test(tests, waits_and_releases_across_batches);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
