#include "tools/node/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/node/ask.h"
#include "tools/text.h"

#define STEP_MS     50
#define LOOK_MS     200  /* between looks at what another process has sent */
#define FOLLOW_MS   500  /* between looks at watched files */
#define SETTLE_MS   2000 /* between settlements of a watch's tally */
#define LEARN_MS    2000 /* for what became of waiting events */
#define SHOW_MS     200
#define SHOW_LOG_MS 5000 /* on something else than a terminal */
#define QUIET_MS    1000
#define SUFFIX      ".jsonl"

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    (void)number;
    signalled = 1;
}

void publish_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

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

static void show_progress(struct publish *publish)
{
    int64_t now = wire_now_ms();
    bool terminal = isatty(STDERR_FILENO) != 0;

    if (publish->courier.warned) {
        end_line(publish);
        fprintf(stderr, "allclear: %s\n", publish->courier.detail);
        publish->courier.warned = false;
    }
    if (publish->quiet || now - publish->began_ms < QUIET_MS ||
        now - publish->shown_ms < (terminal ? SHOW_MS : SHOW_LOG_MS)) {
        return;
    }
    publish->shown_ms = now;
    fprintf(stderr, _("%sread %" PRIu64 " lines, %" PRIu64 " batches receipted%s"),
            terminal ? "\r" : "", publish->tally.read, publish->courier.receipts,
            publish->wire != NULL && wire_state(publish->wire) == WIRE_UP ? ""
                                                                          : _(", not connected"));
    publish->line_open = terminal;
    fputs(terminal ? "\033[K" : "\n", stderr);
    (void)fflush(stderr);
}

/* Sending is one process' business: two would not lose anything, but send much twice. */
static void try_lock(struct publish *publish)
{
    char path[FILES_PATH_MAX];

    if (publish->wire == NULL || publish->lock >= 0 ||
        !files_path(publish->node->dir, "courier.lock", path, NULL)) {
        return;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        fd = -1;
    }
    publish->lock = fd;
}

static bool step(struct publish *publish, int timeout_ms, struct fault *ret_fault)
{
    bool good = true;

    if (publish->lock >= 0) {
        good = courier_step(&publish->courier, timeout_ms, ret_fault);
    } else {
        try_lock(publish);
        (void)usleep((useconds_t)timeout_ms * 1000);
    }
    show_progress(publish);
    return good;
}

static bool after_chunk(void *context, struct fault *ret_fault)
{
    struct publish *publish = context;

    if (publish->lock >= 0) {
        return step(publish, 0, ret_fault);
    }
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

static int is_events_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > strlen(SUFFIX) &&
           strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static bool read_file(struct publish *publish, const char *path, struct fault *ret_fault)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    bool good = intake_read(&publish->intake, file, path, ret_fault);
    (void)fclose(file);
    return good;
}

static bool follow_file(struct publish *publish, const char *path, struct fault *ret_fault)
{
    return intake_follow(&publish->intake, path, ret_fault);
}

typedef bool visit_file_t(struct publish *publish, const char *path, struct fault *ret_fault);

static bool visit_folder(struct publish *publish, const char *path, visit_file_t *visit,
                         struct fault *ret_fault)
{
    char file[FILES_PATH_MAX];
    struct dirent **entries = NULL;
    bool good = true;
    int count = scandir(path, &entries, is_events_file, alphasort);

    if (count < 0) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    for (int i = 0; i < count; i++) {
        good = good && (signalled || (files_path(path, entries[i]->d_name, file, ret_fault) &&
                                      visit(publish, file, ret_fault)));
        free(entries[i]);
    }
    free(entries);
    return good;
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool publish_read(struct publish *publish, const char *path, struct fault *ret_fault)
{
    if (strcmp(path, "-") == 0) {
        return intake_read(&publish->intake, stdin, "-", ret_fault);
    }
    return is_folder(path) ? visit_folder(publish, path, read_file, ret_fault)
                           : read_file(publish, path, ret_fault);
}

static bool follow_all(struct publish *publish, char *const *paths, int count,
                       struct fault *ret_fault)
{
    bool good = true;

    for (int i = 0; good && !signalled && i < count; i++) {
        good = is_folder(paths[i]) ? visit_folder(publish, paths[i], follow_file, ret_fault)
                                   : follow_file(publish, paths[i], ret_fault);
    }
    return good;
}

bool publish_watch(struct publish *publish, char *const *paths, int count, struct fault *ret_fault)
{
    int64_t followed_ms = 0;
    int64_t settled_ms = wire_now_ms();
    bool good = true;

    while (good && !signalled) {
        int64_t now = wire_now_ms();
        if (now - followed_ms >= FOLLOW_MS || followed_ms == 0) {
            good = follow_all(publish, paths, count, ret_fault);
            followed_ms = wire_now_ms();
        }
        if (good && now - settled_ms >= SETTLE_MS) {
            good = tally_settle(&publish->tally, publish->node->outbox, ret_fault);
            settled_ms = wire_now_ms();
        }
        good = good && step(publish, STEP_MS, ret_fault);
    }
    return good && tally_settle(&publish->tally, publish->node->outbox, ret_fault);
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

    while (publish->wire != NULL && !signalled && publish->courier.state != COURIER_STOPPED) {
        good = any_pending(publish, &pending, ret_fault) && measure(publish, &progress, ret_fault);
        if (!good || !pending) {
            break;
        }
        if (progress != before) {
            before = progress;
            moved_ms = wire_now_ms();
        }
        if (wire_now_ms() - moved_ms >= (int64_t)publish->wait_s * 1000) {
            break;
        }
        good = step(publish, publish->lock >= 0 ? STEP_MS : LOOK_MS, ret_fault);
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
    intake_deinit(&publish->intake);
    tally_deinit(&publish->tally);
    if (publish->lock >= 0) {
        (void)close(publish->lock);
    }
    publish->lock = -1;
    publish->wire = NULL;
}
