/* Lots made: top-ups, packs, points earned and granted, refunds without an original. */
#include <inttypes.h>

#include "tools/explain/saying.h"

static const struct terms *terms_of(const struct explaining *x, uint32_t version)
{
    return x->state->terms[version - 1];
}

/* The highest tier reached, as rule 13 finds it; NULL: none. */
static const struct tier *tier_reached(const struct offer *offer, int64_t principal_fen)
{
    const struct tier *tier = NULL;

    for (uint32_t i = 0; i < offer->tier_count; i++) {
        if (money_fen(offer->tiers[i].pay) <= principal_fen) {
            tier = &offer->tiers[i];
        }
    }
    return tier;
}

static void say_offer(struct explaining *x, const struct effect *effect, const struct terms *terms)
{
    const struct event *event = x->cleared->event;
    const struct offer *offer =
        event->offer.len == 0 ? NULL : terms_find_offer(terms, event->offer);

    if (offer == NULL) {
        say(x, _("No offer is named: no bonus."));
        return;
    }
    const struct tier *tier = tier_reached(offer, money_fen(effect->principal));
    if (tier == NULL) {
        say(x, _("Offer %s: no tier is reached, no bonus."), offer->id.text);
    } else if (tier->percent) {
        say(x, _("Offer %s, tier from %s: bonus floor(%" PRId64 " × %s) = %s"), offer->id.text,
            x_yuan(x, tier->pay), money_fen(effect->principal), x_percent(x, tier->bonus_rate),
            x_yuan(x, effect->bonus));
    } else if (tier->every) {
        say(x,
            _("Offer %s, %s for every %s: bonus %" PRId64 " × floor(%" PRId64 " / %" PRId64
              ") = %s"),
            offer->id.text, x_yuan(x, tier->bonus), x_yuan(x, tier->pay), money_fen(tier->bonus),
            money_fen(effect->principal), money_fen(tier->pay), x_yuan(x, effect->bonus));
    } else {
        say(x, _("Offer %s, tier from %s: bonus %s"), offer->id.text, x_yuan(x, tier->pay),
            x_yuan(x, effect->bonus));
    }
}

/* What will be settled of the lot, fixed now (rules 7, 44). */
static void say_owed(struct explaining *x, const struct effect *effect)
{
    const struct lots *lots = &x->state->members.lots;
    const struct lot_class *class = lots_class_at(lots, effect->class);
    struct lot lot = {
        .units = effect->units, .principal = effect->principal, .class = effect->class};
    money_t owed[DEBTORS_MAX];
    money_t bonus = money(0);

    lot_owed(lots, &lot, owed);
    say(x,
        _("Fixed now, owed where it is used, of the principal: %s owes floor(%" PRId64
          " × %s) = %s"),
        x_who(x, class->debtors[0]), money_fen(effect->principal),
        x_percent(x, class->principal_rate), x_yuan(x, owed[0]));
    if (class->debtor_count == class->principal_count) {
        return;
    }
    for (uint32_t i = class->principal_count; i < class->debtor_count; i++) {
        bonus = money_add(bonus, owed[i]);
    }
    say(x, _("and of the bonus: floor(%" PRId64 " × %s) = %s, of which"), money_fen(effect->bonus),
        x_percent(x, class->bonus_rate), x_yuan(x, bonus));
    for (uint32_t i = class->principal_count; i < class->debtor_count; i++) {
        say_under(x, _("%s owes its share of %s: %s"), x_who(x, class->debtors[i]),
                  x_percent(x, class->shares[i]), x_yuan(x, owed[i]));
    }
}

/* What the sale of the lot itself makes somebody owe: the fund model. */
static void say_passed_on(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share principal = {class->seller, effect->principal};
    struct share commission = {class->debtors[0], effect->money};

    say(x, _("Fund model: %s; terms %" PRIu32), words_of_model(class->model), class->terms_version);
    if (class->model != MODEL_F1) {
        say(x, _("Nothing is passed on now; %s owes the member's use."),
            x_who(x, class->debtors[0]));
        return;
    }
    say(x, _("What was taken is passed on:"));
    say_owes(x, false, &principal, class->debtors[0], "");
    if (class->commission.millionths > 0 && class->seller.n != class->debtors[0].n) {
        say(x, _("Commission on it, half up:"));
        say_owes(x, false, &commission, class->seller,
                 x_text(x, "half-up(%" PRId64 " × %s)", money_fen(effect->principal),
                        x_percent(x, class->commission)));
    }
}

static void explain_sold(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const struct event *event = x->cleared->event;

    if (class->kind == PRODUCT_PACK) {
        say(x, _("Pack %.*s of %s: %" PRId64 " uses for %s, as lot %s"), (int)event->pack.len,
            event->pack.text, x_product(x, class->product), effect->units,
            x_yuan(x, effect->principal), x_lot(x, effect->lot));
    } else {
        say(x, _("Top-up of %s: principal %s and bonus %s, as lot %s"),
            x_product(x, class->product), x_yuan(x, effect->principal), x_yuan(x, effect->bonus),
            x_lot(x, effect->lot));
        say_offer(x, effect, terms_of(x, class->terms_version));
    }
    say_passed_on(x, effect);
    say_owed(x, effect);
}

