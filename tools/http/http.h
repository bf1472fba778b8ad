/* HTTP: how programs that know nothing of us are answered (tills at a store's door, what collects
 * metrics at the daemon), the only user of libmicrohttpd. One thread of the library's own serves
 * all connections; a request that is being worked on costs no thread. What a connection may take is
 * bounded: its head, its body, its time (a request that trickles in is cut off as a silent one is),
 * connections in all and of one address. */
#ifndef TOOLS_HTTP_HTTP_H
#define TOOLS_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "tools/http/address.h"

#define HTTP_JSON_LINES        "application/x-ndjson"
#define HTTP_BODY_MAX          1048576
#define HTTP_CONNECTIONS_MAX   1024
#define HTTP_CONNECTIONS_OF_IP 256
/* Until a request is there, from its connection's beginning or the end of the one before. */
#define HTTP_ARRIVAL_MS 10000

struct http;
struct http_request;

struct http_reply {
    unsigned status;
    const char *type;       /* of the text; NULL: one JSON object */
    char *text;             /* from malloc; whoever takes the reply frees it */
    size_t len;
    const char *allow;      /* 405: the method that is; else NULL */
    uint32_t retry_after_s; /* 0: nothing is said of it */
};

struct http_handler {
    /* The head of a request is there (HTTP's thread). Returns: true when its body may come; false
     * with *ret_reply set when it is answered already. */
    bool (*head)(void *context, struct http_request *request, struct http_reply *ret_reply);
    /* The body is there, too (HTTP's thread). http_answer must follow, from any thread. This and
     * what follows is not called where head answers everything itself. */
    void (*whole)(void *context, struct http_request *request);
    /* The request is over: free what head gave to http_attach, if anything (HTTP's thread). */
    void (*over)(void *context, void *attached);
    /* What a body that is longer than allowed is told. */
    void (*too_long)(void *context, struct http_reply *ret_reply);
    void *context;
};

/* Begin to listen and to serve; port 0 is any that is free. The calling thread's signal mask is
 * HTTP's, too. Returns: NULL with ret_fault set; else the caller calls http_quiet, then
 * http_close. */
struct http *http_open(const struct address *address, const struct http_handler *handler,
                       struct fault *ret_fault);
uint16_t http_port(const struct http *http);

/* Cut off the connections whose request has not come in time. To be called every second or so, or
 * at every request; any thread. */
void http_sweep(struct http *http);

/* Take no more connections. */
void http_quiet(struct http *http);
/* End, after http_quiet. Every request that `whole` was called for has its http_answer by then, or
 * gets it from within `whole`. Accepts NULL. */
void http_close(struct http *http);

/* --- a request, until it is answered --- */

const char *http_method(const struct http_request *request);
/* Without the query, decoded. */
const char *http_path(const struct http_request *request);
/* Returns: NULL when there is none; valid while head runs. */
const char *http_header(const struct http_request *request, const char *name);
slice_t http_body(const struct http_request *request); /* from `whole` on */

/* Give the request something to carry; it is handed to `over` at its end. */
void http_attach(struct http_request *request, void *attached);
void *http_attached(const struct http_request *request);

/* Answer a request, once. The reply's text is taken over; the request and what is attached to it
 * are not to be used any more. Any thread. */
void http_answer(struct http_request *request, const struct http_reply *reply);

#endif
