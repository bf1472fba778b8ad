/* Intake: lines of files into the outbox, on the disk chunk by chunk, and into the tally. */
#ifndef TOOLS_NODE_INTAKE_H
#define TOOLS_NODE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/lines/lines.h"
#include "tools/node/node.h"
#include "tools/node/tally.h"
#include "tools/tills/till.h"

#define INTAKE_CHUNK_LINES 2048

struct intake {
    struct node *node;
    struct tally *tally;
    bool retry;                    /* a refused event is queued again */
    outcome_t retry_reason;        /* only when refused for this; OUTCOME_NONE: for any */
    const struct mapping *mapping; /* NULL: none; else all but *.jsonl are a till's exports */
    struct lines lines;

    /* Called in each chunk's transaction and after it (may be NULL), so that what has been read is
     * already under way. They return false with ret_fault set to end the intake. */
    bool (*in_chunk)(void *context, struct fault *ret_fault);
    bool (*after_chunk)(void *context, struct fault *ret_fault);
    void *context;
};

/* Read a stream to its end. `name` is how refusals call it, and says what it is (see mapping).
 * Returns: false with ret_fault set when it cannot be read or the outbox cannot be written; the
 * chunks before are in. */
bool intake_read(struct intake *intake, FILE *file, const char *name,
                 struct fault *ret_fault) MUST_USE;

/* Read what a watched file has more than when it was last looked at, whole lines only; where it has
 * been read up to is kept in the outbox with the lines. A file that has become shorter is read from
 * its beginning. A till's export is read whole whenever it has changed. */
bool intake_follow(struct intake *intake, const char *path, struct fault *ret_fault) MUST_USE;

void intake_deinit(struct intake *intake); /* frees what reading needed, closes nothing */

#endif
