/* A small network in a scratch folder: keys, init, the f1 sample's registry and terms, approved
 * store keys. For tests that need a whole ledger. */
#ifndef TESTS_UNIT_ALLIANCE_FIXTURE_H
#define TESTS_UNIT_ALLIANCE_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/book/network.h"
#include "clearing/ledger/ledger.h"
#include "clearing/ledger/replay.h"
#include "proto/codec/encode.h"
#include "proto/codec/terms_codec.h"
#include "tools/alliance/alliance.h"
#include "tools/lines/lines.h"

#define FIXTURE_START_MS 1772294400000LL /* 2026-03-01T00:00:00+08:00 */
#define FIXTURE_STORES   3

struct fixture {
    char dir[64];
    struct sign_key *ledger_key;
    struct sign_key *hq_key;
    struct sign_key *store_keys[FIXTURE_STORES]; /* A, B, C */
    uint64_t sequence[FIXTURE_STORES];
    uint8_t last[FIXTURE_STORES][DIGEST_LEN];
    struct ledger *ledger;
    uint64_t hq_number;
    uint8_t network[SIGN_NETWORK_LEN];
};

static inline void fixture_hq(struct fixture *f, struct hq_body *body)
{
    static uint8_t body_bytes[HQ_BODY_LEN_MAX];
    static uint8_t record_bytes[HQ_RECORD_BYTES_MAX];
    uint8_t public_key[32];
    uint8_t id[32];
    uint8_t signature[64];
    struct fault fault = {0};

    body->network = f->network;
    body->number = ++f->hq_number;
    body->person = slice_of("tester");
    if (body->created_ms == 0) {
        body->created_ms = FIXTURE_START_MS;
    }
    size_t len = hq_encode_body(body, body_bytes, sizeof body_bytes);
    ck_assert_uint_gt(len, 0);
    slice_t bytes = {(const char *)body_bytes, (uint32_t)len};
    sign_key_public(f->hq_key, public_key);
    sign_key_id(public_key, id);
    sign_message(f->hq_key, SIGN_RECORD, f->network, bytes, signature);
    struct hq_record record = {.body = bytes, .key_id = id, .signature = signature};
    len = hq_encode_record(&record, record_bytes, sizeof record_bytes);
    ck_assert_uint_gt(len, 0);
    bool good = ledger_take_hq(f->ledger,
                               (slice_t){(const char *)record_bytes, (uint32_t)len},
                               FIXTURE_START_MS,
                               0,
                               &fault);
    ck_assert_msg(good, "%s", fault.text);
}

static inline void fixture_open(struct fixture *f, bool create)
{
    struct fault fault = {0};
    struct ledger_options options = {.dir = f->dir,
                                     .key = f->ledger_key,
                                     .create = create,
                                     .network = f->network,
                                     .map_size = 1 << 30};

    f->ledger = ledger_open(&options, NULL, &fault);
    ck_assert_msg(f->ledger != NULL, "%s", fault.text);
}

/* The sample's rules as `amend` (may be NULL) changes them. */
static inline void fixture_rules(struct fixture *f, void (*amend)(struct terms *terms))
{
    static uint8_t bytes[HQ_BODY_LEN_MAX];
    struct registry registry = {0};
    struct terms terms = {0};
    struct complaints complaints = {0};
    struct registry_place place = {0};

    bool good = alliance_read(
        "deploy/samples/f1/alliance.conf", &registry, &terms, &complaints);
    if (!good) {
        complaints_write(&complaints, stderr);
    }
    ck_assert(good);
    if (amend != NULL) {
        amend(&terms);
    }
    size_t len = terms_codec_encode_registry(&registry, &place, bytes, sizeof bytes);
    struct hq_body rows = {.type = HQ_APPLY,
                           .apply = {.registry = {(const char *)bytes, (uint32_t)len}}};
    fixture_hq(f, &rows);
    len = terms_codec_encode(&terms, bytes, sizeof bytes);
    struct hq_body rules = {.type = HQ_APPLY,
                            .apply = {.terms = {(const char *)bytes, (uint32_t)len}}};
    fixture_hq(f, &rules);
    registry_deinit(&registry);
    terms_deinit(&terms);
}

static inline void fixture_approve(struct fixture *f, int store, const char *code)
{
    uint8_t asked[64];
    uint8_t possession[64];

    sign_key_public(f->store_keys[store], asked);
    memset(asked + 32, store + 1, 32);
    sign_message(f->store_keys[store],
                 SIGN_JOIN,
                 f->network,
                 (slice_t){(const char *)asked, sizeof asked},
                 possession);
    struct hq_body body = {.type = HQ_KEY_APPROVE,
                           .key_approve = {.store = slice_of(code),
                                           .public_key = asked,
                                           .transport_key = asked + 32,
                                           .possession = possession}};
    fixture_hq(f, &body);
}

