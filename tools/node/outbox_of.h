/* Which events were taken from a published file, as JSON Lines, for undoing all of them. */
#ifndef TOOLS_NODE_OUTBOX_OF_H
#define TOOLS_NODE_OUTBOX_OF_H

#include "tools/node/node.h"

/* Print {"terminal","number","file","line","outcome"} of each. A file may have been read several
 * times under one name, as when each day's export overwrites the last: a reading begins where the
 * lines begin again, or after half a day. `reading`: which, from 1; 0 where there is but one.
 * Returns: the exit code, after a complaint that lists the readings. */
int outbox_of(const struct node *node, const char *name, uint32_t reading);

#endif
