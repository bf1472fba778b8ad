#include "tools/tills/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/alliance/hint.h"
#include "tools/alliance/source.h"
#include "tools/text.h"
#include "tools/tills/cell.h"

char *sheet_keep(struct sheet *sheet, uint32_t len)
{
    MEMORY_GROW(sheet->texts, sheet->text_count, sheet->text_capacity);
    char *text = memory_zeroed((size_t)len + 1, 1);
    sheet->texts[sheet->text_count++] = text;
    return text;
}

/* --- bytes to text --- */

/* Returns: false when the bytes are none of the coding; else *ret_text is UTF-8. */
static bool decode(struct sheet *sheet, slice_t bytes, slice_t *ret_text)
{
    if (sheet->mapping->coding == CODING_UTF8) {
        *ret_text = bytes;
        return utf8_broken_at(bytes.text, bytes.len) == bytes.len;
    }
    uint32_t i = 0;
    while (i < bytes.len && (uint8_t)bytes.text[i] < 0x80) {
        i++;
    }
    *ret_text = bytes;
    if (i == bytes.len) {
        return true;
    }
    char *text = sheet_keep(sheet, bytes.len * 3);
    uint32_t len = 0;
    if (gb18030_decode(bytes, text, &len) != bytes.len) {
        return false;
    }
    *ret_text = (slice_t){text, len};
    return true;
}

static bool begins_with(const struct sheet *sheet, const char *mark, uint32_t len)
{
    return sheet->len >= len && memcmp(sheet->text, mark, len) == 0;
}

/* Where reading begins: behind a byte order mark and the lines to skip. */
static uint32_t start_find(const struct sheet *sheet, uint32_t *ret_line)
{
    uint32_t at = begins_with(sheet, "\xef\xbb\xbf", 3) ? 3 : 0;
    uint32_t skipped = 0;

    for (; skipped < sheet->mapping->skip_lines && at < sheet->len; skipped++) {
        const char *end = memchr(sheet->text + at, '\n', sheet->len - at);
        at = end == NULL ? sheet->len : (uint32_t)(end - sheet->text) + 1;
    }
    *ret_line = skipped + 1;
    return at;
}

/* --- the header --- */

static bool refuse(struct flaw *flaw, flaw_kind_t kind, uint32_t line, const char *extra)
{
    *flaw = (struct flaw){.kind = kind, .line = line, .column = FLAW_ROW};
    (void)snprintf(flaw->extra, sizeof flaw->extra, "%.*s",
                   (int)utf8_cut(slice_of(extra), FLAW_EXTRA_SIZE - 1), extra);
    return false;
}

/* A column that is not there: which one, and what may be meant. */
static bool column_missing(const struct sheet *sheet, slice_t name, struct flaw *ret_flaw)
{
    const char *names[CSV_CELLS_MAX + 1];
    char copies[CSV_CELLS_MAX][48];
    char hint[HINT_SIZE];
    char text[HINT_SIZE + 80];

    for (uint32_t i = 0; i < sheet->width; i++) {
        (void)snprintf(copies[i], sizeof copies[i], "%.*s",
                       (int)utf8_cut(sheet->headers[i], sizeof copies[i] - 1),
                       sheet->headers[i].text);
        names[i] = copies[i];
    }
    names[sheet->width] = NULL;
    hint_write(name, names, hint);
    (void)snprintf(text, sizeof text, "\"%.*s\"%s", (int)utf8_cut(name, 60), name.text, hint);
    return refuse(ret_flaw, FLAW_HEADER, sheet->csv.row_line, text);
}

static bool column_find(struct sheet *sheet, uint32_t column, struct flaw *ret_flaw)
{
    slice_t name = sheet->mapping->columns[column];
    uint32_t count = 0;
    uint32_t place = 0;

    for (uint32_t i = 0; i < sheet->width; i++) {
        if (slice_equal(sheet->headers[i], name)) {
            place = i;
            count++;
        }
    }
    if (count == 0) {
        return column_missing(sheet, name, ret_flaw);
    }
    sheet->places[column] = place;
    if (count > 1) {
        (void)refuse(ret_flaw, FLAW_HEADER_TWICE, sheet->csv.row_line, "");
        ret_flaw->column = place;
        ret_flaw->header = name;
        ret_flaw->cell = name;
        return false;
    }
    return true;
}

static bool header_read(struct sheet *sheet, struct flaw *ret_flaw)
{
    csv_result_t result = csv_read(&sheet->csv);

    if (result != CSV_ROW) {
        return refuse(ret_flaw, result == CSV_END ? FLAW_HEADER : FLAW_QUOTE, sheet->csv.row_line,
                      "");
    }
    if (sheet->csv.cell_count > CSV_CELLS_MAX) {
        return refuse(ret_flaw, FLAW_CELLS, sheet->csv.row_line, "");
    }
    sheet->width = sheet->csv.cell_count;
    for (uint32_t i = 0; i < sheet->width; i++) {
        if (!decode(sheet, sheet->csv.cells[i].text, &sheet->headers[i])) {
            (void)refuse(ret_flaw, FLAW_CODING, sheet->csv.row_line,
                         sheet->mapping->coding == CODING_UTF8 ? "UTF-8" : "GB18030");
            ret_flaw->column = i;
            return false;
        }
        sheet->headers[i] = sheet->mapping->trim ? cell_trim(sheet->headers[i]) : sheet->headers[i];
    }
    for (uint32_t i = 0; i < sheet->mapping->column_count; i++) {
        if (!column_find(sheet, i, ret_flaw)) {
            return false;
        }
    }
    return true;
}

