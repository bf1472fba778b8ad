#include "tools/bench/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A line "NAME: N kB" of a file of /proc; 0 where there is none (a zombie has none). */
static uint64_t kib_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

bool process_read(pid_t pid, struct process *ret_process)
{
    char text[8192];
    pid_t parent = 0;
    uint64_t ticks = 0;

    if (!read_stat(pid, &parent, &ticks) || !read_proc(pid, "status", text, sizeof text)) {
        return false;
    }
    *ret_process = (struct process){
        .parent = parent,
        .cpu_us = ticks * (1000000 / (uint64_t)sysconf(_SC_CLK_TCK)),
        .peak_rss_kib = kib_of(text, "\nVmHWM:"),
        .anon_kib = kib_of(text, "\nRssAnon:"),
    };
    return true;
}

uint64_t process_anon_kib(void)
{
    char text[4096];
    struct process process = {0};

    /* the counters behind `status` are summed up over processors now and then only */
    if (read_proc(getpid(), "smaps_rollup", text, sizeof text)) {
        return kib_of(text, "\nAnonymous:");
    }
    return process_read(getpid(), &process) ? process.anon_kib : 0;
}

pid_t process_child_of(pid_t parent)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry = NULL;
    pid_t child = 0;

    while (proc != NULL && child == 0 && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        pid_t its_parent = 0;
        uint64_t ticks = 0;
        if (pid > 0 && read_stat(pid, &its_parent, &ticks) && its_parent == parent) {
            child = pid;
        }
    }
    if (proc != NULL) {
        (void)closedir(proc);
    }
    return child;
}
