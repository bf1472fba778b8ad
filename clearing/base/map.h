/* A map from nonzero 64-bit keys to 64-bit values: linear probing, grows by doubling. Zeroed memory
 * is an empty map. One thread. */
#ifndef CLEARING_BASE_MAP_H
#define CLEARING_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "clearing/base/spool.h"

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

/* Write the map in the order of its keys: equal maps have equal bytes. */
void map_save(const struct map *map, struct spool *spool);
/* Read what map_save wrote into an empty map. False: the bytes are bad. */
bool map_load(struct map *map, struct reader *reader) MUST_USE;

#endif
