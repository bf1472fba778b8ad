/* The auditor's verdict on a folder: everything is derived again from its records and compared. */
#ifndef TOOLS_HQ_AUDIT_H
#define TOOLS_HQ_AUDIT_H

#include "tools/hq/view.h"

struct audit_options {
    const char *dir;
    const char *report; /* file for the report of the last closed cycle (none: the open), or NULL */
    const uint8_t *network; /* that the auditor has pinned, or NULL */
    bool json;
};

/* Judge, and say so on stdout (progress on stderr). The last line begins with VERIFIED, UNANCHORED
 * (no fingerprint was given) or FAILED.
 * Returns: the exit code: 0, 1, or >= 64 when it could not run. */
int audit_run(const struct audit_options *options);

/* The same in a process of its own: a damaged file can end its reader, whatever that one checks,
 * and such a death is a verdict as well. */
int audit_run_apart(const struct audit_options *options);

#endif
