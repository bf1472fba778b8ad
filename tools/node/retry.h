/* Retry: refused events of the outbox once more, under their numbers (rule 33). */
#ifndef TOOLS_NODE_RETRY_H
#define TOOLS_NODE_RETRY_H

#include "clearing/facts/event.h"
#include "tools/node/publish.h"

/* Which of the refused events. */
struct retry {
    outcome_t reason;         /* only those refused for this; OUTCOME_NONE: for any */
    struct event_ref *events; /* only these, borrowed; none: all */
    uint32_t event_count;
};

/* Queue them again, all or none, and follow them in the tally of a publish that has begun: what
 * publish_drain settles says what came of each. What was superseded or only asked is not listed as
 * refused, and is not taken.
 * Returns: false with ret_fault set, also when one of the named events is not listed as refused or
 * was refused for another reason; nothing has changed then. */
bool retry_queue(struct publish *publish, const struct retry *retry,
                 struct fault *ret_fault) MUST_USE;

#endif
