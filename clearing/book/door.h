/* The door of a batch: what is found out about a signed batch before the book may take it. Reading
 * and checking look at its bytes alone, so another thread can do them; only the book knows whose
 * key it is and where the batch stands. */
#ifndef CLEARING_BOOK_DOOR_H
#define CLEARING_BOOK_DOOR_H

#include "clearing/base/fault.h"
#include "clearing/crypto/sign.h"
#include "clearing/terms/registry.h"
#include "proto/codec/decode.h"

struct batch_door {
    slice_t bytes; /* the caller's: they stay in place until the batch has been taken */
    struct signed_batch signed_batch;
    struct batch batch;
    store_t store; /* whose key it is, as the book says (book_admit) */
    /* from door_check: */
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of the body */
    bool sound;                 /* all its events are well formed */
    struct decode_fault unsound;
    uint32_t event_count;
    uint64_t *members; /* of its events, 0: none; room for BATCH_EVENTS_MAX, the caller's */
    /* from door_verify: */
    bool genuine;
    uint8_t key[SIGN_PUBLIC_LEN]; /* that it was verified with */
};

/* Read the wrapping and the header; door->members is kept, all else is set.
 * Returns: false with ret_fault: it is malformed. */
bool door_read(slice_t bytes, struct batch_door *door, struct fault *ret_fault) MUST_USE;

/* Hash the body and look at every event; `scratch` is overwritten. Any thread. */
void door_check(struct batch_door *door, struct event *scratch);

/* Verify the signature with a key, after door_check. Any thread. */
void door_verify(struct batch_door *door, const uint8_t key[SIGN_PUBLIC_LEN]);

#endif
