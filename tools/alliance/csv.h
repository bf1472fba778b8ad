/* Comma separated values as RFC 4180 writes them: cells may be quoted, a quote inside is doubled,
 * rows end with LF or CRLF. */
#ifndef TOOLS_ALLIANCE_CSV_H
#define TOOLS_ALLIANCE_CSV_H

#include "tools/alliance/source.h"

#define CSV_CELLS_MAX 16

struct csv_cell {
    slice_t text; /* in the source's memory, quotes taken off */
    uint32_t line;
    uint32_t column;
};

/* Reads a source in place (the source's text is used up). */
struct csv {
    struct source *source;
    uint32_t at;
    uint32_t line;
    uint32_t column;
    uint32_t cell_count; /* of the row; those beyond CSV_CELLS_MAX are counted, not kept */
    struct csv_cell cells[CSV_CELLS_MAX];
};

void csv_init(struct csv *csv, struct source *source);

typedef enum {
    CSV_ROW = 0,
    CSV_END = 1,
    CSV_BROKEN = 2, /* after a complaint: what follows cannot be told into cells */
} csv_result_t;

/* Read the next row that has a cell with text in it. */
csv_result_t csv_read(struct csv *csv, struct complaints *complaints) MUST_USE;

#endif
