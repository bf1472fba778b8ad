#include "tools/tills/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/tills/cell.h"

/* --- flaws --- */

static bool same_place(const struct flaw *a, const struct flaw *b)
{
    return a->line == b->line && a->column == b->column &&
           (a->column != FLAW_ROW || a->kind == b->kind);
}

void flaws_add(struct flaws *flaws, const struct flaw *flaw)
{
    uint32_t i = 0;

    flaws->bad = flaws->bad || !flaw_is_warning(flaw->kind);
    while (i < flaws->count && !same_place(&flaws->list[i], flaw)) {
        i++;
    }
    if (i == flaws->count) {
        MEMORY_GROW(flaws->list, flaws->count, flaws->capacity);
        flaws->list[flaws->count++] = *flaw;
    } else if (flaw_is_warning(flaws->list[i].kind)) {
        flaws->list[i] = *flaw;
    }
}

void flaws_deinit(struct flaws *flaws)
{
    free(flaws->list);
    *flaws = (struct flaws){0};
}

void making_row_flaw(struct making *making, const struct sheet_row *row, flaw_kind_t kind,
                     const char *extra)
{
    struct flaw flaw = {.kind = kind, .line = row->line, .column = FLAW_ROW};

    (void)snprintf(flaw.extra, sizeof flaw.extra, "%s", extra);
    flaws_add(making->flaws, &flaw);
}

/* A flaw at the row's cell in a column of the mapping. */
/* `joined`: what stands in several columns together; NULL: what stands in this one. */
static void column_flaw(struct making *making, const struct sheet_row *row, uint32_t column,
                        flaw_kind_t kind, const char *extra, const slice_t *joined)
{
    const struct sheet *sheet = making->sheet;
    const struct sheet_cell *cell = sheet_cell(sheet, row, column);
    struct flaw flaw = {.kind = kind, .line = row->line, .column = sheet->places[column]};

    if (sheet->mapping->header) {
        flaw.header = sheet->headers[flaw.column];
    }
    if (cell != NULL) {
        flaw.line = cell->line;
        flaw.cell = joined != NULL ? *joined : cell->text;
    }
    (void)snprintf(flaw.extra, sizeof flaw.extra, "%s", extra);
    flaws_add(making->flaws, &flaw);
}

void making_column_flaw(struct making *making, const struct sheet_row *row, uint32_t column,
                        flaw_kind_t kind, const char *extra)
{
    column_flaw(making, row, column, kind, extra, NULL);
}

const struct sheet_row *making_row(const struct making *making, uint32_t i)
{
    return &making->sheet->rows[making->sheet->order[making->receipt->first + i]];
}

/* --- one cell --- */

/* Returns: EMPTY or TAKEN as the cell is, BAD after a flaw that any cell may have. */
taken_t making_cell_text(struct making *making, const struct sheet_row *row, uint32_t column,
                         slice_t *ret_text)
{
    const struct sheet_cell *cell = sheet_cell(making->sheet, row, column);

    *ret_text = (slice_t){"", 0};
    if (cell == NULL) {
        return EMPTY;
    }
    slice_t text = sheet_text(making->sheet, cell);
    flaw_kind_t kind = cell->undecodable ? FLAW_CODING : cell_flaw(text);
    if (kind != FLAW_NONE) {
        making_column_flaw(making, row, column, kind, "");
        return BAD;
    }
    *ret_text = text;
    return text.len == 0 ? EMPTY : TAKEN;
}

static slice_t joined(struct sheet *sheet, slice_t first, const char *between, slice_t second)
{
    const slice_t parts[] = {first, slice_of(between), second};
    uint32_t len = 0;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        len += parts[i].len;
    }
    char *text = sheet_keep(sheet, len);
    char *at = text;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        memcpy(at, parts[i].text, parts[i].len);
        at += parts[i].len;
    }
    return (slice_t){text, len};
}

/* The text of all columns of a field. */
taken_t making_columns_text(struct making *making, const struct field *field,
                            const struct sheet_row *row, slice_t *ret_text)
{
    taken_t all = making_cell_text(making, row, field->columns[0], ret_text);

    for (uint32_t i = 1; i < field->column_count; i++) {
        slice_t text = {0};
        taken_t one = making_cell_text(making, row, field->columns[i], &text);
        if (all == BAD || one == BAD) {
            all = BAD;
        } else if (all != one) { /* a date without its time */
            making_column_flaw(making, row, field->columns[one == EMPTY ? i : 0], FLAW_MISSING, "");
            all = BAD;
        } else if (all == TAKEN) {
            *ret_text = joined(making->sheet, *ret_text, " ", text);
        }
    }
    return all;
}

static bool meaning_find(const struct field *field, slice_t *text)
{
    for (uint32_t i = 0; i < field->meaning_count; i++) {
        if (slice_equal(field->meanings[i].cell, *text)) {
            *text = field->meanings[i].value;
            return true;
        }
    }
    return field->meanings == NULL;
}

void making_list(char extra[FLAW_EXTRA_SIZE], slice_t value)
{
    size_t len = strlen(extra);

    if (len + value.len + 2 < FLAW_EXTRA_SIZE) {
        (void)snprintf(extra + len, FLAW_EXTRA_SIZE - len, "%s%.*s", len == 0 ? "" : ", ",
                       (int)value.len, value.text);
    }
}

/* Read a field from a row into *to. *ret_text is what stands there. */
taken_t making_read(struct making *making, const struct field *field, const struct sheet_row *row,
                    void *to, slice_t *ret_text)
{
    char extra[FLAW_EXTRA_SIZE] = "";
    slice_t text = field->value;
    taken_t taken =
        field->column_count == 0 ? TAKEN : making_columns_text(making, field, row, &text);

    *ret_text = text;
    if (taken != TAKEN) {
        return taken;
    }
    flaw_kind_t kind = FLAW_UNKNOWN;
    const slice_t there = text;
    if (meaning_find(field, &text)) {
        text = field->prefix.len > 0 ? joined(making->sheet, field->prefix, "", text) : text;
        *ret_text = text;
        kind = cell_read(making->sheet->mapping, field, text, to, extra);
    } else {
        for (uint32_t i = 0; i < field->meaning_count; i++) {
            making_list(extra, field->meanings[i].cell);
        }
    }
    if (kind == FLAW_NONE) {
        return TAKEN;
    }
    if (field->column_count == 0) { /* the mapping's own value, which it has checked */
        making_row_flaw(making, row, FLAW_EVENT, field->key->name);
    } else {
        column_flaw(making, row, field->columns[0], kind, extra,
                    field->column_count > 1 ? &there : NULL);
    }
    return flaw_is_warning(kind) ? TAKEN : BAD;
}

size_t making_value_size(const struct key *key)
{
    switch (key->kind) {
    case KEY_CODE:
    case KEY_TEXT:
        return sizeof(slice_t);
    case KEY_INTEGER:
    case KEY_INSTANT:
        return sizeof(int64_t);
    case KEY_NUMBER:
    case KEY_MEMBER:
        return sizeof(uint64_t);
    case KEY_REF:
        return sizeof(struct event_ref);
    case KEY_NAME:
        return sizeof(int);
    case KEY_BOOL:
        return sizeof(bool);
    case KEY_COUNT:
    case KEY_SUMS:
    case KEY_LIST:
        break;
    }
    CHECK(!"a list has no size");
    return 0;
}
