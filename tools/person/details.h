/* Details: what headquarters knows of a person beside the ledger: names, telephone numbers, bank
 * accounts. One file a subject, DIR/details/m-MEMBER.json or p-PARTICIPANT.json, mode 0600:
 *
 *     {"format":"allclear-details/1","subject":"B","salt":"<64 hex>","fields":{"name":"...",...}}
 *
 * The journal has only the digest of each version: SHA-256 over the salt's 32 bytes and the fields
 * as compact JSON with sorted keys. Erasing takes the file away; the journal, its proofs and
 * reports stay what they are. Nothing here is part of a backup of the ledger. One thread. */
#ifndef TOOLS_PERSON_DETAILS_H
#define TOOLS_PERSON_DETAILS_H

#include <jansson.h>

#include "clearing/base/fault.h"
#include "clearing/crypto/digest.h"

#define DETAILS_SUBJECT_SIZE 48

/* Whose details: a member (the number as the ledger has it) or a participant. */
struct subject {
    uint64_t member; /* 0: a participant */
    char code[DETAILS_SUBJECT_SIZE]; /* digits, or the participant's code */
};

/* What people write: a member's number, by a telephone number too (made a token with the alliance's
 * key in `dir`), or a participant's code.
 * Returns: false with ret_fault. */
bool subject_read(const char *dir, const char *text, struct subject *ret_subject,
                  struct fault *ret_fault) MUST_USE;

/* The fields of a subject, which the caller gives back. Out: their digest.
 * Returns: NULL where there is no file (*ret_fault untouched), or with ret_fault. */
json_t *details_read(const char *dir, const struct subject *subject,
                     uint8_t ret_digest[DIGEST_LEN], struct fault *ret_fault);

/* Write fields under a new salt, whole or not at all. Out: their digest. */
bool details_write(const char *dir, const struct subject *subject, const json_t *fields,
                   uint8_t ret_digest[DIGEST_LEN], struct fault *ret_fault) MUST_USE;

/* Returns: false with ret_fault when there are none. */
bool details_are_there(const char *dir, const struct subject *subject,
                       struct fault *ret_fault) MUST_USE;

/* Take the file away. Returns: false with ret_fault. */
bool details_remove(const char *dir, const struct subject *subject,
                    struct fault *ret_fault) MUST_USE;

#endif
