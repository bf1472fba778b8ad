/* Frames: to and fro, refusals, and mutants: what the decoder takes is what protobuf-c writes. */
#include "proto/codec/frame.h"

#include <check.h>
#include <stdlib.h>

#include "allclear/v1/wire.pb-c.h"
#include "mutate.h"
#include "proto/codec/packed.h"

#define MUTANTS 60000

static struct random rng;
static struct tree tree;
static struct frame frame;
static uint8_t mutant[MUTANT_MAX];
static uint8_t digest[SIGNATURE_LEN] = {1, 2, 3};
static uint8_t large[RECORD_LEN_MAX + 1];

static slice_t bytes_of(const void *bytes, size_t len)
{
    return (slice_t){bytes, (uint32_t)len};
}

static slice_t random_bytes(uint32_t max)
{
    return bytes_of(large, random_below(&rng, 4) == 0 ? max : 1 + random_below(&rng, 40));
}

static void random_frame(struct frame *f)
{
    memset(f, 0, sizeof *f);
    rng.used = 0;
    f->type = (frame_type_t)(1 + random_below(&rng, 6));
    switch (f->type) {
    case FRAME_HELLO:
        f->hello = (struct frame_hello){1 + random_below(&rng, 3), digest, random_code(&rng),
                                        random_text(&rng, FRAME_AGENT_LEN_MAX)};
        break;
    case FRAME_BATCH:
        f->batch = (struct signed_batch){random_bytes(BATCH_BODY_LEN_MAX), digest, digest};
        break;
    case FRAME_RECEIPT:
        f->receipt = (struct frame_receipt){
            .envelope = random_bytes(FRAME_ENVELOPE_LEN_MAX),
            .results = random_bytes(2000),
            .index = random_below(&rng, 3) == 0 ? 0 : random_next(&rng),
            .path_count = random_below(&rng, 4) == 0 ? FRAME_PATH_MAX : random_below(&rng, 5),
            .checkpoint = random_bytes(FRAME_CHECKPOINT_LEN_MAX),
            .sequence = random_number(&rng, UINT64_MAX),
        };
        for (uint32_t i = 0; i < f->receipt.path_count; i++) {
            f->receipt.path[i] = digest;
        }
        break;
    case FRAME_EXPECT:
        f->expect = (struct frame_expect){
            .sequence = random_below(&rng, 3) == 0 ? 0 : random_next(&rng),
            .last = random_below(&rng, 2) == 0 ? digest : NULL,
            .reason = (reason_t)(1 + random_below(&rng, REASON_LAST)),
            .retry_after_ms = random_below(&rng, 3) == 0 ? UINT32_MAX : random_below(&rng, 3),
            .detail =
                random_below(&rng, 2) == 0 ? random_text(&rng, FRAME_DETAIL_LEN_MAX) : (slice_t){0},
        };
        break;
    case FRAME_QUERY:
        f->query = (struct frame_query){random_number(&rng, UINT64_MAX), random_code(&rng),
                                        random_bytes(200)};
        break;
    case FRAME_ANSWER:
        f->answer =
            (struct frame_answer){random_number(&rng, UINT64_MAX), random_code(&rng),
                                  random_bytes(2000), random_text(&rng, FRAME_DETAIL_LEN_MAX),
                                  random_below(&rng, 2) * random_below(&rng, FRAME_INFLATED_MAX)};
        break;
    }
}

START_TEST(test_round_trip)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    static uint8_t again[FRAME_BYTES_MAX];
    struct decode_fault fault = {0};
    struct frame read;

    rng.state = 1;
    for (int i = 0; i < 20000; i++) {
        random_frame(&frame);
        size_t len = frame_encode(&frame, bytes, sizeof bytes);
        ck_assert_uint_gt(len, 0);
        ck_assert_uint_eq(frame_encode(&frame, again, len - 1), 0);
        ck_assert_msg(frame_decode(bytes_of(bytes, len), &read, &fault), "type %d: %s at %u",
                      (int)frame.type, decode_error_name(fault.error), fault.offset);
        ck_assert_int_eq((int)read.type, (int)frame.type);
        ck_assert_uint_eq(frame_encode(&read, again, sizeof again), len);
        ck_assert_mem_eq(bytes, again, len);
        bytes[len] = 0;
        ck_assert(!frame_decode(bytes_of(bytes, len + 1), &read, &fault));
        ck_assert(!frame_decode(bytes_of(bytes, random_below(&rng, (uint32_t)len)), &read, &fault));
    }
}
END_TEST

START_TEST(test_fields)
{
    uint8_t bytes[512];
    struct decode_fault fault = {0};
    struct frame read;

    memset(&frame, 0, sizeof frame);
    frame.type = FRAME_EXPECT;
    frame.expect = (struct frame_expect){7, digest, REASON_BUSY, 250, slice_of("queue is full")};
    size_t len = frame_encode(&frame, bytes, sizeof bytes);
    ck_assert(frame_decode(bytes_of(bytes, len), &read, &fault));
    ck_assert_uint_eq(read.expect.sequence, 7);
    ck_assert_mem_eq(read.expect.last, digest, DIGEST_LEN);
    ck_assert(read.expect.reason == REASON_BUSY);
    ck_assert_uint_eq(read.expect.retry_after_ms, 250);
    ck_assert(slice_equal(read.expect.detail, slice_of("queue is full")));
    ck_assert_str_eq(frame_reason_name(REASON_WRONG_NETWORK), "WRONG_NETWORK");
    ck_assert_str_eq(frame_reason_name((reason_t)99), "UNKNOWN");
}
END_TEST

