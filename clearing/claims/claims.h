/* Claims: who owes whom, and why (rules 1 to 4). Derived from effects, never kept beside them. */
#ifndef CLEARING_CLAIMS_CLAIMS_H
#define CLEARING_CLAIMS_CLAIMS_H

#include "clearing/effects/effects.h"

/* The kinds of the contract, in the order of their names' first mention. */
typedef enum {
    KIND_PRINCIPAL = 1,
    KIND_BONUS = 2,
    KIND_PACK = 3,
    KIND_POINTS_ISSUE = 4,
    KIND_POINTS_REDEEM = 5,
    KIND_FEE = 6,
    KIND_COMMISSION = 7,
    KIND_DISCOUNT = 8,
    KIND_COUPON = 9,
    KIND_TENDER = 10,
    KIND_CASHOUT = 11,
    KIND_UNLINKED_REFUND = 12,
    KIND_BREAKAGE = 13,
    KIND_ADJUST = 14, /* headquarters' own, by two people: of no event */
    KIND_SHORTFALL = 15, /* what a sale could not take from the member's value */
    KIND_SUSPENSE = 16,  /* headquarters' too: who bears an event that was refused */
    KIND_DISPUTE = 17,   /* takes a disputed line out of what is paid; reversal: in again */
} claim_kind_t;
#define KIND_COUNT 18

const char *claim_kind_name(claim_kind_t kind);
/* False: no kind has this name. */
bool claim_kind_parse(slice_t name, claim_kind_t *ret_kind);

/* One contribution to a claim: which product, lot, stores and terms it comes from. */
struct part {
    uint32_t claim; /* place of its claim */
    product_t product; /* PRODUCT_NONE: none, or a discount's */
    uint32_t rule;     /* KIND_DISCOUNT: place in the discounts of the terms; else 0 */
    lot_id_t lot;      /* 0: none */
    store_t sold;      /* STORE_NONE: does not apply */
    store_t used;
    uint32_t terms_version;
    money_t amount;
};

/* One claim: an event's whole amount from debtor to creditor under one kind. */
struct claim {
    claim_kind_t kind;
    bool reversal;
    participant_t debtor;
    participant_t creditor;
    money_t amount; /* > 0 */
};

/* What a store bears itself (rule 1). */
struct memo {
    store_t store;
    claim_kind_t kind;
    money_t amount;
};

struct claims {
    struct claim *list;
    uint32_t count;
    uint32_t capacity;
    struct part *parts; /* in the order in which the effects make them */
    uint32_t part_count;
    uint32_t part_capacity;
    struct memo memos[KIND_COUNT]; /* one a kind, of the origin's store */
    uint32_t memo_count;
};

/* The claims and memos that follow from an event's effects. Debtor = creditor and amounts of 0
 * leave no claim. Replaces what `claims` held, keeping its memory; zeroed memory is an empty
 * one. */
void claims_derive(const struct lots *lots, const struct effects *effects, struct claims *claims);

/* A single claim with one part (breakage at a day-end, an adjustment). */
void claims_single(const struct claim *claim, const struct part *part, struct claims *claims);

/* Another claim with one part beside those that are there. */
void claims_add(const struct claim *claim, const struct part *part, struct claims *claims);

void claims_deinit(struct claims *claims);

#endif
