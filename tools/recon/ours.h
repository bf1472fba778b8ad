/* Ours: every accepted event of a ledger with its figures, found again by its reference or by the
 * till's own receipt. One thread. */
#ifndef TOOLS_RECON_OURS_H
#define TOOLS_RECON_OURS_H

#include "tools/recon/figures.h"

struct our_event {
    char *ref; /* store:terminal:number */
    code_t store;
    store_t number; /* of the store */
    day_t booked;
    day_t undone; /* the day on which it was undone; DAY_MAX: it stands */
    uint32_t taken; /* a bit a figure: a row of theirs names it */
    int64_t amounts[FIGURE_COUNT];
};

struct our_name {
    char *text; /* the reference, or "store receipt" */
    uint32_t event;
};

struct our_undo {
    char *ref;
    day_t day;
};

/* Zeroed memory is empty. */
struct ours {
    struct our_event *events;
    uint32_t count;
    uint32_t capacity;
    struct our_name *names;
    uint32_t name_count;
    uint32_t name_capacity;
    struct our_undo *undos;
    uint32_t undo_count;
    uint32_t undo_capacity;
};

/* Take in what became of an event. */
void ours_add(struct ours *ours, const struct state *state, const struct cleared *cleared);
/* After the last one: make them to be found. */
void ours_settle(struct ours *ours);

/* The event that a store's row names: a reference, the same without the store, or a receipt.
 * Returns: NULL: there is none. */
struct our_event *ours_find(const struct ours *ours, slice_t store, slice_t name);

void ours_deinit(struct ours *ours);

#endif
