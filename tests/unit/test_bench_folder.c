/* The scratch folder: what is not empty is refused, what was there before is not ours, and what is
 * ours goes with all that is in it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/bench/folder.h"
#include "tools/node/files.h"

START_TEST(whose_it_is)
{
    struct folder folder = {0};
    struct fault fault = {0};
    char path[FILES_PATH_MAX];

    ck_assert(folder_make(&folder, &fault));
    ck_assert(folder.is_ours);
    struct folder again = {.path = folder.path};
    ck_assert(folder_make(&again, &fault)); /* empty: may be used */
    ck_assert(!again.is_ours);
    ck_assert(files_path(folder.path, "file", path, &fault) && files_write(path, "x", 1, &fault));
    struct folder full = {.path = folder.path};
    ck_assert(!folder_make(&full, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "empty or missing"));
    struct folder file = {.path = path};
    ck_assert(!folder_make(&file, &fault));
    folder_remove(&folder);
    ck_assert_int_ne(access(folder.path, F_OK), 0);
    struct folder missing = {.path = folder.path};
    ck_assert(folder_make(&missing, &fault));
    ck_assert(missing.is_ours);
    folder_remove(&missing);
}
END_TEST

START_TEST(nested_folders_go_links_are_not_followed)
{
    struct folder folder = {0};
    struct folder other = {0};
    struct fault fault = {0};
    char path[FILES_PATH_MAX];

    ck_assert(folder_make(&folder, &fault) && folder_make(&other, &fault));
    ck_assert(files_path(folder.path, "journal", path, &fault) && files_make_dir(path, &fault));
    ck_assert(files_path(folder.path, "journal/data", path, &fault) &&
              files_write(path, "x", 1, &fault));
    ck_assert(files_path(folder.path, "link", path, &fault) && symlink(other.path, path) == 0);
    ck_assert(files_path(other.path, "kept", path, &fault) && files_write(path, "x", 1, &fault));
    folder_remove(&folder);
    ck_assert_int_ne(access(folder.path, F_OK), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    folder_remove(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_folder");
    TCase *all = tcase_create("all");

    tcase_add_test(all, whose_it_is);
    tcase_add_test(all, nested_folders_go_links_are_not_followed);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
