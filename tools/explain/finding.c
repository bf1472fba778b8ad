/* Why an event was not accepted: what was checked, with the figures at hand, and what to do. */
#include <inttypes.h>

#include "tools/explain/saying.h"

static void say_sum(struct explaining *x)
{
    const struct event *event = x->cleared->event;
    int64_t discounts = 0;
    int64_t pay = 0;

    for (uint32_t i = 0; i < event->discount_count; i++) {
        discounts += event->discounts[i].amount_fen;
    }
    for (uint32_t i = 0; i < event->pay_count; i++) {
        pay += event->pay[i].with == MEANS_PACK ? 0 : event->pay[i].amount_fen;
    }
    say(x, _("Here: amount %s; discounts %s + payments %s = %s"),
        x_yuan(x, money(event->amount_fen)), x_yuan(x, money(discounts)), x_yuan(x, money(pay)),
        x_yuan(x, money(discounts + pay)));
}

/* Units left in a list of lots: of a product, or of a whole pack. */
static int64_t left_in(const struct explaining *x, uint32_t head, product_t product)
{
    const struct lots *lots = &x->state->members.lots;
    int64_t sum = 0;

    for (uint32_t at = head; at != 0; at = lots->pool[at].next) {
        if (lots_class_at(lots, lots->pool[at].class)->product.n == product.n) {
            sum += lot_left(&lots->pool[at]);
        }
    }
    return sum;
}

static uint64_t member_now(const struct explaining *x)
{
    return members_now(&x->state->members, x->cleared->event->member);
}

static void say_held(struct explaining *x, product_t product)
{
    int64_t held =
        holds_sum(&x->state->members.holds, member_now(x), product, x->cleared->store);

    if (held > 0) {
        say(x, _("Of it %s is held for captures."), x_yuan(x, money(held)));
    }
}

static void say_left_of(struct explaining *x, const struct pay_line *line)
{
    const struct member *member = members_find(&x->state->members, member_now(x));

    if (line->with == MEANS_PACK) {
        const struct pack *pack = members_find_pack(&x->state->members, line->pack);
        int64_t uses = pack == NULL ? 0 : left_in(x, pack->lots, pack->product);
        say(x, _("Here: pack %.*s has uses: %" PRId64 ", asked for: %" PRId64), (int)line->pack.len,
            line->pack.text, uses, line->units);
        return;
    }
    product_t product = registry_find_product(&x->state->registry, line->product);
    int64_t left =
        member == NULL || product.n == PRODUCT_NONE.n ? 0 : left_in(x, member->lots, product);
    if (line->with == MEANS_POINTS) {
        say(x, _("Here: points of %.*s: %" PRId64 ", asked for: %" PRId64), (int)line->product.len,
            line->product.text, left, line->units);
    } else {
        say(x, _("Here: the card %.*s has %s, asked for: %s"), (int)line->product.len,
            line->product.text, x_yuan(x, money(left)), x_yuan(x, money(line->amount_fen)));
        say_held(x, product);
    }
}

static void say_left(struct explaining *x)
{
    const struct event *event = x->cleared->event;

    if (event->type == EVENT_CASHOUT || event->type == EVENT_HOLD) {
        struct pay_line line = {
            .with = MEANS_STORED_VALUE, .product = event->product, .amount_fen = event->amount_fen};
        say_left_of(x, &line);
    }
    for (uint32_t i = 0; i < event->pay_count; i++) {
        if (!means_is_tender(event->pay[i].with)) {
            say_left_of(x, &event->pay[i]);
        }
    }
}

static void say_original(struct explaining *x)
{
    const struct event_ref *of = &x->cleared->event->of;
    store_t store = registry_find_store(&x->state->registry, of->store);
    const struct history *history = &x->state->history;
    struct past past;
    struct event event;

    if (of->number == 0 || store.n == STORE_NONE.n ||
        !history->find(history->context, store, of->terminal, of->number, &past) || past.seq == 0) {
        return;
    }
    const struct original *touched = state_original(x->state, past.seq);
    x_event_at(x, past.seq, &event, &past);
    say(x, _("Here: the original is a %s of %s, of which refunded so far: %s"),
        words_of_type(event.type), x_yuan(x, money(event.amount_fen)),
        x_yuan(x, touched == NULL ? money(0) : touched->refunded));
}

