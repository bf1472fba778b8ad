#include "tools/bench/server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tools/hq/control.h"
#include "tools/hq/home.h"

#define START_TRIES 1200
#define STOP_TRIES  1200
#define NAP_NS      50000000L
#define PROGRAM     "allcleard"
#define LOG_MAX     ((size_t)64 << 20)
#define ASK_NAP_NS  2000000L

static void nap(long ns)
{
    const struct timespec time = {0, ns};

    (void)nanosleep(&time, NULL);
}

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The program beside this one. */
static bool find_program(char ret_path[PATH_MAX], struct fault *ret_fault)
{
    ssize_t len = readlink("/proc/self/exe", ret_path, PATH_MAX - sizeof PROGRAM);
    char *slash = NULL;

    if (len > 0) {
        ret_path[len] = '\0';
        slash = strrchr(ret_path, '/');
    }
    if (slash == NULL) {
        return fault_set_errno(ret_fault, errno, "cannot find this program's folder");
    }
    memcpy(slash + 1, PROGRAM, sizeof PROGRAM);
    return access(ret_path, X_OK) == 0 || fault_set_errno(ret_fault, errno, "%s", ret_path);
}

/* In the child. */
static _Noreturn void become_daemon(char *program, char *dir, uint64_t every, int log)
{
    char name[] = PROGRAM;
    char dir_option[] = "--dir";
    char listen_option[] = "--listen";
    char address[] = "tcp://127.0.0.1:*";
    char every_option[] = "--snapshot-every";
    char every_text[24];
    char *const argv[] = {
        name, dir_option, dir, listen_option, address, every_option, every_text, NULL};

    (void)snprintf(every_text, sizeof every_text, "%" PRIu64, every);

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0) {
        execv(program, argv);
    }
    _exit(127);
}

static bool wait_until_serving(struct server *server, struct fault *ret_fault)
{
    for (int i = 0; i < START_TRIES; i++) {
        if (home_line(server->dir, "run/address", server->address, sizeof server->address) &&
            server->address[0] != '\0') {
            return true;
        }
        if (waitpid(server->pids[SERVER_DAEMON], NULL, WNOHANG) != 0) {
            server->pids[SERVER_DAEMON] = 0;
            return fault_set(ret_fault, FAULT_IO, "the daemon has ended: see its log");
        }
        nap(NAP_NS);
    }
    return fault_set(ret_fault, FAULT_IO, "the daemon does not serve: see its log");
}

/* `log_flags`: O_TRUNC, or O_APPEND. */
static bool spawn(struct server *server, int log_flags, struct fault *ret_fault)
{
    char program[PATH_MAX];
    char folder[PATH_MAX];
    char path[FILES_PATH_MAX];

    (void)snprintf(folder, sizeof folder, "%s", server->dir);
    if (!find_program(program, ret_fault) ||
        !files_path(server->dir, SERVER_LOG, path, ret_fault)) {
        return false;
    }
    int log = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | log_flags, 0600);
    if (log < 0) {
        return fault_set_errno(ret_fault, errno, "cannot write %s", path);
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_daemon(program, folder, server->snapshot_every, log);
    }
    (void)close(log);
    if (child < 0) {
        return fault_set_errno(ret_fault, errno, "cannot start %s", program);
    }
    server->pids[SERVER_DAEMON] = child;
    return true;
}

static bool find_gate(struct server *server, struct fault *ret_fault)
{
    /* the daemon's only child */
    server->pids[SERVER_GATE] = process_child_of(server->pids[SERVER_DAEMON]);
    return server->pids[SERVER_GATE] != 0 ||
           fault_set(ret_fault, FAULT_IO, "the daemon has no gate process");
}

bool server_start(struct server *server, const char *dir, uint64_t snapshot_every,
                  struct fault *ret_fault)
{
    *server = (struct server){.dir = dir, .snapshot_every = snapshot_every};
    server->pids[SERVER_BENCH] = getpid();
    return spawn(server, O_TRUNC, ret_fault) && wait_until_serving(server, ret_fault) &&
           find_gate(server, ret_fault);
}

