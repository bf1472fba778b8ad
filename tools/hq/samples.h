/* The sample alliances that `init` can begin with (deploy/samples), built into the program. */
#ifndef TOOLS_HQ_SAMPLES_H
#define TOOLS_HQ_SAMPLES_H

#include <stdbool.h>

#include "clearing/base/fault.h"

/* What is written in place of the sample's own; NULL: the sample's own. */
struct sample_choice {
    const char *id;
    const char *name;
    const char *zone;
    const char *day_start;
};

/* "f1, f2". */
#define SAMPLES_NAMES "f1, f2"

/* Is there a sample of this name? */
bool samples_has(const char *sample);

/* Write alliance.conf and stores.csv of a sample into a folder; files that are there are refused.
 * Returns: false with ret_fault. */
bool samples_write(const char *sample, const struct sample_choice *choice, const char *dir,
                   struct fault *ret_fault);

#endif
