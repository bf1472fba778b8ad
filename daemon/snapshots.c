#include "daemon/snapshots.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clearing/ledger/snapshot.h"
#include "daemon/log.h"

/* Bytes a millisecond that a snapshot may write: commits share the disk with it. */
#define BYTES_A_MS (96U << 10)
/* A record that brought no event counts as so many events: it costs as much at a start. */
#define EVENTS_A_RECORD 4

bool snapshots_due(const struct snapshots *snapshots, const struct book *book)
{
    uint64_t events = book->state.accepted - snapshots->accepted;
    uint64_t records = book->records - snapshots->records;

    return snapshots->every > 0 && snapshots->child == 0 &&
           events + EVENTS_A_RECORD * records >= snapshots->every;
}

/* --- the child --- */

struct pacing {
    struct timespec start;
    uint64_t written;
};

static void pace(void *context, size_t written)
{
    struct pacing *pacing = context;
    struct timespec until = pacing->start;

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

/* Keep only what the child needs: the parent's locks and sockets must end with the parent. */
static void keep_only(int fd)
{
    if (fd > 3) {
        close_range(3, (unsigned)fd - 1, 0);
    }
    close_range((unsigned)fd + 1, ~0U, 0);
}

static bool read_seal(int fd, uint8_t ret_checkpoint[CHECKPOINT_SIGNED_LEN])
{
    size_t len = 0;

    while (len < CHECKPOINT_SIGNED_LEN) {
        ssize_t got = read(fd, ret_checkpoint + len, CHECKPOINT_SIGNED_LEN - len);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return false;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* Returns: the exit code. */
static int child(const struct snapshots *snapshots, const struct book *book, int seal_end,
                 pid_t parent)
{
    uint8_t checkpoint[CHECKPOINT_SIGNED_LEN];
    struct fault fault = {0};
    struct pacing pacing = {{0}, 0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        return 1;
    }
    keep_only(seal_end);
    setpriority(PRIO_PROCESS, 0, 10);
    clock_gettime(CLOCK_MONOTONIC, &pacing.start);
    struct snapshot *snapshot =
        snapshot_begin(snapshots->dir, book, pace, &pacing, &fault);
    if (snapshot == NULL) {
        log_line(LOG_UNUSUAL, "snapshot", "not_written why=%s", fault.text);
        return 1;
    }
    if (!read_seal(seal_end, checkpoint)) {
        snapshot_abandon(snapshot); /* the process that serves is gone */
        return 1;
    }
    uint64_t len = snapshot_len(snapshot);
    if (!snapshot_seal(snapshot, checkpoint, snapshots->key, &fault)) {
        log_line(LOG_UNUSUAL, "snapshot", "not_written why=%s", fault.text);
        return 1;
    }
    log_line(LOG_INFO, "snapshot", "written records=%llu bytes=%llu",
             (unsigned long long)book->records, (unsigned long long)len);
    return 0;
}

/* --- the parent --- */

void snapshots_take(struct snapshots *snapshots, const struct book *book, int64_t now_ms)
{
    pid_t self = getpid();
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        log_line(LOG_UNUSUAL, "snapshot", "not_started why=%s", strerror(errno));
        return;
    }
    /* whatever becomes of this one, the next is due after as much again */
    snapshots->records = book->records;
    snapshots->accepted = book->state.accepted;
    snapshots->started_ms = now_ms;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        _exit(child(snapshots, book, ends[0], self));
    }
    close(ends[0]);
    if (pid < 0) {
        log_line(LOG_UNUSUAL, "snapshot", "not_started why=%s", strerror(errno));
        close(ends[1]);
        return;
    }
    snapshots->child = pid;
    snapshots->seal_end = ends[1];
}

void snapshots_anchor(struct snapshots *snapshots,
                      const uint8_t checkpoint[CHECKPOINT_SIGNED_LEN])
{
    if (snapshots->child == 0 || snapshots->seal_end < 0) {
        return;
    }
    /* shorter than the socket's room: it never blocks; a child that has ended is reaped later */
    (void)send(snapshots->seal_end, checkpoint, CHECKPOINT_SIGNED_LEN, MSG_NOSIGNAL);
    close(snapshots->seal_end);
    snapshots->seal_end = -1;
}

static void reap(struct snapshots *snapshots, int flags, int64_t now_ms)
{
    int status = 0;

    if (snapshots->child == 0 || waitpid(snapshots->child, &status, flags) != snapshots->child) {
        return;
    }
    snapshots->child = 0;
    if (snapshots->seal_end >= 0) {
        close(snapshots->seal_end);
        snapshots->seal_end = -1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        log_line(LOG_UNUSUAL, "snapshot", "failed status=%d after_ms=%lld", status,
                 (long long)(now_ms - snapshots->started_ms));
    }
}

void snapshots_tend(struct snapshots *snapshots, int64_t now_ms)
{
    reap(snapshots, WNOHANG, now_ms);
}

void snapshots_finish(struct snapshots *snapshots, struct ledger *ledger, int64_t now_ms)
{
    const struct book *book = ledger_book(ledger);

    reap(snapshots, 0, now_ms);
    if (snapshots->every > 0 && book->records > snapshots->records) {
        snapshots_take(snapshots, book, now_ms);
        snapshots_anchor(snapshots, ledger_checkpoint(ledger));
        reap(snapshots, 0, now_ms);
    }
}
