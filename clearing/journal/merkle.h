/* The Merkle tree of RFC 6962 section 2.1 over the journal's records: the journal's only chain.
 *
 *     empty = SHA-256(""), leaf = SHA-256(0x00 || record), node = SHA-256(0x01 || left || right)
 *
 * The complete subtree of 2^level leaves that begins at leaf index * 2^level is called the node
 * (level, index): complete nodes never change, so a reader of them is all that proofs need.
 * Sizes are below 2^63. Everything here may be called from any thread. */
#ifndef CLEARING_JOURNAL_MERKLE_H
#define CLEARING_JOURNAL_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/crypto/digest.h"

#define MERKLE_HASH_LEN DIGEST_LEN
#define MERKLE_PATH_MAX 64 /* hashes in any proof */

void merkle_hash_leaf(slice_t record, uint8_t ret_hash[MERKLE_HASH_LEN]);
void merkle_hash_node(const uint8_t left[MERKLE_HASH_LEN],
                      const uint8_t right[MERKLE_HASH_LEN],
                      uint8_t ret_hash[MERKLE_HASH_LEN]);

/* The leaf of a record that lies in pieces (at most 8): envelope, payload, results. */
void merkle_hash_leaf_parts(const slice_t *parts, size_t count, uint8_t ret_hash[MERKLE_HASH_LEN]);

/* The compact range from leaf 0: the roots of the complete subtrees that the size's bits name.
 * Zeroed memory is the empty tree. */
struct merkle_range {
    uint64_t size;
    uint8_t peaks[64][MERKLE_HASH_LEN]; /* by level; only those of set bits of size mean anything */
};

void merkle_range_append(struct merkle_range *range, const uint8_t leaf[MERKLE_HASH_LEN]);
void merkle_range_root(const struct merkle_range *range, uint8_t ret_root[MERKLE_HASH_LEN]);

/* Reads complete nodes. Returns: false when it cannot; what uses it returns false as well. */
typedef bool
merkle_read_t(void *context, unsigned level, uint64_t index, uint8_t ret_hash[MERKLE_HASH_LEN]);

struct merkle_path {
    uint32_t count;
    uint8_t hashes[MERKLE_PATH_MAX][MERKLE_HASH_LEN];
};

/* The root of the first size leaves. O(log size) reads. */
MUST_USE bool merkle_root_at(merkle_read_t *read,
                             void *context,
                             uint64_t size,
                             uint8_t ret_root[MERKLE_HASH_LEN]);

/* The inclusion proof of a leaf (index < size) in the tree of this size, the leaf's sibling first.
 * O(log size) reads and hashes. */
MUST_USE bool merkle_inclusion_path(merkle_read_t *read,
                                    void *context,
                                    uint64_t index,
                                    uint64_t size,
                                    struct merkle_path *ret_path);

/* The consistency proof between two sizes, 0 < old_size <= new_size. */
MUST_USE bool merkle_consistency_path(merkle_read_t *read,
                                      void *context,
                                      uint64_t old_size,
                                      uint64_t new_size,
                                      struct merkle_path *ret_path);

/* RFC 9162 section 2.1.3.2. Takes anything from outside.
 * Returns: is the leaf the index-th of the tree with this size and root? */
MUST_USE bool merkle_inclusion_verify(uint64_t index,
                                      uint64_t size,
                                      const uint8_t leaf[MERKLE_HASH_LEN],
                                      const struct merkle_path *path,
                                      const uint8_t root[MERKLE_HASH_LEN]);

struct merkle_head {
    uint64_t size;
    uint8_t root[MERKLE_HASH_LEN];
};

/* RFC 9162 section 2.1.4.2. Takes anything from outside. Refuses the old size 0: whoever starts
 * from nothing has nothing to verify, and says so itself.
 * Returns: does the new tree begin with the old one? */
MUST_USE bool merkle_consistency_verify(const struct merkle_head *old_head,
                                        const struct merkle_head *new_head,
                                        const struct merkle_path *path);

#endif
