/* The book: everything that the journal's records make, as a pure function of them. The daemon
 * applies records as it writes them, an auditor as he reads them; both get the same results, byte
 * for byte.
 * One thread. */
#ifndef CLEARING_BOOK_BOOK_H
#define CLEARING_BOOK_BOOK_H

#include "clearing/book/door.h"
#include "clearing/book/past_index.h"
#include "clearing/book/people.h"
#include "clearing/book/roles.h"
#include "clearing/report/board.h"
#include "clearing/report/report.h"
#include "clearing/report/suspense.h"
#include "proto/codec/hq.h"

/* A store's stream of batches, and the keys that may write it. */
struct stream {
    bool has_key;
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t transport_key[32]; /* CURVE */
    uint64_t next;             /* sequence of the next batch, from 1 */
    uint8_t last[DIGEST_LEN];  /* SHA-256 of the last body; zeros: none */
    uint64_t frozen_from;      /* sequence; 0: not frozen */
    uint64_t evidence;         /* record of the equivocation that froze it; 0: none did */
    uint64_t *records;         /* by sequence - first_record: the record of each batch */
    uint64_t first_sequence;   /* of records[0]; grows by an unfreeze that skips */
    uint32_t record_count;
    uint32_t record_capacity;
};

struct cycle {
    code_t id;
    day_t from; /* booked days, inclusive */
    day_t to;
    uint64_t first_record;
    uint64_t close_record;
    uint32_t missing; /* what was missing when it closed (report/board.h); 0: complete */
    uint32_t incomplete_len;
    char incomplete[REASON_LEN_MAX + 1]; /* why it closed all the same */
};

/* So many bytes of results a close's deadline keeps: they are one group of the journal with it. A
 * short sale takes about a hundred. */
#define DEADLINE_RESULTS_MAX (16U << 20)

/* A part of an opening: its record, and SHA-256 of the part. */
struct book_part {
    uint64_t record;
    uint8_t digest[DIGEST_LEN];
};

struct book;

/* Hears of every event that is cleared and of every lot that ends with a day, as the rules tell the
 * book, and of the board of every cycle as it stood when its close came; book->records is the
 * record's index. Any function may be NULL. */
struct book_listener {
    void *context;
    void (*cleared)(void *context, const struct book *book, const struct cleared *cleared);
    void (*expired)(void *context, const struct book *book, const struct expired *expired);
    void (*closing)(void *context, const struct cycle *cycle, const struct board *board);
};

struct book {
    struct state state;
    struct apply apply;
    struct past_index past;
    uint64_t records; /* applied */
    bool begun;       /* the init record has been applied */
    uint8_t network[SIGN_NETWORK_LEN];
    uint8_t hq_key[SIGN_PUBLIC_LEN];
    uint8_t ledger_key[SIGN_PUBLIC_LEN];
    code_t alliance;
    bool test_clock;
    int64_t clock_ms;   /* the last received_at; a test network's clock */
    uint64_t hq_number; /* of the last headquarters' record of one person */
    struct people people;
    uint64_t *rules;    /* the records that made the registry and the terms */
    uint32_t rule_count;
    uint32_t rule_capacity;
    struct stream *streams; /* by store number */
    uint32_t stream_capacity;
    struct cycle *cycles; /* closed ones */
    uint32_t cycle_count;
    uint32_t cycle_capacity;
    day_t cycle_from;            /* of the open cycle */
    uint64_t cycle_first_record;
    bool sweep_owed;              /* a range of the sweep comes before the next batch */
    struct report_events refused; /* of the open cycle */
    struct report_events late;
    struct report_adjustments adjustments;
    struct suspense suspense; /* of all cycles */
    struct book_part *parts; /* of an opening, that no seal has named */
    uint32_t part_count;
    uint32_t part_capacity;
    size_t deadline_room; /* DEADLINE_RESULTS_MAX; less in tests alone, as a replay must agree */
    bool events_in_hq; /* the last headquarters' record held an event, its results are these */
    bool deadline;       /* a close asks what waits for the last time */
    bool results_follow; /* the last headquarters' record was a close that accepted events: their
                            results follow it in continuation records */
    struct results_stream results;
    struct event event; /* scratch */
    /* Told of a closing cycle before its figures are cleared; may be NULL. */
    void (*on_close)(void *context, const struct cycle *cycle, const struct report *report);
    void *on_close_context;
    struct book_listener listener;
};

/* An empty book. `source` gives records back by index. */
void book_init(struct book *book, struct record_source source);
void book_deinit(struct book *book);

/* The stream of a store (made when it is new). */
struct stream *book_stream(struct book *book, store_t store);
/* The store of a key id; STORE_NONE: no key that is approved now. */
store_t book_store_of_key(const struct book *book, const uint8_t key_id[SIGN_KEY_ID_LEN]);

/* The board of the open cycle. There are terms. */
void book_board(const struct book *book, struct board *ret_board);

/* Drop the day totals that no event can change any more and that the open cycle does not need. */
void book_forget_totals(struct book *book);

/* --- as bytes (book_image.c) --- */

/* Write the whole book as it stands after book->records records. Books that applied the same
 * records write the same bytes, whatever happened between (reading figures, saving, loading). */
void book_save(const struct book *book, struct spool *spool);

/* Read what book_save wrote into a book that is as book_init left it. The registry and the terms
 * are made again from their records, which the book's source must have.
 * Returns: false with ret_fault; the book can only be freed then. */
bool book_load(struct book *book, struct reader *reader, struct fault *ret_fault) MUST_USE;

