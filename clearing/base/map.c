#include "clearing/base/map.h"

#include <stdlib.h>

#include "clearing/base/check.h"
#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

static struct map_entry *map_slot(const struct map *map, uint64_t key)
{
    uint64_t at = hash_u64(key) & map->mask;

    while (map->entries[at].key != 0 && map->entries[at].key != key) {
        at = (at + 1) & map->mask;
    }
    return &map->entries[at];
}

uint64_t *map_find(const struct map *map, uint64_t key)
{
    if (map->entries == NULL) {
        return NULL;
    }
    struct map_entry *entry = map_slot(map, key);
    return entry->key == 0 ? NULL : &entry->value;
}

static void map_grow(struct map *map)
{
    struct map old = *map;
    uint64_t capacity = old.entries == NULL ? 64 : (old.mask + 1) * 2;

    map->entries = memory_zeroed(capacity, sizeof *map->entries);
    map->mask = capacity - 1;
    for (uint64_t i = 0; old.entries != NULL && i <= old.mask; i++) {
        if (old.entries[i].key != 0) {
            *map_slot(map, old.entries[i].key) = old.entries[i];
        }
    }
    free(old.entries);
}

uint64_t *map_put(struct map *map, uint64_t key)
{
    CHECK(key != 0);
    if (map->entries == NULL || (map->count + 1) * 10 > (map->mask + 1) * 7) {
        map_grow(map);
    }
    struct map_entry *entry = map_slot(map, key);
    if (entry->key == 0) {
        *entry = (struct map_entry){key, 0};
        map->count++;
    }
    return &entry->value;
}

void map_deinit(struct map *map)
{
    free(map->entries);
    *map = (struct map){0};
}
