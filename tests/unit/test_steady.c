/* Steady memory: what is there stays, where it is; little address space only moves it. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "clearing/base/steady.h"

#define MIB ((size_t)1 << 20)

static void fill(unsigned char *at, size_t from, size_t to)
{
    for (size_t i = from; i < to; i += 4093) {
        at[i] = (unsigned char)(i / 4093 % 251 + 1);
    }
}

static void holds(const unsigned char *at, size_t to)
{
    for (size_t i = 0; i < to; i += 4093) {
        ck_assert_uint_eq(at[i], i / 4093 % 251 + 1);
    }
}

START_TEST(test_stays)
{
    struct steady block = {0};
    unsigned char *at = steady_grow(&block, 1);
    size_t filled = 0;

    ck_assert_uint_ge(block.len, 1);
    for (size_t len = 1; len < 300 * MIB; len = len * 3 + 7) {
        ck_assert_ptr_eq(steady_grow(&block, len), at);
        ck_assert_uint_ge(block.len, len);
        ck_assert_uint_ge(block.reserved, block.len);
        filled = (filled + 4092) / 4093 * 4093;
        for (size_t i = filled; i < len; i += 4093) {
            ck_assert_uint_eq(at[i], 0); /* new memory is zero */
        }
        fill(at, filled, len);
        filled = len > filled ? len : filled;
    }
    holds(at, filled);
    steady_free(&block);
    ck_assert_ptr_null(block.at);
    ck_assert_uint_eq(block.len + block.reserved, 0);
}
END_TEST

START_TEST(test_never_shrinks)
{
    struct steady block = {0};
    void *at = steady_grow(&block, 5 * MIB);
    size_t len = block.len;

    ck_assert_ptr_eq(steady_grow(&block, 1), at);
    ck_assert_uint_eq(block.len, len);
    steady_free(&block);
    steady_free(&block); /* an empty one */
}
END_TEST

START_TEST(test_little_address_space)
{
    struct steady block = {0};
    struct steady in_the_way = {0};
    struct rlimit limit;
    size_t len = 16 * MIB;

    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = 1024 * MIB;
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        ck_abort_msg("no limit of address space can be set here");
    }
    unsigned char *at = steady_grow(&block, len);
    ck_assert_uint_lt(block.reserved, 1024 * MIB);
    fill(at, 0, len);
    (void)steady_grow(&in_the_way, 1);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    at = steady_grow(&block, block.reserved + 1); /* more than was reserved: it has to move */
    holds(at, len);
    ck_assert_uint_eq(at[block.len - 1], 0);
    steady_free(&block);
    steady_free(&in_the_way);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("steady");
    TCase *tcase = tcase_create("steady");

    tcase_add_test(tcase, test_stays);
    tcase_add_test(tcase, test_never_shrinks);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test(tcase, test_little_address_space); /* shadows need more than any limit */
#else
    (void)test_little_address_space;
#endif
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
