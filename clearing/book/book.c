#include "clearing/book/book.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "proto/codec/frame.h"

/* --- what the rules tell --- */

static struct report_event event_row(const struct book *book, const struct cleared *cleared)
{
    return (struct report_event){
        .store = *registry_store_code(&book->state.registry, cleared->store),
        .terminal = code_of(cleared->event->terminal),
        .number = cleared->event->number,
        .outcome = cleared->outcome,
        .occurred = cleared->occurred,
        .booked = cleared->booked,
    };
}

static void on_cleared(void *context, const struct cleared *cleared)
{
    struct book *book = context;

    if (book->listener.cleared != NULL) {
        book->listener.cleared(book->listener.context, book, cleared);
    }
    if (!book->deadline || outcome_accepted(cleared->outcome)) {
        results_stream_add(&book->results, cleared); /* a deadline's refusals are not kept */
    }
    past_index_note(&book->past, cleared, book->records);
    suspense_hear(&book->suspense, cleared,
                  registry_store_code(&book->state.registry, cleared->store), book->records);
    if (outcome_accepted(cleared->outcome) && cleared->booked <= cleared->occurred) {
        return; /* nearly always: no list has it */
    }
    if (cleared->outcome == OUTCOME_WAITING || cleared->outcome == OUTCOME_DUPLICATE) {
        return;
    }
    struct report_event row = event_row(book, cleared);
    report_events_add(
        outcome_accepted(cleared->outcome) ? &book->late : &book->refused, &row);
}

static void on_expired(void *context, const struct expired *expired)
{
    struct book *book = context;

    if (book->listener.expired != NULL) { /* the book lists nothing: positions have it */
        book->listener.expired(book->listener.context, book, expired);
    }
}

static bool is_full(void *context)
{
    const struct book *book = context;

    return book->results.bytes.len >= book->deadline_room;
}

void book_init(struct book *book, struct record_source source)
{
    *book = (struct book){0};
    state_init(&book->state, 0, past_index_history(&book->past));
    book->past.registry = &book->state.registry;
    book->past.source = source;
    book->apply.state = &book->state;
    book->apply.sink = (struct apply_sink){book, on_cleared, on_expired, is_full};
    book->deadline_room = DEADLINE_RESULTS_MAX;
}

void book_deinit(struct book *book)
{
    apply_deinit(&book->apply);
    state_deinit(&book->state);
    past_index_deinit(&book->past);
    people_deinit(&book->people);
    free(book->adjustments.list);
    suspense_deinit(&book->suspense);
    results_stream_deinit(&book->results);
    for (uint32_t i = 0; i < book->stream_capacity; i++) {
        free(book->streams[i].records);
    }
    free(book->streams);
    free(book->cycles);
    free(book->rules);
    free(book->parts);
    free(book->refused.list);
    free(book->late.list);
    *book = (struct book){0};
}

/* --- streams --- */

struct stream *book_stream(struct book *book, store_t store)
{
    uint32_t capacity = book->stream_capacity;

    while (store.n >= capacity) {
        capacity = capacity * 2 + 16;
    }
    if (capacity > book->stream_capacity) {
        book->streams = memory_resize(book->streams, capacity, sizeof *book->streams);
        for (uint32_t i = book->stream_capacity; i < capacity; i++) {
            book->streams[i] = (struct stream){.next = 1, .first_sequence = 1};
        }
        book->stream_capacity = capacity;
    }
    return &book->streams[store.n];
}

store_t book_store_of_key(const struct book *book, const uint8_t key_id[SIGN_KEY_ID_LEN])
{
    for (uint32_t i = 0; i < book->stream_capacity; i++) {
        if (book->streams[i].has_key && digest_equal(book->streams[i].key_id, key_id)) {
            return (store_t){i};
        }
    }
    return STORE_NONE;
}

/* --- batches --- */

static bool refuse_batch(int *ret_reason, int reason, struct fault *ret_fault, const char *text)
{
    *ret_reason = reason;
    return fault_set(ret_fault, FAULT_FORMAT, "%s", text);
}

bool book_admit(const struct book *book, struct batch_door *door, int *ret_reason,
                struct fault *ret_fault)
{
    const uint8_t *key_id = door->signed_batch.key_id;

    if (memcmp(door->batch.network, book->network, SIGN_NETWORK_LEN) != 0) {
        return refuse_batch(
            ret_reason, REASON_WRONG_NETWORK, ret_fault, "the batch is for another network");
    }
    door->store = registry_find_store(&book->state.registry, door->batch.store);
    if (door->store.n == STORE_NONE.n || door->store.n >= book->stream_capacity ||
        !book->streams[door->store.n].has_key ||
        !digest_equal(book->streams[door->store.n].key_id, key_id)) {
        bool other = book_store_of_key(book, key_id).n != STORE_NONE.n;
        return refuse_batch(ret_reason,
                            other ? REASON_WRONG_STORE : REASON_UNKNOWN_KEY,
                            ret_fault,
                            other ? "the key belongs to another store" : "the key is not approved");
    }
    return true;
}

const uint8_t *book_key(const struct book *book, const struct batch_door *door)
{
    return book->streams[door->store.n].public_key;
}

bool book_verify_batch(const struct book *book, struct batch_door *door)
{
    const uint8_t *key = book_key(book, door);

    if (memcmp(door->key, key, sizeof door->key) != 0) {
        door_verify(door, key);
    }
    return door->genuine;
}

