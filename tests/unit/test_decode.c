/* The strict decoder: refusals one by one, then protobuf-c as the judge over many mutants. */
#include "proto/codec/decode.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "allclear/v1/hq.pb-c.h"
#include "allclear/v1/wire.pb-c.h"
#include "judge_event.h"
#include "proto/codec/encode.h"

#define EVENT_MUTANTS 150000
#define BATCH_MUTANTS 30000

static struct random rng;
static struct tree tree;
static struct event event;
static struct event other;
static uint8_t mutant[MUTANT_MAX];

static slice_t bytes_of(const void *bytes, size_t len)
{
    return (slice_t){bytes, (uint32_t)len};
}

/* Bytes written as hexadecimal digits, blanks allowed. */
static slice_t hex(const char *text)
{
    static uint8_t out[512];
    size_t n = 0;
    unsigned byte = 0;
    int used = 0;

    while (sscanf(text, " %2x%n", &byte, &used) == 1) {
        out[n++] = (uint8_t)byte;
        text += used;
    }
    return bytes_of(out, n);
}

/* terminal "1", number 1, at 1; then member 7 */
#define HEAD "0a0131 1001 1801 "

static const struct {
    const char *name;
    const char *bytes;
    decode_error_t error;
} refusals[] = {
    {"an enrolment", HEAD "2007 820100", DECODE_OK},
    {"nothing", "", DECODE_FIELD_MISSING},
    {"no what", HEAD "2007", DECODE_FIELD_MISSING},
    {"two whats", HEAD "2007 820100 ba0100", DECODE_FIELD_ORDER},
    {"what twice", HEAD "2007 820100 820100", DECODE_FIELD_ORDER},
    {"field twice", HEAD "2007 2007 820100", DECODE_FIELD_ORDER},
    {"fields out of order", "1001 0a0131 1801 2007 820100", DECODE_FIELD_ORDER},
    {"padded varint", "0a0131 108100 1801 2007 820100", DECODE_VARINT},
    {"varint of 11 bytes", "0a0131 1080808080808080808080 01 1801 2007 820100", DECODE_VARINT},
    {"varint over 64 bits", "0a0131 1080808080808080808002 1801 2007 820100", DECODE_VARINT},
    {"padded tag", "0a0131 9000 01 1801 2007 820100", DECODE_VARINT},
    {"padded length", "0a8100 31 1001 1801 2007 820100", DECODE_VARINT},
    {"default number", "0a0131 1000 1801 2007 820100", DECODE_FIELD_DEFAULT},
    {"default text", HEAD "2007 2a00 820100", DECODE_FIELD_DEFAULT},
    {"default enum", HEAD "2007 3000 820100", DECODE_FIELD_DEFAULT},
    {"default bool", HEAD "2007 4000 820100", DECODE_FIELD_DEFAULT},
    {"bool of 2", HEAD "2007 4002 820100", DECODE_VALUE},
    {"unknown enum", HEAD "2007 3006 820100", DECODE_VALUE},
    {"enum over 32 bits", HEAD "2007 308180808010 820100", DECODE_VALUE},
    {"unknown field", HEAD "2007 4801 820100", DECODE_FIELD_UNKNOWN},
    {"unknown field inside", HEAD "2007 8201021001", DECODE_FIELD_UNKNOWN},
    {"unknown field at the end", HEAD "2007 820100 c00101", DECODE_FIELD_UNKNOWN},
    {"field number 0", HEAD "2007 0001 820100", DECODE_FIELD_UNKNOWN},
    {"field number over 31", HEAD "2007 820100 800201", DECODE_FIELD_UNKNOWN},
    {"other wire type", "0801 1001 1801 2007 820100", DECODE_FIELD_UNKNOWN},
    {"group", HEAD "2007 830100", DECODE_FIELD_UNKNOWN},
    {"trailing byte", HEAD "2007 820100 00", DECODE_FIELD_UNKNOWN},
    {"text beyond the end", "0a7f31", DECODE_TRUNCATED},
    {"message beyond the end", HEAD "2007 820105 0801", DECODE_TRUNCATED},
    {"number beyond the end", "0a0131 10", DECODE_TRUNCATED},
    {"length of 2^63", "0affffffffffffffff7f31", DECODE_TRUNCATED},
    {"at in year 10000", "0a0131 1001 1880808080808080 0e 2007 820100", DECODE_VALUE},
    {"no number", "0a0131 1801 2007 820100", DECODE_EVENT},
    {"no terminal", "1001 1801 2007 820100", DECODE_EVENT},
    {"no at", "0a0131 1001 2007 820100", DECODE_EVENT},
    {"no member", HEAD "820100", DECODE_EVENT},
    {"terminal not a code", "0a012d 1001 1801 2007 820100", DECODE_EVENT},
    {"receipt not UTF-8", HEAD "2007 2a01ff 820100", DECODE_EVENT},
    {"receipt with NUL", HEAD "2007 2a0100 820100", DECODE_EVENT},
    {"void without of", HEAD "a20100", DECODE_EVENT},
    {"void with an empty of", HEAD "a201020a00", DECODE_FIELD_MISSING},
    {"void with of", HEAD "a2010a 0a08 0a0141 120131 1801", DECODE_OK},
    {"of without number", HEAD "a20108 0a06 0a0141 120131", DECODE_FIELD_MISSING},
    {"pay line without with", HEAD "2007 920104 1a02 3002", DECODE_FIELD_MISSING},
    {"cash", HEAD "920106 1a04 0805 3002", DECODE_OK},
    {"coupon", HEAD "920106 1a04 0804 3002", DECODE_VALUE},
    {"cash with points", HEAD "920108 1a06 0805 3002 3802", DECODE_EVENT},
    {"cash with a product", HEAD "920109 1a07 0805 120161 3002", DECODE_EVENT},
    {"sale without pay", HEAD "9201020802", DECODE_OK},
    {"amount of 0 written", HEAD "920106 1a04 0805 3000", DECODE_FIELD_DEFAULT},
};

