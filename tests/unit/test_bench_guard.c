/* The guard: whatever ends the work, nothing of what it has started is left, and the cleaning is
 * done, once, afterwards. A failure would leave processes behind. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "tools/bench/guard.h"
#include "tools/bench/process.h"

enum scene {
    SCENE_DONE,    /* ends by itself */
    SCENE_ORPHANS, /* and leaves a child with a child */
    SCENE_CRASH,   /* is ended by a signal, and leaves those */
    SCENE_HANGS,   /* never ends, and has those */
};

/* Shared with the processes. */
static struct {
    enum scene scene;
    volatile pid_t child;
    volatile pid_t grandchild;
    volatile int cleaned;
    volatile int code;
    volatile int signal;
    volatile bool left; /* somebody still lived at the cleaning */
} *stage;

static void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    (void)nanosleep(&time, NULL);
}

static bool lives(pid_t pid)
{
    return pid > 0 && kill(pid, 0) == 0;
}

static void beget(void)
{
    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGTERM, SIG_IGN);
        pid_t grandchild = fork();
        if (grandchild == 0) {
            sleep_ms(600000);
            _exit(0);
        }
        stage->grandchild = grandchild;
        sleep_ms(600000);
        _exit(0);
    }
    stage->child = child;
    while (stage->grandchild == 0) {
        sleep_ms(1);
    }
}

static int work(void *context)
{
    (void)context;
    switch (stage->scene) {
    case SCENE_DONE:
        return 7;
    case SCENE_ORPHANS:
        beget();
        return EX_OK;
    case SCENE_CRASH:
        beget();
        (void)raise(SIGKILL);
        return EX_OK;
    case SCENE_HANGS:
        beget();
        sleep_ms(600000);
        return EX_OK;
    }
    return EX_OK;
}

static void clean(void *context, int code, int signal)
{
    (void)context;
    stage->cleaned++;
    stage->code = code;
    stage->signal = signal;
    stage->left = lives(stage->child) || lives(stage->grandchild);
}

static const struct guard guard = {.work = work, .clean = clean};

static void set_scene(enum scene scene)
{
    stage->scene = scene;
    stage->child = stage->grandchild = 0;
    stage->cleaned = stage->code = stage->signal = 0;
    stage->left = false;
}

START_TEST(its_code_comes_back)
{
    set_scene(SCENE_DONE);
    ck_assert_int_eq(guard_run(&guard), 7);
    ck_assert_int_eq(stage->cleaned, 1);
    ck_assert_int_eq(stage->code, 7);
    ck_assert_int_eq(stage->signal, 0);
}
END_TEST

START_TEST(orphans_are_ended)
{
    set_scene(SCENE_ORPHANS);
    ck_assert_int_eq(guard_run(&guard), EX_OK);
    ck_assert_int_eq(stage->cleaned, 1);
    ck_assert(stage->child > 0 && stage->grandchild > 0 && !stage->left);
}
END_TEST

START_TEST(a_crash_is_a_failure_and_leaves_nothing)
{
    set_scene(SCENE_CRASH);
    ck_assert_int_eq(guard_run(&guard), EX_SOFTWARE);
    ck_assert_int_eq(stage->cleaned, 1);
    ck_assert_int_eq(stage->signal, 0);
    ck_assert(stage->grandchild > 0 && !stage->left);
}
END_TEST

/* Ctrl-C, kill, a closed terminal: by the same signal it ends itself, after cleaning. */
START_TEST(a_signal_ends_all)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    int status = 0;

    set_scene(SCENE_HANGS);
    pid_t guarded = fork();
    if (guarded == 0) {
        (void)signal(signals[_i], SIG_DFL); /* we may have been started with it ignored */
        _exit(guard_run(&guard));
    }
    while (stage->grandchild == 0) {
        sleep_ms(1);
    }
    ck_assert_int_eq(stage->cleaned, 0);
    ck_assert_int_eq(kill(guarded, signals[_i]), 0);
    ck_assert_int_eq(waitpid(guarded, &status, 0), guarded);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signals[_i]);
    ck_assert_int_eq(stage->cleaned, 1);
    ck_assert_int_eq(stage->signal, signals[_i]);
    ck_assert(!stage->left);
}
END_TEST

/* nohup: what was ignored before stays ignored. */
START_TEST(an_ignored_signal_ends_nothing)
{
    int status = 0;

    set_scene(SCENE_HANGS);
    pid_t guarded = fork();
    if (guarded == 0) {
        (void)signal(SIGHUP, SIG_IGN);
        (void)signal(SIGTERM, SIG_DFL);
        _exit(guard_run(&guard));
    }
    while (stage->grandchild == 0) {
        sleep_ms(1);
    }
    ck_assert_int_eq(kill(guarded, SIGHUP), 0);
    sleep_ms(50);
    ck_assert_int_eq(stage->cleaned, 0);
    ck_assert_int_eq(kill(guarded, SIGTERM), 0);
    ck_assert_int_eq(waitpid(guarded, &status, 0), guarded);
    ck_assert_int_eq(stage->signal, SIGTERM);
}
END_TEST

START_TEST(processes_are_read)
{
    struct process process = {.parent = 99};

    ck_assert(!process_read(INT32_MAX, &process));
    ck_assert_int_eq(process.parent, 99);
    ck_assert(process_read(getpid(), &process));
    ck_assert_int_eq(process.parent, getppid());
    ck_assert(process.peak_rss_kib > 0 && process.anon_kib > 0);
    ck_assert(process.anon_kib <= process.peak_rss_kib);
    ck_assert_int_eq(process_child_of(getpid()), 0);
    pid_t child = fork();
    if (child == 0) {
        sleep_ms(600000);
        _exit(0);
    }
    ck_assert_int_eq(process_child_of(getpid()), child);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(process_child_of(getpid()), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_guard");
    TCase *all = tcase_create("all");

    stage = mmap(
        NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED) {
        return EXIT_FAILURE;
    }
    tcase_set_timeout(all, 60);
    tcase_add_test(all, processes_are_read);
    tcase_add_test(all, its_code_comes_back);
    tcase_add_test(all, orphans_are_ended);
    tcase_add_test(all, a_crash_is_a_failure_and_leaves_nothing);
    tcase_add_loop_test(all, a_signal_ends_all, 0, 3);
    tcase_add_test(all, an_ignored_signal_ends_nothing);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
