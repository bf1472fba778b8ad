/* Reversals: what headquarters enters to undo what stands of an event (rule 29). */
#include "clearing/apply/ruling.h"

/* What a refund must say to undo all that stands of a sale, top-up or pack sale. */
static outcome_t rest_of(const struct ruling *ruling, int64_t *ret_amount)
{
    const struct event *past = &ruling->apply->past_event;

    REFUSE_IF(ruling->touched.voided, VOIDED);
    if (!event_is_sale(past->type)) {
        REFUSE_IF(ruling->touched.refunds > 0, REFUNDED);
        *ret_amount = ruling_original_left(ruling);
        REFUSE_IF(*ret_amount == 0, REFUND_OVER_ORIGINAL);
        return OUTCOME_NONE;
    }
    *ret_amount = past->amount_fen - money_fen(ruling->touched.refunded);
    REFUSE_IF(*ret_amount == 0 && ruling->touched.refunds > 0, REFUNDED);
    return OUTCOME_NONE;
}

static bool refundable(event_type_t type)
{
    return event_is_sale(type) || type == EVENT_TOPUP || type == EVENT_PACK_SALE;
}

outcome_t apply_compose_reversal(struct apply *apply, const struct event_ref *of, int64_t at_ms,
                                 store_t *ret_store, struct event *ret_event)
{
    store_t store = registry_find_store(&apply->state->registry, of->store);

    REFUSE_IF(store.n == STORE_NONE.n, UNKNOWN_ORIGINAL);
    *ret_event = (struct event){
        .type = EVENT_VOID,
        .terminal = slice_of(TERMINAL_OF_HQ),
        .number = (uint64_t)at_ms,
        .at_ms = at_ms,
        .of = *of,
    };
    struct ruling ruling = ruling_begin(apply, store, ret_event, apply->state->open_day);
    ruling_find_original(&ruling);
    REFUSE_IF(!ruling.has_past, UNKNOWN_ORIGINAL);
    if (refundable(apply->past_event.type)) {
        ret_event->type = EVENT_REFUND;
        REFUSE_UNLESS_NONE(rest_of(&ruling, &ret_event->amount_fen));
    }
    *ret_store = store;
    ruling = ruling_begin(apply, store, ret_event, apply->state->open_day);
    ruling.by_hq = true;
    effects_reset(&apply->effects);
    return ruling_check(&ruling);
}