START_TEST(test_not_written)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    const struct frame bad[] = {
        {.type = (frame_type_t)9},
        {.type = FRAME_HELLO, .hello = {0, digest, slice_of("A"), {0}}},
        {.type = FRAME_HELLO, .hello = {1, digest, slice_of(""), {0}}},
        {.type = FRAME_HELLO, .hello = {1, digest, slice_of("A"), slice_of("a\nb")}},
        {.type = FRAME_BATCH, .batch = {{0}, digest, digest}},
        {.type = FRAME_BATCH, .batch = {bytes_of(large, BATCH_BODY_LEN_MAX + 1), digest, digest}},
        {.type = FRAME_EXPECT, .expect = {.reason = (reason_t)0}},
        {.type = FRAME_EXPECT, .expect = {.reason = (reason_t)14}},
        {.type = FRAME_QUERY, .query = {0, slice_of("head"), {0}}},
        {.type = FRAME_ANSWER, .answer = {.id = 1, .verb = slice_of("he ad")}},
        {.type = FRAME_ANSWER,
         .answer = {1, slice_of("head"), bytes_of(large, 65535), bytes_of(large, 141), 0}},
        {.type = FRAME_ANSWER,
         .answer = {.id = 1, .verb = slice_of("head"), .inflated = FRAME_INFLATED_MAX + 1}},
        {.type = FRAME_RECEIPT, .receipt = {.envelope = slice_of("e"), .sequence = 1}},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(frame_encode(&bad[i], bytes, sizeof bytes) == 0, "frame %zu", i);
    }
}
END_TEST

START_TEST(test_mutants)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    uint32_t accepted = 0;
    uint32_t stricter = 0;

    rng.state = 3;
    for (uint32_t i = 0; i < MUTANTS; i++) {
        struct decode_fault fault = {0};
        struct frame read;
        do {
            random_frame(&frame);
        } while (frame.type == FRAME_BATCH && frame.batch.body.len > 1000);
        size_t len = frame_encode(&frame, bytes, sizeof bytes);
        len = mutate(&rng, &tree, &allclear__v1__frame__descriptor, bytes, len, mutant);
        bool ok = frame_decode(bytes_of(mutant, len), &read, &fault);
        ProtobufCMessage *m = canonical(&allclear__v1__frame__descriptor, mutant, len);
        ck_assert_msg(!ok || m != NULL, "mutant %u is accepted and not canonical", i);
        /* what is accepted can be written again by ours, to the same bytes */
        ck_assert(!ok || frame_encode(&read, bytes, sizeof bytes) == len);
        ck_assert(!ok || memcmp(bytes, mutant, len) == 0);
        accepted += ok;
        stricter += m != NULL && !ok;
        if (m != NULL) {
            protobuf_c_message_free_unpacked(m, NULL);
        }
    }
    printf("frame mutants: %u accepted, %u canonical but outside of the limits\n", accepted,
           stricter);
    ck_assert_uint_gt(accepted, MUTANTS / 20);
    ck_assert_uint_lt(accepted, MUTANTS / 2);
}
END_TEST

/* A long body goes over and comes back; what is too long, or damaged, does neither. */
START_TEST(test_packed)
{
    static char text[FRAME_INFLATED_MAX + 1];
    uint32_t len = 0;
    uint32_t back = 0;

    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % 23);
    }
    slice_t body = {text, FRAME_INFLATED_MAX};
    char *packed = packed_deflate(body, FRAME_BYTES_MAX / 2, &len);
    ck_assert_ptr_nonnull(packed);
    ck_assert_uint_lt(len, FRAME_BYTES_MAX / 2);
    struct frame_answer answer = {.body = {packed, len}, .inflated = body.len};
    char *again = packed_body(&answer, &back);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(back, body.len);
    ck_assert_mem_eq(again, text, body.len);
    ck_assert_int_eq(again[back], 0);
    free(again);
    answer.inflated--;
    ck_assert_ptr_null(packed_body(&answer, &back));
    answer.inflated += 2;
    ck_assert_ptr_null(packed_body(&answer, &back));
    answer = (struct frame_answer){.body = {packed, len - 1}, .inflated = body.len};
    ck_assert_ptr_null(packed_body(&answer, &back));
    packed[len / 2] ^= 1;
    answer.body.len = len;
    ck_assert_ptr_null(packed_body(&answer, &back));
    free(packed);
    body.len++;
    ck_assert_ptr_null(packed_deflate(body, FRAME_BYTES_MAX / 2, &len));
    rng.state = 4;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)random_next(&rng);
    }
    ck_assert_ptr_null(packed_deflate((slice_t){text, 100000}, FRAME_BYTES_MAX / 2, &len));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *tests = tcase_create("frame");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_fields);
    tcase_add_test(tests, test_not_written);
    tcase_add_test(tests, test_mutants);
    tcase_add_test(tests, test_packed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
