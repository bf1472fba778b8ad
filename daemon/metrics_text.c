/* The figures as text. */
#include <inttypes.h>

#include "daemon/metrics.h"

#define NS_A_SECOND 1000000000U

/* Upper bounds of the buckets; the last has none. */
static const struct {
    int64_t ns;
    const char *seconds;
} bounds[METRICS_BUCKETS - 1] = {
    {100000, "0.0001"}, {200000, "0.0002"}, {500000, "0.0005"}, {1000000, "0.001"},
    {2000000, "0.002"}, {5000000, "0.005"}, {10000000, "0.01"}, {20000000, "0.02"},
    {50000000, "0.05"}, {100000000, "0.1"}, {200000000, "0.2"}, {500000000, "0.5"},
    {1000000000, "1"},  {2000000000, "2"},  {5000000000, "5"},  {10000000000, "10"},
};

void metrics_histogram_add(struct metrics_histogram *histogram, int64_t ns)
{
    uint32_t bucket = 0;

    while (bucket < METRICS_BUCKETS - 1 && ns > bounds[bucket].ns) {
        bucket++;
    }
    histogram->buckets[bucket]++;
    histogram->sum_ns += (uint64_t)ns;
}

static void write_head(const char *name, const char *type, const char *help, FILE *out)
{
    fprintf(out, "# HELP allclear_%s %s\n# TYPE allclear_%s %s\n", name, help, name, type);
}

/* What the gate counts, by family and label. */
static const struct {
    const char *family;
    const char *label;
    counter_t counter;
    const char *help; /* of the family, with its first row */
} gate_rows[] = {
    {"gate_handshakes_total", "result=\"allowed\"", COUNTER_HANDSHAKES_ALLOWED,
     "Handshakes at the gate since the gate process started, as all its counters."},
    {"gate_handshakes_total", "result=\"refused\"", COUNTER_HANDSHAKES_REFUSED, NULL},
    {"gate_handshakes_total", "result=\"failed\"", COUNTER_HANDSHAKES_FAILED, NULL},
    {"gate_connections_ended_total", "why=\"limit\"", COUNTER_CONNECTIONS_REFUSED,
     "Connections that the gate has ended: too many, or silent or revoked."},
    {"gate_connections_ended_total", "why=\"silent_or_revoked\"", COUNTER_CONNECTIONS_CLOSED, NULL},
    {"gate_frames_total", "fate=\"forwarded\"", COUNTER_FRAMES_FORWARDED,
     "Frames of stores, by what the gate did with them."},
    {"gate_frames_total", "fate=\"malformed\"", COUNTER_FRAMES_MALFORMED, NULL},
    {"gate_frames_total", "fate=\"too_large\"", COUNTER_FRAMES_TOO_LARGE, NULL},
    {"gate_frames_total", "fate=\"refused\"", COUNTER_FRAMES_REFUSED, NULL},
    {"gate_frames_total", "fate=\"revoked\"", COUNTER_FRAMES_REVOKED, NULL},
    {"gate_frames_total", "fate=\"stale\"", COUNTER_FRAMES_STALE, NULL},
    {"gate_busy_total", "why=\"credit\"", COUNTER_BUSY_CREDIT,
     "Frames that the gate answered with BUSY: the daemon is behind, or a store is over its "
     "share."},
    {"gate_busy_total", "why=\"rate\"", COUNTER_BUSY_RATE, NULL},
    {"gate_busy_total", "why=\"connections\"", COUNTER_BUSY_CONNECTIONS, NULL},
    {"gate_replies_total", "fate=\"sent\"", COUNTER_REPLIES_SENT,
     "Replies to stores; one that was dropped is asked for again."},
    {"gate_replies_total", "fate=\"dropped\"", COUNTER_REPLIES_DROPPED, NULL},
    {"gate_replies_total", "fate=\"own_dropped\"", COUNTER_ANSWERS_DROPPED, NULL},
    {"gate_bytes_total", "direction=\"in\"", COUNTER_BYTES_FORWARDED,
     "Bytes of frames forwarded and of replies sent, without what the transport adds."},
    {"gate_bytes_total", "direction=\"out\"", COUNTER_BYTES_SENT, NULL},
};

static void write_gate(const uint64_t gate[COUNTER_COUNT], FILE *out)
{
    write_head("gate_connections", "gauge", "Connections that are open at the gate.", out);
    fprintf(out, "allclear_gate_connections %" PRIu64 "\n", gate[COUNTER_CONNECTIONS]);
    for (size_t i = 0; i < sizeof gate_rows / sizeof gate_rows[0]; i++) {
        if (gate_rows[i].help != NULL) {
            write_head(gate_rows[i].family, "counter", gate_rows[i].help, out);
        }
        fprintf(out, "allclear_%s{%s} %" PRIu64 "\n", gate_rows[i].family, gate_rows[i].label,
                gate[gate_rows[i].counter]);
    }
}

static void write_histogram(const struct metrics_histogram *histogram, const char *name,
                            const char *help, FILE *out)
{
    uint64_t count = 0;

    write_head(name, "histogram", help, out);
    for (uint32_t i = 0; i < METRICS_BUCKETS; i++) {
        count += histogram->buckets[i];
        fprintf(out, "allclear_%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
                i < METRICS_BUCKETS - 1 ? bounds[i].seconds : "+Inf", count);
    }
    fprintf(out, "allclear_%s_sum %" PRIu64 ".%09" PRIu64 "\n", name,
            histogram->sum_ns / NS_A_SECOND, histogram->sum_ns % NS_A_SECOND);
    fprintf(out, "allclear_%s_count %" PRIu64 "\n", name, count);
}

/* Every outcome has its line from the beginning, so that a rate can be taken of the first. */
static void write_outcomes(const uint64_t *counts, const char *name, const char *help, FILE *out)
{
    write_head(name, "counter", help, out);
    for (unsigned i = 1; i <= OUTCOME_LAST; i++) {
        if (outcome_exists((outcome_t)i)) {
            fprintf(out, "allclear_%s{outcome=\"%s\"} %" PRIu64 "\n", name,
                    outcome_name((outcome_t)i), counts[i]);
        }
    }
}

void metrics_write(const struct metrics_figures *figures, FILE *out)
{
#define METRICS_WRITE(name, type, help)                                                            \
    write_head(#name, type, help, out);                                                            \
    fprintf(out, "allclear_" #name " %" PRIu64 "\n", figures->name);
    METRICS_FIGURES(METRICS_WRITE)
#undef METRICS_WRITE
    write_outcomes(figures->events, "events_total", "Events taken, by what was said first.", out);
    write_outcomes(figures->released, "released_events_total",
                   "Events that had waited, by what became of them.", out);
    write_head("batches_not_taken_total", "counter", "Batches answered without being taken.", out);
    for (unsigned i = 1; i <= REASON_LAST; i++) {
        fprintf(out, "allclear_batches_not_taken_total{reason=\"%s\"} %" PRIu64 "\n",
                frame_reason_name((reason_t)i), figures->not_taken[i]);
    }
    write_gate(figures->gate, out);
    write_histogram(&figures->commits, "commit_duration_seconds",
                    "Making a group durable, from its seal.", out);
    write_histogram(&figures->receipts, "receipt_duration_seconds",
                    "A batch from its arrival to its receipt.", out);
}
