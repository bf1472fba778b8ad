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

void waiting_add(struct waiting *waiting, const struct event *event, slice_t bytes, store_t store,
                 day_t came, outcome_t reason)
{
    struct waiting_event entry = {
        .bytes = memory_resize(NULL, bytes.len, 1),
        .len = bytes.len,
        .store = store,
        .came = came,
        .reason = reason,
    };

    memcpy(entry.bytes, bytes.text, bytes.len);
    if (event->type != EVENT_REFUND || event->of.number == 0) {
        entry.member = event->type == EVENT_VOID ? 0 : event->member;
    }
    if (event->of.number != 0) {
        entry.of_key = waiting_key(event->of.store, event->of.terminal, event->of.number);
    }
    MEMORY_GROW(waiting->list, waiting->count, waiting->capacity);
    waiting->list[waiting->count++] = entry;
    waiting->live++;
    if (entry.member != 0) {
        ++*map_put(&waiting->members, entry.member);
    }
    if (entry.of_key != 0) {
        ++*map_put(&waiting->ofs, entry.of_key);
    }
}

bool waiting_for(const struct waiting *waiting, uint64_t member, uint64_t key)
{
    if (waiting->live == 0) {
        return false;
    }
    const uint64_t *with = member == 0 ? NULL : map_find(&waiting->members, member);
    const uint64_t *named = map_find(&waiting->ofs, key);
    return (with != NULL && *with > 0) || (named != NULL && *named > 0);
}

void waiting_remove(struct waiting *waiting, uint32_t place)
{
    struct waiting_event *entry = &waiting->list[place];

    CHECK(entry->bytes != NULL);
    if (entry->member != 0) {
        --*map_find(&waiting->members, entry->member);
    }
    if (entry->of_key != 0) {
        --*map_find(&waiting->ofs, entry->of_key);
    }
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
