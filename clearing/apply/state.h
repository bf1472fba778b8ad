/* The state: everything that clearing remembers. A pure function of the journal: the same records
 * in the same order give the same state, byte for byte. It reads no clock, file or random number.
 * One thread (the writer, or a replay of its own). */
#ifndef CLEARING_APPLY_STATE_H
#define CLEARING_APPLY_STATE_H

#include "clearing/claims/disputes.h"
#include "clearing/claims/positions.h"
#include "clearing/effects/results.h"
#include "clearing/order/history.h"
#include "clearing/order/numbers.h"
#include "clearing/order/waiting.h"
#include "clearing/totals/totals.h"

/* What refunds and voids have done to an accepted event. Only touched events have an entry. */
struct original {
    money_t refunded;     /* of a sale's gross, by the refunds that stand */
    uint32_t refunds;     /* that stand */
    bool voided;
    uint64_t last_refund; /* that stands: its sequence; 0: none */
};

struct originals {
    struct original *list;
    uint32_t count;
    uint32_t capacity;
    struct map index;      /* sequence -> place + 1 */
    struct map taken;      /* earned lot -> points taken back so far */
    struct map cashed;     /* top-up's lot -> principal cashed or refunded so far */
    struct map returned;   /* top-up's lot -> commission returned so far */
};

/* A sweep: what ended with the last day-end is taken out in ranges of the members' hash (sweep.c).
 * A lot has ended when it is good through `through` at most and was there at the day-end: a member
 * that is touched before its range comes is rolled forward then, and finds the same. */
#define SWEEP_BITS_MAX 32

struct sweep {
    bool runs;         /* the rest means nothing otherwise */
    day_t from;        /* the days that ended */
    day_t through;
    uint64_t accepted; /* events by then */
    uint32_t bits;     /* there are 2^bits ranges, equal parts of the hash */
    uint64_t next;     /* the first that is not swept, from 0 */
};

/* Bounds of ranges side by side, included. */
struct sweep_range {
    uint64_t first;
    uint64_t last;
};

struct state {
    struct registry registry;
    struct terms **terms; /* owned, by version - 1; `from` rises */
    uint32_t terms_count;
    uint32_t terms_capacity;
    day_t open_day;
    uint64_t accepted; /* events accepted so far: the last sequence number given out */
    day_t next_expiry; /* no lot ends before this day's day-end (while a sweep runs: none that was
                        * swept or made since) */
    uint64_t opening_first; /* sequence numbers of the opening's parts; 0: there was none */
    uint64_t opening_last;
    struct sweep sweep;
    struct members members;
    struct numbers numbers;
    struct waiting waiting;
    struct totals totals;
    struct originals originals;
    struct positions positions; /* of the open cycle */
    struct disputes disputes;
    struct history history;     /* given by the owner before the first event */
};

/* An empty state whose first day is open. */
void state_init(struct state *state, day_t open_day, struct history history);
void state_deinit(struct state *state);

/* Bring a new version of the terms into force from terms->from on (its version is set here). The
 * state owns it from now on. The caller has checked that it fits what is there. */
void state_take_terms(struct state *state, struct terms *take_terms);

/* The terms in force on a day: the latest version whose `from` is not after it; before the first
 * version, the first. There is at least one. */
const struct terms *state_terms(const struct state *state, day_t day);

/* Is this a sequence number of the opening, not of an event? */
static inline bool state_is_opening(const struct state *state, uint64_t seq)
{
    return state->opening_last != 0 && seq >= state->opening_first && seq <= state->opening_last;
}

/* How many ranges are left; 0: no sweep runs. */
uint64_t state_sweep_left(const struct state *state);
/* Bounds of the next `ranges`, which are at most those left. */
struct sweep_range state_sweep_range(const struct state *state, uint64_t ranges);
/* Did this lot end with the last day-end, though its member may not have been rolled forward? */
static inline bool state_lot_ended(const struct state *state, const struct lot *lot)
{
    return state->sweep.runs && lot->valid_to <= state->sweep.through &&
           lot->id >> 16 <= state->sweep.accepted;
}

/* Write everything but the registry and the terms, which come from records of their own
 * (state_image.c); read it into a state that has those. False: the bytes are bad. */
void state_save(const struct state *state, struct spool *spool);
bool state_load(struct state *state, struct reader *reader) MUST_USE;

/* NULL: no refund or void has touched it. */
struct original *state_original(const struct state *state, uint64_t seq);
struct original *state_put_original(struct state *state, uint64_t seq);

#endif
