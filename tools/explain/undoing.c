/* What is undone in part: refunds of sales, points taken back, lots paid out. */
#include <inttypes.h>

#include "tools/explain/saying.h"

/* --- how a refund falls on the lines of its sale (rules 22, 45) --- */

/* One line that carries money: its place among the weights of the peel. */
struct weight {
    const char *name;
    int64_t whole;
    int64_t before;
    int64_t after;
};

static uint32_t weights_of(struct explaining *x,
                           struct weight weights[DISCOUNTS_MAX + PAY_LINES_MAX])
{
    const struct event *sale = &x->past_event;
    const struct refund_plan *plan = &x->plan;
    uint32_t count = 0;

    for (uint32_t i = 0; i < sale->discount_count; i++) {
        slice_t rule = sale->discounts[i].rule;
        weights[count++] = (struct weight){
            x_text(x, _("discount %.*s"), (int)rule.len, rule.text), sale->discounts[i].amount_fen,
            money_fen(plan->discount_before[i]), money_fen(plan->discount_after[i])};
    }
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        const struct pay_line *pay = &sale->pay[i];
        slice_t product = pay->product;
        if (pay->with == MEANS_PACK) {
            continue;
        }
        weights[count++] = (struct weight){
            product.len == 0
                ? words_of_means(pay->with)
                : x_text(x, "%s %.*s", words_of_means(pay->with), (int)product.len, product.text),
            pay->amount_fen, money_fen(plan->pay_before[i]), money_fen(plan->pay_after[i])};
    }
    return count;
}

/* Peeling in written order: each line but the last telescopes its share of what those before it
 * leave. */
static void say_lines(struct explaining *x)
{
    struct weight weights[DISCOUNTS_MAX + PAY_LINES_MAX];
    uint32_t count = weights_of(x, weights);
    int64_t whole = x->past_event.amount_fen;
    int64_t before = x->plan.before;
    int64_t after = x->plan.after;

    for (uint32_t i = 0; i < count; i++) {
        const char *given = x_yuan(x, money(weights[i].after - weights[i].before));
        if (i + 1 == count) {
            say_under(x, _("line %s: the rest, %s"), weights[i].name, given);
        } else {
            say_under(x, _("line %s: %s = %s"), weights[i].name,
                      x_telescope(x, weights[i].whole, before, after, whole), given);
        }
        whole -= weights[i].whole;
        before -= weights[i].before;
        after -= weights[i].after;
    }
}

static void say_units(struct explaining *x)
{
    const struct event *sale = &x->past_event;

    for (uint32_t i = 0; i < sale->pay_count; i++) {
        const struct pay_line *pay = &sale->pay[i];
        int64_t units = x->plan.units_after[i] - x->plan.units_before[i];
        if (pay->with == MEANS_POINTS) {
            say(x, _("points that come back: %s = %" PRId64),
                x_telescope(x, pay->units, money_fen(x->plan.pay_before[i]),
                            money_fen(x->plan.pay_after[i]), pay->amount_fen),
                units);
        } else if (pay->with == MEANS_PACK) {
            const char *formula = x->plan.whole ? _("all of them")
                                                : x_telescope(x, pay->units, x->plan.before,
                                                              x->plan.after, sale->amount_fen);
            say(x, _("uses of pack %.*s that come back: %s = %" PRId64), (int)pay->pack.len,
                pay->pack.text, formula, units);
        }
    }
}

void explain_plan(struct explaining *x)
{
    step_begin(x, "plan", NULL);
    say(x,
        _("Refund of sale %s, %s: %s now, %s before; it falls on the sale's lines in written "
          "order:"),
        x_event(x, x->effects->original), x_yuan(x, money(x->past_event.amount_fen)),
        x_yuan(x, money(x->plan.after - x->plan.before)), x_yuan(x, money(x->plan.before)));
    say_lines(x);
    say_units(x);
}

/* --- draws given back --- */

static int64_t clamp(int64_t cum, int64_t later, int64_t units)
{
    int64_t back = cum - later;

    return back < 0 ? 0 : back > units ? units : back;
}

/* The draw of the sale that an effect gives back, and the units drawn after it on the same line. */
static const struct effect *draw_given_back(const struct explaining *x, const struct effect *effect,
                                            int64_t *ret_later)
{
    const struct effect *draw = NULL;
    int64_t later = 0;

    for (uint32_t i = x->past.count; i-- > 0 && draw == NULL;) {
        const struct effect *past = &x->past.list[i];
        if (past->kind == EFFECT_SHORT && past->line == effect->line) {
            later += past->units; /* what was missing comes after all draws */
            continue;
        }
        if (past->kind != EFFECT_DRAW || past->line != effect->line) {
            continue;
        }
        if (past->lot == effect->lot) {
            draw = past;
        } else {
            later += past->units;
        }
    }
    CHECK(draw != NULL); /* the refund was made from these very effects */
    *ret_later = later;
    return draw;
}

