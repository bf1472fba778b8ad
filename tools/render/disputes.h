/* Disputes as JSON, and as a table of that. */
#ifndef TOOLS_RENDER_DISPUTES_H
#define TOOLS_RENDER_DISPUTES_H

#include <jansson.h>
#include <stdio.h>

#include "clearing/report/disputed.h"
#include "tools/render/table.h"

/* {"as_of","open","disputes":[{"event","of","kind","store","booked","age_days","state":"open"|
 * "stands"|"falls","reason","lines":[{"debtor","creditor","amount_fen","out_fen"}]}]}, the oldest
 * first; age in days from `booked` to the open day `as_of`; `out_fen` is what is out of what is
 * paid now. Those without an answer, or all; of one participant (that is a party of a line), or of
 * everybody where it is PARTICIPANT_NONE. The newest DISPUTES_SHOWN of them: the history is read, a
 * look an entry. Returns: the caller's. */
#define DISPUTES_SHOWN 1000
json_t *disputes_json(const struct state *state, participant_t party, bool all);

void disputes_text_write(const json_t *answer, const struct look *look, FILE *out);

#endif
