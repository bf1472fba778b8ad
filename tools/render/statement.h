/* A participant's statement of a cycle, derived from the settlement report alone, so that everyone
 * who has the report gets the same bytes: per counterparty and kind what came in and what went out,
 * what the participant's own stores bear themselves (memo, in no net), and the net. */
#ifndef TOOLS_RENDER_STATEMENT_H
#define TOOLS_RENDER_STATEMENT_H

#include <jansson.h>
#include <stdio.h>

#include "clearing/base/fault.h"
#include "tools/render/table.h"

/* {"cycle","from","to","participant","party","role","in_fen","out_fen","net_fen",
 *  "lines":[{"direction":"in"|"out","counterparty","kind","reversal","count","amount_fen"}],
 *  "stores":[{"store","participant","events","memo":[{"kind","amount_fen"}]}]}, lines in the order
 * of the report's matrix: what the daemon answers to a store.
 * Returns: NULL with ret_fault when the report has no such participant; the caller gives it
 * back. */
json_t *statement_of(const json_t *report, const char *participant, struct fault *ret_fault);

/* Write a statement. Return: false when the stream failed. */
bool statement_json_write(const json_t *statement, FILE *out);
bool statement_csv_write(const json_t *statement, FILE *out);
bool statement_text_write(const json_t *statement, const struct look *look, FILE *out);

/* Some of its lines as a table like that of the whole. */
void statement_rows_text(const json_t *rows, const struct look *look, FILE *out);

#endif