bool server_lives(const struct server *server)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)server->pids[SERVER_DAEMON], &info, WEXITED | WNOHANG | WNOWAIT) ==
               0 &&
           info.si_pid == 0;
}

bool server_usage(const struct server *server, struct process *ret_usage, struct fault *ret_fault)
{
    struct process usage[SERVER_PARTS];

    for (int i = 0; i < SERVER_PARTS; i++) {
        if (!process_read(server->pids[i], &usage[i])) {
            return fault_set(
                ret_fault, FAULT_IO, "process %d has ended: see the daemon's log",
                (int)server->pids[i]);
        }
    }
    memcpy(ret_usage, usage, sizeof usage);
    return true;
}

bool server_stop(struct server *server, struct fault *ret_fault)
{
    pid_t pid = server->pids[SERVER_DAEMON];
    int status = 0;
    pid_t ended = 0;

    if (pid == 0) {
        return true;
    }
    server->pids[SERVER_DAEMON] = 0;
    (void)kill(pid, SIGTERM);
    for (int i = 0; i < STOP_TRIES && ended == 0; i++) {
        nap(NAP_NS);
        ended = waitpid(pid, &status, WNOHANG);
    }
    if (ended == 0) {
        (void)kill(pid, SIGKILL);
        ended = waitpid(pid, &status, 0);
    }
    return (ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           fault_set(ret_fault, FAULT_IO, "the daemon did not end well: see its log");
}

/* --- again --- */

bool server_log_number(const char *log, const char *name, uint64_t *ret_value)
{
    static const char opened[] = " open records=";
    char key[32];
    const char *line = NULL;

    for (const char *at = log; (at = strstr(at, opened)) != NULL; at++) {
        line = at;
    }
    int len = snprintf(key, sizeof key, " %s=", name);
    const char *found = line == NULL ? NULL : strstr(line, key);
    const char *end = line == NULL ? NULL : strchr(line, '\n');
    if (found == NULL || (end != NULL && found > end) || found[len] < '0' || found[len] > '9') {
        return false;
    }
    *ret_value = strtoull(found + len, NULL, 10);
    return true;
}

static void read_log(const struct server *server, struct server_restart *restart)
{
    char path[FILES_PATH_MAX];
    char *log = NULL;
    size_t len = 0;

    if (files_path(server->dir, SERVER_LOG, path, NULL) &&
        files_read(path, LOG_MAX, &log, &len, NULL)) {
        restart->has_tail = server_log_number(log, "tail", &restart->tail);
    }
    free(log);
}

/* Ask until there is somebody: whoever connects before it serves waits for the answer. */
static bool ask_until_answered(const struct server *server, uint64_t *ret_events,
                               struct fault *ret_fault)
{
    json_t *head = NULL;
    int64_t until = now_us() + START_TRIES * (NAP_NS / 1000);

    while (now_us() < until && server_lives(server)) {
        switch (control_ask(server->dir, json_pack("{s:s}", "verb", "head"), &head, ret_fault)) {
        case CONTROL_ANSWERED:
            *ret_events = (uint64_t)json_integer_value(json_object_get(head, "accepted"));
            json_decref(head);
            return true;
        case CONTROL_NOBODY:
            nap(ASK_NAP_NS);
            continue;
        case CONTROL_REFUSED:
        case CONTROL_BROKEN:
            return false;
        }
    }
    return fault_set(ret_fault, FAULT_IO, "the daemon does not serve again: see its log");
}

bool server_restart(struct server *server, struct server_restart *ret_restart,
                    struct fault *ret_fault)
{
    struct server_restart restart = {0};
    pid_t pid = server->pids[SERVER_DAEMON];

    if (kill(pid, SIGKILL) != 0 || waitpid(pid, NULL, 0) != pid) {
        return fault_set_errno(ret_fault, errno, "cannot kill the daemon");
    }
    server->pids[SERVER_DAEMON] = 0;
    int64_t began = now_us();
    if (!spawn(server, O_APPEND, ret_fault) ||
        !ask_until_answered(server, &restart.events, ret_fault)) {
        return false;
    }
    restart.us = (uint64_t)(now_us() - began);
    read_log(server, &restart);
    *ret_restart = restart;
    return find_gate(server, ret_fault);
}
