/* Inside of a struct ledger, for this folder only: everyone else sees ledger.h. */
#ifndef CLEARING_LEDGER_INSIDE_H
#define CLEARING_LEDGER_INSIDE_H

#include "clearing/ledger/ledger.h"

struct ledger {
    struct book book;
    struct journal *journal;
    struct journal_reader *reader; /* the writer's */
    struct journal_reader *proofs; /* of the committing thread */
    struct checkpoint_slots *slots;
    const struct sign_key *key;
    char *dir;
    uint64_t epoch;
    struct ledger_group groups[2];
    struct ledger_group *gathering;
    struct ledger_group *under_way; /* NULL: none */
    uint64_t next;                  /* index of the next record */
    uint8_t checkpoint[CHECKPOINT_SIGNED_LEN]; /* the newest written */
    uint64_t checkpoint_size;
    struct ledger_opening opening;
    struct fault passed_over;
    uint8_t *results; /* scratch for one record's results */
    uint64_t *members; /* scratch for one batch's door */
};

/* The record of an index in a group (NULL: none); NULL: not there. */
const slice_t *ledger_in_group(const struct ledger_group *group, uint64_t index);

/* A record by its index, durable or not (the book's source; the context is the ledger). */
slice_t ledger_fetch(void *context, uint64_t index);

/* Sign a checkpoint of everything durable and write it. */
bool ledger_write_checkpoint(struct ledger *ledger, int64_t now_ms,
                             struct fault *ret_fault) MUST_USE;

#endif
