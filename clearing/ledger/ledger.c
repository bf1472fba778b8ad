#include "clearing/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/ledger/replay.h"
#include "clearing/ledger/snapshot.h"
#include "proto/codec/frame.h"

struct ledger {
    struct book book;
    struct journal *journal;
    struct journal_reader *reader; /* the writer's */
    struct journal_reader *proofs; /* of the committing thread */
    struct checkpoint_slots *slots;
    const struct sign_key *key;
    char *dir;
    uint64_t epoch;
    struct ledger_group groups[2];
    struct ledger_group *gathering;
    struct ledger_group *under_way; /* NULL: none */
    uint64_t next;                  /* index of the next record */
    uint8_t checkpoint[CHECKPOINT_SIGNED_LEN]; /* the newest written */
    uint64_t checkpoint_size;
    struct ledger_opening opening;
    struct fault passed_over;
    uint8_t *results; /* scratch for one record's results */
};

/* --- records by index, durable or not --- */

static const slice_t *in_group(const struct ledger_group *group, uint64_t index)
{
    if (group == NULL || index < group->first || index >= group->first + group->count) {
        return NULL;
    }
    return &group->records[index - group->first];
}

static slice_t fetch_durable(struct ledger *ledger, uint64_t index)
{
    struct journal_entry entry;
    struct fault fault = {0};

    journal_reader_seek(ledger->reader, index);
    if (journal_reader_next(ledger->reader, &entry, &fault) != JOURNAL_ENTRY) {
        /* the journal cannot give back what it had: nothing may go on from here */
        fprintf(stderr, "allclear: %s\n", fault.text);
        CHECK(false);
    }
    return entry.bytes;
}

static slice_t fetch(void *context, uint64_t index)
{
    struct ledger *ledger = context;
    const slice_t *pending = in_group(ledger->gathering, index);

    if (pending == NULL) {
        pending = in_group(ledger->under_way, index);
    }
    return pending != NULL ? *pending : fetch_durable(ledger, index);
}

/* --- opening --- */

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

static bool write_checkpoint(struct ledger *ledger, int64_t now_ms, struct fault *ret_fault)
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
        good = journal_reader_next(reader, &entry, ret_fault) == JOURNAL_ENTRY &&
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

static void load_snapshot(struct ledger *ledger)
{
    uint8_t public_key[SIGN_PUBLIC_LEN];
    struct snapshot_place place = {
        .dir = ledger->dir,
        .journal = ledger->journal,
        .public_key = public_key,
        .source = {ledger, fetch},
    };

    sign_key_public(ledger->key, public_key);
    ledger->opening.snapshot = snapshot_load(&place, &ledger->book, &ledger->passed_over);
    ledger->opening.accepted = ledger->book.state.accepted;
    ledger->opening.passed_over = ledger->passed_over.text;
}

/* A crash between a commit and its checkpoint leaves records that no checkpoint covers: the
 * receipts of resends need one. A new journal gets the checkpoint of size 0. */
static bool anchor_tail(struct ledger *ledger, bool create, struct fault *ret_fault)
{
    return (!create && ledger->checkpoint_size == journal_size(ledger->journal)) ||
           write_checkpoint(ledger, ledger->book.clock_ms, ret_fault);
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
    book_init(&ledger->book, (struct record_source){ledger, fetch});
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
    free(ledger->dir);
    free(ledger);
}

struct book *ledger_book(struct ledger *ledger)
{
    return &ledger->book;
}

const char *ledger_warning(const struct ledger *ledger)
{
    return journal_warning(ledger->journal);
}

struct ledger_opening ledger_opening(const struct ledger *ledger)
{
    return ledger->opening;
}

const uint8_t *ledger_checkpoint(const struct ledger *ledger)
{
    CHECK(ledger->under_way == NULL);
    return ledger->checkpoint;
}

/* --- gathering --- */

bool ledger_has_room(const struct ledger *ledger)
{
    const struct ledger_group *group = ledger->gathering;

    return group->len <= GROUP_BYTES_FULL && group->count <= JOURNAL_GROUP_COUNT_MAX / 4 &&
           group->answer_count < GROUP_ANSWERS_MAX;
}

