/* allclear bench: what this machine does: a daemon of its own, driven over real sockets, its
 * journal replayed and compared with what must come out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "clearing/base/memory.h"
#include "tools/bench/bench_verb.h"
#include "tools/bench/closing.h"
#include "tools/bench/drive.h"
#include "tools/bench/folder.h"
#include "tools/bench/guard.h"
#include "tools/bench/proof.h"
#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/text.h"

/* what one process can hold: two descriptors a store, all signed batches in memory */
#define STORES_AT_MOST    10000
#define MEMBERS_AT_MOST   100000000
#define EVENTS_AT_MOST    1000000000
#define WINDOW_AT_MOST    64
#define IN_FLIGHT_AT_MOST 100000
#define RATE_AT_MOST      100000000
#define BATCH_FULL        1000
/* What a store has to send every two seconds when 1,000 stores have 50,000 events a second. */
#define BATCH_OPEN        100
/* Fewer would be measured by what every table has at least. */
#define FOOTPRINT_AT_LEAST 100000
#define EXIT_VOID         1

static const char *usage(void)
{
    return _("Usage: allclear bench [OPTIONS]\n"
             "\n"
             "Measure this machine: make an alliance on a scratch folder, start a daemon there,\n"
             "and send it batches, signed beforehand, over a CURVE socket for each store. Then\n"
             "close the cycle, kill the daemon and start it again, replay the journal with all\n"
             "signatures, and compare every net with the prediction: without that, and with\n"
             "fewer than 99.9 percent of the events accepted, the figure is void.\n"
             "\n"
             "  --stores N      stores, each a participant (1000)\n"
             "  --members N     members, topped up before the clock starts (1000000)\n"
             "  --events N      events measured (2000000)\n"
             "  --mix V,T,C,P,R percent of sales with stored value, top-ups, cash sales\n"
             "                  that earn points, sales with points, refunds (40,20,25,10,5)\n"
             "  --cross N       percent of sales to members of another store (75)\n"
             "  --rate N        open loop: batches are due at N events a second whatever is\n"
             "                  answered, and latency counts from when a batch was due\n"
             "                  (without: the next goes when an earlier one is answered)\n"
             "  --batch N       events a batch at most (1000; with --rate 100, what one of\n"
             "                  1000 stores has every two seconds of 50000 events a second)\n"
             "  --window N      batches under way of one store at most, without --rate (8)\n"
             "  --in-flight N   batches under way of all stores, without --rate (8)\n"
             "  --seed N        of the events (1)\n"
             "  --dir DIR       the folder, empty or missing (a new one in /var/tmp)\n"
             "  --keep          leave the folder there\n"
             "  --json          one JSON object\n"
             "\n"
             "A member's memory is measured apart, by the daemon's own tables: as many members\n"
             "(100000 at least) with one lot of stored value and two of points each, then four\n"
             "lots more each; what counts is what is resident more than before.\n"
             "\n"
             "Exit: 0 measured, 1 the figure is void, 64 and above: it could not run.\n"
             "\n"
             "Example:\n"
             "  allclear bench --stores 100 --members 100000 --events 500000 --json\n"
             "  allclear bench --rate 50000 --events 1000000\n");
}

struct bench {
    struct bench_options options;
    bool json;
    bool keep;
    struct folder folder;
    struct arena arena;
    struct plan plan;
    struct stock stock;
    struct server server;
    struct drive drive;
    struct view *view;
    struct figures figures;
    uint64_t accepted; /* by the receipts */
    struct fault fault;
};

/* --- options --- */

static bool read_number(const char *text, const char *name, uint64_t min, uint64_t max,
                        uint64_t *ret_value)
{
    char *end = NULL;

    if (text == NULL) {
        return true;
    }
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || value < min || value > max) {
        fprintf(stderr,
                _("allclear bench: --%s: write a number from %llu to %llu\n"),
                name,
                (unsigned long long)min,
                (unsigned long long)max);
        return false;
    }
    *ret_value = value;
    return true;
}

static bool read_count(const char *text, const char *name, uint32_t max, uint32_t *ret_value)
{
    uint64_t value = *ret_value;
    bool good = read_number(text, name, 1, max, &value);

    *ret_value = (uint32_t)value;
    return good;
}

static bool read_mix(const char *text, uint32_t ret_mix[BENCH_KINDS])
{
    unsigned mix[BENCH_KINDS] = {0};
    unsigned sum = 0;
    char rest = '\0';

    if (text == NULL) {
        return true;
    }
    int count =
        /* NOLINTNEXTLINE(cert-err34-c): three digits fit */
        sscanf(text, "%3u,%3u,%3u,%3u,%3u%c", &mix[0], &mix[1], &mix[2], &mix[3], &mix[4], &rest);
    for (int i = 0; i < BENCH_KINDS; i++) {
        sum += mix[i];
    }
    if (count != BENCH_KINDS || sum != 100) {
        fputs(_("allclear bench: --mix: write five percentages that sum to 100\n"), stderr);
        return false;
    }
    for (int i = 0; i < BENCH_KINDS; i++) {
        ret_mix[i] = mix[i];
    }
    return true;
}

