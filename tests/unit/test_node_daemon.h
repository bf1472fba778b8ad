/* A stand-in for headquarters, in a thread of the test: a ROUTER with CURVE and ZAP that journals
 * batches through clearing/journal and answers with real receipts; and does, when told to, what
 * networks and daemons do at their worst. It judges nothing by the rules: what becomes of an event
 * is read off its number. */
#ifndef TESTS_UNIT_TEST_NODE_DAEMON_H
#define TESTS_UNIT_TEST_NODE_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "clearing/base/hash.h"
#include "clearing/base/map.h"
#include "clearing/base/memory.h"
#include "clearing/facts/outcome.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/journal.h"
#include "proto/codec/encode.h"
#include "proto/codec/frame.h"

#define DAEMON_BATCHES_MAX 20000

/* What became of an event, by its number: ...7 waits, ...5 is refused until mended. */
static inline outcome_t daemon_outcome(uint64_t number, bool mended)
{
    if (number % 10 == 7) {
        return OUTCOME_WAITING;
    }
    return number % 10 == 5 && !mended ? OUTCOME_UNKNOWN_OFFER : OUTCOME_ACCEPTED;
}

struct daemon_batch {
    uint8_t hash[DIGEST_LEN];
    uint64_t index;
    uint8_t envelope[RECORD_ENVELOPE_LEN];
    uint8_t *results;
    uint32_t results_len;
};

struct daemon {
    /* set before daemon_start */
    char dir[256];
    uint8_t network[SIGN_NETWORK_LEN];
    struct sign_key *ledger_key;
    uint8_t curve_public[32];
    uint8_t curve_secret[32];

    /* may be changed at any time */
    atomic_int drop_in;  /* per cent of batches lost on the way in */
    atomic_int drop_out; /* per cent of replies lost */
    atomic_int hold;     /* per cent of replies that are overtaken by the next */
    atomic_int busy;     /* per cent of batches answered BUSY */
    atomic_int deny;     /* ZAP refuses all */
    atomic_int answer;   /* a reason_t for every hello and batch, 0: none */
    atomic_int lie;      /* receipts: 1 another result, 2 another ledger's signature */
    atomic_int mended;   /* numbers ...5 are accepted */
    atomic_int approved; /* the answer to "join" */
    atomic_int let_go;   /* waiting events: 1 accepted, 2 refused */
    atomic_int stop;

    /* to be read after daemon_stop */
    uint64_t sequence; /* of the last batch */
    struct daemon_batch batches[DAEMON_BATCHES_MAX];
    struct map spent; /* event key -> hash of its bytes */
    uint64_t events;
    uint64_t duplicates;
    uint64_t reused;
    uint64_t equivocations;
    uint64_t bad_batches;
    uint64_t resends;
    uint64_t hellos;
    uint8_t join_request[128];
    uint32_t join_len;

    struct journal *journal;
    uint64_t epoch;
    void *context;
    void *router;
    void *zap;
    char address[128];
    pthread_t thread;
    uint64_t random;
    uint8_t held[FRAME_BYTES_MAX]; /* a reply to be overtaken */
    size_t held_len;
    uint8_t held_peer[64];
    size_t held_peer_len;
};

static bool daemon_chance(struct daemon *daemon, int per_cent)
{
    daemon->random = hash_u64(daemon->random + 1);
    return (int)(daemon->random % 100) < per_cent;
}

static void daemon_put(struct daemon *daemon, const uint8_t *peer, size_t peer_len,
                       const uint8_t *bytes, size_t len)
{
    if (zmq_send(daemon->router, peer, peer_len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
        (void)zmq_send(daemon->router, bytes, len, ZMQ_DONTWAIT);
    }
}

static void daemon_reply(struct daemon *daemon, const uint8_t *peer, size_t peer_len,
                         const struct frame *frame)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    size_t len = frame_encode(frame, bytes, sizeof bytes);

    CHECK(len > 0);
    if (daemon_chance(daemon, daemon->drop_out)) {
        return;
    }
    if (daemon->held_len == 0 && daemon_chance(daemon, daemon->hold)) {
        memcpy(daemon->held, bytes, len);
        memcpy(daemon->held_peer, peer, peer_len);
        daemon->held_len = len;
        daemon->held_peer_len = peer_len;
        return;
    }
    daemon_put(daemon, peer, peer_len, bytes, len);
    if (daemon->held_len > 0) {
        daemon_put(daemon, daemon->held_peer, daemon->held_peer_len, daemon->held,
                   daemon->held_len);
        daemon->held_len = 0;
    }
}