bool ledger_is_empty(const struct ledger *ledger)
{
    return ledger->gathering->count == 0 && ledger->gathering->answer_count == 0;
}

/* Append a record to the gathering group. */
static uint64_t gather(struct ledger *ledger, enum record_kind kind, slice_t payload,
                       slice_t results, int64_t received_ms)
{
    struct ledger_group *group = ledger->gathering;
    struct record record = {
        .kind = kind,
        .index = ledger->next,
        .received_at_ms = received_ms,
        .epoch = ledger->epoch,
        .payload = payload,
        .results = results,
    };
    size_t len = 0;

    CHECK(group->count < JOURNAL_GROUP_COUNT_MAX);
    CHECK(record_encode(
        group->bytes + group->len, GROUP_BYTES_MAX - group->len, &record, &len));
    group->records[group->count++] =
        (slice_t){(const char *)group->bytes + group->len, (uint32_t)len};
    group->len += len;
    return ledger->next++;
}

static void answer_later(struct ledger *ledger, uint64_t tag, uint64_t index, uint64_t sequence)
{
    struct ledger_group *group = ledger->gathering;

    CHECK(group->answer_count < GROUP_ANSWERS_MAX);
    group->answers[group->answer_count++] =
        (struct group_answer){.tag = tag, .index = index, .sequence = sequence};
}

static struct writer results_writer(struct ledger *ledger)
{
    return (struct writer){.bytes = ledger->results, .capacity = RECORD_LEN_MAX};
}

static slice_t written(const struct writer *writer)
{
    CHECK(!writer->full);
    return (slice_t){(const char *)writer->bytes, (uint32_t)writer->len};
}

/* received_at never runs backwards. */
static int64_t forward(const struct ledger *ledger, int64_t now_ms)
{
    return now_ms > ledger->book.clock_ms ? now_ms : ledger->book.clock_ms;
}

int64_t ledger_now(struct ledger *ledger, int64_t real_ms)
{
    return ledger->book.test_clock ? ledger->book.clock_ms : forward(ledger, real_ms);
}

static void gather_day_end(struct ledger *ledger, int64_t now_ms)
{
    struct writer results = results_writer(ledger);
    uint8_t payload[4];

    day_t day = book_day(&ledger->book, now_ms);
    bytes_put_u32(payload, (uint32_t)day);
    book_apply_day_end(&ledger->book, day, now_ms, &results);
    gather(ledger,
           RECORD_DAY_END,
           (slice_t){(const char *)payload, sizeof payload},
           written(&results),
           now_ms);
}

/* A batch's record, and continuation records for what does not fit. */
static uint64_t gather_batch(struct ledger *ledger, slice_t payload, int64_t now_ms)
{
    const struct results_stream *stream = &ledger->book.results;
    struct writer head = results_writer(ledger);
    size_t done = results_stream_head(stream, payload.len, &head);
    uint64_t index = gather(ledger, RECORD_BATCH, payload, written(&head), now_ms);
    uint8_t number[8];

    bytes_put_u64(number, index);
    while (done < stream->bytes.len) {
        size_t rest = stream->bytes.len - done;
        size_t piece = rest < RESULTS_PIECE_MAX ? rest : RESULTS_PIECE_MAX;
        gather(ledger,
               RECORD_RESULTS,
               (slice_t){(const char *)number, sizeof number},
               (slice_t){(const char *)stream->bytes.bytes + done, (uint32_t)piece},
               now_ms);
        ledger->book.records++; /* continuation records count too */
        done += piece;
    }
    return index;
}

void ledger_stand(struct ledger *ledger, store_t store, struct ledger_expect *ret_expect)
{
    const struct stream *stream = book_stream(&ledger->book, store);

    *ret_expect = (struct ledger_expect){.sequence = stream->next};
    ret_expect->reason = stream->frozen_from != 0 ? REASON_FROZEN : REASON_HELLO;
    memcpy(ret_expect->last, stream->last, DIGEST_LEN);
}

