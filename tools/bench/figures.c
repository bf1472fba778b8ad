#include "tools/bench/figures.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/text.h"

static const char *const part_names[SERVER_PARTS] = {"daemon", "gate", "bench"};

void figures_progress(const char *step, uint64_t done, uint64_t of)
{
    static time_t last;
    time_t now = time(NULL);

    if (done < of && (now == last || isatty(STDERR_FILENO) == 0)) {
        return;
    }
    last = now;
    fprintf(stderr,
            "%s%s %" PRIu64 "/%" PRIu64 "%s",
            isatty(STDERR_FILENO) != 0 ? "\r" : "",
            step,
            done,
            of,
            done < of ? "" : "\n");
}

void figures_void(struct figures *figures, const char *format, ...)
{
    va_list list;

    if (figures->why_void[0] != '\0') {
        return;
    }
    va_start(list, format);
    (void)vsnprintf(figures->why_void, sizeof figures->why_void, format, list);
    va_end(list);
}

/* --- from the batches --- */

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static uint64_t count_different(const uint64_t *sorted, size_t count)
{
    uint64_t different = count > 0;

    for (size_t i = 1; i < count; i++) {
        different += sorted[i] != sorted[i - 1];
    }
    return different;
}

/* Nearest rank. */
static uint64_t percentile(uint64_t *times, size_t count, uint64_t percent)
{
    if (count == 0) {
        return 0;
    }
    qsort(times, count, sizeof *times, compare);
    return times[(count * percent + 99) / 100 - 1];
}

void figures_take_batches(struct figures *figures, const struct stock *stock)
{
    size_t count = 0;
    size_t at = 0;

    for (uint32_t i = 0; i < stock->stores; i++) {
        count += stock->streams[i].count - stock->streams[i].warm;
    }
    uint64_t *times = memory_zeroed(count + 1, sizeof *times);
    uint64_t *lags = memory_zeroed(count + 1, sizeof *lags);
    uint64_t *checkpoints = memory_zeroed(count + 1, sizeof *checkpoints);
    for (uint32_t i = 0; i < stock->stores; i++) {
        const struct stock_stream *stream = &stock->streams[i];
        for (uint32_t j = stream->warm; j < stream->count; j++) {
            const struct stock_batch *batch = &stream->batches[j];
            int64_t from = batch->due_us != 0 ? batch->due_us : batch->sent_us;
            times[at] = (uint64_t)(batch->got_us - from);
            lags[at] = (uint64_t)(batch->sent_us - from);
            checkpoints[at++] = batch->checkpoint;
        }
    }
    qsort(checkpoints, count, sizeof *checkpoints, compare);
    figures->batches = count;
    figures->commits = count_different(checkpoints, count);
    figures->ack_p50_us = percentile(times, count, 50);
    figures->ack_p99_us = percentile(times, count, 99);
    figures->lag_p99_us = percentile(lags, count, 99);
    free(times);
    free(lags);
    free(checkpoints);
}

/* --- to people and programs --- */

/* amount / of, in thousandths, rounded down. */
static uint64_t ratio(uint64_t amount, uint64_t of)
{
    return of == 0 ? 0 : amount * 1000 / of;
}

static uint64_t per_second(uint64_t count, uint64_t us)
{
    return us == 0 ? 0 : count * 1000000 / us;
}

static uint64_t cpu_of_server(const struct figures *figures)
{
    return figures->cpu_us[SERVER_DAEMON] + figures->cpu_us[SERVER_GATE];
}

/* The ratio of two rates over the same events is that of their times. */
static uint64_t ratio_to_raw(const struct figures *figures)
{
    return ratio(figures->raw_us, figures->elapsed_us);
}

static void print_number(const char *key, uint64_t value)
{
    printf("\"%s\":%" PRIu64 ",", key, value);
}

static void print_ratio(const char *key, uint64_t thousandths)
{
    printf("\"%s\":%" PRIu64 ".%03" PRIu64 ",", key, thousandths / 1000, thousandths % 1000);
}

