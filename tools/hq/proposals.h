/* Proposals that wait for a second person: DIR/proposals/ID, each a record with its first
 * signature, ID being the first 12 hex digits of SHA-256(body). They are no part of the ledger: a
 * lost one is made again. */
#ifndef TOOLS_HQ_PROPOSALS_H
#define TOOLS_HQ_PROPOSALS_H

#include <jansson.h>

#include "clearing/base/fault.h"
#include "clearing/crypto/digest.h"
#include "proto/codec/hq.h"

#define PROPOSAL_ID_SIZE  13
#define PROPOSAL_WORD_MAX 256

/* One that was read. The slices of record and body point into bytes. */
struct proposal {
    char id[PROPOSAL_ID_SIZE];
    uint8_t bytes[HQ_RECORD_BYTES_MAX];
    size_t len;
    struct hq_record record;
    struct hq_body body;
};

/* Keep one: after true it is on the disk. Out: its id. */
bool proposals_put(const char *dir, slice_t record, slice_t body, char ret_id[PROPOSAL_ID_SIZE],
                   struct fault *ret_fault) MUST_USE;

/* Read one. Returns: false with ret_fault when there is none or its bytes are not those that its
 * name was made of. */
bool proposals_read(const char *dir, const char *id, struct proposal *ret_proposal,
                    struct fault *ret_fault) MUST_USE;

/* The ids, as a JSON array of strings, sorted; the caller gives it back. */
json_t *proposals_list(const char *dir);

/* An instant from `from_ms` on, later than those of all that wait: no two have the same. */
int64_t proposals_next_ms(const char *dir, int64_t from_ms);

/* A set: proposals that one word approves, in its order; it is named after its first one and lies
 * beside them as ID.set. Keep one of `ids` (JSON strings, at least one). Out: its id. */
bool proposals_put_set(const char *dir, const json_t *ids, char ret_id[PROPOSAL_ID_SIZE],
                       struct fault *ret_fault) MUST_USE;

/* The ids of a set, those too that are done with. Returns: NULL with ret_fault; the caller gives it
 * back. */
json_t *proposals_read_set(const char *dir, const char *id, struct fault *ret_fault);

/* The ids of the sets, as proposals_list. */
json_t *proposals_list_sets(const char *dir);

/* A set is done with: its proposals are not. */
void proposals_remove_set(const char *dir, const char *id);

/* Does a proposal still wait? */
bool proposals_waits(const char *dir, const char *id);

bool proposals_remove(const char *dir, const char *id, struct fault *ret_fault) MUST_USE;

/* What it does, in words. */
void proposals_words(const struct hq_body *body, char ret_words[PROPOSAL_WORD_MAX]);

#endif