/* Columns by their letters: A, B, ..., AA. */
static bool letters_find(struct sheet *sheet, struct flaw *ret_flaw)
{
    const struct mapping *mapping = sheet->mapping;

    sheet->width = mapping->cells;
    for (uint32_t i = 0; i < mapping->column_count; i++) {
        slice_t name = mapping->columns[i];
        uint32_t place = 0;
        for (uint32_t k = 0; k < name.len; k++) {
            place = place * 26 + (uint32_t)(name.text[k] - 'A') + 1;
        }
        if (place > sheet->width) {
            return column_missing(sheet, name, ret_flaw);
        }
        sheet->places[i] = place - 1;
    }
    return true;
}

/* --- rows --- */

const struct sheet_cell *sheet_cell(const struct sheet *sheet, const struct sheet_row *row,
                                    uint32_t column)
{
    uint32_t place = sheet->places[column];

    return place < row->count ? &sheet->cells[row->first + place] : NULL;
}

slice_t sheet_text(const struct sheet *sheet, const struct sheet_cell *cell)
{
    return sheet->mapping->trim && !cell->undecodable ? cell_trim(cell->text) : cell->text;
}

static bool meets(const struct sheet *sheet, const struct sheet_row *row,
                  const struct condition *condition)
{
    const struct sheet_cell *cell = sheet_cell(sheet, row, condition->column);

    if (cell == NULL) {
        return false;
    }
    slice_t text = sheet_text(sheet, cell);
    if (condition->values == NULL) {
        return (text.len == 0) == condition->empty;
    }
    for (uint32_t i = 0; i < condition->value_count; i++) {
        if (slice_equal(text, condition->values[i])) {
            return true;
        }
    }
    return false;
}

bool sheet_meets(const struct sheet *sheet, const struct sheet_row *row,
                 const struct conditions *conditions)
{
    for (uint32_t i = 0; i < conditions->count; i++) {
        if (!meets(sheet, row, &conditions->list[i])) {
            return false;
        }
    }
    return true;
}

static bool is_skipped(const struct sheet *sheet, const struct sheet_row *row)
{
    const struct conditions *skip = &sheet->mapping->skip;

    for (uint32_t i = 0; i < skip->count; i++) {
        if (meets(sheet, row, &skip->list[i])) {
            return true;
        }
    }
    return false;
}

static void cells_add(struct sheet *sheet, struct sheet_row *row)
{
    uint32_t count = sheet->csv.cell_count < CSV_CELLS_MAX ? sheet->csv.cell_count : CSV_CELLS_MAX;

    for (uint32_t i = 0; i < count; i++) {
        const struct csv_cell *from = &sheet->csv.cells[i];
        MEMORY_GROW(sheet->cells, sheet->cell_count, sheet->cell_capacity);
        struct sheet_cell *cell = &sheet->cells[sheet->cell_count++];
        cell->line = from->line;
        cell->undecodable = !decode(sheet, from->text, &cell->text);
    }
    row->count = count;
}

static void row_add(struct sheet *sheet, csv_result_t result)
{
    struct csv *csv = &sheet->csv;
    struct sheet_row row = {.line = csv->row_line, .first = sheet->cell_count};

    if (result == CSV_BROKEN) {
        row.flaw = FLAW_QUOTE;
        row.line = csv->fault == CSV_FAULT_QUOTE_INSIDE ? csv->fault_line : csv->row_line;
        csv_resume(csv);
    } else {
        row.flaw = csv->cell_count == sheet->width ? FLAW_NONE : FLAW_CELLS;
        cells_add(sheet, &row);
        if (row.flaw == FLAW_CELLS && csv->line > csv->row_line + 1) {
            csv_resume(csv); /* a quote that does not pair has swallowed other rows */
        }
    }
    if (is_skipped(sheet, &row)) {
        sheet->cell_count = row.first;
        sheet->skipped++;
        return;
    }
    MEMORY_GROW(sheet->rows, sheet->row_count, sheet->row_capacity);
    sheet->rows[sheet->row_count++] = row;
}

/* --- receipts --- */

/* Can it be told which receipt the row belongs to? */
static bool placed_find(const struct sheet *sheet, const struct sheet_row *row)
{
    const struct mapping *mapping = sheet->mapping;

    for (uint32_t i = 0; i < mapping->group_count; i++) {
        const struct sheet_cell *cell = sheet_cell(sheet, row, mapping->group[i]);
        if (cell == NULL || cell->undecodable || sheet_text(sheet, cell).len == 0 ||
            cell_flaw(sheet_text(sheet, cell)) != FLAW_NONE) {
            return false;
        }
    }
    return mapping->group_count > 0;
}

