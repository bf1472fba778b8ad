/* The lines that a participant's net of a cycle is made of, each a claim by the name of its event:
 * how many, the largest, and all of them as CSV. One thread. */
#ifndef TOOLS_RENDER_NET_LINES_H
#define TOOLS_RENDER_NET_LINES_H

#include <jansson.h>
#include <stdio.h>

#include "clearing/base/fault.h"
#include "clearing/claims/claims.h"
#include "tools/render/table.h"

#define NET_LINES_LARGEST 10

/* Texts are the caller's. */
struct net_line {
    const char *line;   /* EVENT/KIND, or DAY/KIND of what a day-end made */
    const char *booked; /* day */
    const char *debtor;
    const char *creditor;
    const char *kind;
    bool reversal;
    int64_t amount_fen;
};

/* A claim's line, by its name and day. */
struct net_line net_line_of(const struct registry *registry, const struct claim *claim,
                            const char *name, const char *booked);

/* {"line","booked","debtor","creditor","kind","reversal","amount_fen"}: the caller's. */
json_t *net_line_json(const struct net_line *line);
/* False: the row is none. Texts live as long as the row. */
bool net_line_read(const json_t *row, struct net_line *ret_line) MUST_USE;

struct net_lines {
    json_t *largest; /* rows, the largest first; of equals the one that came first */
    uint64_t count;
    const char *path; /* of the CSV, the caller's; NULL: none */
    FILE *csv;        /* path + ".part" */
};

/* Returns: false with ret_fault when the file cannot be made. */
bool net_lines_init(struct net_lines *lines, const char *path, struct fault *ret_fault) MUST_USE;
/* Forget all that was taken. */
void net_lines_reset(struct net_lines *lines);
void net_lines_take(struct net_lines *lines, const struct net_line *line);
/* The CSV gets its name. Returns: false with ret_fault when it could not be written. */
bool net_lines_finish(struct net_lines *lines, struct fault *ret_fault) MUST_USE;
/* Without net_lines_finish nothing of a CSV is left. */
void net_lines_deinit(struct net_lines *lines);

/* The largest as a table; nothing where there is no line. */
void net_lines_text(const struct net_lines *lines, const struct look *look, FILE *out);

#endif
