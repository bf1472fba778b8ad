/* The opening in the book: parts are kept by their records, and the seal brings the lots of all of
 * them into force, or is refused whole. Internal to clearing/book. One thread. */
#ifndef CLEARING_BOOK_OPENING_H
#define CLEARING_BOOK_OPENING_H

#include "clearing/book/hands.h"

/* Check and note a part: it has no effect before a seal names it. False with ret_fault. */
bool book_opening_part(struct hq_door *door, struct fault *ret_fault) MUST_USE;

/* Would the seal be applied? Nothing changes. False with ret_fault, which begins with the name of
 * the refusal, or with "lot N: " where one is to blame. */
bool book_opening_check(const struct hq_door *door, struct fault *ret_fault) MUST_USE;

/* Check and apply it. Results: how many lots. */
bool book_opening(struct hq_door *door, struct fault *ret_fault) MUST_USE;

#endif