static int rows_compare(const void *a, const void *b, void *context)
{
    const struct sheet *sheet = context;
    uint32_t numbers[2] = {*(const uint32_t *)a, *(const uint32_t *)b};
    const struct sheet_row *rows[2] = {&sheet->rows[numbers[0]], &sheet->rows[numbers[1]]};
    int order = (int)rows[0]->placed - (int)rows[1]->placed;

    for (uint32_t i = 0; order == 0 && rows[0]->placed && i < sheet->mapping->group_count; i++) {
        uint32_t column = sheet->mapping->group[i];
        order = slice_compare(sheet_text(sheet, sheet_cell(sheet, rows[0], column)),
                              sheet_text(sheet, sheet_cell(sheet, rows[1], column)));
    }
    return order != 0 ? order : (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]);
}

static bool same_receipt(const struct sheet *sheet, const struct sheet_row *a,
                         const struct sheet_row *b)
{
    if (!a->placed || !b->placed) {
        return false;
    }
    for (uint32_t i = 0; i < sheet->mapping->group_count; i++) {
        uint32_t column = sheet->mapping->group[i];
        if (!slice_equal(sheet_text(sheet, sheet_cell(sheet, a, column)),
                         sheet_text(sheet, sheet_cell(sheet, b, column)))) {
            return false;
        }
    }
    return true;
}

static int receipts_compare(const void *a, const void *b, void *context)
{
    const struct sheet *sheet = context;
    uint32_t first = sheet->order[((const struct sheet_receipt *)a)->first];
    uint32_t second = sheet->order[((const struct sheet_receipt *)b)->first];

    return (first > second) - (first < second);
}

/* A row that cannot be told to a receipt may belong to the one before it or the one behind: what
 * stands beside it is not sent in part. */
static void neighbours_mark(struct sheet *sheet)
{
    uint32_t line = 0;

    for (uint32_t i = 0; i < sheet->row_count; i++) {
        bool placed = sheet->rows[i].placed;
        sheet->rows[i].beside = placed ? line : 0;
        line = placed ? 0 : sheet->rows[i].line;
    }
    line = 0;
    for (uint32_t i = sheet->row_count; i-- > 0;) {
        bool placed = sheet->rows[i].placed;
        if (placed && line != 0) {
            sheet->rows[i].beside = line;
        }
        line = placed ? 0 : sheet->rows[i].line;
    }
}

static void receipts_make(struct sheet *sheet)
{
    uint32_t count = sheet->row_count;

    sheet->order = memory_zeroed((size_t)count + 1, sizeof *sheet->order);
    sheet->receipts = memory_zeroed((size_t)count + 1, sizeof *sheet->receipts);
    for (uint32_t i = 0; i < count; i++) {
        sheet->order[i] = i;
        sheet->rows[i].placed = placed_find(sheet, &sheet->rows[i]);
    }
    if (sheet->mapping->group_count > 0) {
        qsort_r(sheet->order, count, sizeof *sheet->order, rows_compare, sheet);
        neighbours_mark(sheet);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 &&
            same_receipt(sheet, &sheet->rows[sheet->order[i - 1]], &sheet->rows[sheet->order[i]])) {
            sheet->receipts[sheet->receipt_count - 1].count++;
        } else {
            sheet->receipts[sheet->receipt_count++] = (struct sheet_receipt){i, 1};
        }
    }
    qsort_r(sheet->receipts, sheet->receipt_count, sizeof *sheet->receipts, receipts_compare,
            sheet);
}

bool sheet_open(struct sheet *sheet, const struct mapping *mapping, char *bytes, uint32_t len,
                struct flaw *ret_flaw)
{
    csv_result_t result = CSV_ROW;
    uint32_t line = 1;

    memset(sheet, 0, sizeof *sheet);
    sheet->mapping = mapping;
    sheet->text = bytes;
    sheet->len = len;
    if (begins_with(sheet, "\xff\xfe", 2) || begins_with(sheet, "\xfe\xff", 2)) {
        return refuse(ret_flaw, FLAW_UNREADABLE, 0, "UTF-16");
    }
    uint32_t at = start_find(sheet, &line);
    csv_init(&sheet->csv, bytes, len, mapping->separator);
    sheet->csv.at = at;
    sheet->csv.line = line;
    if (!(mapping->header ? header_read(sheet, ret_flaw) : letters_find(sheet, ret_flaw))) {
        return false;
    }
    while ((result = csv_read(&sheet->csv)) != CSV_END) {
        row_add(sheet, result);
    }
    receipts_make(sheet);
    return true;
}

void sheet_close(struct sheet *sheet)
{
    for (uint32_t i = 0; i < sheet->text_count; i++) {
        free(sheet->texts[i]);
    }
    free(sheet->texts);
    csv_deinit(&sheet->csv);
    free(sheet->cells);
    free(sheet->rows);
    free(sheet->order);
    free(sheet->receipts);
    free(sheet->text);
    *sheet = (struct sheet){0};
}
