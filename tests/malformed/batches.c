/* Batches whose form is good: of another network, store, key, sequence or predecessor, or with
 * another signature. */
#include <stdio.h>

#include "clearing/base/hex.h"
#include "clearing/journal/journal.h"
#include "tests/malformed/hostile.h"

/* What goes around a body. */
struct wrapping {
    const uint8_t *key_id;
    const struct sign_key *key;
    enum sign_domain domain;
    const uint8_t *network;
};

static uint8_t frame_bytes[FRAME_BYTES_MAX];

static struct wrapping own_wrapping(const struct hostile *hostile)
{
    return (struct wrapping){hostile->own.key_id, hostile->own.key, SIGN_BATCH,
                             hostile->own.kit.network};
}

static slice_t wrap(const struct wrapping *with, slice_t body, uint8_t *signature)
{
    struct frame frame = {
        .type = FRAME_BATCH,
        .batch = {.body = body, .key_id = with->key_id, .signature = signature},
    };
    size_t len = frame_encode(&frame, frame_bytes, sizeof frame_bytes);

    CHECK(len > 0);
    return (slice_t){(const char *)frame_bytes, (uint32_t)len};
}

static slice_t sign(const struct wrapping *with, slice_t body)
{
    static uint8_t signature[SIGN_SIGNATURE_LEN];

    sign_message(with->key, with->domain, with->network, body, signature);
    return wrap(with, body, signature);
}

/* --- the header --- */

/* A body with a header of any content and one cash sale. */
struct header {
    uint32_t version;
    const uint8_t *network;
    const char *store;
    uint64_t sequence;
    const uint8_t *previous;
    uint64_t created;
};

static struct header own_header(const struct hostile *hostile)
{
    return (struct header){1,
                           hostile->own.kit.network,
                           hostile->own.kit.store.text,
                           hostile->next,
                           hostile->last,
                           1772340000000};
}

static slice_t body_with(struct raw *raw, const struct header *header)
{
    raw->len = 0;
    raw_number(raw, 1, header->version);
    raw_bytes(raw, 2, header->network, DIGEST_LEN);
    raw_bytes(raw, 3, header->store, strlen(header->store));
    raw_number(raw, 4, header->sequence);
    raw_bytes(raw, 5, header->previous, DIGEST_LEN);
    raw_number(raw, 6, header->created);
    raw_bytes(raw, 7,
              "\x0a\x01"
              "9\x10\x01\x18\x80\xbd\xe6\xb8\xca\x33\x92\x01\x0a\x08\xf8\x0a\x1a\x05\x08"
              "\x05\x30\xf8\x0a",
              25);
    return raw_slice(raw);
}

static void headers(struct hostile *hostile)
{
    static const uint8_t zeros[DIGEST_LEN];
    static const uint64_t ahead[] = {1, 2, 3, 1000, 1ULL << 32, 1ULL << 62};
    static const char *const stores[] = {"B", "C", "Z", "a", "AA", "HQ"};
    static struct raw raw;
    uint8_t other[DIGEST_LEN];
    struct wrapping with = own_wrapping(hostile);
    struct header header;

    for (uint32_t bit = 0; bit < 8 * DIGEST_LEN; bit += 13) {
        memcpy(other, hostile->own.kit.network, sizeof other);
        other[bit / 8] ^= (uint8_t)(1U << bit % 8);
        header = own_header(hostile);
        header.network = other;
        hostile_refused(hostile, "a batch of another network",
                        sign(&with, body_with(&raw, &header)), REASON_WRONG_NETWORK);
        memcpy(other, hostile->last, sizeof other);
        other[bit / 8] ^= (uint8_t)(1U << bit % 8);
        header = own_header(hostile);
        header.previous = other;
        hostile_refused(hostile, "a batch with another predecessor",
                        sign(&with, body_with(&raw, &header)), REASON_GAP);
    }
    header = own_header(hostile);
    header.previous = zeros;
    hostile_refused(hostile, "a first batch again", sign(&with, body_with(&raw, &header)),
                    REASON_GAP);
    for (size_t i = 0; i < sizeof ahead / sizeof ahead[0]; i++) {
        header = own_header(hostile);
        header.sequence += ahead[i];
        hostile_refused(hostile, "a batch ahead of the next", sign(&with, body_with(&raw, &header)),
                        REASON_GAP);
    }
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        header = own_header(hostile);
        header.store = stores[i];
        hostile_refused(hostile, "a batch in another store's name",
                        sign(&with, body_with(&raw, &header)), REASON_WRONG_STORE);
    }
}

