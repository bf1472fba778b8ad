#include "clearing/base/fault.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

START_TEST(text_and_category)
{
    struct fault fault = {0};

    errno = EAGAIN;
    ck_assert(!fault_set(&fault, FAULT_STORE, "%s is %d", "x", 7));
    ck_assert_int_eq(fault.category, FAULT_STORE);
    ck_assert_str_eq(fault.text, "x is 7");
    ck_assert(!fault_set_errno(&fault, ENOENT, "cannot open %s", "y"));
    ck_assert_int_eq(fault.category, FAULT_IO);
    ck_assert_str_eq(fault.text, "cannot open y: No such file or directory");
    ck_assert(!fault_set_errno(&fault, 123456, "z"));
    ck_assert_str_eq(fault.text, "z: unknown error");
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert(!fault_set(NULL, FAULT_IO, "nobody asks"));
    ck_assert(!fault_set_errno(NULL, EIO, "nobody asks"));
}
END_TEST

START_TEST(long_text_is_cut)
{
    struct fault fault = {0};
    char text[2 * FAULT_TEXT_LEN_MAX];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    ck_assert(!fault_set(&fault, FAULT_LIMIT, "%s", text));
    ck_assert_uint_eq(strlen(fault.text), FAULT_TEXT_LEN_MAX);
    ck_assert(!fault_set_errno(&fault, EIO, "%s", text));
    ck_assert_uint_eq(strlen(fault.text), FAULT_TEXT_LEN_MAX);
}
END_TEST

START_TEST(categories_have_names)
{
    for (int i = FAULT_NONE; i <= FAULT_INTERNAL; i++) {
        ck_assert_str_ne(fault_category_name((enum fault_category)i), "unknown");
    }
    ck_assert_str_eq(fault_category_name((enum fault_category)99), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault");
    TCase *tests = tcase_create("fault");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, text_and_category);
    tcase_add_test(tests, long_text_is_cut);
    tcase_add_test(tests, categories_have_names);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