static void say_back(struct explaining *x, const struct effect *effect, const struct effect *draw,
                     int64_t before, int64_t after)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const char *formula = x_telescope(x, money_fen(draw->principal), before, after, draw->units);

    if (effect->made == 0) {
        say(x, _("Nothing of the draw on lot %s comes back yet."), x_lot(x, effect->lot));
        return;
    }
    if (class->kind == PRODUCT_STORED_VALUE) {
        say(x,
            _("Card %s: %s come back of the %s drawn from lot %s, as lot %s, first to be used "
              "next"),
            x_product(x, class->product), x_yuan(x, money(effect->units)),
            x_yuan(x, money(draw->units)), x_lot(x, effect->lot), x_lot(x, effect->made));
        say(x, _("Principal: %s = %s; the rest is bonus, %s"), formula,
            x_yuan(x, effect->principal), x_yuan(x, effect->bonus));
        return;
    }
    say(x, _("%s: %" PRId64 " come back of the %" PRId64 " drawn from lot %s, as lot %s"),
        x_product(x, class->product), effect->units, draw->units, x_lot(x, effect->lot),
        x_lot(x, effect->made));
    say(x, _("Value: %s = %s"), formula, x_yuan(x, effect->principal));
}

void explain_draw_back(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const struct share *shares = effect_shares(x->effects, effect);
    uint32_t principals = class->principal_count;
    money_t weights[DEBTORS_MAX];
    int64_t later = 0;

    const struct effect *draw = draw_given_back(x, effect, &later);
    int64_t before = clamp(x->plan.units_before[effect->line], later, draw->units);
    int64_t after = clamp(x->plan.units_after[effect->line], later, draw->units);
    step_begin(x, "draw_back", effect);
    say_back(x, effect, draw, before, after);
    for (uint32_t i = 0; i < draw->share_count; i++) {
        weights[i] = effect_shares(&x->past, draw)[i].amount;
    }
    struct settling settling = {
        .title = class->kind == PRODUCT_STORED_VALUE ? _("principal") : _("value"),
        .shares = shares,
        .weights = weights,
        .count = principals,
        .before = before,
        .after = after,
        .total = draw->units,
        .creditor = x->effects->origin.owner,
        .back = true,
    };
    say_settling(x, &settling);
    if (effect->share_count > principals) {
        settling.title = _("bonus");
        settling.shares = shares + principals;
        settling.weights = weights + principals;
        settling.count = effect->share_count - principals;
        say_settling(x, &settling);
    }
}

void explain_discount_back(struct explaining *x, const struct effect *effect)
{
    const struct discount *discount =
        &x->state->terms[effect->terms_version - 1]->discounts[effect->rule];
    money_t weights[DEBTORS_MAX];
    const struct effect *given = NULL;

    for (uint32_t i = 0; i < x->past.count; i++) {
        if (x->past.list[i].kind == EFFECT_DISCOUNT && x->past.list[i].line == effect->line) {
            given = &x->past.list[i];
        }
    }
    CHECK(given != NULL);
    step_begin(x, "discount_back", effect);
    say(x, _("Discount %s: %s of %s goes back"), discount->id.text, x_yuan(x, effect->money),
        x_yuan(x, given->money));
    uint32_t count = 0;
    for (uint32_t i = 0; i < given->share_count; i++) { /* the own share is left out (rule 42) */
        const struct share *share = effect_shares(&x->past, given) + i;
        if (share->who.n != x->effects->origin.owner.n) {
            weights[count++] = share->amount;
        }
    }
    struct settling settling = {
        .title = _("discount"),
        .shares = effect_shares(x->effects, effect),
        .weights = weights,
        .count = count,
        .before = money_fen(x->plan.discount_before[effect->line]),
        .after = money_fen(x->plan.discount_after[effect->line]),
        .total = money_fen(given->money),
        .creditor = x->effects->origin.owner,
        .back = true,
    };
    say_settling(x, &settling);
}

/* --- fees, cash, points --- */

void explain_fee_back(struct explaining *x, const struct effect *effect)
{
    struct share fee = {x->effects->origin.owner, effect->money};
    const struct effect *paid = NULL;
    int64_t before = 0;
    uint32_t line = UINT32_MAX;

    for (uint32_t i = 0; i < x->past.count; i++) {
        const struct effect *past = &x->past.list[i];
        if (past->kind == EFFECT_FEE && past->product.n == effect->product.n) {
            paid = past;
        }
        if (past->kind == EFFECT_DRAW && past->product.n == effect->product.n &&
            past->line != line) {
            line = past->line;
            before += x->plan.units_before[line];
        }
    }
    CHECK(paid != NULL);
    step_begin(x, "fee_back", effect);
    say(x, _("The service fee of %s is refundable: of %s goes back"), x_product(x, effect->product),
        x_yuan(x, paid->money));
    say_owes(x, true, &fee, effect_shares(x->effects, effect)[0].who,
             x_telescope(x, money_fen(paid->money), before, before + effect->units, paid->units));
}