static void print_options(const struct bench_options *options)
{
    print_number("stores", options->stores);
    print_number("members", options->members);
    print_number("window", options->window);
    print_number("in_flight", options->in_flight);
    print_number("cross_percent", options->cross);
    print_number("seed", options->seed);
    printf("\"mix\":[%u,%u,%u,%u,%u],",
           options->mix[BENCH_VALUE],
           options->mix[BENCH_TOPUP],
           options->mix[BENCH_CASH],
           options->mix[BENCH_POINTS],
           options->mix[BENCH_REFUND]);
}

static void print_parts(const struct figures *figures)
{
    fputs("\"cpu_us_per_event_by_process\":{", stdout);
    for (int i = 0; i < SERVER_PARTS; i++) {
        uint64_t cpu = ratio(figures->cpu_us[i], figures->events);
        printf("%s\"%s\":%" PRIu64 ".%03" PRIu64,
               i == 0 ? "" : ",",
               part_names[i],
               cpu / 1000,
               cpu % 1000);
    }
    fputs("},\"peak_rss_mib\":{", stdout);
    for (int i = 0; i < SERVER_PARTS; i++) {
        printf("%s\"%s\":%" PRIu64,
               i == 0 ? "" : ",",
               part_names[i],
               (figures->peak_rss_kib[i] + 1023) / 1024);
    }
    fputs("},", stdout);
}

static void print_rate(const struct figures *figures, const struct bench_options *options)
{
    if (options->rate == 0) {
        fputs("\"rate\":null,", stdout);
        return;
    }
    print_number("rate", options->rate);
    print_ratio("send_lag_p99_ms", figures->lag_p99_us);
}

/* A whole in so many parts of each member, in thousandths, rounded up. */
static uint64_t each(uint64_t bytes, uint64_t members, uint64_t parts)
{
    uint64_t all = members * parts;

    return all == 0 ? 0 : (bytes * 1000 + all - 1) / all;
}

static void print_footprint(const struct figures *figures, const struct bench_options *options)
{
    const struct footprint *print = &figures->footprint;

    print_number("lots_per_member", FOOTPRINT_LOTS);
    print_ratio("bytes_per_member", each(print->resident, print->members, 1));
    print_ratio("bytes_per_further_lot",
                each(print->further_resident, print->members, FOOTPRINT_FURTHER));
    print_number("footprint_members", print->members);
    print_ratio("daemon_warm_bytes_per_member", each(figures->warm_anon, options->members, 1));
}

static void print_after(const struct figures *figures)
{
    print_ratio("close_ms", figures->close_us);
    print_number("participants", figures->participants);
    print_number("replay_events_per_s", per_second(figures->replay_events, figures->replay_us));
    fputs("\"replay_signatures\":true,", stdout);
    print_number("replay_events", figures->replay_events);
    print_ratio("restart_ms", figures->restart.us);
    if (figures->restart.has_tail) {
        print_number("tail_records", figures->restart.tail);
    } else {
        fputs("\"tail_records\":null,", stdout);
    }
}

void figures_print_json(const struct figures *figures, const struct bench_options *options)
{
    putchar('{');
    print_number("events_per_s", per_second(figures->events, figures->elapsed_us));
    print_number("batch_events",
                 figures->batches == 0 ? 0 : (figures->events + figures->batches / 2) /
                                                 figures->batches);
    /* accepted <= events; six digits, because a share of 99.9 % decides */
    uint64_t share = figures->events == 0 ? 0 : figures->accepted * 1000000 / figures->events;
    printf("\"accepted_share\":%" PRIu64 ".%06" PRIu64 ",", share / 1000000, share % 1000000);
    print_ratio("ack_p50_ms", figures->ack_p50_us);
    print_ratio("ack_p99_ms", figures->ack_p99_us);
    print_ratio("commits_per_s", per_second(figures->commits * 1000, figures->elapsed_us));
    print_ratio("journal_bytes_per_event", ratio(figures->journal_bytes, figures->events));
    print_ratio("cpu_us_per_event", ratio(cpu_of_server(figures), figures->events));
    print_parts(figures);
    print_number("raw_append_events_per_s", per_second(figures->events, figures->raw_us));
    print_ratio("ratio_to_raw", ratio_to_raw(figures));
    print_number("events", figures->events);
    print_number("batches", figures->batches);
    print_number("records", figures->records);
    print_number("commits", figures->commits);
    print_number("resent_batches", figures->resent);
    print_ratio("seconds", figures->elapsed_us / 1000);
    print_number("warm_events", figures->warm_events);
    print_ratio("warm_seconds", figures->warm_us / 1000);
    print_rate(figures, options);
    print_after(figures);
    print_footprint(figures, options);
    print_options(options);
    /* the reasons are our own words, without a quote or a backslash */
    printf("\"void\":%s%s%s}\n",
           figures->why_void[0] == '\0' ? "null" : "\"",
           figures->why_void,
           figures->why_void[0] == '\0' ? "" : "\"");
}

