/* The past in memory: the history of a simulation (the journal's stand-in behind struct
 * history). */
#ifndef TOOLS_SIMULATE_PAST_H
#define TOOLS_SIMULATE_PAST_H

#include "clearing/apply/apply.h"

struct past_entry {
    store_t store;
    code_t terminal;
    uint64_t number;
    uint64_t seq; /* 0: waiting, or refused after it had waited */
    slice_t event;    /* the caller's bytes, which outlive this */
    uint8_t *results; /* owned */
    uint32_t result_len;
};

struct past_memory {
    const struct registry *registry;
    struct past_entry *entries;
    uint32_t count;
    uint32_t capacity;
    struct map by_ref; /* waiting_key of a spent number -> entry + 1 */
    struct map by_seq; /* sequence -> entry + 1 */
};

/* The interface that the rules ask; `past` must outlive it. */
struct history past_history(struct past_memory *past);

/* Take in what became of an event: accepted and waiting ones are kept, a waiting one that was
 * refused is forgotten. */
void past_note(struct past_memory *past, const struct cleared *cleared);

/* Which event was accepted under a sequence number. */
const struct past_entry *past_at(const struct past_memory *past, uint64_t seq);

void past_deinit(struct past_memory *past);

#endif
