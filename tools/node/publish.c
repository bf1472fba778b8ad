#include "tools/node/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/node/ask.h"
#include "tools/node/sender.h"
#include "tools/text.h"

#define LOOK_MS      200  /* between looks at what another process has sent */
#define LOCK_MS      500  /* a watch: between looks whether another process still sends */
#define SETTLE_LINES 4096 /* a watch's tally is settled when so many lines are open */
#define GRACE_MS     2000 /* after a signal: for receipts that are on their way */
#define LEARN_MS     2000 /* for what became of waiting events */
#define SHOW_MS      200
#define SHOW_LOG_MS  5000 /* on something else than a terminal */
#define QUIET_MS     1000

static volatile sig_atomic_t signalled;
static int signal_fd = -1; /* can be read after a signal: one just before a wait must end it too */

static void on_signal(int number)
{
    int error = errno;
    const uint64_t one = 1;

    (void)number;
    signalled = 1;
    if (signal_fd >= 0 && write(signal_fd, &one, sizeof one) < 0) {
        signalled = 1; /* it is full, so it can be read */
    }
    errno = error;
}

void publish_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    signal_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

static void end_line(struct publish *publish)
{
    if (publish->line_open) {
        fputc('\n', stderr);
        publish->line_open = false;
    }
}

static struct publish_progress progress_now(const struct publish *publish)
{
    return (struct publish_progress){
        .read = publish->tally.read,
        .receipts = publish->courier.receipts,
        .connected = publish->wire != NULL && wire_state(publish->wire) == WIRE_UP,
    };
}

/* Returns: how long until there is something to show, below 0: nothing unless something moves. */
static int64_t show_wait_ms(const struct publish *publish)
{
    struct publish_progress now = progress_now(publish);
    int64_t due = publish->shown_ms + (isatty(STDERR_FILENO) != 0 ? SHOW_MS : SHOW_LOG_MS);

    bool same = publish->shown_ms > 0 && now.read == publish->shown.read &&
                now.receipts == publish->shown.receipts &&
                now.connected == publish->shown.connected;

    if (publish->quiet || same) {
        return -1;
    }
    if (due < publish->began_ms + QUIET_MS) {
        due = publish->began_ms + QUIET_MS;
    }
    return due < wire_now_ms() ? 0 : due - wire_now_ms();
}

static void show_progress(struct publish *publish)
{
    bool terminal = isatty(STDERR_FILENO) != 0;

    if (publish->courier.warned) {
        end_line(publish);
        fprintf(stderr, "allclear: %s\n", publish->courier.detail);
        publish->courier.warned = false;
    }
    if (show_wait_ms(publish) != 0) {
        return;
    }
    publish->shown_ms = wire_now_ms();
    publish->shown = progress_now(publish);
    fprintf(stderr, _("%sread %" PRIu64 " lines, %" PRIu64 " batches receipted%s"),
            terminal ? "\r" : "", publish->shown.read, publish->shown.receipts,
            publish->shown.connected ? "" : _(", not connected"));
    publish->line_open = terminal;
    fputs(terminal ? "\033[K" : "\n", stderr);
    (void)fflush(stderr);
}

static void try_lock(struct publish *publish)
{
    if (publish->wire != NULL && publish->lock < 0) {
        publish->lock = sender_lock(publish->node);
    }
}

/* Another process that sends is told that there is something in the outbox. */
static void ring(const struct publish *publish)
{
    char path[FILES_PATH_MAX];

    if (publish->lock < 0 && sender_bell(publish->node, path)) {
        follow_ring(path);
    }
}

static void wait_without_wire(const struct publish *publish, int timeout_ms)
{
    struct pollfd fds[] = {
        {.fd = signal_fd, .events = POLLIN},
        {.fd = publish->follow == NULL ? -1 : follow_fd(publish->follow), .events = POLLIN},
    };

    (void)poll(fds, 2, timeout_ms);
}

/* Wait at most so long, below 0: for as long as it takes; and do what is to do. */
static bool step(struct publish *publish, int timeout_ms, struct fault *ret_fault)
{
    bool good = true;

    if (publish->lock >= 0) {
        good = courier_step(&publish->courier, timeout_ms, ret_fault);
    } else {
        wait_without_wire(publish, timeout_ms);
        try_lock(publish);
    }
    show_progress(publish);
    return good;
}