/* Returns: EX_OK, or the exit code; -1: --help was asked for. */
static int read_options(struct bench *bench, int argc, char **argv)
{
    const char *values[10] = {NULL};
    struct bench_options *options = &bench->options;
    const struct arg list[] = {
        {"stores", &values[0], NULL},    {"members", &values[1], NULL},
        {"events", &values[2], NULL},    {"batch", &values[3], NULL},
        {"window", &values[4], NULL},    {"in-flight", &values[5], NULL},
        {"seed", &values[6], NULL},      {"cross", &values[7], NULL},
        {"mix", &values[8], NULL},       {"rate", &values[9], NULL},
        {"dir", &bench->folder.path, NULL},
        {"keep", NULL, &bench->keep},    {"json", NULL, &bench->json},
    };
    struct args args = {"bench", usage(), list, sizeof list / sizeof list[0], 0, 0};
    char **words = NULL;
    int code = EX_OK;
    uint64_t cross = 75;

    *options = (struct bench_options){
        .stores = 1000, .members = 1000000, .events = 2000000, .window = 8,
        .in_flight = 8, .mix = {40, 20, 25, 10, 5}, .seed = 1};
    if (!args_read(&args, argc, argv, &words, &code)) {
        return code == EX_OK ? -1 : code;
    }
    if (values[9] != NULL &&
        !read_number(values[9], "rate", 1, RATE_AT_MOST, &options->rate)) {
        return EX_USAGE;
    }
    options->batch = options->rate == 0 ? BATCH_FULL : BATCH_OPEN;
    bool good = read_count(values[0], "stores", STORES_AT_MOST, &options->stores) &&
                read_count(values[1], "members", MEMBERS_AT_MOST, &options->members) &&
                read_number(values[2], "events", 1, EVENTS_AT_MOST, &options->events) &&
                read_count(values[3], "batch", BATCH_EVENTS_MAX, &options->batch) &&
                read_count(values[4], "window", WINDOW_AT_MOST, &options->window) &&
                read_count(values[5], "in-flight", IN_FLIGHT_AT_MOST, &options->in_flight) &&
                read_number(values[6], "seed", 0, UINT64_MAX, &options->seed) &&
                read_number(values[7], "cross", 0, 100, &cross) &&
                read_mix(values[8], options->mix);
    options->cross = (uint32_t)cross;
    if (good && options->members < options->stores) {
        fputs(_("allclear bench: --members: every store is home of at least one\n"), stderr);
        return EX_USAGE;
    }
    return good ? EX_OK : EX_USAGE;
}

/* --- the run --- */

static uint64_t journal_bytes(const struct bench *bench)
{
    char path[FILES_PATH_MAX];
    struct stat info;

    return files_path(bench->folder.path, "journal/data.mdb", path, NULL) &&
                   stat(path, &info) == 0
               ? (uint64_t)info.st_size
               : 0;
}

/* A socket and its descriptor for each store. */
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool prepare(struct bench *bench)
{
    uint64_t members = bench->options.members;

    fputs(_("Making the alliance\n"), stderr);
    if (!footprint_measure(members < FOOTPRINT_AT_LEAST ? FOOTPRINT_AT_LEAST : members,
                           &bench->figures.footprint,
                           &bench->fault) ||
        !arena_make(&bench->arena, bench->folder.path, bench->options.stores, &bench->fault)) {
        return false;
    }
    plan_init(&bench->plan, &bench->options, bench->arena.codes, home_clock_ms());
    return stock_make(&bench->stock, &bench->plan, &bench->arena, &bench->fault);
}

static bool warm_up(struct bench *bench)
{
    struct figures *figures = &bench->figures;
    struct process before[SERVER_PARTS];
    struct process after[SERVER_PARTS];
    int64_t us = 0;

    if (!drive_open(&bench->drive,
                    &bench->options,
                    &bench->arena,
                    &bench->stock,
                    &bench->server,
                    &bench->fault) ||
        !server_usage(&bench->server, before, &bench->fault) ||
        !drive_run(&bench->drive, true, &us, &bench->fault) ||
        !server_usage(&bench->server, after, &bench->fault)) {
        return false;
    }
    figures->warm_us = (uint64_t)us;
    figures->warm_events = bench->stock.warm_events;
    uint64_t anon_before = before[SERVER_DAEMON].anon_kib;
    uint64_t anon_after = after[SERVER_DAEMON].anon_kib;
    figures->warm_anon = anon_after > anon_before ? (anon_after - anon_before) * 1024 : 0;
    if (bench->drive.accepted != bench->stock.warm_events) {
        figures_void(figures, "not all of the warm-up was accepted");
    }
    return true;
}

