/* The courier: carries the outbox's events to headquarters and their receipts back. It goes step by
 * step; each step takes in what has arrived, cuts and signs new batches while the window has room,
 * commits all that, and only then sends.
 *
 *     OFFLINE  hello is said (again and again) until headquarters answers where it is
 *     GOING    batches are sent in order, at most COURIER_WINDOW without a receipt (go-back-n);
 *              no receipt for too long, another connection or a doubt leads back to OFFLINE
 *     STOPPED  headquarters refuses for a reason that waiting does not mend
 *
 * One thread; one courier an outbox at a time (the caller holds the folder's lock). */
#ifndef TOOLS_NODE_COURIER_H
#define TOOLS_NODE_COURIER_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/node/node.h"
#include "tools/node/receipt.h"

#define COURIER_WINDOW     8
#define COURIER_DETAIL_MAX 511

enum courier_state { COURIER_OFFLINE, COURIER_GOING, COURIER_STOPPED };

struct courier_flight {
    struct outbox_batch batch;
    bool sent;
    int64_t sent_ms;
};

struct courier {
    struct node *node;
    struct wire *wire;
    enum courier_state state;
    char detail[COURIER_DETAIL_MAX + 1]; /* STOPPED: why, for people; else the last warning */
    bool warned;                         /* detail is new; whoever shows it clears this */

    uint64_t head; /* the last sequence of the chain, which the next cut goes on from */
    uint8_t head_hash[DIGEST_LEN];
    struct courier_flight flights[COURIER_WINDOW];
    uint32_t flight_count;
    uint64_t cursor; /* batches up to here without a receipt are in flight */

    uint32_t generation;  /* of the connection that hello was said on */
    int64_t hello_at_ms;  /* OFFLINE: when to say hello next */
    bool prepared;        /* the window was filled since the last step */
    int64_t pause_ms;     /* GOING: BUSY: nothing is sent before */
    int64_t resend_at_ms; /* GOING with flights: when patience ends */
    int64_t deaf_ms;      /* a GAP for gap_sequence is answered already */
    uint64_t gap_sequence;
    int64_t backoff_ms;
    int64_t latency_ms; /* measured; 0: not yet */
    uint64_t random;
    bool doubt; /* headquarters seemed behind its own receipts: it is asked twice */
    uint32_t bad_receipts;

    /* Called with answers to whoever asks over the same wire (NULL: nobody does), in a transaction:
     * it does not use the outbox. The answer's bytes live during the call. */
    void (*on_answer)(void *context, const struct frame_answer *answer);
    void *context;

    uint64_t receipts; /* verified ones: the measure of progress */
    uint64_t greetings;
    uint64_t resends;
};

/* Begin with an open wire and an open outbox; both stay the caller's. */
void courier_init(struct courier *courier, struct node *node, struct wire *wire);

/* Returns: how many ms until a step is due although nothing arrives; below 0: none is. After a
 * step; an event that is queued meanwhile makes a step due at once. */
int64_t courier_wait_ms(const struct courier *courier);

/* Put what is queued into batches while the window has room, in a transaction of the caller's who
 * commits it and then calls courier_step: one commit does for lines and batches. Returns: false
 * with ret_fault set when the outbox cannot be read or written. */
bool courier_prepare(struct courier *courier, struct fault *ret_fault) MUST_USE;

/* Wait at most timeout_ms (below 0: for as long as it takes) for something to arrive, and do what
 * is to do. A waker of the wire that ends the wait is all that such a step does: the next does the
 * rest. Returns: false with ret_fault set when the outbox cannot be read or written. */
bool courier_step(struct courier *courier, int timeout_ms, struct fault *ret_fault) MUST_USE;

#endif