START_TEST(test_refusals)
{
    struct decode_fault fault = {0};

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        bool ok = decode_event(hex(refusals[i].bytes), &event, &fault);
        decode_error_t error = ok ? DECODE_OK : fault.error;
        ck_assert_msg(error == refusals[i].error, "%s: %s at %u (%s)", refusals[i].name,
                      decode_error_name(error), fault.offset,
                      fault.detail == NULL ? "" : fault.detail);
        ck_assert_msg(ok || fault.offset <= hex(refusals[i].bytes).len, "%s", refusals[i].name);
    }
}
END_TEST

/* Every list one over its maximum, and at it. */
START_TEST(test_counts)
{
    static const struct {
        uint8_t field;
        uint32_t max;
        const char *entry;
    } lists[] = {
        {3, PAY_LINES_MAX, "1a04 0805 3002"},
        {2, DISCOUNTS_MAX, "1203 0a0161"},
        {4, EARN_ENTRIES_MAX, "2203 0a0161"},
        {5, CATEGORIES_MAX, "2a03 0a0161"},
    };
    struct decode_fault fault = {0};

    for (size_t i = 0; i < 4; i++) {
        for (uint32_t over = 0; over < 2; over++) {
            uint8_t sale[600] = {0x1a, 4, 8, 5, 0x30, 2};
            /* lists before `pay` come first, and `pay` itself needs none beside it */
            size_t n = lists[i].field <= 3 ? 0 : 6;
            slice_t entry = hex(lists[i].entry);
            for (uint32_t k = 0; k < lists[i].max + over; k++) {
                memcpy(sale + n, entry.text, entry.len);
                n += entry.len;
            }
            if (lists[i].field == 2) {
                memcpy(sale + n, "\x1a\x04\x08\x05\x30\x02", 6);
                n += 6;
            }
            uint8_t bytes[700];
            slice_t head = hex(HEAD "2007 9201");
            memcpy(bytes, head.text, head.len);
            size_t len = head.len + put_padded(n, 0, bytes + head.len);
            memcpy(bytes + len, sale, n);
            bool ok = decode_event(bytes_of(bytes, len + n), &event, &fault);
            ck_assert_msg(ok == (over == 0), "list %u, %u over: %s", lists[i].field, over,
                          decode_error_name(fault.error));
            ck_assert(ok || fault.error == DECODE_COUNT);
        }
    }
}
END_TEST

START_TEST(test_truncation)
{
    uint8_t bytes[EVENT_BYTES_MAX];
    struct decode_fault fault = {0};

    rng.state = 11;
    for (int i = 0; i < 300; i++) {
        random_event(&rng, &event);
        size_t len = encode_event(&event, bytes, sizeof bytes);
        for (size_t cut = 0; cut < len; cut++) {
            /* a copy of its own length, so that a sanitizer sees a read beyond it */
            uint8_t *copy = malloc(cut + 1);
            memcpy(copy, bytes, cut);
            bool ok = decode_event(bytes_of(copy, cut), &other, &fault);
            free(copy);
            ck_assert_msg(!ok, "event %d cut to %zu of %zu", i, cut, len);
        }
    }
}
END_TEST

