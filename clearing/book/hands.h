/* Hands: who signed a headquarters' record, and may he? Every refusal begins with its name:
 * UNKNOWN_KEY, HAS_LEFT, WRONG_ROLE, SAME_PERSON, BAD_SIGNATURE, ONE_HAND, SECOND_HAND, TOO_OLD,
 * FUTURE, ALREADY_APPLIED, NO_PEOPLE, NUMBER. Internal to clearing/book. One thread. */
#ifndef CLEARING_BOOK_HANDS_H
#define CLEARING_BOOK_HANDS_H

#include "clearing/book/book.h"

/* One record on its way into the book. */
struct hq_door {
    struct book *book;
    struct hq_record record;
    struct hq_body body;
    int64_t received_ms;
    struct writer *results;
};

/* Are a record's number and signatures those that its type needs? Without people headquarters' key
 * signs whatever needs one person; with them it only appoints people.
 * Returns: false with ret_fault. */
bool hands_check(const struct hq_door *door, struct fault *ret_fault) MUST_USE;

/* The same of a proposal: a body of number 0 with the first signature. `second` may be NULL: who is
 * to approve; then also whether he may. */
bool hands_check_proposal(const struct hq_door *door, const struct person *second,
                          struct fault *ret_fault) MUST_USE;

/* Take an operator record: appoint, give other roles or another key, or let go. */
bool hands_apply_operator(struct hq_door *door, struct fault *ret_fault) MUST_USE;

#endif
