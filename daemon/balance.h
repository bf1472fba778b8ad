/* Balance: what a member has, summed by product. */
#ifndef DAEMON_BALANCE_H
#define DAEMON_BALANCE_H

#include "daemon/answers.h"

/* Returns: a new {"member","home","products":[{"product","lots", and by its kind "principal_fen" and
 * "bonus_fen", "points" or "uses", "valid_to" of the lot that expires first where one does}]};
 * NULL: `digits` is not the number of a member. In time that grows with the member's own lots
 * only. */
json_t *balance_json(const struct book *book, slice_t digits);

#endif
