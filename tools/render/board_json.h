/* The board as JSON: what `board --json` and `cycle checklist --json` are made of. */
#ifndef TOOLS_RENDER_BOARD_JSON_H
#define TOOLS_RENDER_BOARD_JSON_H

#include <jansson.h>

#include "clearing/report/board.h"

/* {"from","to","day_totals","complete","stores":[{"store","name","frozen","last_day","days":[{"day",
 * "state","events","gaps","waiting"}]}],"differences":[{"store","terminal","day","key","till",
 * "ledger"}],"missing":[{"kind","store","day","count","blocks"}],"disputes"}. Stores by code, days in order; key
 * `count`, a type or a means; amounts in fen;
 * `disputes`: how many have no answer. Returns: the caller's. */
json_t *board_json(const struct board *board);

#endif
