#include "daemon/gate/zap.h"

#include <string.h>
#include <zmq.h>

#include "clearing/base/bytes.h"
#include "daemon/gate/limits.h"

/* The question's frames: version, request id, domain, address, routing id, mechanism, key. */
#define PARTS        7
#define PART_ID      1
#define PART_MECH    5
#define PART_KEY     6
#define PART_LEN_MAX 255
#define VERSION      "1.0"
#define MECHANISM    "CURVE"
#define METADATA_MAX 128

/* "300" ends the connection without a word, and the peer's library tries again later; after "400"
 * the peer knows that it is refused. */
#define STATUS_OK    "200"
#define STATUS_LATER "300"
#define STATUS_NO    "400"

struct question {
    uint8_t parts[PARTS][PART_LEN_MAX];
    size_t lens[PARTS];
    bool whole; /* exactly PARTS parts, none too long */
};

struct verdict {
    const char *status;
    const struct key_entry *entry; /* with STATUS_OK */
};

/* Returns: false when there is none. */
static bool read_question(void *socket, struct question *ret_question)
{
    size_t count = 0;
    int more = 1;
    size_t len = sizeof more;

    ret_question->whole = true;
    while (more != 0) {
        void *into = count < PARTS ? ret_question->parts[count] : NULL;
        size_t cap = count < PARTS ? PART_LEN_MAX : 0;
        int got = zmq_recv(socket, into, cap, ZMQ_DONTWAIT);
        if (got < 0) {
            return false;
        }
        if (count < PARTS) {
            ret_question->lens[count] = (size_t)got < cap ? (size_t)got : cap;
        }
        ret_question->whole = ret_question->whole && (size_t)got <= cap;
        count++;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &len) != 0) {
            return false;
        }
    }
    ret_question->whole = ret_question->whole && count == PARTS;
    for (; count < PARTS; count++) {
        ret_question->lens[count] = 0;
    }
    return true;
}

static bool part_is(const struct question *question, size_t part, const char *text)
{
    return question->lens[part] == strlen(text) &&
           memcmp(question->parts[part], text, strlen(text)) == 0;
}

static struct verdict judge(struct zap *zap, const struct question *question, int64_t now_ms)
{
    const struct bucket_rate rate = {GATE_HANDSHAKES_RATE, GATE_HANDSHAKES_BURST};
    struct verdict verdict = {.status = STATUS_NO};

    if (!question->whole || !part_is(question, 0, VERSION) ||
        !part_is(question, PART_MECH, MECHANISM) || question->lens[PART_KEY] != LINK_KEY_LEN) {
        return verdict;
    }
    const uint8_t *curve = question->parts[PART_KEY];
    if (zap->test_key != NULL && memcmp(curve, zap->test_key, LINK_KEY_LEN) == 0) {
        zap->test_refused = true;
        return verdict;
    }
    struct key_entry *entry = keys_find(zap->keys, curve);
    if (entry == NULL) {
        return verdict;
    }
    if (!bucket_take(&entry->handshakes, rate, 1, now_ms)) {
        verdict.status = STATUS_LATER;
        return verdict;
    }
    verdict.status = STATUS_OK;
    verdict.entry = entry;
    return verdict;
}

/* ZMTP's form of a property: its name's length in a byte, the name, the value's length in four
 * bytes with the highest first, the value. */
static size_t write_property(const struct key_entry *entry, uint8_t out[METADATA_MAX])
{
    static const char digits[] = "0123456789abcdef";
    struct writer w = {.bytes = out, .capacity = METADATA_MAX};

    write_u8(&w, (uint8_t)strlen(ZAP_KEY_PROPERTY));
    write_bytes(&w, ZAP_KEY_PROPERTY, strlen(ZAP_KEY_PROPERTY));
    write_bytes(&w, (const uint8_t[]){0, 0, 0, 2 * LINK_KEY_LEN}, 4);
    for (unsigned int i = 0; i < LINK_KEY_LEN; i++) {
        write_u8(&w, (uint8_t)digits[entry->curve[i] >> 4]);
        write_u8(&w, (uint8_t)digits[entry->curve[i] & 15]);
    }
    CHECK(!w.full);
    return w.len;
}

/* The handler's own pipe to libzmq: if it takes nothing more, the question stays without an answer,
 * and the connection ends at GATE_HANDSHAKE_MS. */
static void answer(const struct zap *zap, const struct question *question,
                   const struct verdict *verdict)
{
    const int part = ZMQ_DONTWAIT | ZMQ_SNDMORE;
    uint8_t metadata[METADATA_MAX];
    size_t metadata_len = 0;
    slice_t user = {"", 0};

    if (verdict->entry != NULL) {
        user = code_slice(keys_store(zap->keys, verdict->entry));
        metadata_len = write_property(verdict->entry, metadata);
    }
    (void)zmq_send(zap->socket, VERSION, strlen(VERSION), part);
    (void)zmq_send(zap->socket, question->parts[PART_ID], question->lens[PART_ID], part);
    (void)zmq_send(zap->socket, verdict->status, strlen(verdict->status), part);
    (void)zmq_send(zap->socket, "", 0, part);
    (void)zmq_send(zap->socket, user.text, user.len, part);
    (void)zmq_send(zap->socket, metadata, metadata_len, ZMQ_DONTWAIT);
}

bool zap_serve(struct zap *zap, int64_t now_ms)
{
    struct question question;

    if (!read_question(zap->socket, &question)) {
        return false;
    }
    bool tested = zap->test_refused;
    struct verdict verdict = judge(zap, &question, now_ms);
    answer(zap, &question, &verdict);
    if (verdict.entry != NULL) {
        zap->counters[COUNTER_HANDSHAKES_ALLOWED]++;
    } else if (tested == zap->test_refused) {
        zap->counters[COUNTER_HANDSHAKES_REFUSED]++;
    }
    return true;
}
