/* Terms: one version of the rules that an alliance has agreed on, as the alliance file says them
 * (deploy/alliance.md names every field). Plain data: the alliance reader fills it from a file, the
 * codec from a record; `terms_resolve` ties its codes to the registry's numbers. Immutable
 * after. */
#ifndef CLEARING_TERMS_TERMS_H
#define CLEARING_TERMS_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/facts/calendar.h"
#include "clearing/money/money.h"
#include "clearing/money/rate.h"
#include "clearing/terms/registry.h"

/* The days on which something is in force, inclusive. */
struct span {
    day_t from; /* DAY_MIN: without limit */
    day_t to;   /* DAY_MAX: without limit */
};

static inline bool span_has(const struct span *span, day_t day)
{
    return day >= span->from && day <= span->to;
}

/* Who bears something: a participant, or whoever stands in a relation to the event. */
typedef enum {
    WHO_PARTICIPANT = 0,
    WHO_STORE = 1,  /* "$store": the store at hand */
    WHO_ISSUER = 2, /* "$issuer": the store that sold the lot or issued the coupon */
    WHO_HOME = 3,   /* "$home": the member's home store */
} who_kind_t;

struct who {
    who_kind_t kind;
    code_t code;               /* WHO_PARTICIPANT */
    participant_t participant; /* WHO_PARTICIPANT, after terms_resolve */
};

struct funder {
    struct who who;
    rate_t share; /* > 0; the shares of a list sum to 100 % */
};

struct funders {
    uint32_t count; /* 1..FUNDERS_MAX */
    struct funder list[FUNDERS_MAX];
};

typedef enum {
    PRODUCT_STORED_VALUE = 1,
    PRODUCT_PACK = 2,
    PRODUCT_POINTS = 3,
} product_kind_t;

typedef enum {
    MODEL_F1 = 1,  /* headquarters pools */
    MODEL_F1O = 2, /* paid online to headquarters */
    MODEL_F2 = 3,  /* the selling store keeps */
    MODEL_F4 = 4,  /* this store only */
    MODEL_PF = 16, /* points: priced fund */
    MODEL_PR = 17, /* points: paid at redemption */
} model_t;

/* Who bears what a sale could not take from the member's stored value (rule 33a). */
typedef enum {
    SHORTFALL_NONE = 0, /* nobody: it is refused at its deadline */
    SHORTFALL_STORE = 1,
    SHORTFALL_ISSUER = 2, /* who owes the members of this product (rule 41) */
    SHORTFALL_HQ = 3,
} shortfall_t;

/* "F1", "F1o", ... */
const char *model_name(model_t model);

struct multiplier {
    code_t id;
    rate_t times; /* 1..100 */
    struct who funder;
    struct span span;
    uint8_t weekdays;     /* bit 0 = Monday; 0: every day */
    uint32_t store_count; /* 0: every store */
    code_t *stores;       /* codes, owned by the terms */
    store_t *store_numbers; /* after terms_resolve */
    code_t campaign; /* len 0: none asked for */
};

struct earning {
    bool given;
    rate_t rate; /* points a yuan */
    struct who funder;
    uint32_t multiplier_count;
    struct multiplier multipliers[MULTIPLIERS_MAX];
};

struct product {
    code_t id;
    product_kind_t kind;
    model_t model;
    struct span span;
    /* stored value, packs */
    rate_t principal_rate; /* a pack's `rate` */
    rate_t bonus_rate;
    rate_t fee;
    code_t fee_payee; /* len 0: the hq participant */
    bool fee_refundable;
    rate_t commission;
    bool unlinked_refund;
    shortfall_t shortfall;
    money_t floor_limit; /* > 0 exactly where a shortfall has a bearer */
    int32_t hold_days;   /* 0: no hold is taken */
    /* points */
    point_price_t issue_price;
    point_price_t redeem_price;
    code_t fund;
    code_t beneficiary; /* len 0: the fund */
    int32_t valid_days; /* 0: for ever */
    struct earning earn;
    /* after terms_resolve */
    participant_t fee_payee_participant;
    participant_t fund_participant;
    participant_t beneficiary_participant;
};

struct tier {
    money_t pay; /* reached from this principal on */
    bool percent;
    rate_t bonus_rate; /* percent */
    money_t bonus;     /* not percent */
    bool every;        /* times floor(principal / pay) */
};

struct offer {
    code_t id;
    code_t product;
    struct span span;
    struct funders funders;
    bool has_commission;
    rate_t commission;
    uint32_t tier_count;
    struct tier tiers[TIERS_MAX]; /* `pay` strictly rising */
    product_t product_number; /* after terms_resolve */
};

struct discount {
    code_t id;
    struct span span;
    struct funders funders;
};

struct campaign {
    code_t id;
    struct span span;
    struct who funder;
};

struct terms {
    uint32_t version; /* 1, 2, ... in the order applied */
    day_t from;       /* in force from this business day on */
    code_t alliance;
    char name[NAME_LEN_MAX + 1];
    struct day_rule days;
    int32_t max_late_days;
    bool day_totals_required; /* a close asks for every till's day totals */
    int32_t dispute_days;     /* for so long may a closed cycle's lines be disputed */

    uint32_t product_count;
    uint32_t offer_count;
    uint32_t discount_count;
    uint32_t campaign_count;
    struct product *products; /* in the file's order; all arrays are owned by the terms */
    struct offer *offers;
    struct discount *discounts;
    struct campaign *campaigns;

    /* after terms_resolve */
    struct code_index offer_codes;
    struct code_index discount_codes;
    struct code_index campaign_codes;
    uint32_t *product_at; /* product number -> place in `products`, UINT32_MAX: none of these */
    uint32_t product_at_count;
    participant_t hq;
};

/* Tie every code to the registry: adds the products' codes to it. Every code named must be there
 * (the reader and the journal's gate have refused the rest): a missing one is a CHECK. */
void terms_resolve(struct terms *terms, struct registry *registry);

/* What an event names; NULL when these terms have nothing of that code (a product: of that kind).
 * After terms_resolve. */
const struct product *terms_find_product(const struct terms *terms,
                                         const struct registry *registry, slice_t code,
                                         product_kind_t kind);
const struct product *terms_product(const struct terms *terms, product_t product);
const struct offer *terms_find_offer(const struct terms *terms, slice_t code);
const struct discount *terms_find_discount(const struct terms *terms, slice_t code);
const struct campaign *terms_find_campaign(const struct terms *terms, slice_t code);

/* Free what the terms own. Accepts zeroed memory. */
void terms_deinit(struct terms *terms);

#endif
