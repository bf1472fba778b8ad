/* Headquarters' answer to a store's dispute, by two people (rule 52 in clearing/CHOICES.md).
 * Refusals begin with their name: UNKNOWN_DISPUTE, ANSWERED. Internal to clearing/book. One
 * thread. */
#ifndef CLEARING_BOOK_ANSWER_H
#define CLEARING_BOOK_ANSWER_H

#include "clearing/book/hands.h"

/* Would it be taken now? False with ret_fault. */
bool answer_check(const struct hq_door *door, struct fault *ret_fault) MUST_USE;
/* Take it: what stands is claimed again in the open cycle. */
bool answer_apply(struct hq_door *door, struct fault *ret_fault) MUST_USE;

#endif
