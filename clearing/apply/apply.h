/* Apply: one event against the state. The pure function (state, facts) -> (state, effects, claims,
 * outcome) that the whole system stands on. */
#ifndef CLEARING_APPLY_APPLY_H
#define CLEARING_APPLY_APPLY_H

#include "clearing/apply/state.h"

/* What became of an event. Everything pointed to holds only during the call that hands it over. */
struct cleared {
    const struct event *event;
    slice_t bytes;
    store_t store;
    outcome_t outcome;
    outcome_t waiting_for;    /* WAITING: why; else OUTCOME_NONE */
    bool released;            /* it had waited and came to its end now */
    uint64_t seq;             /* accepted: its sequence number */
    day_t occurred;
    day_t booked;
    const struct effects *effects; /* empty unless accepted */
    const struct claims *claims;   /* empty unless accepted or SETTLED_OTHERWISE */
};

/* A lot that ended with a day. */
struct expired {
    uint64_t member;
    const struct lot *lot;
    day_t day; /* that ended */
    const struct claims *claims; /* none or one */
};

/* Who is told, in the order of clearing. `cleared` must make an accepted or waiting event visible
 * to the history before it returns. */
struct apply_sink {
    void *context;
    void (*cleared)(void *context, const struct cleared *cleared);
    void (*expired)(void *context, const struct expired *expired);
    bool (*full)(void *context); /* no room for more that a deadline accepts? May be NULL */
};

/* Working memory of one applying thread. Zeroed memory is ready; free with apply_deinit. */
struct apply {
    struct state *state;
    struct apply_sink sink;
    struct event retried;      /* a waiting event being tried */
    struct event past_event;   /* the original of a refund or void */
    struct effects effects;
    struct effects past_effects;
    struct claims claims;
    struct claims no_claims;
    struct waiting_places to_try; /* waiting events that may be released */
};

/* Clear one event of a store, received at `received_ms`, and then every waiting event that it
 * releases (rule 51). `bytes` are the event's encoding, `event` what they decode to.
 * The sink hears of the event first, then of the released ones. */
void apply_event(struct apply *apply, store_t store, slice_t bytes, const struct event *event,
                 int64_t received_ms);

/* The terminal of the events that headquarters enters for a store (rule 29). A till that says that
 * it is this one is NOT_ACCEPTED_HERE, and no till may void what headquarters has entered. */
#define TERMINAL_OF_HQ "HQ-REVERSAL"

/* The event by which headquarters undoes, at an instant, what stands of an accepted one: of a sale
 * the refund of the rest of it, of a top-up or pack sale the refund of all that is left, of
 * anything else a void. Its number is the instant. Changes nothing.
 * Returns: OUTCOME_NONE when apply_reversal would take it now, else why not. Out: *ret_store, the
 * original's; *ret_event (its texts point into `of` and static memory). */
outcome_t apply_compose_reversal(struct apply *apply, const struct event_ref *of, int64_t at_ms,
                                 store_t *ret_store, struct event *ret_event);

/* Clear an event that apply_compose_reversal has just composed, and what it releases. Number, time
 * and the store's days are not asked. */
void apply_reversal(struct apply *apply, store_t store, slice_t bytes, const struct event *event);

/* What would become of an event that was refused before if it came again now? All checks but those
 * of number and time (rule 33: two people at headquarters answer for these). Changes nothing; no
 * sweep runs. Returns: OUTCOME_NONE when apply_refused would take it. */
outcome_t apply_check_refused(struct apply *apply, store_t store, const struct event *event);

/* Clear an event whose number is open and of which apply_check_refused has just said so: its number
 * is spent, and what it releases follows. */
void apply_refused(struct apply *apply, store_t store, slice_t bytes, const struct event *event);

/* --- days (sweep.c) --- */

/* End the open day and all days before `day`, which becomes the open one. Where something may end
 * by then (rule 20) a sweep begins: from here on what ended counts for nothing, but it is taken out
 * of its member's lots, and its claims made, when an event touches the member or its range is swept
 * at last. Until then figures over all members' lots, and the breakage in the positions, lag.
 * Days only go forward. No sweep may run. */
void apply_day_end(struct apply *apply, day_t day);

/* What some ranges of a sweep ended. */
struct swept {
    uint64_t lots;
    money_sum_t breakage; /* the claims of them */
};

/* Sweep the next `ranges` (state_sweep_range) of the sweep that runs; it ends with the last. All
 * that are left at once is how one thread without anybody who waits does it; 0: does nothing. */
void apply_sweep(struct apply *apply, uint64_t ranges, struct swept *ret_swept);

/* The deadline of rule 33a: what goes short by the terms is accepted, in the order of arrival, and
 * everything else that still waits is refused with the reason that stands. Where the sink is full,
 * what would still go short waits for the next deadline. */
void apply_deadline(struct apply *apply);

void apply_deinit(struct apply *apply);

#endif
