/* The outbox: every event that the store has handed over, and what became of it, on the disk before
 * anything is sent. SQLite (WAL, synchronous=FULL), seen by outbox*.c only; the file is
 * DIR/outbox.db.
 *
 * An event is one row: (terminal, number, canonical bytes). The same number with other bytes is
 * another row: which of them the number belongs to is for the ledger to say. A row is queued
 * (sequence 0, outcome none), in a batch (sequence, outcome none) or answered (outcome).
 * A batch's body never changes; it is kept after its receipt, so that a store can send it again to
 * a headquarters that lost its disk.
 *
 * Several processes may have an outbox open; changes are made between outbox_begin and
 * outbox_commit. One thread a handle. Functions that return bool with ret_fault return false when
 * the file cannot be read or written (full disk, damage): the transaction is then to be given up
 * with outbox_rollback. */
#ifndef TOOLS_NODE_OUTBOX_H
#define TOOLS_NODE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/sign.h"
#include "clearing/facts/outcome.h"
#include "proto/codec/encode.h"

struct outbox;

/* Open or make the outbox of one store of one network.
 * Returns: NULL with ret_fault set, also when the file is another store's; the caller closes. */
struct outbox *outbox_open(const char *path, const uint8_t network[SIGN_NETWORK_LEN], slice_t store,
                           struct fault *ret_fault);
void outbox_close(struct outbox *outbox); /* accepts NULL; gives an open transaction up */

/* Begin to change. Waits for other processes for some seconds. */
bool outbox_begin(struct outbox *outbox, struct fault *ret_fault) MUST_USE;
/* The same for what can be had again: its commit does not wait for the disk, and a power cut may
 * take it, until the commit of a later outbox_begin is on the disk, and all before with it. */
bool outbox_begin_light(struct outbox *outbox, struct fault *ret_fault) MUST_USE;
/* After true everything since outbox_begin is on the disk; after false none of it. */
bool outbox_commit(struct outbox *outbox, struct fault *ret_fault) MUST_USE;
void outbox_rollback(struct outbox *outbox); /* also where there is no transaction */

/* --- events --- */

struct outbox_event {
    int64_t id;
    uint64_t sequence; /* of its batch, 0: queued */
    outcome_t outcome; /* OUTCOME_NONE: not answered yet */
    outcome_t reason;  /* WAITING: for what */
    bool fresh;        /* outbox_add_event made it */
};

/* Find the event with exactly these bytes, or queue it as a new one (then an answered one of the
 * same number is superseded: listed and retried no longer). `file` and `line` say where it was
 * read. In a transaction. */
struct outbox_source {
    const char *file;
    uint32_t line;
    bool ask; /* a refusal settles it: it is neither listed as refused nor retried */
};
bool outbox_add_event(struct outbox *outbox, slice_t terminal, uint64_t number, slice_t bytes,
                      const struct outbox_source *source, struct outbox_event *ret_event,
                      struct fault *ret_fault) MUST_USE;

/* Find the event with exactly these bytes. Out: *ret_event without `fresh`; id 0: there is none. */
bool outbox_find_same(struct outbox *outbox, slice_t terminal, uint64_t number, slice_t bytes,
                      struct outbox_event *ret_event, struct fault *ret_fault) MUST_USE;

/* Find the event to which a number belongs as far as is known here: one that is not refused, else
 * the one that came last. Out: *ret_event without `fresh`; id 0: there is none. */
bool outbox_find_number(struct outbox *outbox, slice_t terminal, uint64_t number,
                        struct outbox_event *ret_event, struct fault *ret_fault) MUST_USE;

/* Take an event out again that is queued, and in no batch. In a transaction. */
bool outbox_withdraw(struct outbox *outbox, int64_t id, struct fault *ret_fault) MUST_USE;

/* Out: *ret_count of the events without an outcome; *ret_since_s, when the first of them came, in
 * seconds since 1970; 0: there is none, or it is not known. */
bool outbox_pending(struct outbox *outbox, uint64_t *ret_count, int64_t *ret_since_s,
                    struct fault *ret_fault) MUST_USE;

/* The number for a till's own receipt text: the one given before, or the terminal's highest known
 * plus one. In a transaction. Out: *ret_number, 0 when the terminal has no number left. */
bool outbox_number(struct outbox *outbox, slice_t terminal, slice_t receipt, uint64_t *ret_number,
                   struct fault *ret_fault) MUST_USE;

/* What became of an event. Out: *ret_event without `fresh`; id 0 where there is none. */
bool outbox_find_event(struct outbox *outbox, int64_t id, struct outbox_event *ret_event,
                       struct fault *ret_fault) MUST_USE;

/* Queue an answered event again. In a transaction. */
bool outbox_requeue_event(struct outbox *outbox, int64_t id, struct fault *ret_fault) MUST_USE;

/* What became of a waiting event (or of a DUPLICATE, whose first copy may wait). In a transaction.
 * An event that is neither is left alone. */
bool outbox_settle_waiting(struct outbox *outbox, slice_t terminal, uint64_t number,
                           outcome_t outcome, outcome_t reason, struct fault *ret_fault) MUST_USE;

enum outbox_list {
    OUTBOX_PENDING,   /* queued or in a batch without a receipt */
    OUTBOX_WAITING,   /* WAITING */
    OUTBOX_UNSETTLED, /* WAITING and DUPLICATE: may change at headquarters */
    OUTBOX_REFUSED,   /* refused and not superseded */
};

struct outbox_entry {
    int64_t id;
    slice_t terminal;
    uint64_t number;
    slice_t bytes; /* of the event */
    uint64_t sequence;
    outcome_t outcome;
    outcome_t reason;
    const char *file;
    uint32_t line;
    int64_t added_s; /* since 1970, by this machine's clock; 0: not known */
};

