#include "daemon/snapshots.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/ledger/snapshot.h"
#include "daemon/log.h"

/* Bytes a millisecond that a snapshot may write: commits share the disk with it. */
#define BYTES_A_MS (96U << 10)
/* A record that brought no event counts as so many events: it costs as much at a start. */
#define EVENTS_A_RECORD 4
/* Stores come first: while it applies, the thread takes at most this share of a core, for it also
 * takes memory's time from the writer. A longer tail is worth more of it, up to a whole one. */
#define SHARE_LEAST 4             /* one in so many */
#define TAIL_WHOLE  (32ULL << 20) /* events from which it never rests */
#define REST_FROM_MS 2

enum stage { IDLE, UNDER_WAY, ENDED };

struct snapshots {
    struct snapshots_options options;
    uint64_t records;  /* that the newest covers, or the one under way */
    uint64_t accepted; /* events accepted then */
    uint64_t tail;     /* events between the one before and the one under way */
    struct snapshot_task task; /* the thread's while one is under way */
    pthread_t thread;
    bool stop; /* atomic */
    /* under `mutex` */
    pthread_mutex_t mutex;
    enum stage stage;
    bool good;
    uint64_t len;
    struct fault fault;
};

/* --- the thread --- */

struct pacing {
    struct timespec start;
    uint64_t written;
    uint64_t tail;      /* events to apply */
    int64_t worked_ms;  /* the thread's time, when it last rested */
};