static void daemon_expect(struct daemon *daemon, const uint8_t *peer, size_t peer_len,
                          reason_t reason)
{
    const struct frame frame = {
        .type = FRAME_EXPECT,
        .expect = {.sequence = daemon->sequence + 1,
                   .last = daemon->sequence == 0 ? NULL : daemon->batches[daemon->sequence].hash,
                   .reason = reason,
                   .retry_after_ms = reason == REASON_BUSY ? 20 : 0},
    };

    daemon_reply(daemon, peer, peer_len, &frame);
}

static void daemon_receipt(struct daemon *daemon, const uint8_t *peer, size_t peer_len,
                           uint64_t sequence)
{
    const struct daemon_batch *batch = &daemon->batches[sequence];
    uint64_t size = journal_size(daemon->journal);
    struct checkpoint checkpoint = {.size = size, .epoch = daemon->epoch, .time_ms = 1};
    uint8_t signed_bytes[CHECKPOINT_SIGNED_LEN];
    struct merkle_path path;
    struct sign_key *other = daemon->lie == 2 ? sign_key_new() : NULL;

    memcpy(checkpoint.network, daemon->network, SIGN_NETWORK_LEN);
    CHECK(journal_root(daemon->journal, size, checkpoint.root, NULL));
    CHECK(journal_prove(daemon->journal, batch->index, size, &path, NULL));
    checkpoint_sign(&checkpoint, other != NULL ? other : daemon->ledger_key, signed_bytes);
    sign_key_free(other);
    struct frame frame = {
        .type = FRAME_RECEIPT,
        .receipt = {.envelope = {(const char *)batch->envelope, RECORD_ENVELOPE_LEN},
                    .results = {(const char *)batch->results, batch->results_len},
                    .index = batch->index,
                    .path_count = path.count,
                    .checkpoint = {(const char *)signed_bytes, sizeof signed_bytes},
                    .sequence = sequence},
    };
    for (uint32_t i = 0; i < path.count; i++) {
        frame.receipt.path[i] = path.hashes[i];
    }
    batch->results[batch->results_len - 1] ^= daemon->lie == 1;
    daemon_reply(daemon, peer, peer_len, &frame);
    batch->results[batch->results_len - 1] ^= daemon->lie == 1;
}

static outcome_t daemon_judge(struct daemon *daemon, const struct event *event, slice_t bytes)
{
    char text[128];
    int len = snprintf(text, sizeof text, "%.*s:%llu", (int)event->terminal.len,
                       event->terminal.text, (unsigned long long)event->number);
    uint64_t *known = map_put(&daemon->spent, hash_bytes(text, (size_t)len) | 1);
    uint64_t mark = hash_bytes(bytes.text, bytes.len) | 1;
    outcome_t outcome = daemon_outcome(event->number, daemon->mended != 0);

    if (*known != 0) {
        daemon->duplicates += *known == mark;
        daemon->reused += *known != mark;
        return *known == mark ? OUTCOME_DUPLICATE : OUTCOME_NUMBER_REUSED;
    }
    if (outcome == OUTCOME_ACCEPTED || outcome == OUTCOME_WAITING) {
        *known = mark;
        daemon->events++;
    }
    return outcome;
}

/* Out: the results of a batch's events. Returns: false when the batch is not well formed. */
static bool daemon_results(struct daemon *daemon, const struct batch *batch, uint8_t **ret_results,
                           uint32_t *ret_len)
{
    static uint8_t outcomes[BATCH_EVENTS_MAX];
    static struct event event;
    struct batch_cursor cursor = batch_cursor_of(batch);
    struct decode_fault fault;
    uint32_t count = 0;
    cursor_result_t step;

    while ((step = decode_next_event(&cursor, &event, &fault)) == CURSOR_EVENT) {
        outcomes[count++] = (uint8_t)daemon_judge(daemon, &event, cursor.event_bytes);
    }
    /* as clearing/book/results_stream.h has it, with an empty stream */
    uint32_t at = 2 + 2 * count + 4;
    uint8_t *results = memory_zeroed(at, 1);
    bytes_put_u16(results, (uint16_t)count);
    for (uint32_t i = 0; i < count; i++) {
        results[2 + 2 * (size_t)i] = outcomes[i];
        results[3 + 2 * (size_t)i] = outcomes[i] == OUTCOME_WAITING ? OUTCOME_UNKNOWN_MEMBER : 0;
    }
    *ret_results = results;
    *ret_len = at;
    return step == CURSOR_END;
}

