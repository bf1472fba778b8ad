#include "clearing/journal/tiles.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "clearing/base/memory.h"

#define HASH MERKLE_HASH_LEN

/* A shelf in memory: level 0 and 1 only, 512 tiles at most. */
struct shelf {
    uint8_t *tiles[2][512];
    int written;
    int reads;
    bool refuse_writes;
};

static bool shelf_read(void *context, uint8_t level, uint64_t index, uint8_t *ret_tile)
{
    struct shelf *shelf = context;

    ck_assert_uint_lt(level, 2);
    ck_assert_uint_lt(index, 512);
    shelf->reads++;
    if (shelf->tiles[level][index] == NULL) {
        return false;
    }
    memcpy(ret_tile, shelf->tiles[level][index], TILES_TILE_LEN);
    return true;
}

static bool shelf_write(void *context, uint8_t level, uint64_t index, const uint8_t *tile)
{
    struct shelf *shelf = context;

    if (shelf->refuse_writes) {
        return false;
    }
    ck_assert_ptr_null(shelf->tiles[level][index]); /* each is written once */
    shelf->tiles[level][index] = memory_zeroed(1, TILES_TILE_LEN);
    memcpy(shelf->tiles[level][index], tile, TILES_TILE_LEN);
    shelf->written++;
    return true;
}

static struct shelf shelf;
static struct tiles *tiles;

static struct tiles *open_tiles(void)
{
    return tiles_new(&(struct tiles_shelf){shelf_read, shelf_write, &shelf});
}

static void set_up(void)
{
    memset(&shelf, 0, sizeof shelf);
    tiles = open_tiles();
}

static void tear_down(void)
{
    tiles_free(tiles);
    for (int i = 0; i < 512; i++) {
        free(shelf.tiles[0][i]);
        free(shelf.tiles[1][i]);
    }
}

static void leaf_of(uint64_t index, uint8_t ret_leaf[HASH])
{
    merkle_hash_leaf((slice_t){(const char *)&index, sizeof index}, ret_leaf);
}

static void append_to(uint64_t size)
{
    uint8_t leaf[HASH];

    for (uint64_t i = tiles_size(tiles); i < size; i++) {
        leaf_of(i, leaf);
        ck_assert(tiles_append(tiles, leaf));
    }
}

static void assert_proves(uint64_t index, uint64_t size)
{
    struct merkle_path path;
    uint8_t root[HASH];
    uint8_t leaf[HASH];

    leaf_of(index, leaf);
    ck_assert(merkle_root_at(tiles_node, tiles, size, root));
    ck_assert(merkle_inclusion_path(tiles_node, tiles, index, size, &path));
    ck_assert(merkle_inclusion_verify(index, size, leaf, &path, root));
}

static void range_root_of(uint64_t size, uint8_t ret_root[HASH])
{
    struct merkle_range range = {0};
    uint8_t leaf[HASH];

    for (uint64_t i = 0; i < size; i++) {
        leaf_of(i, leaf);
        merkle_range_append(&range, leaf);
    }
    merkle_range_root(&range, ret_root);
}

START_TEST(all_proofs_of_small_trees)
{
    struct merkle_range range = {0};
    uint8_t root[HASH];
    uint8_t expected[HASH];
    uint8_t leaf[HASH];

    for (uint64_t size = 1; size <= 600; size++) {
        append_to(size);
        leaf_of(size - 1, leaf);
        merkle_range_append(&range, leaf);
        merkle_range_root(&range, expected);
        ck_assert(merkle_root_at(tiles_node, tiles, size, root));
        ck_assert_mem_eq(root, expected, HASH);
        bool near_edge = size <= 70 || (size > 250 && size < 262) || size > 508;
        for (uint64_t index = 0; near_edge && index < size; index += size <= 70 ? 1 : 7) {
            assert_proves(index, size);
        }
    }
    ck_assert_int_eq(shelf.written, 2);
}
END_TEST