/* Decoder and judge must agree on every string of bytes, and on what it says. */
static bool agree_on_event(const uint8_t *bytes, size_t len)
{
    struct decode_fault fault = {0};
    const char *difference = NULL;
    ProtobufCMessage *m = canonical(&allclear__v1__event__descriptor, bytes, len);
    bool judged = m != NULL && judge_event((const Allclear__V1__Event *)m, &other);
    bool ok = decode_event(bytes_of(bytes, len), &event, &fault);

    if (judged && ok) {
        difference = event_difference(&event, &other);
    }
    if (judged != ok || difference != NULL) {
        for (size_t i = 0; i < len; i++) {
            fprintf(stderr, "%02x", bytes[i]);
        }
        fprintf(stderr, "\n");
    }
    ck_assert_msg(judged == ok, "judge %d, decoder %s at %u (%s)", judged,
                  decode_error_name(ok ? DECODE_OK : fault.error), fault.offset,
                  fault.detail == NULL ? "" : fault.detail);
    ck_assert_msg(difference == NULL, "they read %s differently", difference);
    if (m != NULL) {
        protobuf_c_message_free_unpacked(m, NULL);
    }
    return ok;
}

START_TEST(test_event_mutants)
{
    uint8_t bytes[EVENT_BYTES_MAX];
    uint32_t accepted = 0;

    rng.state = 20260301;
    for (uint32_t i = 0; i < EVENT_MUTANTS; i++) {
        random_event(&rng, &event);
        size_t len = encode_event(&event, bytes, sizeof bytes);
        ck_assert_uint_gt(len, 0);
        len = mutate(&rng, &tree, &allclear__v1__event__descriptor, bytes, len, mutant);
        accepted += agree_on_event(mutant, len);
    }
    printf("event mutants: %u accepted, %u refused\n", accepted, EVENT_MUTANTS - accepted);
    /* a judge or decoder that says the same to everything would prove nothing */
    ck_assert_uint_gt(accepted, EVENT_MUTANTS / 20);
    ck_assert_uint_lt(accepted, EVENT_MUTANTS / 2);
}
END_TEST

static size_t random_batch(uint8_t *body, uint32_t events)
{
    static uint8_t digest[DIGEST_LEN];
    uint8_t bytes[EVENT_BYTES_MAX];

    memset(digest, 1 + (int)random_below(&rng, 255), sizeof digest);
    struct batch batch = {
        .network = digest,
        .store = slice_of("A"),
        .sequence = random_number(&rng, UINT64_MAX),
        .previous = digest,
        .created_ms = 1 + (int64_t)random_below(&rng, 1000000),
    };
    size_t len = encode_batch_header(&batch, body, BATCH_BODY_LEN_MAX);
    ck_assert_uint_gt(len, 0);
    for (uint32_t i = 0; i < events; i++) {
        random_event(&rng, &event);
        size_t event_len = encode_event(&event, bytes, sizeof bytes);
        if (!encode_batch_append(body, BATCH_BODY_LEN_MAX, &len, bytes_of(bytes, event_len))) {
            break;
        }
    }
    return len;
}

START_TEST(test_batch_mutants)
{
    static uint8_t body[BATCH_BODY_LEN_MAX];
    uint32_t accepted = 0;

    rng.state = 77;
    for (uint32_t i = 0; i < BATCH_MUTANTS; i++) {
        struct decode_fault fault = {0};
        struct batch batch;
        uint32_t count = 0;
        size_t len = random_batch(body, random_below(&rng, 4));
        len = mutate(&rng, &tree, &allclear__v1__batch__descriptor, body, len, mutant);
        ProtobufCMessage *m = canonical(&allclear__v1__batch__descriptor, mutant, len);
        const Allclear__V1__Batch *read = (const Allclear__V1__Batch *)m;
        bool judged = m != NULL && len <= BATCH_BODY_LEN_MAX && judge_batch(read, &other);
        bool ok = decode_batch(bytes_of(mutant, len), &event, &batch, &count, &fault);
        ck_assert_msg(judged == ok, "mutant %u: judge %d, decoder %s at %u", i, judged,
                      decode_error_name(ok ? DECODE_OK : fault.error), fault.offset);
        ck_assert(!ok || (count == read->n_events && batch.sequence == read->sequence &&
                          slice_equal(batch.store, slice_of(read->store)) &&
                          batch.created_ms == (int64_t)read->created));
        accepted += ok;
        if (m != NULL) {
            protobuf_c_message_free_unpacked(m, NULL);
        }
    }
    printf("batch mutants: %u accepted, %u refused\n", accepted, BATCH_MUTANTS - accepted);
    ck_assert_uint_gt(accepted, BATCH_MUTANTS / 30);
    ck_assert_uint_lt(accepted, BATCH_MUTANTS / 2);
}
END_TEST

