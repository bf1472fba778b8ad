/* The judge: what each kind of frame is answered, from a store and from an invitation. */
#include "daemon/gate/judge.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static uint8_t bytes[FRAME_BYTES_MAX + 1];
static const uint8_t network[DIGEST_LEN] = {1, 2, 3};
static const uint8_t other[DIGEST_LEN] = {1, 2, 4};
static const uint8_t digest[SIGNATURE_LEN] = {9};

static struct judgement judge(const struct frame *frame, bool invite)
{
    struct judge_peer peer = {network, slice_of("A"), invite};
    size_t len = frame_encode(frame, bytes, sizeof bytes);

    ck_assert_uint_gt(len, 0);
    return judge_frame(&peer, (slice_t){(const char *)bytes, (uint32_t)len});
}

static void expect(const struct frame *frame, bool invite, reason_t reason)
{
    struct judgement j = judge(frame, invite);

    ck_assert(!j.forward);
    ck_assert_int_eq(j.reason, reason);
    ck_assert_uint_le(strlen(j.detail), FRAME_DETAIL_LEN_MAX);
}

static struct frame hello(uint32_t version, const uint8_t *net, const char *store)
{
    return (struct frame){.type = FRAME_HELLO, .hello = {version, net, slice_of(store), {0}}};
}

static struct frame query(const char *verb)
{
    return (struct frame){.type = FRAME_QUERY, .query = {7, slice_of(verb), slice_of("x")}};
}

static struct frame batch(void)
{
    return (struct frame){.type = FRAME_BATCH, .batch = {slice_of("body"), digest, digest}};
}

START_TEST(test_hello)
{
    struct frame f = hello(1, network, "B");

    expect(&f, false, REASON_WRONG_STORE);
    f = hello(1, network, "AA");
    expect(&f, false, REASON_WRONG_STORE);
    f = hello(1, other, "A");
    expect(&f, false, REASON_WRONG_NETWORK);
    f = hello(2, network, "A");
    expect(&f, false, REASON_VERSION);
    f = hello(1, network, "A");
    ck_assert(judge(&f, false).forward);
}
END_TEST

START_TEST(test_of_a_daemon)
{
    struct frame f = {.type = FRAME_EXPECT, .expect = {.reason = REASON_BUSY}};

    expect(&f, false, REASON_MALFORMED);
    f = (struct frame){.type = FRAME_ANSWER, .answer = {.id = 1, .verb = slice_of("join")}};
    expect(&f, false, REASON_MALFORMED);
    expect(&f, true, REASON_UNKNOWN_KEY);
    f = (struct frame){
        .type = FRAME_RECEIPT,
        .receipt = {.envelope = slice_of("e"), .checkpoint = slice_of("c"), .sequence = 1}};
    expect(&f, false, REASON_MALFORMED);
}
END_TEST

START_TEST(test_store)
{
    struct frame f = query("balance");

    ck_assert(judge(&f, false).forward);
    f = query("join");
    ck_assert(judge(&f, false).forward);
    f = batch();
    ck_assert(judge(&f, false).forward);
}
END_TEST

START_TEST(test_invitation)
{
    struct frame f = query("balance");

    expect(&f, true, REASON_UNKNOWN_KEY);
    f = query("join2");
    expect(&f, true, REASON_UNKNOWN_KEY);
    f = batch();
    expect(&f, true, REASON_UNKNOWN_KEY);
    f = hello(1, network, "A");
    expect(&f, true, REASON_UNKNOWN_KEY);
    f = query("join");
    ck_assert(judge(&f, true).forward);
}
END_TEST

START_TEST(test_bytes)
{
    struct judge_peer peer = {network, slice_of("A"), false};
    struct frame f = query("join");
    size_t len = frame_encode(&f, bytes, sizeof bytes);

    for (uint32_t cut = 0; cut < len; cut++) {
        ck_assert_int_eq(judge_frame(&peer, (slice_t){(const char *)bytes, cut}).reason,
                         REASON_MALFORMED);
    }
    ck_assert_int_eq(judge_frame(&peer, (slice_t){(const char *)bytes, FRAME_BYTES_MAX}).reason,
                     REASON_MALFORMED);
    ck_assert_int_eq(judge_frame(&peer, (slice_t){(const char *)bytes, FRAME_BYTES_MAX + 1}).reason,
                     REASON_TOO_LARGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate_judge");
    TCase *tests = tcase_create("gate_judge");

    tcase_add_test(tests, test_hello);
    tcase_add_test(tests, test_of_a_daemon);
    tcase_add_test(tests, test_store);
    tcase_add_test(tests, test_invitation);
    tcase_add_test(tests, test_bytes);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
