/* Refunds: which originals can be refunded, and by how much (rules 22, 26, 27). */
#include "clearing/apply/ruling.h"

static outcome_t refund_check_amounts(const struct event *event)
{
    REFUSE_IF(event->amount_fen < 0 || event->amount_fen > AMOUNT_MAX, BAD_AMOUNT);
    REFUSE_IF(event->amount_fen == 0 && event->of.number == 0, BAD_AMOUNT);
    for (uint32_t i = 0; i < event->back_count; i++) {
        const struct pay_line *line = &event->back[i];
        bool by_units = line->with == MEANS_POINTS || line->with == MEANS_PACK;
        REFUSE_IF(by_units && !amount_good(line->units), BAD_AMOUNT);
        REFUSE_IF(line->with != MEANS_PACK && !amount_good(line->amount_fen), BAD_AMOUNT);
    }
    return OUTCOME_NONE;
}

/* `back` of a top-up's or pack's refund: tenders that sum to the amount. */
static bool tenders_equal(const struct event *event)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < event->back_count; i++) {
        if (!means_is_tender(event->back[i].with)) {
            return false;
        }
        sum += event->back[i].amount_fen;
    }
    return event->back_count == 0 || sum == event->amount_fen;
}

static outcome_t unlinked_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct product *product = NULL;

    for (uint32_t i = 0; i < event->back_count; i++) {
        const struct pay_line *line = &event->back[i];
        if (line->with == MEANS_STORED_VALUE || line->with == MEANS_POINTS) {
            product = terms_find_product(ruling->terms,
                                         &ruling->state->registry,
                                         line->product,
                                         line->with == MEANS_POINTS ? PRODUCT_POINTS
                                                                    : PRODUCT_STORED_VALUE);
            REFUSE_IF(product == NULL, UNKNOWN_PRODUCT);
        }
    }
    REFUSE_IF(ruling->member == NULL, UNKNOWN_MEMBER);
    REFUSE_IF(event->back_count != 1 || event->back[0].with != MEANS_STORED_VALUE ||
                  event->back[0].amount_fen != event->amount_fen,
              UNBALANCED);
    REFUSE_IF(!product->unlinked_refund, NOT_REFUNDABLE);
    return OUTCOME_NONE;
}

/* The lot is sold by the member's home store (rule 27). */
static void unlinked_do(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct product *product = terms_find_product(ruling->terms,
                                                       &ruling->state->registry,
                                                       event->back[0].product,
                                                       PRODUCT_STORED_VALUE);
    struct site here = ruling->here;
    store_t home = ruling->member->home;

    ruling->here =
        (struct site){home, registry_owner(&ruling->state->registry, home)};
    struct lot_class class = ruling_class(ruling, product);
    ruling->here = here;
    struct lot lot = {
        .id = ruling_next_lot(ruling),
        .units = event->amount_fen,
        .principal = money(event->amount_fen),
        .class = lots_class(&ruling->state->members.lots, &class),
        .valid_to = DAY_MAX,
    };
    struct lot_own own = {
        .owed = {rate_floor(lot.principal, class.principal_rate)},
    };
    ruling_make_lot(ruling, &lot, &own, (slice_t){NULL, 0});
    struct effect effect = {
        .kind = EFFECT_UNLINKED,
        .sign = 1,
        .lot = lot.id,
        .class = lot.class,
        .product = class.product,
        .units = lot.units,
        .principal = lot.principal,
        .valid_to = DAY_MAX,
    };
    effects_add(ruling->effects, &effect, NULL, 0);
}

int64_t ruling_original_left(const struct ruling *ruling)
{
    const struct apply *apply = ruling->apply;
    const struct lots *lots = &ruling->state->members.lots;
    int64_t sum = 0;

    if (apply->past_event.type == EVENT_PACK_SALE) {
        const struct pack *pack =
            members_find_pack(&ruling->state->members, apply->past_event.pack);
        for (uint32_t at = pack->lots; at != 0; at = lots->pool[at].next) {
            sum += money_fen(lot_principal_left(&lots->pool[at]));
        }
        return sum;
    }
    uint32_t place = lots_find(lots, ruling->member->lots, lot_id(ruling->past_seq, 1));
    return place == 0 ? 0 : money_fen(lot_principal_left(&lots->pool[place]));
}

