/* Replay: apply the journal's records again and compare everything that they carry: order, indices,
 * times, signatures (if asked), and the results byte for byte. A ledger opens with it; an auditor's
 * verdict is it. One thread. */
#ifndef CLEARING_LEDGER_REPLAY_H
#define CLEARING_LEDGER_REPLAY_H

#include "clearing/book/book.h"

struct replay {
    struct book *book;
    bool signatures;      /* verify those of batches too */
    uint64_t expected;    /* index of the next record */
    size_t stream_done;   /* of the last batch's results */
    bool stream_open;     /* continuation records are due */
    uint64_t batch_index; /* of that batch */
    uint8_t *results;     /* scratch */
    struct batch_door door; /* of a batch that nobody read ahead */
    struct batch_door *read_door; /* NULL: nobody did */
    uint64_t events;      /* in batches so far */
};

void replay_init(struct replay *replay, struct book *book, bool signatures);

/* Apply the next record and compare.
 * Returns: false with ret_fault, which names the record, what differs and why. */
bool replay_record(struct replay *replay, const struct record *record,
                   struct fault *ret_fault) MUST_USE;

/* The same for a batch whose door was read and checked by somebody who reads ahead (verified too,
 * with whatever key he thought right: the book decides whether it is). NULL: not a batch, or not
 * read. */
bool replay_record_read(struct replay *replay, const struct record *record,
                        struct batch_door *door, struct fault *ret_fault) MUST_USE;

/* The journal ends here: nothing may be half written. */
bool replay_finish(const struct replay *replay, struct fault *ret_fault) MUST_USE;

void replay_deinit(struct replay *replay);

#endif