static bool measure(struct bench *bench)
{
    struct figures *figures = &bench->figures;
    struct process before[SERVER_PARTS];
    struct process after[SERVER_PARTS];
    uint64_t resent = bench->drive.resent;
    uint64_t bytes = journal_bytes(bench);
    int64_t us = 0;

    if (!server_usage(&bench->server, before, &bench->fault) ||
        !drive_run(&bench->drive, false, &us, &bench->fault) ||
        !server_usage(&bench->server, after, &bench->fault)) {
        return false;
    }
    figures->elapsed_us = (uint64_t)us;
    figures->events = bench->stock.events;
    figures->resent = bench->drive.resent - resent;
    figures->journal_bytes = journal_bytes(bench) - bytes;
    bench->accepted = bench->drive.accepted;
    for (int i = 0; i < SERVER_PARTS; i++) {
        figures->cpu_us[i] = after[i].cpu_us - before[i].cpu_us;
        figures->peak_rss_kib[i] = after[i].peak_rss_kib;
    }
    figures_take_batches(figures, &bench->stock);
    return true;
}

/* The sockets go first: they would connect again to nobody. */
static bool close_and_restart(struct bench *bench)
{
    struct figures *figures = &bench->figures;
    uint64_t accepted = bench->stock.warm_events + bench->accepted;

    sockets_close(bench->drive.sockets);
    bench->drive.sockets = NULL;
    if (!closing_run(bench->folder.path, &figures->close_us, &bench->fault) ||
        !server_restart(&bench->server, &figures->restart, &bench->fault)) {
        return false;
    }
    if (figures->restart.events < accepted) {
        figures_void(figures, "the daemon has lost acknowledged events when it was killed");
    }
    return true;
}

static bool prove(struct bench *bench)
{
    if (!drive_verify(&bench->drive, &bench->fault)) {
        return false;
    }
    bench->view = proof_replay(&bench->arena,
                               &bench->plan,
                               &bench->stock,
                               bench->accepted,
                               &bench->figures,
                               &bench->fault);
    return bench->view != NULL &&
           proof_append_raw(
               bench->view, &bench->arena, &bench->stock, &bench->figures, &bench->fault);
}

static bool run(struct bench *bench)
{
    raise_limits();
    if (!prepare(bench)) {
        return false;
    }
    /* one snapshot begins shortly after the clock has started */
    uint64_t every = bench->options.members + bench->options.events / 10;
    bool good = server_start(&bench->server, bench->folder.path, every, &bench->fault) &&
                warm_up(bench) && measure(bench) && close_and_restart(bench);
    struct fault stopping = {0};
    if (!server_stop(&bench->server, &stopping) && good) {
        bench->fault = stopping;
        good = false;
    }
    return good && prove(bench);
}

static int report(const struct bench *bench)
{
    if (bench->json) {
        figures_print_json(&bench->figures, &bench->options);
    } else {
        figures_print_text(&bench->figures, &bench->options);
    }
    return bench->figures.why_void[0] == '\0' ? EX_OK : EXIT_VOID;
}

static int work(void *context)
{
    struct bench *bench = context;
    int code = run(bench) ? report(bench) : home_complain("bench", &bench->fault);

    view_close(bench->view);
    drive_close(&bench->drive);
    stock_deinit(&bench->stock);
    plan_deinit(&bench->plan);
    arena_deinit(&bench->arena);
    return code;
}

/* What was there before us is never removed. */
static void clean(void *context, int code, int signal)
{
    const struct bench *bench = context;

    if (bench->keep || !bench->folder.is_ours) {
        fprintf(stderr, _("The folder is %s\n"), bench->folder.path);
        return;
    }
    if (signal == 0 && code >= EX__BASE) {
        folder_tell_end(&bench->folder, SERVER_LOG);
    }
    folder_remove(&bench->folder);
}

int verb_bench(int argc, char **argv)
{
    struct bench *bench = memory_zeroed(1, sizeof *bench);
    int code = read_options(bench, argc, argv);

    if (code == EX_OK && !folder_make(&bench->folder, &bench->fault)) {
        code = home_complain("bench", &bench->fault);
    } else if (code == EX_OK) {
        struct guard guard = {
            .work = work, .clean = clean, .context = bench, .gently = bench->keep};
        code = guard_run(&guard);
    }
    free(bench);
    return code < 0 ? EX_OK : code;
}
