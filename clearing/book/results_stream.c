#include "clearing/book/results_stream.h"

#include <stdlib.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"

#define HEAD_FIXED 6 /* count and length of the stream */
#define MARK_LEN   8

static uint32_t mark_count(uint32_t events)
{
    return events == 0 ? 0 : (events - 1) / RESULTS_MARK;
}

static size_t head_len(uint32_t events)
{
    return HEAD_FIXED + 2 * (size_t)events + MARK_LEN * (size_t)mark_count(events);
}

void results_stream_reset(struct results_stream *stream)
{
    stream->count = 0;
    stream->accepted = 0;
    stream->bytes.len = 0;
    stream->bytes.full = false;
}

/* Write one item; false when the buffer was too small (nothing is kept then). */
static bool put_item(struct results_stream *stream, const struct cleared *cleared, slice_t results)
{
    struct writer *bytes = &stream->bytes;
    size_t before = bytes->len;

    write_varint(bytes, cleared->released);
    if (cleared->released) {
        write_varint(bytes, cleared->store.n);
        write_slice(bytes, cleared->event->terminal);
        write_varint(bytes, cleared->event->number);
    }
    write_slice(bytes, results);
    if (bytes->full) {
        bytes->len = before;
        bytes->full = false;
        return false;
    }
    return true;
}

/* The event's own results, in a buffer that is kept. */
static slice_t own_results(const struct cleared *cleared)
{
    static _Thread_local struct writer writer;

    writer.len = 0;
    while (results_write(&writer, cleared->outcome, cleared->waiting_for, cleared->effects),
           writer.full) {
        writer.capacity = writer.capacity == 0 ? 4096 : writer.capacity * 2;
        writer.bytes = memory_resize(writer.bytes, writer.capacity, 1);
        writer.len = 0;
        writer.full = false;
    }
    return (slice_t){(const char *)writer.bytes, (uint32_t)writer.len};
}

/* An event of the batch: its outcome, and a mark where it is time for one. */
static void put_pair(struct results_stream *stream, const struct cleared *cleared)
{
    if (stream->count == stream->pair_capacity) {
        stream->pair_capacity = stream->pair_capacity == 0 ? 1024 : stream->pair_capacity * 2;
        stream->pairs = memory_resize(stream->pairs, stream->pair_capacity, 2);
        stream->marks = memory_resize(
            stream->marks, mark_count(stream->pair_capacity), sizeof *stream->marks);
    }
    if (stream->count > 0 && stream->count % RESULTS_MARK == 0) {
        stream->marks[stream->count / RESULTS_MARK - 1] = (struct results_mark){
            .offset = (uint32_t)stream->bytes.len, .accepted = stream->accepted};
    }
    stream->pairs[2 * stream->count] = (uint8_t)cleared->outcome;
    stream->pairs[2 * stream->count + 1] = (uint8_t)cleared->waiting_for;
    stream->count++;
}

void results_stream_add(struct results_stream *stream, const struct cleared *cleared)
{
    if (!cleared->released) {
        put_pair(stream, cleared);
    }
    stream->accepted += outcome_accepted(cleared->outcome);
    if (!outcome_accepted(cleared->outcome) && !cleared->released) {
        return;
    }
    slice_t results = own_results(cleared);
    while (!put_item(stream, cleared, results)) {
        size_t capacity = stream->bytes.capacity;
        stream->bytes.capacity = capacity == 0 ? 65536 : capacity * 2;
        stream->bytes.bytes = memory_resize(stream->bytes.bytes, stream->bytes.capacity, 1);
    }
}

void results_stream_deinit(struct results_stream *stream)
{
    free(stream->pairs);
    free(stream->marks);
    free(stream->bytes.bytes);
    *stream = (struct results_stream){0};
}

size_t results_stream_head(const struct results_stream *stream, size_t payload_len,
                           struct writer *head)
{
    uint8_t number[4];
    size_t fixed = head_len(stream->count);

    CHECK(payload_len + fixed <= RECORD_CONTENT_MAX);
    size_t room = RECORD_CONTENT_MAX - payload_len - fixed;
    size_t piece = stream->bytes.len < room ? stream->bytes.len : room;

    bytes_put_u16(number, (uint16_t)stream->count);
    write_bytes(head, number, 2);
    write_bytes(head, stream->pairs, 2 * (size_t)stream->count);
    for (uint32_t i = 0; i < mark_count(stream->count); i++) {
        bytes_put_u32(number, stream->marks[i].offset);
        write_bytes(head, number, 4);
        bytes_put_u32(number, stream->marks[i].accepted);
        write_bytes(head, number, 4);
    }
    bytes_put_u32(number, (uint32_t)stream->bytes.len);
    write_bytes(head, number, 4);
    write_bytes(head, stream->bytes.bytes, piece);
    CHECK(!head->full);
    return piece;
}

void results_stream_foot(const struct results_stream *stream, struct writer *writer)
{
    uint8_t foot[RESULTS_FOOT_LEN];

    CHECK(stream->count == 0);
    bytes_put_u16(foot, 0);
    bytes_put_u32(foot + 2, (uint32_t)stream->bytes.len);
    write_bytes(writer, foot, sizeof foot);
}

bool results_item_read(struct reader *reader, struct results_item *ret_item)
{
    struct results_item item = {0};

    if (reader->bad || reader->at == reader->len) {
        return false;
    }
    item.released = read_varint_max(reader, 1) == 1;
    if (item.released) {
        item.store.n = (uint32_t)read_varint_max(reader, UINT32_MAX - 1);
        item.terminal = read_slice(reader);
        item.number = read_varint(reader);
    }
    item.results = read_slice(reader);
    if (reader->bad) {
        return false;
    }
    *ret_item = item;
    return true;
}

bool results_head_read(slice_t results, struct results_head *ret_head)
{
    const uint8_t *bytes = (const uint8_t *)results.text;
    struct results_head head = {0};

    if (results.len < HEAD_FIXED) {
        return false;
    }
    head.count = bytes_get_u16(bytes);
    size_t fixed = head_len(head.count);
    if (results.len < fixed) {
        return false;
    }
    head.pairs = bytes + 2;
    head.marks = head.pairs + 2 * (size_t)head.count;
    head.stream_len = bytes_get_u32(bytes + fixed - 4);
    head.piece = (slice_t){results.text + fixed, results.len - (uint32_t)fixed};
    if (head.piece.len > head.stream_len) {
        return false;
    }
    *ret_head = head;
    return true;
}

struct results_mark results_head_mark(const struct results_head *head, uint32_t place)
{
    if (place < RESULTS_MARK) {
        return (struct results_mark){0};
    }
    const uint8_t *mark = head->marks + MARK_LEN * (size_t)(place / RESULTS_MARK - 1);
    return (struct results_mark){bytes_get_u32(mark), bytes_get_u32(mark + 4)};
}
