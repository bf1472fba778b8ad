/* The encoder: what it writes is canonical, and the decoder reads the same event back. */
#include "proto/codec/encode.h"

#include <check.h>
#include <stdlib.h>

#include "judge_event.h"

#define ROUND_TRIPS 20000

static struct random rng;
static struct event event;
static struct event other;

static slice_t bytes_of(const void *bytes, size_t len)
{
    return (slice_t){bytes, (uint32_t)len};
}

START_TEST(test_round_trip)
{
    uint8_t bytes[EVENT_BYTES_MAX];
    uint8_t again[EVENT_BYTES_MAX];
    struct decode_fault fault = {0};
    uint32_t types = 0;

    rng.state = 1;
    memset(&other, 0xa5, sizeof other); /* the decoder must not count on zeroed memory */
    for (int i = 0; i < ROUND_TRIPS; i++) {
        random_event(&rng, &event);
        size_t len = encode_event(&event, bytes, sizeof bytes);
        ck_assert_msg(len > 0, "event %d: %s", i, policy_fault(&event));
        ck_assert_msg(decode_event(bytes_of(bytes, len), &other, &fault), "event %d: %s", i,
                      decode_error_name(fault.error));
        const char *difference = event_difference(&event, &other);
        ck_assert_msg(difference == NULL, "event %d: %s", i, difference);
        ck_assert_uint_eq(encode_event(&other, again, sizeof again), len);
        ck_assert_mem_eq(bytes, again, len);
        types |= 1U << event.type;
    }
    ck_assert_uint_eq(types, 0x1fff0000);
}
END_TEST

START_TEST(test_example)
{
    /* the sale of the event contract, byte for byte: other writers can compare */
    static const char expected[] =
        "\x0a\x01\x31\x10\x9c\x03\x18\x80\xb0\x91\xba\xca\x33\x20\x91\xfc\xb1\x8c\x17\x92\x01\x1f"
        "\x08\xf2\xc0\x01\x1a\x0c\x08\x01\x12\x04\x63\x61\x72\x64\x30\xf2\xc0\x01\x22\x0b\x0a\x06"
        "\x70\x6f\x69\x6e\x74\x73\x18\xf6\x01";
    uint8_t bytes[EVENT_BYTES_MAX];

    memset(&event, 0, sizeof event);
    event.type = EVENT_SALE;
    event.terminal = slice_of("1");
    event.number = 412;
    event.at_ms = 1772332800000;
    event.member = 6200000017;
    event.amount_fen = 12345;
    event.pay_count = 1;
    event.pay[0] = (struct pay_line){
        .with = MEANS_STORED_VALUE, .product = slice_of("card"), .amount_fen = 12345};
    event.earn_count = 1;
    event.earn[0] = (struct earn_entry){.product = slice_of("points"), .points = 123};
    ck_assert_uint_eq(encode_event(&event, bytes, sizeof bytes), sizeof expected - 1);
    ck_assert_mem_eq(bytes, expected, sizeof expected - 1);
}
END_TEST

START_TEST(test_refused)
{
    uint8_t bytes[EVENT_BYTES_MAX];

    rng.state = 2;
    for (int i = 0; i < 500; i++) {
        random_event(&rng, &event);
        size_t len = encode_event(&event, bytes, sizeof bytes);
        bytes[0] = 0xee;
        ck_assert_uint_eq(encode_event(&event, bytes, len - 1), 0);
        ck_assert_uint_eq(bytes[0], 0xee);
        ck_assert_uint_eq(encode_event(&event, bytes, len), len);
        event.number = 0;
        ck_assert_uint_eq(encode_event(&event, bytes, sizeof bytes), 0);
    }
}
END_TEST

