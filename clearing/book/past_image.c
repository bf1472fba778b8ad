/* The index over the past as bytes: terminals with their runs, records by their first sequence
 * number, releases. */
#include "clearing/base/memory.h"
#include "clearing/book/past_index.h"

static void terminal_save(const struct past_terminal *terminal, struct spool *spool)
{
    struct writer *writer = spool_room(spool, 64 + CODE_LEN_MAX);
    uint64_t first = 0;

    write_varint(writer, terminal->store.n);
    write_slice(writer, code_slice(&terminal->code));
    write_varint(writer, terminal->count);
    for (uint32_t i = 0; i < terminal->count; i++) {
        const struct past_run *run = &terminal->runs[i];
        writer = spool_room(spool, 48);
        write_varint(writer, run->first - first); /* they rise */
        write_varint(writer, run->last - run->first);
        write_varint(writer, run->record);
        first = run->first;
    }
}

void past_index_save(const struct past_index *past, struct spool *spool)
{
    uint64_t seq = 0;
    uint64_t record = 0;

    write_varint(spool_room(spool, 16), past->count);
    for (uint32_t i = 0; i < past->count; i++) {
        terminal_save(&past->terminals[i], spool);
    }
    write_varint(spool_room(spool, 16), past->record_count);
    for (uint32_t i = 0; i < past->record_count; i++) {
        struct writer *writer = spool_room(spool, 32);
        write_varint(writer, past->records[i].first_seq - seq);
        write_varint(writer, past->records[i].record - record);
        seq = past->records[i].first_seq;
        record = past->records[i].record;
    }
    map_save(&past->released, spool);
}

static bool terminal_load(struct past_index *past, struct reader *reader)
{
    store_t store = {(uint32_t)read_varint_max(reader, UINT32_MAX)};
    slice_t code = read_slice(reader);
    uint64_t count = read_varint_max(reader, reader->len);
    uint64_t first = 0;

    if (reader->bad || !code_valid(code)) {
        return false;
    }
    struct past_terminal *terminal = past_index_terminal(past, store, code);
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        first += read_varint(reader);
        struct past_run run = {.first = first, .last = first + read_varint(reader)};
        run.record = read_varint(reader);
        MEMORY_GROW(terminal->runs, terminal->count, terminal->capacity);
        terminal->runs[terminal->count++] = run;
    }
    past_runs_settle(terminal, 0);
    return !reader->bad;
}

bool past_index_load(struct past_index *past, struct reader *reader)
{
    uint64_t terminals = read_varint_max(reader, reader->len);
    struct past_record at = {0, 0};

    for (uint64_t i = 0; i < terminals && !reader->bad; i++) {
        reader->bad = !terminal_load(past, reader);
    }
    uint64_t records = read_varint_max(reader, reader->len);
    for (uint64_t i = 0; i < records && !reader->bad; i++) {
        at.first_seq += read_varint(reader);
        at.record += read_varint(reader);
        MEMORY_GROW(past->records, past->record_count, past->record_capacity);
        past->records[past->record_count++] = at;
    }
    return !reader->bad && map_load(&past->released, reader);
}