static inline void fixture_make_amended(struct fixture *f, void (*amend)(struct terms *terms))
{
    static const char *const codes[] = {"A", "B", "C"};
    uint8_t hq_public[32];
    uint8_t ledger_public[32];
    struct fault fault = {0};

    *f = (struct fixture){0};
    strcpy(f->dir, "/tmp/allclear-test-XXXXXX");
    ck_assert(mkdtemp(f->dir) != NULL);
    f->ledger_key = sign_key_new();
    f->hq_key = sign_key_new();
    sign_key_public(f->hq_key, hq_public);
    sign_key_public(f->ledger_key, ledger_public);
    struct hq_body body = {.type = HQ_INIT,
                           .created_ms = FIXTURE_START_MS,
                           .init = {.alliance = slice_of("demo"),
                                    .hq_key = hq_public,
                                    .ledger_key = ledger_public,
                                    .test_clock = true,
                                    .start_ms = FIXTURE_START_MS}};
    network_id(&body.init, body.created_ms, f->network);
    fixture_open(f, true);
    fixture_hq(f, &body);
    fixture_rules(f, amend);
    for (int i = 0; i < FIXTURE_STORES; i++) {
        f->store_keys[i] = sign_key_new();
        f->sequence[i] = 1;
        fixture_approve(f, i, codes[i]);
    }
    ck_assert_msg(ledger_flush(f->ledger, FIXTURE_START_MS, &fault), "%s", fault.text);
}

/* Points are good through the day after that of their grant, and what is left of them then is
 * HQ's. */
static inline void fixture_expiring(struct terms *terms)
{
    for (uint32_t i = 0; i < terms->product_count; i++) {
        if (terms->products[i].kind == PRODUCT_POINTS) {
            terms->products[i].valid_days = 1;
            terms->products[i].beneficiary = code_of(slice_of("HQ"));
        }
    }
}

static inline void fixture_make(struct fixture *f)
{
    fixture_make_amended(f, NULL);
}

static inline void fixture_free(struct fixture *f)
{
    char command[128];

    ledger_close(f->ledger);
    sign_key_free(f->ledger_key);
    sign_key_free(f->hq_key);
    for (int i = 0; i < FIXTURE_STORES; i++) {
        sign_key_free(f->store_keys[i]);
    }
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    ck_assert_int_eq(system(command), 0);
}

/* Sign the lines as the store's next batch. Returns: the signed batch's length in `out`. */
static inline size_t fixture_batch(struct fixture *f, int store, const char *const *lines,
                                   uint8_t *out, size_t cap)
{
    static const char *const codes[] = {"A", "B", "C"};
    static uint8_t body[BATCH_BODY_LEN_MAX];
    static uint8_t bytes[EVENT_BYTES_MAX];
    struct batch batch = {.network = f->network,
                          .store = slice_of(codes[store]),
                          .sequence = f->sequence[store],
                          .previous = f->last[store],
                          .created_ms = FIXTURE_START_MS};
    struct lines reader = {0};
    char reason[LINES_REASON_LEN];
    uint8_t public_key[32];
    uint8_t id[32];
    uint8_t digest[32];
    uint8_t signature[64];

    size_t len = encode_batch_header(&batch, body, sizeof body);
    ck_assert_uint_gt(len, 0);
    for (; *lines != NULL; lines++) {
        static struct event event;
        bool good = lines_parse(&reader, *lines, strlen(*lines), &event, reason);
        ck_assert_msg(good, "%s: %s", reason, *lines);
        size_t event_len = encode_event(&event, bytes, sizeof bytes);
        ck_assert_uint_gt(event_len, 0);
        ck_assert(encode_batch_append(
            body, sizeof body, &len, (slice_t){(const char *)bytes, (uint32_t)event_len}));
    }
    lines_deinit(&reader);
    sign_key_public(f->store_keys[store], public_key);
    sign_key_id(public_key, id);
    digest_sha256(body, len, digest);
    sign_digest(f->store_keys[store], SIGN_BATCH, f->network, digest, signature);
    memcpy(f->last[store], digest, sizeof digest);
    f->sequence[store]++;
    struct signed_batch signed_batch = {
        .body = {(const char *)body, (uint32_t)len}, .key_id = id, .signature = signature};
    size_t signed_len = encode_signed_batch(&signed_batch, out, cap);
    ck_assert_uint_gt(signed_len, 0);
    return signed_len;
}

#endif
