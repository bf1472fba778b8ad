#include "tools/door/door.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clearing/base/memory.h"
#include "tools/door/counter.h"
#include "tools/door/keyring.h"
#include "tools/door/reply.h"
#include "tools/node/wire.h"
#include "tools/text.h"

#define TEXT_LEN 320

/* keyring, strangers and lines are HTTP's thread's. */
struct door {
    struct http *http;
    struct counter **counters;
    uint32_t count;
    struct keyring keyring;
    struct bucket strangers;
    struct lines lines;
};

/* --- the head of a request --- */

static struct http_reply error_at(unsigned status, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static struct http_reply error_at(unsigned status, const char *remedy, const char *format, ...)
{
    char text[TEXT_LEN];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return reply_error(status, text, remedy);
}

static struct http_reply too_many(uint32_t wait_ms)
{
    struct http_reply reply = reply_error(REPLY_TOO_MANY, _("too many requests"),
                                          _("wait, and put several events into one request"));

    reply.retry_after_s = wait_ms / 1000 + 1;
    return reply;
}

static void say_route(enum route_result result, const struct route *route,
                      struct http_reply *ret_reply)
{
    switch (result) {
    case ROUTE_FOUND:
        return;
    case ROUTE_NOWHERE:
        *ret_reply = reply_error(REPLY_NOT_FOUND, _("there is no such path"),
                                 _("POST /v1/events, GET /v1/events/TERMINAL/NUMBER,"
                                   " GET /v1/balance/MEMBER, GET /v1/health"));
        return;
    case ROUTE_OTHER_METHOD:
        *ret_reply = error_at(REPLY_OTHER_METHOD, _("take the method that this path has"),
                              _("this path has the method %s"), route_method(route->kind));
        ret_reply->allow = route_method(route->kind);
        return;
    case ROUTE_BAD_EVENT:
        *ret_reply = reply_error(REPLY_BAD, _("the path does not name an event"),
                                 _("GET /v1/events/TERMINAL/NUMBER: a code and a whole number"));
        return;
    case ROUTE_BAD_MEMBER:
        *ret_reply = reply_error(REPLY_BAD, _("the path does not name a member"),
                                 _("GET /v1/balance/MEMBER: 1 to 19 digits, the first not 0"));
        return;
    }
}

/* Returns: whose token the request has; NULL with *ret_reply set. */
static struct keyring_entry *admit(struct door *door, const struct http_request *request,
                                   struct http_reply *ret_reply)
{
    static const char scheme[] = "Bearer ";
    static const struct bucket_rate strangers = {DOOR_STRANGER_RATE, DOOR_STRANGER_BURST};
    static const struct bucket_rate till = {DOOR_TILL_RATE, DOOR_TILL_BURST};
    const char *header = http_header(request, "Authorization");
    bool bears = header != NULL && strncasecmp(header, scheme, sizeof scheme - 1) == 0;
    struct keyring_entry *entry = NULL;
    uint8_t hash[DIGEST_LEN];
    int64_t now = wire_now_ms();
    struct fault fault;

    if (!keyring_look(&door->keyring, now, &fault)) {
        fprintf(stderr, _("allclear till: %s; tokens stay as they were\n"), fault.text);
    }
    if (bears && tills_hash(header + sizeof scheme - 1, hash)) {
        entry = keyring_find(&door->keyring, hash);
    }
    if (entry == NULL) {
        *ret_reply = bucket_take(&door->strangers, strangers, 1, now)
                         ? reply_error(REPLY_UNAUTHORIZED,
                                       bears ? _("this token is none, or no longer")
                                             : _("a token is missing"),
                                       _("send the header Authorization: Bearer TOKEN;"
                                         " allclear till add makes a token"))
                         : too_many(bucket_wait_ms(&door->strangers, strangers, 1));
        return NULL;
    }
    if (!bucket_take(&entry->bucket, till, 1, now)) {
        *ret_reply = too_many(bucket_wait_ms(&entry->bucket, till, 1));
        return NULL;
    }
    return entry;
}

static bool is_lines_type(const char *type)
{
    static const char *const types[] = {"application/x-ndjson", "application/jsonl",
                                        "application/json"};
    size_t len = type == NULL ? 0 : strcspn(type, "; \t");

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (len == strlen(types[i]) && strncasecmp(type, types[i], len) == 0) {
            return true;
        }
    }
    return false;
}

static bool take_head(void *context, struct http_request *request, struct http_reply *ret_reply)
{
    struct door *door = context;
    struct route route = {0};
    enum route_result result = route_read(http_method(request), http_path(request), &route);

    if (result != ROUTE_FOUND) {
        say_route(result, &route, ret_reply);
        return false;
    }
    const struct keyring_entry *entry = admit(door, request, ret_reply);
    if (entry == NULL) {
        return false;
    }
    if (route.kind == ROUTE_EVENT &&
        !slice_equal(code_slice(&route.terminal), code_slice(&entry->terminal))) {
        *ret_reply = error_at(REPLY_FORBIDDEN, _("take that terminal's own token"),
                              _("this token is of terminal %s"), entry->terminal.text);
        return false;
    }
    if (route.kind == ROUTE_EVENTS && !is_lines_type(http_header(request, "Content-Type"))) {
        *ret_reply = reply_error(REPLY_OTHER_TYPE, _("the body is not said to be JSON Lines"),
                                 _("send the header Content-Type: application/x-ndjson"));
        return false;
    }
    struct job *job = memory_zeroed(1, sizeof *job);
    job->counter = door->counters[entry->store];
    job->request = request;
    job->route = route;
    job->terminal = entry->terminal;
    http_attach(request, job);
    return true;
}

