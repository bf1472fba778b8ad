#include "clearing/apply/apply.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/apply/ruling.h"
#include "clearing/base/memory.h"
#include "proto/codec/decode.h"

/* --- the rules of each type --- */

typedef outcome_t check_t(struct ruling *ruling);
typedef void action_t(struct ruling *ruling);

static const struct {
    check_t *check;
    action_t *action;
} rules_of_type[] = {
    [EVENT_ENROL] = {enrol_check, enrol_do},
    [EVENT_TOPUP] = {topup_check, topup_do},
    [EVENT_SALE] = {sale_check, sale_do},
    [EVENT_REFUND] = {refund_check, refund_do},
    [EVENT_VOID] = {void_check, void_do},
    [EVENT_PACK_SALE] = {pack_sale_check, pack_sale_do},
    [EVENT_CASHOUT] = {cashout_check, cashout_do},
    [EVENT_POINTS_GRANT] = {points_grant_check, points_grant_do},
    [EVENT_DAY_TOTAL] = {day_total_check, day_total_do},
    [EVENT_HOLD] = {hold_check, hold_do},
    [EVENT_CAPTURE] = {sale_check, capture_do},
    [EVENT_RELEASE] = {release_check, release_do},
    [EVENT_DISPUTE] = {dispute_check, dispute_do},
};

/* --- looking at the past --- */

static void past_results(struct ruling *ruling, const struct past *past)
{
    struct reader reader = {(const uint8_t *)past->results.text, past->results.len, 0, false};
    outcome_t outcome = OUTCOME_NONE;
    outcome_t waiting_for = OUTCOME_NONE;

    CHECK(results_read(&reader, &outcome, &waiting_for, &ruling->apply->past_effects));
}

static void past_event(struct ruling *ruling, slice_t bytes)
{
    struct decode_fault fault;

    CHECK(decode_event(bytes, &ruling->apply->past_event, &fault)); /* it was accepted once */
}

void ruling_load_event(struct ruling *ruling, uint64_t seq)
{
    struct past past;

    ruling->state->history.at(ruling->state->history.context, seq, &past);
    past_event(ruling, past.event);
}

void ruling_find_original(struct ruling *ruling)
{
    const struct event_ref *of = &ruling->event->of;
    struct state *state = ruling->state;
    store_t store = registry_find_store(&state->registry, of->store);
    struct past past;

    if (store.n == STORE_NONE.n ||
        !state->history.find(state->history.context, store, of->terminal, of->number, &past) ||
        past.seq == 0) {
        return;
    }
    past_event(ruling, past.event);
    past_results(ruling, &past);
    ruling->has_past = true;
    ruling->past_seq = past.seq;
    ruling->past_store = past.store;
    ruling->past_is_refund = ruling->apply->past_event.type == EVENT_REFUND;
    ruling->past_amount = money(ruling->apply->past_event.amount_fen);
    if (ruling->apply->past_event.type == EVENT_HOLD) {
        ruling->hold = holds_find(&state->members.holds, past.seq);
    }
    uint64_t member = members_now(&state->members, ruling->apply->past_effects.member);
    ruling->apply->past_effects.member = member; /* as it is called now */
    ruling->member = members_find(&state->members, member);
    const struct original *touched = state_original(state, past.seq);
    if (touched != NULL) {
        ruling->touched = *touched;
    }
}

/* --- number, time, store (rules 31, 33, 50) --- */

static outcome_t number_check(const struct ruling *ruling, slice_t bytes)
{
    const struct event *event = ruling->event;
    struct state *state = ruling->state;
    int32_t max_late = state_terms(state, state->open_day)->max_late_days;
    struct past past;

    switch (numbers_state(&state->numbers,
                          ruling->here.store,
                          event->terminal,
                          event->number,
                          state->open_day,
                          max_late)) {
    case NUMBER_OPEN:
        return OUTCOME_NONE;
    case NUMBER_CLOSED:
        return OUTCOME_TOO_OLD;
    case NUMBER_SPENT:
        break;
    }
    CHECK(state->history.find(
        state->history.context, ruling->here.store, event->terminal, event->number, &past));
    return slice_equal(past.event, bytes) ? OUTCOME_DUPLICATE : OUTCOME_NUMBER_REUSED;
}

