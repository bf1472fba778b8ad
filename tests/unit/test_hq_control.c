/* The control socket's client against a daemon that does what daemons do at their worst. */
#include "tools/hq/control.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[300];

/* A folder whose path is too long for a socket's address. */
static void enter(void)
{
    char command[400];

    (void)snprintf(dir, sizeof dir, "/tmp/test_hq_control.%d/%0150d", (int)getpid(), 0);
    (void)snprintf(command, sizeof command, "mkdir -p '%s/run'", dir);
    ck_assert_int_eq(system(command), 0);
}

static void leave(void)
{
    char command[400];

    (void)snprintf(command, sizeof command, "rm -rf /tmp/test_hq_control.%d", (int)getpid());
    ck_assert_int_eq(system(command), 0);
}

/* Answer one request with these bytes, and write down what was asked. */
static pid_t serve(const char *answer, size_t len, size_t times)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "control"};
    char run[400];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(run, sizeof run, "%s/run", dir);
    ck_assert_int_eq(chdir(run), 0);
    (void)unlink("control");
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 4), 0);
    ck_assert_int_eq(chdir("/"), 0);
    pid_t child = fork();
    if (child == 0) {
        char asked[4096];
        int client = accept(fd, NULL, NULL);
        ssize_t got = recv(client, asked, sizeof asked, 0);
        int code = got > 1 && asked[got - 1] == '\n' ? 0 : 1;
        for (size_t i = 0; i < times; i++) {
            (void)!send(client, answer, len, MSG_NOSIGNAL);
        }
        (void)close(client);
        _exit(code);
    }
    (void)close(fd);
    return child;
}

static enum control_result ask_once(const char *answer, size_t len, size_t times, json_t **ret,
                                    struct fault *ret_fault)
{
    int status = 0;
    pid_t child = serve(answer, len, times);
    enum control_result result =
        control_ask(dir, json_pack("{s:s}", "verb", "head"), ret, ret_fault);

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    return result;
}

START_TEST(test_nobody)
{
    struct fault fault = {0};
    json_t *answer = NULL;

    ck_assert_int_eq(control_ask(dir, json_pack("{s:s}", "verb", "head"), &answer, &fault),
                     CONTROL_NOBODY);
    ck_assert_int_eq(control_ask("/nowhere", json_object(), &answer, &fault), CONTROL_NOBODY);
    /* a socket that nobody serves any more */
    json_t *first = NULL;
    ck_assert_int_eq(ask_once("{}\n", 3, 1, &first, &fault), CONTROL_ANSWERED);
    json_decref(first);
    ck_assert_int_eq(control_ask(dir, json_object(), &answer, &fault), CONTROL_NOBODY);
    ck_assert_ptr_null(answer);
}
END_TEST

START_TEST(test_broken)
{
    struct fault fault = {0};
    json_t *answer = NULL;

    ck_assert_int_eq(ask_once("", 0, 0, &answer, &fault), CONTROL_BROKEN);
    ck_assert_int_eq(ask_once("[]\n", 3, 1, &answer, &fault), CONTROL_BROKEN);
    ck_assert_int_eq(ask_once("{\"a\":", 5, 1, &answer, &fault), CONTROL_BROKEN);
    ck_assert_int_eq(ask_once("{\"a\":1,\"a\":2}\n", 14, 1, &answer, &fault), CONTROL_BROKEN);
    ck_assert_int_eq(ask_once("\0\0\0", 3, 1, &answer, &fault), CONTROL_BROKEN);
    ck_assert_int_eq(ask_once("{}\n", 3, 2, &answer, &fault), CONTROL_BROKEN);
    ck_assert_ptr_null(answer);
    ck_assert_int_eq(fault.category, FAULT_IO);
}
END_TEST

START_TEST(test_answers)
{
    static const char refusal[] = "{\"error\":\"freeze: that batch has been taken already\"}\n";
    struct fault fault = {0};
    json_t *answer = NULL;

    ck_assert_int_eq(ask_once(refusal, sizeof refusal - 1, 1, &answer, &fault), CONTROL_REFUSED);
    ck_assert_str_eq(fault.text, "freeze: that batch has been taken already");
    ck_assert_ptr_null(answer);
    ck_assert_int_eq(ask_once("{\"index\":7}\n", 12, 1, &answer, &fault), CONTROL_ANSWERED);
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "index")), 7);
    json_decref(answer);
    /* one that comes in many pieces: blanks, then the object */
    size_t len = 100000;
    char *blanks = malloc(len);
    ck_assert_ptr_nonnull(blanks);
    memset(blanks, ' ', len);
    memcpy(blanks + len - 12, "{\"index\":8}\n", 12);
    ck_assert_int_eq(ask_once(blanks, len, 1, &answer, &fault), CONTROL_ANSWERED);
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "index")), 8);
    json_decref(answer);
    free(blanks);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hq_control");
    TCase *cases = tcase_create("control");

    tcase_add_checked_fixture(cases, enter, leave);
    tcase_add_test(cases, test_nobody);
    tcase_add_test(cases, test_broken);
    tcase_add_test(cases, test_answers);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
