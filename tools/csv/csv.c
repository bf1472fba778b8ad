#include "tools/csv/csv.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

void csv_init(struct csv *csv, const char *text, uint32_t len, char separator)
{
    memset(csv, 0, sizeof *csv);
    csv->text = text;
    csv->len = len;
    csv->separator = separator;
    csv->line = 1;
    csv->column = 1;
    csv->row_line = 1;
}

static char current(const struct csv *csv)
{
    return csv->text[csv->at]; /* a NUL stands behind the text */
}

static bool at_end(const struct csv *csv)
{
    return csv->at == csv->len;
}

static void advance(struct csv *csv)
{
    char c = current(csv);

    csv->at++;
    if (c == '\n') {
        csv->line++;
        csv->column = 1;
    } else if (((uint8_t)current(csv) & 0xc0) != 0x80) {
        csv->column++; /* that was the last byte of a character */
    }
}

/* The length of the line end that stands here, 0: none. */
static uint32_t line_end_len(const struct csv *csv)
{
    if (current(csv) == '\r' && csv->text[csv->at + 1] == '\n') {
        return 2;
    }
    return current(csv) == '\n' ? 1 : 0;
}

static bool ends_cell(const struct csv *csv)
{
    return at_end(csv) || current(csv) == csv->separator || line_end_len(csv) > 0;
}

static bool broken(struct csv *csv, csv_fault_t fault, uint32_t line, uint32_t column)
{
    csv->fault = fault;
    csv->fault_line = line;
    csv->fault_column = column;
    return false;
}

/* The text between quotes with its doubled quotes made single. */
static slice_t unquoted(struct csv *csv, slice_t inside)
{
    if (memchr(inside.text, '"', inside.len) == NULL) {
        return inside;
    }
    char *copy = memory_zeroed(inside.len, 1);
    uint32_t len = 0;
    for (uint32_t i = 0; i < inside.len; i++) {
        copy[len++] = inside.text[i];
        i += inside.text[i] == '"' ? 1 : 0;
    }
    MEMORY_GROW(csv->copies, csv->copy_count, csv->copy_capacity);
    csv->copies[csv->copy_count++] = copy;
    return (slice_t){copy, len};
}

static bool quoted_read(struct csv *csv, struct csv_cell *cell)
{
    uint32_t start = csv->at + 1;

    for (advance(csv); !at_end(csv); advance(csv)) {
        if (current(csv) != '"') {
            continue;
        }
        advance(csv);
        if (current(csv) == '"' && !at_end(csv)) {
            continue;
        }
        cell->text = unquoted(csv, (slice_t){csv->text + start, csv->at - 1 - start});
        return ends_cell(csv) || broken(csv, CSV_FAULT_AFTER_QUOTE, cell->line, cell->column);
    }
    return broken(csv, CSV_FAULT_OPEN_QUOTE, cell->line, cell->column);
}

static bool plain_read(struct csv *csv, struct csv_cell *cell)
{
    uint32_t start = csv->at;

    while (!ends_cell(csv)) {
        if (current(csv) == '"') {
            return broken(csv, CSV_FAULT_QUOTE_INSIDE, csv->line, csv->column);
        }
        advance(csv);
    }
    cell->text = (slice_t){csv->text + start, csv->at - start};
    return true;
}

/* Read to the end of a row. Returns: false when it is broken. */
static bool row_read(struct csv *csv, bool *ret_filled)
{
    bool filled = false;

    csv->cell_count = 0;
    csv->row_at = csv->at;
    csv->row_line = csv->line;
    for (;;) {
        struct csv_cell cell = {.line = csv->line, .column = csv->column};
        if (!(current(csv) == '"' ? quoted_read(csv, &cell) : plain_read(csv, &cell))) {
            return false;
        }
        filled = filled || cell.text.len > 0;
        if (csv->cell_count < CSV_CELLS_MAX) {
            csv->cells[csv->cell_count] = cell;
        }
        csv->cell_count++;
        if (at_end(csv) || current(csv) != csv->separator) {
            break;
        }
        advance(csv);
    }
    for (uint32_t left = line_end_len(csv); left > 0; left--) {
        advance(csv);
    }
    *ret_filled = filled;
    return true;
}

csv_result_t csv_read(struct csv *csv)
{
    bool filled = false;

    while (!filled) {
        if (at_end(csv)) {
            return CSV_END;
        }
        if (!row_read(csv, &filled)) {
            return CSV_BROKEN;
        }
    }
    return CSV_ROW;
}

void csv_resume(struct csv *csv)
{
    const char *end = memchr(csv->text + csv->row_at, '\n', csv->len - csv->row_at);

    csv->at = end == NULL ? csv->len : (uint32_t)(end - csv->text) + 1;
    csv->line = csv->row_line + 1;
    csv->column = 1;
}

void csv_deinit(struct csv *csv)
{
    for (uint32_t i = 0; i < csv->copy_count; i++) {
        free(csv->copies[i]);
    }
    free(csv->copies);
    csv->copies = NULL;
    csv->copy_count = 0;
    csv->copy_capacity = 0;
}
