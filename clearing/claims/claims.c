#include "clearing/claims/claims.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

static const char *const kind_names[KIND_COUNT] = {
    "none",     "principal", "bonus",   "pack",  "points_issue", "points_redeem",   "fee",
    "commission", "discount", "coupon", "tender", "cashout",     "unlinked_refund", "breakage",
    "adjust",   "shortfall", "suspense", "dispute",
};

const char *claim_kind_name(claim_kind_t kind)
{
    return kind_names[kind];
}

bool claim_kind_parse(slice_t name, claim_kind_t *ret_kind)
{
    for (unsigned kind = KIND_PRINCIPAL; kind < KIND_COUNT; kind++) {
        if (slice_equal(name, slice_of(kind_names[kind]))) {
            *ret_kind = (claim_kind_t)kind;
            return true;
        }
    }
    return false;
}

static void claims_reset(struct claims *claims)
{
    claims->count = 0;
    claims->part_count = 0;
    claims->memo_count = 0;
}

static uint32_t claim_place(struct claims *claims, const struct claim *wanted)
{
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        if (claim->debtor.n == wanted->debtor.n && claim->creditor.n == wanted->creditor.n &&
            claim->kind == wanted->kind && claim->reversal == wanted->reversal) {
            return i;
        }
    }
    MEMORY_GROW(claims->list, claims->count, claims->capacity);
    claims->list[claims->count] = *wanted;
    claims->list[claims->count].amount = money(0);
    return claims->count++;
}

static bool same_source(const struct part *a, const struct part *b)
{
    return a->claim == b->claim && a->product.n == b->product.n && a->rule == b->rule &&
           a->lot == b->lot && a->sold.n == b->sold.n && a->used.n == b->used.n &&
           a->terms_version == b->terms_version;
}

/* Add one contribution: "debtor owes creditor this". Nothing for 0 or for oneself. */
static void owe(struct claims *claims, const struct claim *claim, struct part part)
{
    if (money_is_zero(claim->amount) || claim->debtor.n == claim->creditor.n) {
        return;
    }
    CHECK(money_compare(claim->amount, money(0)) > 0);
    part.claim = claim_place(claims, claim);
    part.amount = claim->amount;
    struct claim *total = &claims->list[part.claim];
    total->amount = money_add(total->amount, part.amount);
    for (uint32_t i = claims->part_count; i-- > 0;) {
        if (same_source(&claims->parts[i], &part)) {
            claims->parts[i].amount = money_add(claims->parts[i].amount, part.amount);
            return;
        }
    }
    MEMORY_GROW(claims->parts, claims->part_count, claims->part_capacity);
    claims->parts[claims->part_count++] = part;
}

static void bear(struct claims *claims, store_t store, claim_kind_t kind, money_t amount)
{
    if (money_is_zero(amount)) {
        return;
    }
    for (uint32_t i = 0; i < claims->memo_count; i++) {
        if (claims->memos[i].kind == kind) {
            claims->memos[i].amount = money_add(claims->memos[i].amount, amount);
            return;
        }
    }
    claims->memos[claims->memo_count++] = (struct memo){store, kind, amount};
}

/* The one effect being turned into claims. */
struct deriving {
    const struct lots *lots;
    const struct effects *effects;
    const struct effect *effect;
    const struct lot_class *class; /* NULL where the effect has no lot */
    struct claims *claims;
};

static struct part part_of_lot(const struct deriving *d, lot_id_t lot)
{
    return (struct part){
        .product = d->class->product,
        .lot = lot,
        .sold = d->class->store,
        .used = STORE_NONE,
        .terms_version = d->class->terms_version,
    };
}

/* A claim of the effect: as named when it is done, turned around when it is undone. `reversal` is
 * said for what is undone and for what a void of an undoing puts back. */
static void claim_of(const struct deriving *d, claim_kind_t kind, participant_t debtor,
                     participant_t creditor, money_t amount, struct part part)
{
    bool turned = d->effect->sign < 0;
    struct claim claim = {
        .kind = kind,
        .reversal = d->effect->reversal,
        .debtor = turned ? creditor : debtor,
        .creditor = turned ? debtor : creditor,
        .amount = amount,
    };

    owe(d->claims, &claim, part);
}