START_TEST(only_complete_nodes)
{
    uint8_t hash[HASH];

    ck_assert(!tiles_node(tiles, 0, 0, hash));
    append_to(300);
    ck_assert(tiles_node(tiles, 0, 299, hash));
    ck_assert(!tiles_node(tiles, 0, 300, hash));
    ck_assert(tiles_node(tiles, 8, 0, hash));
    ck_assert(!tiles_node(tiles, 8, 1, hash));
    ck_assert(!tiles_node(tiles, 9, 0, hash));
    ck_assert(tiles_node(tiles, 5, 8, hash));
    ck_assert(!tiles_node(tiles, 5, 9, hash));
    ck_assert(!tiles_node(tiles, 63, 0, hash));
    ck_assert(!tiles_node(tiles, 64, 0, hash));
}
END_TEST

START_TEST(beyond_a_tile_of_tiles)
{
    uint8_t root[HASH];
    uint8_t expected[HASH];
    static const uint64_t sizes[] = {65535, 65536, 65537, 70000};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        append_to(sizes[i]);
        range_root_of(sizes[i], expected);
        ck_assert(merkle_root_at(tiles_node, tiles, sizes[i], root));
        ck_assert_mem_eq(root, expected, HASH);
        for (uint64_t index = 0; index < sizes[i]; index += 997) {
            assert_proves(index, sizes[i]);
        }
        assert_proves(sizes[i] - 1, sizes[i]);
        assert_proves(12345, 54321); /* an old head */
    }
    ck_assert_int_eq(shelf.written, 70000 / 256 + 1);
}
END_TEST

START_TEST(restored_is_the_same)
{
    static const uint64_t sizes[] = {0, 256, 512, 65280, 65536, 65792};
    uint8_t root[HASH];
    uint8_t again[HASH];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        append_to(sizes[i] + 3);
        ck_assert(merkle_root_at(tiles_node, tiles, sizes[i] + 3, root));
        tiles_free(tiles);
        tiles = open_tiles();
        ck_assert(tiles_restore(tiles, sizes[i]));
        append_to(sizes[i] + 3);
        ck_assert(merkle_root_at(tiles_node, tiles, sizes[i] + 3, again));
        ck_assert_mem_eq(root, again, HASH);
        assert_proves(sizes[i] / 2, sizes[i] + 3);
    }
}
END_TEST

START_TEST(newest_proofs_read_nothing)
{
    append_to(2000);
    shelf.reads = 0;
    for (uint64_t index = 1500; index < 2000; index++) {
        assert_proves(index, 2000);
    }
    ck_assert_int_eq(shelf.reads, 0);
}
END_TEST

START_TEST(failing_shelf)
{
    struct merkle_path path;
    uint8_t leaf[HASH];
    uint8_t root[HASH];

    append_to(767);
    shelf.refuse_writes = true;
    leaf_of(767, leaf);
    ck_assert(!tiles_append(tiles, leaf)); /* fills the third tile */
    tiles_free(tiles);
    tiles = open_tiles();
    free(shelf.tiles[0][1]);
    shelf.tiles[0][1] = NULL;
    ck_assert(!tiles_restore(tiles, 512));
    tiles_free(tiles);
    tiles = open_tiles();
    ck_assert(tiles_restore(tiles, 256));
    ck_assert(merkle_root_at(tiles_node, tiles, 256, root));
    free(shelf.tiles[0][0]);
    shelf.tiles[0][0] = NULL;
    ck_assert(merkle_inclusion_path(tiles_node, tiles, 3, 256, &path)); /* still in memory */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tiles");
    TCase *tests = tcase_create("tiles");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, all_proofs_of_small_trees);
    tcase_add_test(tests, only_complete_nodes);
    tcase_add_test(tests, beyond_a_tile_of_tiles);
    tcase_add_test(tests, restored_is_the_same);
    tcase_add_test(tests, newest_proofs_read_nothing);
    tcase_add_test(tests, failing_shelf);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
