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
    uint64_t seq;             /* ACCEPTED: its sequence number */
    day_t occurred;
    day_t booked;
    const struct effects *effects; /* empty unless ACCEPTED */
    const struct claims *claims;   /* empty unless ACCEPTED */
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

/* End the open day and all days before `day`, which becomes the open one: what expires ends (rule
 * 20).
 * Days only go forward. */
void apply_day_end(struct apply *apply, day_t day);

/* Refuse everything that still waits, with the reason that stands (the deadline of rule 33a). */
void apply_deadline(struct apply *apply);

void apply_deinit(struct apply *apply);

#endif
