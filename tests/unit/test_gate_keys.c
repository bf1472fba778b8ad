/* The allow-list: what is refused, a list replaced as a whole, many keys, shares that stay. */
#include "daemon/gate/keys.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t curve[LINK_KEY_LEN];

/* The n-th key, in a static buffer. */
static const uint8_t *curve_of(uint32_t n)
{
    memset(curve, 0, sizeof curve);
    memcpy(curve, &n, sizeof n);
    return curve;
}

static bool add(struct keys *keys, uint32_t n, const char *store, bool invite)
{
    return keys_add(keys, &(struct link_key){curve_of(n), slice_of(store), invite});
}

START_TEST(test_empty)
{
    struct keys keys = {0};

    ck_assert_ptr_null(keys_find(&keys, curve_of(0)));
    ck_assert(!add(&keys, 1, "A", false));
    ck_assert(!keys_end(&keys));
    ck_assert(!keys.complete);
    keys_begin(&keys);
    ck_assert(keys_end(&keys));
    ck_assert(keys.complete);
    ck_assert_ptr_null(keys_find(&keys, curve_of(0)));
    ck_assert(!add(&keys, 1, "A", false));
    keys_deinit(&keys);
}
END_TEST

START_TEST(test_not_before_the_end)
{
    struct keys keys = {0};

    keys_begin(&keys);
    ck_assert(add(&keys, 1, "A", false));
    ck_assert_ptr_null(keys_find(&keys, curve_of(1)));
    ck_assert(keys_end(&keys));
    ck_assert_ptr_nonnull(keys_find(&keys, curve_of(1)));
    /* a list that was begun and given up */
    keys_begin(&keys);
    ck_assert(add(&keys, 2, "B", false));
    ck_assert_ptr_nonnull(keys_find(&keys, curve_of(1)));
    keys_begin(&keys);
    ck_assert(add(&keys, 3, "C", true));
    ck_assert(keys_end(&keys));
    ck_assert_ptr_null(keys_find(&keys, curve_of(1)));
    ck_assert_ptr_null(keys_find(&keys, curve_of(2)));
    const struct key_entry *entry = keys_find(&keys, curve_of(3));
    ck_assert_ptr_nonnull(entry);
    ck_assert(entry->invite);
    ck_assert_str_eq(keys_store(&keys, entry)->text, "C");
    keys_deinit(&keys);
}
END_TEST

START_TEST(test_twice)
{
    struct keys keys = {0};

    keys_begin(&keys);
    ck_assert(add(&keys, 1, "A", false));
    ck_assert(!add(&keys, 1, "A", false));
    ck_assert(!add(&keys, 1, "B", false));
    ck_assert(add(&keys, 2, "A", true));
    ck_assert_uint_eq(keys.coming.count, 2);
    keys_deinit(&keys);
}
END_TEST

START_TEST(test_many)
{
    struct keys keys = {0};
    char store[16];
    const uint32_t count = 20000;

    keys_begin(&keys);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(store, sizeof store, "S%u", i / 2);
        ck_assert(add(&keys, i, store, i % 3 == 0));
    }
    ck_assert(keys_end(&keys));
    ck_assert_uint_eq(keys.list.count, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct key_entry *entry = keys_find(&keys, curve_of(i));
        snprintf(store, sizeof store, "S%u", i / 2);
        ck_assert_ptr_nonnull(entry);
        ck_assert_str_eq(keys_store(&keys, entry)->text, store);
        ck_assert(entry->invite == (i % 3 == 0));
    }
    ck_assert_ptr_null(keys_find(&keys, curve_of(count)));
    keys_deinit(&keys);
}
END_TEST

START_TEST(test_shares_stay)
{
    struct keys keys = {0};

    for (uint32_t round = 0; round < 3; round++) {
        keys_begin(&keys);
        ck_assert(add(&keys, 10 + round, "A", false));
        ck_assert(add(&keys, 20 + round, "B", false));
        ck_assert(keys_end(&keys));
        struct key_entry *entry = keys_find(&keys, curve_of(10 + round));
        ck_assert_uint_eq(keys_share(&keys, entry)->frames.spent, round);
        ck_assert_uint_eq(entry->connections, 0);
        keys_share(&keys, entry)->frames.spent++;
        entry->connections++;
        entry = keys_find(&keys, curve_of(20 + round));
        ck_assert_uint_eq(keys_share(&keys, entry)->frames.spent, 0);
    }
    ck_assert_uint_eq(keys.stores.count, 2);
    keys_deinit(&keys);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate_keys");
    TCase *tests = tcase_create("gate_keys");

    tcase_add_test(tests, test_empty);
    tcase_add_test(tests, test_not_before_the_end);
    tcase_add_test(tests, test_twice);
    tcase_add_test(tests, test_many);
    tcase_add_test(tests, test_shares_stay);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
