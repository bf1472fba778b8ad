/* Settling what hangs in suspense (rule 33): two people have the event tried again, say who bears
 * it, or that its store gave back what it took. Internal to clearing/book. One thread. */
#ifndef CLEARING_BOOK_SETTLE_H
#define CLEARING_BOOK_SETTLE_H

#include "clearing/book/hands.h"

/* Does the item still hang as it did when it was proposed, and may it end in this way? Nothing
 * changes. Returns: false with ret_fault, which begins with a name: NOT_IN_SUSPENSE, WAITING,
 * MOVED_ON, OVER_AMOUNT, or the outcome of an event that would be refused again. */
bool settle_check(const struct hq_door *door, struct fault *ret_fault) MUST_USE;

/* Check and apply. The results are in book->results, as a batch's of this one event. */
bool settle_apply(struct hq_door *door, struct fault *ret_fault) MUST_USE;

#endif
