/* Day-ends and sweeps: a day-end is over at once whatever the number of members. What ended with it
 * is taken out range by range, or with the first event that touches a member. Both find the same
 * lots, those that were there at the day-end, so that nothing depends on which comes first. */
#include "clearing/apply/ruling.h"

/* So many members a range on average, at most: it takes a millisecond or two (each lot is a wait
 * for memory). */
#define SWEEP_MEMBERS 4096

/* What FUND owes for a lot that ends: the rest of its redemption value (rule 20). */
static void expire_claims(struct apply *apply, const struct lot *lot)
{
    const struct lot_class *class = lots_class_at(&apply->state->members.lots, lot->class);
    struct claim claim = {
        .kind = KIND_BREAKAGE,
        .debtor = class->fund,
        .creditor = class->beneficiary,
        .amount = class->model == MODEL_PF ? lot_principal_left(lot) : money(0),
    };
    struct part part = {
        .product = class->product,
        .lot = lot->id,
        .sold = class->store,
        .used = STORE_NONE,
        .terms_version = class->terms_version,
    };

    claims_single(&claim, &part, &apply->claims);
}

static void expire(struct apply *apply, uint64_t member, const struct lot *lot,
                   struct swept *ret_swept)
{
    struct state *state = apply->state;
    day_t day = lot->valid_to < state->sweep.from ? state->sweep.from : lot->valid_to;

    expire_claims(apply, lot);
    positions_post(&state->positions, STORE_NONE, &apply->claims);
    struct expired expired = {member, lot, day, &apply->claims};
    apply->sink.expired(apply->sink.context, &expired);
    ret_swept->lots++;
    if (apply->claims.count > 0) {
        ret_swept->breakage =
            money_sum_add(ret_swept->breakage, apply->claims.list[0].amount);
    }
}

/* End the member's lots that ended with the day-end. Keeps the earliest end that is left. */
static void roll_member(struct apply *apply, struct member *member, struct swept *ret_swept)
{
    struct state *state = apply->state;
    struct lots *lots = &state->members.lots;
    uint32_t at = member->lots;

    while (at != 0) {
        const struct lot *lot = &lots->pool[at];
        uint32_t next = lot->next;
        if (state_lot_ended(state, lot)) {
            expire(apply, member->id, lot, ret_swept);
            lots_remove(lots, &member->lots, at);
        } else if (lot->valid_to < state->next_expiry) {
            state->next_expiry = lot->valid_to;
        }
        at = next;
    }
}

void ruling_roll_forward(struct ruling *ruling)
{
    struct swept swept = {0};

    if (ruling->member != NULL) {
        roll_member(ruling->apply, ruling->member, &swept);
    }
}

void apply_day_end(struct apply *apply, day_t day)
{
    struct state *state = apply->state;
    day_t from = state->open_day;

    CHECK(day > state->open_day && !state->sweep.runs);
    state->open_day = day;
    holds_end_before(&state->members.holds, day);
    if (state->next_expiry >= day) {
        return;
    }
    state->sweep = (struct sweep){
        .runs = true, .from = from, .through = day - 1, .accepted = state->accepted};
    while (state->members.count >> state->sweep.bits > SWEEP_MEMBERS &&
           state->sweep.bits < SWEEP_BITS_MAX) {
        state->sweep.bits++;
    }
    state->next_expiry = DAY_MAX; /* the sweep finds the earliest again */
}

void apply_sweep(struct apply *apply, uint64_t ranges, struct swept *ret_swept)
{
    struct state *state = apply->state;
    struct member *member = NULL;

    *ret_swept = (struct swept){0};
    if (ranges == 0) {
        return;
    }
    struct sweep_range range = state_sweep_range(state, ranges);
    struct members_walk walk = members_walk_from(&state->members, range.first, range.last);
    while ((member = members_walk_next(&walk)) != NULL) {
        roll_member(apply, member, ret_swept);
    }
    state->sweep.next += ranges;
    state->sweep.runs = state->sweep.next < 1ULL << state->sweep.bits;
}
