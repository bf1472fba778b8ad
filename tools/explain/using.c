/* Value used in a sale: draws on lots, discounts, service fees. */
#include <inttypes.h>

#include "tools/explain/saying.h"

/* Where the lot comes from: the event that made it, with offer, model and terms. */
void say_lot_origin(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const struct day_rule *days = &state_terms(x->state, x->state->open_day)->days;
    const char *name = x_lot(x, effect->lot);
    struct event event;
    struct past past;

    if (state_is_opening(x->state, effect->lot >> 16)) {
        say(x, _("Lot %s: came over from the old system, sold there at %s; %s; terms %" PRIu32), name,
            x_store(x, class->store), words_of_model(class->model), class->terms_version);
        return;
    }
    x_event_at(x, effect->lot >> 16, &event, &past);
    const char *day = x_day(x, business_day(days, event.at_ms));
    switch (event.type) {
    case EVENT_TOPUP:
        if (class->kind == PRODUCT_POINTS) {
            break;
        }
        say(x, _("Lot %s: topped up on %s at %s, %s + bonus %s, offer %.*s; %s; terms %" PRIu32),
            name, day, x_store(x, past.store), x_yuan(x, money(event.amount_fen)),
            x_yuan(x, money(event.bonus_fen)), event.offer.len == 0 ? 1 : (int)event.offer.len,
            event.offer.len == 0 ? "-" : event.offer.text, words_of_model(class->model),
            class->terms_version);
        return;
    case EVENT_PACK_SALE:
        say(x, _("Lot %s: pack sold on %s at %s, %" PRId64 " uses for %s; %s; terms %" PRIu32),
            name, day, x_store(x, past.store), event.units, x_yuan(x, money(event.amount_fen)),
            words_of_model(class->model), class->terms_version);
        return;
    case EVENT_REFUND:
    case EVENT_VOID:
        say(x, _("Lot %s: came back on %s at %s; sold first at %s; %s; terms %" PRIu32), name, day,
            x_store(x, past.store), x_store(x, class->store), words_of_model(class->model),
            class->terms_version);
        return;
    case EVENT_SALE:
    case EVENT_POINTS_GRANT:
    case EVENT_ENROL:
    case EVENT_CASHOUT:
    case EVENT_DAY_TOTAL:
    case EVENT_HOLD:
    case EVENT_CAPTURE:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        break;
    }
    say(x, _("Lot %s: points given on %s at %s, %s fen a point; %s; terms %" PRIu32), name, day,
        x_store(x, past.store), x_price(x, class->redeem_price), words_of_model(class->model),
        class->terms_version);
}

/* What is to be settled in all of a lot that a draw took from: its class' formula, or what the
 * refund that made it gave it. */
static void owed_of(struct explaining *x, const struct effect *draw, money_t *ret_owed)
{
    const struct lots *lots = &x->state->members.lots;
    const struct lot_class *class = lots_class_at(lots, draw->class);
    struct lot lot = {
        .units = draw->lot_units, .principal = draw->lot_principal, .class = draw->class};
    struct effects made;

    if (!draw->own) {
        lot_owed(lots, &lot, ret_owed);
        return;
    }
    x_effects_at(x, draw->lot >> 16, &made);
    for (uint32_t i = 0; i < made.count; i++) {
        const struct effect *effect = &made.list[i];
        if (effect->kind == EFFECT_UNLINKED && effect->lot == draw->lot) {
            ret_owed[0] = rate_floor(effect->principal, class->principal_rate);
        }
        for (uint32_t s = 0; effect->made == draw->lot && s < effect->share_count; s++) {
            ret_owed[s] = effect_shares(&made, effect)[s].amount;
        }
    }
    effects_deinit(&made);
}

static void say_drawn(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const struct pay_line *pay = &x->cleared->event->pay[effect->line];
    const char *product = x_product(x, class->product);
    const char *lot = x_lot(x, effect->lot);

    switch (class->kind) {
    case PRODUCT_STORED_VALUE:
        say(x, _("Card %s: %s drawn from lot %s"), product, x_yuan(x, money(effect->units)), lot);
        break;
    case PRODUCT_PACK:
        say(x, _("Pack %.*s of %s: uses drawn from lot %s: %" PRId64), (int)pay->pack.len,
            pay->pack.text, product, lot, effect->units);
        break;
    case PRODUCT_POINTS:
        say(x, _("Points %s: drawn from lot %s: %" PRId64), product, lot, effect->units);
        break;
    }
}

static void say_value(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const char *formula = x_telescope(x, money_fen(effect->lot_principal), effect->lot_drawn,
                                      effect->lot_drawn + effect->units, effect->lot_units);

    if (class->kind == PRODUCT_STORED_VALUE) {
        say(x, _("Principal: %s = %s; the rest is bonus, %s"), formula,
            x_yuan(x, effect->principal), x_yuan(x, effect->bonus));
    } else {
        say(x, _("Value: %s = %s"), formula, x_yuan(x, effect->principal));
    }
    if (effect->lot_drawn + effect->units == effect->lot_units) {
        say(x, _("This empties the lot: what is left of it is taken."));
    }
}