void explain_short_back(struct explaining *x, const struct effect *effect)
{
    step_begin(x, "short_back", effect);
    say(x, _("Card %s: what the member had not paid comes back first, to who bore it: %s"),
        x_product(x, effect->product), x_yuan(x, effect->money));
    say_owes(x, true, effect_shares(x->effects, effect), x->effects->origin.owner, "");
}

void explain_tender(struct explaining *x, const struct effect *effect)
{
    struct share owner = {x->effects->origin.owner, effect->money};

    step_begin(x, "tender", effect);
    say(x, _("Cash or card was handed back at %s for a sale at %s, which has the money:"),
        x_store(x, x->effects->here.store), x_store(x, x->effects->origin.store));
    say_owes(x, false, &owner, x->effects->here.owner, "");
}

void explain_take(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    const uint64_t *taken = map_find(&x->state->originals.taken, effect->lot);
    struct share issue = {class->fund, effect->money};
    const struct effect *earned = NULL;

    for (uint32_t i = 0; i < x->past.count; i++) {
        if (x->past.list[i].kind == EFFECT_LOT && x->past.list[i].lot == effect->lot) {
            earned = &x->past.list[i];
        }
    }
    CHECK(earned != NULL && taken != NULL);
    step_begin(x, "take", effect);
    say(x, _("Points earned go back: %s, as far as lot %s still has them: %" PRId64),
        x_telescope(x, earned->units, x->plan.before, x->plan.after, x->past_event.amount_fen),
        x_lot(x, effect->lot), effect->units);
    if (class->model == MODEL_PF) {
        int64_t cum = (int64_t)*taken;
        say(x, _("Their issue is reversed over the points really taken:"));
        say_owes(x, false, &issue, class->issuer,
                 x_telescope(x, money_fen(earned->money), cum - effect->units, cum, earned->units));
    }
}

/* --- lots paid out --- */

/* The books of a top-up after this effect: those at the end, less what later effects of this event
 * did. */
static void books_after(const struct explaining *x, const struct effect *effect,
                        int64_t *ret_cashed, int64_t *ret_returned)
{
    const uint64_t *cashed = map_find(&x->state->originals.cashed, effect->topup);
    const uint64_t *returned = map_find(&x->state->originals.returned, effect->topup);
    const struct effect *end = x->effects->list + x->effects->count;

    *ret_cashed = cashed == NULL ? 0 : (int64_t)*cashed;
    *ret_returned = returned == NULL ? 0 : (int64_t)*returned;
    for (const struct effect *later = effect + 1; later < end; later++) {
        if (later->kind == EFFECT_END && later->topup == effect->topup) {
            *ret_cashed -= money_fen(later->principal);
            *ret_returned -= money_fen(later->money);
        }
    }
}

static void say_commission_back(struct explaining *x, const struct effect *effect,
                                const struct lot_class *class)
{
    struct share commission = {class->seller, effect->money};
    money_t whole = rate_half_up(effect->topup_principal, class->commission);
    int64_t cashed = 0;
    int64_t returned = 0;

    books_after(x, effect, &cashed, &returned);
    say(x,
        _("Commission of that top-up: half-up(%" PRId64
          " × %s) = %s; of its principal %s has been paid out by now:"),
        money_fen(effect->topup_principal), x_percent(x, class->commission), x_yuan(x, whole),
        x_yuan(x, money(cashed)));
    say_owes(x, false, &commission, class->debtors[0],
             x_text(x, "floor(%" PRId64 " × %" PRId64 " / %" PRId64 ") − %" PRId64,
                    money_fen(whole), cashed, money_fen(effect->topup_principal),
                    returned - money_fen(effect->money)));
}

void explain_end(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share holder = {class->debtors[0], effect->principal};
    int64_t whole = money_fen(effect->lot_principal);

    step_begin(x, "end", effect);
    say(x, _("Lot %s ends, its principal that is left is paid out:"), x_lot(x, effect->lot));
    say_lot_origin(x, effect);
    say(x,
        _("%" PRId64 " − floor(%" PRId64 " × %" PRId64 " / %" PRId64 ") = %s; cancelled bonus: %s"),
        whole, whole, effect->lot_drawn, effect->lot_units, x_yuan(x, effect->principal),
        x_yuan(x, effect->bonus));
    say(x, _("Whoever holds the principal owes it to the store that pays:"));
    say_owes(x, false, &holder, x->effects->here.owner, "");
    if (!money_is_zero(effect->money)) {
        say_commission_back(x, effect, class);
    }
}
