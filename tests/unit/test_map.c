#include "clearing/base/map.h"

#include <check.h>
#include <string.h>

#include "clearing/base/hash.h"

START_TEST(nothing_is_found_in_an_empty_map)
{
    struct map map = {0};

    ck_assert_ptr_null(map_find(&map, 1));
    ck_assert_ptr_null(map_find(&map, 0));
    map_deinit(&map);
    map_deinit(&map);
}
END_TEST

START_TEST(a_key_is_made_once_with_zero)
{
    struct map map = {0};

    uint64_t *value = map_put(&map, 7);
    ck_assert_uint_eq(*value, 0);
    ck_assert_uint_eq(map.count, 1);
    *value = 70;
    ck_assert_ptr_eq(map_put(&map, 7), value);
    ck_assert_uint_eq(*value, 70);
    ck_assert_uint_eq(map.count, 1);
    ck_assert_ptr_eq(map_find(&map, 7), value);
    ck_assert_ptr_null(map_find(&map, 8));
    map_deinit(&map);
    ck_assert_uint_eq(map.count, 0);
    ck_assert_ptr_null(map_find(&map, 7));
}
END_TEST

START_TEST(the_ends_of_the_keys)
{
    struct map map = {0};

    *map_put(&map, 1) = UINT64_MAX;
    *map_put(&map, UINT64_MAX) = 1;
    *map_put(&map, 1ULL << 63) = 2;
    ck_assert_uint_eq(*map_find(&map, 1), UINT64_MAX);
    ck_assert_uint_eq(*map_find(&map, UINT64_MAX), 1);
    ck_assert_uint_eq(*map_find(&map, 1ULL << 63), 2);
    ck_assert_ptr_null(map_find(&map, UINT64_MAX - 1));
    map_deinit(&map);
}
END_TEST

/* Over many doublings every key keeps its value, and no other key appears. */
START_TEST(growth_keeps_everything)
{
    enum { KEYS = 20000 };
    struct map map = {0};

    for (uint64_t key = 1; key <= KEYS; key++) {
        *map_put(&map, key * 3) = key;
        ck_assert_uint_eq(map.count, key);
    }
    ck_assert_uint_eq(map.mask & (map.mask + 1), 0); /* a power of two */
    ck_assert_uint_ge((map.mask + 1) * 7, map.count * 10);
    for (uint64_t key = 1; key <= KEYS; key++) {
        const uint64_t *value = map_find(&map, key * 3);
        ck_assert_ptr_nonnull(value);
        ck_assert_uint_eq(*value, key);
        ck_assert_ptr_null(map_find(&map, key * 3 + 1));
    }
    map_deinit(&map);
}
END_TEST

/* Keys that want the same slot, the last of the table: they run on over its end. */
START_TEST(collisions_wrap_around)
{
    struct map map = {0};
    uint64_t keys[8];
    int found = 0;

    for (uint64_t key = 1; found < 8; key++) {
        if ((hash_u64(key) & 63) == 63) { /* the first table has 64 slots */
            keys[found++] = key;
        }
    }
    for (int i = 0; i < 8; i++) {
        *map_put(&map, keys[i]) = (uint64_t)i + 1;
    }
    ck_assert_uint_eq(map.mask, 63);
    for (int i = 0; i < 8; i++) {
        ck_assert_uint_eq(*map_find(&map, keys[i]), (uint64_t)i + 1);
    }
    ck_assert_uint_eq(map.entries[63].key, keys[0]);
    ck_assert_uint_eq(map.entries[0].key, keys[1]);
    map_deinit(&map);
}
END_TEST

/* The order of the members' table is part of the journal: these figures never change. */
START_TEST(member_hashes_are_the_same_everywhere)
{
    ck_assert_uint_eq(hash_u64(0), 0);
    ck_assert_uint_eq(hash_u64(1), 0xb456bcfc34c2cb2cULL);
    ck_assert_uint_eq(hash_u64(2), 0x3abf2a20650683e7ULL);
}
END_TEST

/* Every byte and the length count, wherever the bytes lie in memory. */
START_TEST(byte_hashes_take_everything)
{
    char bytes[64];
    uint64_t seen[41 * 9];
    size_t count = 0;

    memset(bytes, 'a', sizeof bytes);
    ck_assert_uint_eq(hash_bytes(NULL, 0), hash_bytes("", 0));
    for (size_t len = 0; len <= 40; len++) {
        seen[count++] = hash_bytes(bytes, len);
        for (size_t at = 0; at < len && at < 8; at++) {
            bytes[len - 1 - at] = 'b';
            seen[count++] = hash_bytes(bytes, len);
            bytes[len - 1 - at] = 'a';
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert_uint_ne(seen[i], seen[k]);
        }
    }
    for (size_t shift = 1; shift < 8; shift++) {
        memcpy(bytes + shift, "store-terminal-number", 21);
        ck_assert_uint_eq(hash_bytes(bytes + shift, 21), hash_bytes("store-terminal-number", 21));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");

    tcase_add_test(tcase, nothing_is_found_in_an_empty_map);
    tcase_add_test(tcase, a_key_is_made_once_with_zero);
    tcase_add_test(tcase, the_ends_of_the_keys);
    tcase_add_test(tcase, growth_keeps_everything);
    tcase_add_test(tcase, collisions_wrap_around);
    tcase_add_test(tcase, member_hashes_are_the_same_everywhere);
    tcase_add_test(tcase, byte_hashes_take_everything);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