static void print_text_after(const struct figures *figures)
{
    const struct footprint *print = &figures->footprint;

    printf(_("  cycle close           %" PRIu64 " ms, %" PRIu32 " participants\n"),
           figures->close_us / 1000,
           figures->participants);
    printf(_("  replay                %" PRIu64 " events a second, signatures verified\n"),
           per_second(figures->replay_events, figures->replay_us));
    if (figures->restart.has_tail) {
        printf(_("  start after kill -9   %" PRIu64 " ms, %" PRIu64 " records applied again\n"),
               figures->restart.us / 1000,
               figures->restart.tail);
    } else {
        printf(_("  start after kill -9   %" PRIu64 " ms\n"), figures->restart.us / 1000);
    }
    printf(_("  a member's memory     %" PRIu64 " bytes with %d lots, %" PRIu64
             " for each further lot\n"),
           (each(print->resident, print->members, 1) + 999) / 1000,
           FOOTPRINT_LOTS,
           (each(print->further_resident, print->members, FOOTPRINT_FURTHER) + 999) / 1000);
}

void figures_print_text(const struct figures *figures, const struct bench_options *options)
{
    uint64_t cpu = ratio(cpu_of_server(figures), figures->events);
    uint64_t bytes = ratio(figures->journal_bytes, figures->events);
    uint64_t raw = ratio_to_raw(figures);

    printf(_("%" PRIu64 " events a second: %" PRIu64 " events of %u stores in %" PRIu64
             ".%03" PRIu64 " s\n"),
           per_second(figures->events, figures->elapsed_us),
           figures->events,
           options->stores,
           figures->elapsed_us / 1000000,
           figures->elapsed_us / 1000 % 1000);
    if (options->rate > 0) {
        printf(_("  due                   %" PRIu64 " events a second, sent %" PRIu64
                 " ms late at p99\n"),
               options->rate,
               figures->lag_p99_us / 1000);
    }
    printf(_("  accepted              %" PRIu64 " of %" PRIu64 "\n"),
           figures->accepted,
           figures->events);
    printf(_("  batch to receipt      p50 %" PRIu64 " ms, p99 %" PRIu64 " ms\n"),
           figures->ack_p50_us / 1000,
           figures->ack_p99_us / 1000);
    printf(_("  commits               %" PRIu64 ", of %" PRIu64 " batches\n"),
           figures->commits,
           figures->batches);
    printf(_("  journal               %" PRIu64 ".%03" PRIu64 " bytes an event\n"),
           bytes / 1000,
           bytes % 1000);
    printf(_("  processor             %" PRIu64 ".%03" PRIu64 " us an event (daemon and gate)\n"),
           cpu / 1000,
           cpu % 1000);
    printf(_("  memory                daemon %" PRIu64 " MiB, gate %" PRIu64 " MiB at most\n"),
           figures->peak_rss_kib[SERVER_DAEMON] / 1024,
           figures->peak_rss_kib[SERVER_GATE] / 1024);
    printf(_("  plain append          %" PRIu64 " events a second; this is %" PRIu64 ".%03" PRIu64
             " of it\n"),
           per_second(figures->events, figures->raw_us),
           raw / 1000,
           raw % 1000);
    print_text_after(figures);
    if (figures->why_void[0] != '\0') {
        printf(_("VOID: %s\n"), figures->why_void);
    } else {
        puts(_("A replay of the journal gives the nets that were predicted."));
    }
}
