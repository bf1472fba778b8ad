/* A void: every effect of the original turned around, whole. */
#include <inttypes.h>

#include "tools/explain/saying.h"

static void say_lot_undone(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share first = {class->seller, effect->principal};
    struct share second = {class->debtors[0], effect->money};

    say(x, _("Lot %s is removed."), x_lot(x, effect->lot));
    if (class->kind == PRODUCT_POINTS) {
        struct share issue = {class->issuer, effect->money};
        if (class->model == MODEL_PF) {
            say_owes(x, true, &issue, class->fund, "");
        }
    } else if (class->model == MODEL_F1) {
        say_owes(x, true, &first, class->debtors[0], "");
        if (!money_is_zero(effect->money)) {
            say_owes(x, true, &second, class->seller, "");
        }
    }
}

static void say_draw_undone(struct explaining *x, const struct effect *effect)
{
    const struct share *shares = effect_shares(x->effects, effect);

    if (effect->sign < 0) {
        say(x, _("What was drawn from lot %s comes back as lot %s: %" PRId64),
            x_lot(x, effect->lot), x_lot(x, effect->made), effect->units);
    } else if (effect->made != 0) {
        say(x, _("What the refund gave back as lot %s is taken away again: %" PRId64),
            x_lot(x, effect->made), effect->units);
    }
    for (uint32_t i = 0; i < effect->share_count; i++) {
        say_owes(x, effect->sign < 0, &shares[i], x->effects->origin.owner, "");
    }
}

static void say_take_undone(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share issue = {class->issuer, effect->money};

    say(x, _("Points that the refund took are put back into lot %s: %" PRId64),
        x_lot(x, effect->lot), effect->units);
    if (class->model == MODEL_PF) {
        say_owes(x, false, &issue, class->fund, "");
    }
}

static void say_end_undone(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share holder = {class->debtors[0], effect->principal};
    struct share commission = {class->debtors[0], effect->money};

    say(x, _("Lot %s is there again, as it was."), x_lot(x, effect->lot));
    say_owes(x, true, &holder, x->effects->here.owner, "");
    if (!money_is_zero(effect->money)) {
        say_owes(x, false, &commission, class->seller, "");
    }
}

static void say_unlinked_undone(struct explaining *x, const struct effect *effect)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, effect->class);
    struct share payer = {x->effects->here.owner, effect->principal};

    say(x, _("Lot %s is removed."), x_lot(x, effect->lot));
    say_owes(x, true, &payer, class->debtors[0], "");
}

void explain_undone(struct explaining *x, const struct effect *effect)
{
    struct share amount = {x->effects->origin.owner, effect->money};

    step_begin(x, "undone", effect);
    switch (effect->kind) {
    case EFFECT_LOT:
        say_lot_undone(x, effect);
        break;
    case EFFECT_UNLINKED:
        say_unlinked_undone(x, effect);
        break;
    case EFFECT_DRAW:
        say_draw_undone(x, effect);
        break;
    case EFFECT_DISCOUNT:
        say(x, _("The discount is undone:"));
        say_discount_parts(x, effect);
        break;
    case EFFECT_FEE:
        say(x, _("The service fee is undone:"));
        say_owes(x, effect->sign < 0, &amount, effect_shares(x->effects, effect)[0].who, "");
        break;
    case EFFECT_TENDER:
        say(x, _("The cash handed back is undone:"));
        say_owes(x, effect->sign < 0, &amount, x->effects->here.owner, "");
        break;
    case EFFECT_TAKE:
        say_take_undone(x, effect);
        break;
    case EFFECT_END:
        say_end_undone(x, effect);
        break;
    case EFFECT_SHORT:
        say(x, _("The shortfall is undone:"));
        say_owes(x, effect->sign < 0, effect_shares(x->effects, effect), x->effects->origin.owner,
                 "");
        break;
    case EFFECT_DISPUTE: /* explain_dispute */
    case EFFECT_TOTAL:   /* a report is never voided */
        break;
    }
}
