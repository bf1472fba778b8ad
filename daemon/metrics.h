/* Metrics: what the daemon has done since it started and where it stands, for Prometheus. The
 * writer notes what happens in figures of its own; they are set aside when a group is sealed, and
 * shown once that group is durable, so that no figure is seen that a crash could take back. What
 * the disk says is read when it is asked for.
 *
 * Noting is adding to a number in place: nothing is allocated, and whoever reads never holds the
 * writer up (a figure that cannot be shown at once is shown a turn later). All functions belong to
 * the writer's thread; requests are answered in HTTP's. */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include <stdio.h>

#include "clearing/ledger/ledger.h"
#include "daemon/disk.h"
#include "daemon/link.h"
#include "proto/codec/frame.h"
#include "tools/http/address.h"

/* Buckets by upper bound: 100 us, 200, 500, 1 ms, ... 10 s, and all. */
#define METRICS_BUCKETS 17

/* How long something took. */
struct metrics_histogram {
    uint64_t buckets[METRICS_BUCKETS]; /* each alone; the text sums them */
    uint64_t sum_ns;
};

void metrics_histogram_add(struct metrics_histogram *histogram, int64_t ns);

/* X(name, type, help): single figures, shown as allclear_NAME. */
#define METRICS_FIGURES(X)                                                                         \
    X(records_total, "counter", "Records made durable since the start.")                           \
    X(batches_total, "counter", "Stores' batches taken, resends not counted.")                     \
    X(resends_total, "counter", "Batches that had been taken before and were answered again.")     \
    X(checkpoint_records, "gauge", "Records that the newest checkpoint covers.")                   \
    X(accepted_events, "gauge", "Events accepted since the ledger began.")                         \
    X(waiting_events, "gauge", "Events that wait for another.")                                    \
    X(cycle_refused_events, "gauge", "Events refused in the open cycle.")                          \
    X(cycle_late_events, "gauge", "Events booked later than they happened, in the open cycle.")    \
    X(closed_cycles, "gauge", "Cycles that have been closed.")                                     \
    X(members, "gauge", "Members.")                                                                \
    X(frozen_stores, "gauge", "Stores that are frozen.")                                           \
    X(sweep_left_ranges, "gauge", "Ranges of the day-end's sweep still to do.")                    \
    X(open_day_timestamp_seconds, "gauge", "The open business day, as midnight UTC of its date.")  \
    X(cycle_from_timestamp_seconds, "gauge", "The open cycle's first day, likewise.")              \
    X(disk_headroom_state, "gauge", "0 there is room, 1 low, 2 full: batches are answered BUSY.")  \
    X(gate_starts_total, "counter", "Starts of the gate process.")

struct metrics_figures {
#define METRICS_FIELD(name, type, help) uint64_t name;
    METRICS_FIGURES(METRICS_FIELD)
#undef METRICS_FIELD
    uint64_t events[OUTCOME_LAST + 1];     /* by what was said first */
    uint64_t released[OUTCOME_LAST + 1];   /* by the end of those that had waited */
    uint64_t not_taken[REASON_LAST + 1];   /* batches, by reason */
    uint64_t gate[COUNTER_COUNT];          /* as the gate process says, since it started */
    struct metrics_histogram commits;      /* a group, from its seal */
    struct metrics_histogram receipts;     /* a batch, from its arrival */
};

struct metrics;

/* Begin, with the books as they were opened: everything in them is durable. The caller frees. */
struct metrics *metrics_new(struct ledger *ledger, const char *dir);
void metrics_free(struct metrics *metrics); /* accepts NULL */

/* Answer GET /metrics at an address from now on. The calling thread's signal mask is that of the
 * thread which answers. Returns: false with ret_fault. */
bool metrics_serve(struct metrics *metrics, const struct address *address,
                   struct fault *ret_fault) MUST_USE;

uint16_t metrics_port(const struct metrics *metrics); /* once it serves */

/* Nanoseconds of a clock that does not jump. */
int64_t metrics_now_ns(void);

/* A checked batch has been judged; it had arrived then. `fresh`: it was applied, no resend. */
void metrics_note_batch(struct metrics *metrics, int64_t arrived_ns, bool fresh);
/* A batch was not taken. */
void metrics_note_expect(struct metrics *metrics, int reason);
/* A gate has been started: it has counted nothing yet. */
void metrics_note_gate(struct metrics *metrics);
/* What the gate has counted, as it says every second. */
void metrics_note_counters(struct metrics *metrics, const uint64_t counters[COUNTER_COUNT]);
void metrics_note_disk(struct metrics *metrics, disk_state_t state);

/* A group has been sealed: what has been noted belongs to it. */
void metrics_seal(struct metrics *metrics);
/* It is durable, and its receipts have been sent: show it. */
void metrics_publish(struct metrics *metrics);
/* Show what could not be shown at once, because it was being read; `at_rest`: nothing is gathered
 * or under way, so whatever was noted may be shown. Call at every turn. */
void metrics_tend(struct metrics *metrics, bool at_rest);

/* Write figures in Prometheus' text format 0.0.4. */
void metrics_write(const struct metrics_figures *figures, FILE *out);

#endif
