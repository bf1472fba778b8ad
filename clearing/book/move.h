/* Members that move to another number, by two people (rule 53 in clearing/CHOICES.md). Refusals
 * begin with their name: UNKNOWN_MEMBER, MOVED, BUSY. Internal to clearing/book. One thread. */
#ifndef CLEARING_BOOK_MOVE_H
#define CLEARING_BOOK_MOVE_H

#include "clearing/book/hands.h"

/* Would it be taken now? False with ret_fault. */
bool move_check(const struct hq_door *door, struct fault *ret_fault) MUST_USE;
/* Take it. No claim comes of it. */
bool move_apply(struct hq_door *door, struct fault *ret_fault) MUST_USE;

#endif
