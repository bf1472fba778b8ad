/* Headquarters' records: to and fro, refusals, mutants. */
#include "proto/codec/hq.h"

#include <check.h>
#include <stdlib.h>

#include "allclear/v1/hq.pb-c.h"
#include "proto/codec/encode.h"
#include "mutate.h"

#define MUTANTS 40000

static struct random rng;
static struct tree tree;
static uint8_t mutant[MUTANT_MAX];
static uint8_t bytes[HQ_RECORD_BYTES_MAX];
static uint8_t again[HQ_RECORD_BYTES_MAX];
static const uint8_t digest[SIGNATURE_LEN] = {1, 2, 3};

static slice_t bytes_of(const void *data, size_t len)
{
    return (slice_t){data, (uint32_t)len};
}

/* A void of B:1:1. */
static slice_t reversal(void)
{
    static uint8_t event_bytes[256];
    struct event event = {.type = EVENT_VOID,
                          .terminal = slice_of("t"),
                          .number = 300,
                          .at_ms = 1772340000000,
                          .of = {slice_of("B"), slice_of("1"), 1}};

    return bytes_of(event_bytes, encode_event(&event, event_bytes, sizeof event_bytes));
}

/* 1 part, its digest, a total of 1 lot of "h" and "c" */
static const uint8_t a_seal[] = {
    0x08, 1,  0x12, 32, 1,  2,  3,  4,  5,  6,  7,  8,    9, 10,   11, 12,  13,   14, 15,  16,   17,
    18,   19, 20,   21, 22, 23, 24, 25, 26, 27, 28, 29,   30, 31,  32, 0x1a, 8, 0x0a, 1, 'h', 0x12,
    1,    'c', 0x18, 1};

/* One to eight debtors D0, D1, ... owe C. */
static void random_suspense(struct hq_suspense *suspense)
{
    static char names[SUSPENSE_SHARES_MAX][3];

    suspense->item.store = random_code(&rng);
    suspense->item.event = reversal();
    suspense->way = (suspense_way_t)(1 + random_below(&rng, 3));
    if (suspense->way != SUSPENSE_ASSIGN) {
        return;
    }
    suspense->creditor = slice_of("C");
    suspense->share_count = 1 + (uint32_t)random_below(&rng, SUSPENSE_SHARES_MAX);
    for (uint32_t i = 0; i < suspense->share_count; i++) {
        names[i][0] = 'D';
        names[i][1] = (char)('0' + i);
        suspense->shares[i] =
            (struct hq_share){slice_of(names[i]), 1 + (int64_t)random_below(&rng, 1000000)};
    }
}

/* What two people sign, what comes in parts, and the rest. */
static void random_rest(struct hq_body *body)
{
    if (body->type == HQ_OPENING_PART) {
        body->opening = slice_of("\x0a\x04\x08\x01\x30\x02"); /* member 1, 1 unit */
        return;
    }
    if (body->type == HQ_DETAILS) {
        bool is_member = random_below(&rng, 2) == 0;
        body->details = (struct hq_details){
            is_member ? (slice_t){0} : random_code(&rng),
            is_member ? random_number(&rng, MEMBER_MAX) : 0,
            random_below(&rng, 2) == 0 ? digest : NULL};
        return;
    }
    body->number = 0;
    if (body->type == HQ_MEMBER) {
        uint64_t from = random_number(&rng, MEMBER_MAX);
        body->member =
            (struct hq_member){from, from == 1 ? 2 : from - 1, random_below(&rng, 2) == 0};
    } else if (body->type == HQ_DISPUTE) {
        body->answer = (struct hq_answer){random_code(&rng), random_code(&rng),
                                          random_number(&rng, NUMBER_MAX),
                                          random_below(&rng, 2) == 0};
    } else if (body->type == HQ_OPENING) {
        body->opening = (slice_t){(const char *)a_seal, sizeof a_seal};
    } else if (body->type == HQ_SUSPENSE) {
        random_suspense(&body->suspense);
    } else if (body->type == HQ_REVERSE) {
        body->reverse.store = random_code(&rng);
        body->reverse.event = reversal();
    } else {
        body->adjust = (struct hq_adjust){random_code(&rng), random_code(&rng),
                                          1 + (int64_t)random_below(&rng, 1000000),
                                          random_below(&rng, 2) == 0 ? slice_of("2026-03")
                                                                     : (slice_t){0}};
    }
}

static const hq_type_t types[] = {
    HQ_INIT,     HQ_APPLY,       HQ_KEY_APPROVE, HQ_KEY_REVOKE, HQ_FREEZE,
    HQ_UNFREEZE, HQ_CYCLE_CLOSE, HQ_CLOCK_SET,   HQ_OPERATOR,   HQ_ADJUST,
    HQ_REVERSE,  HQ_OPENING_PART, HQ_OPENING,    HQ_DETAILS,
    HQ_SUSPENSE, HQ_DISPUTE,     HQ_MEMBER,
};

