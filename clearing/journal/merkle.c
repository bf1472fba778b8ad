#include "clearing/journal/merkle.h"

#include <string.h>

#define PARTS_MAX       8
#define SIZE_MAX_LEAVES ((uint64_t)1 << 63)

void merkle_hash_leaf(slice_t record, uint8_t ret_hash[MERKLE_HASH_LEN])
{
    merkle_hash_leaf_parts(&record, 1, ret_hash);
}

void merkle_hash_leaf_parts(const slice_t *parts, size_t count, uint8_t ret_hash[MERKLE_HASH_LEN])
{
    slice_t all[PARTS_MAX + 1] = {{"\0", 1}};

    CHECK(count <= PARTS_MAX);
    for (size_t i = 0; i < count; i++) {
        all[i + 1] = parts[i];
    }
    digest_parts(all, count + 1, ret_hash);
}

void merkle_hash_node(const uint8_t left[MERKLE_HASH_LEN],
                      const uint8_t right[MERKLE_HASH_LEN],
                      uint8_t ret_hash[MERKLE_HASH_LEN])
{
    uint8_t node[1 + 2 * MERKLE_HASH_LEN];

    node[0] = 1;
    memcpy(node + 1, left, MERKLE_HASH_LEN);
    memcpy(node + 1 + MERKLE_HASH_LEN, right, MERKLE_HASH_LEN);
    digest_sha256(node, sizeof node, ret_hash);
}

void merkle_range_append(struct merkle_range *range, const uint8_t leaf[MERKLE_HASH_LEN])
{
    uint8_t hash[MERKLE_HASH_LEN];
    unsigned level = 0;

    CHECK(range->size < SIZE_MAX_LEAVES - 1);
    memcpy(hash, leaf, sizeof hash);
    for (; (range->size >> level & 1) != 0; level++) {
        merkle_hash_node(range->peaks[level], hash, hash);
    }
    memcpy(range->peaks[level], hash, sizeof hash);
    range->size++;
}

/* Join a complete subtree to the left of what was joined so far. */
static void join_left(const uint8_t *subtree, bool *inout_any, uint8_t *inout_hash)
{
    if (*inout_any) {
        merkle_hash_node(subtree, inout_hash, inout_hash);
    } else {
        memcpy(inout_hash, subtree, MERKLE_HASH_LEN);
        *inout_any = true;
    }
}

void merkle_range_root(const struct merkle_range *range, uint8_t ret_root[MERKLE_HASH_LEN])
{
    uint8_t root[MERKLE_HASH_LEN];
    bool any = false;

    for (unsigned level = 0; level < 64; level++) {
        if ((range->size >> level & 1) != 0) {
            join_left(range->peaks[level], &any, root);
        }
    }
    if (!any) {
        digest_sha256(NULL, 0, root);
    }
    memcpy(ret_root, root, sizeof root);
}

/* The root over the leaves [start, end), where start is a multiple of a power of two that is not
 * below end - start: then the range's complete subtrees are nodes of the tree. */
static bool range_root(merkle_read_t *read,
                       void *context,
                       uint64_t start,
                       uint64_t end,
                       uint8_t ret_hash[MERKLE_HASH_LEN])
{
    uint64_t count = end - start;
    uint8_t hash[MERKLE_HASH_LEN];
    uint8_t node[MERKLE_HASH_LEN];
    bool any = false;

    CHECK(count > 0);
    for (unsigned level = 0; level < 64; level++) {
        if ((count >> level & 1) == 0) {
            continue;
        }
        end -= (uint64_t)1 << level;
        if (!read(context, level, end >> level, node)) {
            return false;
        }
        join_left(node, &any, hash);
    }
    memcpy(ret_hash, hash, sizeof hash);
    return true;
}

bool merkle_root_at(merkle_read_t *read,
                    void *context,
                    uint64_t size,
                    uint8_t ret_root[MERKLE_HASH_LEN])
{
    if (size == 0) {
        digest_sha256(NULL, 0, ret_root);
        return true;
    }
    return range_root(read, context, 0, size, ret_root);
}

bool merkle_inclusion_path(
    merkle_read_t *read, void *context, uint64_t index, uint64_t size, struct merkle_path *ret_path)
{
    uint64_t last = size - 1;
    uint32_t count = 0;

    CHECK(index < size);
    CHECK(size < SIZE_MAX_LEAVES);
    for (unsigned level = 0; last > 0; level++, index >>= 1, last >>= 1) {
        uint64_t sibling = index ^ 1;
        if (sibling > last) {
            continue; /* the right edge: this subtree's sibling is empty */
        }
        uint64_t start = sibling << level;
        uint64_t end = sibling == last ? size : start + ((uint64_t)1 << level);
        if (!range_root(read, context, start, end, ret_path->hashes[count])) {
            return false;
        }
        count++;
    }
    ret_path->count = count;
    return true;
}