static ledger_take_t expect(struct ledger *ledger, const struct batch_door *door, int reason,
                            const char *detail, struct ledger_expect *ret_expect)
{
    *ret_expect = (struct ledger_expect){0};
    if (door != NULL) {
        ledger_stand(ledger, door->store, ret_expect);
    }
    ret_expect->reason = reason;
    snprintf(ret_expect->detail,
             sizeof ret_expect->detail,
             "%.*s",
             (int)sizeof ret_expect->detail - 1,
             detail);
    return LEDGER_EXPECT;
}

ledger_take_t ledger_take_batch(struct ledger *ledger, slice_t bytes, int64_t now_ms, uint64_t tag,
                                struct ledger_expect *ret_expect)
{
    struct book *book = &ledger->book;
    struct batch_door door;
    struct decode_fault decode_fault;
    struct fault fault = {0};
    uint64_t record = 0;
    int reason = 0;

    if (!book_open_batch(book, bytes, &door, &reason, &fault)) {
        return expect(ledger, NULL, reason, fault.text, ret_expect);
    }
    if (!book_verify_batch(book, &door)) {
        return expect(ledger, NULL, REASON_BAD_SIGNATURE, "", ret_expect);
    }
    switch (book_judge_batch(book, &door, &record, &reason)) {
    case VERDICT_TAKE:
        break;
    case VERDICT_RESEND:
        answer_later(ledger, tag, record, door.batch.sequence);
        return LEDGER_GATHERED;
    case VERDICT_EXPECT:
        return expect(ledger, &door, reason, "", ret_expect);
    case VERDICT_EQUIVOCATION:
        if (book_stream(book, door.store)->frozen_from == 0) {
            book_apply_evidence(book, &door, forward(ledger, now_ms));
            gather(ledger, RECORD_EVIDENCE, bytes, (slice_t){"", 0}, book->clock_ms);
        }
        return expect(ledger, &door, REASON_EQUIVOCATION,
                      "another batch was signed for this sequence", ret_expect);
    }
    if (!book_check_events(book, &door, &decode_fault)) {
        return expect(ledger, &door, REASON_MALFORMED,
                      decode_fault.detail != NULL ? decode_fault.detail
                                                  : decode_error_text(decode_fault.error),
                      ret_expect);
    }
    now_ms = forward(ledger, now_ms);
    if (book_day_due(book, now_ms)) {
        gather_day_end(ledger, now_ms);
    }
    book_apply_batch(book, &door, now_ms);
    uint64_t index = gather_batch(ledger, bytes, now_ms);
    answer_later(ledger, tag, index, door.batch.sequence);
    return LEDGER_GATHERED;
}

bool ledger_take_hq(struct ledger *ledger, slice_t bytes, int64_t now_ms, uint64_t tag,
                    struct fault *ret_fault)
{
    struct writer results = results_writer(ledger);
    struct book *book = &ledger->book;
    bool first = book->records == 0;

    if (bytes.len > RECORD_CONTENT_MAX) {
        return fault_set(ret_fault, FAULT_LIMIT, "the record is over %d bytes", RECORD_CONTENT_MAX);
    }
    now_ms = forward(ledger, now_ms);
    if (book_day_due(book, now_ms)) {
        gather_day_end(ledger, now_ms);
    }
    if (!book_apply_hq(book, bytes, now_ms, &results, ret_fault)) {
        return false;
    }
    uint64_t index = gather(
        ledger, first ? RECORD_INIT : RECORD_HQ, bytes, written(&results), book->clock_ms);
    if (tag != 0) {
        answer_later(ledger, tag, index, 0);
    }
    if (book_day_due(book, book->clock_ms)) { /* a test clock has been set forward */
        gather_day_end(ledger, book->clock_ms);
    }
    return true;
}

/* --- committing --- */

struct ledger_group *ledger_seal(struct ledger *ledger)
{
    struct ledger_group *sealed = ledger->gathering;

    CHECK(ledger->under_way == NULL);
    ledger->under_way = sealed;
    ledger->gathering = sealed == &ledger->groups[0] ? &ledger->groups[1] : &ledger->groups[0];
    CHECK(ledger->gathering->count == 0 && ledger->gathering->answer_count == 0);
    ledger->gathering->first = ledger->next;
    return sealed;
}

