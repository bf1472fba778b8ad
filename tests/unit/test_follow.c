#include "tools/node/follow.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_MS  2000 /* what the kernel tells comes at once; this is for a machine under load */
#define QUIET_MS 50   /* and what has not come by then does not come */

static char root[64];
static char seen[400]; /* names visited, a space behind each */
static bool refuse;

static const char *in_root(const char *name)
{
    static char paths[4][200];
    static int next;
    char *path = paths[next++ % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void put(const char *name, const char *mode)
{
    FILE *file = fopen(in_root(name), mode);

    ck_assert_ptr_nonnull(file);
    fputs("line\n", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void rename_in_root(const char *from, const char *to)
{
    ck_assert_int_eq(rename(in_root(from), in_root(to)), 0);
}

static bool visit(void *context, const char *path, struct fault *ret_fault)
{
    ck_assert_ptr_eq(context, seen);
    ck_assert_uint_lt(strlen(seen) + strlen(path), sizeof seen);
    (void)strcat(seen, strrchr(path, '/') + 1);
    (void)strcat(seen, " ");
    return !refuse || fault_set(ret_fault, FAULT_IO, "refused");
}

/* Look once. Returns: the names visited. */
static const char *look(struct follow *follow)
{
    seen[0] = '\0';
    ck_assert(follow_look(follow, visit, seen, NULL));
    return seen;
}

static bool is_told(struct follow *follow, int ms)
{
    struct pollfd fd = {.fd = follow_fd(follow), .events = POLLIN};

    return poll(&fd, 1, ms) == 1;
}

/* Look when told. */
static const char *told(struct follow *follow)
{
    ck_assert(is_told(follow, TOLD_MS));
    return look(follow);
}

static void set_up(void)
{
    (void)snprintf(root, sizeof root, "/tmp/test_follow.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(mkdir(in_root("in"), 0700), 0);
    refuse = false;
}

static void tear_down(void)
{
    char command[100];

    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static struct follow *follow_one(const char *name)
{
    static char path[200];
    char *paths[] = {path};

    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    struct follow *follow = follow_open(paths, 1, NULL);
    ck_assert_int_ge(follow_fd(follow), 0);
    return follow;
}

START_TEST(test_refusing_visit)
{
    struct fault fault = {0};
    struct follow *follow = follow_one("in");

    put("in/a.jsonl", "w");
    put("in/b.jsonl", "w");
    refuse = true;
    seen[0] = '\0';
    ck_assert(!follow_look(follow, visit, seen, &fault));
    ck_assert_str_eq(fault.text, "refused");
    ck_assert_str_eq(seen, "a.jsonl ");
    follow_close(follow);
    follow_close(NULL);
}
END_TEST

START_TEST(test_nothing_there)
{
    struct follow *follow = follow_one("late.jsonl");

    ck_assert_str_eq(look(follow), "");
    ck_assert(!is_told(follow, QUIET_MS));
    put("other.jsonl", "w"); /* a neighbour is none of ours */
    ck_assert_str_eq(told(follow), "");
    put("late.jsonl", "w");
    ck_assert_str_eq(told(follow), "late.jsonl ");
    put("late.jsonl", "a");
    ck_assert_str_eq(told(follow), "late.jsonl ");
    put("other.jsonl", "a"); /* and its growth wakes nobody */
    ck_assert(!is_told(follow, QUIET_MS));
    follow_close(follow);
}
END_TEST

START_TEST(test_folder)
{
    put("in/b.jsonl", "w");
    put("in/a.jsonl", "w");
    put("in/.c.jsonl", "w");
    put("in/.jsonl", "w");
    put("in/d.txt", "w");
    struct follow *follow = follow_one("in");

    ck_assert_str_eq(look(follow), "a.jsonl b.jsonl ");
    ck_assert_str_eq(look(follow), "");
    ck_assert_int_gt(follow_wait_ms(follow), FOLLOW_LOOK_MS);
    put("in/d.txt", "a");
    ck_assert_str_eq(told(follow), "");
    put("in/b.jsonl", "a");
    put("in/b.jsonl", "a");
    ck_assert_str_eq(told(follow), "b.jsonl ");
    ck_assert(!is_told(follow, QUIET_MS));
    put("e.jsonl", "w");
    rename_in_root("e.jsonl", "in/e.jsonl");
    ck_assert_str_eq(told(follow), "e.jsonl ");
    put("in/f.jsonl", "w");
    ck_assert_str_eq(told(follow), "f.jsonl ");
    follow_close(follow);
}
END_TEST

/* What is written before the first look, and while one goes on, is not missed. */
START_TEST(test_between)
{
    struct follow *follow = follow_one("in");

    put("in/a.jsonl", "w");
    ck_assert_str_eq(look(follow), "a.jsonl ");
    put("in/a.jsonl", "a");
    ck_assert_str_eq(look(follow), "a.jsonl ");
    ck_assert_int_eq(truncate(in_root("in/a.jsonl"), 0), 0);
    ck_assert_str_eq(told(follow), "a.jsonl ");
    follow_close(follow);
}
END_TEST

START_TEST(test_replaced)
{
    put("a.jsonl", "w");
    struct follow *follow = follow_one("a.jsonl");

    ck_assert_str_eq(look(follow), "a.jsonl ");
    rename_in_root("a.jsonl", "a.1");
    (void)told(follow);
    put("a.jsonl", "w");
    ck_assert_str_eq(told(follow), "a.jsonl ");
    put("a.1", "a"); /* the old one is followed no longer */
    (void)look(follow);
    ck_assert(!is_told(follow, QUIET_MS));
    put("a.new", "w");
    put("a.new", "a");
    rename_in_root("a.new", "a.jsonl"); /* over the old one */
    ck_assert_str_eq(told(follow), "a.jsonl ");
    put("a.jsonl", "a");
    ck_assert_str_eq(told(follow), "a.jsonl ");
    follow_close(follow);
}
END_TEST

START_TEST(test_folder_replaced)
{
    put("in/a.jsonl", "w");
    struct follow *follow = follow_one("in");

    ck_assert_str_eq(look(follow), "a.jsonl ");
    rename_in_root("in", "out");
    (void)told(follow);
    ck_assert_int_eq(mkdir(in_root("in"), 0700), 0);
    put("in/b.jsonl", "w");
    ck_assert_str_eq(told(follow), "b.jsonl ");
    put("out/a.jsonl", "a");
    put("in/b.jsonl", "a");
    ck_assert_str_eq(told(follow), "b.jsonl ");
    follow_close(follow);
}
END_TEST

/* A folder, a file in it, and the file once more: one visit a change. */
START_TEST(test_overlapping)
{
    char folder[100];
    char file[100];
    char *paths[] = {folder, file, file};

    (void)snprintf(folder, sizeof folder, "%s/in", root);
    (void)snprintf(file, sizeof file, "%s/in/a.jsonl", root);
    put("in/a.jsonl", "w");
    struct follow *follow = follow_open(paths, 3, NULL);
    ck_assert_str_eq(look(follow), "a.jsonl ");
    put("in/a.jsonl", "a");
    ck_assert_str_eq(told(follow), "a.jsonl ");
    ck_assert_int_eq(unlink(file), 0);
    (void)look(follow);
    put("in/a.jsonl", "w");
    ck_assert_str_eq(told(follow), "a.jsonl ");
    put("in/b.jsonl", "w");
    ck_assert_str_eq(told(follow), "b.jsonl ");
    follow_close(follow);
}
END_TEST

START_TEST(test_bell)
{
    char bell[100];
    char folder[100];
    char *paths[] = {folder};

    (void)snprintf(folder, sizeof folder, "%s/in", root);
    (void)snprintf(bell, sizeof bell, "%s/bell", root);
    put("bell", "w");
    struct follow *follow = follow_open(paths, 1, bell);
    ck_assert_str_eq(look(follow), "");
    ck_assert(!is_told(follow, QUIET_MS));
    ck_assert(!follow_is_rung(follow));
    follow_ring(bell);
    ck_assert_str_eq(told(follow), "");
    ck_assert(follow_is_rung(follow));
    ck_assert(!follow_is_rung(follow));
    ck_assert(!is_told(follow, QUIET_MS));
    ck_assert_int_eq(unlink(bell), 0); /* ends the bell, not the following */
    (void)look(follow);
    put("in/a.jsonl", "w");
    ck_assert_str_eq(told(follow), "a.jsonl ");
    follow_ring("/nonexistent/bell");
    follow_close(follow);
}
END_TEST

/* More than the kernel keeps for us: it says so, and all is looked at. */
START_TEST(test_overflow)
{
    struct follow *follow = follow_one("in");
    FILE *files[] = {fopen(in_root("in/a.jsonl"), "w"), fopen(in_root("in/b.jsonl"), "w")};
    int max = 16384;

    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "r");
    ck_assert(limit == NULL || fscanf(limit, "%d", &max) == 1);
    (void)fclose(limit);
    ck_assert_str_eq(look(follow), "a.jsonl b.jsonl ");
    for (int i = 0; i < max + 10; i++) { /* two in a row would be told as one */
        ck_assert_int_eq(fputs("x", files[i % 2]), 1);
        ck_assert_int_eq(fflush(files[i % 2]), 0);
    }
    put("in/c.jsonl", "w");
    ck_assert_str_eq(told(follow), "a.jsonl b.jsonl c.jsonl ");
    ck_assert_str_eq(look(follow), "");
    put("in/c.jsonl", "a");
    ck_assert_str_eq(told(follow), "c.jsonl ");
    (void)fclose(files[0]);
    (void)fclose(files[1]);
    follow_close(follow);
}
END_TEST

/* Where the kernel refuses to tell, it is said once and everything is looked at by and by. */
START_TEST(test_looking)
{
    struct rlimit all;
    char folder[100];
    char *paths[] = {folder};
    struct fault why = {0};

    (void)snprintf(folder, sizeof folder, "%s/in", root);
    put("in/a.jsonl", "w");
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
    const struct rlimit none = {0, all.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct follow *follow = follow_open(paths, 1, NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
    ck_assert_int_eq(follow_fd(follow), -1);
    ck_assert(!follow_is_told(follow, &why));
    ck_assert_ptr_nonnull(strstr(why.text, folder));
    ck_assert_ptr_nonnull(strstr(why.text, "Too many open files"));
    ck_assert(follow_is_told(follow, &why));
    ck_assert_int_eq(follow_wait_ms(follow), 0);
    ck_assert_str_eq(look(follow), "a.jsonl ");
    put("in/a.jsonl", "a");
    int wait = follow_wait_ms(follow);
    ck_assert_int_gt(wait, 0);
    ck_assert_int_le(wait, FOLLOW_LOOK_MS);
    ck_assert_str_eq(look(follow), "");
    (void)usleep((useconds_t)(wait + 2) * 1000);
    ck_assert_str_eq(look(follow), "a.jsonl ");
    (void)usleep((useconds_t)(FOLLOW_LOOK_MS + 2) * 1000);
    ck_assert_str_eq(look(follow), "");
    follow_close(follow);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("follow");
    TCase *c = tcase_create("follow");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_refusing_visit);
    tcase_add_test(c, test_nothing_there);
    tcase_add_test(c, test_folder);
    tcase_add_test(c, test_between);
    tcase_add_test(c, test_replaced);
    tcase_add_test(c, test_folder_replaced);
    tcase_add_test(c, test_overlapping);
    tcase_add_test(c, test_bell);
    tcase_add_test(c, test_overflow);
    tcase_add_test(c, test_looking);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());

    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
