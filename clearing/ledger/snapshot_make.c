/* A snapshot beside a writer that goes on. */
#include <stdio.h>
#include <stdlib.h>

#include "clearing/ledger/replay.h"
#include "clearing/ledger/snapshot.h"

struct making {
    const struct snapshot_task *task;
    struct book book;
    struct journal_reader *reader;  /* of the replay */
    struct journal_reader *fetches; /* of the book */
};

static slice_t fetch(void *context, uint64_t index)
{
    struct making *making = context;
    struct journal_entry entry;
    struct fault fault = {0};

    journal_reader_seek(making->fetches, index);
    if (!journal_reader_need(making->fetches, &entry, &fault)) {
        /* the journal cannot give back what it had: nothing may go on from here */
        fprintf(stderr, "allclear: %s\n", fault.text);
        CHECK(false);
    }
    return entry.bytes;
}

static bool told_to_stop(const struct snapshot_task *task)
{
    return task->stop != NULL && __atomic_load_n(task->stop, __ATOMIC_RELAXED);
}

static bool apply_to(struct making *making, uint64_t size, struct fault *ret_fault)
{
    struct replay replay;
    struct journal_entry entry;
    bool good = true;

    replay_init(&replay, &making->book, false);
    journal_reader_seek(making->reader, making->book.records);
    while (making->book.records < size && good && !told_to_stop(making->task)) {
        good = journal_reader_need(making->reader, &entry, ret_fault) &&
               replay_record(&replay, &entry.record, ret_fault);
        if (making->task->rest != NULL) {
            making->task->rest(making->task->context);
        }
    }
    good = good && making->book.records == size && replay_finish(&replay, ret_fault);
    replay_deinit(&replay);
    return good;
}

static bool save(const struct making *making, uint64_t *ret_len, struct fault *ret_fault)
{
    const struct snapshot_task *task = making->task;
    struct snapshot *snapshot =
        snapshot_begin(task->dir, &making->book, task->pace, task->context, ret_fault);

    if (snapshot == NULL) {
        return false;
    }
    uint64_t len = snapshot_len(snapshot);
    if (!snapshot_seal(snapshot, task->checkpoint, task->key, ret_fault)) {
        return false;
    }
    *ret_len = len;
    return true;
}

bool snapshot_make(const struct snapshot_task *task, uint64_t *ret_len, struct fault *ret_fault)
{
    struct making making = {.task = task};
    uint8_t public_key[SIGN_PUBLIC_LEN];
    struct checkpoint checkpoint;
    struct fault notice;
    slice_t bytes = {(const char *)task->checkpoint, CHECKPOINT_SIGNED_LEN};

    *ret_fault = (struct fault){0};
    if (!checkpoint_decode(bytes, &checkpoint, NULL, ret_fault)) {
        return false;
    }
    sign_key_public(task->key, public_key);
    making.reader = journal_reader_new(task->journal, 0);
    making.fetches = journal_reader_new(task->journal, 0);
    book_init(&making.book, (struct record_source){&making, fetch});
    struct snapshot_place place = {
        .dir = task->dir,
        .network = task->network,
        .public_key = public_key,
        .source = making.book.past.source,
        .records = checkpoint.size,
    };
    (void)snapshot_load(&place, &making.book, &notice);
    bool good = apply_to(&making, checkpoint.size, ret_fault) && save(&making, ret_len, ret_fault);
    book_deinit(&making.book);
    journal_reader_free(making.reader);
    journal_reader_free(making.fetches);
    return good;
}
