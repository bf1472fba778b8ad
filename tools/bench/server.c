#include "tools/bench/server.h"

#include <dirent.h>
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

#include "tools/hq/home.h"

#define START_TRIES 1200
#define STOP_TRIES  1200
#define NAP_NS      50000000L
#define PROGRAM     "allcleard"

static void nap(void)
{
    const struct timespec time = {0, NAP_NS};

    (void)nanosleep(&time, NULL);
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
static _Noreturn void become_daemon(char *program, char *dir, int log)
{
    char name[] = PROGRAM;
    char dir_option[] = "--dir";
    char listen_option[] = "--listen";
    char address[] = "tcp://127.0.0.1:*";
    char *const argv[] = {name, dir_option, dir, listen_option, address, NULL};

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
            return fault_set(ret_fault, FAULT_IO, "the daemon has ended: see %s/allcleard.log",
                             server->dir);
        }
        nap();
    }
    return fault_set(ret_fault, FAULT_IO, "the daemon does not serve: see %s/allcleard.log",
                     server->dir);
}

static bool read_proc(pid_t pid, const char *name, char *ret_text, size_t size)
{
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, ret_text, size - 1);
    if (fd >= 0) {
        (void)close(fd);
    }
    ret_text[len < 0 ? 0 : len] = '\0';
    return len > 0;
}

/* The fields of /proc/PID/stat behind the program's name, which may hold anything. */
static bool read_stat(pid_t pid, pid_t *ret_parent, uint64_t *ret_ticks)
{
    char text[1024];
    int parent = 0;
    uint64_t user = 0;
    uint64_t kernel = 0;

    if (!read_proc(pid, "stat", text, sizeof text)) {
        return false;
    }
    const char *end = strrchr(text, ')');
    if (end == NULL ||
        /* NOLINTNEXTLINE(cert-err34-c): the kernel's own figures fit */
        sscanf(end + 1,
               " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
               &parent,
               &user,
               &kernel) != 3) {
        return false;
    }
    *ret_parent = parent;
    *ret_ticks = user + kernel;
    return true;
}

/* The gate is the daemon's only child. */
static pid_t find_gate(pid_t daemon)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry = NULL;
    pid_t gate = 0;

    while (proc != NULL && gate == 0 && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        pid_t parent = 0;
        uint64_t ticks = 0;
        if (pid > 0 && read_stat(pid, &parent, &ticks) && parent == daemon) {
            gate = pid;
        }
    }
    if (proc != NULL) {
        (void)closedir(proc);
    }
    return gate;
}

bool server_start(struct server *server, const char *dir, struct fault *ret_fault)
{
    char program[PATH_MAX];
    char folder[PATH_MAX];
    char path[FILES_PATH_MAX];

    *server = (struct server){.dir = dir};
    server->pids[SERVER_BENCH] = getpid();
    (void)snprintf(folder, sizeof folder, "%s", dir);
    if (!find_program(program, ret_fault) ||
        !files_path(dir, "allcleard.log", path, ret_fault)) {
        return false;
    }
    int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0) {
        return fault_set_errno(ret_fault, errno, "cannot write %s", path);
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        become_daemon(program, folder, log);
    }
    (void)close(log);
    if (child < 0) {
        return fault_set_errno(ret_fault, errno, "cannot start %s", program);
    }
    server->pids[SERVER_DAEMON] = child;
    if (!wait_until_serving(server, ret_fault)) {
        return false;
    }
    server->pids[SERVER_GATE] = find_gate(child);
    return server->pids[SERVER_GATE] != 0 ||
           fault_set(ret_fault, FAULT_IO, "the daemon has no gate process");
}

bool server_lives(const struct server *server)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)server->pids[SERVER_DAEMON], &info, WEXITED | WNOHANG | WNOWAIT) ==
               0 &&
           info.si_pid == 0;
}

bool server_usage(const struct server *server, struct server_usage *ret_usage,
                  struct fault *ret_fault)
{
    struct server_usage usage = {0};
    uint64_t tick_us = 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    char text[8192];

    for (int i = 0; i < SERVER_PARTS; i++) {
        pid_t parent = 0;
        uint64_t ticks = 0;
        if (!read_stat(server->pids[i], &parent, &ticks) ||
            !read_proc(server->pids[i], "status", text, sizeof text)) {
            return fault_set(ret_fault, FAULT_IO, "process %d has ended: see %s/allcleard.log",
                             (int)server->pids[i], server->dir);
        }
        usage.cpu_us[i] = ticks * tick_us;
        const char *peak = strstr(text, "\nVmHWM:");
        usage.peak_rss_kib[i] = peak == NULL ? 0 : strtoull(peak + 7, NULL, 10);
    }
    *ret_usage = usage;
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
        nap();
        ended = waitpid(pid, &status, WNOHANG);
    }
    if (ended == 0) {
        (void)kill(pid, SIGKILL);
        ended = waitpid(pid, &status, 0);
    }
    return (ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           fault_set(ret_fault, FAULT_IO, "the daemon did not end well: see %s/allcleard.log",
                     server->dir);
}
