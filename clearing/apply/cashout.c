/* Cash-out: a product's whole remaining principal is paid back (rule 14). */
#include "clearing/apply/ruling.h"

/* The remaining principal of a product's lots; `here`: only of lots that count at this store. Up to
 * `limit`, which stands for "at least that much". */
static int64_t principal_left(const struct ruling *ruling, product_t product, bool here,
                              int64_t limit)
{
    const struct lots *lots = &ruling->state->members.lots;
    int64_t sum = 0;

    for (uint32_t at = ruling->member->lots; at != 0 && sum < limit; at = lots->pool[at].next) {
        const struct lot *lot = &lots->pool[at];
        if (lots_class_at(lots, lot->class)->product.n == product.n &&
            (!here || draw_counts(ruling, lot))) {
            int64_t left = money_fen(lot_principal_left(lot));
            sum = left >= limit - sum ? limit : sum + left;
        }
    }
    return sum;
}

outcome_t cashout_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;

    REFUSE_IF(!amount_good(event->amount_fen), BAD_AMOUNT);
    REFUSE_IF(terms_find_product(ruling->terms,
                                 &ruling->state->registry,
                                 event->product,
                                 PRODUCT_STORED_VALUE) == NULL,
              UNKNOWN_PRODUCT);
    REFUSE_IF(ruling->member == NULL, UNKNOWN_MEMBER);
    product_t product = registry_find_product(&ruling->state->registry, event->product);
    int64_t limit = event->amount_fen + 1;
    int64_t here = principal_left(ruling, product, true, limit);
    REFUSE_IF(event->amount_fen < here, UNBALANCED);
    if (event->amount_fen > here) {
        int64_t everywhere = principal_left(ruling, product, false, limit);
        REFUSE_IF(everywhere >= event->amount_fen, NOT_ACCEPTED_HERE);
        REFUSE_IF(true, INSUFFICIENT_FUNDS);
    }
    REFUSE_IF(hold_of_others(ruling, product, ruling->here.store) > 0, INSUFFICIENT_FUNDS);
    return OUTCOME_NONE;
}

/* Commission telescoped back over all principal of the top-up cashed or refunded so far. */
static money_t commission_back(struct ruling *ruling, const struct lot_class *class,
                               const struct effect *end)
{
    if (class->model != MODEL_F1 || end->topup == 0 || class->commission.millionths == 0) {
        return money(0);
    }
    uint64_t *cashed = map_put(&ruling->state->originals.cashed, end->topup);
    uint64_t *returned = map_put(&ruling->state->originals.returned, end->topup);
    money_t whole = rate_half_up(end->topup_principal, class->commission);

    *cashed += (uint64_t)money_fen(end->principal);
    money_t due =
        money_telescope(whole, (int64_t)*cashed, money_fen(end->topup_principal));
    /* a void between two cash-outs may have left a fen more returned than is due by now */
    money_t back = money_sub(due, money((int64_t)*returned));
    if (money_compare(back, money(0)) < 0) {
        return money(0);
    }
    *returned += (uint64_t)money_fen(back);
    return back;
}

void ruling_end_lot(struct ruling *ruling, uint32_t *head, uint32_t place)
{
    struct lots *lots = &ruling->state->members.lots;
    const struct lot *lot = &lots->pool[place];
    const struct lot_class *class = lots_class_at(lots, lot->class);
    const struct lot_own *own = lot->own == 0 ? NULL : &lots->owns[lot->own];
    struct share shares[DEBTORS_MAX];
    struct effect effect = {
        .kind = EFFECT_END,
        .sign = 1,
        .lot = lot->id,
        .class = lot->class,
        .product = class->product,
        .units = lot_left(lot),
        .principal = lot_principal_left(lot),
        .lot_units = lot->units,
        .lot_drawn = lot->drawn,
        .lot_principal = lot->principal,
        .valid_to = lot->valid_to,
        .own = own != NULL,
        .topup = own == NULL ? lot->id : own->topup,
        .topup_principal = own == NULL ? lot->principal : own->topup_principal,
    };

    if (class->kind == PRODUCT_STORED_VALUE) {
        effect.bonus = money_sub(money(effect.units), effect.principal);
    }
    for (uint32_t i = 0; own != NULL && i < class->debtor_count; i++) {
        shares[i] = (struct share){class->debtors[i], own->owed[i]};
    }
    effect.money = commission_back(ruling, class, &effect);
    effects_add(ruling->effects, &effect, shares, own == NULL ? 0 : class->debtor_count);
    lots_remove(lots, head, place);
}

void cashout_do(struct ruling *ruling)
{
    const struct lots *lots = &ruling->state->members.lots;
    product_t product = registry_find_product(&ruling->state->registry, ruling->event->product);
    uint32_t at = ruling->member->lots;

    while (at != 0) {
        const struct lot *lot = &lots->pool[at];
        uint32_t next = lot->next;
        if (lots_class_at(lots, lot->class)->product.n == product.n &&
            draw_counts(ruling, lot)) {
            ruling_end_lot(ruling, &ruling->member->lots, at);
        }
        at = next;
    }
}