/* The entry of the event that earned this lot; NULL: a grant. */
static const struct earn_entry *entry_of(const struct explaining *x, product_t product)
{
    const struct event *event = x->cleared->event;

    for (uint32_t i = 0; i < event->earn_count; i++) {
        if (slice_equal(event->earn[i].product, slice_of(x_product(x, product)))) {
            return &event->earn[i];
        }
    }
    return NULL;
}

/* Tenders and stored value (rule 18); a top-up earns on its principal. */
static int64_t earning_base(const struct event *event)
{
    int64_t base = event->type == EVENT_TOPUP ? event->amount_fen : 0;

    for (uint32_t i = 0; i < event->pay_count && event_is_sale(event->type); i++) {
        if (means_is_tender(event->pay[i].with) || event->pay[i].with == MEANS_STORED_VALUE) {
            base += event->pay[i].amount_fen;
        }
    }
    return base;
}

static void say_earned(struct explaining *x, const struct effect *effect,
                       const struct product *product, const struct earn_entry *entry)
{
    int64_t base = earning_base(x->cleared->event);
    char rate[RATE_TEXT_SIZE];

    rate_format_number(product->earn.rate, rate);
    if (product->earn.multiplier_count == 0) {
        say(x, _("Earned: floor(%" PRId64 " × %s / 100) = %" PRId64 " points (%s a yuan)"), base,
            rate, effect->units, rate);
        return;
    }
    say(x,
        _("Earned: %" PRId64 " of the %" PRId64 " points of this entry: the base of %s a yuan on "
          "%s, or the increase by a multiplier in force:"),
        effect->units, entry->points, rate, x_yuan(x, money(base)));
    for (uint32_t i = 0; i < product->earn.multiplier_count; i++) {
        const struct multiplier *multiplier = &product->earn.multipliers[i];
        char times[RATE_TEXT_SIZE];
        rate_format_number(multiplier->times, times);
        say_under(x, _("multiplier %s: × %s"), multiplier->id.text, times);
    }
}

/* One payer pays one half-up amount an entry for all its lots, telescoped over them (rule 5). */
static void say_issue(struct explaining *x, const struct effect *effect,
                      const struct product *product)
{
    const struct lots *lots = &x->state->members.lots;
    const struct lot_class *class = lots_class_at(lots, effect->class);
    struct share payer = {class->issuer, effect->money};
    int64_t before = 0;
    int64_t all = 0;
    money_t whole = money(0);

    for (uint32_t i = 0; i < x->effects->count; i++) {
        const struct effect *other = &x->effects->list[i];
        if (other->kind == EFFECT_LOT && other->product.n == effect->product.n &&
            lots_class_at(lots, other->class)->issuer.n == class->issuer.n) {
            before += other < effect ? other->units : 0;
            all += other->units;
            whole = money_add(whole, other->money);
        }
    }
    const char *formula =
        x_text(x, "half-up(%" PRId64 " × %s)", all, x_price(x, product->issue_price));
    if (all != effect->units) {
        say(x, _("All its points of this entry: %s = %s, of which"), formula, x_yuan(x, whole));
        formula = x_telescope(x, money_fen(whole), before, before + effect->units, all);
    }
    say_owes(x, false, &payer, class->fund, formula);
}

static void explain_points(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const struct product *product =
        terms_product(terms_of(x, class->terms_version), class->product);
    const struct earn_entry *entry = entry_of(x, class->product);

    say(x, _("Points of %s: %" PRId64 ", as lot %s"), x_product(x, class->product), effect->units,
        x_lot(x, effect->lot));
    if (effect->valid_to != DAY_MAX) {
        say(x, _("They are good through %s."), x_day(x, effect->valid_to));
    }
    if (entry != NULL) {
        say_earned(x, effect, product, entry);
    }
    say(x, _("Points model: %s; terms %" PRIu32), words_of_model(class->model),
        class->terms_version);
    if (class->model == MODEL_PF) {
        say(x, _("Issue price %s fen a point, half up:"), x_price(x, product->issue_price));
        say_issue(x, effect, product);
    } else {
        say(x, _("%s issues them and owes only when they are used."), x_who(x, class->issuer));
    }
    say(x, _("Worth at redemption, %s fen a point: floor(%" PRId64 " × %s) = %s"),
        x_price(x, class->redeem_price), effect->units, x_price(x, class->redeem_price),
        x_yuan(x, effect->principal));
}

void explain_lot(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);

    step_begin(x, "lot", effect);
    if (class->kind == PRODUCT_POINTS) {
        explain_points(x, effect);
    } else {
        explain_sold(x, effect);
    }
}

void explain_unlinked(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share payer = {x->effects->here.owner, effect->principal};

    step_begin(x, "unlinked", effect);
    say(x,
        _("Refund without an original: the card %s gets lot %s of %s, sold by the member's home "
          "store %s"),
        x_product(x, class->product), x_lot(x, effect->lot), x_yuan(x, effect->principal),
        x_store(x, class->store));
    say(x, _("The store that refunds owes the lot's debtor the whole amount:"));
    say_owes(x, false, &payer, class->debtors[0], "");
}