static void bad_headers(struct hostile *hostile)
{
    static struct raw raw;
    struct wrapping with = own_wrapping(hostile);
    const struct header good = own_header(hostile);
    struct header list[8];

    for (size_t i = 0; i < 8; i++) {
        list[i] = good;
    }
    list[0].version = 0;
    list[1].version = 2;
    list[2].version = UINT32_MAX;
    list[3].sequence = 0;
    list[4].created = 0;
    list[5].created = (uint64_t)POLICY_AT_MS_END;
    list[6].created = UINT64_MAX;
    list[7].store = "A.";
    for (size_t i = 0; i < 8; i++) {
        hostile_refused(hostile, "a header out of its limits",
                        sign(&with, body_with(&raw, &list[i])), REASON_MALFORMED);
    }
}

/* --- sizes --- */

static void sizes(struct hostile *hostile)
{
    static const uint32_t lens[] = {BATCH_BODY_LEN_MAX + 1, BATCH_BODY_LEN_MAX + 4096, 98000};
    static struct raw body;
    static struct raw frame;
    uint8_t signature[SIGN_SIGNATURE_LEN];
    struct header header = own_header(hostile);
    struct wrapping with = own_wrapping(hostile);

    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        (void)body_with(&body, &header);
        while (body.len < lens[i]) {
            raw_bytes(&body, 7,
                      "\x0a\x01"
                      "9\x10\x01",
                      5);
        }
        body.len = lens[i];
        frame.len = 0;
        static struct raw batch;
        batch.len = 0;
        sign_message(with.key, with.domain, with.network, raw_slice(&body), signature);
        raw_bytes(&batch, 1, body.bytes, body.len);
        raw_bytes(&batch, 2, with.key_id, DIGEST_LEN);
        raw_bytes(&batch, 3, signature, sizeof signature);
        raw_bytes(&frame, 2, batch.bytes, batch.len);
        hostile_refused(hostile, "a body over 48 KiB", raw_slice(&frame),
                        frame.len > FRAME_BYTES_MAX ? REASON_TOO_LARGE : REASON_MALFORMED);
    }
    (void)body_with(&body, &header);
    while (body.len + 2 <= BATCH_BODY_LEN_MAX) {
        raw_bytes(&body, 7, "", 0);
    }
    hostile_refused(hostile, "24,000 empty events", sign(&with, raw_slice(&body)),
                    REASON_MALFORMED);
}

/* --- signatures --- */

