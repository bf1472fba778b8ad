/* Effects: what one accepted event did to lots and what it settles, in full. Everything else
 * follows from them: the claims and memos (clearing/claims), what a refund or a void must undo, and
 * what `explain` says. The journal keeps them as the event's results.
 *
 * An effect has a sign. +1: done. -1: given back or undone. `reversal`: the effect undoes (part of)
 * what the event named in `of` did. A void turns each effect of its original around and sets
 * `reversal`. */
#ifndef CLEARING_EFFECTS_EFFECTS_H
#define CLEARING_EFFECTS_EFFECTS_H

#include "clearing/facts/outcome.h"
#include "clearing/facts/total_key.h"
#include "clearing/members/members.h"

typedef enum {
    EFFECT_LOT = 1,      /* + a lot is made (top-up, pack sale, grant, earning); - removed whole */
    EFFECT_UNLINKED = 2, /* + a lot is made by a refund without original; - removed */
    EFFECT_DRAW = 3,     /* + units drawn; - units drawn earlier come back as a lot of their own */
    EFFECT_DISCOUNT = 4, /* a discount line shared among its funders */
    EFFECT_FEE = 5,      /* the service fee of one product */
    EFFECT_TENDER = 6,   /* + cash handed back elsewhere: the original's owner owes here */
    EFFECT_TAKE = 7,     /* + points earned are taken back from their lot; - put back */
    EFFECT_END = 8,      /* + a lot is cashed out (rules 14, 26); - restored */
    EFFECT_TOTAL = 9,    /* a figure of a day total: `line` is its total_key_t or TOTAL_KEY_COUNT
                            for the count, `units` what the till says, `lot_units` what came */
    EFFECT_SHORT = 10,   /* + what a sale could not draw for a line, borne by one (rule 33a); - not
                            short any more */
    EFFECT_DISPUTE = 11, /* + a line of the event named in `of` is out of what is paid: `line` is
                            its claim_kind_t, its debtor and creditor are the two shares; - it is in
                            again */
} effect_kind_t;

/* One debtor's part. For DISCOUNT also the own share; for DRAW also what falls on the redeemer
 * itself. */
struct share {
    participant_t who;
    money_t amount;
};

struct effect {
    effect_kind_t kind;
    int8_t sign;
    bool reversal;
    uint8_t line; /* DRAW, DISCOUNT, SHORT: place of the pay or discount line in its event */
    lot_id_t lot; /* the lot made, drawn, taken from, ended */
    lot_id_t made; /* DRAW -: the lot that came back */
    uint32_t class; /* of the lot; 0 for DISCOUNT, FEE, TENDER, SHORT */
    product_t product; /* FEE, SHORT */
    uint32_t terms_version; /* DISCOUNT, FEE, SHORT: of the sale */
    uint32_t rule;          /* DISCOUNT: its place in the discounts of those terms */
    int64_t units;
    money_t principal; /* of the units; LOT, UNLINKED: whole; END: paid out */
    money_t bonus;     /* of the units */
    money_t money;     /* LOT: commission or issue; DRAW of points, DISCOUNT: till amount; FEE,
                          TENDER, SHORT, DISPUTE: amount; TAKE: issue reversed; END: commission
                          returned */
    /* DRAW +, TAKE, END: the lot just before, so that it can be explained and put back */
    int64_t lot_units;
    int64_t lot_drawn;
    money_t lot_principal;
    day_t valid_to; /* also LOT, DRAW - */
    bool own;       /* the lot had amounts of its own (END: they are in the shares) */
    money_t topup_principal; /* DRAW +, END: of the top-up's lot */
    lot_id_t topup;          /* DRAW +, END: the top-up's lot that it came from; 0: none */
    uint32_t share_count;
    uint32_t shares_at; /* first share in effects.shares. DRAW: by the class' debtors */
};

/* Where something happened: the store and who owned it then. */
struct site {
    store_t store;
    participant_t owner;
};

struct effects {
    struct site here;   /* of the event; of a void: of the event that it undoes */
    struct site origin; /* refunds: of the sale refunded; otherwise = here */
    uint64_t original;   /* refunds, voids, captures, releases, disputes: sequence of the event
                          * named in `of`; 0: none */
    uint64_t previous_refund; /* refunds of a sale: the refund that stood last before; 0: none */
    uint64_t member;     /* whose value moved; 0: nobody's */
    day_t occurred;
    day_t booked;
    uint32_t terms_version;
    struct effect *list;
    uint32_t count;
    uint32_t capacity;
    struct share *shares;
    uint32_t share_count;
    uint32_t share_capacity;
};

/* Empty it, keeping its memory. Zeroed memory is an empty one. */
void effects_reset(struct effects *effects);

/* Add an effect with its shares (share_count and shares_at are set here). Returns: its copy inside,
 * valid until the next addition. */
struct effect *effects_add(struct effects *effects, const struct effect *effect,
                           const struct share *shares, uint32_t share_count);

static inline const struct share *effect_shares(const struct effects *effects,
                                                const struct effect *effect)
{
    return effects->shares + effect->shares_at;
}

/* Does a day total (every EFFECT_TOTAL) say what came by then? */
bool effects_total_matches(const struct effects *effects);

void effects_deinit(struct effects *effects);

#endif