/* Is this the body that a record holds? */
static bool same_body(struct book *book, const struct batch_door *door, uint64_t index)
{
    slice_t bytes = book->past.source.fetch(book->past.source.context, index);
    struct record record;
    struct signed_batch signed_batch;
    struct decode_fault fault;

    CHECK(record_decode(bytes, &record, NULL));
    CHECK(decode_signed_batch(record.payload, &signed_batch, &fault));
    return slice_equal(signed_batch.body, door->signed_batch.body);
}

verdict_t book_judge_batch(struct book *book, const struct batch_door *door, uint64_t *ret_record,
                           int *ret_reason)
{
    const struct stream *stream = book_stream(book, door->store);
    uint64_t sequence = door->batch.sequence;

    if (sequence < stream->next) {
        if (sequence < stream->first_sequence) {
            *ret_reason = REASON_GAP;
            return VERDICT_EXPECT; /* skipped by an unfreeze: never taken */
        }
        *ret_record = stream->records[sequence - stream->first_sequence];
        return same_body(book, door, *ret_record) ? VERDICT_RESEND : VERDICT_EQUIVOCATION;
    }
    if (stream->frozen_from != 0) {
        *ret_reason = REASON_FROZEN;
        return VERDICT_EXPECT;
    }
    if (sequence > stream->next || !digest_equal(door->batch.previous, stream->last)) {
        *ret_reason = REASON_GAP;
        return VERDICT_EXPECT;
    }
    return VERDICT_TAKE;
}

void book_apply_batch(struct book *book, const struct batch_door *door, int64_t received_ms)
{
    struct batch_cursor cursor = batch_cursor_of(&door->batch);
    struct stream *stream = book_stream(book, door->store);
    struct decode_fault fault;

    CHECK(door->batch.sequence == stream->next);
    results_stream_reset(&book->results);
    book->past.current =
        (struct past_current){true, book->records, door->batch, &book->results};
    while (decode_next_event(&cursor, &book->event, &fault) == CURSOR_EVENT) {
        members_look_ahead(
            &book->state.members, door->members, door->event_count, cursor.count - 1);
        apply_event(
            &book->apply, door->store, cursor.event_bytes, &book->event, received_ms);
    }
    book->past.current = (struct past_current){0};
    MEMORY_GROW(stream->records, stream->record_count, stream->record_capacity);
    stream->records[stream->record_count++] = book->records;
    memcpy(stream->last, door->digest, DIGEST_LEN);
    stream->next++;
    book->sweep_owed = book_sweeps(book);
    book->clock_ms = received_ms;
    book->records++;
}

void book_apply_evidence(struct book *book, const struct batch_door *door, int64_t received_ms)
{
    struct stream *stream = book_stream(book, door->store);

    stream->frozen_from = stream->next;
    stream->evidence = book->records;
    book->clock_ms = received_ms;
    book->records++;
}

/* --- days --- */

day_t book_day(const struct book *book, int64_t at_ms)
{
    return business_day(&state_terms(&book->state, book->state.open_day)->days, at_ms);
}

bool book_day_due(const struct book *book, int64_t received_ms)
{
    return book->state.terms_count > 0 && book_day(book, received_ms) > book->state.open_day;
}

void book_board(const struct book *book, struct board *ret_board)
{
    bool *frozen = memory_zeroed(book->stream_capacity + 1, sizeof *frozen);

    for (uint32_t i = 0; i < book->stream_capacity; i++) {
        frozen[i] = book->streams[i].frozen_from != 0;
    }
    board_build(&book->state, book->cycle_from, frozen, book->stream_capacity, ret_board);
    free(frozen);
}

void book_forget_totals(struct book *book)
{
    day_t open_day = book->state.open_day;
    day_t late = open_day - state_terms(&book->state, open_day)->max_late_days;

    totals_forget(&book->state.totals, late < book->cycle_from ? late : book->cycle_from);
}

void book_apply_day_end(struct book *book, day_t day, int64_t received_ms, struct writer *results)
{
    apply_day_end(&book->apply, day);
    book_forget_totals(book);
    book->sweep_owed = book_sweeps(book);
    write_signed(results, day);
    book->clock_ms = received_ms;
    book->records++;
}

void book_sweep_payload(const struct book *book, uint64_t ranges,
                        uint8_t ret_payload[BOOK_SWEEP_LEN])
{
    struct sweep_range range = state_sweep_range(&book->state, ranges);

    bytes_put_u32(ret_payload, (uint32_t)book->state.sweep.through);
    bytes_put_u64(ret_payload + 4, range.first);
    bytes_put_u64(ret_payload + 12, range.last);
}

uint64_t book_sweep_ranges(const struct book *book, slice_t payload)
{
    const struct sweep *sweep = &book->state.sweep;
    uint8_t mine[BOOK_SWEEP_LEN];

    if (!sweep->runs || payload.len != sizeof mine) {
        return 0;
    }
    uint64_t last = bytes_get_u64((const uint8_t *)payload.text + 12);
    uint64_t end = sweep->bits == 0 ? 1 : (last >> (64 - sweep->bits)) + 1;
    if (end <= sweep->next) {
        return 0;
    }
    book_sweep_payload(book, end - sweep->next, mine);
    return slice_equal(payload, (slice_t){(const char *)mine, sizeof mine}) ? end - sweep->next : 0;
}

void book_apply_sweep(struct book *book, uint64_t ranges, int64_t received_ms,
                      struct writer *results)
{
    struct swept swept;

    apply_sweep(&book->apply, ranges, &swept);
    book->sweep_owed = false;
    write_varint(results, swept.lots);
    write_varint(results, money_sum_high(swept.breakage));
    write_varint(results, money_sum_low(swept.breakage));
    book->clock_ms = received_ms;
    book->records++;
}
