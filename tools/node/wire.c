#include "tools/node/wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zmq.h>

#include "clearing/base/memory.h"

#define Z85_LEN          41 /* 32 bytes and a NUL */
#define MONITOR          "inproc://allclear-wire"
#define HIGH_WATER       64
#define LINGER_MS        1000
#define HEARTBEAT_MS     5000
#define HEARTBEAT_OUT_MS 15000
#define RECONNECT_MS     200
#define RECONNECT_MAX_MS 5000
#define HANDSHAKE_MS     5000
#define EVENTS                                                                                     \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                             \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                  \
     ZMQ_EVENT_DISCONNECTED)

struct wire {
    void *context;
    void *socket;
    void *monitor;
    int wakers[WIRE_WAKERS_MAX]; /* -1: none */
    bool woken;
    enum wire_state state;
    uint32_t generation;
    zmq_msg_t message; /* of the last frame received */
    uint8_t out[FRAME_BYTES_MAX];
};

int64_t wire_now_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void wire_make_keys(uint8_t ret_public[WIRE_KEY_LEN], uint8_t ret_secret[WIRE_KEY_LEN])
{
    char public[Z85_LEN];
    char secret[Z85_LEN];

    CHECK(zmq_curve_keypair(public, secret) == 0);
    CHECK(zmq_z85_decode(ret_public, public) != NULL);
    CHECK(zmq_z85_decode(ret_secret, secret) != NULL);
    explicit_bzero(secret, sizeof secret);
}

