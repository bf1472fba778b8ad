#include "daemon/supervisor.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Longer ones would be a mistake of whoever wrote it: an hour. */
#define WATCHDOG_USEC_MAX 3600000000ULL

/* Returns: 0: not a number of 1 to most. */
static uint64_t number_of(const char *text, uint64_t most)
{
    char *end = NULL;

    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return 0;
    }
    unsigned long long number = strtoull(text, &end, 10);
    return *end == '\0' && number <= most ? number : 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = path == NULL ? 0 : strlen(path);

    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@')) {
        return -1;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') { /* of the abstract names */
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void supervisor_open(struct supervisor *supervisor)
{
    const char *pid = getenv("WATCHDOG_PID");
    uint64_t usec = number_of(getenv("WATCHDOG_USEC"), WATCHDOG_USEC_MAX);

    *supervisor = (struct supervisor){.fd = connect_to(getenv("NOTIFY_SOCKET"))};
    if (supervisor->fd >= 0 &&
        (pid == NULL || number_of(pid, UINT32_MAX) == (uint64_t)getpid())) {
        supervisor->interval_ms = (int64_t)(usec / 2000);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void supervisor_close(struct supervisor *supervisor)
{
    if (supervisor->fd >= 0) {
        close(supervisor->fd);
        supervisor->fd = -1;
    }
}

void supervisor_tell(const struct supervisor *supervisor, const char *format, ...)
{
    char text[512];
    va_list arguments;

    if (supervisor->fd < 0) {
        return;
    }
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len >= (int)sizeof text) {
        len = (int)sizeof text - 1;
    }
    ssize_t sent = send(supervisor->fd, text, (size_t)len, MSG_NOSIGNAL);
    (void)sent; /* it is told again, or it ends the daemon */
}

bool supervisor_alive(struct supervisor *supervisor, struct supervisor_turn turn)
{
    if (supervisor->interval_ms == 0 ||
        turn.now_ms - supervisor->told_ms < supervisor->interval_ms) {
        return false;
    }
    if ((turn.committing && !supervisor->committed) || (turn.checking && !supervisor->taken)) {
        return false;
    }
    supervisor_tell(supervisor, "WATCHDOG=1");
    supervisor->told_ms = turn.now_ms;
    supervisor->committed = false;
    supervisor->taken = false;
    return true;
}
