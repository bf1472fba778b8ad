#include "daemon/gate/keys.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"
#include "daemon/gate/limits.h"

#define LIST_CAPACITY_MIN 16

/* A store could choose its keys so that they meet in one place, but it is given few. */
static uint32_t place_of(const struct key_list *list, const uint8_t *curve)
{
    return (uint32_t)hash_bytes((const char *)curve, LINK_KEY_LEN) & list->mask;
}

/* Returns: the key's place, or the free one where it would go. */
static struct key_entry *list_place(const struct key_list *list, const uint8_t *curve)
{
    uint32_t i = place_of(list, curve);

    while (list->entries[i].used && memcmp(list->entries[i].curve, curve, LINK_KEY_LEN) != 0) {
        i = (i + 1) & list->mask;
    }
    return &list->entries[i];
}

static void list_clear(struct key_list *list)
{
    free(list->entries);
    *list = (struct key_list){0};
}

static void list_grow(struct key_list *list)
{
    uint32_t capacity = list->entries == NULL ? LIST_CAPACITY_MIN : (list->mask + 1) * 2;
    struct key_list larger = {
        .entries = memory_zeroed(capacity, sizeof *larger.entries),
        .mask = capacity - 1,
        .count = list->count,
    };

    for (uint32_t i = 0; list->entries != NULL && i <= list->mask; i++) {
        if (list->entries[i].used) {
            *list_place(&larger, list->entries[i].curve) = list->entries[i];
        }
    }
    free(list->entries);
    *list = larger;
}

void keys_deinit(struct keys *keys)
{
    list_clear(&keys->list);
    list_clear(&keys->coming);
    code_index_deinit(&keys->stores);
    free(keys->shares);
    *keys = (struct keys){0};
}

void keys_begin(struct keys *keys)
{
    list_clear(&keys->coming);
    keys->open = true;
}

/* Shares outlast the lists: a store does not get a new burst with every change of a key. */
static uint32_t store_number(struct keys *keys, slice_t store)
{
    uint32_t number = code_index_add(&keys->stores, store);

    if (number >= keys->share_capacity) {
        uint32_t capacity = keys->share_capacity == 0 ? 16 : keys->share_capacity * 2;
        keys->shares = memory_resize(keys->shares, capacity, sizeof *keys->shares);
        memset(keys->shares + keys->share_capacity, 0,
               (capacity - keys->share_capacity) * sizeof *keys->shares);
        keys->share_capacity = capacity;
    }
    return number;
}

bool keys_add(struct keys *keys, const struct link_key *key)
{
    struct key_list *list = &keys->coming;

    if (!keys->open || list->count == GATE_KEYS_MAX) {
        return false;
    }
    /* at most half full */
    if (list->entries == NULL || list->count >= (list->mask + 1) / 2) {
        list_grow(list);
    }
    struct key_entry *entry = list_place(list, key->curve);
    if (entry->used) {
        return false;
    }
    memcpy(entry->curve, key->curve, LINK_KEY_LEN);
    entry->store = store_number(keys, key->store);
    entry->invite = key->invite;
    entry->used = true;
    list->count++;
    return true;
}

bool keys_end(struct keys *keys)
{
    if (!keys->open) {
        return false;
    }
    list_clear(&keys->list);
    keys->list = keys->coming;
    keys->coming = (struct key_list){0};
    keys->open = false;
    keys->complete = true;
    return true;
}

struct key_entry *keys_find(const struct keys *keys, const uint8_t *curve)
{
    if (keys->list.entries == NULL) {
        return NULL;
    }
    struct key_entry *entry = list_place(&keys->list, curve);
    return entry->used ? entry : NULL;
}

const code_t *keys_store(const struct keys *keys, const struct key_entry *entry)
{
    CHECK(entry->store < keys->stores.count);
    return &keys->stores.codes[entry->store];
}

struct key_share *keys_share(const struct keys *keys, const struct key_entry *entry)
{
    CHECK(entry->store < keys->stores.count);
    return &keys->shares[entry->store];
}
