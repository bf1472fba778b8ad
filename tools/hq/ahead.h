/* Reading ahead: a thread that reads a journal's records in order before they are applied, compares
 * each with its hash, gathers the Merkle root, and looks at batches: hash, events, signature. What
 * needs the book (whose key it is, where a batch stands) is left to whoever applies them. */
#ifndef TOOLS_HQ_AHEAD_H
#define TOOLS_HQ_AHEAD_H

#include "clearing/book/door.h"
#include "clearing/journal/journal.h"

struct ahead_options {
    struct journal *journal;
    uint64_t records;                    /* to read, from the first on */
    bool signatures;                     /* verify those of batches, with keys that records name */
    struct checkpoint checkpoint;        /* whose root must come out */
};

/* One record that was read. */
struct ahead_record {
    struct record record;
    bool is_read; /* the door of a batch was read and checked */
    struct batch_door door;
};

struct ahead;
/* Returns: never NULL. The caller frees, at any time. */
struct ahead *ahead_new(const struct ahead_options *options);
void ahead_free(struct ahead *ahead); /* accepts NULL */

/* Wait for the next record, which is valid until it is released. Not after the last.
 * Returns: NULL with ret_fault, which names the record. */
struct ahead_record *ahead_next(struct ahead *ahead, struct fault *ret_fault);
void ahead_release(struct ahead *ahead);

/* After the last was released: the root of all records. */
void ahead_root(const struct ahead *ahead, uint8_t ret_root[MERKLE_HASH_LEN]);

#endif
