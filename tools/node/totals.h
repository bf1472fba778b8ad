/* Totals: what headquarters says of the day totals that a publish has read. */
#ifndef TOOLS_NODE_TOTALS_H
#define TOOLS_NODE_TOTALS_H

#include <jansson.h>

#include "tools/node/publish.h"

/* Ask for the verdicts on the day totals that were read and are in: [{"event","date","matched",
 * "differences":[{"key","till","ledger"}]}] in the order read, at most TALLY_TOTALS_MAX of them.
 * Returns: the caller's; NULL: there are none, or nobody answers. After publish_drain. */
json_t *totals_ask(struct publish *publish);

#endif
