#include "tools/http/http.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "clearing/base/memory.h"

#define HEAD_MAX     16384   /* a request's line and headers */
#define DROP_MAX     4194304 /* so much of a refused body is read, so that the reply arrives */
#define SILENT_S     15      /* a peer that does not take its reply */
#define BACKLOG      256
#define BODY_BEGIN   4096
#define OBJECT_TYPE  "application/json"

struct connection {
    struct connection *next;
    struct connection **back;
    int fd;
    int64_t since_ms; /* it has owed us a request since then */
    bool working;     /* its request is here */
};

struct http_request {
    struct http *http;
    struct MHD_Connection *mhd;
    struct connection *connection;
    const char *method; /* the library's, as long as the request */
    char *path;
    char *body;
    size_t len;
    size_t capacity;
    size_t dropped;
    bool refused;  /* the reply is there; what still comes is dropped */
    bool answered; /* http_answer was called */
    struct http_reply reply;
    void *attached;
};

struct http {
    struct MHD_Daemon *daemon;
    struct http_handler handler;
    int listening;
    uint16_t port;
    pthread_mutex_t mutex; /* the connections */
    struct connection *connections;
};

/* --- connections --- */

static int64_t steady_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void note_connection(void *context, struct MHD_Connection *mhd, void **at,
                            enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    struct connection *connection = *at;

    (void)pthread_mutex_lock(&http->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection = memory_zeroed(1, sizeof *connection);
        connection->fd =
            MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        connection->since_ms = steady_ms();
        connection->next = http->connections;
        connection->back = &http->connections;
        if (connection->next != NULL) {
            connection->next->back = &connection->next;
        }
        http->connections = connection;
        *at = connection;
    } else if (connection != NULL) {
        *connection->back = connection->next;
        if (connection->next != NULL) {
            connection->next->back = connection->back;
        }
        free(connection);
        *at = NULL;
    }
    (void)pthread_mutex_unlock(&http->mutex);
}

static void set_working(struct http_request *request, bool working)
{
    (void)pthread_mutex_lock(&request->http->mutex);
    request->connection->working = working;
    request->connection->since_ms = steady_ms();
    (void)pthread_mutex_unlock(&request->http->mutex);
}

/* The library closes what is shut down here: a descriptor stays the connection's until then. */
void http_sweep(struct http *http)
{
    int64_t now_ms = steady_ms();

    (void)pthread_mutex_lock(&http->mutex);
    for (struct connection *one = http->connections; one != NULL; one = one->next) {
        if (!one->working && now_ms - one->since_ms > HTTP_ARRIVAL_MS) {
            (void)shutdown(one->fd, SHUT_RDWR);
        }
    }
    (void)pthread_mutex_unlock(&http->mutex);
}

/* --- requests --- */

