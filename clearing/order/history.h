/* History: how the rules look up what has been accepted before. The owner of the events (the
 * journal, or a simulation's memory) answers; the rules only ask. */
#ifndef CLEARING_ORDER_HISTORY_H
#define CLEARING_ORDER_HISTORY_H

#include "clearing/base/code.h"
#include "clearing/terms/registry.h"

/* An event that has spent its number. */
struct past {
    uint64_t seq; /* its acceptance's sequence number; 0: it still waits, or: */
    bool settled; /* it was refused, and headquarters has settled it otherwise */
    store_t store;
    uint64_t record; /* of the journal, in which it came; 0: the owner keeps none */
    slice_t event;   /* its bytes as signed */
    slice_t results; /* its results as written; waiting events: of that outcome */
};

struct history {
    void *context;
    /* The event that spent this number. False: none. The slices hold until the next call. */
    bool (*find)(void *context, store_t store, slice_t terminal, uint64_t number,
                 struct past *ret_past);
    /* The event accepted under a sequence number (which must have been given out). */
    void (*at)(void *context, uint64_t seq, struct past *ret_past);
};

#endif
