/* A map from nonzero 64-bit keys to 64-bit values: linear probing, grows by doubling. Zeroed memory
 * is an empty map. One thread. */
#ifndef CLEARING_BASE_MAP_H
#define CLEARING_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_entry {
    uint64_t key; /* 0: free */
    uint64_t value;
};

struct map {
    struct map_entry *entries;
    uint64_t count;
    uint64_t mask; /* capacity - 1; 0 with entries == NULL */
};

/* Returns: the value's place, NULL when the key is not there. Valid until the next map_put. */
uint64_t *map_find(const struct map *map, uint64_t key);
/* Returns: the value's place, made with 0 when the key is new. Valid until the next map_put. */
uint64_t *map_put(struct map *map, uint64_t key);
void map_deinit(struct map *map);

#endif
