#include "clearing/ledger/replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"

void replay_init(struct replay *replay, struct book *book, bool signatures)
{
    *replay = (struct replay){
        .book = book,
        .signatures = signatures,
        .expected = book->records,
        .results = memory_resize(NULL, RECORD_LEN_MAX, 1),
        .door = {.members = memory_resize(NULL, BATCH_EVENTS_MAX, sizeof(uint64_t))},
    };
}

void replay_deinit(struct replay *replay)
{
    free(replay->results);
    free(replay->door.members);
    *replay = (struct replay){0};
}

static bool differs(const struct record *record, struct fault *ret_fault, const char *why)
{
    return fault_set(ret_fault,
                     FAULT_STORE,
                     "record %" PRIu64 " (%s): %s",
                     record->index,
                     record_kind_name(record->kind),
                     why);
}

static bool compare(const struct record *record, slice_t mine, struct fault *ret_fault)
{
    if (slice_equal(record->results, mine)) {
        return true;
    }
    return differs(record, ret_fault, "its results are not what the rules give");
}

static slice_t written(const struct writer *writer)
{
    return (slice_t){(const char *)writer->bytes, (uint32_t)writer->len};
}

static struct writer results_writer(const struct replay *replay)
{
    return (struct writer){.bytes = replay->results, .capacity = RECORD_LEN_MAX};
}

/* Read and check the batch unless somebody did, admit it and, where signatures are asked for,
 * verify. Returns: its door; NULL with ret_fault. */
static struct batch_door *open_door(struct replay *replay, const struct record *record,
                                    bool verify, struct fault *ret_fault)
{
    struct batch_door *door = replay->read_door;
    struct fault why = {0};
    int reason = 0;

    if (door == NULL) {
        door = &replay->door;
        if (!door_read(record->payload, door, &why)) {
            (void)differs(record, ret_fault, why.text);
            return NULL;
        }
        door_check(door, &replay->book->event);
    }
    if (!book_admit(replay->book, door, &reason, &why)) {
        (void)differs(record, ret_fault, why.text);
        return NULL;
    }
    if (verify && !book_verify_batch(replay->book, door)) {
        (void)differs(record, ret_fault, "the store's signature does not verify");
        return NULL;
    }
    return door;
}

/* Compare the results of a record of events; what it does not hold is due in the next ones. */
static bool compare_events(struct replay *replay, const struct record *record,
                           struct fault *ret_fault)
{
    const struct results_stream *results = &replay->book->results;
    struct writer head = results_writer(replay);

    replay->stream_done = results_stream_head(results, record->payload.len, &head);
    replay->stream_open = replay->stream_done < results->bytes.len;
    replay->batch_index = record->index;
    return compare(record, written(&head), ret_fault);
}

static bool take_batch(struct replay *replay, const struct record *record,
                       struct fault *ret_fault)
{
    struct book *book = replay->book;
    const struct batch_door *door = open_door(replay, record, replay->signatures, ret_fault);
    uint64_t other = 0;
    int reason = 0;

    if (door == NULL) {
        return false;
    }
    if (!door->sound) {
        return differs(record, ret_fault, "the batch is malformed");
    }
    if (book_judge_batch(book, door, &other, &reason) != VERDICT_TAKE) {
        return differs(record, ret_fault, "the batch is out of its store's order");
    }
    if (book_day_due(book, record->received_at_ms)) {
        return differs(record, ret_fault, "a day-end was due before it");
    }
    if (book->sweep_owed) {
        return differs(record, ret_fault, "a range of the sweep was due before it");
    }
    book_apply_batch(book, door, record->received_at_ms);
    replay->events += door->event_count;
    return compare_events(replay, record, ret_fault);
}

static bool take_more_results(struct replay *replay, const struct record *record,
                              struct fault *ret_fault)
{
    const struct writer *stream = &replay->book->results.bytes;
    uint8_t number[8];

    if (!replay->stream_open) {
        return differs(record, ret_fault, "results that belong to nothing");
    }
    bytes_put_u64(number, replay->batch_index);
    size_t rest = stream->len - replay->stream_done;
    size_t piece = rest < RESULTS_PIECE_MAX ? rest : RESULTS_PIECE_MAX;
    slice_t mine = {(const char *)stream->bytes + replay->stream_done, (uint32_t)piece};
    if (!slice_equal(record->payload, (slice_t){(const char *)number, sizeof number})) {
        return differs(record, ret_fault, "it continues another record");
    }
    replay->stream_done += piece;
    replay->stream_open = replay->stream_done < stream->len;
    replay->book->records++;
    return compare(record, mine, ret_fault);
}

