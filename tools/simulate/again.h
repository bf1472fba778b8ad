/* A simulation that was kept (tools/explain/kept.h), run once more for somebody who listens. */
#ifndef TOOLS_SIMULATE_AGAIN_H
#define TOOLS_SIMULATE_AGAIN_H

#include "clearing/base/check.h"
#include "tools/explain/watch.h"

/* Has a folder a simulation? */
bool again_is_kept(const char *dir);

/* Run it under a watch. Complains on stderr. Returns: the exit code. */
int again_run(const char *dir, struct watch *watch);

#endif
