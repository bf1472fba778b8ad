#include "daemon/gate/sockets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "daemon/gate/limits.h"

/* libzmq 4.3.4 has the option and keeps its name for drafts: with it a peer is refused when the ZAP
 * handler does not answer, without it such a peer is let in. */
#define ZAP_ENFORCE_DOMAIN 93

#define ZAP_ENDPOINT     "inproc://zeromq.zap.01"
#define ZAP_DOMAIN       "allclear"
#define MONITOR_ENDPOINT "inproc://gate.monitor"
#define TEST_ENDPOINT    "inproc://gate.self-test"
#define TCP_PREFIX       "tcp://"

#define MONITORED                                                                                  \
    (ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |          \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)
/* not the end of a connection without a word: the stranger's library tries again */
#define TEST_MONITORED                                                                             \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |                             \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL)

static int64_t clock_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/* Keys are made before the context: libsodium is shared by all of libzmq's users in a process, and
 * its ends must not cross. */
static bool make_keys(struct sockets *sockets, const uint8_t *secret)
{
    uint8_t test_secret[LINK_KEY_LEN];
    char z85[41];
    char test_public[41];

    bool ok = getrandom(test_secret, sizeof test_secret, 0) == (ssize_t)sizeof test_secret &&
              zmq_z85_encode(z85, secret, LINK_KEY_LEN) != NULL &&
              zmq_curve_public(sockets->server_key, z85) == 0 &&
              zmq_z85_encode(sockets->test_secret, test_secret, LINK_KEY_LEN) != NULL &&
              zmq_curve_public(test_public, sockets->test_secret) == 0 &&
              zmq_z85_decode(sockets->test_key, test_public) != NULL;
    explicit_bzero(z85, sizeof z85);
    return ok;
}

static bool set_limits(void *router)
{
    int64_t largest = GATE_MESSAGE_BYTES_MAX;

    return zmq_setsockopt(router, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0 &&
           set_int(router, ZMQ_RCVHWM, GATE_RECEIVE_HWM) &&
           set_int(router, ZMQ_SNDHWM, GATE_SEND_HWM) &&
           set_int(router, ZMQ_BACKLOG, GATE_BACKLOG) &&
           set_int(router, ZMQ_LINGER, GATE_LINGER_MS) &&
           set_int(router, ZMQ_HANDSHAKE_IVL, GATE_HANDSHAKE_MS) &&
           set_int(router, ZMQ_HEARTBEAT_IVL, GATE_HEARTBEAT_MS) &&
           set_int(router, ZMQ_HEARTBEAT_TIMEOUT, GATE_HEARTBEAT_TIMEOUT_MS) &&
           set_int(router, ZMQ_HEARTBEAT_TTL, GATE_HEARTBEAT_TIMEOUT_MS) &&
           set_int(router, ZMQ_TCP_KEEPALIVE, 1) &&
           set_int(router, ZMQ_TCP_KEEPALIVE_IDLE, GATE_KEEPALIVE_IDLE_S) &&
           set_int(router, ZMQ_TCP_KEEPALIVE_INTVL, GATE_KEEPALIVE_INTERVAL_S) &&
           set_int(router, ZMQ_TCP_KEEPALIVE_CNT, GATE_KEEPALIVE_COUNT);
}

/* Enforced, a peer is refused when there is no handler to ask; enforced without a domain, nobody
 * would be asked at all. */
static bool set_security(void *router, const uint8_t *secret)
{
    return zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) == 0 &&
           set_int(router, ZAP_ENFORCE_DOMAIN, 1) && set_int(router, ZMQ_CURVE_SERVER, 1) &&
           zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret, LINK_KEY_LEN) == 0;
}

/* An unread event must never stop libzmq's thread, so their number is not limited; the loop reads
 * them all in each turn. */