/* The largest event there is must fit. */
START_TEST(test_largest)
{
    static const char code[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    uint8_t bytes[EVENT_BYTES_MAX];
    slice_t c = slice_of(code);

    ck_assert_uint_eq(c.len, CODE_LEN_MAX);
    memset(&event, 0, sizeof event);
    event.type = EVENT_SALE;
    event.terminal = event.operator_code = c;
    event.number = NUMBER_MAX;
    event.at_ms = POLICY_AT_MS_END - 1;
    event.member = MEMBER_MAX;
    event.amount_fen = INT64_MIN;
    event.pay_count = PAY_LINES_MAX;
    event.discount_count = DISCOUNTS_MAX;
    event.earn_count = EARN_ENTRIES_MAX;
    event.category_count = CATEGORIES_MAX;
    for (uint32_t i = 0; i < PAY_LINES_MAX; i++) {
        event.pay[i] = (struct pay_line){.with = MEANS_POINTS,
                                         .product = c,
                                         .item = c,
                                         .amount_fen = INT64_MIN,
                                         .units = INT64_MIN};
        event.categories[i] = (struct category_line){c, INT64_MIN};
    }
    for (uint32_t i = 0; i < DISCOUNTS_MAX; i++) {
        event.discounts[i] = (struct discount_line){c, INT64_MIN};
    }
    for (uint32_t i = 0; i < EARN_ENTRIES_MAX; i++) {
        event.earn[i] = (struct earn_entry){c, c, INT64_MIN};
    }
    ck_assert_uint_gt(encode_event(&event, bytes, sizeof bytes), 5000);
}
END_TEST

START_TEST(test_batch)
{
    static uint8_t body[BATCH_BODY_LEN_MAX + 16];
    static uint8_t network[DIGEST_LEN] = {1};
    static uint8_t previous[DIGEST_LEN];
    struct batch batch = {.network = network,
                          .store = slice_of("A-1"),
                          .sequence = 7,
                          .previous = previous,
                          .created_ms = 1772332800000};
    struct batch read;
    struct decode_fault fault = {0};
    uint8_t bytes[EVENT_BYTES_MAX];
    uint32_t count = 0;
    uint32_t appended = 0;

    size_t len = encode_batch_header(&batch, body, sizeof body);
    ck_assert_uint_gt(len, 0);
    ck_assert_uint_le(len, BATCH_HEADER_BYTES_MAX);
    ck_assert_uint_eq(encode_batch_header(&batch, body, len - 1), 0);
    rng.state = 3;
    for (bool more = true; more; appended += more) {
        random_event(&rng, &event);
        size_t event_len = encode_event(&event, bytes, sizeof bytes);
        size_t before = len;
        more = encode_batch_append(body, sizeof body, &len, bytes_of(bytes, event_len));
        ck_assert(more || (before == len && len + event_len + 4 > BATCH_BODY_LEN_MAX));
    }
    ck_assert_uint_le(len, BATCH_BODY_LEN_MAX);
    ck_assert(decode_batch(bytes_of(body, len), &other, &read, &count, &fault));
    ck_assert_uint_eq(count, appended);
    ck_assert_uint_eq(read.sequence, 7);
    ck_assert_mem_eq(read.network, network, DIGEST_LEN);
    ck_assert_mem_eq(read.previous, previous, DIGEST_LEN);
    ck_assert(slice_equal(read.store, batch.store));
    ck_assert(read.created_ms == batch.created_ms);
    ProtobufCMessage *m = canonical(&allclear__v1__batch__descriptor, body, len);
    ck_assert_ptr_nonnull(m);
    protobuf_c_message_free_unpacked(m, NULL);
}
END_TEST

/* The body is filled to the last byte and not beyond. */
START_TEST(test_batch_brim)
{
    static uint8_t body[BATCH_BODY_LEN_MAX];
    uint8_t bytes[300] = {0};

    for (uint32_t len = 1; len < 300; len++) {
        size_t head = len < 128 ? 2 : 3;
        size_t used = BATCH_BODY_LEN_MAX - head - len;
        ck_assert(encode_batch_append(body, sizeof body, &used, bytes_of(bytes, len)));
        ck_assert_uint_eq(used, BATCH_BODY_LEN_MAX);
        used = BATCH_BODY_LEN_MAX - head - len + 1;
        ck_assert(!encode_batch_append(body, sizeof body, &used, bytes_of(bytes, len)));
        used = 0;
        ck_assert(!encode_batch_append(body, head + len - 1, &used, bytes_of(bytes, len)));
    }
    size_t used = 5;
    ck_assert(!encode_batch_append(body, sizeof body, &used, bytes_of(bytes, 0)));
}
END_TEST

START_TEST(test_header_refused)
{
    static uint8_t digest[DIGEST_LEN];
    uint8_t out[BATCH_HEADER_BYTES_MAX];
    const struct batch good = {.network = digest,
                               .store = slice_of("A"),
                               .sequence = 1,
                               .previous = digest,
                               .created_ms = 1};
    struct batch bad = good;

    ck_assert_uint_gt(encode_batch_header(&good, out, sizeof out), 0);
    bad.store = slice_of("-");
    ck_assert_uint_eq(encode_batch_header(&bad, out, sizeof out), 0);
    bad = good;
    bad.sequence = 0;
    ck_assert_uint_eq(encode_batch_header(&bad, out, sizeof out), 0);
    bad = good;
    bad.created_ms = 0;
    ck_assert_uint_eq(encode_batch_header(&bad, out, sizeof out), 0);
}
END_TEST

START_TEST(test_signed)
{
    static uint8_t body[BATCH_BODY_LEN_MAX + 1];
    static uint8_t out[SIGNED_BATCH_BYTES_MAX];
    static const uint8_t key_id[DIGEST_LEN] = {9};
    static const uint8_t signature[SIGNATURE_LEN] = {8};
    struct signed_batch batch = {bytes_of(body, BATCH_BODY_LEN_MAX), key_id, signature};
    struct signed_batch read = {0};
    struct decode_fault fault = {0};

    size_t len = encode_signed_batch(&batch, out, sizeof out);
    ck_assert_uint_gt(len, BATCH_BODY_LEN_MAX);
    ck_assert(decode_signed_batch(bytes_of(out, len), &read, &fault));
    ck_assert_uint_eq(read.body.len, BATCH_BODY_LEN_MAX);
    ck_assert_mem_eq(read.key_id, key_id, DIGEST_LEN);
    ck_assert_mem_eq(read.signature, signature, SIGNATURE_LEN);
    for (size_t cut = 0; cut < len; cut += cut < 8 || cut > len - 110 ? 1 : 997) {
        ck_assert(!decode_signed_batch(bytes_of(out, cut), &read, &fault));
    }
    batch.body.len++;
    ck_assert_uint_eq(encode_signed_batch(&batch, out, sizeof out), 0);
    batch.body.len = 0;
    ck_assert_uint_eq(encode_signed_batch(&batch, out, sizeof out), 0);
    batch.body.len = 3;
    len = encode_signed_batch(&batch, out, sizeof out);
    out[len] = 0;
    ck_assert(decode_signed_batch(bytes_of(out, len), &read, &fault));
    ck_assert(!decode_signed_batch(bytes_of(out, len + 1), &read, &fault));
    ck_assert(fault.error == DECODE_FIELD_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("encode");
    TCase *tests = tcase_create("encode");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_example);
    tcase_add_test(tests, test_refused);
    tcase_add_test(tests, test_largest);
    tcase_add_test(tests, test_batch);
    tcase_add_test(tests, test_batch_brim);
    tcase_add_test(tests, test_header_refused);
    tcase_add_test(tests, test_signed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
