#include "tools/alliance/csv.h"

#include "tools/text.h"

void csv_init(struct csv *csv, struct source *source)
{
    *csv = (struct csv){.source = source, .line = 1, .column = 1};
}

static char current(const struct csv *csv)
{
    return csv->source->text[csv->at]; /* a NUL stands behind the text */
}

static bool at_end(const struct csv *csv)
{
    return csv->at == csv->source->len;
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
    if (current(csv) == '\r' && csv->source->text[csv->at + 1] == '\n') {
        return 2;
    }
    return current(csv) == '\n' ? 1 : 0;
}

static bool ends_cell(const struct csv *csv)
{
    return at_end(csv) || current(csv) == ',' || line_end_len(csv) > 0;
}

static bool quoted_read(struct csv *csv, struct csv_cell *cell, struct complaints *complaints)
{
    struct place place = {csv->source->path, cell->line, cell->column};
    char *text = csv->source->text;
    uint32_t start = csv->at;
    uint32_t out = start; /* never ahead of what is read */

    for (advance(csv); !at_end(csv); advance(csv)) {
        bool quote = current(csv) == '"';
        if (quote) {
            advance(csv);
        }
        if (!quote || current(csv) == '"') {
            text[out++] = current(csv);
            continue;
        }
        cell->text = (slice_t){text + start, out - start};
        if (ends_cell(csv)) {
            return true;
        }
        complaints_add(complaints, &place,
                       _("only a comma may follow a closing quote; "
                         "a quote inside is written twice"));
        return false;
    }
    complaints_add(complaints, &place, _("the closing quote of this cell is missing"));
    return false;
}

static bool plain_read(struct csv *csv, struct csv_cell *cell, struct complaints *complaints)
{
    uint32_t start = csv->at;

    while (!ends_cell(csv)) {
        if (current(csv) == '"') {
            struct place place = {csv->source->path, csv->line, csv->column};
            complaints_add(complaints, &place,
                           _("a cell with a quote in it stands in quotes itself, "
                             "and the quote is written twice"));
            return false;
        }
        advance(csv);
    }
    cell->text = (slice_t){csv->source->text + start, csv->at - start};
    return true;
}

/* Read to the end of a row. Returns: false after a complaint. */
static bool row_read(struct csv *csv, bool *ret_filled, struct complaints *complaints)
{
    bool filled = false;

    csv->cell_count = 0;
    for (;;) {
        struct csv_cell cell = {.line = csv->line, .column = csv->column};
        bool good = current(csv) == '"' ? quoted_read(csv, &cell, complaints)
                                        : plain_read(csv, &cell, complaints);
        if (!good) {
            return false;
        }
        filled = filled || cell.text.len > 0;
        if (csv->cell_count < CSV_CELLS_MAX) {
            csv->cells[csv->cell_count] = cell;
        }
        csv->cell_count++;
        if (current(csv) != ',') {
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

csv_result_t csv_read(struct csv *csv, struct complaints *complaints)
{
    bool filled = false;

    while (!filled) {
        if (at_end(csv)) {
            return CSV_END;
        }
        if (!row_read(csv, &filled, complaints)) {
            return CSV_BROKEN;
        }
    }
    return CSV_ROW;
}
