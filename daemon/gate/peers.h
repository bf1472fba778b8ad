/* Peers: the connections that are open, each in the slot of its file descriptor, with a generation
 * so that a reply that comes late cannot reach the next connection in the slot. Who tells: libzmq's
 * monitor says when a descriptor is accepted and when it has ended, the first frame says which
 * route (the number in libzmq's routing id) and key it has. One thread. */
#ifndef DAEMON_GATE_PEERS_H
#define DAEMON_GATE_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "daemon/link.h"

struct peer {
    int64_t since_ms; /* accepted */
    int64_t close_ms; /* to be closed then; 0: not */
    uint32_t generation;
    uint32_t route;
    bool open;
    bool known; /* it has sent a frame: route and key are set */
    uint8_t key[LINK_KEY_LEN];
};

struct peers {
    struct peer *all; /* by slot */
    uint32_t capacity;
    uint32_t end;  /* no slot from here on has been open yet */
    uint32_t open; /* connections */
};

typedef enum {
    PEER_SAME,  /* the connection is known by this route */
    PEER_NEW,   /* it is open, and its slot knows no frame of it yet */
    PEER_STALE, /* the frame's connection has ended */
} peer_state_t;

/* Slots 0..capacity-1. The first generation is random: a reply to a connection of an earlier gate
 * must find none here. */
void peers_init(struct peers *peers, uint32_t capacity, uint32_t generation);
void peers_deinit(struct peers *peers);

/* A connection has been accepted.
 * Returns: false when there is no such slot. */
bool peers_open(struct peers *peers, int fd, int64_t now_ms) MUST_USE;

/* A connection has ended, with whatever was in the slot.
 * Returns: the peer as it was, for its key; NULL when the slot was not open. Valid until the next
 * peers_open. */
const struct peer *peers_close(struct peers *peers, int fd);

/* Whose frame is it? */
peer_state_t peers_look(const struct peers *peers, int fd, uint32_t route);

/* Make the open connection of a slot known. A known one is made another: new generation. */
void peers_know(struct peers *peers, int fd, uint32_t route, const uint8_t *key);

/* Returns: the open and known connection; NULL when it has ended. */
struct peer *peers_find(const struct peers *peers, uint32_t slot, uint32_t generation);

#endif