static bool daemon_journal(struct daemon *daemon, const struct signed_batch *signed_batch,
                           const struct batch *batch, const uint8_t hash[DIGEST_LEN])
{
    static uint8_t payload[SIGNED_BATCH_BYTES_MAX];
    static uint8_t bytes[RECORD_LEN_MAX];
    struct daemon_batch *entry = &daemon->batches[batch->sequence];
    struct record record = {.kind = RECORD_BATCH,
                            .index = journal_size(daemon->journal),
                            .received_at_ms = 1,
                            .epoch = daemon->epoch};
    size_t len = 0;

    if (!daemon_results(daemon, batch, &entry->results, &entry->results_len)) {
        return false;
    }
    record.payload =
        (slice_t){(const char *)payload,
                  (uint32_t)encode_signed_batch(signed_batch, payload, sizeof payload)};
    record.results = (slice_t){(const char *)entry->results, entry->results_len};
    CHECK(record_encode(bytes, sizeof bytes, &record, &len));
    memcpy(entry->envelope, bytes, RECORD_ENVELOPE_LEN);
    memcpy(entry->hash, hash, DIGEST_LEN);
    entry->index = record.index;
    slice_t whole = {(const char *)bytes, (uint32_t)len};
    const struct journal_group group = {&whole, 1, daemon->epoch};
    journal_submit(daemon->journal, &group);
    CHECK(journal_reap(daemon->journal, NULL) == JOURNAL_DURABLE);
    daemon->sequence = batch->sequence;
    return true;
}

static void daemon_batch(struct daemon *daemon, const uint8_t *peer, size_t peer_len,
                         const struct signed_batch *signed_batch)
{
    uint8_t hash[DIGEST_LEN];
    struct batch batch;
    struct decode_fault fault;
    static const uint8_t zeros[DIGEST_LEN];

    if (!decode_batch_header(signed_batch->body, &batch, &fault)) {
        daemon->bad_batches++;
        return;
    }
    digest_sha256(signed_batch->body.text, signed_batch->body.len, hash);
    if (batch.sequence <= daemon->sequence) {
        daemon->resends++;
        if (memcmp(hash, daemon->batches[batch.sequence].hash, DIGEST_LEN) != 0) {
            daemon->equivocations++;
            daemon_expect(daemon, peer, peer_len, REASON_EQUIVOCATION);
            return;
        }
        daemon_receipt(daemon, peer, peer_len, batch.sequence);
        return;
    }
    if (daemon_chance(daemon, daemon->busy)) {
        daemon_expect(daemon, peer, peer_len, REASON_BUSY);
        return;
    }
    const uint8_t *last = daemon->sequence == 0 ? zeros : daemon->batches[daemon->sequence].hash;
    if (batch.sequence != daemon->sequence + 1 || memcmp(batch.previous, last, DIGEST_LEN) != 0) {
        daemon->bad_batches += batch.sequence == daemon->sequence + 1;
        daemon_expect(daemon, peer, peer_len, REASON_GAP);
        return;
    }
    if (!daemon_journal(daemon, signed_batch, &batch, hash)) {
        daemon->bad_batches++;
        return;
    }
    daemon_receipt(daemon, peer, peer_len, batch.sequence);
}

