/* Frames by hand: wrong hellos, frames of the daemon's own, sizes, parts, lengths, cuts. */
#include <stdio.h>

#include "clearing/base/memory.h"
#include "daemon/gate/limits.h"
#include "tests/malformed/hostile.h"

/* --- hellos --- */

static void hellos(struct hostile *hostile)
{
    struct frame frame = hostile_hello(hostile);
    uint8_t network[DIGEST_LEN];

    for (uint32_t bit = 0; bit < 8 * DIGEST_LEN; bit += 11) {
        memcpy(network, hostile->own.kit.network, sizeof network);
        network[bit / 8] ^= (uint8_t)(1U << bit % 8);
        frame.hello.network = network;
        hostile_refused_frame(hostile, "hello of another network", &frame, REASON_WRONG_NETWORK);
    }
    static const uint32_t versions[] = {2, 3, 127, 128, 65536, UINT32_MAX};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        frame = hostile_hello(hostile);
        frame.hello.version = versions[i];
        hostile_refused_frame(hostile, "hello of another version", &frame, REASON_VERSION);
    }
    static const char *const stores[] = {"B", "C", "Z", "a", "AA", "A-", "HQ"};
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        frame = hostile_hello(hostile);
        frame.hello.store = slice_of(stores[i]);
        hostile_refused_frame(hostile, "hello of another store", &frame, REASON_WRONG_STORE);
    }
}

/* --- forms --- */

struct form {
    const char *name;
    uint32_t field; /* in Frame */
    const char *bytes;
    uint32_t len;
};

/* Messages that protobuf libraries read and the strict codec must not. */
static void forms(struct hostile *hostile)
{
    static const struct form list[] = {
        {"an empty hello", 1, "", 0},
        {"an empty batch", 2, "", 0},
        {"an empty query", 5, "", 0},
        {"query: id 0 written out", 5, "\x08\x00\x12\x04head", 8},
        {"query: id twice", 5, "\x08\x01\x08\x02\x12\x04head", 10},
        {"query: fields out of order", 5, "\x12\x04head\x08\x01", 8},
        {"query: id not in its shortest form", 5, "\x08\x81\x00\x12\x04head", 9},
        {"query: id over 64 bits", 5, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x12\x04head",
         17},
        {"query: tag not in its shortest form", 5, "\x88\x00\x01\x12\x04head", 9},
        {"query: length not in its shortest form", 5, "\x08\x01\x12\x84\x00head", 9},
        {"query: no verb", 5, "\x08\x01", 2},
        {"query: no id", 5, "\x12\x04head", 6},
        {"query: an empty verb", 5, "\x08\x01\x12\x00", 4},
        {"query: a verb that is no code", 5, "\x08\x01\x12\x04he d", 8},
        {"query: a verb with a NUL", 5, "\x08\x01\x12\x04he\0d", 8},
        {"query: a verb of 33 letters", 5,
         "\x08\x01\x12\x21"
         "abcdefghijklmnopqrstuvwxyzabcdefg",
         37},
        {"query: an empty body written out", 5, "\x08\x01\x12\x04head\x1a\x00", 10},
        {"query: a refusal, which only answers have", 5, "\x08\x01\x12\x04head\x22\x01x", 11},
        {"query: an unknown field", 5, "\x08\x01\x12\x04head\x7a\x01x", 11},
        {"query: a field of 32 bits", 5, "\x0d\x01\x00\x00\x00\x12\x04head", 11},
        {"query: a field of 64 bits", 5, "\x09\x01\x00\x00\x00\x00\x00\x00\x00\x12\x04head", 15},
        {"query: a group", 5, "\x08\x01\x12\x04head\x1b\x1c", 10},
        {"query: field 0", 5, "\x08\x01\x12\x04head\x00\x01", 10},
        {"query: a body that goes beyond the end", 5, "\x08\x01\x12\x04head\x1a\x05xx", 12},
        {"query: a body of 2^63 bytes", 5,
         "\x08\x01\x12\x04head\x1a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 19},
        {"frame: type 7", 7, "\x08\x01\x12\x04head", 8},
        {"frame: type 15", 15, "\x08\x01\x12\x04head", 8},
        {"frame: type 31", 31, "x", 1},
        {"frame: type 32", 32, "x", 1},
        {"frame: type 536870911", 536870911, "x", 1},
    };
    static struct raw raw;

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        raw.len = 0;
        raw_bytes(&raw, list[i].field, list[i].bytes, list[i].len);
        hostile_refused(hostile, list[i].name, raw_slice(&raw), REASON_MALFORMED);
    }
    raw.len = 0;
    hostile_refused(hostile, "frame: nothing", raw_slice(&raw), REASON_MALFORMED);
    raw_bytes(&raw, 5, "\x08\x01\x12\x04head", 8);
    raw_bytes(&raw, 5, "\x08\x02\x12\x04head", 8);
    hostile_refused(hostile, "frame: two of them", raw_slice(&raw), REASON_MALFORMED);
    raw.len = 0;
    raw_number(&raw, 5, 1);
    hostile_refused(hostile, "frame: a number", raw_slice(&raw), REASON_MALFORMED);
}