START_TEST(test_batch_walk)
{
    static uint8_t body[BATCH_BODY_LEN_MAX];
    struct decode_fault fault = {0};
    struct batch batch;
    uint32_t count = 0;

    rng.state = 5;
    size_t len = random_batch(body, 0);
    ck_assert(decode_batch(bytes_of(body, len), &event, &batch, &count, &fault));
    ck_assert_uint_eq(count, 0);
    len = random_batch(body, UINT32_MAX);
    ck_assert_uint_gt(len, BATCH_BODY_LEN_MAX - EVENT_BYTES_MAX);
    ck_assert(decode_batch_header(bytes_of(body, len), &batch, &fault));
    struct batch_cursor cursor = batch_cursor_of(&batch);
    size_t sum = len - batch.events.len;
    while (decode_next_event(&cursor, &event, &fault) == CURSOR_EVENT) {
        uint8_t bytes[EVENT_BYTES_MAX];
        size_t event_len = encode_event(&event, bytes, sizeof bytes);
        ck_assert(slice_equal(bytes_of(bytes, event_len), cursor.event_bytes));
        sum += event_len + (event_len < 128 ? 2 : 3);
    }
    ck_assert_uint_eq(sum, len);
    ck_assert(decode_next_event(&cursor, &event, &fault) == CURSOR_END);
}
END_TEST

START_TEST(test_batch_too_large)
{
    static uint8_t body[BATCH_BODY_LEN_MAX + 1];
    struct decode_fault fault = {0};
    struct batch batch = {.sequence = 99};

    rng.state = 6;
    (void)random_batch(body, 3);
    ck_assert(!decode_batch_header(bytes_of(body, sizeof body), &batch, &fault));
    ck_assert(fault.error == DECODE_TOO_LARGE);
    ck_assert_uint_eq(batch.sequence, 99);
}
END_TEST

START_TEST(test_names)
{
    for (int i = DECODE_OK; i <= DECODE_EVENT; i++) {
        ck_assert_str_ne(decode_error_name((decode_error_t)i), "unknown");
        ck_assert_str_ne(decode_error_text((decode_error_t)i), "unknown");
    }
}
END_TEST

START_TEST(test_texts)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xc3\xa9",
                                       "\xe7\xbb\x93\xe7\xae\x97",
                                       "\xf0\x9f\x98\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xee\x80\x80"};
    static const char *const bad[] = {
        "\x80",
        "\xc3",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe7\xbb",
        "a\n",
        "\x1b[31m",
        "\x7f",
        "\xc2\x85",
        "\xe2\x80\xae",
        "\xe2\x81\xa6",
        "\xe2\x80\xa8",
        "\xef\xbb\xbf",
        "\xd8\x9c",
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(policy_text_valid(slice_of(good[i])), "good %zu", i);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!policy_text_valid(slice_of(bad[i])), "bad %zu", i);
    }
    ck_assert(!policy_text_valid((slice_t){"a\0b", 3}));
}
END_TEST

/* No message of the schema may contain itself: protobuf libraries recurse without a limit. */
static bool shallow(const ProtobufCMessageDescriptor *message, int depth)
{
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
            (depth == 0 || !shallow(field->descriptor, depth - 1))) {
            return false;
        }
    }
    return true;
}

START_TEST(test_schema)
{
    ck_assert(shallow(&allclear__v1__batch__descriptor, 3));
    ck_assert(!shallow(&allclear__v1__batch__descriptor, 2)); /* the test can fail */
    ck_assert(shallow(&allclear__v1__signed_batch__descriptor, 0));
    ck_assert(shallow(&allclear__v1__frame__descriptor, 1));
    ck_assert(shallow(&allclear__v1__hq_body__descriptor, 6));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *tests = tcase_create("decode");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, test_refusals);
    tcase_add_test(tests, test_counts);
    tcase_add_test(tests, test_truncation);
    tcase_add_test(tests, test_event_mutants);
    tcase_add_test(tests, test_batch_mutants);
    tcase_add_test(tests, test_batch_walk);
    tcase_add_test(tests, test_batch_too_large);
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_texts);
    tcase_add_test(tests, test_schema);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
