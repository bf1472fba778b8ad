/* Balance: what a member has, summed by product. */
#ifndef DAEMON_BALANCE_H
#define DAEMON_BALANCE_H

#include "daemon/answers.h"

/* Returns: a new {"member","home"[,"now"],"products":[{"product","lots", and by its kind "principal_fen" and
 * "bonus_fen", "points" or "uses", "valid_to" of the lot that expires first where one does}]};
 * `now` is the number under which all that is, where it has moved. NULL with *ret_refusal:
 * UNKNOWN_MEMBER, or CARD_REPLACED since another card has taken its place. In time that
 * grows with the member's own lots only. */
json_t *balance_json(const struct book *book, slice_t digits, const char **ret_refusal);

#endif
