#include "clearing/ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/ledger/inside.h"
#include "proto/codec/frame.h"

/* --- records by index, durable or not --- */

const slice_t *ledger_in_group(const struct ledger_group *group, uint64_t index)
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
    if (!journal_reader_need(ledger->reader, &entry, &fault)) {
        /* the journal cannot give back what it had: nothing may go on from here */
        fprintf(stderr, "allclear: %s\n", fault.text);
        CHECK(false);
    }
    return entry.bytes;
}

slice_t ledger_fetch(void *context, uint64_t index)
{
    struct ledger *ledger = context;
    const slice_t *pending = ledger_in_group(ledger->gathering, index);

    if (pending == NULL) {
        pending = ledger_in_group(ledger->under_way, index);
    }
    return pending != NULL ? *pending : fetch_durable(ledger, index);
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

struct journal *ledger_journal(struct ledger *ledger)
{
    return ledger->journal;
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

static void gather_sweep(struct ledger *ledger, uint64_t ranges, int64_t now_ms)
{
    struct writer results = results_writer(ledger);
    uint8_t payload[BOOK_SWEEP_LEN];

    book_sweep_payload(&ledger->book, ranges, payload);
    book_apply_sweep(&ledger->book, ranges, now_ms, &results);
    gather(ledger,
           RECORD_SWEEP,
           (slice_t){(const char *)payload, sizeof payload},
           written(&results),
           now_ms);
}

/* All that is left of a sweep, in one record: nobody is served meanwhile. */
static void gather_sweep_rest(struct ledger *ledger, int64_t now_ms)
{
    if (book_sweeps(&ledger->book)) {
        gather_sweep(ledger, state_sweep_left(&ledger->book.state), now_ms);
    }
}

void ledger_sweep_rest(struct ledger *ledger, int64_t now_ms)
{
    gather_sweep_rest(ledger, forward(ledger, now_ms));
}

bool ledger_sweep_on(struct ledger *ledger, int64_t now_ms)
{
    if (!book_sweeps(&ledger->book)) {
        return false;
    }
    gather_sweep(ledger, 1, forward(ledger, now_ms));
    return true;
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

/* What comes before a record received now: a day-end that is due, and a range of the sweep that it
 * begins or that runs already. A small alliance is one range. */
static void gather_due(struct ledger *ledger, int64_t now_ms)
{
    if (book_day_due(&ledger->book, now_ms)) {
        gather_sweep_rest(ledger, now_ms); /* of the day-end before */
        gather_day_end(ledger, now_ms);
    }
    if (book_sweeps(&ledger->book)) {
        gather_sweep(ledger, 1, now_ms);
    }
}

/* Continuation records of record `index` for what of the stream is not in it. */
static void gather_rest(struct ledger *ledger, uint64_t index, size_t done, int64_t now_ms)
{
    const struct results_stream *stream = &ledger->book.results;
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
}

/* A record of events (a batch, a reversal), and continuation records for what does not fit. */
static uint64_t gather_events(struct ledger *ledger, enum record_kind kind, slice_t payload,
                              int64_t now_ms)
{
    struct writer head = results_writer(ledger);
    size_t done = results_stream_head(&ledger->book.results, payload.len, &head);
    uint64_t index = gather(ledger, kind, payload, written(&head), now_ms);

    gather_rest(ledger, index, done, now_ms);
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

bool ledger_admit_batch(struct ledger *ledger, slice_t bytes, struct batch_door *door,
                        const uint8_t **ret_key, struct ledger_expect *ret_expect)
{
    struct fault fault = {0};
    int reason = REASON_MALFORMED;

    if (!door_read(bytes, door, &fault) ||
        !book_admit(&ledger->book, door, &reason, &fault)) {
        (void)expect(ledger, NULL, reason, fault.text, ret_expect);
        return false;
    }
    *ret_key = book_key(&ledger->book, door);
    return true;
}

static void gather_evidence(struct ledger *ledger, const struct batch_door *door, int64_t now_ms)
{
    struct book *book = &ledger->book;

    if (book_stream(book, door->store)->frozen_from == 0) {
        book_apply_evidence(book, door, forward(ledger, now_ms));
        gather(ledger, RECORD_EVIDENCE, door->bytes, (slice_t){"", 0}, book->clock_ms);
    }
}

ledger_take_t ledger_take_door(struct ledger *ledger, struct batch_door *door, int64_t now_ms,
                               uint64_t tag, struct ledger_expect *ret_expect)
{
    struct book *book = &ledger->book;
    struct fault fault = {0};
    uint64_t record = 0;
    int reason = 0;

    if (!book_admit(book, door, &reason, &fault)) { /* its key may have gone meanwhile */
        return expect(ledger, NULL, reason, fault.text, ret_expect);
    }
    if (!book_verify_batch(book, door)) {
        return expect(ledger, NULL, REASON_BAD_SIGNATURE, "", ret_expect);
    }
    switch (book_judge_batch(book, door, &record, &reason)) {
    case VERDICT_TAKE:
        break;
    case VERDICT_RESEND:
        answer_later(ledger, tag, record, door->batch.sequence);
        return LEDGER_GATHERED;
    case VERDICT_EXPECT:
        return expect(ledger, door, reason, "", ret_expect);
    case VERDICT_EQUIVOCATION:
        gather_evidence(ledger, door, now_ms);
        return expect(ledger, door, REASON_EQUIVOCATION,
                      "another batch was signed for this sequence", ret_expect);
    }
    if (!door->sound) {
        return expect(ledger, door, REASON_MALFORMED,
                      door->unsound.detail != NULL ? door->unsound.detail
                                                   : decode_error_text(door->unsound.error),
                      ret_expect);
    }
    now_ms = forward(ledger, now_ms);
    gather_due(ledger, now_ms);
    book_apply_batch(book, door, now_ms);
    uint64_t index = gather_events(ledger, RECORD_BATCH, door->bytes, now_ms);
    answer_later(ledger, tag, index, door->batch.sequence);
    return LEDGER_GATHERED;
}

ledger_take_t ledger_take_batch(struct ledger *ledger, slice_t bytes, int64_t now_ms, uint64_t tag,
                                struct ledger_expect *ret_expect)
{
    struct batch_door door = {.members = ledger->members};
    const uint8_t *key = NULL;

    if (!ledger_admit_batch(ledger, bytes, &door, &key, ret_expect)) {
        return LEDGER_EXPECT;
    }
    door_check(&door, &ledger->book.event);
    door_verify(&door, key);
    return ledger_take_door(ledger, &door, now_ms, tag, ret_expect);
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
    gather_due(ledger, now_ms);
    if (book_hq_after_sweep(bytes)) {
        gather_sweep_rest(ledger, now_ms);
    }
    if (!book_apply_hq(book, bytes, now_ms, &results, ret_fault)) {
        return false;
    }
    enum record_kind kind = first ? RECORD_INIT : RECORD_HQ;
    uint64_t index = book->events_in_hq
                         ? gather_events(ledger, kind, bytes, book->clock_ms)
                         : gather(ledger, kind, bytes, written(&results), book->clock_ms);
    if (book->results_follow) {
        gather_rest(ledger, index, 0, book->clock_ms);
    }
    if (tag != 0) {
        answer_later(ledger, tag, index, 0);
    }
    if (book_day_due(book, book->clock_ms)) { /* a test clock has been set forward */
        gather_due(ledger, book->clock_ms);
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
    const slice_t *fresh = ledger_in_group(group, index);
    struct journal_entry entry;

    if (fresh != NULL) {
        return record_decode(*fresh, ret_record, ret_fault);
    }
    journal_reader_seek(ledger->proofs, index);
    if (!journal_reader_need(ledger->proofs, &entry, ret_fault)) {
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
        if (outcome != JOURNAL_DURABLE || !ledger_write_checkpoint(ledger, now_ms, ret_fault)) {
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
