#include "tools/explain/moved.h"

#include <inttypes.h>

#include "tools/text.h"

void moved_text(const struct state *state, uint64_t member, FILE *out)
{
    const struct move *move = moves_find(&state->members.moves, member);
    char day[DAY_TEXT_SIZE];

    if (move == NULL) {
        return;
    }
    day_format(move->day, day);
    if (move->replaced) {
        fprintf(out,
                _("\nCard %" PRIu64 " was replaced on %s: what the member has is under %" PRIu64
                  "\n"),
                member, day, move->into);
    } else {
        fprintf(out,
                _("\nCard %" PRIu64 " was merged on %s: what the member has is under %" PRIu64
                  "\n"),
                member, day, move->into);
    }
}

json_t *moved_json(const struct state *state, uint64_t member)
{
    const struct move *move = moves_find(&state->members.moves, member);
    char day[DAY_TEXT_SIZE];

    if (move == NULL) {
        return NULL;
    }
    day_format(move->day, day);
    return json_pack("{s:o,s:o,s:s,s:b}", "from", json_sprintf("%" PRIu64, move->from), "into",
                     json_sprintf("%" PRIu64, move->into), "day", day, "replaced", move->replaced);
}
