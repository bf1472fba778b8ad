#include "tools/bench/sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <zmq.h>

#include "clearing/base/memory.h"
#include "proto/codec/frame.h"

#define HIGH_WATER   64
#define HANDSHAKE_MS 10000
#define RECONNECT_MS 200
#define WAIT_EVENTS  256
#define SPARE        8

struct sockets {
    struct sockets_options options;
    void *context;
    void **list;      /* by number; NULL: not connected yet */
    bool *touched;    /* sent on since it was last read: its descriptor may stay silent */
    uint32_t *due;    /* those touched */
    uint32_t due_count;
    int epoll;
};

static void set_int(void *socket, int option, int value)
{
    CHECK(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

struct sockets *sockets_open(const struct sockets_options *options, struct fault *ret_fault)
{
    struct sockets *sockets = memory_zeroed(1, sizeof *sockets);

    sockets->options = *options;
    sockets->list = memory_zeroed(options->count, sizeof *sockets->list);
    sockets->touched = memory_zeroed(options->count, sizeof *sockets->touched);
    sockets->due = memory_zeroed(options->count, sizeof *sockets->due);
    sockets->context = zmq_ctx_new();
    CHECK(sockets->context != NULL);
    sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (sockets->epoll < 0 ||
        zmq_ctx_set(sockets->context, ZMQ_MAX_SOCKETS, (int)options->count + SPARE) != 0) {
        (void)fault_set_errno(ret_fault, errno, "cannot make %u sockets", options->count);
        sockets_close(sockets);
        return NULL;
    }
    CHECK(zmq_ctx_set(sockets->context, ZMQ_BLOCKY, 0) == 0);
    return sockets;
}

void sockets_close(struct sockets *sockets)
{
    if (sockets == NULL) {
        return;
    }
    for (uint32_t i = 0; i < sockets->options.count; i++) {
        if (sockets->list[i] != NULL) {
            set_int(sockets->list[i], ZMQ_LINGER, 0);
            (void)zmq_close(sockets->list[i]);
        }
    }
    while (zmq_ctx_term(sockets->context) != 0 && errno == EINTR) {
    }
    if (sockets->epoll >= 0) {
        (void)close(sockets->epoll);
    }
    free(sockets->list);
    free(sockets->touched);
    free(sockets->due);
    free(sockets);
}

static void set_options(const struct sockets *sockets, void *socket, uint32_t number)
{
    const struct sockets_options *options = &sockets->options;
    int64_t message_max = FRAME_BYTES_MAX;

    set_int(socket, ZMQ_LINGER, 0);
    set_int(socket, ZMQ_IMMEDIATE, 1);
    set_int(socket, ZMQ_SNDHWM, HIGH_WATER);
    set_int(socket, ZMQ_RCVHWM, HIGH_WATER);
    set_int(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS);
    set_int(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    CHECK(zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max) == 0);
    CHECK(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, options->server_key, SOCKETS_KEY_LEN) == 0);
    CHECK(zmq_setsockopt(
              socket, ZMQ_CURVE_PUBLICKEY, options->public_keys[number], SOCKETS_KEY_LEN) == 0);
    CHECK(zmq_setsockopt(
              socket, ZMQ_CURVE_SECRETKEY, options->secret_keys[number], SOCKETS_KEY_LEN) == 0);
}

static void touch(struct sockets *sockets, uint32_t number)
{
    if (!sockets->touched[number]) {
        sockets->touched[number] = true;
        sockets->due[sockets->due_count++] = number;
    }
}

bool sockets_connect(struct sockets *sockets, uint32_t number, struct fault *ret_fault)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = number}};
    int fd = -1;
    size_t len = sizeof fd;
    void *socket = zmq_socket(sockets->context, ZMQ_DEALER);

    if (socket == NULL) {
        return fault_set(ret_fault, FAULT_LIMIT, "socket %u: %s", number, zmq_strerror(errno));
    }
    sockets->list[number] = socket;
    set_options(sockets, socket, number);
    if (zmq_connect(socket, sockets->options.address) != 0) {
        return fault_set(ret_fault, FAULT_IO, "%s: %s", sockets->options.address,
                         zmq_strerror(errno));
    }
    CHECK(zmq_getsockopt(socket, ZMQ_FD, &fd, &len) == 0);
    if (epoll_ctl(sockets->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot wait for socket %u", number);
    }
    touch(sockets, number);
    return true;
}

bool sockets_send(struct sockets *sockets, uint32_t number, slice_t bytes)
{
    zmq_msg_t message;
    int sent = -1;

    /* without a function to free them, the library keeps to reading the bytes */
    CHECK(zmq_msg_init_data(&message, (void *)(uintptr_t)bytes.text, bytes.len, NULL, NULL) == 0);
    do {
        sent = zmq_msg_send(&message, sockets->list[number], ZMQ_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0) {
        (void)zmq_msg_close(&message);
    }
    touch(sockets, number);
    return sent >= 0;
}

/* Until there is none left: only then does the descriptor speak again. */
static void drain(struct sockets *sockets, uint32_t number,
                  void (*take)(void *context, uint32_t number, slice_t bytes), void *context)
{
    zmq_msg_t message;

    CHECK(zmq_msg_init(&message) == 0);
    while (zmq_msg_recv(&message, sockets->list[number], ZMQ_DONTWAIT) >= 0) {
        slice_t bytes = {zmq_msg_data(&message), (uint32_t)zmq_msg_size(&message)};
        take(context, number, bytes);
    }
    (void)zmq_msg_close(&message);
}

void sockets_receive(struct sockets *sockets, int timeout_ms,
                     void (*take)(void *context, uint32_t number, slice_t bytes), void *context)
{
    struct epoll_event events[WAIT_EVENTS];

    for (uint32_t i = 0; i < sockets->due_count; i++) {
        sockets->touched[sockets->due[i]] = false;
        drain(sockets, sockets->due[i], take, context);
    }
    sockets->due_count = 0;
    int count = epoll_wait(sockets->epoll, events, WAIT_EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        drain(sockets, events[i].data.u32, take, context);
    }
}
