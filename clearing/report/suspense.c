#include "clearing/report/suspense.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

#define ITEM_ROOM (2 * CODE_LEN_MAX + 96)

/* Does money or do goods change hands at the till in such an event? A void gives nothing that its
 * original did not, points cost nobody at the till, the others count. */
static bool moves_value(event_type_t type)
{
    switch (type) {
    case EVENT_TOPUP:
    case EVENT_SALE:
    case EVENT_CAPTURE:
    case EVENT_REFUND:
    case EVENT_PACK_SALE:
    case EVENT_CASHOUT:
        return true;
    case EVENT_ENROL:
    case EVENT_VOID:
    case EVENT_POINTS_GRANT:
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
    case EVENT_DAY_TOTAL:
        return false;
    }
    return false;
}

/* Under a number that is spent the ledger has what happened. */
static bool refused_for_good(outcome_t outcome)
{
    return !outcome_accepted(outcome) && outcome != OUTCOME_WAITING &&
           outcome != OUTCOME_DUPLICATE && outcome != OUTCOME_NUMBER_REUSED &&
           outcome != OUTCOME_SETTLED_OTHERWISE;
}

/* What is no amount (BAD_AMOUNT) says nothing of what has moved. */
static money_t amount_of(int64_t fen)
{
    return money(fen < 0 || fen > AMOUNT_MAX ? 0 : fen);
}

/* Returns: the place of an item in the list; count: it is not there, as its key nearly always
 * says. */
static uint32_t place_of(const struct suspense *suspense, uint64_t key, const code_t *store,
                         slice_t terminal, uint64_t number)
{
    const uint64_t *items = map_find(&suspense->keys, key);

    if (items == NULL || *items == 0) {
        return suspense->count;
    }
    for (uint32_t i = 0; i < suspense->count; i++) {
        const struct suspense_item *item = &suspense->list[i];
        if (item->number == number && slice_equal(code_slice(&item->terminal), terminal) &&
            slice_equal(code_slice(&item->store), code_slice(store))) {
            return i;
        }
    }
    return suspense->count;
}

static void add(struct suspense *suspense, const struct suspense_item *item, uint64_t key)
{
    MEMORY_GROW(suspense->list, suspense->count, suspense->capacity);
    suspense->list[suspense->count++] = *item;
    *map_put(&suspense->keys, key) += 1;
}

void suspense_hear(struct suspense *suspense, const struct cleared *cleared, const code_t *store,
                   uint64_t record)
{
    const struct event *event = cleared->event;
    bool leaves =
        outcome_accepted(cleared->outcome) || cleared->outcome == OUTCOME_SETTLED_OTHERWISE;
    bool hangs = refused_for_good(cleared->outcome) && !event->ask && moves_value(event->type);

    if ((leaves && suspense->count == 0) || (!leaves && !hangs)) {
        return; /* nearly always */
    }
    uint64_t key = waiting_key(code_slice(store), event->terminal, event->number);
    uint32_t place = place_of(suspense, key, store, event->terminal, event->number);
    if (leaves) {
        if (place < suspense->count) {
            memmove(&suspense->list[place], &suspense->list[place + 1],
                    (suspense->count - place - 1) * sizeof *suspense->list);
            suspense->count--;
            *map_put(&suspense->keys, key) -= 1;
        }
        return;
    }
    const struct suspense_item item = {
        .store = *store,
        .terminal = code_of(event->terminal),
        .number = event->number,
        .type = event->type,
        .reason = cleared->outcome,
        .amount = amount_of(event->amount_fen),
        .member = event->member,
        .came = place < suspense->count ? suspense->list[place].came : cleared->booked,
        .record = record,
    };
    if (place < suspense->count) {
        suspense->list[place] = item;
    } else {
        add(suspense, &item, key);
    }
}

const struct suspense_item *suspense_find(const struct suspense *suspense, const code_t *store,
                                          slice_t terminal, uint64_t number)
{
    uint64_t key = waiting_key(code_slice(store), terminal, number);
    uint32_t place = place_of(suspense, key, store, terminal, number);

    return place == suspense->count ? NULL : &suspense->list[place];
}

void suspense_deinit(struct suspense *suspense)
{
    free(suspense->list);
    map_deinit(&suspense->keys);
    *suspense = (struct suspense){0};
}

void suspense_save(const struct suspense *suspense, struct spool *spool)
{
    write_varint(spool_room(spool, 16), suspense->count);
    for (uint32_t i = 0; i < suspense->count; i++) {
        const struct suspense_item *item = &suspense->list[i];
        struct writer *writer = spool_room(spool, ITEM_ROOM);
        write_slice(writer, code_slice(&item->store));
        write_slice(writer, code_slice(&item->terminal));
        write_varint(writer, item->number);
        write_u8(writer, (uint8_t)item->type);
        write_u8(writer, (uint8_t)item->reason);
        write_varint(writer, (uint64_t)money_fen(item->amount));
        write_varint(writer, item->member);
        write_signed(writer, item->came);
        write_varint(writer, item->record);
    }
}

bool suspense_load(struct suspense *suspense, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count; i++) {
        struct suspense_item item = {0};
        slice_t store = read_slice(reader);
        slice_t terminal = read_slice(reader);
        item.number = read_varint(reader);
        item.type = (event_type_t)read_u8(reader);
        item.reason = (outcome_t)read_u8(reader);
        item.amount = money((int64_t)read_varint_max(reader, AMOUNT_MAX));
        item.member = read_varint(reader);
        item.came = read_day(reader);
        item.record = read_varint(reader);
        if (reader->bad || !code_valid(store) || !code_valid(terminal) ||
            !moves_value(item.type) || !refused_for_good(item.reason)) {
            reader->bad = true;
            return false;
        }
        item.store = code_of(store);
        item.terminal = code_of(terminal);
        add(suspense, &item, waiting_key(store, terminal, item.number));
    }
    return !reader->bad;
}
