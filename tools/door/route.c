#include "tools/door/route.h"

#include <string.h>

#include "clearing/base/limits.h"

#define NUMBER_DIGITS_MAX 16

const char *route_method(enum route_kind kind)
{
    switch (kind) {
    case ROUTE_EVENTS:
        return "POST";
    case ROUTE_EVENT:
    case ROUTE_BALANCE:
    case ROUTE_HEALTH:
        return "GET";
    }
    return "";
}

static const struct {
    const char *path;
    enum route_kind kind;
    bool more; /* the path goes on */
} places[] = {
    {"/v1/events", ROUTE_EVENTS, false},
    {"/v1/health", ROUTE_HEALTH, false},
    {"/v1/events/", ROUTE_EVENT, true},
    {"/v1/balance/", ROUTE_BALANCE, true},
};

/* Out: *ret_rest of the path. Returns: false when there is nothing. */
static bool find_kind(const char *path, enum route_kind *ret_kind, const char **ret_rest)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        size_t len = strlen(places[i].path);
        if (strncmp(path, places[i].path, len) == 0 && (places[i].more || path[len] == '\0')) {
            *ret_kind = places[i].kind;
            *ret_rest = path + len;
            return true;
        }
    }
    return false;
}

/* Digits without a leading zero. */
static bool is_number(const char *text, size_t max)
{
    size_t len = strspn(text, "0123456789");

    return text[0] != '0' && len > 0 && len <= max && text[len] == '\0';
}

static bool read_event(const char *text, struct route *route)
{
    const char *slash = strchr(text, '/');

    if (slash == NULL || !is_number(slash + 1, NUMBER_DIGITS_MAX)) {
        return false;
    }
    slice_t terminal = {text, (uint32_t)(slash - text)};
    if (!code_valid(terminal)) {
        return false;
    }
    route->terminal = code_of(terminal);
    route->number = 0;
    for (const char *digit = slash + 1; *digit != '\0'; digit++) {
        route->number = 10 * route->number + (uint64_t)(*digit - '0');
    }
    return route->number <= NUMBER_MAX;
}

enum route_result route_read(const char *method, const char *path, struct route *ret_route)
{
    const char *rest = "";

    if (!find_kind(path, &ret_route->kind, &rest)) {
        return ROUTE_NOWHERE;
    }
    if (strcmp(method, route_method(ret_route->kind)) != 0) {
        return ROUTE_OTHER_METHOD;
    }
    if (ret_route->kind == ROUTE_EVENT) {
        return read_event(rest, ret_route) ? ROUTE_FOUND : ROUTE_BAD_EVENT;
    }
    if (ret_route->kind == ROUTE_BALANCE) {
        if (!is_number(rest, ROUTE_MEMBER_MAX)) {
            return ROUTE_BAD_MEMBER;
        }
        memcpy(ret_route->member, rest, strlen(rest) + 1);
    }
    return ROUTE_FOUND;
}
