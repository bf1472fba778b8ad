/* A world for the gate: the gate as a process of its own, the test as the ledger at the other end
 * of the link, and ZeroMQ clients as stores. Nothing waits longer than WAIT_MS. The gate's log goes
 * where GATE_LOG says. */
#ifndef TESTS_UNIT_GATE_WORLD_H
#define TESTS_UNIT_GATE_WORLD_H

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "daemon/gate/gate.h"
#include "daemon/link.h"
#include "proto/codec/frame.h"

#define WAIT_MS  30000 /* a machine can be busy */
#define QUIET_MS 300   /* so long nothing comes where nothing should */

struct pair {
    char public_key[41];
    char secret_key[41];
    uint8_t raw_public[LINK_KEY_LEN];
    uint8_t raw_secret[LINK_KEY_LEN];
};

struct world {
    int link;
    pid_t gate;
    rlim_t fds; /* that the gate may have; 0: as many as we */
    uint16_t port;
    char endpoint[64];
    struct pair server;
    void *context;
    uint8_t buffer[LINK_MESSAGE_MAX];
    uint8_t entries[LINK_KEYS_BYTES_MAX];
    uint64_t counters[COUNTER_COUNT];
};

struct client {
    void *socket;
    void *monitor;
};

/* What a client is like; zeroed memory beside `keys` is an honest one. */
struct client_kind {
    const struct pair *keys;   /* NULL: no CURVE */
    const struct pair *server; /* NULL: the gate's */
    const char *metadata;
    const char *address; /* own routing id */
};

static const uint8_t world_network[LINK_NETWORK_LEN] = {7, 7, 7};

static inline int64_t world_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void pair_new(struct pair *ret_pair)
{
    ck_assert_int_eq(zmq_curve_keypair(ret_pair->public_key, ret_pair->secret_key), 0);
    ck_assert_ptr_nonnull(zmq_z85_decode(ret_pair->raw_public, ret_pair->public_key));
    ck_assert_ptr_nonnull(zmq_z85_decode(ret_pair->raw_secret, ret_pair->secret_key));
}