/* Walk a list from ids above `after` on, at most `max` entries; visit returns false to end early.
 * Entries live during the visit, which must not use the outbox. */
typedef bool outbox_visit_t(void *context, const struct outbox_entry *entry);
bool outbox_walk(struct outbox *outbox, enum outbox_list list, int64_t after, uint32_t max,
                 outbox_visit_t *visit, void *context, struct fault *ret_fault) MUST_USE;

/* Walk the events that were taken from a file, in the order in which they were. The file is named
 * as `publish` was given it, or by its name without folders. */
bool outbox_walk_file(struct outbox *outbox, const char *file, outbox_visit_t *visit, void *context,
                      struct fault *ret_fault) MUST_USE;

struct outbox_counts {
    uint64_t queued;
    uint64_t sent; /* in a batch without a receipt */
    uint64_t accepted;
    uint64_t waiting;
    uint64_t duplicate;
    uint64_t refused; /* not superseded */
};

bool outbox_count(struct outbox *outbox, struct outbox_counts *ret_counts,
                  struct fault *ret_fault) MUST_USE;

/* --- where a watched file has been read up to --- */

struct outbox_place {
    uint64_t offset;
    uint32_t line;
};

/* Out: *ret_place, zeros for a file that is not known. */
bool outbox_find_place(struct outbox *outbox, const char *file, struct outbox_place *ret_place,
                       struct fault *ret_fault) MUST_USE;
bool outbox_set_place(struct outbox *outbox, const char *file, const struct outbox_place *place,
                      struct fault *ret_fault) MUST_USE;

/* --- batches --- */

struct outbox_batch {
    uint64_t sequence; /* 0: none */
    uint8_t hash[DIGEST_LEN];
    uint8_t previous[DIGEST_LEN]; /* hash of the one that it follows */
    bool receipted;
    uint32_t event_count;
};

/* The batch with the highest sequence; sequence 0 where there is none. */
bool outbox_head(struct outbox *outbox, struct outbox_batch *ret_batch,
                 struct fault *ret_fault) MUST_USE;
bool outbox_find_batch(struct outbox *outbox, uint64_t sequence, struct outbox_batch *ret_batch,
                       struct fault *ret_fault) MUST_USE;
/* The highest batch with a receipt. */
bool outbox_last_receipted(struct outbox *outbox, struct outbox_batch *ret_batch,
                           struct fault *ret_fault) MUST_USE;
/* The first batch above `after` without a receipt. */
bool outbox_next_batch(struct outbox *outbox, uint64_t after, struct outbox_batch *ret_batch,
                       struct fault *ret_fault) MUST_USE;

struct outbox_cut {
    const uint8_t *network;
    slice_t store;
    uint64_t sequence;
    const uint8_t *previous;
    int64_t created_ms;
};

/* Put queued events into a new batch, in the order in which they came, as many as a body holds. In
 * a transaction. Out: *ret_batch, its sequence 0 when nothing is queued. */
bool outbox_cut_batch(struct outbox *outbox, const struct outbox_cut *cut,
                      struct outbox_batch *ret_batch, struct fault *ret_fault) MUST_USE;

/* Read a batch's body. Out: ret_body, BATCH_BODY_LEN_MAX bytes, and *ret_len. */
bool outbox_read_body(struct outbox *outbox, uint64_t sequence, uint8_t *ret_body,
                      uint32_t *ret_len, struct fault *ret_fault) MUST_USE;

/* All signatures that were ever made for a body are kept: the ledger may have journaled any. */
struct outbox_signature {
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];
};
#define OUTBOX_SIGNATURES_MAX 16

bool outbox_add_signature(struct outbox *outbox, uint64_t sequence,
                          const struct outbox_signature *signature,
                          struct fault *ret_fault) MUST_USE;
/* Out: the newest first; *ret_count of them. */
bool outbox_signatures(struct outbox *outbox, uint64_t sequence,
                       struct outbox_signature ret_signatures[OUTBOX_SIGNATURES_MAX],
                       uint32_t *ret_count, struct fault *ret_fault) MUST_USE;

/* A verified receipt and what it says of each event, in the order of the batch. */
struct outbox_receipt {
    uint64_t sequence;
    uint64_t index;       /* of the record */
    slice_t frame;        /* the receipt as it came, kept for later proofs */
    uint32_t event_count; /* the batch's */
    const uint8_t *outcomes;
    const uint8_t *reasons;
};

/* Mark a batch and its events. In a transaction. */
bool outbox_mark(struct outbox *outbox, const struct outbox_receipt *receipt,
                 struct fault *ret_fault) MUST_USE;

/* Headquarters has lost its batches from this one on: forget their receipts, so that they are sent
 * again. In a transaction. Out: *ret_count of those that had one. */
bool outbox_forget_receipts(struct outbox *outbox, uint64_t from, uint64_t *ret_count,
                            struct fault *ret_fault) MUST_USE;

/* Break up the batches from this one on: all their events are queued again. In a transaction. */
bool outbox_break_batches(struct outbox *outbox, uint64_t from, struct fault *ret_fault) MUST_USE;

/* --- the last checkpoint that a receipt rested on --- */

#define OUTBOX_CHECKPOINT_MAX 4096
/* Out: ret_bytes and *ret_len, 0 where there is none yet. */
bool outbox_checkpoint(struct outbox *outbox, uint8_t ret_bytes[OUTBOX_CHECKPOINT_MAX],
                       uint32_t *ret_len, struct fault *ret_fault) MUST_USE;
bool outbox_set_checkpoint(struct outbox *outbox, slice_t bytes, struct fault *ret_fault) MUST_USE;

#endif
