/* What notify keeps: DIR/notify/state.json, the memory of notices.h, written whole or not at all;
 * and DIR/notify/lock, held by the one process that tells. One thread. */
#ifndef TOOLS_NOTIFY_KEPT_H
#define TOOLS_NOTIFY_KEPT_H

#include <jansson.h>
#include <stdbool.h>

#include "clearing/base/fault.h"
#include "tools/node/files.h"

struct kept {
    char path[FILES_PATH_MAX];
    char *saved; /* what lies on the disk; NULL: nothing */
    int lock;    /* -1: none */
};

/* Take the folder. Out: *ret_memory, the caller's: what lies there, or one that has noticed
 * nothing. Returns: false with ret_fault: another process has it, or it cannot be read. */
bool kept_open(struct kept *kept, const char *dir, json_t **ret_memory,
               struct fault *ret_fault) MUST_USE;
void kept_close(struct kept *kept);

/* After true the memory is on the disk; one that has not changed is not written again. */
bool kept_save(struct kept *kept, const json_t *memory, struct fault *ret_fault) MUST_USE;

#endif
