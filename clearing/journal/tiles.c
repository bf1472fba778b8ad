#include "clearing/journal/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

#define HEIGHTS   9 /* a tile's 256 hashes, then 128, ..., then its root */
#define NODES     (2 * TILES_WIDTH - 1)
#define CACHE_LEN 64 /* 1 MiB */

struct tile {
    uint64_t index;
    uint32_t count; /* of hashes at height 0; 0 in an empty cache slot */
    uint8_t level;
    uint8_t nodes[NODES][MERKLE_HASH_LEN]; /* height by height */
};

struct tiles {
    struct tiles_shelf shelf;
    uint64_t size;
    struct tile growing[TILES_LEVELS];
    struct tile cache[CACHE_LEN];
};

struct tiles *tiles_new(const struct tiles_shelf *shelf)
{
    struct tiles *tiles = memory_zeroed(1, sizeof *tiles);

    tiles->shelf = *shelf;
    for (uint8_t level = 0; level < TILES_LEVELS; level++) {
        tiles->growing[level].level = level;
    }
    return tiles;
}

void tiles_free(struct tiles *tiles)
{
    free(tiles);
}

uint64_t tiles_size(const struct tiles *tiles)
{
    return tiles->size;
}

/* Where a height's nodes begin: 256 + 128 + ... nodes lie below it. */
static uint32_t height_start(unsigned height)
{
    return 2 * TILES_WIDTH - (2 * TILES_WIDTH >> height);
}

static const uint8_t *tile_node(const struct tile *tile, unsigned height, uint32_t at)
{
    return tile->nodes[height_start(height) + at];
}

static const uint8_t *tile_root(const struct tile *tile)
{
    return tile_node(tile, HEIGHTS - 1, 0);
}

/* Add a hash at height 0 and every node that it completes. */
static void tile_add(struct tile *tile, const uint8_t hash[MERKLE_HASH_LEN])
{
    CHECK(tile->count < TILES_WIDTH);
    memcpy(tile->nodes[tile->count], hash, MERKLE_HASH_LEN);
    tile->count++;
    for (unsigned height = 1; height < HEIGHTS; height++) {
        if ((tile->count & ((1U << height) - 1)) != 0) {
            break;
        }
        uint32_t at = (tile->count >> height) - 1;
        merkle_hash_node(tile_node(tile, height - 1, 2 * at),
                         tile_node(tile, height - 1, 2 * at + 1),
                         tile->nodes[height_start(height) + at]);
    }
}

static struct tile *cache_slot(struct tiles *tiles, unsigned level, uint64_t index)
{
    return &tiles->cache[hash_u64(index * TILES_LEVELS + level) % CACHE_LEN];
}

/* Returns: a full tile from the cache or the shelf, NULL when it cannot be read. Valid until the
 * next call. */
static const struct tile *full_tile(struct tiles *tiles, uint8_t level, uint64_t index)
{
    struct tile *slot = cache_slot(tiles, level, index);
    uint8_t hashes[TILES_TILE_LEN];

    if (slot->count != 0 && slot->level == level && slot->index == index) {
        return slot;
    }
    if (!tiles->shelf.read(tiles->shelf.context, level, index, hashes)) {
        return NULL;
    }
    slot->level = level;
    slot->index = index;
    slot->count = 0;
    for (uint32_t i = 0; i < TILES_WIDTH; i++) {
        tile_add(slot, hashes + (size_t)i * MERKLE_HASH_LEN);
    }
    return slot;
}

bool tiles_restore(struct tiles *tiles, uint64_t size)
{
    CHECK(tiles->size == 0);
    CHECK(size % TILES_WIDTH == 0);
    for (uint8_t level = 0; level < TILES_LEVELS; level++) {
        struct tile *tile = &tiles->growing[level];
        uint64_t nodes = size >> (8 * level);
        tile->index = nodes / TILES_WIDTH;
        for (uint64_t i = tile->index * TILES_WIDTH; i < nodes; i++) {
            const struct tile *below = full_tile(tiles, (uint8_t)(level - 1), i);
            if (below == NULL) {
                return false;
            }
            tile_add(tile, tile_root(below));
        }
    }
    tiles->size = size;
    return true;
}

bool tiles_append(struct tiles *tiles, const uint8_t leaf[MERKLE_HASH_LEN])
{
    const uint8_t *hash = leaf;

    for (uint8_t level = 0; level < TILES_LEVELS; level++) {
        struct tile *tile = &tiles->growing[level];
        tile_add(tile, hash);
        if (tile->count < TILES_WIDTH) {
            break;
        }
        if (!tiles->shelf.write(tiles->shelf.context, level, tile->index, tile->nodes[0])) {
            return false;
        }
        struct tile *kept = cache_slot(tiles, level, tile->index);
        *kept = *tile;
        hash = tile_root(kept);
        tile->index++;
        tile->count = 0;
    }
    tiles->size++;
    return true;
}

bool tiles_node(void *context, unsigned level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_LEN])
{
    struct tiles *tiles = context;
    uint8_t tile_level = (uint8_t)(level / 8);
    unsigned height = level % 8;
    uint64_t tile_index = index >> (8 - height);
    uint32_t at = (uint32_t)(index & (((uint64_t)1 << (8 - height)) - 1));
    const struct tile *tile;

    if (level >= 64 || index >= tiles->size >> level) {
        return false;
    }
    tile = &tiles->growing[tile_level];
    if (tile_index != tile->index) {
        tile = full_tile(tiles, tile_level, tile_index);
    }
    if (tile == NULL) {
        return false;
    }
    memcpy(ret_hash, tile_node(tile, height, at), MERKLE_HASH_LEN);
    return true;
}