static void pace(void *context, size_t written)
{
    struct pacing *pacing = context;
    struct timespec until = pacing->start;

    if (pacing->written == 0) {
        clock_gettime(CLOCK_MONOTONIC, &pacing->start);
        until = pacing->start;
    }
    pacing->written += written;
    uint64_t due_ms = pacing->written / BYTES_A_MS;
    until.tv_sec += (time_t)(due_ms / 1000);
    until.tv_nsec += (long)(due_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int64_t thread_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sleep for as long as the work since the last rest makes up for. */
static void rest(void *context)
{
    struct pacing *pacing = context;
    int64_t worked = thread_ms() - pacing->worked_ms;

    if (worked < REST_FROM_MS) {
        return;
    }
    pacing->worked_ms += worked;
    uint64_t share = pacing->tail > TAIL_WHOLE / SHARE_LEAST ? pacing->tail
                                                             : TAIL_WHOLE / SHARE_LEAST;
    if (share < TAIL_WHOLE) {
        uint64_t ns = (uint64_t)worked * 1000000 * (TAIL_WHOLE - share) / share;
        struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    }
}

static void *work(void *context)
{
    struct snapshots *snapshots = context;
    struct pacing pacing = {.tail = snapshots->tail};
    struct fault fault = {0};
    uint64_t len = 0;

    setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
    pacing.worked_ms = thread_ms();
    snapshots->task.pace = pace;
    snapshots->task.rest = rest;
    snapshots->task.context = &pacing;
    bool good = snapshot_make(&snapshots->task, &len, &fault);
    pthread_mutex_lock(&snapshots->mutex);
    snapshots->stage = ENDED;
    snapshots->good = good;
    snapshots->len = len;
    snapshots->fault = fault;
    pthread_mutex_unlock(&snapshots->mutex);
    return NULL;
}

/* --- the writer --- */

struct snapshots *snapshots_new(const struct snapshots_options *options, struct fault *ret_fault)
{
    struct snapshots *snapshots = memory_zeroed(1, sizeof *snapshots);
    struct ledger_opening opening = ledger_opening(options->ledger);

    snapshots->options = *options;
    snapshots->records = opening.snapshot;
    snapshots->accepted = opening.accepted;
    snapshots->good = opening.snapshot > 0;
    if (pthread_mutex_init(&snapshots->mutex, NULL) != 0) {
        fault_set(ret_fault, FAULT_INTERNAL, "cannot make a lock");
        free(snapshots);
        return NULL;
    }
    return snapshots;
}

static bool due(const struct snapshots *snapshots)
{
    const struct book *book = ledger_book(snapshots->options.ledger);
    uint64_t events = book->state.accepted - snapshots->accepted;
    uint64_t records = book->records - snapshots->records;

    return snapshots->options.every > 0 &&
           events + EVENTS_A_RECORD * records >= snapshots->options.every;
}

/* Whatever becomes of this one, the next is due after as much again. */
static void note(struct snapshots *snapshots)
{
    const struct book *book = ledger_book(snapshots->options.ledger);

    snapshots->records = book->records;
    snapshots->accepted = book->state.accepted;
}

static void start(struct snapshots *snapshots)
{
    struct ledger *ledger = snapshots->options.ledger;

    snapshots->tail = ledger_book(ledger)->state.accepted - snapshots->accepted;
    note(snapshots);
    snapshots->task = (struct snapshot_task){
        .dir = snapshots->options.dir,
        .journal = ledger_journal(ledger),
        .network = ledger_book(ledger)->network,
        .key = snapshots->options.key,
        .stop = &snapshots->stop,
    };
    memcpy(snapshots->task.checkpoint, ledger_checkpoint(ledger), CHECKPOINT_SIGNED_LEN);
    snapshots->stage = UNDER_WAY;
    if (pthread_create(&snapshots->thread, NULL, work, snapshots) != 0) {
        snapshots->stage = IDLE;
        log_line(LOG_UNUSUAL, "snapshot", "not_started");
    }
}

/* Wait for the thread, which has ended or been told to. */
static void join(struct snapshots *snapshots)
{
    pthread_join(snapshots->thread, NULL);
    snapshots->stage = IDLE;
    if (snapshots->good) {
        log_line(LOG_INFO, "snapshot", "written bytes=%llu", (unsigned long long)snapshots->len);
    } else if (snapshots->fault.category != FAULT_NONE) {
        log_line(LOG_UNUSUAL, "snapshot", "not_written why=%s", snapshots->fault.text);
    }
}

static enum stage stage_of(struct snapshots *snapshots)
{
    pthread_mutex_lock(&snapshots->mutex);
    enum stage stage = snapshots->stage;
    pthread_mutex_unlock(&snapshots->mutex);
    return stage;
}

bool snapshots_tend(struct snapshots *snapshots, struct fault *ret_fault)
{
    enum stage stage = stage_of(snapshots);

    if (stage == ENDED) {
        join(snapshots);
        if (!snapshots->good && snapshots->fault.category == FAULT_STORE) {
            *ret_fault = snapshots->fault;
            return false;
        }
    }
    if (stage != UNDER_WAY && due(snapshots)) {
        start(snapshots);
    }
    return true;
}

static void stop(struct snapshots *snapshots)
{
    if (stage_of(snapshots) != IDLE) {
        __atomic_store_n(&snapshots->stop, true, __ATOMIC_RELAXED);
        join(snapshots);
    }
}

void snapshots_last(struct snapshots *snapshots)
{
    struct ledger *ledger = snapshots->options.ledger;
    struct fault fault = {0};

    if (snapshots->options.every == 0) {
        return;
    }
    stop(snapshots);
    if (ledger_book(ledger)->records == snapshots->records && snapshots->good) {
        return;
    }
    struct snapshot *snapshot =
        snapshot_begin(snapshots->options.dir, ledger_book(ledger), NULL, NULL, &fault);
    uint64_t len = snapshot == NULL ? 0 : snapshot_len(snapshot);
    if (snapshot == NULL ||
        !snapshot_seal(snapshot, ledger_checkpoint(ledger), snapshots->options.key, &fault)) {
        log_line(LOG_UNUSUAL, "snapshot", "not_written why=%s", fault.text);
        return;
    }
    log_line(LOG_INFO, "snapshot", "written bytes=%llu", (unsigned long long)len);
}

void snapshots_free(struct snapshots *snapshots)
{
    if (snapshots == NULL) {
        return;
    }
    stop(snapshots);
    pthread_mutex_destroy(&snapshots->mutex);
    free(snapshots);
}