static void set_int(void *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

static void set_options(struct wire *wire, const struct wire_options *options)
{
    int64_t message_max = FRAME_BYTES_MAX;

    set_int(wire->socket, ZMQ_LINGER, LINGER_MS);
    set_int(wire->socket, ZMQ_IMMEDIATE, 1);
    set_int(wire->socket, ZMQ_SNDHWM, HIGH_WATER);
    set_int(wire->socket, ZMQ_RCVHWM, HIGH_WATER);
    set_int(wire->socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS);
    set_int(wire->socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_OUT_MS);
    set_int(wire->socket, ZMQ_HEARTBEAT_TTL, HEARTBEAT_OUT_MS);
    set_int(wire->socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    set_int(wire->socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    set_int(wire->socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS);
    set_int(wire->socket, ZMQ_TCP_KEEPALIVE, 1);
    CHECK(zmq_setsockopt(wire->socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max) == 0);
    CHECK(zmq_setsockopt(wire->socket, ZMQ_CURVE_SERVERKEY, options->server_key, WIRE_KEY_LEN) ==
          0);
    CHECK(zmq_setsockopt(wire->socket, ZMQ_CURVE_PUBLICKEY, options->public_key, WIRE_KEY_LEN) ==
          0);
    CHECK(zmq_setsockopt(wire->socket, ZMQ_CURVE_SECRETKEY, options->secret_key, WIRE_KEY_LEN) ==
          0);
}

struct wire *wire_open(const struct wire_options *options, struct fault *ret_fault)
{
    struct wire *wire = memory_zeroed(1, sizeof *wire);

    (void)zmq_msg_init(&wire->message);
    wire_set_wakers(wire, (const int[WIRE_WAKERS_MAX]){-1, -1});
    wire->context = zmq_ctx_new();
    CHECK(wire->context != NULL);
    CHECK(zmq_ctx_set(wire->context, ZMQ_BLOCKY, 0) == 0);
    wire->socket = zmq_socket(wire->context, ZMQ_DEALER);
    CHECK(wire->socket != NULL);
    set_options(wire, options);
    CHECK(zmq_socket_monitor(wire->socket, MONITOR, EVENTS) == 0);
    wire->monitor = zmq_socket(wire->context, ZMQ_PAIR);
    CHECK(wire->monitor != NULL);
    set_int(wire->monitor, ZMQ_LINGER, 0);
    CHECK(zmq_connect(wire->monitor, MONITOR) == 0);
    if (zmq_connect(wire->socket, options->address) != 0) {
        (void)fault_set(ret_fault, FAULT_IO, "%s: %s", options->address, zmq_strerror(errno));
        wire_close(wire);
        return NULL;
    }
    return wire;
}

void wire_close(struct wire *wire)
{
    if (wire == NULL) {
        return;
    }
    (void)zmq_msg_close(&wire->message);
    (void)zmq_socket_monitor(wire->socket, NULL, 0);
    (void)zmq_close(wire->monitor);
    (void)zmq_close(wire->socket);
    while (zmq_ctx_term(wire->context) != 0 && errno == EINTR) {
    }
    free(wire);
}

void wire_set_wakers(struct wire *wire, const int wakers[WIRE_WAKERS_MAX])
{
    memcpy(wire->wakers, wakers, sizeof wire->wakers);
}

bool wire_is_woken(const struct wire *wire)
{
    return wire->woken;
}

enum wire_state wire_state(const struct wire *wire)
{
    return wire->state;
}

uint32_t wire_generation(const struct wire *wire)
{
    return wire->generation;
}

bool wire_send(struct wire *wire, const struct frame *frame)
{
    size_t len = frame_encode(frame, wire->out, sizeof wire->out);
    int sent = -1;

    CHECK(len > 0); /* the caller keeps the frame's limits */
    do {
        sent = zmq_send(wire->socket, wire->out, len, ZMQ_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

static void note_event(struct wire *wire, uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        wire->state = WIRE_UP;
        wire->generation++;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        wire->state = WIRE_DENIED;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        if (wire->state != WIRE_DENIED) {
            wire->state = WIRE_STRANGER;
        }
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (wire->state == WIRE_UP) {
            wire->state = WIRE_CONNECTING;
        }
        break;
    default: /* not one of ours, but numbers of the library's */
        break;
    }
}

static void read_monitor(struct wire *wire)
{
    uint8_t bytes[6];
    uint16_t event = 0;
    char where[256];

    while (zmq_recv(wire->monitor, bytes, sizeof bytes, ZMQ_DONTWAIT) == (int)sizeof bytes) {
        memcpy(&event, bytes, sizeof event);
        (void)zmq_recv(wire->monitor, where, sizeof where, ZMQ_DONTWAIT);
        note_event(wire, event);
    }
}

/* Takes one message off the socket, of whatever form. Returns: is it a whole frame? */
static bool read_frame(struct wire *wire, struct frame *ret_frame)
{
    struct decode_fault fault;
    bool alone = true;

    while (zmq_msg_more(&wire->message)) {
        alone = false;
        if (zmq_msg_recv(&wire->message, wire->socket, ZMQ_DONTWAIT) < 0) {
            return false;
        }
    }
    slice_t bytes = {zmq_msg_data(&wire->message), (uint32_t)zmq_msg_size(&wire->message)};
    return alone && bytes.len <= FRAME_BYTES_MAX && frame_decode(bytes, ret_frame, &fault);
}

bool wire_receive(struct wire *wire, int timeout_ms, struct frame *ret_frame)
{
    zmq_pollitem_t items[2 + WIRE_WAKERS_MAX] = {
        {wire->socket, 0, ZMQ_POLLIN, 0},
        {wire->monitor, 0, ZMQ_POLLIN, 0},
    };
    int count = 2;

    for (int i = 0; i < WIRE_WAKERS_MAX; i++) {
        if (wire->wakers[i] >= 0) {
            items[count++] = (zmq_pollitem_t){NULL, wire->wakers[i], ZMQ_POLLIN, 0};
        }
    }
    wire->woken = false;
    if (zmq_poll(items, count, timeout_ms) < 0) {
        return false;
    }
    for (int i = 2; i < count; i++) {
        wire->woken = wire->woken || items[i].revents != 0;
    }
    read_monitor(wire);
    while (zmq_msg_recv(&wire->message, wire->socket, ZMQ_DONTWAIT) >= 0) {
        if (read_frame(wire, ret_frame)) {
            return true;
        }
    }
    return false;
}
