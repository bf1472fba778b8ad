/* The stock: every batch of a bench, signed and in its frame before the clock starts. */
#ifndef TOOLS_BENCH_STOCK_H
#define TOOLS_BENCH_STOCK_H

#include "tools/bench/arena.h"
#include "tools/bench/plan.h"

struct stock_batch {
    uint8_t *frame; /* FRAME_BATCH, owned */
    uint32_t len;
    uint32_t events;
    int64_t due_us;  /* open loop: when it should be sent; 0: when it is */
    int64_t sent_us; /* first time; 0: not yet */
    int64_t got_us;  /* its receipt */
    uint64_t checkpoint; /* size of the tree that its receipt rests on */
};

struct stock_stream {
    struct stock_batch *batches; /* by sequence - 1 */
    uint32_t count;
    uint32_t capacity;
    uint32_t warm; /* the first so many are the warm-up */
    uint8_t last[DIGEST_LEN];
};

struct stock {
    uint32_t stores;
    struct stock_stream *streams;
    uint64_t warm_events;
    uint64_t events; /* measured */
};

/* Make and sign all of the plan's batches. Progress goes to stderr.
 * Returns: false with ret_fault; either way stock_deinit. */
bool stock_make(struct stock *stock, struct plan *plan, const struct arena *arena,
                struct fault *ret_fault) MUST_USE;
void stock_deinit(struct stock *stock);

#endif