void explain_draw(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const struct share *shares = effect_shares(x->effects, effect);
    uint32_t principals = class->principal_count;
    struct lot lot = {
        .units = effect->lot_units, .principal = effect->lot_principal, .class = effect->class};
    money_t owed[DEBTORS_MAX] = {{0}};
    struct lot_point before;
    struct lot_point after;

    step_begin(x, "draw", effect);
    say_drawn(x, effect);
    say_lot_origin(x, effect);
    say_value(x, effect);
    owed_of(x, effect, owed);
    lot_at(class, &lot, owed, effect->lot_drawn, &before);
    lot_at(class, &lot, owed, effect->lot_drawn + effect->units, &after);
    struct settling settling = {
        .title = class->kind == PRODUCT_STORED_VALUE ? _("principal") : _("value"),
        .shares = shares,
        .weights = owed,
        .count = principals,
        .before = money_fen(before.principal),
        .after = money_fen(after.principal),
        .total = money_fen(effect->lot_principal),
        .emptied = effect->lot_drawn + effect->units == effect->lot_units,
        .creditor = x->effects->origin.owner,
    };
    if (class->kind != PRODUCT_POINTS) {
        say(x, _("The %s is settled at %s."), settling.title, x_percent(x, class->principal_rate));
    }
    say_settling(x, &settling);
    if (effect->share_count > principals) {
        say(x, _("The %s is settled at %s."), _("bonus"), x_percent(x, class->bonus_rate));
        settling.title = _("bonus");
        settling.shares = shares + principals;
        settling.weights = owed + principals;
        settling.count = effect->share_count - principals;
        settling.before = money_fen(before.bonus);
        settling.after = money_fen(after.bonus);
        settling.total = effect->lot_units - money_fen(effect->lot_principal);
        say_settling(x, &settling);
    }
}

static const struct discount *discount_of(const struct explaining *x, const struct effect *effect)
{
    return &x->state->terms[effect->terms_version - 1]->discounts[effect->rule];
}

void say_discount_parts(struct explaining *x, const struct effect *effect)
{
    const struct share *shares = effect_shares(x->effects, effect);

    for (uint32_t i = 0; i < effect->share_count; i++) {
        say_owes(x, effect->sign < 0, &shares[i], x->effects->origin.owner, "");
    }
}

void explain_discount(struct explaining *x, const struct effect *effect)
{
    const struct discount *discount = discount_of(x, effect);

    step_begin(x, "discount", effect);
    say(x, _("Discount %s: %s, shared among its funders by largest remainder; terms %" PRIu32),
        discount->id.text, x_yuan(x, effect->money), effect->terms_version);
    for (uint32_t i = 0; i < discount->funders.count; i++) {
        static const char *const relations[] = {"", "$store", "$issuer", "$home"};
        const struct funder *funder = &discount->funders.list[i];
        const char *who = funder->who.kind == WHO_PARTICIPANT ? funder->who.code.text
                                                              : relations[funder->who.kind];
        say_under(x, _("%s bears %s"), who, x_percent(x, funder->share));
    }
    say_discount_parts(x, effect);
}

/* What the sale settles of one product from lots that another participant sold (rule 11). */
static money_t fee_base(const struct explaining *x, product_t product)
{
    money_t base = money(0);

    for (uint32_t i = 0; i < x->effects->count; i++) {
        const struct effect *effect = &x->effects->list[i];
        if (effect->kind != EFFECT_DRAW || effect->product.n != product.n ||
            lots_class_at(&x->state->members.lots, effect->class)->seller.n ==
                x->effects->here.owner.n) {
            continue;
        }
        for (uint32_t s = 0; s < effect->share_count; s++) {
            base = money_add(base, effect_shares(x->effects, effect)[s].amount);
        }
    }
    return base;
}

void explain_fee(struct explaining *x, const struct effect *effect)
{
    const struct product *product =
        terms_product(x->state->terms[effect->terms_version - 1], effect->product);
    money_t base = fee_base(x, effect->product);
    struct share fee = {x->effects->origin.owner, effect->money};

    step_begin(x, "fee", effect);
    say(x,
        _("Service fee of %s: %s of the %s settled from lots that others sold, half up; terms "
          "%" PRIu32),
        x_product(x, effect->product), x_percent(x, product->fee), x_yuan(x, base),
        effect->terms_version);
    say_owes(x, false, &fee, effect_shares(x->effects, effect)[0].who,
             x_text(x, "half-up(%" PRId64 " × %s)", money_fen(base), x_percent(x, product->fee)));
}

/* Who bears a shortfall, in the words of the terms. */
static const char *bearer_words(shortfall_t bearer)
{
    switch (bearer) {
    case SHORTFALL_ISSUER:
        return _("the issuer");
    case SHORTFALL_HQ:
        return _("headquarters");
    case SHORTFALL_STORE:
    case SHORTFALL_NONE:
        break;
    }
    return _("the store at hand");
}

void explain_short(struct explaining *x, const struct effect *effect)
{
    const struct product *product =
        terms_product(x->state->terms[effect->terms_version - 1], effect->product);
    const struct pay_line *pay = &x->cleared->event->pay[effect->line];

    step_begin(x, "short", effect);
    say(x,
        _("Card %s: of %s the member's value did not reach for %s, which is within the floor limit "
          "of %s; %s bears it; terms %" PRIu32),
        x_product(x, effect->product), x_yuan(x, money(pay->amount_fen)), x_yuan(x, effect->money),
        x_yuan(x, product->floor_limit), bearer_words(product->shortfall), effect->terms_version);
    say_owes(x, false, effect_shares(x->effects, effect), x->effects->origin.owner, "");
}
