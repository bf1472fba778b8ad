/* A first reading of a libconfig text that finds what libconfig does not tell: the column of an
 * error, the exact text of a number, and where every setting and list element stands. libconfig
 * itself remains the judge of what this one lets through. */
#ifndef TOOLS_ALLIANCE_SCAN_H
#define TOOLS_ALLIANCE_SCAN_H

#include "tools/alliance/source.h"

/* A setting (at its name) or a list element (at its value), by bytes of the source. */
struct scan_node {
    uint32_t at;
    uint32_t value_at;
    uint32_t value_len; /* of a scalar's text as written, 0 of a group or list */
};

struct scan {
    struct scan_node *nodes; /* in the order of the text, which is the tree's in pre-order */
    uint32_t count;
    uint32_t capacity;
};

/* Scan the whole text. Refuses with a complaint, at the first of them: syntax errors, a key twice
 * in one group, @include, nesting and groups beyond any use.
 * Returns: false, *ret_scan untouched. Out: to be given to scan_deinit. */
bool scan_source(const struct source *source, struct scan *ret_scan,
                 struct complaints *complaints) MUST_USE;

/* Free what the scan owns. Accepts zeroed memory. */
void scan_deinit(struct scan *scan);

#endif
