/* Holds: stored value of members set aside for somebody's later capture (rule 15a in
 * clearing/CHOICES.md). A hold touches no lot: it is an amount that others must leave. One
 * thread. */
#ifndef CLEARING_MEMBERS_HOLDS_H
#define CLEARING_MEMBERS_HOLDS_H

#include "clearing/base/map.h"
#include "clearing/members/lots.h"

struct hold {
    uint64_t seq; /* of its event; 0: it has ended */
    uint64_t member;
    product_t product;
    store_t store;
    bool here_only;          /* made under F4: it counts at its own store only */
    int64_t amount;          /* fen */
    day_t until;             /* its last day */
    uint32_t next_of_member; /* place + 1 of another of the member; 0: last */
};

/* Zeroed memory is empty. */
struct holds {
    struct hold *list; /* in the order of their events, with holes */
    uint32_t count;    /* places in use, holes included */
    uint32_t capacity;
    uint32_t live;
    struct map by_seq;    /* -> place + 1 */
    struct map by_member; /* -> place + 1 of the first */
};

/* Keep a hold; events come in the order of their numbers. */
void holds_add(struct holds *holds, struct hold hold);

/* The open hold of an event. Returns: NULL when it has ended or was none; valid until the next
 * change. */
const struct hold *holds_find(const struct holds *holds, uint64_t seq);

/* What is held of a member's product, as it counts at a store (STORE_NONE: at all stores). */
int64_t holds_sum(const struct holds *holds, uint64_t member, product_t product, store_t store);

/* End one; nothing when it has ended. */
void holds_end(struct holds *holds, uint64_t seq);

/* End those whose last day is before `day`. */
void holds_end_before(struct holds *holds, day_t day);

/* What is held of one member is held of another from now on. */
void holds_move(struct holds *holds, uint64_t from, uint64_t into);

void holds_deinit(struct holds *holds);

/* Write the open ones; read them into empty ones. False: the bytes are bad. */
void holds_save(const struct holds *holds, struct spool *spool);
bool holds_load(struct holds *holds, struct reader *reader) MUST_USE;

#endif