/* The record of an answer: in the group, or (a resend) in the journal. */
static bool answer_record(struct ledger *ledger, const struct ledger_group *group, uint64_t index,
                          struct record *ret_record, struct fault *ret_fault)
{
    const slice_t *fresh = in_group(group, index);
    struct journal_entry entry;

    if (fresh != NULL) {
        return record_decode(*fresh, ret_record, ret_fault);
    }
    journal_reader_seek(ledger->proofs, index);
    if (journal_reader_next(ledger->proofs, &entry, ret_fault) != JOURNAL_ENTRY) {
        return false;
    }
    *ret_record = entry.record;
    return true;
}

static bool make_receipt(struct ledger *ledger, struct ledger_group *group,
                         struct group_answer *answer, struct fault *ret_fault)
{
    struct record record;
    struct merkle_path path;
    uint8_t envelope[RECORD_ENVELOPE_LEN];

    if (!answer_record(ledger, group, answer->index, &record, ret_fault) ||
        !journal_prove(
            ledger->journal, answer->index, ledger->checkpoint_size, &path, ret_fault)) {
        return false;
    }
    record_encode_envelope(&record, envelope);
    struct frame frame = {
        .type = FRAME_RECEIPT,
        .receipt = {.envelope = {(const char *)envelope, sizeof envelope},
                    .results = record.results,
                    .index = answer->index,
                    .path_count = path.count,
                    .checkpoint = {(const char *)ledger->checkpoint, CHECKPOINT_SIGNED_LEN},
                    .sequence = answer->sequence},
    };
    for (uint32_t i = 0; i < path.count; i++) {
        frame.receipt.path[i] = path.hashes[i];
    }
    answer->receipt = group->receipts + group->receipts_len;
    answer->receipt_len = frame_encode(
        &frame, answer->receipt, group->receipts_capacity - group->receipts_len);
    if (answer->receipt_len == 0) {
        return fault_set(ret_fault, FAULT_INTERNAL, "a receipt does not fit its frame");
    }
    group->receipts_len += answer->receipt_len;
    return true;
}

/* Room for every receipt before the first is made: they are pointed to. */
static void receipts_reserve(struct ledger_group *group)
{
    size_t need = (size_t)group->answer_count * (RECORD_LEN_MAX + 4096) + FRAME_BYTES_MAX;

    group->receipts_len = 0;
    if (group->receipts_capacity < need) {
        group->receipts = memory_resize(group->receipts, need, 1);
        group->receipts_capacity = need;
    }
}

bool ledger_commit(struct ledger *ledger, struct ledger_group *group, int64_t now_ms,
                   struct fault *ret_fault)
{
    if (group->count > 0) {
        struct journal_group records = {group->records, group->count, ledger->epoch};
        journal_submit(ledger->journal, &records);
        enum journal_outcome outcome = journal_reap(ledger->journal, ret_fault);
        if (outcome != JOURNAL_DURABLE || !write_checkpoint(ledger, now_ms, ret_fault)) {
            return false;
        }
    }
    receipts_reserve(group);
    for (uint32_t i = 0; i < group->answer_count; i++) {
        struct group_answer *answer = &group->answers[i];
        if (answer->sequence != 0 && !make_receipt(ledger, group, answer, ret_fault)) {
            return false;
        }
    }
    return true;
}

bool ledger_backup(struct ledger *ledger, const char *dest, uint64_t *ret_records,
                   struct fault *ret_fault)
{
    return journal_backup(ledger->journal, ledger->dir, dest, ret_records, ret_fault);
}

void ledger_release(struct ledger *ledger, struct ledger_group *group)
{
    CHECK(ledger->under_way == group);
    ledger->under_way = NULL;
    group->count = 0;
    group->len = 0;
    group->answer_count = 0;
}

bool ledger_flush(struct ledger *ledger, int64_t now_ms, struct fault *ret_fault)
{
    struct ledger_group *group = ledger_seal(ledger);
    bool good = ledger_commit(ledger, group, now_ms, ret_fault);

    ledger_release(ledger, group);
    return good;
}
