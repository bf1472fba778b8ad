#include "daemon/metrics.h"

#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "clearing/base/memory.h"
#include "tools/http/http.h"

#define TEXT_TYPE     "text/plain; version=0.0.4; charset=utf-8"
#define DAY_SECONDS   86400
#define BLOCK_BYTES   512 /* of st_blocks */
#define STATUS_OK     200
#define STATUS_NONE   404
#define STATUS_METHOD 405

/* When the batches of a group had arrived, in the order of its answers. */
struct arrivals {
    int64_t list[GROUP_ANSWERS_MAX];
    uint32_t count;
};

struct metrics {
    struct ledger *ledger;
    const char *dir;
    time_t started;
    uint64_t first_record; /* of this run */
    struct metrics_figures live;
    struct metrics_figures sealed;
    struct arrivals arrivals[2];
    unsigned gathering; /* which of the two */
    int64_t sealed_ns;
    struct metrics_figures durable;
    bool due; /* they are not shown yet */
    pthread_mutex_t mutex; /* what follows; held for a copy only */
    struct http *http;
    struct metrics_figures shown;
};

int64_t metrics_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* --- noting --- */

static void on_cleared(void *context, const struct book *book, const struct cleared *cleared)
{
    struct metrics *metrics = context;

    (void)book;
    if (cleared->released) {
        metrics->live.released[cleared->outcome]++;
    } else {
        metrics->live.events[cleared->outcome]++;
    }
}

static uint64_t day_seconds(day_t day)
{
    return day < 0 ? 0 : (uint64_t)day * DAY_SECONDS;
}

/* Where the books stand, beside what has been counted. */
static void take_state(struct metrics *metrics)
{
    const struct book *book = ledger_book(metrics->ledger);
    struct metrics_figures *live = &metrics->live;

    live->records_total = book->records - metrics->first_record;
    live->checkpoint_records = book->records;
    live->accepted_events = book->state.accepted;
    live->waiting_events = book->state.waiting.live;
    live->cycle_refused_events = book->refused.count;
    live->cycle_late_events = book->late.count;
    live->closed_cycles = book->cycle_count;
    live->members = book->state.members.count;
    live->sweep_left_ranges = state_sweep_left(&book->state);
    live->open_day_timestamp_seconds = day_seconds(book->state.open_day);
    live->cycle_from_timestamp_seconds = day_seconds(book->cycle_from);
    live->frozen_stores = 0;
    for (uint32_t i = 0; i < book->stream_capacity; i++) {
        live->frozen_stores += book->streams[i].frozen_from != 0;
    }
}

struct metrics *metrics_new(struct ledger *ledger, const char *dir)
{
    struct metrics *metrics = memory_zeroed(1, sizeof *metrics);
    struct book *book = ledger_book(ledger);

    metrics->ledger = ledger;
    metrics->dir = dir;
    metrics->started = time(NULL);
    metrics->first_record = book->records;
    CHECK(pthread_mutex_init(&metrics->mutex, NULL) == 0);
    book->listener = (struct book_listener){.context = metrics, .cleared = on_cleared};
    take_state(metrics);
    metrics->shown = metrics->live;
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    if (metrics->http != NULL) {
        http_quiet(metrics->http);
        http_close(metrics->http);
    }
    ledger_book(metrics->ledger)->listener = (struct book_listener){0};
    (void)pthread_mutex_destroy(&metrics->mutex);
    free(metrics);
}

void metrics_note_batch(struct metrics *metrics, int64_t arrived_ns, bool fresh)
{
    struct arrivals *arrivals = &metrics->arrivals[metrics->gathering];

    if (fresh) {
        metrics->live.batches_total++;
    } else {
        metrics->live.resends_total++;
    }
    CHECK(arrivals->count < GROUP_ANSWERS_MAX); /* the group had room for its answer */
    arrivals->list[arrivals->count++] = arrived_ns;
}

void metrics_note_expect(struct metrics *metrics, int reason)
{
    metrics->live.not_taken[reason]++;
}

void metrics_note_gate(struct metrics *metrics)
{
    metrics->live.gate_starts_total++;
    memset(metrics->live.gate, 0, sizeof metrics->live.gate);
}

void metrics_note_counters(struct metrics *metrics, const uint64_t counters[COUNTER_COUNT])
{
    memcpy(metrics->live.gate, counters, sizeof metrics->live.gate);
}

void metrics_note_disk(struct metrics *metrics, disk_state_t state)
{
    metrics->live.disk_headroom_state = (uint64_t)state;
}

/* --- showing --- */

void metrics_seal(struct metrics *metrics)
{
    take_state(metrics);
    metrics->sealed = metrics->live;
    metrics->sealed_ns = metrics_now_ns();
    metrics->gathering ^= 1U;
}

static void show(struct metrics *metrics)
{
    if (metrics->due && pthread_mutex_trylock(&metrics->mutex) == 0) {
        metrics->shown = metrics->durable;
        (void)pthread_mutex_unlock(&metrics->mutex);
        metrics->due = false;
    }
}

