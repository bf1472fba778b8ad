/* Events that wait for a member, an original or value (rules 33a, 51), in the order of their
 * arrival, chained by member and by the event that they name: what an accepted event brings finds
 * them without a look at the others. One thread. */
#ifndef CLEARING_ORDER_WAITING_H
#define CLEARING_ORDER_WAITING_H

#include "clearing/base/map.h"
#include "clearing/facts/event.h"
#include "clearing/facts/outcome.h"
#include "clearing/terms/registry.h"

struct waiting_event {
    uint8_t *bytes; /* owned; NULL: gone */
    uint32_t len;
    store_t store;
    day_t came; /* the open day when it came */
    outcome_t reason;
    uint64_t member; /* 0: none */
    uint64_t of_key; /* key of the event named in `of`; 0: none */
    uint32_t next_with_member; /* chains: place + 1 of another, 0: last */
    uint32_t next_naming;
};

struct waiting {
    struct waiting_event *list; /* in the order of arrival, with holes */
    uint32_t count;             /* places in use, holes included */
    uint32_t capacity;
    uint32_t live;
    struct map members; /* member -> place + 1 of the first that waits with it */
    struct map ofs;     /* key -> place + 1 of the first that names it */
};

/* A nonzero key of an event reference; equal references have equal keys. Keys of different
 * references differ but for accidents, which only cost a useless try. */
uint64_t waiting_key(slice_t store, slice_t terminal, uint64_t number);

/* Keep a copy of an event: `entry` has its bytes (which are copied), store, day, reason, and its
 * own member as it is called now. */
void waiting_add(struct waiting *waiting, const struct event *event, struct waiting_event entry);

/* What waits with one member waits with another from now on. */
void waiting_move(struct waiting *waiting, uint64_t from, uint64_t into);

/* Keep an entry as it is, with its bytes copied; chains are made here. */
void waiting_keep(struct waiting *waiting, struct waiting_event entry);

/* Places of the list in the order of arrival. Zeroed memory is an empty one. */
struct waiting_places {
    uint32_t *list;
    uint32_t count;
    uint32_t capacity;
};

/* Add to `places` those that wait with this member (0: none) or name this event. */
void waiting_find(const struct waiting *waiting, uint64_t member, uint64_t key,
                  struct waiting_places *places);

/* Forget the event at a place of the list. */
void waiting_remove(struct waiting *waiting, uint32_t place);

void waiting_deinit(struct waiting *waiting);

/* Write those that wait, in the order of arrival; read them into an empty list (order_image.c).
 * False: the bytes are bad. */
void waiting_save(const struct waiting *waiting, struct spool *spool);
bool waiting_load(struct waiting *waiting, struct reader *reader) MUST_USE;

#endif
