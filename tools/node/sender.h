/* The sender: of the processes that have a folder open, the one that sends. Two would not lose
 * anything, but send much twice. Whoever has the folder's lock is the sender; the lock's file is
 * also the bell by which the others tell it of what they have queued (follow_ring). */
#ifndef TOOLS_NODE_SENDER_H
#define TOOLS_NODE_SENDER_H

#include <stdbool.h>

#include "tools/node/node.h"

/* Returns: a descriptor that holds the lock until the caller closes it; -1: another has it, in this
 * process or in another. */
int sender_lock(const struct node *node);

/* Out: ret_path, the bell's file. Returns: false when the folder's path is too long. */
bool sender_bell(const struct node *node, char ret_path[FILES_PATH_MAX]) MUST_USE;

#endif
