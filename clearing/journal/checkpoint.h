/* Checkpoints: what the daemon signs about the head of its journal. Each receipt rests on one, and
 * the newest, kept in two slots beside the journal, is what a start compares the journal with: the
 * journal's engine can lose its newest commits to one flipped bit without saying so.
 *
 * A signed checkpoint is these bytes, integers big-endian:
 *
 *     offset  size
 *          0     2  format, 1
 *          2    32  network id
 *         34     8  size: records in the tree, below 2^63
 *         42    32  root of the tree of this size
 *         74     8  epoch of the writer
 *         82     8  time, ms since 1970-01-01T00:00Z, below 2^63
 *         90    32  id of the signing key
 *        122    64  Ed25519 signature (domain SIGN_CHECKPOINT) over the first 90 bytes */
#ifndef CLEARING_JOURNAL_CHECKPOINT_H
#define CLEARING_JOURNAL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/sign.h"
#include "clearing/journal/merkle.h"

#define CHECKPOINT_FORMAT     1
#define CHECKPOINT_BODY_LEN   90
#define CHECKPOINT_SIGNED_LEN (CHECKPOINT_BODY_LEN + SIGN_KEY_ID_LEN + SIGN_SIGNATURE_LEN)

struct checkpoint {
    uint8_t network[SIGN_NETWORK_LEN];
    uint64_t size;
    uint8_t root[MERKLE_HASH_LEN];
    uint64_t epoch;
    int64_t time_ms; /* not negative */
};

/* Sign, and verify what was signed: a computing error that gives a wrong signature may give the
 * private key away. Any thread. Out: ret_bytes. */
void checkpoint_sign(const struct checkpoint *checkpoint,
                     const struct sign_key *key,
                     uint8_t ret_bytes[CHECKPOINT_SIGNED_LEN]);

/* Read the form only, without trust. Out: ret_checkpoint, ret_key_id (may be NULL).
 * Returns: false with ret_fault set when the bytes have not this form. */
MUST_USE bool checkpoint_decode(slice_t bytes,
                                struct checkpoint *ret_checkpoint,
                                uint8_t ret_key_id[SIGN_KEY_ID_LEN],
                                struct fault *ret_fault);

/* Read a checkpoint and verify that this key signed it for this network. Takes anything.
 * Returns: false with ret_fault set; ret_checkpoint is untouched then. */
MUST_USE bool checkpoint_verify(slice_t bytes,
                                const uint8_t public[SIGN_PUBLIC_LEN],
                                const uint8_t network[SIGN_NETWORK_LEN],
                                struct checkpoint *ret_checkpoint,
                                struct fault *ret_fault);

/* The two slots, the files checkpoint.0 and checkpoint.1 of the data folder. Each write goes to the
 * older one, so that a crash within a write leaves the newer. One thread. */
struct checkpoint_slots;

/* Open the slots of a data folder; they are made where they are missing unless read_only.
 * Whoever makes a journal writes the checkpoint of size 0 before the first record, since a journal
 * with records and without a checkpoint is refused at its next start.
 * Returns: NULL with ret_fault set when they cannot be opened, or when something was written and
 * no slot is whole. The caller closes. */
struct checkpoint_slots *
checkpoint_slots_open(const char *dir, bool read_only, struct fault *ret_fault);
void checkpoint_slots_close(struct checkpoint_slots *slots); /* accepts NULL */

/* Returns: the newest whole checkpoint, CHECKPOINT_SIGNED_LEN bytes whose signature has yet to be
 * verified; NULL where none was ever written. Valid until the next write. */
const uint8_t *checkpoint_slots_newest(const struct checkpoint_slots *slots);

/* Returns: is one of the slots damaged or lost? True after a crash within a write, so it is worth a
 * line in the log and no more. Out: *ret_number, which. */
bool checkpoint_slots_damaged(const struct checkpoint_slots *slots, unsigned *ret_number);

/* Write a signed checkpoint: true means that it is on the disk. After a failure the slots refuse
 * all later writes, because what a second sync says about the first is not to be trusted. */
MUST_USE bool checkpoint_slots_write(struct checkpoint_slots *slots,
                                     const uint8_t bytes[CHECKPOINT_SIGNED_LEN],
                                     struct fault *ret_fault);

#endif
