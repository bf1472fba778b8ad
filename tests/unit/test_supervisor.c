/* What the daemon tells its supervisor, and when it gives no sign of life. */
#include "daemon/supervisor.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A supervisor's end under an abstract name of this process, which the environment tells. */
static int listen_abstract(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    int len = snprintf(name, sizeof name, "@allclear-test-%ld", (long)getpid());
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    memcpy(address.sun_path, name, (size_t)len);
    address.sun_path[0] = '\0';
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static const char *told(int fd)
{
    static char text[1024];
    ssize_t len = recv(fd, text, sizeof text - 1, 0);

    text[len < 0 ? 0 : len] = '\0';
    return text;
}

START_TEST(nobody_is_there)
{
    struct supervisor supervisor;

    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "1000000", 1);
    supervisor_open(&supervisor);
    ck_assert_int_eq(supervisor.fd, -1);
    ck_assert_int_eq(supervisor.interval_ms, 0);
    supervisor_tell(&supervisor, "READY=1");
    ck_assert(!supervisor_alive(&supervisor, (struct supervisor_turn){.now_ms = 1000000}));
    supervisor_close(&supervisor);
}
END_TEST

START_TEST(names_that_are_none)
{
    static const char *const names[] = {"", "@", "/", "relative", "/nowhere/at/all"};
    char longest[200];
    struct supervisor supervisor;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        supervisor_open(&supervisor);
        ck_assert_int_eq(supervisor.fd, -1);
    }
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    supervisor_open(&supervisor);
    ck_assert_int_eq(supervisor.fd, -1);
}
END_TEST

START_TEST(the_environment_is_forgotten)
{
    struct supervisor supervisor;
    int fd = listen_abstract();

    setenv("WATCHDOG_USEC", "2000000", 1);
    unsetenv("WATCHDOG_PID");
    supervisor_open(&supervisor);
    ck_assert_int_eq(supervisor.interval_ms, 1000);
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
    supervisor_tell(&supervisor, "READY=1\nSTATUS=%d", 7);
    ck_assert_str_eq(told(fd), "READY=1\nSTATUS=7");
    supervisor_close(&supervisor);
    ck_assert_int_eq(supervisor.fd, -1);
    close(fd);
}
END_TEST

START_TEST(a_watchdog_for_someone_else)
{
    static const char *const none[] = {"0", "-5", "x", "5x", "99999999999999999999", ""};
    struct supervisor supervisor;
    int fd = listen_abstract();
    char name[64];

    snprintf(name, sizeof name, "%s", getenv("NOTIFY_SOCKET"));
    setenv("WATCHDOG_USEC", "2000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    supervisor_open(&supervisor);
    ck_assert_int_eq(supervisor.interval_ms, 0);
    supervisor_close(&supervisor);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        setenv("NOTIFY_SOCKET", name, 1);
        setenv("WATCHDOG_USEC", none[i], 1);
        supervisor_open(&supervisor);
        ck_assert_int_eq(supervisor.interval_ms, 0);
        supervisor_close(&supervisor);
    }
    close(fd);
}
END_TEST

/* At what, what has ended meanwhile, is a sign due? */
static bool alive(struct supervisor supervisor, bool committing, bool committed, bool checking,
                  bool taken)
{
    supervisor.committed = committed;
    supervisor.taken = taken;
    return supervisor_alive(&supervisor, (struct supervisor_turn){1000, committing, checking});
}

START_TEST(no_sign_while_something_hangs)
{
    struct supervisor supervisor;
    int fd = listen_abstract();

    setenv("WATCHDOG_USEC", "2000000", 1);
    unsetenv("WATCHDOG_PID");
    supervisor_open(&supervisor);
    ck_assert(alive(supervisor, false, false, false, false));
    ck_assert_str_eq(told(fd), "WATCHDOG=1");
    ck_assert(!alive(supervisor, true, false, false, false));
    ck_assert(!alive(supervisor, false, true, true, false));
    ck_assert(!alive(supervisor, true, true, true, false));
    ck_assert_str_eq(told(fd), "");
    ck_assert(alive(supervisor, true, true, false, false));
    ck_assert(alive(supervisor, true, true, true, true));

    supervisor.committed = true;
    ck_assert(!supervisor_alive(&supervisor, (struct supervisor_turn){999, true, false}));
    ck_assert(supervisor_alive(&supervisor, (struct supervisor_turn){1000, true, false}));
    ck_assert(!supervisor_alive(&supervisor, (struct supervisor_turn){1999, true, false}));
    ck_assert(!supervisor_alive(&supervisor, (struct supervisor_turn){2000, true, false}));
    supervisor_close(&supervisor);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("supervisor");
    TCase *tests = tcase_create("protocol");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tests, nobody_is_there);
    tcase_add_test(tests, names_that_are_none);
    tcase_add_test(tests, the_environment_is_forgotten);
    tcase_add_test(tests, a_watchdog_for_someone_else);
    tcase_add_test(tests, no_sign_while_something_hangs);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
