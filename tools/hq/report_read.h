/* A settlement report read back from its JSON, so that what shows reports can show one that was
 * given out: written again it gives the same bytes. */
#ifndef TOOLS_HQ_REPORT_READ_H
#define TOOLS_HQ_REPORT_READ_H

#include <jansson.h>

#include "clearing/base/fault.h"
#include "clearing/report/report.h"

/* A report and what it points to. Freed with report_held_deinit; zeroed memory is let pass. It must
 * not be copied: it points into itself. */
struct report_held {
    struct report report;
    struct registry registry;
    struct positions positions;
    char *cycle;
    char incomplete[REASON_LEN_MAX + 1];
};

/* Read one. `names` (may be NULL) gives the names of participants and stores, which the JSON has
 * not.
 * Returns: false with ret_fault (which key is wrong); ret_held is empty then. */
bool report_read(const json_t *root, const struct registry *names, struct report_held *ret_held,
                 struct fault *ret_fault) MUST_USE;

void report_held_deinit(struct report_held *held);

#endif
