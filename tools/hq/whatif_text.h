/* What a trial of rules says, for people and for machines. */
#ifndef TOOLS_HQ_WHATIF_TEXT_H
#define TOOLS_HQ_WHATIF_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "tools/hq/whatif.h"

/* Write the nets before and after as a table, and in sentences which events would be refused. */
void whatif_text_write(const struct whatif *trial, FILE *out);

/* The same: {"cycle","from","to","participants":[{"participant","was_fen","would_fen",
 * "difference_fen"}],"refused":[{"reason","count","first"}],"taken","dropped"}; null where no cycle
 * was closed. Returns: the caller's. */
json_t *whatif_text_json(const struct whatif *trial);

#endif
