/* Sockets: the gate's side of ZeroMQ, set up so that it fails closed. One context a process, one
 * thread for all of its sockets. */
#ifndef DAEMON_GATE_SOCKETS_H
#define DAEMON_GATE_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "daemon/link.h"

struct sockets {
    void *context;
    void *zap;                      /* REP: libzmq asks here whether a key may come in */
    void *router;                   /* the stores */
    void *monitor;                  /* PAIR: what happens to the router's connections */
    char server_key[41];            /* public, Z85 */
    uint8_t test_key[LINK_KEY_LEN]; /* public; a stranger's, of the self-test */
    char test_secret[41];           /* Z85 */
};

/* The connection events that the gate looks at. */
typedef enum {
    EVENT_OPENED, /* `fd` */
    EVENT_CLOSED, /* `fd` */
    EVENT_FAILED, /* a handshake */
    EVENT_OTHER,
} event_kind_t;

struct event_seen {
    event_kind_t kind;
    int fd;
};

/* Make context and sockets, the ZAP one first; nothing is bound to the network yet. Zeroed memory
 * is "not open".
 * Returns: NULL, or what failed, with zmq_errno; the caller then calls sockets_close. */
const char *sockets_open(struct sockets *sockets, const uint8_t *secret) MUST_USE;

/* Let peers connect to `address`, tcp only.
 * Returns: false with zmq_errno. Out: the port. */
bool sockets_listen(struct sockets *sockets, const char *address, uint16_t *ret_port) MUST_USE;

/* Connect as a stranger and see that it is turned away. `serve` is called while that goes on and
 * must answer what comes in at sockets->zap.
 * Returns: NULL when the gate is shut, or what was seen instead. */
const char *sockets_self_test(struct sockets *sockets, void (*serve)(void *context),
                              void *context) MUST_USE;

/* Returns: false when there is no event. Never waits. */
bool sockets_next_event(struct sockets *sockets, struct event_seen *ret_event) MUST_USE;

/* Close all; replies under way get GATE_LINGER_MS. */
void sockets_close(struct sockets *sockets);

#endif
