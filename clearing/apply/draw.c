/* Drawing value from lots, and how much of a draw falls to a part of it. */
#include "clearing/apply/ruling.h"

bool draw_counts(const struct ruling *ruling, const struct lot *lot)
{
    const struct lot_class *class = lots_class_at(&ruling->state->members.lots, lot->class);

    return class->model != MODEL_F4 || class->store.n == ruling->here.store.n;
}

static bool draw_good(const struct ruling *ruling, const struct lot *lot, product_t product)
{
    const struct lot_class *class = lots_class_at(&ruling->state->members.lots, lot->class);

    return class->product.n == product.n && lot->valid_to >= ruling->state->open_day;
}

static int64_t add_up_to(int64_t sum, int64_t more, int64_t limit)
{
    return more >= limit - sum ? limit : sum + more;
}

struct available draw_available(const struct ruling *ruling, uint32_t head, product_t product,
                                int64_t wanted)
{
    const struct lots *lots = &ruling->state->members.lots;
    struct available available = {0, 0};

    for (uint32_t at = head; at != 0 && available.here < wanted; at = lots->pool[at].next) {
        const struct lot *lot = &lots->pool[at];
        if (!draw_good(ruling, lot, product)) {
            continue;
        }
        available.everywhere = add_up_to(available.everywhere, lot_left(lot), wanted);
        if (draw_counts(ruling, lot)) {
            available.here = add_up_to(available.here, lot_left(lot), wanted);
        }
    }
    return available;
}

bool draw_goes_short(const struct ruling *ruling, const struct pay_line *line, int64_t missing)
{
    if (!ruling->deadline || line->with != MEANS_STORED_VALUE) {
        return false;
    }
    const struct product *product = terms_find_product(
        ruling->terms, &ruling->state->registry, line->product, PRODUCT_STORED_VALUE);
    return product->shortfall != SHORTFALL_NONE && missing <= money_fen(product->floor_limit);
}

/* Take units from one lot: the effect with everything that the lot was before. Returns: what is
 * settled in all. */
static money_t draw_one(struct ruling *ruling, struct lot *lot, uint32_t line, int64_t units)
{
    const struct lots *lots = &ruling->state->members.lots;
    const struct lot_class *class = lots_class_at(lots, lot->class);
    const struct lot_own *own = lot->own == 0 ? NULL : &lots->owns[lot->own];
    money_t owed[DEBTORS_MAX];
    struct lot_point before;
    struct lot_point after;
    struct share shares[DEBTORS_MAX];
    money_t settled = money(0);

    lot_owed(lots, lot, owed);
    lot_at(class, lot, owed, lot->drawn, &before);
    lot_at(class, lot, owed, lot->drawn + units, &after);
    for (uint32_t i = 0; i < class->debtor_count; i++) {
        shares[i] = (struct share){class->debtors[i],
                                   money_sub(after.settled[i], before.settled[i])};
        settled = money_add(settled, shares[i].amount);
    }
    const struct pay_line *pay = &ruling->event->pay[line];
    bool first = ruling->effects->count == 0 ||
                 ruling->effects->list[ruling->effects->count - 1].line != line ||
                 ruling->effects->list[ruling->effects->count - 1].kind != EFFECT_DRAW;
    struct effect effect = {
        .kind = EFFECT_DRAW,
        .sign = 1,
        .line = (uint8_t)line,
        .lot = lot->id,
        .class = lot->class,
        .product = class->product,
        .units = units,
        .principal = money_sub(after.principal, before.principal),
        .bonus = money_sub(after.bonus, before.bonus),
        .money = money(first && class->kind == PRODUCT_POINTS ? pay->amount_fen : 0),
        .lot_units = lot->units,
        .lot_drawn = lot->drawn,
        .lot_principal = lot->principal,
        .valid_to = lot->valid_to,
        .own = own != NULL,
        .topup = own == NULL ? lot->id : own->topup,
        .topup_principal = own == NULL ? lot->principal : own->topup_principal,
    };
    effects_add(ruling->effects, &effect, shares, class->debtor_count);
    lot->drawn += units;
    return settled;
}

money_t draw_units(struct ruling *ruling, uint32_t *head, product_t product, uint32_t line,
                   int64_t units)
{
    struct lots *lots = &ruling->state->members.lots;
    money_t fee_base = money(0);
    uint32_t at = *head;

    while (units > 0) {
        CHECK(at != 0);
        struct lot *lot = &lots->pool[at];
        uint32_t next = lot->next;
        if (draw_good(ruling, lot, product) && draw_counts(ruling, lot)) {
            int64_t take = lot_left(lot) < units ? lot_left(lot) : units;
            bool foreign = lots_class_at(lots, lot->class)->seller.n != ruling->here.owner.n;
            money_t settled = draw_one(ruling, lot, line, take);
            if (foreign) {
                fee_base = money_add(fee_base, settled);
            }
            units -= take;
            if (lot_left(lot) == 0) {
                lots_remove(lots, head, at);
            }
        }
        at = next;
    }
    return fee_base;
}

void draw_back_shares(const struct share *shares, uint32_t count, int64_t cum, int64_t units,
                      money_t *ret_parts)
{
    money_t weights[DEBTORS_MAX];
    money_t whole = money(0);

    for (uint32_t i = 0; i < count; i++) {
        weights[i] = shares[i].amount;
        whole = money_add(whole, weights[i]);
    }
    if (count > 0) {
        money_peel(money_telescope(whole, cum, units), weights, count, ret_parts);
    }
}
