/* Corrections: what two people at headquarters add to or undo in the open cycle. Internal to
 * clearing/book. One thread. */
#ifndef CLEARING_BOOK_CORRECT_H
#define CLEARING_BOOK_CORRECT_H

#include "clearing/book/hands.h"

/* Check an adjustment; nothing changes. False with ret_fault. */
bool correct_check_adjust(const struct hq_door *door, struct fault *ret_fault) MUST_USE;

/* Is a reversal still exactly what stands of its original? Nothing changes.
 * Returns: false with ret_fault (MOVED_ON). */
bool correct_check_reverse(const struct hq_door *door, struct fault *ret_fault) MUST_USE;

/* Check and apply. The results of a reversal are in book->results, as a batch's. */
bool correct_adjust(struct hq_door *door, struct fault *ret_fault) MUST_USE;
bool correct_reverse(struct hq_door *door, struct fault *ret_fault) MUST_USE;

#endif
