/* When the disk is low or full, and when it is so no more. */
#include "daemon/disk.h"

#include <check.h>
#include <stdlib.h>

START_TEST(test_thresholds)
{
    ck_assert_int_eq(disk_judge(DISK_ROOM, 800, 800, 80), DISK_ROOM);
    ck_assert_int_eq(disk_judge(DISK_ROOM, 799, 800, 80), DISK_LOW);
    ck_assert_int_eq(disk_judge(DISK_LOW, 80, 800, 80), DISK_LOW);
    ck_assert_int_eq(disk_judge(DISK_LOW, 79, 800, 80), DISK_FULL);
    ck_assert_int_eq(disk_judge(DISK_ROOM, 0, 800, 80), DISK_FULL);
    ck_assert_int_eq(disk_judge(DISK_ROOM, 0, 0, 0), DISK_ROOM); /* 0 asks for nothing */
}
END_TEST

START_TEST(test_way_back)
{
    ck_assert_int_eq(disk_judge(DISK_FULL, 89, 800, 80), DISK_FULL);
    ck_assert_int_eq(disk_judge(DISK_FULL, 90, 800, 80), DISK_LOW);
    ck_assert_int_eq(disk_judge(DISK_LOW, 899, 800, 80), DISK_LOW);
    ck_assert_int_eq(disk_judge(DISK_LOW, 900, 800, 80), DISK_ROOM);
    ck_assert_int_eq(disk_judge(DISK_FULL, 900, 800, 80), DISK_ROOM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disk");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, test_thresholds);
    tcase_add_test(tcase, test_way_back);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
