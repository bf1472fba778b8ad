/* The book as bytes. What is derived is not kept: indexes by hash, the registry and the terms (the
 * records that made them are named), scratch. */
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/book/book.h"

#define IMAGE_VERSION 7
#define EVENT_ROOM    (2 * CODE_LEN_MAX + 64)

static bool read_code(struct reader *reader, code_t *ret_code)
{
    slice_t text = read_slice(reader);

    if (reader->bad || !code_valid(text)) {
        reader->bad = true;
        return false;
    }
    *ret_code = code_of(text);
    return true;
}

static void read_raw(struct reader *reader, uint8_t *ret_bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ret_bytes[i] = read_u8(reader);
    }
}

/* --- streams --- */

static bool stream_empty(const struct stream *stream)
{
    static const uint8_t none[SIGN_KEY_ID_LEN];

    return digest_equal(stream->key_id, none) && stream->next == 1 && stream->frozen_from == 0;
}

static void stream_save(const struct stream *stream, struct spool *spool)
{
    struct writer *writer = spool_room(spool, 512);
    uint64_t last = 0;

    write_u8(writer, stream->has_key ? 1 : 0);
    write_bytes(writer, stream->key_id, sizeof stream->key_id);
    write_bytes(writer, stream->public_key, sizeof stream->public_key);
    write_bytes(writer, stream->transport_key, sizeof stream->transport_key);
    write_varint(writer, stream->next);
    write_bytes(writer, stream->last, sizeof stream->last);
    write_varint(writer, stream->frozen_from);
    write_varint(writer, stream->evidence);
    write_varint(writer, stream->first_sequence);
    write_varint(writer, stream->record_count);
    for (uint32_t i = 0; i < stream->record_count; i++) {
        write_varint(spool_room(spool, 16), stream->records[i] - last);
        last = stream->records[i];
    }
}

static void stream_load(struct stream *stream, struct reader *reader)
{
    uint64_t record = 0;

    stream->has_key = read_u8(reader) == 1;
    read_raw(reader, stream->key_id, sizeof stream->key_id);
    read_raw(reader, stream->public_key, sizeof stream->public_key);
    read_raw(reader, stream->transport_key, sizeof stream->transport_key);
    stream->next = read_varint(reader);
    read_raw(reader, stream->last, sizeof stream->last);
    stream->frozen_from = read_varint(reader);
    stream->evidence = read_varint(reader);
    stream->first_sequence = read_varint(reader);
    uint64_t count = read_varint_max(reader, reader->len);
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        record += read_varint(reader);
        MEMORY_GROW(stream->records, stream->record_count, stream->record_capacity);
        stream->records[stream->record_count++] = record;
    }
    /* a batch of each sequence from the first on */
    reader->bad = reader->bad || stream->next != stream->first_sequence + stream->record_count;
}

/* Up to the last that has anything: how many there is room for depends on who asked. */
static void streams_save(const struct book *book, struct spool *spool)
{
    uint32_t count = book->stream_capacity;

    while (count > 0 && stream_empty(&book->streams[count - 1])) {
        count--;
    }
    write_varint(spool_room(spool, 16), count);
    for (uint32_t i = 0; i < count; i++) {
        stream_save(&book->streams[i], spool);
    }
}

/* --- cycles and lists --- */

static void cycles_save(const struct book *book, struct spool *spool)
{
    write_varint(spool_room(spool, 16), book->cycle_count);
    for (uint32_t i = 0; i < book->cycle_count; i++) {
        const struct cycle *cycle = &book->cycles[i];
        struct writer *writer = spool_room(spool, 64 + CODE_LEN_MAX + REASON_LEN_MAX + 16);
        write_slice(writer, code_slice(&cycle->id));
        write_signed(writer, cycle->from);
        write_signed(writer, cycle->to);
        write_varint(writer, cycle->first_record);
        write_varint(writer, cycle->close_record);
        write_varint(writer, cycle->missing);
        write_slice(writer, (slice_t){cycle->incomplete, cycle->incomplete_len});
    }
}