static int sooner(int64_t one_ms, int64_t other_ms)
{
    int64_t ms = other_ms < 0 || (one_ms >= 0 && one_ms < other_ms) ? one_ms : other_ms;

    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static bool in_chunk(void *context, struct fault *ret_fault)
{
    struct publish *publish = context;

    return publish->lock < 0 || courier_prepare(&publish->courier, ret_fault);
}

static bool after_chunk(void *context, struct fault *ret_fault)
{
    struct publish *publish = context;

    if (publish->lock >= 0) {
        return step(publish, 0, ret_fault);
    }
    ring(publish);
    show_progress(publish);
    return true;
}

/* Events that waited may have been refused since: a line that comes again is to be told so. */
static bool learn_waiting(struct publish *publish, struct fault *ret_fault)
{
    struct outbox_counts counts;
    enum ask_result result;
    char text[ASK_TEXT_MAX + 1];
    int wait_ms = publish->wait_s * 1000 < LEARN_MS ? publish->wait_s * 1000 : LEARN_MS;

    if (!outbox_count(publish->node->outbox, &counts, ret_fault)) {
        return false;
    }
    return counts.waiting + counts.duplicate == 0 ||
           ask_waiting(publish->node, publish->wire, wait_ms, &result, text, ret_fault);
}

bool publish_init(struct publish *publish, struct node *node, int wait_s, struct fault *ret_fault)
{
    *publish = (struct publish){.node = node, .lock = -1, .wait_s = wait_s};
    publish->intake.node = node;
    publish->intake.tally = &publish->tally;
    publish->intake.in_chunk = in_chunk;
    publish->intake.after_chunk = after_chunk;
    publish->intake.context = publish;
    publish->began_ms = wire_now_ms();
    if (wait_s == 0) {
        return true;
    }
    publish->wire = node_connect(node, ret_fault);
    if (publish->wire == NULL) {
        return false;
    }
    courier_init(&publish->courier, node, publish->wire);
    try_lock(publish);
    return learn_waiting(publish, ret_fault);
}

/* Exports among a folder's files are somebody else's where no mapping is given. */
static bool is_passed_over(const struct publish *publish, const char *path)
{
    return publish->intake.mapping == NULL && files_is_export(path);
}

static bool read_file(void *context, const char *path, struct fault *ret_fault)
{
    struct publish *publish = context;

    if (is_passed_over(publish, path)) {
        return true;
    }
    FILE *file = signalled ? NULL : fopen(path, "re");

    if (file == NULL) {
        return signalled || fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    bool good = intake_read(&publish->intake, file, path, ret_fault);
    (void)fclose(file);
    return good;
}

static bool follow_file(void *context, const char *path, struct fault *ret_fault)
{
    struct publish *publish = context;

    return signalled || is_passed_over(publish, path) ||
           intake_follow(&publish->intake, path, ret_fault);
}

bool publish_read(struct publish *publish, const char *path, struct fault *ret_fault)
{
    if (strcmp(path, "-") == 0) {
        return intake_read(&publish->intake, stdin, "-", ret_fault);
    }
    return files_walk(path, read_file, publish, ret_fault);
}

static void follow_begin(struct publish *publish, char *const *paths, int count)
{
    char bell[FILES_PATH_MAX];
    bool locked = publish->wire != NULL && sender_bell(publish->node, bell);

    publish->follow = follow_open(paths, count, locked ? bell : NULL);
    if (publish->wire != NULL) {
        wire_set_wakers(publish->wire,
                        (const int[WIRE_WAKERS_MAX]){signal_fd, follow_fd(publish->follow)});
    }
}

/* Nothing tells of new lines any longer; nor does the bell ring. */
static void follow_complain(struct publish *publish)
{
    struct fault why = {0};

    if (follow_is_told(publish->follow, &why)) {
        return;
    }
    end_line(publish);
    fprintf(stderr, "allclear: %s\n", why.text);
    if (publish->wire != NULL) {
        wire_set_wakers(publish->wire, (const int[WIRE_WAKERS_MAX]){signal_fd, -1});
    }
}

/* How long a watch may sleep. */
static int watch_wait_ms(const struct publish *publish)
{
    int64_t ms = sooner(follow_wait_ms(publish->follow), show_wait_ms(publish));

    if (publish->lock >= 0) {
        return sooner(ms, courier_wait_ms(&publish->courier));
    }
    return publish->wire == NULL ? sooner(ms, -1) : sooner(ms, LOCK_MS);
}

/* What has been sent is mostly in: its receipts are worth a moment. */
static bool watch_end(struct publish *publish, struct fault *ret_fault)
{
    int64_t end = wire_now_ms() + GRACE_MS;
    int64_t left = GRACE_MS;
    bool good = true;

    if (publish->wire != NULL) {
        wire_set_wakers(publish->wire, (const int[WIRE_WAKERS_MAX]){-1, -1});
    }
    while (good && publish->lock >= 0 && publish->courier.flight_count > 0 && left > 0) {
        good = step(publish, sooner(left, courier_wait_ms(&publish->courier)), ret_fault);
        left = end - wire_now_ms();
    }
    return good && tally_settle(&publish->tally, publish->node->outbox, ret_fault);
}

bool publish_watch(struct publish *publish, char *const *paths, int count, struct fault *ret_fault)
{
    uint64_t settle_at = SETTLE_LINES;
    bool good = true;

    follow_begin(publish, paths, count);
    while (good && !signalled) {
        good = follow_look(publish->follow, follow_file, publish, ret_fault);
        follow_complain(publish);
        if (good && publish->tally.open_count >= settle_at) {
            good = tally_settle(&publish->tally, publish->node->outbox, ret_fault);
            settle_at = SETTLE_LINES + 2 * publish->tally.open_count;
        }
        int wait_ms = follow_is_rung(publish->follow) ? 0 : watch_wait_ms(publish);
        good = good && step(publish, wait_ms, ret_fault);
    }
    return good && watch_end(publish, ret_fault);
}

static bool found_one(void *context, const struct outbox_entry *entry)
{
    bool *pending = context;

    (void)entry;
    *pending = true;
    return false;
}

static bool any_pending(struct publish *publish, bool *ret_pending, struct fault *ret_fault)
{
    *ret_pending = false;
    return outbox_walk(publish->node->outbox, OUTBOX_PENDING, 0, 1, found_one, ret_pending,
                       ret_fault);
}

/* Something that grows while things move, whoever moves them. */
static bool measure(struct publish *publish, uint64_t *ret_progress, struct fault *ret_fault)
{
    struct outbox_counts counts;

    if (publish->lock >= 0) {
        *ret_progress = publish->courier.receipts + publish->courier.greetings;
        return true;
    }
    if (!outbox_count(publish->node->outbox, &counts, ret_fault)) {
        return false;
    }
    *ret_progress = counts.accepted + counts.waiting + counts.duplicate + counts.refused;
    return true;
}

bool publish_drain(struct publish *publish, struct fault *ret_fault)
{
    int64_t moved_ms = wire_now_ms();
    uint64_t before = 0;
    uint64_t progress = 0;
    bool pending = true;
    bool good = true;

    ring(publish);
    while (publish->wire != NULL && !signalled && publish->courier.state != COURIER_STOPPED) {
        good = any_pending(publish, &pending, ret_fault) && measure(publish, &progress, ret_fault);
        if (!good || !pending) {
            break;
        }
        if (progress != before) {
            before = progress;
            moved_ms = wire_now_ms();
        }
        int64_t left = moved_ms + (int64_t)publish->wait_s * 1000 - wire_now_ms();
        if (left <= 0) {
            break;
        }
        left = sooner(left, LOOK_MS);
        good =
            step(publish,
                 publish->lock >= 0 ? sooner(left, courier_wait_ms(&publish->courier)) : (int)left,
                 ret_fault);
        if (!good) {
            break;
        }
    }
    show_progress(publish);
    end_line(publish);
    return good && tally_settle(&publish->tally, publish->node->outbox, ret_fault);
}

void publish_explain(const struct publish *publish)
{
    const char *why = NULL;

    if (publish->wire == NULL || publish->courier.state == COURIER_STOPPED) {
        why = publish->wire == NULL ? _("nothing was sent (--wait 0)") : publish->courier.detail;
    } else if (publish->lock < 0) {
        why = _("another process sends for this folder, and is not done yet");
    } else {
        switch (wire_state(publish->wire)) {
        case WIRE_CONNECTING:
            why = _("headquarters does not answer");
            break;
        case WIRE_UP:
            why = _("headquarters is connected, and has not given the receipts yet");
            break;
        case WIRE_DENIED:
            why = _(
                "headquarters does not know this store's transport key: has the key been approved");
            break;
        case WIRE_STRANGER:
            why = _("whoever answers there has not the server key of the kit");
            break;
        }
    }
    fprintf(stderr,
            _("allclear: %s. What is pending is safe in the outbox of %s: `allclear publish` or"
              " `allclear outbox` send it later\n"),
            why, publish->node->dir);
}

void publish_deinit(struct publish *publish)
{
    wire_close(publish->wire);
    follow_close(publish->follow);
    intake_deinit(&publish->intake);
    tally_deinit(&publish->tally);
    if (publish->lock >= 0) {
        (void)close(publish->lock);
    }
    publish->lock = -1;
    publish->wire = NULL;
    publish->follow = NULL;
}
