/* Reads the alliance file and its stores.csv (deploy/alliance.md is their contract). */
#ifndef TOOLS_ALLIANCE_ALLIANCE_H
#define TOOLS_ALLIANCE_ALLIANCE_H

#include "clearing/terms/registry.h"
#include "clearing/terms/terms.h"
#include "tools/alliance/complaints.h"

#define ALLIANCE_LEN_MAX (4U << 20)

/* Read alliance.conf at `path` and the stores' file that it names beside it, and check everything
 * that the contract says.
 * Returns: true without any complaint; false with at least one, sorted, and nothing else written.
 * Out: version 1 of the terms, in force without limit, not yet resolved (terms_resolve); to be
 * given to registry_deinit and terms_deinit. One thread (libconfig and the messages' catalogue). */
bool alliance_read(const char *path, struct registry *ret_registry, struct terms *ret_terms,
                   struct complaints *complaints) MUST_USE;

#endif
