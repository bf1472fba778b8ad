/* Value held for a later capture (rule 15a in clearing/CHOICES.md): the hold, its capture's own
 * checks, its release, and what is free beside it. */
#include "clearing/apply/ruling.h"

int64_t hold_of_others(const struct ruling *ruling, product_t product, store_t store)
{
    const struct holds *holds = &ruling->state->members.holds;

    if (holds->live == 0) {
        return 0; /* nearly always */
    }
    int64_t held = holds_sum(holds, ruling->member->id, product, store);
    if (ruling->hold != NULL && ruling->hold->product.n == product.n) {
        held -= ruling->hold->amount; /* its own store's: it was counted */
    }
    return held;
}

struct available hold_free(const struct ruling *ruling, product_t product, int64_t wanted)
{
    int64_t held = hold_of_others(ruling, product, ruling->here.store);
    struct available available =
        draw_available(ruling, ruling->member->lots, product, wanted + held);

    available.here = available.here > held ? available.here - held : 0;
    available.everywhere = available.everywhere > held ? available.everywhere - held : 0;
    return available;
}

bool hold_leaves(const struct ruling *ruling, product_t product, int64_t taken)
{
    if (ruling->state->members.holds.live == 0) {
        return true;
    }
    int64_t held = hold_of_others(ruling, product, STORE_NONE);
    int64_t needed = taken + held;

    return held == 0 ||
           draw_available(ruling, ruling->member->lots, product, needed).everywhere == needed;
}

/* --- the hold --- */

static day_t last_day(const struct ruling *ruling, const struct product *product)
{
    day_t until = 0;

    if (ruling->event->date.len == 0) {
        return ruling->occurred + product->hold_days;
    }
    CHECK(day_parse(ruling->event->date, &until)); /* it is well formed */
    return until;
}

static const struct product *held_product(const struct ruling *ruling)
{
    return terms_find_product(ruling->terms, &ruling->state->registry, ruling->event->product,
                              PRODUCT_STORED_VALUE);
}

outcome_t hold_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct product *product = held_product(ruling);

    REFUSE_IF(!amount_good(event->amount_fen), BAD_AMOUNT);
    REFUSE_IF(product == NULL, UNKNOWN_PRODUCT);
    REFUSE_IF(ruling->member == NULL, UNKNOWN_MEMBER);
    REFUSE_IF(last_day(ruling, product) < ruling->occurred, UNBALANCED);
    REFUSE_IF(product->hold_days == 0, NOT_ACCEPTED_HERE);
    product_t number = registry_find_product(&ruling->state->registry, event->product);
    struct available available = hold_free(ruling, number, event->amount_fen);
    bool here = available.here >= event->amount_fen;
    REFUSE_IF(!here && available.everywhere >= event->amount_fen, NOT_ACCEPTED_HERE);
    REFUSE_IF(last_day(ruling, product) > ruling->occurred + product->hold_days, LIMIT_EXCEEDED);
    REFUSE_IF(!here, INSUFFICIENT_FUNDS);
    return OUTCOME_NONE;
}

void hold_do(struct ruling *ruling)
{
    const struct product *product = held_product(ruling);

    const struct hold hold = {
        .seq = ruling->seq,
        .member = ruling->member->id,
        .product = registry_find_product(&ruling->state->registry, ruling->event->product),
        .store = ruling->here.store,
        .here_only = product->model == MODEL_F4,
        .amount = ruling->event->amount_fen,
        .until = last_day(ruling, product),
    };

    holds_add(&ruling->state->members.holds, hold);
}

/* --- what names a hold --- */

/* Is the event named in `of`, which is known, a hold, and whose? */
static outcome_t named_check(const struct ruling *ruling, bool any_member)
{
    bool own = any_member ||
               (ruling->member != NULL && ruling->apply->past_effects.member == ruling->member->id);

    REFUSE_IF(ruling->apply->past_event.type != EVENT_HOLD || !own, UNBALANCED);
    return OUTCOME_NONE;
}

outcome_t capture_check_known(const struct ruling *ruling)
{
    REFUSE_IF(ruling->event->type == EVENT_CAPTURE && !ruling->has_past, UNKNOWN_ORIGINAL);
    return OUTCOME_NONE;
}

outcome_t capture_check_named(const struct ruling *ruling)
{
    return ruling->event->type == EVENT_CAPTURE ? named_check(ruling, false) : OUTCOME_NONE;
}

outcome_t capture_check_here(const struct ruling *ruling)
{
    REFUSE_IF(ruling->event->type == EVENT_CAPTURE && ruling->past_store.n != ruling->here.store.n,
              NOT_ACCEPTED_HERE);
    return OUTCOME_NONE;
}

outcome_t release_check(struct ruling *ruling)
{
    REFUSE_IF(!ruling->has_past, UNKNOWN_ORIGINAL);
    REFUSE_UNLESS_NONE(named_check(ruling, true));
    REFUSE_IF(ruling->past_store.n != ruling->here.store.n, NOT_ACCEPTED_HERE);
    return OUTCOME_NONE;
}

void release_do(struct ruling *ruling)
{
    holds_end(&ruling->state->members.holds, ruling->past_seq);
}

void capture_do(struct ruling *ruling)
{
    sale_do(ruling);
    holds_end(&ruling->state->members.holds, ruling->past_seq);
}
