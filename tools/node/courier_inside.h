/* Inside of the courier, for courier*.c only. */
#ifndef TOOLS_NODE_COURIER_INSIDE_H
#define TOOLS_NODE_COURIER_INSIDE_H

#include "tools/node/courier.h"

void courier_warn(struct courier *courier, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Say hello again at once: what headquarters knows is in doubt. */
void courier_ask_again(struct courier *courier);

/* Take headquarters' word for where the chain of batches stands, or come to doubt it. In a
 * transaction. Returns: false with ret_fault set when the outbox fails. */
bool courier_sync(struct courier *courier, const struct frame_expect *expect,
                  struct fault *ret_fault) MUST_USE;

enum courier_verdict {
    COURIER_MARKED, /* verified, the batch and its events are marked */
    COURIER_KNOWN,  /* of a batch that has its receipt, or is none of ours */
    COURIER_FALSE,  /* ret_fault says why it is not believed */
    COURIER_FAILED, /* ret_fault: the outbox */
};

/* Judge a receipt and mark its batch. In a transaction. */
enum courier_verdict courier_accept(struct courier *courier, const struct frame_receipt *receipt,
                                    struct fault *ret_fault) MUST_USE;

/* Fill the window: waiting batches first, then new ones; all signed with the current key. In a
 * transaction. */
bool courier_fill(struct courier *courier, struct fault *ret_fault) MUST_USE;

/* Send what the window holds and has not been sent. After the commit. */
bool courier_send(struct courier *courier, struct fault *ret_fault) MUST_USE;

#endif
