/* A trial of an opening: the rules' own checks and sums, in memory, before anything is sent. What
 * only the ledger knows (members that have begun already) it says when it is asked. */
#ifndef TOOLS_OPENING_TRIAL_H
#define TOOLS_OPENING_TRIAL_H

#include "clearing/apply/opening.h"
#include "tools/opening/rows.h"

/* Zeroed memory is none. */
struct trial {
    struct state state;
    struct apply apply;
    struct opening_pass pass; /* its sums */
    bool begun;
};

/* Check every lot under these rules, which the trial takes over; what is wrong is a complaint at
 * the lot's line. The caller calls trial_deinit. */
void trial_run(struct trial *trial, struct registry *take_registry, struct terms *take_terms,
               day_t open_day, const struct rows *lots, struct complaints *complaints);

/* The sums beside the totals (NULL: none were given) as a table, what differs marked.
 * Returns: do they agree? */
bool trial_compare(const struct trial *trial, const struct rows *totals, FILE *out);

void trial_deinit(struct trial *trial);

#endif
