#include "tools/notify/program.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/check.h"
#include "clearing/base/memory.h"
#include "tools/notify/notices.h"

#define LOOK_MS  20
#define OURS     4     /* variables */
#define TEXT_MAX 65536 /* of a variable: the system takes twice that */

static bool ending; /* a signal has come */

static sigset_t endings(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

void program_hold_signals(void)
{
    sigset_t set = endings();

    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(signal(SIGCHLD, SIG_DFL) != SIG_ERR); /* who ignores it is told no exit code */
}

bool program_wait_ms(int64_t ms)
{
    sigset_t set = endings();
    struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000L};

    ending = ending || sigtimedwait(&set, NULL, &time) > 0;
    return ending;
}

/* The notice as a file that is nowhere: whoever does not read it keeps nobody waiting. Returns: -1
 * with errno. */
static int input_of(const json_t *notice)
{
    int fd = memfd_create("notice", MFD_CLOEXEC);

    if (fd >= 0 && (json_dumpfd(notice, fd, JSON_COMPACT) != 0 || write(fd, "\n", 1) != 1 ||
                    lseek(fd, 0, SEEK_SET) != 0)) {
        int error = errno;
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static char *variable(const char *name, const char *value)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    CHECK(out != NULL);
    fprintf(out, "%s=%.*s", name, TEXT_MAX, value);
    CHECK(fclose(out) == 0);
    return text;
}

/* Returns: the caller frees the list and its first OURS. */
static char **environment_of(const json_t *notice)
{
    size_t count = 0;
    size_t taken = OURS;

    while (environ[count] != NULL) {
        count++;
    }
    char **list = memory_zeroed(OURS + count + 1, sizeof *list);
    list[0] = variable("ALLCLEAR_NOTICE", notices_text(notice, "notice"));
    list[1] = variable("ALLCLEAR_NOTICE_ID", notices_text(notice, "id"));
    list[2] = variable("ALLCLEAR_NOTICE_SUBJECT", notices_text(notice, "subject"));
    list[3] = variable("ALLCLEAR_NOTICE_TEXT", notices_text(notice, "text"));
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "ALLCLEAR_NOTICE", sizeof "ALLCLEAR_NOTICE" - 1) != 0) {
            list[taken++] = environ[i];
        }
    }
    return list;
}

static char **arguments_of(const struct program *program)
{
    size_t count = 0;

    while (program->arguments[count] != NULL) {
        count++;
    }
    char **list = memory_zeroed(count + 2, sizeof *list);
    list[0] = (char *)(uintptr_t)program->path;
    memcpy(list + 1, program->arguments, count * sizeof *list);
    return list;
}

/* In a process group of its own, with signals as a program expects them. Returns: an errno value.
 */
static int start(const struct program *program, const json_t *notice, int input, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t how;
    sigset_t none;
    sigset_t usual = endings();
    char **arguments = arguments_of(program);
    char **environment = environment_of(notice);

    sigemptyset(&none);
    sigaddset(&usual, SIGPIPE);
    CHECK(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&how) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO) == 0);
    CHECK(posix_spawnattr_setpgroup(&how, 0) == 0 && posix_spawnattr_setsigmask(&how, &none) == 0 &&
          posix_spawnattr_setsigdefault(&how, &usual) == 0 &&
          posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                             POSIX_SPAWN_SETSIGDEF) == 0);
    int error = posix_spawn(ret_pid, program->path, &actions, &how, arguments, environment);
    (void)posix_spawnattr_destroy(&how);
    (void)posix_spawn_file_actions_destroy(&actions);
    for (size_t i = 0; i < OURS; i++) {
        free(environment[i]);
    }
    free(environment);
    free(arguments);
    return error;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static program_result_t await(const struct program *program, pid_t pid, int *ret_code)
{
    int64_t until_ms = now_ms() + program->limit_ms;
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        bool late = now_ms() >= until_ms;
        if (late || program_wait_ms(LOOK_MS)) {
            (void)kill(-pid, SIGKILL);
            (void)waitpid(pid, &status, 0);
            return late ? PROGRAM_LATE : PROGRAM_STOPPED;
        }
    }
    *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return *ret_code == 0 ? PROGRAM_TOLD : PROGRAM_FAILED;
}

program_result_t program_tell(const struct program *program, const json_t *notice, int *ret_code)
{
    pid_t pid = 0;
    int input = input_of(notice);

    if (input < 0) {
        *ret_code = errno;
        return PROGRAM_NONE;
    }
    *ret_code = start(program, notice, input, &pid);
    (void)close(input);
    return *ret_code != 0 ? PROGRAM_NONE : await(program, pid, ret_code);
}