static void daemon_query(struct daemon *daemon, const uint8_t *peer, size_t peer_len,
                         const struct frame_query *query)
{
    static char body[65536];
    size_t len = 0;
    struct frame frame = {.type = FRAME_ANSWER, .answer = {.id = query->id, .verb = query->verb}};

    if (slice_equal(query->verb, slice_of("join"))) {
        CHECK(query->body.len <= sizeof daemon->join_request);
        memcpy(daemon->join_request, query->body.text, query->body.len);
        daemon->join_len = query->body.len;
        len = (size_t)snprintf(body, sizeof body, "{\"state\":\"%s\"}",
                               daemon->approved ? "approved" : "pending");
    } else if (slice_equal(query->verb, slice_of("events"))) {
        len = (size_t)snprintf(body, sizeof body, "{\"events\":[");
        for (const char *at = query->body.text, *end = at + query->body.len; at < end;) {
            const char *line = memchr(at, '\n', (size_t)(end - at));
            len += (size_t)snprintf(body + len, sizeof body - len,
                                    "%s{\"event\":\"%.*s\",\"outcome\":\"%s\"%s}",
                                    at == query->body.text ? "" : ",", (int)(line - at), at,
                                    daemon->let_go == 1   ? "ACCEPTED"
                                    : daemon->let_go == 2 ? "UNKNOWN_MEMBER"
                                                          : "WAITING",
                                    daemon->let_go == 0 ? ",\"reason\":\"UNKNOWN_MEMBER\"" : "");
            at = line + 1;
        }
        len += (size_t)snprintf(body + len, sizeof body - len, "]}");
    } else if (slice_equal(query->verb, slice_of("positions"))) {
        len = (size_t)snprintf(body, sizeof body,
                               "{\"as_of\":\"now\",\"net_fen\":-123456789,\"asked\":\"%.*s\",\"positions\":"
                               "[{\"participant\":\"A\",\"in_fen\":0,\"out_fen\":1,"
                               "\"net_fen\":-123456789}]}",
                               (int)query->body.len, query->body.text);
    } else {
        frame.answer.refusal = slice_of("no such question");
    }
    frame.answer.body = (slice_t){body, (uint32_t)len};
    daemon_reply(daemon, peer, peer_len, &frame);
}

static void daemon_frame(struct daemon *daemon, const uint8_t *peer, size_t peer_len, slice_t bytes)
{
    struct decode_fault fault;
    struct frame frame;

    if (!frame_decode(bytes, &frame, &fault)) {
        daemon->bad_batches++;
        return;
    }
    daemon->hellos += frame.type == FRAME_HELLO;
    if (frame.type == FRAME_QUERY) {
        daemon_query(daemon, peer, peer_len, &frame.query);
    } else if (daemon->answer != 0) {
        daemon_expect(daemon, peer, peer_len, (reason_t)(int)daemon->answer);
    } else if (frame.type == FRAME_HELLO) {
        daemon_expect(daemon, peer, peer_len, REASON_HELLO);
    } else if (frame.type == FRAME_BATCH && !daemon_chance(daemon, daemon->drop_in)) {
        daemon_batch(daemon, peer, peer_len, &frame.batch);
    }
}

/* One ZAP request: version, id, domain, address, identity, mechanism, key. */
static void daemon_zap(struct daemon *daemon)
{
    char id[256];
    char skip[256];
    int id_len = 0;
    int more = 1;
    size_t size = sizeof more;

    for (int i = 0; more; i++) {
        int len = zmq_recv(daemon->zap, skip, sizeof skip, 0);
        if (i == 1 && len >= 0) {
            memcpy(id, skip, (size_t)len);
            id_len = len;
        }
        CHECK(zmq_getsockopt(daemon->zap, ZMQ_RCVMORE, &more, &size) == 0);
    }
    (void)zmq_send(daemon->zap, "1.0", 3, ZMQ_SNDMORE);
    (void)zmq_send(daemon->zap, id, (size_t)id_len, ZMQ_SNDMORE);
    (void)zmq_send(daemon->zap, daemon->deny ? "400" : "200", 3, ZMQ_SNDMORE);
    (void)zmq_send(daemon->zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(daemon->zap, "", 0, ZMQ_SNDMORE);
    (void)zmq_send(daemon->zap, "", 0, 0);
}

static void daemon_message(struct daemon *daemon)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    uint8_t peer[64];
    int peer_len = zmq_recv(daemon->router, peer, sizeof peer, 0);
    int len = zmq_recv(daemon->router, bytes, sizeof bytes, 0);

    CHECK(peer_len > 0 && len >= 0);
    daemon_frame(daemon, peer, (size_t)peer_len, (slice_t){(const char *)bytes, (uint32_t)len});
}