/* Would a top-up's refund leave what is held of its product? */
static bool whole_leaves_held(const struct ruling *ruling)
{
    const struct lots *lots = &ruling->state->members.lots;

    if (ruling->apply->past_event.type != EVENT_TOPUP || ruling->state->members.holds.live == 0) {
        return true;
    }
    const struct lot *lot =
        &lots->pool[lots_find(lots, ruling->member->lots, lot_id(ruling->past_seq, 1))];
    return hold_leaves(ruling, lots_class_at(lots, lot->class)->product, lot_left(lot));
}

/* A refund of a top-up or pack sale takes, once, exactly what is left (rule 26). */
static outcome_t whole_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;

    REFUSE_IF(event->amount_fen == 0, BAD_AMOUNT);
    REFUSE_IF(!tenders_equal(event), UNBALANCED);
    REFUSE_IF(ruling->touched.voided, VOIDED);
    REFUSE_IF(ruling->touched.refunds > 0, REFUNDED);
    int64_t left = ruling_original_left(ruling);
    REFUSE_IF(event->amount_fen > left, REFUND_OVER_ORIGINAL);
    REFUSE_IF(event->amount_fen < left, UNBALANCED);
    REFUSE_IF(!whole_leaves_held(ruling), VALUE_USED);
    return OUTCOME_NONE;
}

static void whole_do(struct ruling *ruling)
{
    struct lots *lots = &ruling->state->members.lots;
    const struct event *sold = &ruling->apply->past_event;

    if (sold->type == EVENT_PACK_SALE) {
        struct pack *pack = members_find_pack(&ruling->state->members, sold->pack);
        while (pack->lots != 0) {
            ruling_end_lot(ruling, &pack->lots, pack->lots);
        }
        return;
    }
    uint32_t place = lots_find(lots, ruling->member->lots, lot_id(ruling->past_seq, 1));
    ruling_end_lot(ruling, &ruling->member->lots, place);
}

static outcome_t sale_refund_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct event *sale = &ruling->apply->past_event;
    int64_t before = money_fen(ruling->touched.refunded);
    struct refund_plan plan;

    REFUSE_IF(event->amount_fen == 0 && sale->amount_fen > 0, BAD_AMOUNT);
    REFUSE_IF(ruling->touched.voided, VOIDED);
    REFUSE_IF(sale->amount_fen == 0 && ruling->touched.refunds > 0, REFUNDED);
    REFUSE_IF(event->amount_fen > sale->amount_fen - before, REFUND_OVER_ORIGINAL);
    refund_plan_sale(sale, before, before + event->amount_fen, &plan);
    REFUSE_IF(!refund_back_equals(event, sale, &plan), UNBALANCED);
    return OUTCOME_NONE;
}

outcome_t refund_check(struct ruling *ruling)
{
    REFUSE_UNLESS_NONE(refund_check_amounts(ruling->event));
    if (ruling->event->of.number == 0) {
        return unlinked_check(ruling);
    }
    REFUSE_IF(!ruling->has_past, UNKNOWN_ORIGINAL);
    switch (ruling->apply->past_event.type) {
    case EVENT_SALE:
    case EVENT_CAPTURE:
        return sale_refund_check(ruling);
    case EVENT_TOPUP:
    case EVENT_PACK_SALE:
        return whole_check(ruling);
    case EVENT_ENROL:
    case EVENT_REFUND:
    case EVENT_VOID:
    case EVENT_CASHOUT:
    case EVENT_POINTS_GRANT:
    case EVENT_DAY_TOTAL:
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        break;
    }
    REFUSE_IF(ruling->event->amount_fen == 0, BAD_AMOUNT);
    return OUTCOME_NOT_REFUNDABLE;
}

void refund_do(struct ruling *ruling)
{
    if (ruling->event->of.number == 0) {
        unlinked_do(ruling);
        return;
    }
    if (event_is_sale(ruling->apply->past_event.type)) {
        refund_sale_do(ruling);
    } else {
        whole_do(ruling);
    }
    struct original *original = state_put_original(ruling->state, ruling->past_seq);
    ruling->effects->previous_refund = original->last_refund;
    original->refunds++;
    original->refunded = money_add(original->refunded, money(ruling->event->amount_fen));
    original->last_refund = ruling->seq;
}