/* SHA-256 of what book_save writes: what two who hold the same journal must agree on. */
void book_digest(const struct book *book, uint8_t ret_digest[DIGEST_LEN]);

/* Make the registry or the terms of an apply record again; it was accepted once. */
bool book_restore_rules(struct book *book, uint64_t index, struct fault *ret_fault) MUST_USE;

/* --- batches --- */

typedef enum {
    VERDICT_TAKE,        /* in order: apply it */
    VERDICT_RESEND,      /* taken before: same body at *ret_record */
    VERDICT_EXPECT,      /* not now; *ret_reason says why */
    VERDICT_EQUIVOCATION /* another body was signed for this sequence */
} verdict_t;

/* Whose is a batch that was read? Sets door->store.
 * Returns: false with *ret_reason (WRONG_NETWORK, UNKNOWN_KEY, WRONG_STORE) and a text. */
bool book_admit(const struct book *book, struct batch_door *door, int *ret_reason,
                struct fault *ret_fault) MUST_USE;

/* The key of the store of a batch that was admitted. */
const uint8_t *book_key(const struct book *book, const struct batch_door *door);

/* Is the signature of a checked batch that of the key that its store has now? Verifies again when
 * it was verified with another (or not yet). */
bool book_verify_batch(const struct book *book, struct batch_door *door) MUST_USE;

/* Where a batch stands in its store's stream. Out: *ret_record (RESEND, EQUIVOCATION: the record
 * that has the sequence), *ret_reason (EXPECT: GAP, FROZEN; see proto/codec/frame.h). */
verdict_t book_judge_batch(struct book *book, const struct batch_door *door, uint64_t *ret_record,
                           int *ret_reason);

/* Apply a sound batch that VERDICT_TAKE was said of, as the next record. Its results are in
 * book->results. */
void book_apply_batch(struct book *book, const struct batch_door *door, int64_t received_ms);

/* Freeze a store for an equivocation that is journaled as the next record (kind EVIDENCE). */
void book_apply_evidence(struct book *book, const struct batch_door *door, int64_t received_ms);

/* --- days --- */

/* The business day of an instant under the terms now in force. */
day_t book_day(const struct book *book, int64_t at_ms);
/* Is a day-end due before something received at this instant? (There are terms, and the instant
 * lies on a later day than the open one.) */
bool book_day_due(const struct book *book, int64_t received_ms);
/* Apply a day-end as the next record: `day` is the new open day, no sweep runs. Results: the
 * day. */
void book_apply_day_end(struct book *book, day_t day, int64_t received_ms, struct writer *results);

/* For so many days after a cycle's last may its lines be disputed now. */
static inline int32_t book_dispute_days(const struct book *book)
{
    const struct state *state = &book->state;

    return state->terms_count == 0 ? DISPUTE_DAYS
                                   : state_terms(state, state->open_day)->dispute_days;
}

/* Does the sweep of a day-end run (clearing/apply/state.h)? Until it has ended, no day-end and no
 * close may come, and before each batch comes a range of it. */
static inline bool book_sweeps(const struct book *book)
{
    return book->state.sweep.runs;
}

/* The payload of a sweep record of the next `ranges` (1 to those left): the last day that ended (4
 * bytes), then the first and the last hash that are swept (8 bytes each), big-endian. */
#define BOOK_SWEEP_LEN 20
void book_sweep_payload(const struct book *book, uint64_t ranges,
                        uint8_t ret_payload[BOOK_SWEEP_LEN]);
/* How many ranges a record's payload sweeps; 0: it is not one that may come next. */
uint64_t book_sweep_ranges(const struct book *book, slice_t payload);
/* Sweep the next `ranges` as the next record. Results: how many lots ended, and the sum of the
 * claims for them in fen as two halves, high first. */
void book_apply_sweep(struct book *book, uint64_t ranges, int64_t received_ms,
                      struct writer *results);

/* --- headquarters --- */

/* Do these bytes ask for a cycle to be closed, or an event to be undone or tried again? The sweep
 * has to end before them: a close sums over all members, and looking at what a reversal would do
 * must leave no mark, even where it is refused. */
bool book_hq_after_sweep(slice_t bytes);

/* Check and apply a headquarters' record (kind INIT or HQ) as the next one. Results of a close: the
 * nets.
 * Returns: false with ret_fault (what, where, what to do), nothing has changed then. */
bool book_apply_hq(struct book *book, slice_t bytes, int64_t received_ms, struct writer *results,
                   struct fault *ret_fault) MUST_USE;

/* Compose the reversal of an event for a proposal made at an instant (apply.h). Out: *ret_reverse,
 * whose bytes hold until the next call in this thread.
 * Returns: false with ret_fault, which begins with the outcome's name. */
bool book_compose_reversal(struct book *book, const struct event_ref *of, int64_t at_ms,
                           struct hq_reverse *ret_reverse, struct fault *ret_fault) MUST_USE;

/* An event in suspense as its store signed it, for a proposal to settle it. Out: *ret_item, whose
 * bytes hold until the next call in this thread.
 * Returns: false with ret_fault, which begins with a name (NOT_IN_SUSPENSE, WAITING, BUSY). */
bool book_compose_suspense(struct book *book, const struct event_ref *of,
                           struct hq_reverse *ret_item, struct fault *ret_fault) MUST_USE;

/* Would a record of number 0 that has only its first signature be applied now, if a second person
 * approved it? `second` may be NULL: whoever. Changes nothing.
 * Returns: false with ret_fault, which begins with the name of the refusal. */
bool book_check_proposal(struct book *book, slice_t bytes, const struct person *second,
                         int64_t received_ms, struct fault *ret_fault) MUST_USE;

#endif