static void say_tiers(struct explaining *x)
{
    const struct event *event = x->cleared->event;
    const struct terms *terms = state_terms(x->state, x->cleared->occurred);
    const struct offer *offer =
        event->offer.len == 0 ? NULL : terms_find_offer(terms, event->offer);

    say(x, _("Here: principal %s, bonus %s"), x_yuan(x, money(event->amount_fen)),
        x_yuan(x, money(event->bonus_fen)));
    for (uint32_t i = 0; offer != NULL && i < offer->tier_count; i++) {
        const struct tier *tier = &offer->tiers[i];
        say(x, _("Offer %s: from %s on %s"), offer->id.text, x_yuan(x, tier->pay),
            tier->percent ? x_percent(x, tier->bonus_rate) : x_yuan(x, tier->bonus));
    }
}

static void say_days(struct explaining *x)
{
    const struct terms *terms = state_terms(x->state, x->cleared->occurred);

    say(x, _("Here: business date %s, open day %s, late events are taken for %" PRId32 " days"),
        x_day(x, x->cleared->occurred), x_day(x, x->state->open_day), terms->max_late_days);
}

/* Who bears it, as two people have assigned it. */
static void say_shares(struct explaining *x)
{
    const struct registry *registry = &x->state->registry;
    const struct claims *claims = x->cleared->claims;

    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        say(x, _("Here: %s owes %s %s"), registry_participant_code(registry, claim->debtor)->text,
            registry_participant_code(registry, claim->creditor)->text,
            x_yuan(x, claim->amount));
    }
    if (claims->count == 0) {
        say(x, _("Here: the store has given back what it took; nobody owes anything"));
    }
}

static void say_figures(struct explaining *x, outcome_t outcome)
{
    event_type_t type = x->cleared->event->type;

    switch (outcome) {
    case OUTCOME_TOO_OLD:
    case OUTCOME_FUTURE:
    case OUTCOME_STORE_CLOSED:
    case OUTCOME_TOO_LATE:
    case OUTCOME_NOT_IN_FORCE:
        say_days(x);
        break;
    case OUTCOME_UNBALANCED:
        if (type == EVENT_CASHOUT) {
            say_left(x);
        } else if (type == EVENT_REFUND) {
            say_original(x);
        } else {
            say_sum(x);
        }
        break;
    case OUTCOME_BONUS_MISMATCH:
        say_tiers(x);
        break;
    case OUTCOME_REFUND_OVER_ORIGINAL:
    case OUTCOME_REFUNDED:
    case OUTCOME_NOT_REFUNDABLE:
        say_original(x);
        break;
    case OUTCOME_NOT_ACCEPTED_HERE:
    case OUTCOME_INSUFFICIENT_FUNDS:
    case OUTCOME_INSUFFICIENT_POINTS:
    case OUTCOME_INSUFFICIENT_USES:
        say_left(x);
        break;
    case OUTCOME_ACCEPTED:
    case OUTCOME_ACCEPTED_SHORT:
    case OUTCOME_WAITING:
    case OUTCOME_DUPLICATE:
    case OUTCOME_NUMBER_REUSED:
    case OUTCOME_BAD_AMOUNT:
    case OUTCOME_UNKNOWN_PRODUCT:
    case OUTCOME_UNKNOWN_OFFER:
    case OUTCOME_UNKNOWN_RULE:
    case OUTCOME_UNKNOWN_CAMPAIGN:
    case OUTCOME_UNKNOWN_PLAN:
    case OUTCOME_UNKNOWN_MEMBER:
    case OUTCOME_UNKNOWN_ORIGINAL:
    case OUTCOME_UNKNOWN_COUPON:
    case OUTCOME_UNKNOWN_PACK:
    case OUTCOME_EARN_MISMATCH:
    case OUTCOME_PACK_EXISTS:
    case OUTCOME_COUPON_EXISTS:
    case OUTCOME_VOIDED:
    case OUTCOME_VALUE_USED:
    case OUTCOME_COUPON_USED:
    case OUTCOME_COUPON_VOID:
    case OUTCOME_COUPON_EXPIRED:
    case OUTCOME_LIMIT_EXCEEDED:
    case OUTCOME_CAP_REACHED:
    case OUTCOME_BUDGET_SPENT:
    case OUTCOME_NO_SUCH_LINE:
    case OUTCOME_CARD_REPLACED:
    case OUTCOME_DISPUTED:
        break;
    case OUTCOME_SETTLED_OTHERWISE:
        say_shares(x);
        break;
    }
}

void explain_finding(struct explaining *x)
{
    const struct cleared *cleared = x->cleared;
    bool waiting = cleared->outcome == OUTCOME_WAITING;
    outcome_t reason = waiting ? cleared->waiting_for : cleared->outcome;

    step_begin(x, "finding", NULL);
    say(x, "%s", words_of_check(reason));
    say_figures(x, reason);
    say(x, _("What to do: %s"), words_of_advice(waiting ? OUTCOME_WAITING : reason));
    if (waiting) {
        say(x, "%s", words_of_advice(reason));
    }
}
