/* Rules and stores as records: registry rows in as many as they need, then the terms in one (the
 * two are never in one record: the terms are read against the rows before them). */
#ifndef TOOLS_HQ_RULES_H
#define TOOLS_HQ_RULES_H

#include "clearing/terms/registry.h"
#include "clearing/terms/terms.h"
#include "tools/hq/submit.h"

/* Put them. terms may be NULL: the rows only; registry may be NULL: the terms only.
 * Returns: false with ret_fault. */
bool rules_put(struct submit *submit, const struct registry *registry, const struct terms *terms,
               struct fault *ret_fault) MUST_USE;

/* Read "YYYY-MM-DD" (the start of that business day) or an instant of RFC 3339.
 * Returns: false with ret_fault. */
bool rules_time(const char *text, const struct day_rule *days, int64_t *ret_ms,
                struct fault *ret_fault) MUST_USE;

#endif