static void cycles_load(struct book *book, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct cycle cycle = {0};
        (void)read_code(reader, &cycle.id);
        cycle.from = read_day(reader);
        cycle.to = read_day(reader);
        cycle.first_record = read_varint(reader);
        cycle.close_record = read_varint(reader);
        cycle.missing = read_varint32(reader);
        slice_t why = read_slice(reader);
        if (reader->bad || why.len > REASON_LEN_MAX) {
            reader->bad = true;
            return;
        }
        cycle.incomplete_len = why.len;
        memcpy(cycle.incomplete, why.text, why.len);
        MEMORY_GROW(book->cycles, book->cycle_count, book->cycle_capacity);
        book->cycles[book->cycle_count++] = cycle;
    }
}

/* Reports sort the lists whenever they are asked for: they are written sorted. */
static void events_save(const struct report_events *events, struct spool *spool)
{
    struct report_events sorted = {.count = events->count};

    sorted.list = memory_zeroed(events->count + 1, sizeof *sorted.list);
    if (events->count > 0) {
        memcpy(sorted.list, events->list, events->count * sizeof *sorted.list);
    }
    report_events_sort(&sorted);
    write_varint(spool_room(spool, 16), sorted.count);
    for (uint32_t i = 0; i < sorted.count; i++) {
        const struct report_event *event = &sorted.list[i];
        struct writer *writer = spool_room(spool, EVENT_ROOM);
        write_slice(writer, code_slice(&event->store));
        write_slice(writer, code_slice(&event->terminal));
        write_varint(writer, event->number);
        write_u8(writer, (uint8_t)event->outcome);
        write_signed(writer, event->occurred);
        write_signed(writer, event->booked);
    }
    free(sorted.list);
}

static void events_load(struct report_events *events, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct report_event event = {0};
        (void)read_code(reader, &event.store);
        (void)read_code(reader, &event.terminal);
        event.number = read_varint(reader);
        event.outcome = (outcome_t)read_u8(reader);
        event.occurred = read_day(reader);
        event.booked = read_day(reader);
        report_events_add(events, &event);
    }
}

static void adjustments_save(const struct report_adjustments *adjustments, struct spool *spool)
{
    write_varint(spool_room(spool, 16), adjustments->count);
    for (uint32_t i = 0; i < adjustments->count; i++) {
        const struct report_adjustment *row = &adjustments->list[i];
        struct writer *writer =
            spool_room(spool, 72 + CODE_LEN_MAX + REASON_LEN_MAX + REPORT_ABOUT_MAX);
        write_varint(writer, row->debtor.n);
        write_varint(writer, row->creditor.n);
        write_varint(writer, (uint64_t)money_fen(row->amount));
        write_signed(writer, row->booked);
        write_slice(writer, code_slice(&row->person));
        write_u8(writer, (uint8_t)row->kind);
        write_slice(writer, slice_of(row->about));
        write_slice(writer, slice_of(row->reason));
    }
}

static void read_text(struct reader *reader, uint32_t len_max, char *ret_text)
{
    slice_t text = read_slice(reader);

    if (reader->bad || text.len > len_max) {
        reader->bad = true;
        return;
    }
    memcpy(ret_text, text.text, text.len);
}

static void adjustments_load(struct report_adjustments *adjustments, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct report_adjustment row = {0};
        row.debtor.n = (uint32_t)read_varint_max(reader, UINT32_MAX - 1);
        row.creditor.n = (uint32_t)read_varint_max(reader, UINT32_MAX - 1);
        row.amount = money((int64_t)read_varint_max(reader, AMOUNT_MAX));
        row.booked = read_day(reader);
        (void)read_code(reader, &row.person);
        row.kind = (claim_kind_t)read_u8(reader);
        reader->bad = reader->bad || row.kind >= KIND_COUNT;
        read_text(reader, REPORT_ABOUT_MAX, row.about);
        read_text(reader, REASON_LEN_MAX, row.reason);
        report_adjustments_add(adjustments, &row);
    }
}

/* --- the whole --- */

static void head_save(const struct book *book, struct spool *spool)
{
    struct writer *writer = spool_room(spool, 512);

    write_u8(writer, IMAGE_VERSION);
    write_varint(writer, book->records);
    write_u8(writer, book->begun ? 1 : 0);
    write_bytes(writer, book->network, sizeof book->network);
    write_bytes(writer, book->hq_key, sizeof book->hq_key);
    write_bytes(writer, book->ledger_key, sizeof book->ledger_key);
    write_slice(writer, code_slice(&book->alliance));
    write_u8(writer, book->test_clock ? 1 : 0);
    write_signed(writer, book->clock_ms);
    write_varint(writer, book->hq_number);
    write_signed(writer, book->cycle_from);
    write_varint(writer, book->cycle_first_record);
    write_u8(writer, book->sweep_owed ? 1 : 0);
    write_varint(writer, book->rule_count);
    for (uint32_t i = 0; i < book->rule_count; i++) {
        write_varint(spool_room(spool, 16), book->rules[i]);
    }
    write_varint(spool_room(spool, 16), book->part_count);
    for (uint32_t i = 0; i < book->part_count; i++) {
        struct writer *part = spool_room(spool, 16 + DIGEST_LEN);
        write_varint(part, book->parts[i].record);
        write_bytes(part, book->parts[i].digest, DIGEST_LEN);
    }
}

