/* The schedule of an open loop: when each measured batch is due, whatever becomes of those before
 * it. Latencies count from there, so that a daemon that stalls is charged for everybody who had to
 * wait meanwhile. */
#ifndef TOOLS_BENCH_SCHEDULE_H
#define TOOLS_BENCH_SCHEDULE_H

#include "tools/bench/stock.h"

struct schedule_slot {
    uint64_t after_us; /* the start */
    uint32_t store;
    uint32_t batch;
};

struct schedule {
    struct schedule_slot *slots; /* by time */
    uint64_t count;
    uint64_t next; /* the first that is not due yet; the user's */
};

/* The stores' measured batches in turns, one of each store and round again; a batch is due when so
 * many events as lie before it have come at `rate` a second. Owned: schedule_deinit. */
void schedule_make(struct schedule *schedule, const struct stock *stock, uint64_t rate);
void schedule_deinit(struct schedule *schedule);

#endif
