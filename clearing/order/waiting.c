#include "clearing/order/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

uint64_t waiting_key(slice_t store, slice_t terminal, uint64_t number)
{
    uint64_t h = hash_bytes(store.text, store.len);

    h = hash_u64(h ^ hash_bytes(terminal.text, terminal.len) * 3);
    return hash_u64(h ^ number) | 1;
}

static void chain_member(struct waiting *waiting, uint32_t place)
{
    struct waiting_event *entry = &waiting->list[place];
    uint64_t *first = map_put(&waiting->members, entry->member);

    entry->next_with_member = (uint32_t)*first;
    *first = place + 1;
}

void waiting_keep(struct waiting *waiting, struct waiting_event entry)
{
    const uint8_t *bytes = entry.bytes;

    entry.bytes = memory_resize(NULL, entry.len, 1);
    memcpy(entry.bytes, bytes, entry.len);
    if (entry.of_key != 0) {
        uint64_t *first = map_put(&waiting->ofs, entry.of_key);
        entry.next_naming = (uint32_t)*first;
        *first = waiting->count + 1;
    }
    MEMORY_GROW(waiting->list, waiting->count, waiting->capacity);
    waiting->list[waiting->count++] = entry;
    if (entry.member != 0) {
        chain_member(waiting, waiting->count - 1);
    }
    waiting->live++;
}

void waiting_add(struct waiting *waiting, const struct event *event, struct waiting_event entry)
{
    if (event->type == EVENT_VOID || (event->type == EVENT_REFUND && event->of.number != 0)) {
        entry.member = 0;
    }
    if (event->of.number != 0) {
        entry.of_key = waiting_key(event->of.store, event->of.terminal, event->of.number);
    }
    waiting_keep(waiting, entry);
}

/* Insert a place where it belongs, once. */
static void places_add(struct waiting_places *places, uint32_t place)
{
    uint32_t at = places->count;

    while (at > 0 && places->list[at - 1] > place) {
        at--;
    }
    if (at > 0 && places->list[at - 1] == place) {
        return;
    }
    MEMORY_GROW(places->list, places->count, places->capacity);
    memmove(places->list + at + 1, places->list + at, (places->count - at) * sizeof *places->list);
    places->list[at] = place;
    places->count++;
}

void waiting_find(const struct waiting *waiting, uint64_t member, uint64_t key,
                  struct waiting_places *places)
{
    if (waiting->live == 0) {
        return;
    }
    const uint64_t *first = member == 0 ? NULL : map_find(&waiting->members, member);
    for (uint64_t at = first == NULL ? 0 : *first; at != 0;
         at = waiting->list[at - 1].next_with_member) {
        places_add(places, (uint32_t)at - 1);
    }
    first = map_find(&waiting->ofs, key);
    for (uint64_t at = first == NULL ? 0 : *first; at != 0;
         at = waiting->list[at - 1].next_naming) {
        places_add(places, (uint32_t)at - 1);
    }
}

void waiting_move(struct waiting *waiting, uint64_t from, uint64_t into)
{
    uint64_t *first = map_find(&waiting->members, from);
    uint64_t at = first == NULL ? 0 : *first;

    if (first != NULL) {
        *first = 0;
    }
    while (at != 0) {
        uint32_t place = (uint32_t)at - 1;
        at = waiting->list[place].next_with_member;
        waiting->list[place].member = into;
        chain_member(waiting, place);
    }
}

static void unchain(struct waiting *waiting, uint32_t place)
{
    const struct waiting_event *entry = &waiting->list[place];

    if (entry->member != 0) {
        uint64_t *first = map_find(&waiting->members, entry->member);
        if (*first == place + 1) {
            *first = entry->next_with_member;
        } else {
            uint32_t at = (uint32_t)*first;
            while (waiting->list[at - 1].next_with_member != place + 1) {
                at = waiting->list[at - 1].next_with_member;
            }
            waiting->list[at - 1].next_with_member = entry->next_with_member;
        }
    }
    if (entry->of_key != 0) {
        uint64_t *first = map_find(&waiting->ofs, entry->of_key);
        if (*first == place + 1) {
            *first = entry->next_naming;
        } else {
            uint32_t at = (uint32_t)*first;
            while (waiting->list[at - 1].next_naming != place + 1) {
                at = waiting->list[at - 1].next_naming;
            }
            waiting->list[at - 1].next_naming = entry->next_naming;
        }
    }
}

void waiting_remove(struct waiting *waiting, uint32_t place)
{
    struct waiting_event *entry = &waiting->list[place];

    CHECK(entry->bytes != NULL);
    unchain(waiting, place);
    free(entry->bytes);
    entry->bytes = NULL;
    waiting->live--;
    while (waiting->count > 0 && waiting->list[waiting->count - 1].bytes == NULL) {
        waiting->count--;
    }
}

void waiting_deinit(struct waiting *waiting)
{
    for (uint32_t i = 0; i < waiting->count; i++) {
        free(waiting->list[i].bytes);
    }
    free(waiting->list);
    map_deinit(&waiting->members);
    map_deinit(&waiting->ofs);
    *waiting = (struct waiting){0};
}