static void signatures(struct hostile *hostile, slice_t body)
{
    /* the order of the curve's group, little-endian: S + L verifies where nobody looks */
    static const uint8_t order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,        0xd6,
        0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10,
    };
    struct wrapping with = own_wrapping(hostile);
    uint8_t good[SIGN_SIGNATURE_LEN];
    uint8_t bad[SIGN_SIGNATURE_LEN];
    uint32_t carry = 0;

    sign_message(with.key, with.domain, with.network, body, good);
    for (uint32_t bit = 0; bit < 8 * SIGN_SIGNATURE_LEN; bit += 3) {
        memcpy(bad, good, sizeof bad);
        bad[bit / 8] ^= (uint8_t)(1U << bit % 8);
        hostile_refused(hostile, "a signature with a bit flipped", wrap(&with, body, bad),
                        REASON_BAD_SIGNATURE);
    }
    memset(bad, 0, sizeof bad);
    hostile_refused(hostile, "a signature of zeros", wrap(&with, body, bad), REASON_BAD_SIGNATURE);
    bad[0] = 1;
    hostile_refused(hostile, "a signature of small order", wrap(&with, body, bad),
                    REASON_BAD_SIGNATURE);
    memset(bad, 0xff, sizeof bad);
    hostile_refused(hostile, "a signature of ones", wrap(&with, body, bad), REASON_BAD_SIGNATURE);
    memcpy(bad, good, sizeof bad);
    for (uint32_t i = 0; i < 32; i++) {
        carry += (uint32_t)good[32 + i] + order[i];
        bad[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    hostile_refused(hostile, "a signature with S + L", wrap(&with, body, bad),
                    REASON_BAD_SIGNATURE);
}

static void keys(struct hostile *hostile, slice_t body)
{
    struct wrapping with = own_wrapping(hostile);
    uint8_t id[DIGEST_LEN];
    uint8_t network[DIGEST_LEN];

    for (int domain = 0; domain < (int)SIGN_DOMAIN_COUNT; domain++) {
        with.domain = (enum sign_domain)domain;
        if (with.domain != SIGN_BATCH) {
            hostile_refused(hostile, "a signature of another kind", sign(&with, body),
                            REASON_BAD_SIGNATURE);
        }
    }
    with = own_wrapping(hostile);
    memcpy(network, with.network, sizeof network);
    network[0] ^= 1;
    with.network = network;
    hostile_refused(hostile, "a signature for another network", sign(&with, body),
                    REASON_BAD_SIGNATURE);
    with = own_wrapping(hostile);
    with.key = hostile->other.key;
    hostile_refused(hostile, "another store's signature", sign(&with, body), REASON_BAD_SIGNATURE);
    with.key_id = hostile->other.key_id;
    hostile_refused(hostile, "another store's key", sign(&with, body), REASON_WRONG_STORE);
    with = own_wrapping(hostile);
    for (uint32_t bit = 0; bit < 8 * DIGEST_LEN; bit += 17) {
        memcpy(id, hostile->own.key_id, sizeof id);
        id[bit / 8] ^= (uint8_t)(1U << bit % 8);
        with.key_id = id;
        hostile_refused(hostile, "an unknown key", sign(&with, body), REASON_UNKNOWN_KEY);
    }
}

/* A body changed after it was signed: its events are not looked at before the signature. */
static void changed(struct hostile *hostile, struct raw *body)
{
    struct wrapping with = own_wrapping(hostile);
    uint8_t signature[SIGN_SIGNATURE_LEN];

    sign_message(with.key, with.domain, with.network, raw_slice(body), signature);
    for (size_t at = body->len - 24; at < body->len; at++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            body->bytes[at] ^= (uint8_t)(1U << bit);
            hostile_refused(hostile, "an event changed after signing",
                            wrap(&with, raw_slice(body), signature), REASON_BAD_SIGNATURE);
            body->bytes[at] ^= (uint8_t)(1U << bit);
        }
    }
}

void batches_run(struct hostile *hostile)
{
    static struct raw raw;
    const struct header good = own_header(hostile);

    headers(hostile);
    bad_headers(hostile);
    sizes(hostile);
    (void)body_with(&raw, &good);
    signatures(hostile, raw_slice(&raw));
    keys(hostile, raw_slice(&raw));
    changed(hostile, &raw);
}

/* --- batches that were taken before --- */

