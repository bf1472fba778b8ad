/* Explanations: why an event gives the figures that it gives, step by step, from the same state and
 * effects that the rules have left. Nothing is computed by other rules: formulas show the inputs,
 * figures come from the effects, the claims and the functions of clearing/money and
 * clearing/members.
 *
 * All calls belong inside the sink's call that hands the cleared event over (some books of the
 * state have moved on afterwards). One thread. */
#ifndef TOOLS_EXPLAIN_EXPLAIN_H
#define TOOLS_EXPLAIN_EXPLAIN_H

#include <stdio.h>

#include "clearing/apply/apply.h"
#include "tools/render/table.h"

/* What the store reported, the outcome and why, every step, the claims and what the store bears
 * itself. In the language chosen. Where `only` is a participant, not PARTICIPANT_NONE: nothing but
 * its own claims and the steps that make them. */
void explain_write_text(const struct state *state, const struct cleared *cleared,
                        participant_t only, const struct look *look, FILE *out);

/* The same as one compact JSON object without a line end:
 * {"event","type","outcome","reason","occurred","booked","reported":{the event},
 *  "steps":[{"kind","lot","product","terms","text":[...]}...],
 *  "claims":[{"kind","debtor","creditor","reversal","amount_fen"}...],
 *  "memos":[{"store","kind","amount_fen"}...]}
 * Texts are in the language chosen; what does not apply is "" or 0. "reported" is missing for one
 * participant. */
void explain_write_json(const struct state *state, const struct cleared *cleared,
                        participant_t only, FILE *out);

/* Which: the claims of a kind, of everybody or of one participant. */
struct explain_line {
    claim_kind_t kind;
    participant_t only;
};

/* One line of it: the claims of a kind, each with the parts that it is the sum of (rule 1). Nothing
 * where there is none. As JSON: {"claims":[{"debtor","creditor","kind","reversal","amount_fen",
 * "parts":[{"product","lot","sold","used","terms","amount_fen"}]}]}. */
void explain_line_text(const struct state *state, const struct cleared *cleared,
                       const struct explain_line *line, const struct look *look, FILE *out);
void explain_line_json(const struct state *state, const struct cleared *cleared,
                       const struct explain_line *line, FILE *out);

/* A lot that the event made has ended with a day. */
void explain_expired_text(const struct state *state, const struct expired *expired,
                          const struct look *look, FILE *out);
void explain_expired_json(const struct state *state, const struct expired *expired, FILE *out);

#endif