/* Start this program again as a gate, as the daemon does. */
static inline void world_fork(struct world *world)
{
    const char *log = getenv("GATE_LOG");
    char number[16];
    int ends[2];

    ck_assert(link_pair(ends));
    world->gate = fork();
    ck_assert_int_ge(world->gate, 0);
    if (world->gate == 0) {
        int err = open(log == NULL ? "/dev/null" : log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(err, STDERR_FILENO);
        int end = dup(ends[1]); /* without close-on-exec */
        if (world->fds != 0) {
            setrlimit(RLIMIT_NOFILE, &(struct rlimit){world->fds, world->fds});
        }
        snprintf(number, sizeof number, "%d", end);
        execl("/proc/self/exe", "gate", "--gate", number, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    world->link = ends[0];
}

static inline void world_send(struct world *world, const struct link_message *message)
{
    struct pollfd item = {.fd = world->link, .events = POLLOUT};
    link_result_t result = link_send(world->link, message);

    while (result == LINK_LATER && poll(&item, 1, WAIT_MS) == 1) {
        result = link_send(world->link, message);
    }
    ck_assert_int_eq(result, LINK_DONE);
}

/* Receive the next message that is not COUNTERS, which are kept.
 * Returns: false when none came in time. */
static inline bool world_receive(struct world *world, int wait_ms, struct link_message *ret_message)
{
    struct pollfd item = {.fd = world->link, .events = POLLIN};
    int64_t end_ms = world_clock_ms() + wait_ms;

    for (;;) {
        link_result_t got = link_receive(world->link, LINK_FROM_GATE, world->buffer, ret_message);
        int64_t left_ms = end_ms - world_clock_ms();
        if (got == LINK_DONE && ret_message->kind != LINK_COUNTERS) {
            return true;
        }
        if (got == LINK_DONE) {
            memcpy(world->counters, ret_message->counters, sizeof world->counters);
        } else if (got != LINK_LATER || left_ms <= 0 || poll(&item, 1, (int)left_ms) == 0) {
            return false;
        }
    }
}

static inline void world_config(struct world *world, const char *address, uint32_t memory_mib)
{
    struct link_message m = {
        .kind = LINK_CONFIG,
        .config = {memory_mib, world_network, world->server.raw_secret, slice_of(address)},
    };

    world_send(world, &m);
}

struct allowed {
    const struct pair *pair;
    const char *store;
    bool invite;
};

static inline void world_keys(struct world *world, const struct allowed *keys, size_t count)
{
    struct link_message m = {.kind = LINK_KEYS, .keys = {.first = true}};
    size_t len = 0;

    /* in two parts, so that a list in parts is what every test has */
    world_send(world, &m);
    for (size_t i = 0; i < count; i++) {
        struct link_key key = {keys[i].pair->raw_public, slice_of(keys[i].store), keys[i].invite};
        ck_assert(link_keys_put(world->entries, &len, &key));
    }
    m.keys =
        (struct link_keys){.last = true, .entries = {(const char *)world->entries, (uint32_t)len}};
    world_send(world, &m);
}

static inline void world_credit(struct world *world, uint32_t credit)
{
    world_send(world, &(struct link_message){.kind = LINK_CREDIT, .credit = credit});
}

/* A gate that has heard nothing yet. */
static inline void world_new(struct world *world, rlim_t fds)
{
    memset(world, 0, sizeof *world);
    world->fds = fds;
    pair_new(&world->server);
    world_fork(world);
}

/* From CONFIG and KEYS to READY. */
static inline void world_ready(struct world *world, uint32_t memory_mib, const struct allowed *keys,
                               size_t count)
{
    struct link_message m;

    world_config(world, "tcp://127.0.0.1:*", memory_mib);
    world_keys(world, keys, count);
    ck_assert(world_receive(world, WAIT_MS, &m));
    ck_assert_int_eq(m.kind, LINK_READY);
    world->port = m.port;
    snprintf(world->endpoint, sizeof world->endpoint, "tcp://127.0.0.1:%u", m.port);
    world->context = zmq_ctx_new();
    zmq_ctx_set(world->context, ZMQ_BLOCKY, 0);
}

static inline void world_start(struct world *world, const struct allowed *keys, size_t count)
{
    world_new(world, 0);
    world_ready(world, 0, keys, count);
}

/* Returns: how the gate ended; -1 when it had to be killed. */
static inline int world_wait(struct world *world)
{
    int status = 0;
    int64_t end_ms = world_clock_ms() + WAIT_MS;
    pid_t got = 0;

    while (got == 0 && world_clock_ms() < end_ms) {
        got = waitpid(world->gate, &status, WNOHANG);
        usleep(5000);
    }
    if (got != world->gate) {
        kill(world->gate, SIGKILL);
        waitpid(world->gate, &status, 0);
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void world_end(struct world *world)
{
    world_send(world, &(struct link_message){.kind = LINK_STOP});
    ck_assert_int_eq(world_wait(world), GATE_EXIT_STOPPED);
    close(world->link);
    zmq_ctx_term(world->context);
}

/* The counters as of now. */
static inline const uint64_t *world_counters(struct world *world)
{
    struct pollfd item = {.fd = world->link, .events = POLLIN};
    struct link_message m = {.kind = LINK_ASK};
    link_result_t got;

    while (link_receive(world->link, LINK_FROM_GATE, world->buffer, &m) == LINK_DONE) {
        ck_assert_int_eq(m.kind, LINK_COUNTERS);
    }
    world_send(world, &(struct link_message){.kind = LINK_ASK});
    /* the second answer: the first may be one that was under way */
    world_send(world, &(struct link_message){.kind = LINK_ASK});
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(poll(&item, 1, WAIT_MS), 1);
        got = link_receive(world->link, LINK_FROM_GATE, world->buffer, &m);
        ck_assert_int_eq(got, LINK_DONE);
        ck_assert_int_eq(m.kind, LINK_COUNTERS);
    }
    memcpy(world->counters, m.counters, sizeof world->counters);
    return world->counters;
}

/* Wait until a counter has a value. */
static inline void world_count(struct world *world, counter_t counter, uint64_t value)
{
    int64_t end_ms = world_clock_ms() + WAIT_MS;

    while (world_counters(world)[counter] != value && world_clock_ms() < end_ms) {
        usleep(10000);
    }
    ck_assert_msg(world->counters[counter] == value, "%s is %llu and not %llu",
                  link_counter_name(counter), (unsigned long long)world->counters[counter],
                  (unsigned long long)value);
}

/* --- stores --- */

static inline struct client client_new(struct world *world, const struct client_kind *kind)
{
    static unsigned int number;
    char monitor[32];
    struct client client = {.socket = zmq_socket(world->context, ZMQ_DEALER)};
    int linger = 0;

    snprintf(monitor, sizeof monitor, "inproc://monitor-%u", number++);
    ck_assert_int_eq(zmq_socket_monitor(client.socket, monitor, ZMQ_EVENT_ALL), 0);
    client.monitor = zmq_socket(world->context, ZMQ_PAIR);
    ck_assert_int_eq(zmq_connect(client.monitor, monitor), 0);
    zmq_setsockopt(client.socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(client.monitor, ZMQ_LINGER, &linger, sizeof linger);
    if (kind->keys != NULL) {
        const struct pair *server = kind->server == NULL ? &world->server : kind->server;
        zmq_setsockopt(client.socket, ZMQ_CURVE_SERVERKEY, server->public_key, 40);
        zmq_setsockopt(client.socket, ZMQ_CURVE_PUBLICKEY, kind->keys->public_key, 40);
        zmq_setsockopt(client.socket, ZMQ_CURVE_SECRETKEY, kind->keys->secret_key, 40);
    }
    if (kind->metadata != NULL) {
        /* ZMQ_METADATA: kept for drafts by name, there by number */
        ck_assert_int_eq(zmq_setsockopt(client.socket, 95, kind->metadata, strlen(kind->metadata)),
                         0);
    }
    if (kind->address != NULL) {
        zmq_setsockopt(client.socket, ZMQ_ROUTING_ID, kind->address, strlen(kind->address));
    }
    ck_assert_int_eq(zmq_connect(client.socket, world->endpoint), 0);
    return client;
}

static inline struct client client_of(struct world *world, const struct pair *keys)
{
    return client_new(world, &(struct client_kind){.keys = keys});
}

static inline void client_close(struct client *client)
{
    /* an event without a receiver would stop libzmq's thread */
    zmq_socket_monitor(client->socket, NULL, 0);
    zmq_close(client->monitor);
    zmq_close(client->socket);
}

/* Wait for one of the events.
 * Returns: the first of them that came; 0 when none did. */
static inline int client_event(struct client *client, int events, int wait_ms)
{
    int64_t end_ms = world_clock_ms() + wait_ms;
    int seen = 0;

    while (seen == 0) {
        zmq_pollitem_t item = {.socket = client->monitor, .events = ZMQ_POLLIN};
        int64_t left_ms = end_ms - world_clock_ms();
        uint8_t bytes[6] = {0};
        uint16_t event;
        if (left_ms <= 0 || zmq_poll(&item, 1, left_ms) <= 0) {
            return 0;
        }
        ck_assert_int_eq(zmq_recv(client->monitor, bytes, sizeof bytes, 0), 6);
        zmq_recv(client->monitor, NULL, 0, 0);
        memcpy(&event, bytes, sizeof event);
        seen = event & events;
    }
    return seen;
}

static inline void client_send_bytes(struct client *client, const void *bytes, size_t len)
{
    ck_assert_int_eq(zmq_send(client->socket, bytes, len, 0), (int)len);
}

static inline void client_send(struct client *client, const struct frame *frame)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    size_t len = frame_encode(frame, bytes, sizeof bytes);

    ck_assert_uint_gt(len, 0);
    client_send_bytes(client, bytes, len);
}

/* Returns: the length of the next message; -1 when none came in time. */
static inline int client_receive(struct client *client, int wait_ms, void *bytes, size_t cap)
{
    zmq_pollitem_t item = {.socket = client->socket, .events = ZMQ_POLLIN};

    return zmq_poll(&item, 1, wait_ms) <= 0 ? -1 : zmq_recv(client->socket, bytes, cap, 0);
}

/* Receive an Expect. */
static inline struct frame_expect client_answer(struct client *client)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct decode_fault fault;
    struct frame frame;
    int len = client_receive(client, WAIT_MS, bytes, sizeof bytes);

    ck_assert_msg(len > 0, "no answer");
    ck_assert(frame_decode((slice_t){(const char *)bytes, (uint32_t)len}, &frame, &fault));
    ck_assert_int_eq(frame.type, FRAME_EXPECT);
    ck_assert_uint_eq(frame.expect.sequence, 0);
    return frame.expect;
}

/* Receive the Expect of this reason.
 * Returns: its retry_after_ms. */
static inline uint32_t client_expect(struct client *client, reason_t reason)
{
    struct frame_expect expect = client_answer(client);

    ck_assert_str_eq(frame_reason_name(expect.reason), frame_reason_name(reason));
    return expect.retry_after_ms;
}

static inline struct frame hello_of(const char *store)
{
    return (struct frame){.type = FRAME_HELLO,
                          .hello = {FRAME_VERSION, world_network, slice_of(store), {0}}};
}

static inline struct frame query_of(uint64_t id, const char *verb)
{
    return (struct frame){.type = FRAME_QUERY, .query = {id, slice_of(verb), {0}}};
}

/* Receive a FRAME at the ledger; the frame's own id when it is a query, else 0. */
static inline uint64_t world_frame(struct world *world, struct link_frame *ret_frame)
{
    struct link_message m;
    struct decode_fault fault;
    struct frame frame;

    ck_assert_msg(world_receive(world, WAIT_MS, &m), "no frame at the ledger");
    ck_assert_int_eq(m.kind, LINK_FRAME);
    ck_assert(frame_decode(m.frame.frame, &frame, &fault));
    *ret_frame = m.frame;
    return frame.type == FRAME_QUERY ? frame.query.id : 0;
}

static inline void world_reply(struct world *world, uint32_t slot, uint32_t generation,
                               const char *text)
{
    world_send(world, &(struct link_message){.kind = LINK_REPLY,
                                             .reply = {slot, generation, slice_of(text)}});
}

static inline void client_get(struct client *client, const char *text)
{
    char bytes[256] = "";
    int len = client_receive(client, WAIT_MS, bytes, sizeof bytes);

    ck_assert_int_eq(len, (int)strlen(text));
    ck_assert_mem_eq(bytes, text, (size_t)len);
}

#endif