/* What only the daemon sends. */
static void of_the_daemon(struct hostile *hostile)
{
    static const uint8_t bytes[300] = {1, 2, 3};
    struct frame receipt = {
        .type = FRAME_RECEIPT,
        .receipt = {.envelope = {(const char *)bytes, 60},
                    .checkpoint = {(const char *)bytes, 186},
                    .sequence = hostile->next},
    };
    struct frame answer = {
        .type = FRAME_ANSWER,
        .answer = {.id = 1, .verb = slice_of("head"), .body = slice_of("{}")},
    };

    hostile_refused_frame(hostile, "a receipt", &receipt, REASON_MALFORMED);
    hostile_refused_frame(hostile, "an answer", &answer, REASON_MALFORMED);
    for (int reason = 1; reason <= (int)REASON_LAST; reason++) {
        struct frame expect = {
            .type = FRAME_EXPECT,
            .expect = {.sequence = hostile->next, .reason = (reason_t)reason},
        };
        hostile_refused_frame(hostile, "an expect", &expect, REASON_MALFORMED);
    }
}

/* --- sizes, parts, addresses --- */

/* What CURVE adds to a message at most. */
#define CURVE_BYTES 64

/* A message beyond all limits ends its connection. */
static void beyond(struct hostile *hostile, slice_t bytes)
{
    bool ended = speaker_send(&hostile->speaker, bytes, false) &&
                 speaker_wait_ended(&hostile->speaker, SPEAKER_WAIT_MS);

    (void)hostile_case(hostile, "a message beyond all limits", ended,
                       "the connection must be ended, and was not");
    hostile_connect(hostile);
}

static void sizes(struct hostile *hostile)
{
    static const struct {
        const char *name;
        uint32_t len; /* of the whole message */
        reason_t reason;
    } list[] = {
        {"a frame one byte too large", FRAME_BYTES_MAX + 1, REASON_TOO_LARGE},
        {"a frame twice too large", 2 * FRAME_BYTES_MAX, REASON_TOO_LARGE},
        {"a frame nearly as large as a message", GATE_MESSAGE_BYTES_MAX - CURVE_BYTES,
         REASON_TOO_LARGE},
        {"zeros as large as a frame", FRAME_BYTES_MAX, REASON_MALFORMED},
    };
    static struct raw raw;

    memset(raw.bytes, 0, sizeof raw.bytes);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        hostile_refused(hostile, list[i].name, (slice_t){(const char *)raw.bytes, list[i].len},
                        list[i].reason);
    }
    beyond(hostile, (slice_t){(const char *)raw.bytes, GATE_MESSAGE_BYTES_MAX});
    beyond(hostile, (slice_t){(const char *)raw.bytes, GATE_MESSAGE_BYTES_MAX + 1});
    beyond(hostile, (slice_t){(const char *)raw.bytes, RAW_MAX});
}

