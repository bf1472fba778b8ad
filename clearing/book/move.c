#include "clearing/book/move.h"

/* A number may move once, and nobody into one that has moved: where a number's value is now is
 * always one look away. */
static bool moved(const struct hq_door *door, uint64_t id, struct fault *ret_fault)
{
    const struct move *move = moves_find(&door->book->state.members.moves, id);

    if (move == NULL) {
        return false;
    }
    (void)fault_set(ret_fault,
                    FAULT_FORMAT,
                    "MOVED: %llu has moved to %llu: name that",
                    (unsigned long long)id,
                    (unsigned long long)move->into);
    return true;
}

bool move_check(const struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_member *member = &door->body.member;
    const struct members *members = &door->book->state.members;
    uint64_t unknown = 0;

    if (door->body.reason.len == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "member: the record gives no reason");
    }
    if (book_sweeps(door->book)) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "BUSY: the sweep of the last day-end has not ended: try again");
    }
    if (moved(door, member->from, ret_fault) || moved(door, member->into, ret_fault)) {
        return false;
    }
    if (members_find(members, member->from) == NULL) {
        unknown = member->from;
    } else if (!member->replaced && members_find(members, member->into) == NULL) {
        unknown = member->into; /* a new card may be new, a second one is not */
    }
    return unknown == 0 || fault_set(ret_fault,
                                     FAULT_FORMAT,
                                     "UNKNOWN_MEMBER: nobody has ever been seen with %llu",
                                     (unsigned long long)unknown);
}

bool move_apply(struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_member *member = &door->body.member;
    struct state *state = &door->book->state;
    const struct move move = {.from = member->from,
                              .into = member->into,
                              .day = state->open_day,
                              .replaced = member->replaced};

    if (!move_check(door, ret_fault)) {
        return false;
    }
    members_move(&state->members, &move);
    waiting_move(&state->waiting, move.from, move.into);
    return true;
}
