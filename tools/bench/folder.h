/* The scratch folder of a bench. */
#ifndef TOOLS_BENCH_FOLDER_H
#define TOOLS_BENCH_FOLDER_H

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

#define FOLDER_DEFAULT "/var/tmp/allclear-bench-XXXXXX"

struct folder {
    const char *path; /* NULL, for folder_make to find a place; else the caller's */
    char made[sizeof FOLDER_DEFAULT];
    bool is_ours; /* it was not there before */
};

/* Make it. A path that was given must be an empty folder or none.
 * Returns: false with ret_fault; nothing of ours lies there then. */
bool folder_make(struct folder *folder, struct fault *ret_fault) MUST_USE;

/* Remove it with all that is in it (the caller looks at is_ours before). */
void folder_remove(const struct folder *folder);

/* Write the last lines of one of its files to stderr. */
void folder_tell_end(const struct folder *folder, const char *name);

#endif
