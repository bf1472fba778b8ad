/* What a member costs: never less than the rows themselves, never more than tables that have just
 * doubled; and measured apart, so that what this process has freed does not hide it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "clearing/members/members.h"
#include "tools/bench/footprint.h"

#define MEMBERS 200000
#define SLACK   (8U << 20) /* huge pages, the heap's ends */

START_TEST(between_the_rows_and_doubled_tables)
{
    uint64_t rows = MEMBERS * (sizeof(struct member) + FOOTPRINT_LOTS * sizeof(struct lot));
    uint64_t further = (uint64_t)MEMBERS * FOOTPRINT_FURTHER * sizeof(struct lot);
    struct footprint footprint = {0};
    struct fault fault = {0};
    char *freed = malloc(64 << 20);

    ck_assert_ptr_nonnull(freed);
    memset(freed, 1, 64 << 20);
    free(freed);
    ck_assert(footprint_measure(MEMBERS, &footprint, &fault));
    ck_assert_uint_eq(footprint.members, MEMBERS);
    ck_assert_uint_ge(footprint.resident, rows);
    ck_assert_uint_le(footprint.resident, 3 * rows + SLACK);
#ifndef __SANITIZE_ADDRESS__ /* its memory has other sizes */
    /* a part of it can have been asked for, or have become resident, before */
    ck_assert_uint_ge(footprint.further_resident, further * 9 / 10);
    ck_assert_uint_le(footprint.further_resident, further * 11 / 10 + SLACK);
#else
    ck_assert_uint_ge(footprint.further_resident, further / 2);
#endif
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_footprint");
    TCase *all = tcase_create("all");

    tcase_set_timeout(all, 60);
    tcase_add_test(all, between_the_rows_and_doubled_tables);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
