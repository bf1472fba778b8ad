#include "clearing/journal/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

static char folder[64];
static char data_file[96];

static void set_up(void)
{
    strcpy(folder, "/tmp/test_store.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(data_file, sizeof data_file, "%s/data.mdb", folder);
}

static void tear_down(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct store *open_store(bool create, bool read_only, struct fault *ret_fault)
{
    struct store_options options = {.dir = folder, .create = create, .read_only = read_only};

    return store_open(&options, ret_fault);
}

static struct store *must_open(bool create)
{
    struct fault fault = {0};
    struct store *store = open_store(create, false, &fault);

    ck_assert_msg(store != NULL, "%s", fault.text);
    return store;
}

static void must_refuse(bool create, bool read_only, const char *why)
{
    struct fault fault = {0};

    ck_assert_ptr_null(open_store(create, read_only, &fault));
    ck_assert_msg(strstr(fault.text, why) != NULL, "%s", fault.text);
    ck_assert_msg(strstr(fault.text, folder) != NULL, "%s", fault.text);
}

static bool put(struct store *store, enum store_table table, const char *key, const char *value)
{
    slice_t parts[2] = {{value, 1}, {value + 1, (uint32_t)strlen(value) - 1}};

    return store_put(store, table, slice_of(key), parts, 2, NULL);
}

static void must_put(struct store *store, const char *key, const char *value)
{
    ck_assert(store_begin(store, NULL));
    ck_assert(put(store, STORE_RECORDS, key, value));
    ck_assert(store_commit(store, NULL));
}

static void must_read(struct store *store, const char *key, const char *value)
{
    struct store_view *view = store_view_new(store);
    slice_t got = {0};

    ck_assert(store_view_begin(view, NULL));
    enum store_found found = store_view_get(view, STORE_RECORDS, slice_of(key), &got, NULL);
    if (value == NULL) {
        ck_assert_int_eq(found, STORE_ABSENT);
    } else {
        ck_assert_int_eq(found, STORE_FOUND);
        ck_assert(slice_equal(got, slice_of(value)));
    }
    store_view_end(view);
    store_view_free(view);
}

START_TEST(open_refusals)
{
    struct store_options absent = {.dir = "/nonexistent/journal"};
    char long_path[1000];
    struct fault fault = {0};

    must_refuse(false, false, "no journal");
    must_refuse(false, true, "no journal");
    ck_assert_ptr_null(store_open(&absent, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "/nonexistent/journal"));
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    absent.dir = long_path;
    ck_assert_ptr_null(store_open(&absent, &fault));
    ck_assert_int_eq(fault.category, FAULT_LIMIT);
    store_close(must_open(true));
    must_refuse(true, false, "is there already");
    store_close(must_open(false));
    store_close(NULL);
}
END_TEST

START_TEST(second_open_refused)
{
    struct store *store = must_open(true);

    must_refuse(false, false, "in use by another process");
    must_refuse(false, true, "in use by another process");
    must_put(store, "a", "1"); /* and the first one is unharmed */
    store_close(store);
    store = open_store(false, true, NULL);
    struct store *second = open_store(false, true, NULL);
    ck_assert_ptr_nonnull(store);
    ck_assert_ptr_nonnull(second); /* readers of a copy at rest share */
    must_read(store, "a", "1");
    must_read(second, "a", "1");
    must_refuse(false, false, "in use by another process");
    store_close(store);
    store_close(second);
}
END_TEST

START_TEST(lock_ends_with_the_process)
{
    pid_t child = fork();

    if (child == 0) {
        struct store *store = open_store(true, false, NULL);
        _exit(store == NULL ? 1 : 0); /* without closing */
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    store_close(must_open(false));
}
END_TEST

START_TEST(tables_keep_their_rules)
{
    struct store *store = must_open(true);

    must_put(store, "b", "first");
    ck_assert(store_begin(store, NULL));
    ck_assert(put(store, STORE_META, "x", "old"));
    ck_assert(put(store, STORE_META, "x", "newer"));
    ck_assert(put(store, STORE_TILES, "t", "tile"));
    ck_assert(put(store, STORE_TILES, "s", "tile before"));
    ck_assert(store_commit(store, NULL));
    ck_assert(store_begin(store, NULL));
    ck_assert(!put(store, STORE_RECORDS, "a", "not above all others"));
    store_abort(store);
    store_close(store);

    store = must_open(false);
    ck_assert(store_begin(store, NULL));
    ck_assert(!put(store, STORE_RECORDS, "b", "again"));
    store_close(store);

    store = must_open(false);
    ck_assert(store_begin(store, NULL));
    ck_assert(!put(store, STORE_TILES, "t", "again"));
    store_close(store);

    store = must_open(false);
    must_read(store, "b", "first");
    must_read(store, "a", NULL);
    store_close(store);
}
END_TEST

START_TEST(views_see_what_is_committed)
{
    struct store *store = must_open(true);
    struct store_view *view = store_view_new(store);
    slice_t got;
    uint64_t count = 7;

    ck_assert(store_view_begin(view, NULL));
    ck_assert_int_eq(store_view_last(view, STORE_RECORDS, &got, NULL), STORE_ABSENT);
    ck_assert(store_view_count(view, STORE_RECORDS, &count, NULL));
    ck_assert_uint_eq(count, 0);
    must_put(store, "a", "1");
    ck_assert_int_eq(store_view_get(view, STORE_RECORDS, slice_of("a"), &got, NULL), STORE_ABSENT);
    store_view_end(view);
    ck_assert(store_begin(store, NULL));
    ck_assert(put(store, STORE_RECORDS, "b", "2"));
    ck_assert_int_eq(store_get(store, STORE_RECORDS, slice_of("b"), &got, NULL), STORE_FOUND);
    ck_assert(store_view_begin(view, NULL));
    ck_assert_int_eq(store_view_last(view, STORE_RECORDS, &got, NULL), STORE_FOUND);
    ck_assert(slice_equal(got, slice_of("a")));
    store_view_end(view);
    store_abort(store);
    must_read(store, "b", NULL);
    store_view_free(view);
    store_view_free(NULL);
    store_close(store);
}
END_TEST

/* Anything that fails in a write makes the outcome unknown, so that nothing more is done. */
START_TEST(full_map_is_final)
{
    struct store_options options = {.dir = folder, .create = true, .map_size = 262144};
    static char big[60000];
    struct fault fault = {0};
    struct store *store = store_open(&options, &fault);
    slice_t value = {big, sizeof big};
    bool good = true;
    int done = 0;

    ck_assert_msg(store != NULL, "%s", fault.text);
    for (; good && done < 20; done += good ? 1 : 0) {
        char key[2] = {(char)('a' + done), '\0'};
        good = store_begin(store, &fault);
        ck_assert(good);
        good = store_put(store, STORE_RECORDS, slice_of(key), &value, 1, &fault) &&
               store_commit(store, &fault);
        store_abort(store);
    }
    ck_assert_int_lt(done, 5);
    ck_assert_int_eq(fault.category, FAULT_STORE);
    ck_assert_msg(strstr(fault.text, "larger map") != NULL, "%s", fault.text);
    ck_assert(!store_begin(store, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "in doubt"));
    struct store_view *view = store_view_new(store);
    ck_assert(!store_view_begin(view, &fault));
    store_view_free(view);
    store_close(store);
    /* What was committed before is there, and a larger map makes room. */
    store = must_open(false);
    struct store_view *after = store_view_new(store);
    uint64_t count = 0;
    ck_assert(store_view_begin(after, NULL));
    ck_assert(store_view_count(after, STORE_RECORDS, &count, NULL));
    ck_assert_uint_eq(count, (uint64_t)done);
    store_view_end(after);
    store_view_free(after);
    must_put(store, "z", "more");
    store_close(store);
}
END_TEST

/* Cut at each page: refused with words, never a SIGBUS. */
START_TEST(cut_short)
{
    struct store *store = must_open(true);
    static char big[20000];
    slice_t value = {big, sizeof big};
    struct stat status;

    ck_assert(store_begin(store, NULL));
    ck_assert(store_put(store, STORE_RECORDS, slice_of("a"), &value, 1, NULL));
    ck_assert(store_commit(store, NULL));
    store_close(store);
    ck_assert_int_eq(stat(data_file, &status), 0);
    ck_assert_int_gt(status.st_size, 24576);
    for (off_t len = (status.st_size - 1) / 4096 * 4096; len >= 0; len -= 4096) {
        ck_assert_int_eq(truncate(data_file, len), 0);
        must_refuse(false, false, "cut short");
        must_refuse(false, true, "cut short");
    }
    ck_assert_int_eq(truncate(data_file, 10000), 0); /* zeros where the metas were */
    ck_assert_ptr_null(open_store(false, false, NULL));
}
END_TEST

START_TEST(data_file_is_not_inherited)
{
    struct store *store = must_open(true);
    char link[64];
    char target[256];
    int found = 0;

    for (int fd = 3; fd < 64; fd++) {
        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, target, sizeof target - 1);
        if (len <= 0) {
            continue;
        }
        target[len] = '\0';
        if (strstr(target, folder) != NULL) {
            found++;
            ck_assert_msg((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "%s", target);
        }
    }
    ck_assert_int_ge(found, 3);
    store_close(store);
}
END_TEST

START_TEST(places)
{
    const char *name = NULL;

    ck_assert_int_eq(store_judge_place(0xef53, &name), STORE_PLACE_GOOD);     /* ext4 */
    ck_assert_int_eq(store_judge_place(0x58465342, &name), STORE_PLACE_GOOD); /* XFS */
    ck_assert_int_eq(store_judge_place(0x9123683e, &name), STORE_PLACE_GOOD); /* btrfs */
    ck_assert_ptr_null(name);
    ck_assert_int_eq(store_judge_place(0x6969, &name), STORE_PLACE_REMOTE);
    ck_assert_str_eq(name, "NFS");
    ck_assert_int_eq(store_judge_place(0xff534d42, &name), STORE_PLACE_REMOTE);
    /* As a signed 32-bit f_type arrives in 64 bits. */
    ck_assert_int_eq(store_judge_place(0xffffffffff534d42, &name), STORE_PLACE_REMOTE);
    ck_assert_int_eq(store_judge_place(0x65735546, &name), STORE_PLACE_REMOTE);
    ck_assert_int_eq(store_judge_place(0x01021997, &name), STORE_PLACE_REMOTE);
    ck_assert_int_eq(store_judge_place(0x01021994, &name), STORE_PLACE_VOLATILE);
    ck_assert_str_eq(name, "tmpfs");
    ck_assert_int_eq(store_judge_place(0x794c7630, &name), STORE_PLACE_VOLATILE);
    ck_assert_str_eq(name, "overlayfs");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, open_refusals);
    tcase_add_test(tests, second_open_refused);
    tcase_add_test(tests, lock_ends_with_the_process);
    tcase_add_test(tests, tables_keep_their_rules);
    tcase_add_test(tests, views_see_what_is_committed);
    tcase_add_test(tests, full_map_is_final);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, data_file_is_not_inherited);
    tcase_add_test(tests, places);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