static bool take_evidence(struct replay *replay, const struct record *record,
                          struct fault *ret_fault)
{
    struct book *book = replay->book;
    uint64_t other = 0;
    int reason = 0;

    const struct batch_door *door = open_door(replay, record, true, ret_fault);
    if (door == NULL) {
        return false;
    }
    if (book_judge_batch(book, door, &other, &reason) != VERDICT_EQUIVOCATION) {
        return differs(record, ret_fault, "it does not prove an equivocation");
    }
    book_apply_evidence(book, door, record->received_at_ms);
    return compare(record, (slice_t){"", 0}, ret_fault);
}

static bool take_day_end(struct replay *replay, const struct record *record,
                         struct fault *ret_fault)
{
    struct book *book = replay->book;
    struct writer results = results_writer(replay);

    if (record->payload.len != 4) {
        return differs(record, ret_fault, "its payload is no day");
    }
    day_t day = (day_t)bytes_get_u32((const uint8_t *)record->payload.text);
    if (book->state.terms_count == 0 || day <= book->state.open_day ||
        day != book_day(book, record->received_at_ms)) {
        return differs(record, ret_fault, "it ends a day that is not due");
    }
    if (book_sweeps(book)) {
        return differs(record, ret_fault, "the sweep of the day-end before it has not ended");
    }
    book_apply_day_end(book, day, record->received_at_ms, &results);
    return compare(record, written(&results), ret_fault);
}

static bool take_sweep(struct replay *replay, const struct record *record, struct fault *ret_fault)
{
    struct book *book = replay->book;
    struct writer results = results_writer(replay);

    if (!book_sweeps(book)) {
        return differs(record, ret_fault, "no sweep is under way");
    }
    uint64_t ranges = book_sweep_ranges(book, record->payload);
    if (ranges == 0) {
        return differs(record, ret_fault, "it does not sweep what comes next");
    }
    book_apply_sweep(book, ranges, record->received_at_ms, &results);
    return compare(record, written(&results), ret_fault);
}

static bool take_hq(struct replay *replay, const struct record *record, struct fault *ret_fault)
{
    struct writer results = results_writer(replay);
    struct fault why = {0};
    bool first = replay->book->records == 0;

    if (first != (record->kind == RECORD_INIT)) {
        return differs(record, ret_fault, "a journal begins with init, once");
    }
    if (!book_apply_hq(
            replay->book, record->payload, record->received_at_ms, &results, &why)) {
        return differs(record, ret_fault, why.text);
    }
    if (replay->book->clock_ms != record->received_at_ms) {
        return differs(record, ret_fault, "its time is not what its clock was set to");
    }
    if (replay->book->events_in_hq) {
        replay->events++;
        return compare_events(replay, record, ret_fault);
    }
    if (replay->book->results_follow) {
        replay->stream_done = 0;
        replay->stream_open = true;
        replay->batch_index = record->index;
    }
    return compare(record, written(&results), ret_fault);
}

bool replay_record(struct replay *replay, const struct record *record, struct fault *ret_fault)
{
    return replay_record_read(replay, record, NULL, ret_fault);
}

bool replay_record_read(struct replay *replay, const struct record *record,
                        struct batch_door *door, struct fault *ret_fault)
{
    replay->read_door = door;
    if (record->index != replay->expected) {
        return differs(record, ret_fault, "it is not the next one");
    }
    if (record->received_at_ms < replay->book->clock_ms) {
        return differs(record, ret_fault, "its time runs backwards");
    }
    if (replay->stream_open && record->kind != RECORD_RESULTS) {
        return differs(record, ret_fault, "the results before it are not complete");
    }
    replay->expected++;
    switch (record->kind) {
    case RECORD_BATCH:
        return take_batch(replay, record, ret_fault);
    case RECORD_RESULTS:
        return take_more_results(replay, record, ret_fault);
    case RECORD_INIT:
    case RECORD_HQ:
        return take_hq(replay, record, ret_fault);
    case RECORD_DAY_END:
        return take_day_end(replay, record, ret_fault);
    case RECORD_EVIDENCE:
        return take_evidence(replay, record, ret_fault);
    case RECORD_SWEEP:
        return take_sweep(replay, record, ret_fault);
    case RECORD_CYCLE:
    case RECORD_CLOCK:
        break;
    }
    return differs(record, ret_fault, "a kind of record that this version does not know");
}

bool replay_finish(const struct replay *replay, struct fault *ret_fault)
{
    if (replay->stream_open) {
        return fault_set(ret_fault,
                         FAULT_STORE,
                         "record %" PRIu64 ": its results end early",
                         replay->batch_index);
    }
    return true;
}
