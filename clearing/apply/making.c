/* Making lots, and the members that they begin. */
#include "clearing/apply/ruling.h"

struct member *ruling_begin_member(struct ruling *ruling)
{
    if (ruling->member == NULL) {
        ruling->member =
            members_add(&ruling->state->members, ruling->event->member, ruling->here.store);
    }
    return ruling->member;
}

/* Fund models: who owes the principal of a lot sold here. */
static participant_t principal_debtor(const struct ruling *ruling, model_t model)
{
    switch (model) {
    case MODEL_F1:
    case MODEL_F1O:
        return ruling->terms->hq;
    case MODEL_F2:
    case MODEL_F4:
        return ruling->here.owner;
    case MODEL_PF:
    case MODEL_PR:
        break; /* points: see ruling_grant */
    }
    CHECK(false);
    return PARTICIPANT_NONE;
}

struct lot_class ruling_class(const struct ruling *ruling, const struct product *product)
{
    struct lot_class class;

    __builtin_memset(&class, 0, sizeof class); /* padding too: classes are compared as bytes */
    class.product = registry_find_product(&ruling->state->registry, code_slice(&product->id));
    class.kind = product->kind;
    class.model = product->model;
    class.terms_version = ruling->terms->version;
    class.store = ruling->here.store;
    class.seller = ruling->here.owner;
    class.principal_count = 1;
    class.debtor_count = 1;
    if (product->kind != PRODUCT_POINTS) {
        class.debtors[0] = principal_debtor(ruling, product->model);
        class.issuer = class.debtors[0];
        class.principal_rate = product->principal_rate;
    }
    return class;
}

uint32_t *ruling_list(const struct ruling *ruling, const struct lot_class *class, slice_t pack)
{
    if (class->kind == PRODUCT_PACK) {
        struct pack *found = members_find_pack(&ruling->state->members, pack);
        CHECK(found != NULL);
        return &found->lots;
    }
    CHECK(ruling->member != NULL);
    return &ruling->member->lots;
}

lot_id_t ruling_next_lot(struct ruling *ruling)
{
    return lot_id(ruling->seq, ++ruling->lots_made);
}

void ruling_make_lot(struct ruling *ruling, const struct lot *lot, const struct lot_own *own,
                     slice_t pack)
{
    struct lots *lots = &ruling->state->members.lots;
    uint32_t place = lots_new(lots, lot, own);

    lots_insert(lots, ruling_list(ruling, lots_class_at(lots, lot->class), pack), place);
    if (lot->valid_to < ruling->state->next_expiry) {
        ruling->state->next_expiry = lot->valid_to;
    }
}

day_t ruling_valid_to(const struct ruling *ruling, const struct product *product)
{
    return product->valid_days == 0 ? DAY_MAX : ruling->occurred + product->valid_days;
}

struct lot_class ruling_points_class(const struct ruling *ruling, const struct product *product,
                                     participant_t payer)
{
    struct lot_class class = ruling_class(ruling, product);
    bool priced = product->model == MODEL_PF;

    class.issuer = payer;
    class.debtors[0] = priced ? product->fund_participant : payer;
    class.fund = priced ? product->fund_participant : (participant_t){0};
    class.beneficiary = priced ? product->beneficiary_participant : (participant_t){0};
    class.redeem_price = product->redeem_price;
    class.principal_rate = (rate_t){MILLION};
    return class;
}

void ruling_grant(struct ruling *ruling, const struct product *product, participant_t payer,
                  int64_t points, money_t issue)
{
    struct lot_class class = ruling_points_class(ruling, product, payer);

    if (points == 0) {
        return;
    }
    struct lot lot = {
        .id = ruling_next_lot(ruling),
        .units = points,
        .principal = points_value_floor(points, product->redeem_price),
        .class = lots_class(&ruling->state->members.lots, &class),
        .valid_to = ruling_valid_to(ruling, product),
    };
    ruling_make_lot(ruling, &lot, NULL, (slice_t){NULL, 0});
    struct effect effect = {
        .kind = EFFECT_LOT,
        .sign = 1,
        .lot = lot.id,
        .class = lot.class,
        .product = class.product,
        .units = points,
        .principal = lot.principal,
        .money = product->model == MODEL_PF ? issue : money(0),
        .valid_to = lot.valid_to,
    };
    effects_add(ruling->effects, &effect, NULL, 0);
}
