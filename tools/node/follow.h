/* Follow: files and folders whose growth is waited for. The kernel tells of it (inotify) where it
 * can for all of them; else they are looked at again every FOLLOW_LOOK_MS. Even where it tells, a
 * look every FOLLOW_SURE_MS finds what it may have kept to itself (a link that points elsewhere
 * now, a file mapped into memory). One thread. */
#ifndef TOOLS_NODE_FOLLOW_H
#define TOOLS_NODE_FOLLOW_H

#include <stdbool.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "tools/node/files.h"

#define FOLLOW_LOOK_MS 500
#define FOLLOW_SURE_MS 60000

struct follow;

/* Begin to follow `count` files and folders; paths live as long as this does. `bell` (NULL: none)
 * is a file that wakes whoever waits when somebody writes to it (follow_ring); it is there already.
 * The caller closes. */
struct follow *follow_open(char *const *paths, int count, const char *bell);
void follow_close(struct follow *follow); /* accepts NULL */

/* Returns: what can be read when something has grown or the bell was rung; -1 where nothing
 * tells. */
int follow_fd(const struct follow *follow);

/* Returns: after how many ms follow_look is due although nothing was told. */
int follow_wait_ms(const struct follow *follow);

/* Visit each file that has changed since it was visited last: all of them at first. A file or
 * folder that is not there is none until it comes. Returns: false with ret_fault set when a folder
 * cannot be read or a visit returns false. */
bool follow_look(struct follow *follow, files_visit_t *visit, void *context,
                 struct fault *ret_fault) MUST_USE;

/* Returns: has the bell been rung since this was last asked? */
bool follow_is_rung(struct follow *follow);

/* Returns: false once after following has come to mean looking again and again; ret_fault says
 * why. */
bool follow_is_told(struct follow *follow, struct fault *ret_fault) MUST_USE;

/* Wake those who follow with this file as their bell. What fails is let pass: they look by
 * themselves, later. */
void follow_ring(const char *bell);

#endif
