/* The past in the journal: where an event that has spent its number stands, found by its reference
 * or its sequence number (behind struct history). Sparse: one entry a batch and terminal, one a
 * record. One thread (the writer). */
#ifndef CLEARING_BOOK_PAST_INDEX_H
#define CLEARING_BOOK_PAST_INDEX_H

#include "clearing/book/results_stream.h"
#include "clearing/order/history.h"
#include "proto/codec/hq.h"

/* Who can give a record back by its index: the journal and the group that is not written yet. The
 * slice holds until the next fetch; an empty one is no record. */
struct record_source {
    void *context;
    slice_t (*fetch)(void *context, uint64_t index);
};

/* Numbers of one terminal in one record: first..last with whatever holes. */
struct past_run {
    uint64_t first;
    uint64_t last;
    uint64_t highest; /* the highest `last` of this run and all before it */
    uint64_t record;
};

struct past_terminal {
    store_t store;
    code_t code;
    struct past_run *runs; /* by first */
    uint32_t count;
    uint32_t capacity;
};

struct past_record {
    uint64_t first_seq; /* of the events accepted in it */
    uint64_t record;
};

/* The batch (or reversal, or close) that is being applied: no source has its record yet, and a
 * replay must not believe what the record says before it has been compared. */
struct past_current {
    bool open;
    uint64_t index;
    struct batch batch; /* header and events; of a reversal its one event */
    const struct results_stream *results; /* of its events so far */
};

/* A record of events (a batch, headquarters' reversal, settled suspense or close) as it was read:
 * kept, because refunds look at the same recent ones again. */
#define PAST_KEPT 512
struct past_kept {
    uint64_t record;
    bool hq;          /* it is headquarters' */
    uint8_t *payload; /* NULL: empty */
    uint32_t payload_len;
    uint32_t payload_capacity;
    uint8_t *results; /* the head, then the whole stream */
    uint32_t results_len;
    uint32_t results_capacity;
};

struct past_index {
    const struct registry *registry;
    struct record_source source;
    struct past_current current;
    struct past_terminal *terminals;
    uint32_t count;
    uint32_t capacity;
    struct map by_terminal; /* key -> terminal + 1 */
    uint32_t recent;        /* terminal + 1 that was noted last: mostly it is the next one too */
    struct past_record *records; /* with accepted events, rising */
    uint32_t record_count;
    uint32_t record_capacity;
    struct map released; /* waiting_key of an event that had waited -> record of its release + 1 */
    struct past_kept kept[PAST_KEPT]; /* by record; the slices of the last find point into one */
};

struct history past_index_history(struct past_index *past);

/* Take in what became of an event in record `record` (events of the batch and what they
 * release). Records rise. */
void past_index_note(struct past_index *past, const struct cleared *cleared, uint64_t record);

/* The name of an event by its sequence number. */
struct past_name {
    store_t store;
    code_t terminal;
    uint64_t number;
};
struct past_name past_index_name(struct past_index *past, uint64_t seq);

/* The accepted events of these sequence numbers (both inclusive; `from` has been given out; numbers
 * of an opening are of none), in order. `results` (effects/results.h) hold for the call, which asks
 * nothing else of the index. */
struct past_walk {
    uint64_t from;
    uint64_t to;
    void *context;
    void (*visit)(void *context, const struct past_name *name, slice_t results);
};
void past_index_walk(struct past_index *past, const struct past_walk *walk);

/* The first sequence number that was given out in `record` or after it; 0: none. */
uint64_t past_index_first_seq(const struct past_index *past, uint64_t record);

void past_index_deinit(struct past_index *past);

/* Write the index; read it into an empty one (past_image.c). False: the bytes are bad. */
void past_index_save(const struct past_index *past, struct spool *spool);
bool past_index_load(struct past_index *past, struct reader *reader) MUST_USE;

/* The entry of a terminal, made when it is new; valid until the next one is made. After runs have
 * been put in from outside, past_runs_settle. */
struct past_terminal *past_index_terminal(struct past_index *past, store_t store, slice_t code);
void past_runs_settle(struct past_terminal *terminal, uint32_t from);

#endif