static void *daemon_run(void *context)
{
    struct daemon *daemon = context;
    zmq_pollitem_t items[] = {{daemon->router, 0, ZMQ_POLLIN, 0}, {daemon->zap, 0, ZMQ_POLLIN, 0}};

    while (!daemon->stop) {
        (void)zmq_poll(items, 2, 20);
        if (items[1].revents != 0) {
            daemon_zap(daemon);
        }
        if (items[0].revents != 0) {
            daemon_message(daemon);
        }
    }
    return NULL;
}

/* Start, at the address of the last time where there was one. */
static void daemon_start(struct daemon *daemon)
{
    int on = 1;
    int linger = 0;
    size_t size = sizeof daemon->address;

    daemon->stop = 0;
    daemon->context = zmq_ctx_new();
    daemon->zap = zmq_socket(daemon->context, ZMQ_REP);
    CHECK(zmq_bind(daemon->zap, "inproc://zeromq.zap.01") == 0);
    daemon->router = zmq_socket(daemon->context, ZMQ_ROUTER);
    CHECK(zmq_setsockopt(daemon->router, ZMQ_CURVE_SERVER, &on, sizeof on) == 0);
    CHECK(zmq_setsockopt(daemon->router, ZMQ_CURVE_SECRETKEY, daemon->curve_secret, 32) == 0);
    CHECK(zmq_setsockopt(daemon->router, ZMQ_ZAP_DOMAIN, "allclear", 8) == 0);
    CHECK(zmq_setsockopt(daemon->router, ZMQ_LINGER, &linger, sizeof linger) == 0);
    CHECK(zmq_setsockopt(daemon->zap, ZMQ_LINGER, &linger, sizeof linger) == 0);
    while (zmq_bind(daemon->router,
                    daemon->address[0] == '\0' ? "tcp://127.0.0.1:*" : daemon->address) != 0) {
        (void)usleep(20000); /* the old socket is being closed */
    }
    CHECK(zmq_getsockopt(daemon->router, ZMQ_LAST_ENDPOINT, daemon->address, &size) == 0);
    CHECK(pthread_create(&daemon->thread, NULL, daemon_run, daemon) == 0);
}

static void daemon_stop(struct daemon *daemon)
{
    daemon->stop = 1;
    CHECK(pthread_join(daemon->thread, NULL) == 0);
    CHECK(zmq_close(daemon->router) == 0);
    CHECK(zmq_close(daemon->zap) == 0);
    CHECK(zmq_ctx_term(daemon->context) == 0);
    daemon->held_len = 0;
}

/* A new headquarters in a folder of its own. */
static struct daemon *daemon_new(const char *dir)
{
    struct daemon *daemon = memory_zeroed(1, sizeof *daemon);
    struct journal_options options = {.create = true, .map_size = 1 << 26};
    char public[41];
    char secret[41];

    (void)snprintf(daemon->dir, sizeof daemon->dir, "%s", dir);
    daemon->random =
        strtoull(getenv("TEST_NODE_SEED") != NULL ? getenv("TEST_NODE_SEED") : "1", NULL, 10);
    memset(daemon->network, 0x5a, sizeof daemon->network);
    daemon->ledger_key = sign_key_new();
    CHECK(zmq_curve_keypair(public, secret) == 0);
    CHECK(zmq_z85_decode(daemon->curve_public, public) != NULL);
    CHECK(zmq_z85_decode(daemon->curve_secret, secret) != NULL);
    options.dir = daemon->dir;
    options.network = daemon->network;
    daemon->journal = journal_open(&options, NULL);
    CHECK(daemon->journal != NULL);
    CHECK(journal_claim(daemon->journal, &daemon->epoch, NULL));
    return daemon;
}

static void daemon_free(struct daemon *daemon)
{
    journal_close(daemon->journal);
    sign_key_free(daemon->ledger_key);
    map_deinit(&daemon->spent);
    for (uint64_t i = 0; i < DAEMON_BATCHES_MAX; i++) {
        free(daemon->batches[i].results);
    }
    free(daemon);
}

#endif
