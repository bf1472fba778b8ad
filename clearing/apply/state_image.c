/* The state as bytes. */
#include <stdlib.h>

#include "clearing/apply/state.h"
#include "clearing/base/memory.h"

/* --- originals: by sequence --- */

static void originals_save(const struct originals *originals, struct spool *spool)
{
    map_save(&originals->index, spool);
    for (uint32_t i = 0; i < originals->count; i++) {
        const struct original *original = &originals->list[i];
        struct writer *writer = spool_room(spool, 48);
        write_signed(writer, money_fen(original->refunded));
        write_varint(writer, original->refunds);
        write_u8(writer, original->voided ? 1 : 0);
        write_varint(writer, original->last_refund);
    }
    map_save(&originals->taken, spool);
    map_save(&originals->cashed, spool);
    map_save(&originals->returned, spool);
}

static bool originals_load(struct originals *originals, struct reader *reader)
{
    if (!map_load(&originals->index, reader)) {
        return false;
    }
    for (uint64_t i = 0; i < originals->index.count && !reader->bad; i++) {
        struct original original = {.refunded = money(read_signed(reader))};
        original.refunds = (uint32_t)read_varint_max(reader, UINT32_MAX);
        original.voided = read_u8(reader) == 1;
        original.last_refund = read_varint(reader);
        MEMORY_GROW(originals->list, originals->count, originals->capacity);
        originals->list[originals->count++] = original;
    }
    return !reader->bad && map_load(&originals->taken, reader) &&
           map_load(&originals->cashed, reader) && map_load(&originals->returned, reader);
}

/* --- the sweep --- */

static void sweep_save(const struct sweep *sweep, struct spool *spool)
{
    struct writer *writer = spool_room(spool, 64);

    write_u8(writer, sweep->runs ? 1 : 0);
    if (sweep->runs) {
        write_signed(writer, sweep->from);
        write_signed(writer, sweep->through);
        write_varint(writer, sweep->accepted);
        write_u8(writer, (uint8_t)sweep->bits);
        write_varint(writer, sweep->next);
    }
}

static bool sweep_load(struct sweep *sweep, struct reader *reader)
{
    *sweep = (struct sweep){.runs = read_u8(reader) == 1};
    if (sweep->runs) {
        sweep->from = read_day(reader);
        sweep->through = read_day(reader);
        sweep->accepted = read_varint(reader);
        sweep->bits = read_u8(reader);
        sweep->next = read_varint(reader);
        reader->bad = reader->bad || sweep->bits > SWEEP_BITS_MAX ||
                      sweep->next >= 1ULL << sweep->bits;
    }
    return !reader->bad;
}

void state_save(const struct state *state, struct spool *spool)
{
    struct writer *writer = spool_room(spool, 96);

    write_signed(writer, state->open_day);
    write_varint(writer, state->accepted);
    write_signed(writer, state->next_expiry);
    write_varint(writer, state->opening_first);
    write_varint(writer, state->opening_last);
    sweep_save(&state->sweep, spool);
    members_save(&state->members, spool);
    numbers_save(&state->numbers, spool);
    waiting_save(&state->waiting, spool);
    totals_save(&state->totals, spool);
    originals_save(&state->originals, spool);
    positions_save(&state->positions, spool);
    disputes_save(&state->disputes, spool);
}

bool state_load(struct state *state, struct reader *reader)
{
    state->open_day = read_day(reader);
    state->accepted = read_varint(reader);
    state->next_expiry = read_day(reader);
    state->opening_first = read_varint(reader);
    state->opening_last = read_varint(reader);
    return sweep_load(&state->sweep, reader) && members_load(&state->members, reader) &&
           numbers_load(&state->numbers, reader) && waiting_load(&state->waiting, reader) &&
           totals_load(&state->totals, reader) &&
           originals_load(&state->originals, reader) &&
           positions_load(&state->positions, reader) &&
           disputes_load(&state->disputes, reader);
}