static void derive_lot(const struct deriving *d)
{
    const struct lot_class *class = d->class;
    struct part part = part_of_lot(d, d->effect->lot);
    participant_t payer = class->seller;

    if (class->kind == PRODUCT_POINTS) {
        if (class->model == MODEL_PF) {
            claim_of(d, KIND_POINTS_ISSUE, class->issuer, class->fund, d->effect->money, part);
        }
        return;
    }
    if (class->model == MODEL_F1) {
        claim_kind_t kind = class->kind == PRODUCT_PACK ? KIND_PACK : KIND_PRINCIPAL;
        claim_of(d, kind, payer, class->debtors[0], d->effect->principal, part);
        claim_of(d, KIND_COMMISSION, class->debtors[0], payer, d->effect->money, part);
    }
}

static void derive_unlinked(const struct deriving *d)
{
    struct part part = part_of_lot(d, d->effect->lot);

    part.used = d->effects->here.store;
    claim_of(d,
             KIND_UNLINKED_REFUND,
             d->effects->here.owner,
             d->class->debtors[0],
             d->effect->principal,
             part);
}

/* Rule 1: the rest of an amount at the till that no claim covers is the store's own. */
static void bear_rest(const struct deriving *d, claim_kind_t kind, money_t till, money_t claimed)
{
    money_t rest = money_sub(till, claimed);

    bear(d->claims,
         d->effects->origin.store,
         kind,
         d->effect->sign > 0 ? rest : money_negate(rest));
}

static void derive_draw(const struct deriving *d)
{
    const struct effect *effect = d->effect;
    const struct lot_class *class = d->class;
    const struct share *shares = effect_shares(d->effects, effect);
    participant_t redeemer = d->effects->origin.owner;
    struct part part = part_of_lot(d, effect->lot);
    money_t claimed[2] = {money(0), money(0)};
    claim_kind_t kind = class->kind == PRODUCT_PACK     ? KIND_PACK
                        : class->kind == PRODUCT_POINTS ? KIND_POINTS_REDEEM
                                                        : KIND_PRINCIPAL;

    part.used = d->effects->origin.store;
    for (uint32_t i = 0; i < effect->share_count; i++) {
        bool bonus = i >= class->principal_count;
        claim_of(d, bonus ? KIND_BONUS : kind, shares[i].who, redeemer, shares[i].amount, part);
        if (shares[i].who.n != redeemer.n) {
            claimed[bonus] = money_add(claimed[bonus], shares[i].amount);
        }
    }
    switch (class->kind) {
    case PRODUCT_STORED_VALUE:
        bear_rest(d, KIND_PRINCIPAL, effect->principal, claimed[0]);
        bear_rest(d, KIND_BONUS, effect->bonus, claimed[1]);
        break;
    case PRODUCT_POINTS:
        bear_rest(d, KIND_POINTS_REDEEM, effect->money, claimed[0]);
        break;
    case PRODUCT_PACK:
        break; /* packs make no memo */
    }
}

static void derive_discount(const struct deriving *d)
{
    const struct effect *effect = d->effect;
    const struct share *shares = effect_shares(d->effects, effect);
    participant_t redeemer = d->effects->origin.owner;
    money_t claimed = money(0);
    struct part part = {
        .product = PRODUCT_NONE,
        .rule = effect->rule,
        .sold = STORE_NONE,
        .used = d->effects->origin.store,
        .terms_version = effect->terms_version,
    };

    for (uint32_t i = 0; i < effect->share_count; i++) {
        claim_of(d, KIND_DISCOUNT, shares[i].who, redeemer, shares[i].amount, part);
        if (shares[i].who.n != redeemer.n) {
            claimed = money_add(claimed, shares[i].amount);
        }
    }
    bear_rest(d, KIND_DISCOUNT, effect->money, claimed);
}

static void derive_fee(const struct deriving *d)
{
    const struct effect *effect = d->effect;
    const struct share *shares = effect_shares(d->effects, effect);
    struct part part = {
        .product = effect->product,
        .sold = STORE_NONE,
        .used = d->effects->origin.store,
        .terms_version = effect->terms_version,
    };

    claim_of(d, KIND_FEE, d->effects->origin.owner, shares[0].who, effect->money, part);
}

/* The bearer owes what the value did not reach; where it is the redeemer, it is his memo. */
static void derive_short(const struct deriving *d)
{
    const struct effect *effect = d->effect;
    const struct share *bearer = effect_shares(d->effects, effect);
    participant_t redeemer = d->effects->origin.owner;
    struct part part = {
        .product = effect->product,
        .sold = STORE_NONE,
        .used = d->effects->origin.store,
        .terms_version = effect->terms_version,
    };
    bool own = bearer->who.n == redeemer.n;

    claim_of(d, KIND_SHORTFALL, bearer->who, redeemer, effect->money, part);
    bear_rest(d, KIND_SHORTFALL, effect->money, own ? money(0) : effect->money);
}

