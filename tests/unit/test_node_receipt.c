/* A receipt is believed only as it is: every bit that is changed makes it a false one. Also
 * kits. */
#include "tools/node/receipt.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/facts/outcome.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/record.h"
#include "proto/codec/encode.h"
#include "clearing/base/hex.h"
#include "tools/node/kit.h"

#define EVENTS  3
#define RECORDS 5 /* in the tree; ours is the third */

static uint8_t network[SIGN_NETWORK_LEN] = {1};
static uint8_t public[SIGN_PUBLIC_LEN];
static struct sign_key *key;
static uint8_t payload[200];
static uint8_t results[64];
static uint32_t results_len;
static uint8_t envelope[RECORD_ENVELOPE_LEN];
static uint8_t leaves[RECORDS][MERKLE_HASH_LEN];
static struct merkle_path path;
static uint8_t checkpoint[CHECKPOINT_SIGNED_LEN];
static struct frame_receipt receipt;
static struct receipt_basis basis;
static struct receipt_outcomes outcomes;
static struct checkpoint got;
static struct fault fault;

static slice_t slice(const void *bytes, size_t len)
{
    return (slice_t){(const char *)bytes, (uint32_t)len};
}

static void make_results(void)
{
    const uint8_t each[EVENTS] = {OUTCOME_ACCEPTED, OUTCOME_WAITING, OUTCOME_TOO_OLD};

    bytes_put_u16(results, EVENTS);
    for (size_t i = 0; i < EVENTS; i++) {
        results[2 + 2 * i] = each[i];
        results[3 + 2 * i] = each[i] == OUTCOME_WAITING ? OUTCOME_UNKNOWN_PACK : 0;
    }
    results_len = 2 + 2 * EVENTS + 4; /* an empty stream */
}

/* Sign what the pieces say now. */
static void seal(void)
{
    struct record record = {.kind = RECORD_BATCH,
                            .index = 2,
                            .received_at_ms = 5,
                            .epoch = 1,
                            .payload = slice(payload, sizeof payload),
                            .results = slice(results, results_len)};
    struct merkle_range range = {0};
    struct checkpoint head = {.size = RECORDS, .epoch = 1, .time_ms = 6};
    uint8_t pair[MERKLE_HASH_LEN];

    record_encode_envelope(&record, envelope);
    const slice_t parts[] = {slice(envelope, sizeof envelope), record.payload, record.results};
    merkle_hash_leaf_parts(parts, 3, leaves[2]);
    for (size_t i = 0; i < RECORDS; i++) {
        merkle_range_append(&range, leaves[i]);
    }
    merkle_range_root(&range, head.root);
    memcpy(head.network, network, sizeof network);
    checkpoint_sign(&head, key, checkpoint);
    /* The path of leaf 2 of 5: its sibling, the pair before, the lone leaf behind. */
    merkle_hash_node(leaves[0], leaves[1], pair);
    path.count = 3;
    memcpy(path.hashes[0], leaves[3], MERKLE_HASH_LEN);
    memcpy(path.hashes[1], pair, MERKLE_HASH_LEN);
    memcpy(path.hashes[2], leaves[4], MERKLE_HASH_LEN);
}

static void set_up(void)
{
    key = sign_key_new();
    sign_key_public(key, public);
    memset(payload, 0x33, sizeof payload);
    for (size_t i = 0; i < RECORDS; i++) {
        memset(leaves[i], (int)i + 1, MERKLE_HASH_LEN);
    }
    make_results();
    seal();
    receipt = (struct frame_receipt){.envelope = slice(envelope, sizeof envelope),
                                     .results = slice(results, results_len),
                                     .index = 2,
                                     .path_count = 3,
                                     .path = {path.hashes[0], path.hashes[1], path.hashes[2]},
                                     .checkpoint = slice(checkpoint, sizeof checkpoint),
                                     .sequence = 4};
    basis = (struct receipt_basis){network, public, slice(payload, sizeof payload), 4, EVENTS};
}

static void tear_down(void)
{
    sign_key_free(key);
}

static bool verify(void)
{
    return receipt_verify(&receipt, &basis, &outcomes, &got, &fault);
}

START_TEST(test_good)
{
    ck_assert_msg(verify(), "%s", fault.text);
    ck_assert_uint_eq(outcomes.count, EVENTS);
    ck_assert_uint_eq(outcomes.outcomes[0], OUTCOME_ACCEPTED);
    ck_assert_uint_eq(outcomes.outcomes[1], OUTCOME_WAITING);
    ck_assert_uint_eq(outcomes.reasons[1], OUTCOME_UNKNOWN_PACK);
    ck_assert_uint_eq(outcomes.outcomes[2], OUTCOME_TOO_OLD);
    ck_assert_uint_eq(outcomes.reasons[2], 0);
    ck_assert_uint_eq(got.size, RECORDS);
}
END_TEST

