#include "tests/malformed/speaker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "clearing/base/check.h"

#define MONITOR   "inproc://speaker"
#define RETRY_MS  100
#define KEY_BYTES 32
#define EVENTS                                                                                     \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                             \
     ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                  \
     ZMQ_EVENT_DISCONNECTED)

static int64_t now_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_int(void *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

static void set_key(void *socket, int option, const uint8_t *key)
{
    CHECK(zmq_setsockopt(socket, option, key, KEY_BYTES) == 0);
}

static void set_mechanism(void *socket, const struct speaker_options *options)
{
    switch (options->mechanism) {
    case SPEAKER_CURVE:
        set_key(socket, ZMQ_CURVE_SERVERKEY, options->server_key);
        set_key(socket, ZMQ_CURVE_PUBLICKEY, options->public_key);
        set_key(socket, ZMQ_CURVE_SECRETKEY, options->secret_key);
        break;
    case SPEAKER_PLAIN:
        CHECK(zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, "A", 1) == 0);
        CHECK(zmq_setsockopt(socket, ZMQ_PLAIN_PASSWORD, "A", 1) == 0);
        break;
    case SPEAKER_NULL:
        break;
    }
}

void speaker_open(struct speaker *speaker, const struct speaker_options *options)
{
    memset(speaker, 0, sizeof *speaker);
    speaker->context = zmq_ctx_new();
    CHECK(speaker->context != NULL);
    speaker->socket = zmq_socket(speaker->context, options->type == 0 ? ZMQ_DEALER : options->type);
    CHECK(speaker->socket != NULL);
    set_int(speaker->socket, ZMQ_LINGER, 0);
    set_int(speaker->socket, ZMQ_IMMEDIATE, 1);
    set_int(speaker->socket, ZMQ_RECONNECT_IVL, RETRY_MS);
    set_int(speaker->socket, ZMQ_SNDTIMEO, SPEAKER_WAIT_MS);
    set_mechanism(speaker->socket, options);
    if (options->routing_id != NULL) {
        CHECK(zmq_setsockopt(speaker->socket, ZMQ_ROUTING_ID, options->routing_id,
                             strlen(options->routing_id)) == 0);
    }
    CHECK(zmq_socket_monitor(speaker->socket, MONITOR, EVENTS) == 0);
    speaker->monitor = zmq_socket(speaker->context, ZMQ_PAIR);
    CHECK(speaker->monitor != NULL);
    set_int(speaker->monitor, ZMQ_LINGER, 0);
    CHECK(zmq_connect(speaker->monitor, MONITOR) == 0);
    CHECK(zmq_connect(speaker->socket, options->address) == 0);
}

void speaker_close(struct speaker *speaker)
{
    (void)zmq_socket_monitor(speaker->socket, NULL, 0);
    (void)zmq_close(speaker->monitor);
    (void)zmq_close(speaker->socket);
    while (zmq_ctx_term(speaker->context) != 0 && errno == EINTR) {
    }
}

static void note(struct speaker *speaker, uint16_t event)
{
    switch (event) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        speaker->handshakes++;
        speaker->up = true;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        speaker->refused++;
        break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        speaker->failed++;
        break;
    case ZMQ_EVENT_DISCONNECTED:
        if (speaker->up) {
            speaker->ended++;
        } else {
            speaker->failed++;
        }
        speaker->up = false;
        break;
    default: /* not asked for */
        break;
    }
}

static void read_monitor(struct speaker *speaker)
{
    uint8_t bytes[6];
    uint16_t event = 0;

    while (zmq_recv(speaker->monitor, bytes, sizeof bytes, ZMQ_DONTWAIT) == (int)sizeof bytes) {
        memcpy(&event, bytes, sizeof event);
        (void)zmq_recv(speaker->monitor, NULL, 0, ZMQ_DONTWAIT);
        note(speaker, event);
    }
}

static bool wait_monitor(struct speaker *speaker, int64_t end_ms)
{
    int64_t left = end_ms - now_ms();
    zmq_pollitem_t item = {speaker->monitor, 0, ZMQ_POLLIN, 0};

    if (left <= 0) {
        return false;
    }
    (void)zmq_poll(&item, 1, (long)left);
    read_monitor(speaker);
    return true;
}

bool speaker_wait_up(struct speaker *speaker, int wait_ms)
{
    int64_t end_ms = now_ms() + wait_ms;

    while (!speaker->up && wait_monitor(speaker, end_ms)) {
    }
    return speaker->up;
}

bool speaker_wait_ended(struct speaker *speaker, int wait_ms)
{
    int64_t end_ms = now_ms() + wait_ms;

    while (speaker->ended == 0 && wait_monitor(speaker, end_ms)) {
    }
    return speaker->ended > 0;
}

void speaker_watch(struct speaker *speaker, int wait_ms)
{
    int64_t end_ms = now_ms() + wait_ms;

    while (wait_monitor(speaker, end_ms)) {
    }
}

bool speaker_send(struct speaker *speaker, slice_t bytes, bool more)
{
    read_monitor(speaker);
    return speaker->up &&
           zmq_send(speaker->socket, bytes.text, bytes.len, more ? ZMQ_SNDMORE : 0) >= 0;
}

bool speaker_receive(struct speaker *speaker, int wait_ms, struct frame *ret_frame)
{
    struct decode_fault fault;
    int64_t end_ms = now_ms() + wait_ms;
    zmq_pollitem_t items[] = {{speaker->socket, 0, ZMQ_POLLIN, 0},
                              {speaker->monitor, 0, ZMQ_POLLIN, 0}};

    do {
        int64_t left = end_ms - now_ms();
        if (zmq_poll(items, 2, left > 0 ? (long)left : 0) <= 0) {
            return false;
        }
        read_monitor(speaker);
    } while (items[0].revents == 0 && speaker->up);
    if (items[0].revents == 0) {
        return false; /* the connection has ended: nothing will come */
    }
    int len = zmq_recv(speaker->socket, speaker->bytes, sizeof speaker->bytes, ZMQ_DONTWAIT);
    if (len < 0 || (size_t)len > sizeof speaker->bytes) {
        return false;
    }
    speaker->len = (uint32_t)len;
    return frame_decode((slice_t){(const char *)speaker->bytes, speaker->len}, ret_frame, &fault);
}
