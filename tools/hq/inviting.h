/* Inviting stores: a kit with a key that can do nothing but ask to join (design: stores' keys). The
 * daemon must run, as it is who lets that key in. */
#ifndef TOOLS_HQ_INVITING_H
#define TOOLS_HQ_INVITING_H

#include <jansson.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

/* Where kits come from. */
struct inviting {
    const char *dir;
    const char *address; /* NULL: the daemon's own */
    json_t *head;        /* of inviting_begin; the caller gives it back with json_decref */
};

/* Ask the daemon for inviting->head.
 * Returns: false with ret_fault (no category: no daemon runs). */
bool inviting_begin(struct inviting *inviting, struct fault *ret_fault) MUST_USE;

/* Write a store's kit, a secret that only its owner may read, to `path`.
 * Returns: false with ret_fault, as above. */
bool inviting_write(const struct inviting *inviting, const char *store, const char *path,
                    struct fault *ret_fault) MUST_USE;

/* Say what went wrong, also that no daemon runs. Returns: the exit code for it. */
int inviting_complain(const char *dir, const char *verb, const struct fault *fault);

#endif