static struct hq_body random_body(void)
{
    /* a Registry with the party "p", and Terms of version 1 */
    struct hq_body body = {
        .network = digest,
        .number = random_number(&rng, UINT64_MAX),
        .created_ms = 1 + (int64_t)random_below(&rng, 1000000),
        .type = types[random_below(&rng, sizeof types / sizeof types[0])],
    };

    rng.used = 0;
    body.person = random_code(&rng);
    body.reason = random_below(&rng, 2) == 0 ? random_text(&rng, 64) : (slice_t){0};
    switch (body.type) {
    case HQ_INIT:
        body.init =
            (struct hq_init){random_code(&rng), digest, digest, random_below(&rng, 2) == 0, 0};
        body.init.start_ms = body.init.test_clock ? 1 : 0;
        break;
    case HQ_APPLY:
        body.apply.registry = random_below(&rng, 2) == 0 ? slice_of("\x0a\x01p") : (slice_t){0};
        body.apply.terms = body.apply.registry.len == 0 || random_below(&rng, 2) == 0
                               ? slice_of("\x08\x01")
                               : (slice_t){0};
        break;
    case HQ_KEY_APPROVE:
        body.key_approve = (struct hq_key_approve){random_code(&rng), digest, digest,
                                                   random_below(&rng, 2) == 0 ? digest : NULL};
        break;
    case HQ_KEY_REVOKE:
        body.key_revoke = (struct hq_key_revoke){random_code(&rng), digest};
        break;
    case HQ_FREEZE:
        body.freeze = (struct hq_freeze){random_code(&rng), random_number(&rng, UINT64_MAX), NULL};
        break;
    case HQ_UNFREEZE:
        body.freeze =
            (struct hq_freeze){random_code(&rng), random_number(&rng, UINT64_MAX), digest};
        break;
    case HQ_CYCLE_CLOSE:
        body.cycle = random_code(&rng);
        if (random_below(&rng, 2) == 0) {
            body.incomplete = random_text(&rng, REASON_LEN_MAX);
        }
        break;
    case HQ_CLOCK_SET:
        body.clock_ms = 1 + (int64_t)random_below(&rng, 1000);
        break;
    case HQ_OPERATOR:
        body.operator.person = random_code(&rng);
        body.operator.public_key = digest;
        body.operator.roles = (uint32_t)random_below(&rng, HQ_ROLES_ALL + 1);
        body.operator.possession = body.operator.roles == 0 ? NULL : digest;
        break;
    case HQ_ADJUST:
    case HQ_REVERSE:
    case HQ_OPENING_PART:
    case HQ_OPENING:
    case HQ_SUSPENSE:
    case HQ_DISPUTE:
    case HQ_MEMBER:
    case HQ_DETAILS:
        random_rest(&body);
        break;
    }
    return body;
}

START_TEST(test_round_trip)
{
    struct decode_fault fault = {0};
    struct hq_body read;

    rng.state = 1;
    for (int i = 0; i < 20000; i++) {
        struct hq_body body = random_body();
        size_t len = hq_encode_body(&body, bytes, sizeof bytes);
        ck_assert_msg(len > 0, "%s", hq_type_name(body.type));
        ck_assert_uint_eq(hq_encode_body(&body, again, len - 1), 0);
        ck_assert_msg(hq_decode_body(bytes_of(bytes, len), &read, &fault), "%s: %s at %u",
                      hq_type_name(body.type), decode_error_name(fault.error), fault.offset);
        ck_assert(read.type == body.type && read.number == body.number &&
                  slice_equal(read.person, body.person) && slice_equal(read.reason, body.reason));
        ck_assert_uint_eq(hq_encode_body(&read, again, sizeof again), len);
        ck_assert_mem_eq(bytes, again, len);
        ProtobufCMessage *m = canonical(&allclear__v1__hq_body__descriptor, bytes, len);
        ck_assert_ptr_nonnull(m);
        protobuf_c_message_free_unpacked(m, NULL);
        for (size_t cut = 0; cut < len; cut++) {
            ck_assert(!hq_decode_body(bytes_of(bytes, cut), &read, &fault));
        }
    }
}
END_TEST

