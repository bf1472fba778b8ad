/* The figures of a bench, and how they are told. */
#ifndef TOOLS_BENCH_FIGURES_H
#define TOOLS_BENCH_FIGURES_H

#include "tools/bench/footprint.h"
#include "tools/bench/server.h"
#include "tools/bench/stock.h"

#define FIGURES_VOID_LEN 256

struct figures {
    uint64_t events;   /* measured */
    uint64_t accepted; /* of them, by the replay */
    uint64_t batches;
    uint64_t commits; /* checkpoints that receipts rest on */
    uint64_t records; /* that the measured events made */
    uint64_t resent;  /* batches */
    uint64_t elapsed_us;
    uint64_t warm_events;
    uint64_t warm_us;
    uint64_t lag_p99_us; /* open loop: from due to sent, the generator's own part */
    uint64_t ack_p50_us;
    uint64_t ack_p99_us;
    uint64_t journal_bytes; /* growth of the journal's file */
    uint64_t cpu_us[SERVER_PARTS];
    uint64_t peak_rss_kib[SERVER_PARTS];
    uint64_t raw_us;
    uint64_t close_us;       /* from the request to its answer */
    uint32_t participants;   /* of the closed cycle */
    uint64_t replay_us;      /* with signatures */
    uint64_t replay_events;  /* warm-up included */
    uint64_t warm_anon;      /* bytes by which the daemon has grown in the warm-up */
    struct footprint footprint;
    struct server_restart restart;
    char why_void[FIGURES_VOID_LEN]; /* empty: the figure counts */
};

/* Say how far a step is, on stderr, once a second on a terminal and at its end. */
void figures_progress(const char *step, uint64_t done, uint64_t of);

/* Fill in what the measured batches tell: batches, commits, latencies (from when a batch was due,
 * in a closed loop from when it was sent). */
void figures_take_batches(struct figures *figures, const struct stock *stock);

/* The figure is void; the first reason stays. */
void figures_void(struct figures *figures, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void figures_print_json(const struct figures *figures, const struct bench_options *options);
void figures_print_text(const struct figures *figures, const struct bench_options *options);

#endif
