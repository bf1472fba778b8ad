/* A sheet: a till's export as rows of cells, decoded, with the mapping's columns found in its
 * header, and its rows told into receipts. Nothing is judged here but what makes a row. */
#ifndef TOOLS_TILLS_SHEET_H
#define TOOLS_TILLS_SHEET_H

#include "tools/csv/csv.h"
#include "tools/tills/flaw.h"
#include "tools/tills/mapping.h"

#define SHEET_LEN_MAX (64U * 1024 * 1024)

struct sheet_cell {
    slice_t text; /* UTF-8; of undecodable ones the bytes */
    uint32_t line;
    bool undecodable;
};

struct sheet_row {
    uint32_t line;
    uint32_t first;   /* of its cells */
    uint32_t count;   /* of its cells */
    flaw_kind_t flaw; /* FLAW_NONE, FLAW_QUOTE, FLAW_CELLS */
    bool placed;      /* it can be told which receipt it belongs to */
    uint32_t beside;  /* the line of a neighbour that may belong to the same receipt; 0: none */
};

/* Rows of one receipt: members [first, first + count) of `order`. */
struct sheet_receipt {
    uint32_t first;
    uint32_t count;
};

struct sheet {
    const struct mapping *mapping;
    char *text; /* owned */
    uint32_t len;
    struct csv csv;
    struct sheet_cell *cells;
    uint32_t cell_count;
    uint32_t cell_capacity;
    struct sheet_row *rows;
    uint32_t row_count;
    uint32_t row_capacity;
    uint32_t skipped; /* rows that the mapping passes over */
    uint32_t width;   /* cells of a row */
    slice_t headers[CSV_CELLS_MAX];
    uint32_t places[MAPPING_COLUMNS_MAX]; /* where a column of the mapping stands */
    uint32_t *order;                      /* rows by receipt, each receipt's in the file's order */
    struct sheet_receipt *receipts;       /* in the order of their first rows */
    uint32_t receipt_count;
    char **texts; /* decoded or joined ones, owned */
    uint32_t text_count;
    uint32_t text_capacity;
};

/* Take the bytes of a file (allocated, a NUL behind them; owned from now on).
 * Returns: false when nothing can be made of it; *ret_flaw then says why. In both cases the sheet
 * is to be given to sheet_close. */
bool sheet_open(struct sheet *sheet, const struct mapping *mapping, char *bytes, uint32_t len,
                struct flaw *ret_flaw) MUST_USE;

/* The cell of a row in a column of the mapping; NULL: the row is too short. */
const struct sheet_cell *sheet_cell(const struct sheet *sheet, const struct sheet_row *row,
                                    uint32_t column);
/* Its text, trimmed where the mapping says so. */
slice_t sheet_text(const struct sheet *sheet, const struct sheet_cell *cell);

/* Does the row meet them? A cell that is not there meets none. */
bool sheet_meets(const struct sheet *sheet, const struct sheet_row *row,
                 const struct conditions *conditions);

/* Memory that lives as long as the sheet. */
char *sheet_keep(struct sheet *sheet, uint32_t len);

void sheet_close(struct sheet *sheet); /* accepts zeroed memory */

#endif
