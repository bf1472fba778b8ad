/* Inside of the gate, for this folder only: everyone else sees gate.h. One thread has it all. */
#ifndef DAEMON_GATE_INSIDE_H
#define DAEMON_GATE_INSIDE_H

#include <zmq.h>

#include "daemon/gate/keys.h"
#include "daemon/gate/limits.h"
#include "daemon/gate/peers.h"
#include "daemon/gate/sockets.h"
#include "daemon/gate/zap.h"
#include "daemon/link.h"

/* A frame that has its credit and waits for room in the link. */
struct gate_waiting {
    uint32_t slot;
    uint32_t generation;
    bool invite;
    uint8_t curve[LINK_KEY_LEN];
    code_t store;
    zmq_msg_t payload;
};

struct gate {
    int link;
    int exit_code; /* -1: go on */
    uint32_t connections_max;
    uint32_t memory_max_mib;
    char address[LINK_ADDRESS_LEN_MAX + 1];
    uint8_t network[LINK_NETWORK_LEN];
    bool configured;

    struct sockets sockets;
    struct zap zap;
    struct keys keys;
    struct peers peers;

    int64_t now_ms; /* of this turn of the loop */
    int64_t tick_ms;
    int64_t counters_ms;
    uint64_t counters[COUNTER_COUNT];
    uint64_t noted[COUNTER_COUNT]; /* as of the last log line about them */

    uint32_t credit;
    struct gate_waiting queue[GATE_QUEUE]; /* a ring */
    uint32_t queue_first;
    uint32_t queue_count;

    uint8_t buffer[LINK_MESSAGE_MAX]; /* of the message from the ledger at hand */
};

/* End the gate after this turn; the first reason counts. */
void gate_end(struct gate *gate, int exit_code);

/* --- inbound.c: stores -> ledger --- */

/* Take what has become of connections. */
void inbound_events(struct gate *gate);
/* Take a turn's frames; each is forwarded, answered, or counted. */
void inbound_frames(struct gate *gate);
/* Cut off who is silent, over the limit, or of a removed key. */
void inbound_tidy(struct gate *gate);
/* The key list has changed: count connections again, mark those of removed keys. */
void inbound_keys_changed(struct gate *gate);
/* Send bytes to a route.
 * Returns: false when the peer has gone or has no room. */
bool inbound_send(struct gate *gate, uint32_t route, slice_t bytes) MUST_USE;

/* --- outbound.c: the link --- */

/* Take a turn's messages of the ledger. */
void outbound_receive(struct gate *gate);
/* Forward a frame; a credit and a place in the queue must be there. Takes over `payload`. */
void outbound_forward(struct gate *gate, const struct gate_waiting *waiting, zmq_msg_t *payload);
/* Send of the queue what the link has room for. */
void outbound_flush(struct gate *gate);
void outbound_counters(struct gate *gate);
void outbound_deinit(struct gate *gate);

#endif