/* Out of what is paid: the creditor of the line owes it back. */
static void derive_dispute(const struct deriving *d)
{
    const struct share *parties = effect_shares(d->effects, d->effect);
    struct part part = {
        .product = PRODUCT_NONE,
        .sold = STORE_NONE,
        .used = d->effects->here.store,
        .terms_version = d->effects->terms_version,
    };

    claim_of(d, KIND_DISPUTE, parties[1].who, parties[0].who, d->effect->money, part);
}

static void derive_tender(const struct deriving *d)
{
    struct part part = {
        .product = PRODUCT_NONE,
        .sold = d->effects->origin.store,
        .used = d->effects->here.store,
        .terms_version = d->effects->terms_version,
    };

    claim_of(d,
             KIND_TENDER,
             d->effects->origin.owner,
             d->effects->here.owner,
             d->effect->money,
             part);
}

/* Points taken back: the issue is reversed (whatever the sign says, taking is an undoing). */
static void derive_take(const struct deriving *d)
{
    const struct lot_class *class = d->class;
    bool taken = d->effect->sign > 0;
    struct claim claim = {
        .kind = KIND_POINTS_ISSUE,
        .reversal = true,
        .debtor = taken ? class->fund : class->issuer,
        .creditor = taken ? class->issuer : class->fund,
        .amount = d->effect->money,
    };

    if (class->model == MODEL_PF) {
        owe(d->claims, &claim, part_of_lot(d, d->effect->lot));
    }
}

static void derive_end(const struct deriving *d)
{
    const struct lot_class *class = d->class;
    struct part part = part_of_lot(d, d->effect->lot);
    bool done = d->effect->sign > 0;

    part.used = d->effects->here.store;
    claim_of(d,
             KIND_CASHOUT,
             class->debtors[0],
             d->effects->here.owner,
             d->effect->principal,
             part);
    struct claim commission = {
        .kind = KIND_COMMISSION,
        .reversal = true,
        .debtor = done ? class->seller : class->debtors[0],
        .creditor = done ? class->debtors[0] : class->seller,
        .amount = d->effect->money,
    };
    part.used = STORE_NONE;
    part.lot = d->effect->topup;
    owe(d->claims, &commission, part);
}

void claims_derive(const struct lots *lots, const struct effects *effects, struct claims *claims)
{
    claims_reset(claims);
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->list[i];
        bool has_lot = effect->kind != EFFECT_DISCOUNT && effect->kind != EFFECT_FEE &&
                       effect->kind != EFFECT_TENDER && effect->kind != EFFECT_SHORT &&
                       effect->kind != EFFECT_DISPUTE;
        struct deriving d = {
            .lots = lots,
            .effects = effects,
            .effect = effect,
            .class = has_lot ? lots_class_at(lots, effect->class) : NULL,
            .claims = claims,
        };
        switch (effect->kind) {
        case EFFECT_LOT:
            derive_lot(&d);
            break;
        case EFFECT_UNLINKED:
            derive_unlinked(&d);
            break;
        case EFFECT_DRAW:
            derive_draw(&d);
            break;
        case EFFECT_DISCOUNT:
            derive_discount(&d);
            break;
        case EFFECT_FEE:
            derive_fee(&d);
            break;
        case EFFECT_TENDER:
            derive_tender(&d);
            break;
        case EFFECT_TAKE:
            derive_take(&d);
            break;
        case EFFECT_END:
            derive_end(&d);
            break;
        case EFFECT_SHORT:
            derive_short(&d);
            break;
        case EFFECT_DISPUTE:
            derive_dispute(&d);
            break;
        case EFFECT_TOTAL: /* nobody owes anything for a report */
            break;
        }
    }
}

void claims_single(const struct claim *claim, const struct part *part, struct claims *claims)
{
    claims_reset(claims);
    owe(claims, claim, *part);
}

void claims_add(const struct claim *claim, const struct part *part, struct claims *claims)
{
    owe(claims, claim, *part);
}

void claims_deinit(struct claims *claims)
{
    free(claims->list);
    free(claims->parts);
    *claims = (struct claims){0};
}
