/* The plan: the events of a bench, and what they must come to. It keeps its own sums with nothing
 * of the clearing's code, so that comparing them with a replay's nets means something.
 *
 * The sums hold in whatever order the stores' batches meet, because spending draws on value and
 * points of the warm-up only, every lot of a member was sold by his home store, has no bonus and
 * settles at 100 %, and a refund takes an earlier sale of its own store back whole. One thread. */
#ifndef TOOLS_BENCH_PLAN_H
#define TOOLS_BENCH_PLAN_H

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "clearing/facts/event.h"
#include "tools/bench/bench.h"

#define PLAN_TERMINAL "1"
/* Terms that the sums are made with (rates in millionths, the price in thousandths of a fen). */
#define PLAN_FEE         6000
#define PLAN_COMMISSION  10000
#define PLAN_ISSUE_PRICE 1200

#define PLAN_SALES 256

struct plan_sale {
    uint64_t number;
    int64_t amount_fen;
    int64_t points; /* earned; 0: it was paid with stored value */
};

struct plan {
    const struct bench_options *options;
    const code_t *codes; /* of the stores, by number */
    int64_t at_ms;       /* when everything happens */
    uint64_t random;
    int64_t warm_fen;
    int64_t *value;   /* by member: warm-up value that is left */
    int64_t *points;  /* the same of points */
    uint64_t *number; /* by store: of its last event */
    /* predicted nets */
    int64_t *store_nets;
    int64_t hq_net;
    int64_t fund_net;
    /* the store at hand */
    uint32_t store;
    struct plan_sale sales[PLAN_SALES]; /* that may be refunded */
    uint32_t sale_count;
};

void plan_init(struct plan *plan, const struct bench_options *options, const code_t *codes,
               int64_t at_ms);
void plan_deinit(struct plan *plan);

/* How many members call a store their home. */
uint32_t plan_home_count(const struct plan *plan, uint32_t store);

/* The top-up, with points, that begins the store's n-th member. */
void plan_warm(struct plan *plan, uint32_t store, uint32_t n, struct event *ret_event);

/* Go on with another store's measured events. */
void plan_begin(struct plan *plan, uint32_t store);

/* The next measured event of the store at hand.
 * Returns: false with ret_fault: no member has enough left. */
bool plan_next(struct plan *plan, struct event *ret_event, struct fault *ret_fault) MUST_USE;

#endif
