#include "tools/hq/view.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/ledger/replay.h"
#include "tools/hq/ahead.h"

#define PROGRESS_EVERY 256

/* The checkpoint as it was read, until the init record says whose key signs. */
struct signed_checkpoint {
    uint8_t bytes[CHECKPOINT_SIGNED_LEN];
};

bool view_ready(const char *dir, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char data[FILES_PATH_MAX];

    if (!files_path(dir, "journal", path, ret_fault) ||
        !files_path(path, "data.mdb", data, ret_fault)) {
        return false;
    }
    if (access(data, R_OK) != 0) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read a journal there", data);
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fault_set_errno(ret_fault, errno, "cannot open %s", path);
    }
    bool free_to_read = flock(fd, LOCK_SH | LOCK_NB) == 0;
    (void)close(fd);
    return free_to_read ||
           fault_set(ret_fault,
                     FAULT_IO,
                     "%s is being written: replay a copy (allclear backup) or stop the daemon",
                     path);
}

slice_t view_fetch(void *context, uint64_t index)
{
    struct view *view = context;
    struct journal_entry entry;
    struct fault fault = {0};

    journal_reader_seek(view->fetches, index);
    if (journal_reader_next(view->fetches, &entry, &fault) != JOURNAL_ENTRY) {
        /* every record has been read once before: the disk gives something else now */
        fprintf(stderr, "allclear: %s\n", fault.text);
        CHECK(false);
    }
    return entry.bytes;
}

/* The newest checkpoint, which must be there. */
static bool read_checkpoint(struct view *view, const char *dir,
                            struct signed_checkpoint *ret_signed, struct fault *ret_fault)
{
    struct checkpoint_slots *slots = checkpoint_slots_open(dir, true, ret_fault);

    if (slots == NULL) {
        return false;
    }
    const uint8_t *newest = checkpoint_slots_newest(slots);
    bool good = newest != NULL;
    if (!good) {
        (void)fault_set(ret_fault,
                        FAULT_STORE,
                        "there is no checkpoint: nothing says how far the journal must reach (copy "
                        "checkpoint.0 and checkpoint.1 too)");
    } else {
        memcpy(ret_signed->bytes, newest, CHECKPOINT_SIGNED_LEN);
        good = checkpoint_decode((slice_t){(const char *)newest, CHECKPOINT_SIGNED_LEN},
                                 &view->checkpoint,
                                 NULL,
                                 ret_fault);
    }
    checkpoint_slots_close(slots);
    return good && journal_check_anchor(view->journal, &view->checkpoint, ret_fault);
}

/* After the first record: the network and the checkpoint are what it says. */
static bool check_anchor(struct view *view, const struct signed_checkpoint *anchor,
                         struct fault *ret_fault)
{
    if (memcmp(view->book.network, journal_network(view->journal), SIGN_NETWORK_LEN) != 0) {
        return fault_set(
            ret_fault, FAULT_STORE, "record 0: it is of another network than the journal says");
    }
    return checkpoint_verify((slice_t){(const char *)anchor->bytes, CHECKPOINT_SIGNED_LEN},
                             view->book.ledger_key,
                             view->book.network,
                             &view->checkpoint,
                             ret_fault);
}

static void tell(const struct view_options *options, const struct replay *replay, uint64_t of)
{
    if (options->progress != NULL) {
        options->progress(options->context, replay->expected, of, replay->events);
    }
}

/* Read, compare with what was signed, apply: a thread reads ahead. */
static bool apply_all(struct view *view, const struct view_options *options,
                      const struct signed_checkpoint *anchor, struct fault *ret_fault)
{
    struct ahead_options reading = {
        .journal = view->journal,
        .records = view->records,
        .signatures = options->signatures,
        .checkpoint = view->checkpoint,
    };
    struct ahead *ahead = ahead_new(&reading);
    struct replay replay;
    bool good = view->records > 0 ||
                fault_set(ret_fault, FAULT_STORE, "the journal is empty: its making did not end");

    replay_init(&replay, &view->book, options->signatures);
    for (uint64_t i = 0; i < view->records && good; i++) {
        struct ahead_record *read = ahead_next(ahead, ret_fault);
        good = read != NULL &&
               replay_record_read(
                   &replay, &read->record, read->is_read ? &read->door : NULL, ret_fault) &&
               (i > 0 || check_anchor(view, anchor, ret_fault));
        ahead_release(ahead);
        if (i % PROGRESS_EVERY == PROGRESS_EVERY - 1) {
            tell(options, &replay, view->records);
        }
    }
    good = good && replay_finish(&replay, ret_fault);
    tell(options, &replay, view->records);
    view->events = replay.events;
    if (good) {
        ahead_root(ahead, view->root);
    }
    replay_deinit(&replay);
    ahead_free(ahead);
    return good;
}

static bool open_parts(struct view *view, const struct view_options *options,
                       struct fault *ret_fault)
{
    struct journal_options journal = {.dir = options->dir, .read_only = true};
    struct signed_checkpoint anchor;

    view->journal = journal_open(&journal, ret_fault);
    if (view->journal == NULL) {
        return false;
    }
    view->records = journal_size(view->journal);
    view->fetches = journal_reader_new(view->journal, 0);
    view->book.on_close = options->on_close;
    view->book.on_close_context = options->context;
    view->book.listener = options->listener;
    return read_checkpoint(view, options->dir, &anchor, ret_fault) &&
           apply_all(view, options, &anchor, ret_fault);
}

struct view *view_open(const struct view_options *options, struct fault *ret_fault)
{
    struct view *view = memory_zeroed(1, sizeof *view);

    book_init(&view->book, (struct record_source){view, view_fetch});
    if (!open_parts(view, options, ret_fault)) {
        view_close(view);
        return NULL;
    }
    return view;
}

void view_close(struct view *view)
{
    if (view == NULL) {
        return;
    }
    book_deinit(&view->book);
    journal_reader_free(view->fetches);
    journal_close(view->journal);
    free(view);
}