static void parts(struct hostile *hostile)
{
    static uint8_t bytes[1024];
    struct frame hello = hostile_hello(hostile);
    size_t len = frame_encode(&hello, bytes, sizeof bytes);
    slice_t good = {(const char *)bytes, (uint32_t)len};

    CHECK(len > 0);
    for (uint32_t count = 2; count <= 40; count += 19) {
        for (uint32_t i = 1; i < count; i++) {
            (void)speaker_send(&hostile->speaker, good, true);
        }
        hostile_refused(hostile, "a message of more parts", good, REASON_MALFORMED);
    }
    (void)speaker_send(&hostile->speaker, (slice_t){"", 0}, true);
    hostile_refused(hostile, "an empty part first, as REQ sends it", good, REASON_MALFORMED);
}

/* Connections whose peer chooses its address, and more of them than a key may have. */
static void connections(struct hostile *hostile)
{
    static struct hostile more;
    const struct speaker_options options = {
        .address = hostile->address,
        .server_key = hostile->own.kit.server_key,
        .public_key = hostile->own.transport_public,
        .secret_key = hostile->own.transport_secret,
    };
    struct speaker_options named = options;
    struct frame hello = hostile_hello(hostile);
    struct speaker before = hostile->speaker;

    named.routing_id = "the-ledger";
    memset(&more, 0, sizeof more);
    speaker_open(&hostile->speaker, &named);
    (void)hostile_case(hostile, "an own address: handshake",
                       speaker_wait_up(&hostile->speaker, SPEAKER_WAIT_MS), "it is not done");
    hostile_refused_frame(hostile, "an address of its own choice", &hello, REASON_MALFORMED);
    speaker_close(&hostile->speaker);

    speaker_open(&more.speaker, &options); /* the second of two */
    (void)speaker_wait_up(&more.speaker, SPEAKER_WAIT_MS);
    hostile->speaker = more.speaker;
    hostile_refused_frame(hostile, "a second connection", &hello, REASON_HELLO);
    more.speaker = hostile->speaker;
    speaker_open(&hostile->speaker, &options);
    (void)speaker_wait_up(&hostile->speaker, SPEAKER_WAIT_MS);
    for (int i = 0; i < 3; i++) {
        hostile_refused_frame(hostile, "a third connection of the key", &hello, REASON_BUSY);
    }
    speaker_close(&hostile->speaker);
    speaker_close(&more.speaker);
    hostile->speaker = before;
}

/* --- cuts --- */

/* Every beginning of a good frame, and each with a byte more. */
static void cuts_of(struct hostile *hostile, const char *name, slice_t good)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    char what[80];

    for (uint32_t len = 0; len < good.len; len++) {
        memcpy(bytes, good.text, len);
        (void)snprintf(what, sizeof what, "%s cut after %u bytes", name, len);
        hostile_refused(hostile, what, (slice_t){(const char *)bytes, len}, REASON_MALFORMED);
    }
    memcpy(bytes, good.text, good.len);
    for (int more = 0; more < 256; more += 5) {
        bytes[good.len] = (uint8_t)more;
        (void)snprintf(what, sizeof what, "%s and a byte %d", name, more);
        hostile_refused(hostile, what, (slice_t){(const char *)bytes, good.len + 1},
                        REASON_MALFORMED);
    }
}

static void cuts(struct hostile *hostile)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    static uint8_t body[BATCH_BODY_LEN_MAX];
    struct frame hello = hostile_hello(hostile);
    struct frame query = {
        .type = FRAME_QUERY,
        .query = {.id = 7, .verb = slice_of("balance"), .body = slice_of("6200000017")},
    };
    size_t len = frame_encode(&hello, bytes, sizeof bytes);

    cuts_of(hostile, "hello", (slice_t){(const char *)bytes, (uint32_t)len});
    len = frame_encode(&query, bytes, sizeof bytes);
    cuts_of(hostile, "query", (slice_t){(const char *)bytes, (uint32_t)len});
    len = hostile_body(hostile, body);
    len = hostile_wrap(hostile, (slice_t){(const char *)body, (uint32_t)len}, bytes);
    cuts_of(hostile, "batch", (slice_t){(const char *)bytes, (uint32_t)len});
}

void frames_run(struct hostile *hostile)
{
    hellos(hostile);
    forms(hostile);
    of_the_daemon(hostile);
    cuts(hostile);
    parts(hostile);
    connections(hostile);
    sizes(hostile);
}
