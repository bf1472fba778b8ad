/* Judge: is a frame one that the peer may send? It knows what the connection's key may do, not the
 * ledger: whether a batch is signed, in order and of an open store is for the ledger to say. */
#ifndef DAEMON_GATE_JUDGE_H
#define DAEMON_GATE_JUDGE_H

#include "proto/codec/frame.h"

struct judge_peer {
    const uint8_t *network; /* ours, DIGEST_LEN bytes */
    slice_t store;          /* of the connection's key */
    bool invite;            /* the key may ask for "join" only */
};

struct judgement {
    bool forward;
    reason_t reason;    /* when not */
    const char *detail; /* likewise, for people; static */
};

/* `bytes` may be anything. Pure; any thread. */
struct judgement judge_frame(const struct judge_peer *peer, slice_t bytes);

#endif
