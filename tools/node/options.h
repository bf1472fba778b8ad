/* What the node's verbs have in common on their command lines. */
#ifndef TOOLS_NODE_OPTIONS_H
#define TOOLS_NODE_OPTIONS_H

#include <stdbool.h>

#include "clearing/base/check.h"

#define OPTIONS_SECONDS_MAX 1000000

/* Read a number of seconds. Returns: false, and says so on stderr, when it is none. */
bool options_seconds(const char *verb, const char *text, int *ret_seconds) MUST_USE;

#endif
