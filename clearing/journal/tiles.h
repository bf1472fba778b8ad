/* The nodes of the Merkle tree, kept in tiles: 256 nodes of the levels 0, 8, 16, ... A tile is
 * written once, when it is full, so that a proof of any age needs O(log n) short reads and an
 * append costs 8 KiB more a 256 records. The tiles that are not full yet live in memory and come
 * back at start from the full ones and the last records. Some full tiles stay in memory with all
 * nodes inside them, because most proofs asked for are of the newest records. */
#ifndef CLEARING_JOURNAL_TILES_H
#define CLEARING_JOURNAL_TILES_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/journal/merkle.h"

#define TILES_WIDTH    256U /* hashes in a tile */
#define TILES_TILE_LEN ((size_t)TILES_WIDTH * MERKLE_HASH_LEN)
#define TILES_LEVELS   8 /* 2^64 leaves */

/* Where full tiles are. Level counts tiles: tile level 1 holds tree level 8. Both return false
 * when they cannot; the caller's context remembers why. */
struct tiles_shelf {
    bool (*read)(void *context, uint8_t level, uint64_t index, uint8_t ret_tile[TILES_TILE_LEN]);
    bool (*write)(void *context, uint8_t level, uint64_t index, const uint8_t *tile);
    void *context;
};

/* One thread at a time. */
struct tiles;

struct tiles *tiles_new(const struct tiles_shelf *shelf); /* the caller frees */
void tiles_free(struct tiles *tiles);                     /* accepts NULL */

/* Go on from a tree of this size, a multiple of TILES_WIDTH, of an empty struct tiles.
 * Returns: false when a tile cannot be read. */
MUST_USE bool tiles_restore(struct tiles *tiles, uint64_t size);

/* Append a leaf; tiles that it fills are written. Returns: false when one cannot be written. */
MUST_USE bool tiles_append(struct tiles *tiles, const uint8_t leaf[MERKLE_HASH_LEN]);

uint64_t tiles_size(const struct tiles *tiles);

/* A merkle_read_t over a struct tiles. Returns: false for a node that is not complete, or whose
 * tile cannot be read. */
bool tiles_node(void *tiles, unsigned level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_LEN]);

#endif
