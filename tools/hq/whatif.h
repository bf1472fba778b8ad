/* A trial of rules: the last closed cycle's records applied once more, as if other rules and stores
 * had been in force from its first day on. The book is the ledger's own; only the results are not
 * compared, and what they would have been lies in a file without a name, so that memory stays
 * bounded. One thread. */
#ifndef TOOLS_HQ_WHATIF_H
#define TOOLS_HQ_WHATIF_H

#include "tools/hq/view.h"

/* A cycle's figures: as they were booked, or as they would have been. */
struct whatif_side {
    code_t cycle; /* empty: none was closed */
    day_t from;
    day_t to;
    uint64_t first_record;
    uint64_t close_record;
    code_t *participants; /* all, by code */
    money_sum_t *nets;
    uint32_t count;
    struct report_events refused; /* sorted */
};

/* Events that one side refuses and the other does not, by the reason; the first is named. */
struct whatif_refusal {
    outcome_t reason;
    uint64_t count;
    struct report_event first;
};

struct whatif {
    struct whatif_side was;
    struct whatif_side would;
    struct whatif_refusal *refused; /* then, and not in the ledger; as met by event */
    uint32_t refused_count;
    uint32_t refused_capacity;
    uint64_t taken;   /* refused in the ledger, and not then */
    uint64_t dropped; /* headquarters' records that would have been refused */
};

/* Try rules and stores. Where no cycle was closed, was.cycle is empty and nothing was tried.
 * Returns: false with ret_fault. Out: ret_trial, to be given to whatif_deinit. */
bool whatif_run(const char *dir, const struct registry *registry, const struct terms *terms,
               struct whatif *ret_trial, struct fault *ret_fault) MUST_USE;

/* What a participant's net would have been, and was, by place in `would`; 0 where it was not
 * there. */
money_sum_t whatif_was(const struct whatif *trial, uint32_t i);

void whatif_deinit(struct whatif *trial);

#endif
