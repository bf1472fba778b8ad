/* Verbs run by tests: each in a process of its own, the test program again, called with --verb;
 * against the stand-in headquarters of test_node_daemon.h. */
#ifndef TESTS_UNIT_TEST_NODE_VERBS_H
#define TESTS_UNIT_TEST_NODE_VERBS_H

#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "test_node_daemon.h"
#include "clearing/base/hex.h"
#include "tools/node/node_verbs.h"

static char root[128];   /* of this test's folders */
static char dir[160];    /* the store's */
static char kit[160];    /* its file */
static char events[160]; /* a file of lines */
static char output[160];
static struct daemon *hq;

static void make_folder(const char *path)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void write_kit(const uint8_t *ledger_public)
{
    char hex[5][65];
    uint8_t public[SIGN_PUBLIC_LEN];
    FILE *file = fopen(kit, "w");

    sign_key_public(hq->ledger_key, public);
    hex_write(hq->network, 32, hex[0]);
    hex_write(hq->curve_public, 32, hex[1]);
    hex_write(ledger_public != NULL ? ledger_public : public, 32, hex[2]);
    hex_write(hq->curve_public, 32, hex[3]); /* any pair will do as the invite's */
    hex_write(hq->curve_secret, 32, hex[4]);
    fprintf(file,
            "{\"format\":\"allclear-kit/1\",\"network\":\"%s\",\"alliance\":\"demo\","
            "\"store\":\"A\",\"address\":\"%s\",\"server_key\":\"%s\",\"ledger_key\":\"%s\","
            "\"invite_public\":\"%s\",\"invite_secret\":\"%s\",\"test\":true}\n",
            hex[0], hq->address, hex[1], hex[2], hex[3], hex[4]);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
    char path[200];

    (void)snprintf(root, sizeof root, "/tmp/test_node.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(dir, sizeof dir, "%s/store", root);
    (void)snprintf(kit, sizeof kit, "%s/kit.json", root);
    (void)snprintf(events, sizeof events, "%s/events.jsonl", root);
    (void)snprintf(output, sizeof output, "%s/output", root);
    (void)snprintf(path, sizeof path, "%s/hq", root);
    make_folder(path);
    hq = daemon_new(path);
    daemon_start(hq);
    hq->approved = 1;
    write_kit(NULL);
}

static void tear_down(void)
{
    char command[200];

    daemon_stop(hq);
    ck_assert_uint_eq(hq->equivocations, 0);
    ck_assert_uint_eq(hq->bad_batches, 0);
    daemon_free(hq);
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static pid_t start(const char *const *words)
{
    pid_t pid = fork();

    if (pid == 0) {
        const char *argv[24] = {"test_node", "--verb"};
        for (int i = 0; words[i] != NULL; i++) {
            argv[i + 2] = words[i];
        }
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(fd, STDOUT_FILENO);
        if (getenv("TEST_NODE_VERBOSE") == NULL) {
            (void)dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        }
        (void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
        _exit(99);
    }
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define RUN(...)     finish(start((const char *const[]){__VA_ARGS__, NULL}))
#define JOIN()       ck_assert_int_eq(RUN("join", kit, "--dir", dir), 0)
#define PUBLISH(...) RUN("publish", "--json", "--dir", dir, __VA_ARGS__)

static json_t *output_json(void)
{
    json_t *value = json_load_file(output, 0, NULL);

    ck_assert_ptr_nonnull(value);
    return value;
}

static int64_t number_of(const char *key)
{
    json_t *value = output_json();
    int64_t number = json_integer_value(json_object_get(value, key));

    json_decref(value);
    return number;
}

/* The counts of the last publish; they add up. */
static void expect_counts(int accepted, int waiting, int already, int refused, int pending)
{
    ck_assert_int_eq(number_of("accepted"), accepted);
    ck_assert_int_eq(number_of("waiting"), waiting);
    ck_assert_int_eq(number_of("already"), already);
    ck_assert_int_eq(number_of("refused"), refused);
    ck_assert_int_eq(number_of("pending"), pending);
    ck_assert_int_eq(number_of("read"), accepted + waiting + already + refused + pending);
}

static void put_lines(const char *path, int from, int to)
{
    FILE *file = fopen(path, "w");

    for (int i = from; i <= to; i++) {
        fprintf(file,
                "{\"type\":\"enrol\",\"terminal\":\"1\",\"number\":%d,"
                "\"at\":\"2026-03-01T10:40:00+08:00\",\"member\":\"62%08d\"}\n",
                i, i);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void add(Suite *s, const char *name, const TTest *test)
{
    TCase *c = tcase_create(name);

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 240);
    tcase_add_test(c, test);
    suite_add_tcase(s, c);
}

static int run_verb(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"join", verb_join}, {"publish", verb_publish},         {"outbox", verb_outbox},
                 {"mine", verb_mine}, {"statement", verb_own_statement}, {"balance", verb_balance}};

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) {
            return verbs[i].run(argc, argv);
        }
    }
    return 98;
}

/* TEST_NODE_SEED chooses what the stand-in loses and when publishers die. */
static int run_suite(int argc, char **argv, Suite *make(void))
{
    if (argc > 2 && strcmp(argv[1], "--verb") == 0) {
        return run_verb(argc - 2, argv + 2);
    }
    SRunner *runner = srunner_create(make());
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
