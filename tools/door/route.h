/* Route: what a request asks for, by its method and path. */
#ifndef TOOLS_DOOR_ROUTE_H
#define TOOLS_DOOR_ROUTE_H

#include <stdint.h>

#include "clearing/base/code.h"

#define ROUTE_MEMBER_MAX 19

enum route_kind {
    ROUTE_EVENTS,  /* POST /v1/events */
    ROUTE_EVENT,   /* GET  /v1/events/TERMINAL/NUMBER */
    ROUTE_BALANCE, /* GET  /v1/balance/MEMBER */
    ROUTE_HEALTH,  /* GET  /v1/health */
};

struct route {
    enum route_kind kind;
    code_t terminal;                   /* ROUTE_EVENT */
    uint64_t number;                   /* ROUTE_EVENT */
    char member[ROUTE_MEMBER_MAX + 1]; /* ROUTE_BALANCE */
};

enum route_result {
    ROUTE_FOUND,
    ROUTE_NOWHERE,      /* no such path */
    ROUTE_OTHER_METHOD, /* ret_route->kind is what is there for another method */
    ROUTE_BAD_EVENT,    /* TERMINAL/NUMBER are none */
    ROUTE_BAD_MEMBER,   /* MEMBER is none */
};

/* Returns: what came of reading; *ret_route is whole on ROUTE_FOUND. */
enum route_result route_read(const char *method, const char *path, struct route *ret_route);

/* Returns: "GET" or "POST". */
const char *route_method(enum route_kind kind);

#endif
