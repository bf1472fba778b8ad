#include "clearing/members/holds.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

/* So many holes are let be before the list is laid together. */
#define HOLES_LET_BE 64

static void chain(struct holds *holds, uint32_t place)
{
    struct hold *hold = &holds->list[place];
    uint64_t *first = map_put(&holds->by_member, hold->member);

    hold->next_of_member = (uint32_t)*first;
    *first = place + 1;
    *map_put(&holds->by_seq, hold->seq) = place + 1;
}

void holds_add(struct holds *holds, struct hold hold)
{
    MEMORY_GROW(holds->list, holds->count, holds->capacity);
    holds->list[holds->count] = hold;
    chain(holds, holds->count++);
    holds->live++;
}

const struct hold *holds_find(const struct holds *holds, uint64_t seq)
{
    const uint64_t *place = map_find(&holds->by_seq, seq);

    return place == NULL || *place == 0 ? NULL : &holds->list[*place - 1];
}

int64_t holds_sum(const struct holds *holds, uint64_t member, product_t product, store_t store)
{
    const uint64_t *first = map_find(&holds->by_member, member);
    int64_t sum = 0; /* the holds of a member are at most its value: no overflow */

    for (uint64_t at = first == NULL ? 0 : *first; at != 0;
         at = holds->list[at - 1].next_of_member) {
        const struct hold *hold = &holds->list[at - 1];
        bool counts = !hold->here_only || store.n == STORE_NONE.n || hold->store.n == store.n;
        if (hold->product.n == product.n && counts) {
            sum += hold->amount;
        }
    }
    return sum;
}

static void unchain(struct holds *holds, uint32_t place)
{
    const struct hold *hold = &holds->list[place];
    uint64_t *first = map_find(&holds->by_member, hold->member);

    *map_find(&holds->by_seq, hold->seq) = 0;
    if (*first == place + 1) {
        *first = hold->next_of_member;
        return;
    }
    uint32_t at = (uint32_t)*first;
    while (holds->list[at - 1].next_of_member != place + 1) {
        at = holds->list[at - 1].next_of_member;
    }
    holds->list[at - 1].next_of_member = hold->next_of_member;
}

/* Lay the open ones side by side, in their order: what ended keeps no memory. */
static void lay_together(struct holds *holds)
{
    struct holds laid = {0};

    for (uint32_t i = 0; i < holds->count; i++) {
        if (holds->list[i].seq != 0) {
            holds_add(&laid, holds->list[i]);
        }
    }
    holds_deinit(holds);
    *holds = laid;
}

static void end_at(struct holds *holds, uint32_t place)
{
    unchain(holds, place);
    holds->list[place].seq = 0;
    holds->live--;
}

void holds_end(struct holds *holds, uint64_t seq)
{
    const struct hold *hold = holds_find(holds, seq);

    if (hold == NULL) {
        return;
    }
    end_at(holds, (uint32_t)(hold - holds->list));
    if (holds->count - holds->live > holds->live + HOLES_LET_BE) {
        lay_together(holds);
    }
}

void holds_end_before(struct holds *holds, day_t day)
{
    bool any = false;

    for (uint32_t i = 0; i < holds->count; i++) {
        if (holds->list[i].seq != 0 && holds->list[i].until < day) {
            end_at(holds, i);
            any = true;
        }
    }
    if (any) {
        lay_together(holds);
    }
}

void holds_move(struct holds *holds, uint64_t from, uint64_t into)
{
    const uint64_t *first = map_find(&holds->by_member, from);

    for (uint64_t at = first == NULL ? 0 : *first; at != 0;) {
        struct hold *hold = &holds->list[at - 1];
        uint64_t next = hold->next_of_member;
        unchain(holds, (uint32_t)at - 1);
        hold->member = into;
        chain(holds, (uint32_t)at - 1);
        at = next;
    }
}

void holds_deinit(struct holds *holds)
{
    free(holds->list);
    map_deinit(&holds->by_seq);
    map_deinit(&holds->by_member);
    *holds = (struct holds){0};
}

void holds_save(const struct holds *holds, struct spool *spool)
{
    write_varint(spool_room(spool, 16), holds->live);
    for (uint32_t i = 0; i < holds->count; i++) {
        const struct hold *hold = &holds->list[i];
        if (hold->seq == 0) {
            continue;
        }
        struct writer *writer = spool_room(spool, 96);
        write_varint(writer, hold->seq);
        write_varint(writer, hold->member);
        write_varint(writer, hold->product.n);
        write_varint(writer, hold->store.n);
        write_u8(writer, hold->here_only ? 1 : 0);
        write_signed(writer, hold->amount);
        write_signed(writer, hold->until);
    }
}

bool holds_load(struct holds *holds, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, UINT32_MAX);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct hold hold = {.seq = read_varint(reader), .member = read_varint(reader)};
        hold.product.n = (uint32_t)read_varint_max(reader, UINT32_MAX);
        hold.store.n = (uint32_t)read_varint_max(reader, UINT32_MAX);
        hold.here_only = read_u8(reader) == 1;
        hold.amount = read_signed(reader);
        hold.until = read_day(reader);
        reader->bad = reader->bad || hold.seq == 0 || hold.member == 0;
        if (!reader->bad) {
            holds_add(holds, hold);
        }
    }
    return !reader->bad;
}
