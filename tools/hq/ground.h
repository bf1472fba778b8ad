/* The ground that the ledger stands on: its registry and its latest terms, taken out of it. */
#ifndef TOOLS_HQ_GROUND_H
#define TOOLS_HQ_GROUND_H

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/terms/registry.h"
#include "clearing/terms/terms.h"

/* Zeroed memory is none. */
struct ground {
    struct registry registry;
    struct terms terms;
    bool has_terms;
};

/* Ask the ledger of a folder. Returns: false with ret_fault; ret_ground is empty then. */
bool ground_read(const char *dir, struct ground *ret_ground, struct fault *ret_fault) MUST_USE;

void ground_deinit(struct ground *ground);

#endif
