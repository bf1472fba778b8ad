/* Opening a ledger: the journal and its anchor, a snapshot, the records after it. */
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/ledger/inside.h"
#include "clearing/ledger/replay.h"
#include "clearing/ledger/snapshot.h"

static bool anchor(struct ledger *ledger, struct fault *ret_fault)
{
    uint8_t public_key[SIGN_PUBLIC_LEN];
    const uint8_t *newest = checkpoint_slots_newest(ledger->slots);
    struct checkpoint checkpoint;

    sign_key_public(ledger->key, public_key);
    if (newest == NULL) {
        return journal_check_anchor(ledger->journal, NULL, ret_fault);
    }
    slice_t bytes = {(const char *)newest, CHECKPOINT_SIGNED_LEN};
    if (!checkpoint_verify(
            bytes, public_key, journal_network(ledger->journal), &checkpoint, ret_fault)) {
        return false;
    }
    memcpy(ledger->checkpoint, newest, CHECKPOINT_SIGNED_LEN);
    ledger->checkpoint_size = checkpoint.size;
    return journal_check_anchor(ledger->journal, &checkpoint, ret_fault);
}

bool ledger_write_checkpoint(struct ledger *ledger, int64_t now_ms, struct fault *ret_fault)
{
    struct checkpoint checkpoint = {
        .size = journal_size(ledger->journal),
        .epoch = ledger->epoch,
        .time_ms = now_ms,
    };

    memcpy(checkpoint.network, journal_network(ledger->journal), SIGN_NETWORK_LEN);
    if (!journal_root(ledger->journal, checkpoint.size, checkpoint.root, ret_fault)) {
        return false;
    }
    checkpoint_sign(&checkpoint, ledger->key, ledger->checkpoint);
    ledger->checkpoint_size = checkpoint.size;
    return checkpoint_slots_write(ledger->slots, ledger->checkpoint, ret_fault);
}

static bool apply_tail(struct ledger *ledger, void (*progress)(uint64_t records, uint64_t of),
                      struct fault *ret_fault)
{
    uint64_t size = journal_size(ledger->journal);
    uint64_t from = ledger->book.records;
    struct journal_reader *reader = journal_reader_new(ledger->journal, from);
    struct replay replay;
    struct journal_entry entry;
    bool good = true;

    replay_init(&replay, &ledger->book, false);
    for (uint64_t i = from; i < size && good; i++) {
        good = journal_reader_need(reader, &entry, ret_fault) &&
               replay_record(&replay, &entry.record, ret_fault);
        if (progress != NULL && i % 1024 == 1023) {
            progress(i + 1, size);
        }
    }
    good = good && replay_finish(&replay, ret_fault);
    replay_deinit(&replay);
    journal_reader_free(reader);
    ledger->next = size;
    ledger->opening.tail = size - from;
    return good;
}

static bool root_of(void *context, uint64_t size, uint8_t ret_root[MERKLE_HASH_LEN],
                    struct fault *ret_fault)
{
    struct ledger *ledger = context;

    return journal_root(ledger->journal, size, ret_root, ret_fault);
}

/* While a snapshot is loaded a record that cannot be read is no more than a reason to pass it over:
 * the records are applied instead, and the one to blame is named. */
static slice_t fetch_if_whole(void *context, uint64_t index)
{
    struct ledger *ledger = context;
    struct journal_entry entry;

    journal_reader_seek(ledger->reader, index);
    if (journal_reader_next(ledger->reader, &entry, NULL) != JOURNAL_ENTRY) {
        return (slice_t){"", 0};
    }
    return entry.bytes;
}

static void load_snapshot(struct ledger *ledger)
{
    uint8_t public_key[SIGN_PUBLIC_LEN];
    struct snapshot_place place = {
        .dir = ledger->dir,
        .network = journal_network(ledger->journal),
        .public_key = public_key,
        .source = {ledger, fetch_if_whole},
        .records = journal_size(ledger->journal),
        .root = root_of,
        .context = ledger,
    };

    sign_key_public(ledger->key, public_key);
    ledger->book.past.source = place.source;
    ledger->opening.snapshot = snapshot_load(&place, &ledger->book, &ledger->passed_over);
    ledger->book.past.source = (struct record_source){ledger, ledger_fetch};
    ledger->opening.accepted = ledger->book.state.accepted;
    ledger->opening.passed_over = ledger->passed_over.text;
}

/* A crash between a commit and its checkpoint leaves records that no checkpoint covers: the
 * receipts of resends need one. A new journal gets the checkpoint of size 0. */
static bool anchor_tail(struct ledger *ledger, bool create, struct fault *ret_fault)
{
    return (!create && ledger->checkpoint_size == journal_size(ledger->journal)) ||
           ledger_write_checkpoint(ledger, ledger->book.clock_ms, ret_fault);
}

static void groups_init(struct ledger *ledger)
{
    for (int i = 0; i < 2; i++) {
        ledger->groups[i].bytes = memory_resize(NULL, GROUP_BYTES_MAX, 1);
    }
    ledger->gathering = &ledger->groups[0];
    ledger->gathering->first = ledger->next;
}

static bool open_parts(struct ledger *ledger, const struct ledger_options *options,
                       struct fault *ret_fault)
{
    struct journal_options journal = {
        .dir = options->dir,
        .network = options->network,
        .map_size = options->map_size,
        .create = options->create,
    };

    ledger->journal = journal_open(&journal, ret_fault);
    if (ledger->journal == NULL) {
        return false;
    }
    ledger->slots = checkpoint_slots_open(options->dir, false, ret_fault);
    if (ledger->slots == NULL) {
        return false;
    }
    ledger->opening.slot_damaged =
        checkpoint_slots_damaged(ledger->slots, &ledger->opening.slot_number);
    ledger->reader = journal_reader_new(ledger->journal, 0);
    ledger->proofs = journal_reader_new(ledger->journal, 0);
    return anchor(ledger, ret_fault) &&
           journal_claim(ledger->journal, &ledger->epoch, ret_fault);
}

struct ledger *ledger_open(const struct ledger_options *options,
                           void (*progress)(uint64_t records, uint64_t of),
                           struct fault *ret_fault)
{
    struct ledger *ledger = memory_zeroed(1, sizeof *ledger);

    ledger->key = options->key;
    ledger->dir = strdup(options->dir);
    CHECK(ledger->dir != NULL);
    ledger->results = memory_resize(NULL, RECORD_LEN_MAX, 1);
    ledger->members = memory_resize(NULL, BATCH_EVENTS_MAX, sizeof *ledger->members);
    book_init(&ledger->book, (struct record_source){ledger, ledger_fetch});
    if (!open_parts(ledger, options, ret_fault)) {
        ledger_close(ledger);
        return NULL;
    }
    load_snapshot(ledger);
    if (!apply_tail(ledger, progress, ret_fault) ||
        !anchor_tail(ledger, options->create, ret_fault)) {
        ledger_close(ledger);
        return NULL;
    }
    groups_init(ledger);
    return ledger;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    book_deinit(&ledger->book);
    journal_reader_free(ledger->reader);
    journal_reader_free(ledger->proofs);
    journal_close(ledger->journal);
    checkpoint_slots_close(ledger->slots);
    for (int i = 0; i < 2; i++) {
        free(ledger->groups[i].bytes);
        free(ledger->groups[i].receipts);
    }
    free(ledger->results);
    free(ledger->members);
    free(ledger->dir);
    free(ledger);
}