START_TEST(test_record)
{
    struct decode_fault fault = {0};
    struct hq_record record = {.body = slice_of("body"), .key_id = digest, .signature = digest};
    struct hq_record read;

    for (int second = 0; second < 2; second++) {
        record.second_key_id = second ? digest : NULL;
        record.second_signature = second ? digest : NULL;
        size_t len = hq_encode_record(&record, bytes, sizeof bytes);
        ck_assert_uint_gt(len, 100);
        ck_assert(hq_decode_record(bytes_of(bytes, len), &read, &fault));
        ck_assert(slice_equal(read.body, record.body));
        ck_assert((read.second_key_id != NULL) == (second == 1));
        for (size_t cut = 0; cut < len; cut++) {
            bool ok = hq_decode_record(bytes_of(bytes, cut), &read, &fault);
            /* a record cut behind the first signature is one without the second */
            ck_assert(ok == (second == 1 && cut == len - 34 - 66));
        }
    }
    record.second_signature = NULL;
    ck_assert_uint_eq(hq_encode_record(&record, bytes, sizeof bytes), 0);
    record.second_key_id = NULL;
    record.body.len = 0;
    ck_assert_uint_eq(hq_encode_record(&record, bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(test_not_written)
{
    const struct hq_body good = {.network = digest,
                                 .number = 1,
                                 .created_ms = 1,
                                 .person = slice_of("li"),
                                 .type = HQ_CLOCK_SET,
                                 .clock_ms = 5};
    struct hq_body bad = good;

    ck_assert_uint_gt(hq_encode_body(&good, bytes, sizeof bytes), 0);
    bad.person = slice_of("");
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad = good;
    bad.clock_ms = 0;
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad = good;
    bad.type = HQ_INIT;
    bad.init = (struct hq_init){slice_of("demo"), digest, digest, true, 0};
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.type = HQ_APPLY;
    bad.apply = (struct hq_apply){{0}, {0}};
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.type = HQ_OPERATOR;
    bad.operator = (struct hq_operator){slice_of("li"), digest, 0, digest}; /* leaves, with a proof */
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.operator = (struct hq_operator){slice_of("li"), digest, 1, NULL};
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.operator = (struct hq_operator){slice_of("li"), digest, 16, digest};
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.type = HQ_ADJUST;
    bad.adjust = (struct hq_adjust){slice_of("A"), slice_of("B"), 0, slice_of("")};
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.type = HQ_REVERSE;
    bad.reverse = (struct hq_reverse){.store = slice_of("A")};
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.type = HQ_SUSPENSE;
    const struct hq_suspense whole = {.item = {.store = slice_of("B"), .event = reversal()},
                                      .way = SUSPENSE_ASSIGN,
                                      .creditor = slice_of("C"),
                                      .share_count = 2,
                                      .shares = {{slice_of("A"), 5}, {slice_of("HQ"), 6}}};
    bad.suspense = whole;
    ck_assert_uint_gt(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.suspense.shares[1].debtor = slice_of("A"); /* twice */
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.suspense.shares[1].debtor = slice_of("C"); /* owes himself */
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.suspense = whole;
    bad.suspense.shares[0].amount_fen = 0;
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.suspense = whole;
    bad.suspense.way = SUSPENSE_RETURN; /* nobody owes anything then */
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.suspense = whole;
    bad.suspense.share_count = 0;
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
    bad.type = (hq_type_t)99;
    ck_assert_uint_eq(hq_encode_body(&bad, bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(test_mutants)
{
    uint32_t accepted = 0;

    rng.state = 9;
    for (uint32_t i = 0; i < MUTANTS; i++) {
        struct decode_fault fault = {0};
        struct hq_body read;
        struct hq_body body = random_body();
        size_t len = hq_encode_body(&body, bytes, sizeof bytes);
        len = mutate(&rng, &tree, &allclear__v1__hq_body__descriptor, bytes, len, mutant);
        bool ok = hq_decode_body(bytes_of(mutant, len), &read, &fault);
        /* terms and rows are terms_codec's to judge, everything else is judged here */
        bool whole = ok && read.type != HQ_APPLY;
        ProtobufCMessage *m =
            whole ? canonical(&allclear__v1__hq_body__descriptor, mutant, len) : NULL;
        ck_assert_msg(!whole || m != NULL, "mutant %u is accepted and not canonical", i);
        ck_assert(!ok || hq_encode_body(&read, again, sizeof again) == len);
        ck_assert(!ok || memcmp(again, mutant, len) == 0);
        accepted += ok;
        if (m != NULL) {
            protobuf_c_message_free_unpacked(m, NULL);
        }
    }
    printf("hq mutants: %u accepted of %u\n", accepted, MUTANTS);
    ck_assert_uint_gt(accepted, MUTANTS / 20);
    ck_assert_uint_lt(accepted, MUTANTS / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hq");
    TCase *tests = tcase_create("hq");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_record);
    tcase_add_test(tests, test_not_written);
    tcase_add_test(tests, test_mutants);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