static enum MHD_Result send_reply(struct http_request *request)
{
    struct http_reply *reply = &request->reply;
    char seconds[16];
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->len, reply->text, MHD_RESPMEM_MUST_FREE);

    CHECK(response != NULL);
    reply->text = NULL;
    (void)MHD_add_response_header(response, "Content-Type",
                                  reply->type != NULL ? reply->type : OBJECT_TYPE);
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    if (reply->status == MHD_HTTP_UNAUTHORIZED) {
        (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }
    if (reply->allow != NULL) {
        (void)MHD_add_response_header(response, "Allow", reply->allow);
    }
    if (reply->retry_after_s > 0) {
        (void)snprintf(seconds, sizeof seconds, "%u", (unsigned)reply->retry_after_s);
        (void)MHD_add_response_header(response, "Retry-After", seconds);
    }
    enum MHD_Result result = MHD_queue_response(request->mhd, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

static bool announces_too_much(const struct http_request *request, size_t max)
{
    const char *text = http_header(request, "Content-Length");

    return text != NULL && strtoull(text, NULL, 10) > max;
}

/* The first call for a request: its head is there. */
static enum MHD_Result begin(struct http *http, struct MHD_Connection *mhd, const char *method,
                             const char *path, void **at)
{
    struct http_request *request = memory_zeroed(1, sizeof *request);

    request->http = http;
    request->mhd = mhd;
    request->connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    request->method = method;
    request->path = strdup(path);
    CHECK(request->path != NULL && request->connection != NULL);
    *at = request;
    request->refused = !http->handler.head(http->handler.context, request, &request->reply);
    if (!request->refused && announces_too_much(request, HTTP_BODY_MAX)) {
        request->refused = true;
        http->handler.too_long(http->handler.context, &request->reply);
    }
    return request->refused && announces_too_much(request, DROP_MAX) ? send_reply(request)
                                                                     : MHD_YES;
}

static void keep(struct http_request *request, const char *bytes, size_t len)
{
    size_t capacity = request->capacity == 0 ? BODY_BEGIN : request->capacity;

    while (capacity < request->len + len) {
        capacity *= 2;
    }
    if (capacity != request->capacity) {
        request->body = memory_resize(request->body, capacity, 1);
        request->capacity = capacity;
    }
    memcpy(request->body + request->len, bytes, len);
    request->len += len;
}

/* Returns: MHD_NO cuts the connection off. */
static enum MHD_Result take_body(struct http_request *request, const char *bytes, size_t len)
{
    const struct http_handler *handler = &request->http->handler;

    if (!request->refused && request->len + len > HTTP_BODY_MAX) { /* it had not announced it */
        request->refused = true;
        handler->too_long(handler->context, &request->reply);
    }
    if (request->refused) {
        request->dropped += len;
        return request->dropped > DROP_MAX ? MHD_NO : MHD_YES;
    }
    keep(request, bytes, len);
    return MHD_YES;
}

static enum MHD_Result serve(void *context, struct MHD_Connection *mhd, const char *url,
                             const char *method, const char *version, const char *bytes,
                             size_t *len, void **at)
{
    struct http *http = context;
    struct http_request *request = *at;

    (void)version;
    if (request == NULL) {
        return begin(http, mhd, method, url, at);
    }
    if (*len > 0) {
        enum MHD_Result result = take_body(request, bytes, *len);
        *len = 0;
        return result;
    }
    if (request->refused || request->answered) {
        return send_reply(request);
    }
    set_working(request, true);
    MHD_suspend_connection(mhd);
    http->handler.whole(http->handler.context, request);
    return MHD_YES;
}

static void end_request(void *context, struct MHD_Connection *mhd, void **at,
                        enum MHD_RequestTerminationCode why)
{
    struct http *http = context;
    struct http_request *request = *at;

    (void)mhd;
    (void)why;
    if (request == NULL) {
        return;
    }
    set_working(request, false);
    if (request->attached != NULL) {
        http->handler.over(http->handler.context, request->attached);
    }
    free(request->reply.text);
    free(request->path);
    free(request->body);
    free(request);
    *at = NULL;
}

const char *http_method(const struct http_request *request)
{
    return request->method;
}

const char *http_path(const struct http_request *request)
{
    return request->path;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, name);
}

slice_t http_body(const struct http_request *request)
{
    return request->len == 0 ? (slice_t){"", 0}
                             : (slice_t){request->body, (uint32_t)request->len};
}

void http_attach(struct http_request *request, void *attached)
{
    request->attached = attached;
}

void *http_attached(const struct http_request *request)
{
    return request->attached;
}

void http_answer(struct http_request *request, const struct http_reply *reply)
{
    CHECK(!request->answered);
    request->reply = *reply;
    request->answered = true;
    MHD_resume_connection(request->mhd); /* from here on it is the other thread's */
}

/* --- the server --- */

static int listen_at(const struct address *address, uint16_t *ret_port, struct fault *ret_fault)
{
    struct address bound = *address;
    int one = 1;
    int fd = socket(address->socket.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, &address->socket.any, address->len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, &bound.socket.any, &bound.len) != 0) {
        (void)fault_set_errno(ret_fault, errno, "cannot listen");
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    *ret_port = ntohs(bound.socket.any.sa_family == AF_INET ? bound.socket.v4.sin_port
                                                            : bound.socket.v6.sin6_port);
    return fd;
}

struct http *http_open(const struct address *address, const struct http_handler *handler,
                       struct fault *ret_fault)
{
    struct http *http = memory_zeroed(1, sizeof *http);
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     (address->socket.any.sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    int fd = listen_at(address, &http->port, ret_fault);

    http->listening = fd;
    http->handler = *handler;
    CHECK(pthread_mutex_init(&http->mutex, NULL) == 0);
    if (fd >= 0) {
        http->daemon = MHD_start_daemon(
            flags, 0, NULL, NULL, serve, http, MHD_OPTION_LISTEN_SOCKET, fd,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
            MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_OF_IP,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            (size_t)HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
            note_connection, http, MHD_OPTION_NOTIFY_COMPLETED, end_request, http, MHD_OPTION_END);
    }
    if (http->daemon == NULL) {
        if (fd >= 0) {
            (void)fault_set(ret_fault, FAULT_IO, "the HTTP server does not start");
            (void)close(fd);
        }
        (void)pthread_mutex_destroy(&http->mutex);
        free(http);
        return NULL;
    }
    return http;
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

void http_quiet(struct http *http)
{
    (void)MHD_quiesce_daemon(http->daemon); /* its thread may still look at the descriptor */
}

void http_close(struct http *http)
{
    if (http == NULL) {
        return;
    }
    MHD_stop_daemon(http->daemon);
    (void)close(http->listening);
    (void)pthread_mutex_destroy(&http->mutex);
    free(http);
}
