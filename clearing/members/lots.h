/* Lots: one top-up, points grant or pack sale as a member still has it. A lot carries amounts, not
 * rates: what is settled on whom is fixed when it is made and telescopes over what is drawn (rules
 * 7, 44). What many lots have in common is their class, kept once.
 *
 * Units of a lot: fen of face (stored value), uses (packs), points. Its principal: the paid part of
 * the face, a pack's price, the redemption value of points; the bonus of stored value is the rest
 * of the face. */
#ifndef CLEARING_MEMBERS_LOTS_H
#define CLEARING_MEMBERS_LOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/limits.h"
#include "clearing/base/map.h"
#include "clearing/base/steady.h"
#include "clearing/money/split.h"
#include "clearing/terms/terms.h"

#define DEBTORS_MAX (2 + FUNDERS_MAX) /* of the principal, then the bonus' funders */

/* Event sequence (the event's place among all events, from 1) << 16
 * | the lot's number in it, from 1. */
typedef uint64_t lot_id_t;

static inline lot_id_t lot_id(uint64_t event_seq, uint32_t k)
{
    return event_seq << 16 | k;
}

struct lot_class {
    product_t product;
    product_kind_t kind;
    model_t model;
    uint32_t terms_version;
    store_t store;        /* that sold or granted */
    participant_t seller; /* who owned it then */
    participant_t issuer; /* points: who paid (PF) or issued (PR); else who owes the member */
    participant_t fund;        /* PF */
    participant_t beneficiary; /* PF */
    uint32_t zero;             /* where padding would be: classes are compared as bytes */
    rate_t principal_rate;
    rate_t bonus_rate;
    rate_t commission;
    point_price_t redeem_price;
    uint32_t principal_count; /* debtors of the principal: the first so many */
    uint32_t debtor_count;
    participant_t debtors[DEBTORS_MAX];
    rate_t shares[DEBTORS_MAX]; /* of the bonus' funders, at the debtor's place */
};

_Static_assert(sizeof(struct lot_class) ==
                   10 * sizeof(uint32_t) + 4 * sizeof(int64_t) + 2 * sizeof(uint32_t) +
                       DEBTORS_MAX * (sizeof(uint32_t) + sizeof(int64_t)),
               "a class has no padding, so that equal classes have equal bytes");

/* A lot with amounts of its own instead of its class' formula: whatever a refund has made. It goes
 * to the head of its queue. */
struct lot_own {
    lot_id_t topup;          /* the top-up's or pack sale's lot that it came from; 0: none */
    money_t topup_principal; /* that lot's whole principal */
    money_t owed[DEBTORS_MAX];
    uint32_t next_free;
};

struct lot {
    lot_id_t id;
    int64_t units;     /* whole */
    int64_t drawn;     /* units gone so far */
    money_t principal; /* whole */
    uint32_t class;
    uint32_t own;     /* place of its struct lot_own, 0: none */
    uint32_t next;    /* in the member's or pack's list; 0: last */
    day_t valid_to;   /* DAY_MAX: for ever */
};

_Static_assert(sizeof(struct lot) == 48, "a lot costs 48 bytes");

#define LOTS_RECENT 64

struct lots {
    struct lot *pool; /* [0] is never used; the memory is pool_memory's */
    uint32_t count;
    uint32_t capacity;
    uint32_t free; /* list through next */
    struct lot_own *owns; /* [0] is never used; the memory is own_memory's */
    uint32_t own_count;
    uint32_t own_capacity;
    uint32_t own_free;
    struct steady pool_memory;
    struct steady own_memory;
    struct lot_class *classes; /* [0] is never used */
    uint32_t class_count;
    uint32_t class_capacity;
    struct map class_index; /* hash of a class -> number; collisions go on at hash + 2 */
    uint32_t recent[LOTS_RECENT]; /* classes asked for last: mostly it is one of them again */
};

/* The number of this class; made when it is new. Unused fields must be zero. */
uint32_t lots_class(struct lots *lots, const struct lot_class *class);

static inline const struct lot_class *lots_class_at(const struct lots *lots, uint32_t class)
{
    return &lots->classes[class];
}

/* A copy of `lot` in the pool, with a copy of `own` when it is not NULL. Returns: its place. */
uint32_t lots_new(struct lots *lots, const struct lot *lot, const struct lot_own *own);
void lots_free(struct lots *lots, uint32_t place);
void lots_deinit(struct lots *lots);

/* What has been drawn of a lot after so many of its units, and what of it is settled on each debtor
 * of its class. */
struct lot_point {
    money_t principal;
    money_t bonus;
    money_t settled[DEBTORS_MAX];
};

/* The whole to settle on each debtor (rule 44, or the lot's own). Out: ret_owed[debtor_count]. */
void lot_owed(const struct lots *lots, const struct lot *lot, money_t *ret_owed);

/* Rule 7 at `units` drawn units. `owed` comes from lot_owed. */
void lot_at(const struct lot_class *class, const struct lot *lot, const money_t *owed,
            int64_t units, struct lot_point *ret_point);

static inline int64_t lot_left(const struct lot *lot)
{
    return lot->units - lot->drawn;
}

/* What is left of the principal. */
static inline money_t lot_principal_left(const struct lot *lot)
{
    return money_sub(lot->principal, money_telescope(lot->principal, lot->drawn, lot->units));
}

/* Does a stand before b in the queue of one product (rules 8, 48)? */
bool lot_before(const struct lot_class *class, const struct lot *a, const struct lot *b);

/* Put a lot into a list of lots kept by product, then queue (packs: one list a pack). */
void lots_insert(struct lots *lots, uint32_t *head, uint32_t place);
/* Take the lot at `place` out of the list and free it. */
void lots_remove(struct lots *lots, uint32_t *head, uint32_t place);
/* The place of the lot of that id in a list; 0: not there (any more). */
uint32_t lots_find(const struct lots *lots, uint32_t head, lot_id_t id);

#endif
