/* Suspense as JSON: what `suspense list --json` prints. */
#ifndef TOOLS_RENDER_SUSPENSE_JSON_H
#define TOOLS_RENDER_SUSPENSE_JSON_H

#include <jansson.h>

#include "clearing/report/suspense.h"

/* {"as_of","count","amount_fen","items":[{"event","store","type","reason","amount_fen","member",
 * "came","age_days","record"}]}, the oldest first; `member` null where there is none; age in days
 * from `came` to the open day `as_of`. Returns: the caller's. */
json_t *suspense_json(const struct suspense *suspense, day_t open_day);

#endif
