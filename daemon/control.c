#include "daemon/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clearing/base/memory.h"

static bool socket_address(const char *dir, struct sockaddr_un *ret_address,
                           struct fault *ret_fault)
{
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int len = snprintf(
        ret_address->sun_path, sizeof ret_address->sun_path, "%s/run/control", dir);
    if (len >= (int)sizeof ret_address->sun_path) {
        return fault_set(ret_fault,
                         FAULT_LIMIT,
                         "the data folder's path is too long for a socket in it: %s",
                         dir);
    }
    return true;
}

bool control_open(struct control *control, const char *dir, struct fault *ret_fault)
{
    struct sockaddr_un address;
    char run[4096];

    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        control->clients[i] = (struct control_client){.fd = -1};
    }
    control->listener = -1;
    snprintf(run, sizeof run, "%s/run", dir);
    if (!socket_address(dir, &address, ret_fault)) {
        return false;
    }
    if (mkdir(run, 0700) != 0 && errno != EEXIST) {
        return fault_set_errno(ret_fault, errno, "cannot make %s", run);
    }
    unlink(address.sun_path); /* of a daemon that was killed: the journal's lock is ours by now */
    control->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (control->listener < 0 ||
        bind(control->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(address.sun_path, 0600) != 0 || listen(control->listener, 16) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot listen on %s", address.sun_path);
    }
    return true;
}

static void client_end(struct control_client *client)
{
    close(client->fd);
    free(client->line);
    free(client->answer);
    *client = (struct control_client){.fd = -1};
}

void control_close(struct control *control, const char *dir)
{
    struct sockaddr_un address;
    struct fault fault;

    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].fd >= 0) {
            client_end(&control->clients[i]);
        }
    }
    if (control->listener >= 0) {
        close(control->listener);
        if (socket_address(dir, &address, &fault)) {
            unlink(address.sun_path);
        }
    }
}

static void client_send(struct control_client *client)
{
    while (client->sent < client->answer_len) {
        ssize_t sent = send(client->fd,
                            client->answer + client->sent,
                            client->answer_len - client->sent,
                            MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            return;
        }
        if (sent < 0) {
            break;
        }
        client->sent += (size_t)sent;
    }
    client_end(client);
}

void control_answer(struct control *control, uint32_t number, json_t *take_answer)
{
    struct control_client *client = &control->clients[number];

    if (client->fd >= 0 && client->answer == NULL) {
        client->answer = json_dumps(take_answer, JSON_COMPACT);
        CHECK(client->answer != NULL);
        client->answer_len = strlen(client->answer);
        client->answer[client->answer_len++] = '\n'; /* in the terminator's place */
        client_send(client);
    }
    json_decref(take_answer);
}

static void accept_clients(struct control *control)
{
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        if (control->clients[i].fd < 0) {
            int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd < 0) {
                return;
            }
            control->clients[i] = (struct control_client){
                .fd = fd,
                .line = memory_resize(NULL, CONTROL_LINE_MAX, 1),
                .came = control->came++,
            };
        }
    }
}

/* When every place is taken, the oldest that has not asked yet gives way: who stops in the middle
 * of a line must not keep others out. */
static void make_room(struct control *control)
{
    struct control_client *oldest = NULL;

    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct control_client *client = &control->clients[i];
        if (client->fd < 0) {
            return;
        }
        if (!client->asked && (oldest == NULL || client->came < oldest->came)) {
            oldest = client;
        }
    }
    struct pollfd waiting = {.fd = control->listener, .events = POLLIN};
    if (oldest != NULL && poll(&waiting, 1, 0) == 1) {
        client_end(oldest);
    }
}

/* Read what is there. Returns: is the line whole? */
static bool client_read(struct control_client *client)
{
    for (;;) {
        ssize_t got = recv(
            client->fd, client->line + client->len, CONTROL_LINE_MAX - client->len, 0);
        if (got < 0 && errno == EAGAIN) {
            return false;
        }
        if (got <= 0 || client->len + (size_t)got == CONTROL_LINE_MAX) {
            client_end(client);
            return false;
        }
        client->len += (size_t)got;
        if (client->line[client->len - 1] == '\n') {
            return true;
        }
    }
}

void control_serve(struct control *control,
                   void (*request)(void *context, uint32_t client, const json_t *request),
                   void *context)
{
    make_room(control);
    accept_clients(control);
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct control_client *client = &control->clients[i];
        if (client->fd >= 0 && client->answer != NULL) {
            client_send(client);
        } else if (client->fd >= 0 && !client->asked && client_read(client)) {
            client->asked = true;
            bool whole = memchr(client->line, '\0', client->len) == NULL;
            json_t *asked =
                whole ? json_loadb(client->line, client->len, JSON_REJECT_DUPLICATES, NULL) : NULL;
            if (json_is_object(asked)) {
                request(context, i, asked);
            } else {
                control_answer(control, i, json_pack("{s:s}", "error", "not a JSON object"));
            }
            json_decref(asked);
        }
    }
}
