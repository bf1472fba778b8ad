/* The stores' file: who takes part and where (deploy/alliance.md, "stores.csv"). */
#ifndef TOOLS_ALLIANCE_STORES_H
#define TOOLS_ALLIANCE_STORES_H

#include "clearing/terms/registry.h"
#include "tools/alliance/complaints.h"

#define STORES_LEN_MAX (128U << 20)

/* Read a CSV file (UTF-8 or GB18030) into an empty registry: participants and stores are numbered
 * in the order in which they first appear.
 * Returns: false after a complaint; what is in the registry then is still good to deinit. */
bool stores_read(const char *path, struct registry *registry,
                 struct complaints *complaints) MUST_USE;

#endif
