#include "tools/bench/guard.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/check.h"
#include "tools/bench/process.h"
#include "tools/text.h"

#define NAP_NS       20000000L
#define GENTLE_TRIES 1500 /* half a minute */

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

#define ENDING_SIGNALS (sizeof ending_signals / sizeof ending_signals[0])

/* A signal that is ignored (nohup, a job in the background) stays so: blocked, it would come. */
static void make_set(sigset_t *ret_set)
{
    struct sigaction old;

    CHECK(sigemptyset(ret_set) == 0 && sigaddset(ret_set, SIGCHLD) == 0);
    for (size_t i = 0; i < ENDING_SIGNALS; i++) {
        if (sigaction(ending_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            CHECK(sigaddset(ret_set, ending_signals[i]) == 0);
        }
    }
}

/* Take leave of those that have ended. Returns: has `child` (0: nobody's) been among them? */
static bool reap(pid_t child, int *ret_status)
{
    bool found = false;
    int status = 0;
    pid_t ended = 0;

    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        if (ended == child) {
            found = true;
            *ret_status = status;
        }
    }
    return found;
}

/* Out: *ret_status of the child. Returns: the signal that ended the wait, or 0. */
static int wait_for(pid_t child, const sigset_t *set, int *ret_status)
{
    int asked = 0;

    while (!reap(child, ret_status)) {
        siginfo_t info;
        int came = sigwaitinfo(set, &info);
        if (came > 0 && came != SIGCHLD && asked == 0) {
            asked = came;
            (void)kill(child, SIGKILL); /* it holds nothing that is not in the folder */
        }
    }
    return asked;
}

/* Those that the child left fall to us (we are their subreaper), theirs after them. */
static void end_the_others(bool gently)
{
    const struct timespec time = {0, NAP_NS};
    pid_t told = 0;

    for (int tries = 0;; tries++) {
        int status = 0;
        (void)reap(0, &status);
        pid_t other = process_child_of(getpid());
        if (other == 0) {
            return;
        }
        if (!gently || tries >= GENTLE_TRIES) {
            (void)kill(other, SIGKILL);
        } else if (other != told) {
            (void)kill(other, SIGTERM);
            told = other;
        }
        (void)nanosleep(&time, NULL);
    }
}

static int code_of_status(int status)
{
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    fprintf(stderr, _("allclear bench: it was ended by signal %d\n"), WTERMSIG(status));
    return EX_SOFTWARE;
}

static _Noreturn void become_work(const struct guard *guard, pid_t parent, const sigset_t *mask)
{
    int code = EX_OSERR;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    if (getppid() == parent) { /* else it has died before we could ask for the signal */
        code = guard->work(guard->context);
    }
    (void)fflush(NULL);
    _exit(code);
}

static void end_by(int signal, const sigset_t *mask)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    (void)sigaction(signal, &action, NULL);
    (void)sigprocmask(SIG_SETMASK, mask, NULL);
    (void)raise(signal);
}

int guard_run(const struct guard *guard)
{
    sigset_t set;
    sigset_t mask;
    int status = 0;
    int asked = 0;
    int code = EX_OSERR;
    pid_t parent = getpid();

    make_set(&set);
    CHECK(sigprocmask(SIG_BLOCK, &set, &mask) == 0);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_work(guard, parent, &mask);
    }
    if (child < 0) {
        perror("allclear bench");
    } else {
        asked = wait_for(child, &set, &status);
        end_the_others(guard->gently);
        code = asked == 0 ? code_of_status(status) : EX_SOFTWARE;
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0);
    guard->clean(guard->context, code, asked);
    if (asked != 0) {
        end_by(asked, &mask);
    }
    CHECK(sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
    return code;
}