static outcome_t time_check(const struct ruling *ruling, int64_t received_ms)
{
    const struct state *state = ruling->state;
    int32_t max_late = state_terms(state, state->open_day)->max_late_days;

    REFUSE_IF(ruling->occurred < state->open_day - max_late, TOO_OLD);
    REFUSE_IF(ruling->event->at_ms > received_ms + FUTURE_MAX_MS, FUTURE);
    if (ruling->event->type == EVENT_DAY_TOTAL) {
        REFUSE_IF(counting_date(ruling->event) < state->open_day - max_late, TOO_OLD);
        REFUSE_IF(counting_date(ruling->event) > ruling->occurred, FUTURE);
    }
    return OUTCOME_NONE;
}

static outcome_t store_check(const struct ruling *ruling)
{
    const struct store *store = &ruling->state->registry.stores[ruling->here.store.n];
    bool total = ruling->event->type == EVENT_DAY_TOTAL; /* the last day's may come after it */
    day_t day = total ? counting_date(ruling->event) : ruling->occurred;

    REFUSE_IF(day < store->opened || day > store->closed, STORE_CLOSED);
    return OUTCOME_NONE;
}

/* --- one event --- */

struct ruling ruling_begin(struct apply *apply, store_t store, const struct event *event,
                           day_t came)
{
    struct state *state = apply->state;
    const struct day_rule *days = &state_terms(state, state->open_day)->days;
    struct ruling ruling = {
        .apply = apply,
        .state = state,
        .event = event,
        .here = {store, registry_owner(&state->registry, store)},
        .occurred = business_day(days, event->at_ms),
        .came = came,
        .effects = &apply->effects,
    };

    ruling.terms = state_terms(state, ruling.occurred);
    return ruling;
}

/* Events about another whose member is theirs too. */
static bool of_its_member(const struct event *event)
{
    return event->of.number != 0 && event->type != EVENT_CAPTURE;
}

/* The event's own member, as it is called now. */
static uint64_t own_member(const struct ruling *ruling)
{
    return members_now(&ruling->state->members, ruling->event->member);
}

/* Was its card used after the day on which another took its place, or is it used now? */
static bool card_replaced(const struct ruling *ruling)
{
    const struct moves *moves = &ruling->state->members.moves;
    const struct move *move =
        moves->count == 0 ? NULL : moves_find(moves, ruling->event->member);

    if (move == NULL || !move->replaced) {
        return false;
    }
    /* what was set aside while the card was good is still its guest's, who may have left */
    bool held = ruling->has_past && ruling->apply->past_event.type == EVENT_HOLD &&
                ruling->apply->past_effects.booked <= move->day;
    return !held && (ruling->occurred > move->day || ruling->event->ask);
}

outcome_t ruling_check(struct ruling *ruling)
{
    if (!ruling->by_hq) {
        REFUSE_UNLESS_NONE(store_check(ruling));
    }
    if (ruling->event->of.number != 0) {
        ruling_find_original(ruling);
    }
    if (!of_its_member(ruling->event)) {
        REFUSE_IF(card_replaced(ruling), CARD_REPLACED);
        ruling->member = members_find(&ruling->state->members, own_member(ruling));
    }
    if (ruling->state->sweep.runs) {
        ruling_roll_forward(ruling);
    }
    return rules_of_type[ruling->event->type].check(ruling);
}

static uint64_t member_of(const struct ruling *ruling)
{
    if (of_its_member(ruling->event)) {
        return ruling->apply->past_effects.member;
    }
    return own_member(ruling);
}

static void tell(struct apply *apply, const struct ruling *ruling, struct cleared cleared)
{
    cleared.event = ruling->event;
    cleared.store = ruling->here.store;
    cleared.occurred = ruling->occurred;
    cleared.booked = apply->state->open_day;
    cleared.effects = &apply->effects;
    cleared.claims = outcome_accepted(cleared.outcome) ? &apply->claims : &apply->no_claims;
    apply->sink.cleared(apply->sink.context, &cleared);
}

static void accept(struct apply *apply, struct ruling *ruling, slice_t bytes, bool released)
{
    struct state *state = apply->state;
    struct effects *effects = &apply->effects;

    ruling->seq = ++state->accepted;
    effects->here = ruling->here;
    effects->origin = ruling->here;
    effects->original = ruling->past_seq;
    effects->member = member_of(ruling);
    effects->occurred = ruling->occurred;
    effects->booked = state->open_day;
    effects->terms_version = ruling->terms->version;
    counting_accepted(ruling);
    rules_of_type[ruling->event->type].action(ruling);
    claims_derive(&state->members.lots, effects, &apply->claims);
    if (dispute_follow(ruling)) {
        claims_derive(&state->members.lots, effects, &apply->claims);
    }
    positions_post(&state->positions, ruling->here.store, &apply->claims);
    tell(apply,
         ruling,
         (struct cleared){.bytes = bytes,
                          .outcome = ruling->is_short ? OUTCOME_ACCEPTED_SHORT : OUTCOME_ACCEPTED,
                          .released = released,
                          .seq = ruling->seq});
}