static void flip_all(uint8_t *bytes, size_t len)
{
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!verify(), "bit %zu changed nothing", bit);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert(verify());
}

START_TEST(test_every_bit)
{
    flip_all(envelope, sizeof envelope);
    flip_all(payload, sizeof payload);
    flip_all(results, results_len);
    flip_all(path.hashes[0], 3 * MERKLE_HASH_LEN);
    flip_all(checkpoint, sizeof checkpoint);
    flip_all(network, sizeof network);
    flip_all(public, sizeof public);
}
END_TEST

START_TEST(test_frame_fields)
{
    receipt.index = 3;
    ck_assert(!verify());
    receipt.index = 2;
    receipt.sequence = 5;
    ck_assert(!verify());
    receipt.sequence = 4;
    receipt.path_count = 2;
    ck_assert(!verify());
    receipt.path_count = 3;
    receipt.envelope.len--;
    ck_assert(!verify());
    receipt.envelope.len++;
    receipt.results.len = 0;
    ck_assert(!verify());
    receipt.results.len = results_len;
    receipt.results.len--;
    ck_assert(!verify());
    receipt.results.len++;
    receipt.checkpoint.len = 0;
    ck_assert(!verify());
    receipt.checkpoint.len = sizeof checkpoint;
    basis.event_count = EVENTS - 1;
    ck_assert(!verify());
}
END_TEST

/* Results that headquarters signed and that are nonsense all the same. */
START_TEST(test_signed_nonsense)
{
    results[1] = EVENTS + 1;
    seal();
    ck_assert(!verify());
    results[1] = EVENTS - 1;
    seal();
    ck_assert(!verify());
    make_results();
    results[4] = 0; /* no outcome */
    seal();
    ck_assert(!verify());
    make_results();
    results_len = 2 + 2 * EVENTS - 1;
    receipt.results.len = results_len; /* cut off */
    seal();
    ck_assert(!verify());
    make_results();
    receipt.results.len = results_len;
    results[6] = 200; /* of a newer ledger: a refusal by number */
    seal();
    ck_assert(verify());
    ck_assert_uint_eq(outcomes.outcomes[2], 200);
}
END_TEST

static bool kit_of(const char *text)
{
    char file[] = "/tmp/test_kit.XXXXXX";
    struct kit kit;
    int fd = mkstemp(file);

    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    fault.text[0] = '\0';
    bool good = kit_read(file, &kit, &fault);
    (void)unlink(file);
    return good;
}

#define H64 "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
#define KIT(network, store, rest)                                                                  \
    "{\"format\":\"allclear-kit/1\",\"network\":\"" network                                        \
    "\",\"alliance\":\"demo\",\"address\":\"tcp://h:1\",\"server_key\":\"" H64                     \
    "\",\"ledger_key\":\"" H64 "\",\"store\":\"" store "\"" rest "}"

START_TEST(test_kits)
{
    ck_assert(kit_of(KIT(H64, "A", "")));
    ck_assert(kit_of(KIT(H64, "A", ",\"a_later_key\":1")));
    ck_assert(!kit_of(""));
    ck_assert(!kit_of("[]"));
    ck_assert(!kit_of("{\"format\":\"allclear-kit/2\"}"));
    ck_assert(!kit_of(KIT("00", "A", "")));
    ck_assert_ptr_nonnull(strstr(fault.text, "network: not 64 hex digits"));
    ck_assert(!kit_of(KIT(H64 "0", "A", "")));
    ck_assert(!kit_of(KIT("g" H64, "A", "")));
    ck_assert(!kit_of(KIT(H64, "../A", "")));
    ck_assert(!kit_of(KIT(H64, "", "")));
    ck_assert(!kit_of(KIT(H64, "A", ",\"store\":\"B\"")));
    ck_assert(!kit_of(KIT(H64, "A", ",\"invite_secret\":\"" H64 "\"")));
    ck_assert(!kit_of(KIT(H64, "A", ",\"invite_secret\":1,\"invite_public\":\"" H64 "\"")));
    ck_assert(
        kit_of(KIT(H64, "A", ",\"invite_secret\":\"" H64 "\",\"invite_public\":\"" H64 "\"")));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("node_receipt");
    TCase *c = tcase_create("receipt");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_good);
    tcase_add_test(c, test_every_bit);
    tcase_add_test(c, test_frame_fields);
    tcase_add_test(c, test_signed_nonsense);
    tcase_add_test(c, test_kits);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());

    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
