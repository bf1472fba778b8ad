/* Running numbers and waiting events as bytes. */
#include "clearing/base/memory.h"
#include "clearing/order/numbers.h"
#include "clearing/order/waiting.h"

/* --- numbers: terminals in the order of their first number, each with its gaps --- */

void numbers_save(const struct numbers *numbers, struct spool *spool)
{
    write_varint(spool_room(spool, 16), numbers->count);
    for (uint32_t i = 0; i < numbers->count; i++) {
        const struct terminal *terminal = &numbers->terminals[i];
        struct writer *writer = spool_room(spool, 64 + CODE_LEN_MAX);
        write_varint(writer, terminal->store.n);
        write_slice(writer, code_slice(&terminal->code));
        write_varint(writer, terminal->highest);
        write_varint(writer, terminal->gap_count);
        for (uint32_t k = 0; k < terminal->gap_count; k++) {
            const struct gap *gap = &terminal->gaps[k];
            writer = spool_room(spool, 48);
            write_varint(writer, gap->first);
            write_varint(writer, gap->last);
            write_signed(writer, gap->since);
        }
    }
}

static void gaps_load(struct terminal *terminal, uint64_t count, struct reader *reader)
{
    for (uint64_t k = 0; k < count && !reader->bad; k++) {
        struct gap gap = {.first = read_varint(reader), .last = 0};
        gap.last = read_varint(reader);
        gap.since = read_day(reader);
        MEMORY_GROW(terminal->gaps, terminal->gap_count, terminal->gap_capacity);
        terminal->gaps[terminal->gap_count++] = gap;
    }
}

bool numbers_load(struct numbers *numbers, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        store_t store = {read_varint32(reader)};
        slice_t code = read_slice(reader);
        uint64_t highest = read_varint(reader);
        uint64_t gap_count = read_varint_max(reader, reader->len);
        if (reader->bad || !code_valid(code)) {
            reader->bad = true;
            return false;
        }
        struct terminal *terminal = numbers_terminal(numbers, store, code);
        terminal->highest = highest;
        gaps_load(terminal, gap_count, reader);
    }
    return !reader->bad;
}

/* --- waiting events; holes of the list are not kept --- */

void waiting_save(const struct waiting *waiting, struct spool *spool)
{
    write_varint(spool_room(spool, 16), waiting->live);
    for (uint32_t i = 0; i < waiting->count; i++) {
        const struct waiting_event *entry = &waiting->list[i];
        if (entry->bytes == NULL) {
            continue;
        }
        struct writer *writer = spool_room(spool, 64 + entry->len);
        write_slice(writer, (slice_t){(const char *)entry->bytes, entry->len});
        write_varint(writer, entry->store.n);
        write_signed(writer, entry->came);
        write_u8(writer, (uint8_t)entry->reason);
        write_varint(writer, entry->member);
        write_varint(writer, entry->of_key);
    }
}

bool waiting_load(struct waiting *waiting, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        slice_t bytes = read_slice(reader);
        struct waiting_event entry = {
            .bytes = (uint8_t *)(uintptr_t)bytes.text,
            .len = bytes.len,
            .store = {read_varint32(reader)},
        };
        entry.came = read_day(reader);
        entry.reason = (outcome_t)read_u8(reader);
        entry.member = read_varint(reader);
        entry.of_key = read_varint(reader);
        if (reader->bad || bytes.len == 0) {
            reader->bad = true;
            return false;
        }
        waiting_keep(waiting, entry);
    }
    return !reader->bad;
}
