/* The drive: sends the stock as the stores' nodes would, go-back-n with a window, and takes the
 * receipts. Each frame has one answer; after BUSY or GAP a store waits for those that are under way
 * and then goes on behind its last receipt, so that nothing is sent twice without need.
 *
 * In a closed loop a batch goes when the window and the number under way let it. In an open loop
 * (options->rate) the measured batches go when the schedule says so, however many are under way.
 *
 * While the clock runs a receipt's form, sequence and outcomes are read, and every 64th is kept;
 * those are verified (leaf, Merkle path, the checkpoint's signature) by drive_verify when the clock
 * has stopped. */
#ifndef TOOLS_BENCH_DRIVE_H
#define TOOLS_BENCH_DRIVE_H

#include "tools/bench/schedule.h"
#include "tools/bench/server.h"
#include "tools/bench/sockets.h"
#include "tools/bench/stock.h"

#define DRIVE_SAMPLE 64

/* A store's place in its stream, as indices of batches. */
struct drive_store {
    uint32_t next;
    uint32_t acked;
    uint32_t end;          /* of this phase; in an open loop, of what is due so far */
    uint32_t under_way;    /* sent and not answered */
    int64_t not_before_us; /* after BUSY */
    bool broken;           /* one was not taken: nothing more until all are answered */
    bool greeted;
    bool queued;
};

struct drive_kept {
    uint32_t store;
    uint32_t batch;
    slice_t frame; /* owned */
};

struct drive {
    const struct bench_options *options;
    const struct arena *arena;
    struct stock *stock;
    const struct server *server;
    struct schedule schedule;
    bool open; /* this phase is an open loop */
    int64_t began_us; /* this phase */
    struct sockets *sockets;
    struct drive_store *stores;
    uint32_t *queue; /* ring of stores that may have something to send */
    uint32_t queue_head;
    uint32_t queue_count;
    uint32_t under_way;
    uint64_t due;      /* batches of this phase without a receipt */
    uint64_t accepted; /* events, in receipts of this phase */
    uint64_t resent;
    int64_t moved_us; /* when something last went forward */
    uint64_t receipts;
    struct drive_kept *kept;
    uint32_t kept_count;
    uint32_t kept_capacity;
    struct fault fault; /* of the first answer that must not be */
    bool failed;
};

/* Open a socket for each store and greet (as many at a time as a gate likes).
 * Returns: false with ret_fault; either way drive_close. */
bool drive_open(struct drive *drive, const struct bench_options *options,
                const struct arena *arena, struct stock *stock, const struct server *server,
                struct fault *ret_fault) MUST_USE;
void drive_close(struct drive *drive);

/* Send the warm-up, or everything that is measured, and wait for the last receipt.
 * Out: *ret_us, from the first batch to the last receipt. Returns: false with ret_fault. */
bool drive_run(struct drive *drive, bool warm, int64_t *ret_us, struct fault *ret_fault) MUST_USE;

/* Verify the receipts kept. */
bool drive_verify(const struct drive *drive, struct fault *ret_fault) MUST_USE;

#endif