/* --- what an accepted event releases (rule 51) --- */

static uint64_t key_of(const struct ruling *ruling)
{
    const code_t *store = registry_store_code(&ruling->state->registry, ruling->here.store);

    return waiting_key(code_slice(store), ruling->event->terminal, ruling->event->number);
}

/* Refuse an event that waited: its number is open again. */
static void refuse_waiting(struct apply *apply, const struct ruling *ruling, slice_t bytes,
                           outcome_t outcome)
{
    struct state *state = apply->state;

    counting_waits(ruling, -1);
    numbers_reopen(&state->numbers,
                   ruling->here.store,
                   ruling->event->terminal,
                   ruling->event->number,
                   state->open_day);
    tell(apply, ruling, (struct cleared){.bytes = bytes, .outcome = outcome, .released = true});
}

/* Try the waiting event at a place again, and find those that it releases in turn.
 * Returns: what became of it; OUTCOME_NONE: accepted; one that waits: it waits on. */
static outcome_t try_again(struct apply *apply, uint32_t place)
{
    struct waiting *waiting = &apply->state->waiting;
    struct waiting_event *entry = &waiting->list[place];
    slice_t bytes = {(const char *)entry->bytes, entry->len};
    struct decode_fault fault;

    CHECK(decode_event(bytes, &apply->retried, &fault));
    struct ruling ruling = ruling_begin(apply, entry->store, &apply->retried, entry->came);
    effects_reset(&apply->effects);
    outcome_t outcome = ruling_check(&ruling);
    if (outcome != OUTCOME_NONE && outcome_waits(outcome)) {
        entry->reason = outcome;
        return outcome;
    }
    if (outcome == OUTCOME_NONE) {
        counting_waits(&ruling, -1);
        accept(apply, &ruling, bytes, true);
        waiting_find(waiting, apply->effects.member, key_of(&ruling), &apply->to_try);
    } else {
        refuse_waiting(apply, &ruling, bytes, outcome);
    }
    waiting_remove(waiting, place);
    return outcome;
}

/* Try those that wait for what has been accepted, in the order of arrival, from the start again
 * after each that is accepted. */
static void release(struct apply *apply, uint64_t key)
{
    struct waiting_places *places = &apply->to_try;
    uint32_t at = 0;

    places->count = 0;
    waiting_find(&apply->state->waiting, apply->effects.member, key, places);
    while (at < places->count) {
        uint32_t place = places->list[at];
        outcome_t outcome = try_again(apply, place);
        if (outcome != OUTCOME_NONE && outcome_waits(outcome)) {
            at++;
            continue;
        }
        for (uint32_t i = 0; i < places->count; i++) { /* it is gone from the list */
            if (places->list[i] == place) {
                places->count--;
                memmove(places->list + i,
                        places->list + i + 1,
                        (places->count - i) * sizeof *places->list);
                break;
            }
        }
        at = outcome == OUTCOME_NONE ? 0 : at;
    }
}

/* --- the doors --- */

void apply_event(struct apply *apply, store_t store, slice_t bytes, const struct event *event,
                 int64_t received_ms)
{
    struct state *state = apply->state;
    struct ruling ruling = ruling_begin(apply, store, event, state->open_day);

    effects_reset(&apply->effects);
    outcome_t outcome = slice_equal(event->terminal, slice_of(TERMINAL_OF_HQ))
                            ? OUTCOME_NOT_ACCEPTED_HERE
                            : number_check(&ruling, bytes);
    if (outcome == OUTCOME_NONE) {
        outcome = time_check(&ruling, received_ms);
    }
    if (outcome == OUTCOME_NONE) {
        outcome = ruling_check(&ruling);
    }
    if (outcome == OUTCOME_NONE) {
        numbers_spend(&state->numbers, store, event->terminal, event->number, state->open_day);
        accept(apply, &ruling, bytes, false);
        if (state->waiting.live > 0) {
            release(apply, key_of(&ruling));
        }
        return;
    }
    if (outcome_waits(outcome) && !event->ask) {
        numbers_spend(&state->numbers, store, event->terminal, event->number, state->open_day);
        waiting_add(&state->waiting, event,
                    (struct waiting_event){.bytes = (uint8_t *)(uintptr_t)bytes.text,
                                           .len = bytes.len,
                                           .store = store,
                                           .came = state->open_day,
                                           .reason = outcome,
                                           .member = own_member(&ruling)});
        counting_waits(&ruling, 1);
        tell(apply,
             &ruling,
             (struct cleared){
                 .bytes = bytes, .outcome = OUTCOME_WAITING, .waiting_for = outcome});
        return;
    }
    tell(apply, &ruling, (struct cleared){.bytes = bytes, .outcome = outcome});
}

