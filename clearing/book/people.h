/* People: who acts for headquarters, with which key and roles, and which bodies of two people have
 * counted. Who has left stays in the list. One thread. */
#ifndef CLEARING_BOOK_PEOPLE_H
#define CLEARING_BOOK_PEOPLE_H

#include "clearing/base/spool.h"
#include "clearing/crypto/sign.h"

/* A proposal is good for so long after it was made. */
#define PROPOSAL_AGE_MAX_MS (30LL * 86400000)

struct person {
    code_t code;
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint32_t roles; /* enum role_bit; 0: has left */
};

/* A body that two people signed and that has counted. */
struct counted {
    uint8_t digest[DIGEST_LEN];
    int64_t created_ms;
};

struct people {
    struct person *list; /* in the order of their appointment */
    uint32_t count;
    uint32_t capacity;
    struct counted *counted; /* in the order in which they counted */
    uint32_t counted_count;
    uint32_t counted_capacity;
};

/* NULL: nobody. Valid until the next people_put. */
const struct person *people_find(const struct people *people, slice_t code);
const struct person *people_of_key(const struct people *people,
                                   const uint8_t key_id[SIGN_KEY_ID_LEN]);

/* Appoint a person, or replace the one of this code. */
void people_put(struct people *people, const struct person *person);

/* Has a body counted? */
bool people_has_counted(const struct people *people, const uint8_t digest[DIGEST_LEN]);

/* Note one that counts now, and forget those that would be too old at `now_ms` anyhow. */
void people_count(struct people *people, const struct counted *counted, int64_t now_ms);

/* Write them; read them into empty ones. False: the bytes are bad. */
void people_save(const struct people *people, struct spool *spool);
bool people_load(struct people *people, struct reader *reader) MUST_USE;

void people_deinit(struct people *people);

/* What a person's key signs (SIGN_PERSON) to prove that he holds it: key and code. Returns: its
 * length. */
#define PEOPLE_PROOF_MAX (SIGN_PUBLIC_LEN + CODE_LEN_MAX)
size_t people_proof(const uint8_t public_key[SIGN_PUBLIC_LEN], slice_t code,
                    uint8_t ret_proof[PEOPLE_PROOF_MAX]);

#endif