void book_save(const struct book *book, struct spool *spool)
{
    head_save(book, spool);
    state_save(&book->state, spool);
    past_index_save(&book->past, spool);
    streams_save(book, spool);
    cycles_save(book, spool);
    events_save(&book->refused, spool);
    events_save(&book->late, spool);
    adjustments_save(&book->adjustments, spool);
    suspense_save(&book->suspense, spool);
    people_save(&book->people, spool);
    spool_end(spool);
}

static bool rules_load(struct book *book, struct reader *reader, struct fault *ret_fault)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        uint64_t index = read_varint(reader);
        if (index >= book->records || !book_restore_rules(book, index, ret_fault)) {
            return false;
        }
        MEMORY_GROW(book->rules, book->rule_count, book->rule_capacity);
        book->rules[book->rule_count++] = index;
    }
    return !reader->bad;
}

/* They rise, and are of records before. */
static bool parts_load(struct book *book, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct book_part part = {.record = read_varint(reader)};
        read_raw(reader, part.digest, DIGEST_LEN);
        reader->bad = reader->bad || part.record >= book->records ||
                      (i > 0 && part.record <= book->parts[i - 1].record);
        MEMORY_GROW(book->parts, book->part_count, book->part_capacity);
        book->parts[book->part_count++] = part;
    }
    return !reader->bad;
}

static bool head_load(struct book *book, struct reader *reader, struct fault *ret_fault)
{
    if (read_u8(reader) != IMAGE_VERSION) {
        return fault_set(ret_fault, FAULT_FORMAT, "it is of another version");
    }
    book->records = read_varint(reader);
    book->begun = read_u8(reader) == 1;
    read_raw(reader, book->network, sizeof book->network);
    read_raw(reader, book->hq_key, sizeof book->hq_key);
    read_raw(reader, book->ledger_key, sizeof book->ledger_key);
    (void)read_code(reader, &book->alliance);
    book->test_clock = read_u8(reader) == 1;
    book->clock_ms = read_signed(reader);
    book->hq_number = read_varint(reader);
    book->cycle_from = read_day(reader);
    book->cycle_first_record = read_varint(reader);
    book->sweep_owed = read_u8(reader) == 1;
    return !reader->bad && rules_load(book, reader, ret_fault) && parts_load(book, reader);
}

bool book_load(struct book *book, struct reader *reader, struct fault *ret_fault)
{
    fault_set(ret_fault, FAULT_FORMAT, "its bytes are not those of a book");
    if (!head_load(book, reader, ret_fault) || !state_load(&book->state, reader) ||
        !past_index_load(&book->past, reader)) {
        return false;
    }
    uint64_t streams = read_varint_max(reader, reader->len);
    for (uint32_t i = 0; i < streams && !reader->bad; i++) {
        stream_load(book_stream(book, (store_t){i}), reader);
    }
    cycles_load(book, reader);
    events_load(&book->refused, reader);
    events_load(&book->late, reader);
    adjustments_load(&book->adjustments, reader);
    return suspense_load(&book->suspense, reader) &&
           people_load(&book->people, reader) && reader_done(reader);
}

static void add_to_digest(void *context, slice_t bytes)
{
    digest_add(context, bytes.text, bytes.len);
}

void book_digest(const struct book *book, uint8_t ret_digest[DIGEST_LEN])
{
    struct digest *digest = digest_new();
    struct spool spool = {
        .writer = {.bytes = memory_resize(NULL, SPOOL_ROOM_MAX, 1), .capacity = SPOOL_ROOM_MAX},
        .context = digest,
        .empty = add_to_digest,
    };

    book_save(book, &spool);
    digest_finish(digest, ret_digest);
    digest_free(digest);
    free(spool.writer.bytes);
}
