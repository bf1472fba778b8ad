/* The refund of a sale, in parts or whole: each line of the sale gives back its share, and each
 * draw, discount, fee and earning of it is undone by telescoping (rules 22 to 25, 45). */
#include <string.h>

#include "clearing/apply/ruling.h"

/* The cumulative money of each discount and pay line at `cum` of gross: peeling in written order.
 * Pack lines carry no money. */
static void plan_money(const struct event *sale, int64_t cum, money_t *ret_discounts,
                       money_t *ret_pay)
{
    money_t weights[DISCOUNTS_MAX + PAY_LINES_MAX];
    money_t parts[DISCOUNTS_MAX + PAY_LINES_MAX] = {{0}};
    uint32_t count = 0;

    for (uint32_t i = 0; i < sale->discount_count; i++) {
        weights[count++] = money(sale->discounts[i].amount_fen);
    }
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        if (sale->pay[i].with != MEANS_PACK) {
            weights[count++] = money(sale->pay[i].amount_fen);
        }
    }
    if (count > 0) {
        money_peel(money(cum), weights, count, parts);
    }
    count = 0;
    for (uint32_t i = 0; i < sale->discount_count; i++) {
        ret_discounts[i] = parts[count++];
    }
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        ret_pay[i] = sale->pay[i].with == MEANS_PACK ? money(0) : parts[count++];
    }
}

/* The cumulative units that a line has given back. */
static int64_t plan_units(const struct event *sale, uint32_t line, money_t of_line, int64_t cum,
                          bool whole)
{
    const struct pay_line *pay = &sale->pay[line];

    switch (pay->with) {
    case MEANS_POINTS:
        return scale_floor(pay->units, money_fen(of_line), pay->amount_fen);
    case MEANS_PACK:
        if (sale->amount_fen == 0) {
            return whole ? pay->units : 0;
        }
        return scale_floor(pay->units, cum, sale->amount_fen);
    case MEANS_STORED_VALUE:
    case MEANS_CASH:
    case MEANS_CARD:
    case MEANS_WECHAT:
    case MEANS_ALIPAY:
    case MEANS_OTHER:
        break;
    }
    return money_fen(of_line);
}

void refund_plan_sale(const struct event *sale, int64_t before, int64_t after,
                      struct refund_plan *ret_plan)
{
    ret_plan->before = before;
    ret_plan->after = after;
    ret_plan->whole = sale->amount_fen == 0;
    plan_money(sale, before, ret_plan->discount_before, ret_plan->pay_before);
    plan_money(sale, after, ret_plan->discount_after, ret_plan->pay_after);
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        ret_plan->units_before[i] =
            plan_units(sale, i, ret_plan->pay_before[i], before, false);
        ret_plan->units_after[i] =
            plan_units(sale, i, ret_plan->pay_after[i], after, ret_plan->whole);
    }
}

/* Do two lines name the same means (stored value and points by product, packs by id, tenders by
 * kind)? */
static bool same_means(const struct pay_line *a, const struct pay_line *b)
{
    return a->with == b->with && slice_equal(a->product, b->product) &&
           slice_equal(a->pack, b->pack);
}

/* The sum of one field over the lines of a's means in `lines`. */
struct means_sum {
    int64_t units;
    int64_t amount;
};

static struct means_sum planned(const struct event *sale, const struct refund_plan *plan,
                                const struct pay_line *means)
{
    struct means_sum sum = {0, 0};

    for (uint32_t i = 0; i < sale->pay_count; i++) {
        if (same_means(&sale->pay[i], means)) {
            sum.units += plan->units_after[i] - plan->units_before[i];
            sum.amount += money_fen(money_sub(plan->pay_after[i], plan->pay_before[i]));
        }
    }
    return sum;
}

static struct means_sum written(const struct event *refund, const struct pay_line *means)
{
    struct means_sum sum = {0, 0};

    for (uint32_t i = 0; i < refund->back_count; i++) {
        const struct pay_line *line = &refund->back[i];
        if (same_means(line, means)) {
            bool by_units = line->with == MEANS_POINTS || line->with == MEANS_PACK;
            sum.units += by_units ? line->units : line->amount_fen;
            sum.amount += line->amount_fen;
        }
    }
    return sum;
}

