/* The wire: one connection to headquarters' gate, the only user of ZeroMQ among the tools. A DEALER
 * without a routing id of its own over CURVE; it connects again by itself. Nothing is queued while
 * there is no connection, and what was sent may be lost: whoever sends waits for the answer.
 * Each has a ZeroMQ context of its own; one thread a wire; no fork while one is open. */
#ifndef TOOLS_NODE_WIRE_H
#define TOOLS_NODE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "proto/codec/frame.h"

#define WIRE_KEY_LEN 32

struct wire;

struct wire_options {
    const char *address;       /* "tcp://host:port" */
    const uint8_t *server_key; /* of the gate, pinned */
    const uint8_t *public_key; /* ours */
    const uint8_t *secret_key;
};

enum wire_state {
    WIRE_CONNECTING, /* nobody answers yet, or no longer */
    WIRE_UP,         /* the hand-shake is done */
    WIRE_DENIED,     /* headquarters does not know this key */
    WIRE_STRANGER,   /* somebody answers and fails the hand-shake: the server key differs */
};

/* Make a CURVE key pair. */
void wire_make_keys(uint8_t ret_public[WIRE_KEY_LEN], uint8_t ret_secret[WIRE_KEY_LEN]);

/* Begin to connect. Returns: NULL with ret_fault set when the address is none; the caller
 * closes. */
struct wire *wire_open(const struct wire_options *options, struct fault *ret_fault);
void wire_close(struct wire *wire); /* accepts NULL; sends what is under way for a second at most */

/* As of the last call of wire_receive. */
enum wire_state wire_state(const struct wire *wire);

/* How many hand-shakes were done: another figure is another connection, on which nothing of what
 * was sent before is sure to have arrived. */
uint32_t wire_generation(const struct wire *wire);

/* Hand a frame over. Returns: false when there is no connection or its queue is full. */
bool wire_send(struct wire *wire, const struct frame *frame) MUST_USE;

/* Let these descriptors end a wait of wire_receive when they can be read; they stay the caller's.
 * At most WIRE_WAKERS_MAX; one below 0 is none. */
#define WIRE_WAKERS_MAX 2
void wire_set_wakers(struct wire *wire, const int wakers[WIRE_WAKERS_MAX]);

/* Returns: did a waker end the last wait of wire_receive? */
bool wire_is_woken(const struct wire *wire);

/* Wait for a frame for at most timeout_ms, below 0: for as long as it takes (a signal, a change of
 * state or a waker ends the wait early). Frames in no known form are dropped. Out: *ret_frame,
 * whose bytes live until the next call. Returns: is there one? */
bool wire_receive(struct wire *wire, int timeout_ms, struct frame *ret_frame) MUST_USE;

/* Milliseconds of the monotonic clock, for timeouts. */
int64_t wire_now_ms(void);

#endif