static void *open_monitor(void *context, void *socket, const char *endpoint, int events)
{
    void *monitor;

    if (zmq_socket_monitor(socket, endpoint, events) != 0) {
        return NULL;
    }
    monitor = zmq_socket(context, ZMQ_PAIR);
    if (monitor == NULL) {
        return NULL;
    }
    if (!set_int(monitor, ZMQ_RCVHWM, 0) || !set_int(monitor, ZMQ_LINGER, 0) ||
        zmq_connect(monitor, endpoint) != 0) {
        zmq_close(monitor);
        return NULL;
    }
    return monitor;
}

const char *sockets_open(struct sockets *sockets, const uint8_t *secret)
{
    if (zmq_has("curve") != 1) {
        return "libzmq has no CURVE";
    }
    if (!make_keys(sockets, secret)) {
        return "making keys";
    }
    sockets->context = zmq_ctx_new();
    if (sockets->context == NULL || zmq_ctx_set(sockets->context, ZMQ_BLOCKY, 0) != 0 ||
        zmq_ctx_set(sockets->context, ZMQ_IO_THREADS, 1) != 0) {
        return "making a context";
    }
    sockets->zap = zmq_socket(sockets->context, ZMQ_REP);
    if (sockets->zap == NULL || !set_int(sockets->zap, ZMQ_LINGER, 0) ||
        zmq_bind(sockets->zap, ZAP_ENDPOINT) != 0) {
        return "binding the ZAP handler";
    }
    sockets->router = zmq_socket(sockets->context, ZMQ_ROUTER);
    if (sockets->router == NULL || !set_int(sockets->router, ZMQ_ROUTER_MANDATORY, 1) ||
        !set_limits(sockets->router)) {
        return "setting up the router";
    }
    if (!set_security(sockets->router, secret)) {
        return "setting up CURVE and ZAP";
    }
    sockets->monitor = open_monitor(sockets->context, sockets->router, MONITOR_ENDPOINT, MONITORED);
    return sockets->monitor == NULL ? "setting up the monitor" : NULL;
}

/* libzmq would take a port's lower 16 bits.
 * Returns: whether `address` ends with a port, or with * for any. */
static bool port_valid(const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon == NULL ? "" : colon + 1;
    size_t digits = strspn(port, "0123456789");

    if (strcmp(port, "*") == 0) {
        return true;
    }
    if (digits == 0 || digits > 5 || port[digits] != '\0' || port[0] == '0') {
        return false;
    }
    return strtoul(port, NULL, 10) <= UINT16_MAX;
}