void metrics_publish(struct metrics *metrics)
{
    struct arrivals *answered = &metrics->arrivals[metrics->gathering ^ 1U];
    int64_t now_ns = metrics_now_ns();

    metrics_histogram_add(&metrics->live.commits, now_ns - metrics->sealed_ns);
    for (uint32_t i = 0; i < answered->count; i++) {
        metrics_histogram_add(&metrics->live.receipts, now_ns - answered->list[i]);
    }
    answered->count = 0;
    metrics->durable = metrics->sealed;
    metrics->durable.commits = metrics->live.commits;
    metrics->durable.receipts = metrics->live.receipts;
    metrics->due = true;
    show(metrics);
}

void metrics_tend(struct metrics *metrics, bool at_rest)
{
    if (at_rest) {
        take_state(metrics);
        metrics->durable = metrics->live;
        metrics->due = true;
    }
    show(metrics);
}

static void write_one(FILE *out, const char *name, const char *help, uint64_t value)
{
    fprintf(out, "# HELP allclear_%s %s\n# TYPE allclear_%s gauge\nallclear_%s %llu\n", name, help,
            name, name, (unsigned long long)value);
}

static void write_disk(const struct metrics *metrics, FILE *out)
{
    char path[PATH_MAX];
    struct statvfs disk;
    struct stat file;

    if (statvfs(metrics->dir, &disk) == 0) {
        write_one(out, "disk_free_bytes", "Room left for the data folder.",
                  (uint64_t)disk.f_bavail * disk.f_frsize);
        write_one(out, "disk_size_bytes", "Size of the data folder's file system.",
                  (uint64_t)disk.f_blocks * disk.f_frsize);
    }
    (void)snprintf(path, sizeof path, "%s/journal/data.mdb", metrics->dir);
    if (stat(path, &file) == 0) {
        write_one(out, "journal_bytes", "Room that the journal takes on the disk.",
                  (uint64_t)file.st_blocks * BLOCK_BYTES);
    }
}

/* The newest snapshot: its name is the records that it covers (clearing/ledger/snapshot.h). */
static void write_snapshot(const struct metrics *metrics, FILE *out)
{
    char path[PATH_MAX];
    struct stat file;
    unsigned long long newest = 0;

    (void)snprintf(path, sizeof path, "%.3900s/state", metrics->dir);
    DIR *folder = opendir(path);
    for (const struct dirent *entry = NULL;
         folder != NULL && (entry = readdir(folder)) != NULL;) {
        char *end = NULL;
        unsigned long long records = strtoull(entry->d_name, &end, 10);
        if (records > newest && strcmp(end, ".snapshot") == 0) {
            newest = records;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    (void)snprintf(path, sizeof path, "%.3900s/state/%020llu.snapshot", metrics->dir, newest);
    if (newest > 0 && stat(path, &file) == 0) {
        write_one(out, "snapshot_records", "Records that the newest snapshot covers.", newest);
        write_one(out, "snapshot_timestamp_seconds", "When the newest snapshot was written.",
                  (uint64_t)file.st_mtim.tv_sec);
    }
}

/* All requests are answered here, from the head alone (HTTP's thread). */
static bool on_head(void *context, struct http_request *request, struct http_reply *ret_reply)
{
    struct metrics *metrics = context;
    struct metrics_figures figures;
    struct http_reply reply = {.status = STATUS_OK, .type = TEXT_TYPE};

    (void)pthread_mutex_lock(&metrics->mutex);
    figures = metrics->shown;
    struct http *http = metrics->http;
    (void)pthread_mutex_unlock(&metrics->mutex);
    http_sweep(http);
    FILE *out = open_memstream(&reply.text, &reply.len);
    CHECK(out != NULL);
    if (strcmp(http_path(request), "/metrics") != 0) {
        reply.status = STATUS_NONE;
        fputs("metrics are at /metrics\n", out);
    } else if (strcmp(http_method(request), "GET") != 0) {
        reply.status = STATUS_METHOD;
        reply.allow = "GET";
        fputs("metrics are read by GET\n", out);
    } else {
        metrics_write(&figures, out);
        write_disk(metrics, out);
        write_snapshot(metrics, out);
        write_one(out, "start_time_seconds", "When the daemon started.",
                  (uint64_t)metrics->started);
        fputs("# HELP allclear_build_info The program.\n# TYPE allclear_build_info gauge\n"
              "allclear_build_info{version=\"" ALLCLEAR_VERSION "\"} 1\n",
              out);
    }
    CHECK(fclose(out) == 0);
    *ret_reply = reply;
    return false;
}

bool metrics_serve(struct metrics *metrics, const struct address *address, struct fault *ret_fault)
{
    struct http_handler handler = {.head = on_head, .context = metrics};

    (void)pthread_mutex_lock(&metrics->mutex); /* a request may come before this returns */
    metrics->http = http_open(address, &handler, ret_fault);
    (void)pthread_mutex_unlock(&metrics->mutex);
    return metrics->http != NULL;
}

uint16_t metrics_port(const struct metrics *metrics)
{
    return http_port(metrics->http);
}
