/* Moves: cards whose value has gone over to another number, because two cards are one person's
 * (merged) or a card was lost or worn (replaced). Rule 53 in clearing/CHOICES.md. Zeroed memory is
 * an empty list. One thread. */
#ifndef CLEARING_MEMBERS_MOVES_H
#define CLEARING_MEMBERS_MOVES_H

#include "clearing/base/map.h"
#include "clearing/base/spool.h"
#include "clearing/terms/terms.h"

struct move {
    uint64_t from;
    uint64_t into; /* where it is now: no number that has moved itself */
    day_t day;     /* the business day of the record */
    bool replaced; /* the card must not be used any more; else both go on */
};

struct moves {
    struct move *list; /* in the order of their records */
    uint32_t count;
    uint32_t capacity;
    struct map by_from; /* -> place + 1 */
};

/* NULL: the number has not moved. */
const struct move *moves_find(const struct moves *moves, uint64_t from);

/* Note a move; what had moved into `from` is in `into` from now on. */
void moves_add(struct moves *moves, const struct move *move);

void moves_deinit(struct moves *moves);

void moves_save(const struct moves *moves, struct spool *spool);
/* False: the bytes are bad. */
bool moves_load(struct moves *moves, struct reader *reader) MUST_USE;

#endif