/* --- its body --- */

static void too_long(void *context, struct http_reply *ret_reply)
{
    (void)context;
    *ret_reply = error_at(REPLY_TOO_LARGE, _("send the events in several requests"),
                          _("a request has at most %d bytes and %d lines"), HTTP_BODY_MAX,
                          SHEET_LINES_MAX);
}

/* Returns: are there lines for the counter? else *ret_reply is set. */
static bool read_sheet(struct door *door, struct job *job, struct http_reply *ret_reply)
{
    uint32_t at = 0;
    const struct sheet_till till = {counter_kit(job->counter), &job->terminal};
    enum sheet_result result =
        sheet_read(&job->sheet, http_body(job->request), &till, &door->lines, &at);

    switch (result) {
    case SHEET_READ:
        return true;
    case SHEET_EMPTY:
        *ret_reply = reply_error(REPLY_BAD, _("there is no line in the body"),
                                 _("send one JSON object a line"));
        return false;
    case SHEET_TOO_LONG:
        too_long(door, ret_reply);
        return false;
    case SHEET_OTHER_TERMINAL:
        *ret_reply = error_at(REPLY_FORBIDDEN,
                              _("send each terminal's events with its own token;"
                                " nothing was taken"),
                              _("line %" PRIu32 ": terminal: this token is of terminal %s"),
                              job->sheet.lines[at].line, job->terminal.text);
        return false;
    case SHEET_NO_EVENT:
        *ret_reply = error_at(REPLY_BAD, _("mend the line; nothing was taken"),
                              _("line %" PRIu32 ": %s"), job->sheet.lines[at].line,
                              job->sheet.lines[at].detail);
        return false;
    }
    return false;
}

static void take_whole(void *context, struct http_request *request)
{
    struct door *door = context;
    struct job *job = http_attached(request);
    struct http_reply reply;

    if (job->route.kind == ROUTE_EVENTS && !read_sheet(door, job, &reply)) {
        http_answer(request, &reply);
        return;
    }
    counter_take(job->counter, job);
}

static void free_job(void *context, void *attached)
{
    (void)context;
    job_free(attached);
}

/* --- opening and closing --- */

/* A store has one folder: two would sign two chains. */
static bool check_single(const struct door *door, const struct counter *counter,
                         struct fault *ret_fault)
{
    const struct kit *kit = counter_kit(counter);

    for (uint32_t i = 0; i < door->count; i++) {
        const struct kit *other = counter_kit(door->counters[i]);
        if (memcmp(kit->network, other->network, KIT_KEY_LEN) == 0 &&
            slice_equal(code_slice(&kit->store), code_slice(&other->store))) {
            return fault_set(ret_fault, FAULT_STORE, _("%s and %s are both of store %s"),
                             counter_dir(door->counters[i]), counter_dir(counter),
                             kit->store.text);
        }
    }
    return true;
}

static bool open_counters(struct door *door, const char *const *dirs, uint32_t count, int wait_ms,
                          struct fault *ret_fault)
{
    for (uint32_t i = 0; i < count; i++) {
        struct counter *counter = counter_open(dirs[i], wait_ms, ret_fault);
        if (counter == NULL) {
            return false;
        }
        if (!check_single(door, counter, ret_fault)) {
            counter_stop(counter);
            counter_join(counter);
            counter_close(counter);
            return false;
        }
        door->counters[door->count++] = counter;
    }
    return true;
}

struct door *door_open(const char *const *dirs, uint32_t count, const struct address *address,
                       int wait_ms, struct fault *ret_fault)
{
    struct door *door = memory_zeroed(1, sizeof *door);
    const struct http_handler handler = {take_head, take_whole, free_job, too_long, door};

    door->counters = memory_zeroed(count, sizeof *door->counters);
    if (!keyring_init(&door->keyring, dirs, count, ret_fault) ||
        !open_counters(door, dirs, count, wait_ms, ret_fault)) {
        door_close(door);
        return NULL;
    }
    door->http = http_open(address, &handler, ret_fault);
    if (door->http == NULL) {
        door_close(door);
        return NULL;
    }
    return door;
}

void door_tick(struct door *door)
{
    http_sweep(door->http);
}

void door_close(struct door *door)
{
    if (door == NULL) {
        return;
    }
    if (door->http != NULL) {
        http_quiet(door->http);
    }
    for (uint32_t i = 0; i < door->count; i++) {
        counter_stop(door->counters[i]);
    }
    for (uint32_t i = 0; i < door->count; i++) {
        counter_join(door->counters[i]);
    }
    http_close(door->http); /* until here it hands jobs over */
    for (uint32_t i = 0; i < door->count; i++) {
        counter_close(door->counters[i]);
    }
    keyring_deinit(&door->keyring);
    lines_deinit(&door->lines);
    free(door->counters);
    free(door);
}

uint16_t door_port(const struct door *door)
{
    return http_port(door->http);
}
