#include "tools/hq/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clearing/base/check.h"
#include "clearing/base/memory.h"
#include "tools/node/files.h"

/* Connect by the folder's descriptor: a socket's path may have 107 bytes only, a folder's any.
 * Returns: -1 with errno. */
static int control_connect(const char *dir)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[FILES_PATH_MAX];

    if (!files_path(dir, "run", path, NULL)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -1;
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        (void)close(fd);
        errno = error;
        fd = -1;
    }
    int error = errno;
    (void)close(folder);
    errno = error;
    return fd;
}

static bool send_line(int fd, const char *text)
{
    size_t len = strlen(text);

    for (size_t at = 0; at < len;) {
        ssize_t done = send(fd, text + at, len - at, MSG_NOSIGNAL);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        at += done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* Read up to the end of the connection. Returns: NULL with errno; the caller frees. */
static char *receive_line(int fd, size_t *ret_len)
{
    size_t capacity = 65536;
    size_t len = 0;
    char *text = memory_resize(NULL, capacity, 1);

    for (;;) {
        if (len == capacity) {
            capacity *= 2;
            text = memory_resize(text, capacity, 1);
        }
        ssize_t got = recv(fd, text + len, capacity - len, 0);
        if (got == 0) {
            *ret_len = len;
            return text;
        }
        if ((got < 0 && errno != EINTR) || len > CONTROL_LINE_MAX) {
            free(text);
            return NULL;
        }
        len += got > 0 ? (size_t)got : 0;
    }
}

static enum control_result broken(struct fault *ret_fault, const char *what)
{
    (void)fault_set(ret_fault, FAULT_IO, "the daemon %s: see its log", what);
    return CONTROL_BROKEN;
}

static enum control_result read_answer(int fd, json_t **ret_answer, struct fault *ret_fault)
{
    size_t len = 0;
    char *text = receive_line(fd, &len);

    if (text == NULL) {
        return broken(ret_fault, "did not answer");
    }
    json_t *answer = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    if (!json_is_object(answer)) {
        json_decref(answer);
        return broken(ret_fault,
                      len == 0 ? "hung up without an answer" : "answered no JSON object");
    }
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (error != NULL) {
        (void)fault_set(ret_fault, FAULT_FORMAT, "%s", error);
        json_decref(answer);
        return CONTROL_REFUSED;
    }
    *ret_answer = answer;
    return CONTROL_ANSWERED;
}

enum control_result control_ask(const char *dir, json_t *take_request, json_t **ret_answer,
                                struct fault *ret_fault)
{
    char *body = json_dumps(take_request, JSON_COMPACT);
    enum control_result result = CONTROL_NOBODY;

    json_decref(take_request);
    CHECK(body != NULL);
    size_t len = strlen(body);
    body = memory_resize(body, len + 2, 1);
    memcpy(body + len, "\n", 2);
    int fd = control_connect(dir);
    if (fd >= 0) {
        result = send_line(fd, body) ? read_answer(fd, ret_answer, ret_fault)
                                     : broken(ret_fault, "hung up");
        (void)close(fd);
    } else if (errno != ENOENT && errno != ECONNREFUSED) {
        (void)fault_set_errno(ret_fault, errno, "%s/run/control: cannot connect", dir);
        result = CONTROL_BROKEN;
    }
    free(body);
    return result;
}