/* Out: ret_bytes, the first signed batch of a store in a copy of the journal. */
static size_t find_batch(const char *copy, slice_t store, uint8_t ret_bytes[SIGNED_BATCH_BYTES_MAX])
{
    struct fault fault = {0};
    struct journal_options options = {.dir = copy, .read_only = true};
    struct journal *journal = journal_open(&options, &fault);
    struct journal_entry entry;
    size_t len = 0;

    CHECK(journal != NULL);
    struct journal_reader *reader = journal_reader_new(journal, 0);
    while (len == 0 && journal_reader_next(reader, &entry, &fault) == JOURNAL_ENTRY) {
        struct signed_batch signed_batch;
        struct batch batch;
        struct decode_fault why;
        if (entry.record.kind == RECORD_BATCH &&
            decode_signed_batch(entry.record.payload, &signed_batch, &why) &&
            decode_batch_header(signed_batch.body, &batch, &why) &&
            slice_equal(batch.store, store)) {
            len = entry.record.payload.len;
            memcpy(ret_bytes, entry.record.payload.text, len);
        }
    }
    journal_reader_free(reader);
    journal_close(journal);
    CHECK(len > 0);
    return len;
}

/* Say what headquarters signed, a record a line, for a control socket that must take none again. */
void records_run(struct hostile *hostile, const char *copy)
{
    struct fault fault = {0};
    struct journal_options options = {.dir = copy, .read_only = true};
    struct journal *journal = journal_open(&options, &fault);
    struct journal_entry entry;

    CHECK(journal != NULL);
    struct journal_reader *reader = journal_reader_new(journal, 0);
    while (journal_reader_next(reader, &entry, &fault) == JOURNAL_ENTRY) {
        if (entry.record.kind != RECORD_HQ && entry.record.kind != RECORD_CLOCK &&
            entry.record.kind != RECORD_INIT) {
            continue;
        }
        static char text[2 * RECORD_LEN_MAX + 1];
        hex_write((const uint8_t *)entry.record.payload.text, entry.record.payload.len, text);
        printf("record %s\n", text);
    }
    journal_reader_free(reader);
    journal_close(journal);
    hostile->passed++;
}

/* Over our connection, what another store has signed: the connection's key and the signature's must
 * be of one store. */
void relay_run(struct hostile *hostile, const char *copy)
{
    static uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    static struct raw frame;
    size_t len = find_batch(copy, code_slice(&hostile->other.kit.store), bytes);

    frame.len = 0;
    raw_bytes(&frame, 2, bytes, len);
    hostile_refused(hostile, "another store's batch", raw_slice(&frame), REASON_WRONG_STORE);
}

/* The last that a store ever does. */
void equivocation_run(struct hostile *hostile, const char *copy)
{
    static uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    static struct raw frame;
    static struct raw body;
    size_t len = find_batch(copy, code_slice(&hostile->own.kit.store), bytes);
    struct wrapping with = own_wrapping(hostile);
    struct signed_batch signed_batch;
    struct batch batch;
    struct decode_fault why;
    struct frame answer;

    frame.len = 0;
    raw_bytes(&frame, 2, bytes, len);
    bool good = hostile_ask(hostile, raw_slice(&frame), &answer) && answer.type == FRAME_RECEIPT;
    (void)hostile_case(hostile, "the batch sent again", good, "a receipt is due");
    CHECK(decode_signed_batch((slice_t){(const char *)bytes, (uint32_t)len}, &signed_batch, &why));
    CHECK(decode_batch_header(signed_batch.body, &batch, &why));
    struct header header = own_header(hostile);
    header.sequence = batch.sequence;
    header.previous = batch.previous;
    hostile_refused(hostile, "another batch of its number", sign(&with, body_with(&body, &header)),
                    REASON_EQUIVOCATION);
    hostile_refused(hostile, "and again", sign(&with, body_with(&body, &header)),
                    REASON_EQUIVOCATION);
    header = own_header(hostile);
    hostile_refused(hostile, "the next one", sign(&with, body_with(&body, &header)), REASON_FROZEN);
    struct frame hello = hostile_hello(hostile);
    hostile_refused_frame(hostile, "hello of a frozen store", &hello, REASON_FROZEN);
}