bool sockets_listen(struct sockets *sockets, const char *address, uint16_t *ret_port)
{
    char endpoint[512];
    size_t len = sizeof endpoint;

    if (strncmp(address, TCP_PREFIX, strlen(TCP_PREFIX)) != 0) {
        errno = EPROTONOSUPPORT;
        return false;
    }
    if (!port_valid(address)) {
        errno = EINVAL;
        return false;
    }
    if (zmq_bind(sockets->router, address) != 0 ||
        zmq_getsockopt(sockets->router, ZMQ_LAST_ENDPOINT, endpoint, &len) != 0) {
        return false;
    }
    const char *colon = strrchr(endpoint, ':');
    unsigned long port = colon == NULL ? 0 : strtoul(colon + 1, NULL, 10);
    if (port == 0 || port > UINT16_MAX) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

/* Returns: the event's number, 0 when there is none. */
static uint16_t read_event(void *monitor, uint32_t *ret_value)
{
    uint8_t bytes[6];
    uint16_t event = 0;
    int len = zmq_recv(monitor, bytes, sizeof bytes, ZMQ_DONTWAIT);

    if (len < 0) {
        return 0;
    }
    if (len == (int)sizeof bytes) {
        memcpy(&event, bytes, sizeof event);
        memcpy(ret_value, bytes + sizeof event, sizeof *ret_value);
    }
    /* the second part is the endpoint */
    (void)zmq_recv(monitor, NULL, 0, ZMQ_DONTWAIT);
    return event;
}

bool sockets_next_event(struct sockets *sockets, struct event_seen *ret_event)
{
    uint32_t value = 0;
    uint16_t event = read_event(sockets->monitor, &value);

    if (event == 0) {
        return false;
    }
    *ret_event = (struct event_seen){.kind = EVENT_OTHER, .fd = (int)value};
    if (event == ZMQ_EVENT_ACCEPTED) {
        ret_event->kind = EVENT_OPENED;
    } else if (event == ZMQ_EVENT_DISCONNECTED) {
        ret_event->kind = EVENT_CLOSED;
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
               event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        ret_event->kind = EVENT_FAILED;
    }
    return true;
}

static void close_one(void *socket)
{
    if (socket != NULL) {
        zmq_close(socket);
    }
}

/* libzmq's thread waits for ever on an event that nobody can receive: events are turned off before
 * their receiver goes. */
static void close_monitored(void *socket, void *monitor)
{
    if (monitor != NULL) {
        (void)zmq_socket_monitor(socket, NULL, 0);
    }
    close_one(monitor);
    close_one(socket);
}

static void *connect_stranger(struct sockets *sockets, void **ret_monitor)
{
    char endpoint[512];
    size_t len = sizeof endpoint;
    char test_public[41];
    void *client = zmq_socket(sockets->context, ZMQ_DEALER);

    if (client == NULL) {
        return NULL;
    }
    *ret_monitor = open_monitor(sockets->context, client, TEST_ENDPOINT, TEST_MONITORED);
    if (*ret_monitor == NULL || !set_int(client, ZMQ_LINGER, 0) ||
        zmq_z85_encode(test_public, sockets->test_key, LINK_KEY_LEN) == NULL ||
        zmq_setsockopt(client, ZMQ_CURVE_SERVERKEY, sockets->server_key, 40) != 0 ||
        zmq_setsockopt(client, ZMQ_CURVE_PUBLICKEY, test_public, 40) != 0 ||
        zmq_setsockopt(client, ZMQ_CURVE_SECRETKEY, sockets->test_secret, 40) != 0 ||
        zmq_getsockopt(sockets->router, ZMQ_LAST_ENDPOINT, endpoint, &len) != 0 ||
        zmq_connect(client, endpoint) != 0) {
        close_monitored(client, *ret_monitor);
        return NULL;
    }
    return client;
}

/* Returns: the first event of the stranger's handshake, 0 when there was none in time. */
static uint16_t watch_stranger(struct sockets *sockets, void *monitor, void (*serve)(void *context),
                               void *context)
{
    int64_t end_ms = clock_ms() + GATE_SELF_TEST_MS;
    uint16_t event = 0;
    uint32_t value;

    while (event == 0 && clock_ms() < end_ms) {
        zmq_pollitem_t items[] = {
            {.socket = monitor, .events = ZMQ_POLLIN},
            {.socket = sockets->zap, .events = ZMQ_POLLIN},
        };
        (void)zmq_poll(items, 2, 50);
        serve(context);
        event = read_event(monitor, &value);
    }
    return event;
}

const char *sockets_self_test(struct sockets *sockets, void (*serve)(void *context), void *context)
{
    void *monitor = NULL;
    void *client = connect_stranger(sockets, &monitor);
    const char *seen = NULL;

    if (client == NULL) {
        seen = "no connection could be made";
    } else {
        uint16_t event = watch_stranger(sockets, monitor, serve, context);
        if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
            seen = "a stranger's key was let in";
        } else if (event != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
            seen = "a stranger's key was not refused";
        }
        close_monitored(client, monitor);
    }
    return seen;
}

void sockets_close(struct sockets *sockets)
{
    close_monitored(sockets->router, sockets->monitor);
    close_one(sockets->zap);
    if (sockets->context != NULL) {
        /* libzmq has been known not to come back: the alarm's default ends the process */
        (void)alarm(GATE_STOP_SECONDS);
        (void)zmq_ctx_term(sockets->context);
        (void)alarm(0);
    }
    explicit_bzero(sockets, sizeof *sockets);
}