static bool sums_equal(const struct event *refund, const struct event *sale,
                       const struct refund_plan *plan, const struct pay_line *means)
{
    struct means_sum due = planned(sale, plan, means);
    struct means_sum said = written(refund, means);

    if (due.units == 0) {
        return said.units == 0 && said.amount == 0; /* nothing comes back: left out */
    }
    if (means->with == MEANS_PACK) {
        return said.units == due.units;
    }
    return said.units == due.units && said.amount == due.amount;
}

bool refund_back_equals(const struct event *refund, const struct event *sale,
                        const struct refund_plan *plan)
{
    if (refund->back_count == 0) {
        return true;
    }
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        if (!sums_equal(refund, sale, plan, &sale->pay[i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < refund->back_count; i++) {
        if (!sums_equal(refund, sale, plan, &refund->back[i])) {
            return false;
        }
    }
    return true;
}

/* Units of a draw that are back once `cum` units of its line are: the last draw comes back first.
 * `later` are the units of the draws after it. */
static int64_t draw_back(int64_t cum, int64_t later, int64_t units)
{
    int64_t back = cum - later;

    return back < 0 ? 0 : back > units ? units : back;
}

/* The part of a draw between two cumulative amounts of units back: as an effect with shares. */
static void back_effect(const struct effects *past, const struct effect *draw, int64_t before,
                        int64_t after, struct effect *ret_effect, struct share *ret_shares)
{
    const struct share *shares = effect_shares(past, draw);
    money_t parts_before[DEBTORS_MAX];
    money_t parts_after[DEBTORS_MAX];
    uint32_t principals = draw->share_count < 1 ? 0 : 1;
    int64_t units = after - before;
    money_t principal = money_sub(money_telescope(draw->principal, after, draw->units),
                                  money_telescope(draw->principal, before, draw->units));

    draw_back_shares(shares, principals, before, draw->units, parts_before);
    draw_back_shares(shares, principals, after, draw->units, parts_after);
    draw_back_shares(shares + principals,
                     draw->share_count - principals,
                     before,
                     draw->units,
                     parts_before + principals);
    draw_back_shares(shares + principals,
                     draw->share_count - principals,
                     after,
                     draw->units,
                     parts_after + principals);
    for (uint32_t i = 0; i < draw->share_count; i++) {
        ret_shares[i] =
            (struct share){shares[i].who, money_sub(parts_after[i], parts_before[i])};
    }
    *ret_effect = (struct effect){
        .kind = EFFECT_DRAW,
        .sign = -1,
        .reversal = true,
        .line = draw->line,
        .lot = draw->lot,
        .class = draw->class,
        .product = draw->product,
        .units = units,
        .principal = principal,
        .valid_to = draw->valid_to,
        .own = true,
        .topup = draw->topup,
        .topup_principal = draw->topup_principal,
    };
}

/* Give part of a draw back as a lot of its own. */
static void give_back(struct ruling *ruling, const struct effect *draw, int64_t before,
                      int64_t after, lot_id_t made, money_t till)
{
    const struct apply *apply = ruling->apply;
    struct lots *lots = &ruling->state->members.lots;
    const struct lot_class *class = lots_class_at(lots, draw->class);
    struct effect effect;
    struct share shares[DEBTORS_MAX];
    struct lot_own own = {.topup = draw->topup, .topup_principal = draw->topup_principal};

    back_effect(&apply->past_effects, draw, before, after, &effect, shares);
    effect.made = after > before ? made : 0;
    effect.money = till;
    if (class->kind == PRODUCT_STORED_VALUE) {
        effect.bonus = money_sub(money(effect.units), effect.principal);
    }
    for (uint32_t i = 0; i < draw->share_count; i++) {
        own.owed[i] = shares[i].amount;
    }
    effects_add(ruling->effects, &effect, shares, draw->share_count);
    if (effect.made != 0) {
        struct lot lot = {
            .id = made,
            .units = effect.units,
            .principal = effect.principal,
            .class = draw->class,
            .valid_to = draw->valid_to,
        };
        ruling_make_lot(ruling, &lot, &own, apply->past_event.pay[draw->line].pack);
    }
}

/* The draws of one pay line, in the order of drawing: a range of the original's effects. */
struct draws {
    uint32_t first;
    uint32_t count;
};

static struct draws draws_of(const struct effects *past, uint32_t line)
{
    struct draws draws = {0, 0};

    for (uint32_t i = 0; i < past->count; i++) {
        const struct effect *effect = &past->list[i];
        if (effect->kind == EFFECT_DRAW && effect->line == line) {
            draws.first = draws.count == 0 ? i : draws.first;
            draws.count++;
        }
    }
    return draws;
}

/* What a line of the sale was short of; NULL: of nothing. */
static const struct effect *short_of(const struct effects *past, uint32_t line)
{
    for (uint32_t i = 0; i < past->count; i++) {
        if (past->list[i].kind == EFFECT_SHORT && past->list[i].line == line) {
            return &past->list[i];
        }
    }
    return NULL;
}

/* What was missing comes back before what was drawn, to who bore it: the member never gave it.
 * Returns: units that a line was short of. */
static int64_t short_back(struct ruling *ruling, const struct refund_plan *plan, uint32_t line)
{
    const struct effects *past = &ruling->apply->past_effects;
    const struct effect *missing = short_of(past, line);

    if (missing == NULL) {
        return 0;
    }
    int64_t before = draw_back(plan->units_before[line], 0, missing->units);
    int64_t after = draw_back(plan->units_after[line], 0, missing->units);
    struct share bearer = {effect_shares(past, missing)->who, money(after - before)};
    struct effect effect = *missing;
    effect.sign = -1;
    effect.reversal = true;
    effect.units = after - before;
    effect.money = bearer.amount;
    if (after > before) {
        effects_add(ruling->effects, &effect, &bearer, 1);
    }
    return missing->units;
}

/* Give back what a line must: last draw first; the lots that come of it are numbered in the order
 * of the draws. */
static void line_back(struct ruling *ruling, const struct refund_plan *plan, uint32_t line)
{
    const struct effects *past = &ruling->apply->past_effects;
    struct draws draws = draws_of(past, line);
    int64_t before = plan->units_before[line];
    int64_t after = plan->units_after[line];
    bool points = ruling->apply->past_event.pay[line].with == MEANS_POINTS;
    money_t till = points ? money_sub(plan->pay_after[line], plan->pay_before[line]) : money(0);
    uint32_t lots_made = 0;
    int64_t missing = short_back(ruling, plan, line);
    int64_t later = missing;

    for (uint32_t i = draws.count; i-- > 0;) {
        int64_t units = past->list[draws.first + i].units;
        lots_made += draw_back(after, later, units) > draw_back(before, later, units);
        later += units;
    }
    ruling->lots_made += lots_made;
    later = missing;
    uint32_t k = ruling->lots_made;
    for (uint32_t i = draws.count; i-- > 0;) {
        const struct effect *draw = &past->list[draws.first + i];
        int64_t from = draw_back(before, later, draw->units);
        int64_t to = draw_back(after, later, draw->units);
        bool last = i + 1 == draws.count;
        if (to > from || (last && !money_is_zero(till))) {
            give_back(ruling, draw, from, to, lot_id(ruling->seq, k), last ? till : money(0));
        }
        k -= to > from;
        later += draw->units;
    }
}

/* A discount line by itself, the own share left out (rule 42). */
static void discount_back(struct ruling *ruling, const struct refund_plan *plan,
                          const struct effect *discount)
{
    const struct effects *past = &ruling->apply->past_effects;
    const struct share *shares = effect_shares(past, discount);
    int64_t line_fen = money_fen(discount->money);
    int64_t before = money_fen(plan->discount_before[discount->line]);
    int64_t after = money_fen(plan->discount_after[discount->line]);
    struct share foreign[FUNDERS_MAX];
    money_t parts_before[DEBTORS_MAX];
    money_t parts_after[DEBTORS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < discount->share_count; i++) {
        if (shares[i].who.n != past->here.owner.n) {
            foreign[count++] = shares[i];
        }
    }
    draw_back_shares(foreign, count, before, line_fen, parts_before);
    draw_back_shares(foreign, count, after, line_fen, parts_after);
    for (uint32_t i = 0; i < count; i++) {
        foreign[i].amount = money_sub(parts_after[i], parts_before[i]);
    }
    struct effect effect = *discount;
    effect.sign = -1;
    effect.reversal = true;
    effect.money = money(after - before);
    if (after > before) {
        effects_add(ruling->effects, &effect, foreign, count);
    }
}

/* Units of a fee's product that the refund brings back: all lines of the product together. */
static void fee_units(const struct effects *past, const struct refund_plan *plan,
                      product_t product, int64_t *ret_before, int64_t *ret_after)
{
    int64_t before = 0;
    int64_t after = 0;
    uint32_t line = UINT32_MAX;

    for (uint32_t i = 0; i < past->count; i++) {
        const struct effect *effect = &past->list[i];
        if (effect->kind == EFFECT_DRAW && effect->product.n == product.n &&
            effect->line != line) {
            line = effect->line;
            before += plan->units_before[line];
            after += plan->units_after[line];
        }
    }
    *ret_before = before;
    *ret_after = after;
}

static void fee_back(struct ruling *ruling, const struct refund_plan *plan,
                     const struct effect *fee)
{
    const struct effects *past = &ruling->apply->past_effects;
    const struct terms *terms = ruling->state->terms[fee->terms_version - 1];
    int64_t before = 0;
    int64_t after = 0;

    if (!terms_product(terms, fee->product)->fee_refundable) {
        return;
    }
    fee_units(past, plan, fee->product, &before, &after);
    struct effect effect = *fee;
    effect.sign = -1;
    effect.reversal = true;
    effect.units = after - before;
    effect.money = money_sub(money_telescope(fee->money, after, fee->units),
                             money_telescope(fee->money, before, fee->units));
    if (!money_is_zero(effect.money)) {
        effects_add(ruling->effects, &effect, effect_shares(past, fee), 1);
    }
}

/* Take earned points back, as far as they are still there (rule 24). */
static void take_back(struct ruling *ruling, const struct refund_plan *plan,
                      const struct effect *earned)
{
    struct lots *lots = &ruling->state->members.lots;
    uint32_t place = lots_find(lots, ruling->member->lots, earned->lot);
    int64_t gross = ruling->apply->past_event.amount_fen;
    int64_t due = scale_floor(earned->units, plan->after, gross) -
                  scale_floor(earned->units, plan->before, gross);

    if (place == 0 || due == 0) {
        return;
    }
    struct lot *lot = &lots->pool[place];
    int64_t take = due < lot_left(lot) ? due : lot_left(lot);
    uint64_t *taken = map_put(&ruling->state->originals.taken, earned->lot);
    int64_t before = (int64_t)*taken;
    struct effect effect = {
        .kind = EFFECT_TAKE,
        .sign = 1,
        .reversal = true,
        .lot = earned->lot,
        .class = earned->class,
        .product = earned->product,
        .units = take,
        .money = money_sub(money_telescope(earned->money, before + take, earned->units),
                           money_telescope(earned->money, before, earned->units)),
        .lot_units = lot->units,
        .lot_drawn = lot->drawn,
        .lot_principal = lot->principal,
        .valid_to = lot->valid_to,
    };

    *taken += (uint64_t)take;
    lot->drawn += take;
    if (lot_left(lot) == 0) {
        lots_remove(lots, &ruling->member->lots, place);
    }
    effects_add(ruling->effects, &effect, NULL, 0);
}

/* Cash handed back at another store: the selling store owes it (rule 25). */
static void tender_back(struct ruling *ruling, const struct refund_plan *plan)
{
    const struct event *sale = &ruling->apply->past_event;
    struct effect effect = {
        .kind = EFFECT_TENDER, .sign = 1, .product = PRODUCT_NONE, .valid_to = DAY_MAX};

    for (uint32_t i = 0; i < sale->pay_count; i++) {
        if (means_is_tender(sale->pay[i].with)) {
            effect.money = money_add(effect.money,
                                     money_sub(plan->pay_after[i], plan->pay_before[i]));
        }
    }
    if (!money_is_zero(effect.money) &&
        ruling->here.store.n != ruling->effects->origin.store.n) {
        effects_add(ruling->effects, &effect, NULL, 0);
    }
}

void refund_sale_do(struct ruling *ruling)
{
    const struct event *sale = &ruling->apply->past_event;
    const struct effects *past = &ruling->apply->past_effects;
    int64_t before = money_fen(ruling->touched.refunded);
    struct refund_plan plan = {0};

    refund_plan_sale(sale, before, before + ruling->event->amount_fen, &plan);
    ruling->effects->origin = past->here;
    for (uint32_t i = 0; i < past->count; i++) {
        if (past->list[i].kind == EFFECT_DISCOUNT) {
            discount_back(ruling, &plan, &past->list[i]);
        }
    }
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        line_back(ruling, &plan, i);
    }
    tender_back(ruling, &plan);
    for (uint32_t i = 0; i < past->count; i++) {
        const struct effect *effect = &past->list[i];
        if (effect->kind == EFFECT_FEE) {
            fee_back(ruling, &plan, effect);
        } else if (effect->kind == EFFECT_LOT) {
            take_back(ruling, &plan, effect);
        }
    }
}
