#include "clearing/journal/record.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

static const struct record sample = {
    .kind = RECORD_BATCH,
    .index = 0x0102030405060708,
    .received_at_ms = 0x1112131415161718,
    .epoch = 0x2122232425262728,
    .payload = {"signed", 6},
    .results = {"out", 3},
};

static const uint8_t sample_bytes[] = {
    0,    1,    0,    1,    1,    2,    3,    4,    5,    6,    7,    8,    0x11, 0x12, 0x13,
    0x14, 0x15, 0x16, 0x17, 0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0,    0,
    0,    6,    0,    0,    0,    3,    's',  'i',  'g',  'n',  'e',  'd',  'o',  'u',  't',
};

static void assert_same(const struct record *a, const struct record *b)
{
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->index, b->index);
    ck_assert_int_eq(a->received_at_ms, b->received_at_ms);
    ck_assert_uint_eq(a->epoch, b->epoch);
    ck_assert(slice_equal(a->payload, b->payload));
    ck_assert(slice_equal(a->results, b->results));
}

static bool decodes(const uint8_t *bytes, size_t len)
{
    struct record record;
    struct record before;
    struct fault fault = {0};

    memset(&record, 0x5a, sizeof record);
    before = record;
    bool good = record_decode((slice_t){(const char *)bytes, (uint32_t)len}, &record, &fault);
    if (!good) {
        ck_assert_mem_eq(&record, &before, sizeof record);
        ck_assert_int_eq(fault.category, FAULT_FORMAT);
        ck_assert_uint_gt(strlen(fault.text), 0);
    }
    return good;
}

START_TEST(layout)
{
    uint8_t buffer[64];
    uint8_t envelope[RECORD_ENVELOPE_LEN];
    struct record record;
    size_t len = 0;

    ck_assert(record_encode(buffer, sizeof buffer, &sample, &len));
    ck_assert_uint_eq(len, sizeof sample_bytes);
    ck_assert_mem_eq(buffer, sample_bytes, sizeof sample_bytes);
    record_encode_envelope(&sample, envelope);
    ck_assert_mem_eq(envelope, sample_bytes, RECORD_ENVELOPE_LEN);
    ck_assert(record_decode((slice_t){(char *)buffer, (uint32_t)len}, &record, NULL));
    assert_same(&record, &sample);
}
END_TEST

START_TEST(truncated_or_extended)
{
    uint8_t longer[sizeof sample_bytes + 1] = {0};

    for (size_t len = 0; len < sizeof sample_bytes; len++) {
        /* An exact copy, so that a sanitizer sees a read behind the end. */
        uint8_t *copy = malloc(len == 0 ? 1 : len);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, sample_bytes, len);
        ck_assert(!decodes(copy, len));
        free(copy);
    }
    memcpy(longer, sample_bytes, sizeof sample_bytes);
    ck_assert(decodes(longer, sizeof sample_bytes));
    ck_assert(!decodes(longer, sizeof longer));
}
END_TEST

START_TEST(bad_fields)
{
    uint8_t bytes[sizeof sample_bytes];
    static const struct {
        size_t at;
        uint8_t value;
    } bad[] = {
        {0, 1},     {1, 0},     {1, 2},                    /* format */
        {2, 1},     {3, 0},     {3, 10},                   /* kind */
        {12, 0x80}, {12, 0xff},                            /* a negative time */
        {28, 0xff}, {31, 5},    {31, 7}, {31, 9}, {30, 1}, /* lengths */
        {32, 0xff}, {35, 2},    {35, 4}, {34, 1},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(bytes, sample_bytes, sizeof bytes);
        bytes[bad[i].at] = bad[i].value;
        ck_assert_msg(!decodes(bytes, sizeof bytes), "case %zu", i);
    }
    /* Two lengths whose sum is right only modulo 2^32. */
    memcpy(bytes, sample_bytes, sizeof bytes);
    memset(bytes + 28, 0xff, 4);
    memcpy(bytes + 32, (uint8_t[]){0, 0, 0, 10}, 4);
    ck_assert(!decodes(bytes, sizeof bytes));
}
END_TEST

START_TEST(every_kind)
{
    uint8_t buffer[64];

    for (int kind = RECORD_BATCH; kind <= RECORD_INIT; kind++) {
        struct record record = sample;
        struct record back;
        size_t len = 0;
        record.kind = (enum record_kind)kind;
        ck_assert(record_encode(buffer, sizeof buffer, &record, &len));
        ck_assert(record_decode((slice_t){(char *)buffer, (uint32_t)len}, &back, NULL));
        assert_same(&record, &back);
        ck_assert_str_ne(record_kind_name(record.kind), "unknown");
    }
    ck_assert_str_eq(record_kind_name((enum record_kind)0), "unknown");
}
END_TEST

START_TEST(lengths_at_the_limit)
{
    static char payload[RECORD_LEN_MAX];
    static uint8_t buffer[RECORD_LEN_MAX + 1];
    struct record record = {.kind = RECORD_INIT};
    struct record back;
    size_t len = 7;

    ck_assert(record_encode(buffer, RECORD_ENVELOPE_LEN, &record, &len)); /* nothing in it */
    ck_assert_uint_eq(len, RECORD_ENVELOPE_LEN);
    ck_assert(decodes(buffer, len));
    len = 7;
    ck_assert(!record_encode(buffer, RECORD_ENVELOPE_LEN - 1, &record, &len));
    record.payload = (slice_t){payload, RECORD_CONTENT_MAX - 1};
    record.results = (slice_t){payload, 2};
    ck_assert(!record_encode(buffer, sizeof buffer, &record, &len));
    ck_assert_uint_eq(len, 7);
    record.results.len = 1;
    ck_assert(record_encode(buffer, sizeof buffer, &record, &len));
    ck_assert_uint_eq(len, RECORD_LEN_MAX);
    ck_assert(record_decode((slice_t){(char *)buffer, RECORD_LEN_MAX}, &back, NULL));
    assert_same(&record, &back);
    record.payload.len = UINT32_MAX; /* sums do not wrap */
    record.results.len = 2;
    ck_assert(!record_encode(buffer, sizeof buffer, &record, &len));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *tests = tcase_create("record");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, layout);
    tcase_add_test(tests, truncated_or_extended);
    tcase_add_test(tests, bad_fields);
    tcase_add_test(tests, every_kind);
    tcase_add_test(tests, lengths_at_the_limit);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
