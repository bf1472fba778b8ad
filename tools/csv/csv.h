/* Comma separated values as RFC 4180 writes them, with a separator of choice: cells may be quoted,
 * a quote inside is doubled, rows end with LF or CRLF. Works on UTF-8 and on GB18030 alike: no
 * byte of a character of two or four bytes looks like a separator, a quote or a line end. */
#ifndef TOOLS_CSV_CSV_H
#define TOOLS_CSV_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/code.h"

#define CSV_CELLS_MAX 256

struct csv_cell {
    slice_t text; /* in the text or in the reader's memory, quotes taken off */
    uint32_t line;
    uint32_t column; /* in characters of UTF-8 */
};

typedef enum {
    CSV_ROW = 0,
    CSV_END = 1,
    CSV_BROKEN = 2, /* what follows cannot be told into cells: see fault */
} csv_result_t;

typedef enum {
    CSV_FAULT_AFTER_QUOTE = 0,  /* something else than a separator follows a closing quote */
    CSV_FAULT_OPEN_QUOTE = 1,   /* the closing quote is missing */
    CSV_FAULT_QUOTE_INSIDE = 2, /* a quote in a cell that is not quoted */
} csv_fault_t;

struct csv {
    const char *text; /* a NUL stands behind it; outlives the reader and its cells */
    uint32_t len;
    char separator;
    uint32_t at;
    uint32_t line;
    uint32_t column;
    uint32_t row_at; /* where the row read last began */
    uint32_t row_line;
    uint32_t cell_count; /* of the row; those beyond CSV_CELLS_MAX are counted, not kept */
    struct csv_cell cells[CSV_CELLS_MAX];
    csv_fault_t fault; /* after CSV_BROKEN, and where */
    uint32_t fault_line;
    uint32_t fault_column;
    char **copies; /* texts of cells with quotes inside */
    uint32_t copy_count;
    uint32_t copy_capacity;
};

void csv_init(struct csv *csv, const char *text, uint32_t len, char separator);

/* Read the next row that has a cell with text in it. */
csv_result_t csv_read(struct csv *csv) MUST_USE;

/* Go on at the line after the one on which the row read last began: a broken row may have taken
 * the lines after it for its own. */
void csv_resume(struct csv *csv);

/* Free what the cells point to. */
void csv_deinit(struct csv *csv);

#endif
