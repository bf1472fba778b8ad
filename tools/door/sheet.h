/* Sheet: the lines of one request, and what becomes of each. */
#ifndef TOOLS_DOOR_SHEET_H
#define TOOLS_DOOR_SHEET_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/facts/outcome.h"
#include "tools/lines/lines.h"
#include "tools/node/kit.h"

#define SHEET_LINES_MAX 1000

enum sheet_state {
    SHEET_BAD,      /* not an event: detail says why */
    SHEET_NEW,      /* not in the outbox */
    SHEET_OPEN,     /* in the outbox, without an outcome */
    SHEET_ANSWERED, /* outcome and reason are what became of it */
    SHEET_REUSED,   /* another event has its number */
    SHEET_UNSENT,   /* asked, and nobody could be asked: it is not in the outbox */
};

struct sheet_line {
    enum sheet_state state;
    uint32_t line; /* of the body, from 1 */
    slice_t text;  /* in the body */
    uint64_t number; /* 0: the node gives it one, by its receipt */
    bool ask;
    bool fresh;         /* SHEET_OPEN: put into the outbox by this request */
    uint8_t *bytes;     /* canonical; NULL until it has a number; owned */
    uint32_t bytes_len;
    char *detail;       /* SHEET_BAD; owned */
    int64_t id;         /* SHEET_OPEN: of its row */
    outcome_t outcome;
    outcome_t reason;
};

/* Zeroed memory is an empty sheet. */
struct sheet {
    struct sheet_line *lines;
    uint32_t count;
    uint32_t capacity;
};

enum sheet_result {
    SHEET_READ,
    SHEET_EMPTY,          /* there is no line */
    SHEET_TOO_LONG,       /* more than SHEET_LINES_MAX */
    SHEET_OTHER_TERMINAL, /* *ret_line is of another terminal */
    SHEET_NO_EVENT,       /* none of its lines is an event; *ret_line is the first */
};

/* Whose lines they are. */
struct sheet_till {
    const struct kit *kit; /* its store's */
    const code_t *terminal;
};

/* Read a request's body, which lives as long as the sheet. Blank lines are none. Out: *ret_line, a
 * place in sheet->lines. The caller calls sheet_deinit whatever came of it. */
enum sheet_result sheet_read(struct sheet *sheet, slice_t body, const struct sheet_till *till,
                             struct lines *lines, uint32_t *ret_line);
void sheet_deinit(struct sheet *sheet);

/* Give a line its number and bytes; it becomes SHEET_BAD when the event cannot be one. */
void sheet_encode(struct sheet_line *line, const struct event *event);
/* Turn a line into a bad one. */
void sheet_spoil(struct sheet_line *line, const char *detail);

/* Returns: is there a line in this state? */
bool sheet_has(const struct sheet *sheet, enum sheet_state state);

#endif
