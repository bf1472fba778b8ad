/* Snapshots: the book as of one durable record, in a file, so that a start need not read the whole
 * journal. A snapshot is never the truth: one that is damaged, foreign or ahead of the journal is
 * passed over, and the journal makes everything again.
 *
 * DIR/state/INDEX.snapshot (INDEX: 20 digits, the records that it covers), in blocks of 4096 bytes:
 * the book's bytes (book_save), zeros up to the block, then the seal:
 *
 *     offset  size
 *          0    16  "allclear state 1"
 *         16     8  length of the book's bytes, big-endian
 *         24    32  SHA-256 of the book's bytes
 *         56   186  the signed checkpoint of exactly INDEX records (journal/checkpoint.h)
 *        242    64  Ed25519 signature (domain SIGN_STATE) by the same key over the first 242
 *        306        zeros
 *
 * Two are kept. Files are written around the page cache where the file system can, so that they do
 * not stand in the journal's way. */
#ifndef CLEARING_LEDGER_SNAPSHOT_H
#define CLEARING_LEDGER_SNAPSHOT_H

#include "clearing/book/book.h"
#include "clearing/journal/journal.h"

/* One that is being written; the caller's until it is sealed or abandoned. */
struct snapshot;

/* Told after each piece how much was written, so that the caller can wait (NULL: nobody). */
typedef void snapshot_pace_t(void *context, size_t written);

/* Write the book's bytes to DIR/state/new. They count for nothing before the seal.
 * Returns: NULL with ret_fault. */
struct snapshot *snapshot_begin(const char *dir, const struct book *book, snapshot_pace_t *pace,
                                void *context, struct fault *ret_fault);

/* Seal with the checkpoint of exactly the book's records, sync, give the file its name, remove all
 * but the newest two. Frees the snapshot.
 * Returns: false with ret_fault: there is no new snapshot. */
bool snapshot_seal(struct snapshot *take_snapshot,
                   const uint8_t checkpoint[CHECKPOINT_SIGNED_LEN], const struct sign_key *key,
                   struct fault *ret_fault) MUST_USE;
void snapshot_abandon(struct snapshot *take_snapshot); /* accepts NULL */

/* How many bytes have been written so far. */
uint64_t snapshot_len(const struct snapshot *snapshot);

/* Where to look, and what a good one must fit. */
struct snapshot_place {
    const char *dir;
    const uint8_t *network;
    const uint8_t *public_key;   /* of the ledger */
    struct record_source source; /* of the rules' records */
    uint64_t records;            /* durable ones: a snapshot may not cover more */
    /* The journal's root of so many records. NULL: only one that this process has sealed or loaded
     * is there, it need not be compared again. */
    bool (*root)(void *context, uint64_t size, uint8_t ret_root[MERKLE_HASH_LEN],
                 struct fault *ret_fault);
    void *context;
};

/* Load the newest good snapshot into the book, which is as book_init left it; without one it stays
 * so. At a start (with a root to compare) those that were passed over are put aside as NAME.bad
 * (and those of an earlier start removed), and what a crash left half written is removed.
 * Out: ret_notice, which snapshots were passed over and why ("" for none).
 * Returns: the records that it covers, 0 when there is none. */
uint64_t snapshot_load(const struct snapshot_place *place, struct book *book,
                       struct fault *ret_notice);

/* Make a snapshot beside a writer that goes on, as a start would come to it: load the newest, apply
 * the journal's records after it up to a durable checkpoint, comparing every result, and save. */
struct snapshot_task {
    const char *dir;
    struct journal *journal; /* it is only read from, by readers of the caller's thread */
    const uint8_t *network;
    const struct sign_key *key;
    uint8_t checkpoint[CHECKPOINT_SIGNED_LEN];
    snapshot_pace_t *pace;
    /* Called after each record that was applied; it may sleep. NULL: never rest. */
    void (*rest)(void *context);
    void *context;
    const bool *stop; /* set by another thread (atomically): give up */
};

/* Any thread. Returns: false with ret_fault (none: it was told to stop); a record whose results
 * differ is FAULT_STORE, and the writer must not go on. Out: *ret_len, of the book's bytes. */
bool snapshot_make(const struct snapshot_task *task, uint64_t *ret_len,
                   struct fault *ret_fault) MUST_USE;

#endif
