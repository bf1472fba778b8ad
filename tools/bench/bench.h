/* What a bench is asked for. */
#ifndef TOOLS_BENCH_BENCH_H
#define TOOLS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

/* The kinds of events measured, in the order of --mix. */
enum bench_kind {
    BENCH_VALUE,  /* a sale paid with stored value */
    BENCH_TOPUP,  /* at the member's home store */
    BENCH_CASH,   /* a cash sale that earns points */
    BENCH_POINTS, /* a sale paid with points */
    BENCH_REFUND, /* of an earlier sale of the same store, whole */
    BENCH_KINDS
};

struct bench_options {
    uint32_t stores;
    uint32_t members;
    uint64_t events;    /* measured, beside the warm-up */
    uint32_t batch;     /* events at most; a full body ends a batch earlier */
    uint32_t window;    /* batches under way of one store */
    uint32_t in_flight; /* batches under way of all stores */
    uint64_t rate;      /* events a second that are due in an open loop; 0: a closed loop */
    uint32_t mix[BENCH_KINDS]; /* percent */
    uint32_t cross;            /* percent of sales to members of another store */
    uint64_t seed;
};

#endif
