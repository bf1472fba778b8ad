#include <string.h>
#include <sys/socket.h>

#include "daemon/gate/inside.h"
#include "daemon/gate/judge.h"
#include "daemon/gate/log.h"

#define ROUTE_LEN      5 /* a zero byte and the number, highest byte first */
#define ROUTE_LEN_MAX  255
#define EXPECT_LEN_MAX 256
#define NOT_ADDRESSED  "the connection has an address of its own choice"

/* A message as it came in. */
struct arrival {
    uint8_t address[ROUTE_LEN_MAX]; /* the routing id */
    size_t address_len;
    uint32_t route; /* the number in it, when it is one of libzmq's own */
    bool routed;
    int fd;
    uint32_t parts;    /* after the address */
    zmq_msg_t payload; /* the first of them */
    uint8_t curve[LINK_KEY_LEN];
    bool keyed;              /* the handler's properties were there */
    struct key_entry *entry; /* NULL: not allowed, or no longer */
};

/* --- sending --- */

static bool send_to(struct gate *gate, const uint8_t *address, size_t address_len, slice_t bytes)
{
    void *router = gate->sockets.router;

    if (zmq_send(router, address, address_len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        return false;
    }
    return zmq_send(router, bytes.text, bytes.len, ZMQ_DONTWAIT) >= 0;
}

bool inbound_send(struct gate *gate, uint32_t route, slice_t bytes)
{
    const uint8_t address[ROUTE_LEN] = {0, (uint8_t)(route >> 24), (uint8_t)(route >> 16),
                                        (uint8_t)(route >> 8), (uint8_t)route};

    return send_to(gate, address, sizeof address, bytes);
}

static void answer(struct gate *gate, const struct arrival *arrival, counter_t counter,
                   const struct frame_expect *expect)
{
    uint8_t bytes[EXPECT_LEN_MAX];
    struct frame frame = {.type = FRAME_EXPECT, .expect = *expect};
    size_t len = frame_encode(&frame, bytes, sizeof bytes);

    CHECK(len > 0);
    gate->counters[counter]++;
    slice_t slice = {(const char *)bytes, (uint32_t)len};
    if (!send_to(gate, arrival->address, arrival->address_len, slice)) {
        gate->counters[COUNTER_ANSWERS_DROPPED]++;
    }
}

static void answer_busy(struct gate *gate, const struct arrival *arrival, counter_t counter,
                        uint32_t retry_after_ms)
{
    answer(gate, arrival, counter,
           &(struct frame_expect){.reason = REASON_BUSY, .retry_after_ms = retry_after_ms});
}

static void refuse(struct gate *gate, const struct arrival *arrival, reason_t reason,
                   const char *detail)
{
    counter_t counter = COUNTER_FRAMES_REFUSED;

    if (reason == REASON_MALFORMED) {
        counter = COUNTER_FRAMES_MALFORMED;
    } else if (reason == REASON_TOO_LARGE) {
        counter = COUNTER_FRAMES_TOO_LARGE;
    }
    answer(gate, arrival, counter,
           &(struct frame_expect){.reason = reason, .detail = slice_of(detail)});
}

/* --- connections --- */

/* libzmq cannot be told to end a connection, but it sees the end of the stream. Should it have
 * closed the descriptor a moment ago and accepted another peer in its place, that one connects
 * again. */
static void cut_off(struct gate *gate, uint32_t slot)
{
    if (shutdown((int)slot, SHUT_RDWR) == 0) {
        gate->counters[COUNTER_CONNECTIONS_CLOSED]++;
    }
}

static void opened(struct gate *gate, int fd)
{
    if (fd < 0) {
        return;
    }
    if (gate->peers.open >= gate->connections_max || !peers_open(&gate->peers, fd, gate->now_ms)) {
        gate->counters[COUNTER_CONNECTIONS_REFUSED]++;
        (void)shutdown(fd, SHUT_RDWR);
    }
}

static void closed(struct gate *gate, int fd)
{
    const struct peer *peer = peers_close(&gate->peers, fd);

    if (peer == NULL || !peer->known) {
        return;
    }
    struct key_entry *entry = keys_find(&gate->keys, peer->key);
    if (entry != NULL && entry->connections > 0) {
        entry->connections--;
    }
}

void inbound_events(struct gate *gate)
{
    struct event_seen event;

    while (sockets_next_event(&gate->sockets, &event)) {
        switch (event.kind) {
        case EVENT_OPENED:
            opened(gate, event.fd);
            break;
        case EVENT_CLOSED:
            closed(gate, event.fd);
            break;
        case EVENT_FAILED:
            gate->counters[COUNTER_HANDSHAKES_FAILED]++;
            break;
        case EVENT_OTHER:
            break;
        }
    }
    gate->counters[COUNTER_CONNECTIONS] = gate->peers.open;
}

void inbound_tidy(struct gate *gate)
{
    bool pressed = gate->peers.open > gate->connections_max / 2;
    int64_t silent_ms = pressed ? GATE_SILENT_PRESSED_MS : GATE_SILENT_MS;

    for (uint32_t slot = 0; slot < gate->peers.end; slot++) {
        struct peer *peer = &gate->peers.all[slot];
        if (!peer->open) {
            continue;
        }
        bool silent = !peer->known && gate->now_ms - peer->since_ms > silent_ms;
        bool due = peer->close_ms != 0 && gate->now_ms >= peer->close_ms;
        if (silent || due) {
            cut_off(gate, slot);
            /* once is enough, unless the event does not come */
            peer->since_ms = gate->now_ms;
            peer->close_ms = due ? gate->now_ms + GATE_HEARTBEAT_TIMEOUT_MS : 0;
        }
    }
}

void inbound_keys_changed(struct gate *gate)
{
    for (uint32_t slot = 0; slot < gate->peers.end; slot++) {
        struct peer *peer = &gate->peers.all[slot];
        if (!peer->open || !peer->known) {
            continue;
        }
        struct key_entry *entry = keys_find(&gate->keys, peer->key);
        if (entry != NULL) {
            entry->connections++;
        } else if (peer->close_ms == 0) {
            peer->close_ms = gate->now_ms + GATE_REVOKED_MS;
        }
    }
}

/* --- receiving --- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex_key(const char *text, uint8_t out[LINK_KEY_LEN])
{
    if (strlen(text) != 2 * LINK_KEY_LEN) {
        return false;
    }
    for (unsigned int i = 0; i < LINK_KEY_LEN; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* libzmq reads ahead and loses the properties of a message's first part: they are good on the last
 * one only. */
static void read_properties(struct gate *gate, struct arrival *arrival, zmq_msg_t *last)
{
    const char *user = zmq_msg_gets(last, "User-Id");
    const char *key = zmq_msg_gets(last, ZAP_KEY_PROPERTY);

    arrival->fd = zmq_msg_get(last, ZMQ_SRCFD);
    arrival->keyed = user != NULL && key != NULL && read_hex_key(key, arrival->curve);
    if (!arrival->keyed) {
        return;
    }
    arrival->entry = keys_find(&gate->keys, arrival->curve);
    /* a key that was given to another store since is not this connection's any more */
    if (arrival->entry != NULL &&
        !slice_equal(code_slice(keys_store(&gate->keys, arrival->entry)), slice_of(user))) {
        arrival->entry = NULL;
    }
}

static void read_address(struct arrival *arrival, zmq_msg_t *message)
{
    const uint8_t *bytes = zmq_msg_data(message);
    size_t len = zmq_msg_size(message);

    arrival->address_len = len < ROUTE_LEN_MAX ? len : ROUTE_LEN_MAX;
    memcpy(arrival->address, bytes, arrival->address_len);
    arrival->routed = len == ROUTE_LEN && bytes[0] == 0;
    if (arrival->routed) {
        arrival->route = (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 |
                         (uint32_t)bytes[3] << 8 | bytes[4];
    }
}

/* The parts of a message that has begun are all there. */
static void read_parts(struct gate *gate, struct arrival *arrival, zmq_msg_t *message)
{
    while (zmq_msg_more(message) &&
           zmq_msg_recv(message, gate->sockets.router, ZMQ_DONTWAIT) >= 0) {
        arrival->parts++;
        if (!zmq_msg_more(message)) {
            read_properties(gate, arrival, message);
        }
        if (arrival->parts == 1) {
            CHECK(zmq_msg_copy(&arrival->payload, message) == 0);
        }
    }
}

/* Read one message of a store.
 * Returns: false when there is none. The caller closes the payload, in any case. */
static bool read_arrival(struct gate *gate, struct arrival *ret_arrival)
{
    zmq_msg_t message;

    *ret_arrival = (struct arrival){.fd = -1};
    CHECK(zmq_msg_init(&ret_arrival->payload) == 0);
    CHECK(zmq_msg_init(&message) == 0);
    bool there = zmq_msg_recv(&message, gate->sockets.router, ZMQ_DONTWAIT) >= 0;
    if (there) {
        read_address(ret_arrival, &message);
        read_parts(gate, ret_arrival, &message);
    }
    CHECK(zmq_msg_close(&message) == 0);
    return there;
}

/* --- deciding --- */

static void revoked(struct gate *gate, const struct arrival *arrival)
{
    answer(gate, arrival, COUNTER_FRAMES_REVOKED,
           &(struct frame_expect){.reason = REASON_UNKNOWN_KEY,
                                  .detail = slice_of("the key is no longer approved")});
    if (arrival->routed && peers_look(&gate->peers, arrival->fd, arrival->route) != PEER_STALE) {
        struct peer *peer = &gate->peers.all[arrival->fd];
        peer->close_ms = peer->close_ms == 0 ? gate->now_ms + GATE_REVOKED_MS : peer->close_ms;
    }
}

/* Is this connection one of those that its key may have?
 * Returns: false when the frame has been dealt with. */
static bool admit(struct gate *gate, const struct arrival *arrival)
{
    peer_state_t state = peers_look(&gate->peers, arrival->fd, arrival->route);

    if (state == PEER_SAME) {
        return true;
    }
    /* the events before this frame are there by now, because one thread of libzmq made both */
    inbound_events(gate);
    state = peers_look(&gate->peers, arrival->fd, arrival->route);
    if (state == PEER_STALE) {
        gate->counters[COUNTER_FRAMES_STALE]++;
        return false;
    }
    if (arrival->entry->connections >= GATE_CONNECTIONS_PER_KEY) {
        answer_busy(gate, arrival, COUNTER_BUSY_CONNECTIONS, GATE_BUSY_MS);
        return false;
    }
    if (gate->peers.all[arrival->fd].known) {
        /* the slot was taken by a frame left over of the connection before */
        struct key_entry *before = keys_find(&gate->keys, gate->peers.all[arrival->fd].key);
        if (before != NULL && before->connections > 0) {
            before->connections--;
        }
    }
    peers_know(&gate->peers, arrival->fd, arrival->route, arrival->curve);
    arrival->entry->connections++;
    return true;
}

/* Returns: 0 when the store may send the frame now, or the milliseconds to wait. */
static uint32_t take_share(struct gate *gate, const struct arrival *arrival, uint32_t len)
{
    const struct bucket_rate invites = {GATE_INVITE_RATE, GATE_INVITE_BURST};
    const struct bucket_rate frames = {GATE_FRAMES_RATE, GATE_FRAMES_BURST};
    const struct bucket_rate bytes = {GATE_BYTES_RATE, GATE_BYTES_BURST};
    struct key_share *share = keys_share(&gate->keys, arrival->entry);
    bool invite = arrival->entry->invite;
    struct bucket *bucket = invite ? &share->invites : &share->frames;
    struct bucket_rate rate = invite ? invites : frames;

    if (!bucket_take(bucket, rate, 1, gate->now_ms)) {
        return bucket_wait_ms(bucket, rate, 1);
    }
    if (!bucket_take(&share->bytes, bytes, len, gate->now_ms)) {
        return bucket_wait_ms(&share->bytes, bytes, len);
    }
    return 0;
}

static void forward(struct gate *gate, struct arrival *arrival)
{
    const struct peer *peer = &gate->peers.all[arrival->fd];
    struct gate_waiting waiting = {
        .slot = (uint32_t)arrival->fd,
        .generation = peer->generation,
        .invite = arrival->entry->invite,
        .store = *keys_store(&gate->keys, arrival->entry),
    };

    if (gate->credit == 0 || gate->queue_count == GATE_QUEUE) {
        answer_busy(gate, arrival, COUNTER_BUSY_CREDIT, GATE_BUSY_MS);
        return;
    }
    memcpy(waiting.curve, arrival->curve, LINK_KEY_LEN);
    outbound_forward(gate, &waiting, &arrival->payload);
}

static void take_arrival(struct gate *gate, struct arrival *arrival)
{
    slice_t bytes = {zmq_msg_data(&arrival->payload), (uint32_t)zmq_msg_size(&arrival->payload)};

    if (!arrival->keyed) {
        /* no such message should come out of libzmq; nobody is known to answer to */
        gate->counters[COUNTER_FRAMES_MALFORMED]++;
        return;
    }
    if (arrival->entry == NULL) {
        revoked(gate, arrival);
        return;
    }
    if (!arrival->routed) {
        refuse(gate, arrival, REASON_MALFORMED, NOT_ADDRESSED);
        return;
    }
    if (!admit(gate, arrival)) {
        return;
    }
    uint32_t wait_ms = take_share(gate, arrival, bytes.len);
    if (wait_ms > 0) {
        answer_busy(gate, arrival, COUNTER_BUSY_RATE, wait_ms);
        return;
    }
    if (arrival->parts != 1) {
        refuse(gate, arrival, REASON_MALFORMED, "a message must have one part");
        return;
    }
    const struct judge_peer peer = {
        .network = gate->network,
        .store = code_slice(keys_store(&gate->keys, arrival->entry)),
        .invite = arrival->entry->invite,
    };
    struct judgement judgement = judge_frame(&peer, bytes);
    if (!judgement.forward) {
        refuse(gate, arrival, judgement.reason, judgement.detail);
        return;
    }
    forward(gate, arrival);
}

void inbound_frames(struct gate *gate)
{
    struct arrival arrival;

    for (unsigned int i = 0; i < GATE_TURN_FRAMES; i++) {
        bool there = read_arrival(gate, &arrival);
        if (there) {
            take_arrival(gate, &arrival);
        }
        CHECK(zmq_msg_close(&arrival.payload) == 0);
        if (!there) {
            return;
        }
    }
}