/* The largest power of two below n; n is at least 2. */
static uint64_t split_of(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

bool merkle_consistency_path(merkle_read_t *read,
                             void *context,
                             uint64_t old_size,
                             uint64_t new_size,
                             struct merkle_path *ret_path)
{
    struct merkle_path path = {0}; /* SUBPROOF's hashes, its last one first */
    uint64_t start = 0;
    uint64_t end = new_size;

    CHECK(old_size > 0 && old_size <= new_size);
    CHECK(new_size < SIZE_MAX_LEAVES);
    while (old_size < end) {
        uint64_t middle = start + split_of(end - start);
        bool left = old_size <= middle;
        CHECK(path.count < MERKLE_PATH_MAX);
        if (!range_root(read, context, left ? middle : start, left ? end : middle,
                        path.hashes[path.count])) {
            return false;
        }
        path.count++;
        start = left ? start : middle;
        end = left ? middle : end;
    }
    /* A verifier has the old root; it needs this subtree only when that is not the old tree. */
    if (start > 0) {
        CHECK(path.count < MERKLE_PATH_MAX);
        if (!range_root(read, context, start, end, path.hashes[path.count])) {
            return false;
        }
        path.count++;
    }
    for (uint32_t i = 0; i < path.count; i++) {
        memcpy(ret_path->hashes[i], path.hashes[path.count - 1 - i], MERKLE_HASH_LEN);
    }
    ret_path->count = path.count;
    return true;
}

bool merkle_inclusion_verify(uint64_t index,
                             uint64_t size,
                             const uint8_t leaf[MERKLE_HASH_LEN],
                             const struct merkle_path *path,
                             const uint8_t root[MERKLE_HASH_LEN])
{
    uint8_t hash[MERKLE_HASH_LEN];
    uint64_t last = size - 1;

    if (index >= size || size >= SIZE_MAX_LEAVES || path->count > MERKLE_PATH_MAX) {
        return false;
    }
    memcpy(hash, leaf, sizeof hash);
    for (uint32_t i = 0; i < path->count; i++) {
        if (last == 0) {
            return false;
        }
        if ((index & 1) == 0 && index != last) {
            merkle_hash_node(hash, path->hashes[i], hash);
        } else {
            /* On the right edge, levels without a sibling have no hash in the path. */
            for (; (index & 1) == 0; index >>= 1) {
                last >>= 1;
            }
            merkle_hash_node(path->hashes[i], hash, hash);
        }
        index >>= 1;
        last >>= 1;
    }
    return last == 0 && digest_equal(hash, root);
}

/* The walk of RFC 9162: both roots are rebuilt from the subtree that both trees have. */
static bool consistency_walk(const struct merkle_head *old_head,
                             const struct merkle_head *new_head,
                             const struct merkle_path *path)
{
    uint8_t old_hash[MERKLE_HASH_LEN];
    uint8_t new_hash[MERKLE_HASH_LEN];
    uint64_t old_last = old_head->size - 1;
    uint64_t new_last = new_head->size - 1;
    /* A complete old tree is itself that subtree, and left out of the path. */
    bool given = (old_head->size & old_last) == 0;
    uint32_t i = given ? 0 : 1;

    memcpy(old_hash, given ? old_head->root : path->hashes[0], sizeof old_hash);
    memcpy(new_hash, old_hash, sizeof new_hash);
    for (; (old_last & 1) != 0; old_last >>= 1) {
        new_last >>= 1;
    }
    for (; i < path->count; i++) {
        if (new_last == 0) {
            return false;
        }
        if ((old_last & 1) != 0 || old_last == new_last) {
            for (; (old_last & 1) == 0; old_last >>= 1) {
                new_last >>= 1;
            }
            merkle_hash_node(path->hashes[i], old_hash, old_hash);
            merkle_hash_node(path->hashes[i], new_hash, new_hash);
        } else {
            merkle_hash_node(new_hash, path->hashes[i], new_hash);
        }
        old_last >>= 1;
        new_last >>= 1;
    }
    return new_last == 0 && digest_equal(old_hash, old_head->root) &&
           digest_equal(new_hash, new_head->root);
}

bool merkle_consistency_verify(const struct merkle_head *old_head,
                               const struct merkle_head *new_head,
                               const struct merkle_path *path)
{
    if (old_head->size == 0 || old_head->size > new_head->size ||
        new_head->size >= SIZE_MAX_LEAVES || path->count > MERKLE_PATH_MAX) {
        return false;
    }
    if (old_head->size == new_head->size) {
        return path->count == 0 && digest_equal(old_head->root, new_head->root);
    }
    return path->count > 0 && consistency_walk(old_head, new_head, path);
}
