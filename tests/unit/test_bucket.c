/* Buckets: burst, refill, waiting, and figures at the edge. */
#include "clearing/base/bucket.h"

#include <check.h>
#include <stdlib.h>

static const struct bucket_rate rate = {10, 5};

START_TEST(test_burst_then_nothing)
{
    struct bucket b = {0};

    for (unsigned int i = 0; i < 5; i++) {
        ck_assert(bucket_take(&b, rate, 1, 1000));
    }
    ck_assert(!bucket_take(&b, rate, 1, 1000));
    ck_assert(!bucket_take(&b, rate, 1, 1099));
    ck_assert(bucket_take(&b, rate, 1, 1100));
    ck_assert(!bucket_take(&b, rate, 1, 1100));
}
END_TEST

START_TEST(test_more_than_burst)
{
    struct bucket b = {0};

    ck_assert(!bucket_take(&b, rate, 6, 1000));
    ck_assert(bucket_take(&b, rate, 5, 1000));
    ck_assert(bucket_take(&b, rate, 0, 1000));
}
END_TEST

START_TEST(test_refused_takes_nothing)
{
    struct bucket b = {0};

    ck_assert(bucket_take(&b, rate, 3, 1000));
    ck_assert(!bucket_take(&b, rate, 3, 1000));
    ck_assert(bucket_take(&b, rate, 2, 1000));
}
END_TEST

START_TEST(test_wait)
{
    struct bucket b = {0};

    ck_assert_uint_eq(bucket_wait_ms(&b, rate, 5), 0);
    ck_assert(bucket_take(&b, rate, 5, 1000));
    ck_assert_uint_eq(bucket_wait_ms(&b, rate, 0), 0);
    ck_assert_uint_eq(bucket_wait_ms(&b, rate, 1), 100);
    ck_assert_uint_eq(bucket_wait_ms(&b, rate, 5), 500);
    /* waited for so long, it can be had */
    ck_assert(!bucket_take(&b, rate, 5, 1499));
    ck_assert(bucket_take(&b, rate, 5, 1500));
}
END_TEST

/* It fills to the burst and not beyond; a clock that stands still or goes back gives nothing. */
START_TEST(test_time)
{
    struct bucket b = {0};
    const struct bucket_rate most = {UINT32_MAX, UINT32_MAX};

    ck_assert(bucket_take(&b, rate, 5, 1000));
    ck_assert(!bucket_take(&b, rate, 1, 0));
    ck_assert(!bucket_take(&b, rate, 1, 1000));
    ck_assert(bucket_take(&b, rate, 5, INT64_MAX));
    ck_assert(!bucket_take(&b, rate, 1, INT64_MAX));
    b = (struct bucket){0};
    ck_assert(bucket_take(&b, most, UINT32_MAX, 1));
    ck_assert(!bucket_take(&b, most, UINT32_MAX, 999));
    ck_assert(bucket_take(&b, most, UINT32_MAX, 1001));
    ck_assert(bucket_take(&b, most, UINT32_MAX, INT64_MAX / 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate_bucket");
    TCase *tests = tcase_create("gate_bucket");

    tcase_add_test(tests, test_burst_then_nothing);
    tcase_add_test(tests, test_more_than_burst);
    tcase_add_test(tests, test_refused_takes_nothing);
    tcase_add_test(tests, test_wait);
    tcase_add_test(tests, test_time);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
