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

static int entry_compare(const void *a, const void *b)
{
    const struct map_entry *x = a;
    const struct map_entry *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

void map_save(const struct map *map, struct spool *spool)
{
    struct map_entry *sorted = memory_zeroed(map->count + 1, sizeof *sorted);
    uint64_t count = 0;
    uint64_t last = 0;

    for (uint64_t i = 0; map->entries != NULL && i <= map->mask; i++) {
        if (map->entries[i].key != 0) {
            sorted[count++] = map->entries[i];
        }
    }
    qsort(sorted, count, sizeof *sorted, entry_compare);
    write_varint(spool_room(spool, 16), count);
    for (uint64_t i = 0; i < count; i++) {
        struct writer *writer = spool_room(spool, 32);
        write_varint(writer, sorted[i].key - last);
        write_varint(writer, sorted[i].value);
        last = sorted[i].key;
    }
    free(sorted);
}

bool map_load(struct map *map, struct reader *reader)
{
    uint64_t count = read_varint(reader);
    uint64_t key = 0;

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        uint64_t step = read_varint(reader);
        uint64_t value = read_varint(reader);
        if (step == 0 || reader->bad) {
            reader->bad = true;
            return false;
        }
        key += step;
        *map_put(map, key) = value;
    }
    return !reader->bad;
}