void apply_reversal(struct apply *apply, store_t store, slice_t bytes, const struct event *event)
{
    struct ruling ruling = ruling_begin(apply, store, event, apply->state->open_day);

    ruling.by_hq = true;
    effects_reset(&apply->effects);
    CHECK(ruling_check(&ruling) == OUTCOME_NONE); /* as when it was composed */
    accept(apply, &ruling, bytes, false);
    if (apply->state->waiting.live > 0) {
        release(apply, key_of(&ruling));
    }
}

/* A till cannot be headquarters' terminal, not by a second try either. */
outcome_t apply_check_refused(struct apply *apply, store_t store, const struct event *event)
{
    struct ruling ruling = ruling_begin(apply, store, event, apply->state->open_day);

    effects_reset(&apply->effects);
    return slice_equal(event->terminal, slice_of(TERMINAL_OF_HQ)) ? OUTCOME_NOT_ACCEPTED_HERE
                                                                  : ruling_check(&ruling);
}

void apply_refused(struct apply *apply, store_t store, slice_t bytes, const struct event *event)
{
    struct state *state = apply->state;
    struct ruling ruling = ruling_begin(apply, store, event, state->open_day);

    effects_reset(&apply->effects);
    CHECK(ruling_check(&ruling) == OUTCOME_NONE);
    numbers_spend(&state->numbers, store, event->terminal, event->number, state->open_day);
    accept(apply, &ruling, bytes, false);
    if (state->waiting.live > 0) {
        release(apply, key_of(&ruling));
    }
}

/* An event that waits, tried as its deadline has it: value may have expired since the last try, and
 * a sale may go short. Out: *ret_bytes. */
static struct ruling last_try(struct apply *apply, const struct waiting_event *entry,
                              slice_t *ret_bytes, outcome_t *ret_reason)
{
    struct decode_fault fault;

    *ret_bytes = (slice_t){(const char *)entry->bytes, entry->len};
    CHECK(decode_event(*ret_bytes, &apply->retried, &fault));
    struct ruling ruling = ruling_begin(apply, entry->store, &apply->retried, entry->came);
    ruling.deadline = true;
    effects_reset(&apply->effects);
    *ret_reason = ruling_check(&ruling);
    return ruling;
}

static bool is_full(const struct apply *apply)
{
    return apply->sink.full != NULL && apply->sink.full(apply->sink.context);
}

/* Accept what goes short, in the order of arrival, and what that releases, as long as there is room
 * for it. Returns: is another round due? */
static bool accept_short(struct apply *apply)
{
    struct waiting *waiting = &apply->state->waiting;
    bool any = false;

    for (uint32_t i = 0; i < waiting->count; i++) {
        slice_t bytes;
        outcome_t reason;
        if (waiting->list[i].bytes == NULL) {
            continue;
        }
        if (is_full(apply)) {
            return false;
        }
        struct ruling ruling = last_try(apply, &waiting->list[i], &bytes, &reason);
        if (reason == OUTCOME_NONE) {
            any = true;
            counting_waits(&ruling, -1);
            accept(apply, &ruling, bytes, true);
            uint64_t key = key_of(&ruling);
            waiting_remove(waiting, i);
            release(apply, key);
        }
    }
    return any;
}

void apply_deadline(struct apply *apply)
{
    struct waiting *waiting = &apply->state->waiting;

    while (accept_short(apply)) { /* one may bring what another had waited for */
    }
    for (uint32_t i = 0; i < waiting->count; i++) {
        slice_t bytes;
        outcome_t reason;
        if (waiting->list[i].bytes == NULL) {
            continue;
        }
        struct ruling ruling = last_try(apply, &waiting->list[i], &bytes, &reason);
        if (reason == OUTCOME_NONE) { /* there was no room: it waits for the next deadline */
            CHECK(is_full(apply));    /* refusing changes nothing that a check sees */
            continue;
        }
        refuse_waiting(apply, &ruling, bytes, reason);
        waiting_remove(waiting, i);
    }
}

void apply_deinit(struct apply *apply)
{
    effects_deinit(&apply->effects);
    effects_deinit(&apply->past_effects);
    claims_deinit(&apply->claims);
    claims_deinit(&apply->no_claims);
    free(apply->to_try.list);
}
