/* Tables and paragraphs for people, fitted to where they are shown. Widths are those of the
 * terminal (East Asian characters take two columns; the locale must be UTF-8 for that). */
#ifndef TOOLS_RENDER_TABLE_H
#define TOOLS_RENDER_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "clearing/money/money.h"

/* Where something is shown. */
struct look {
    uint32_t width; /* columns */
    bool colour;
};

/* A terminal has its own width (COLUMNS wins) and colours unless NO_COLOR says no; everything else
 * is 100 columns wide and plain. */
struct look look_of(FILE *out);

/* How many columns a text takes. Bytes that are no character take one each. */
uint32_t text_width(const char *text);

/* A copy of a text in which control characters are "?": it cannot steer the terminal. Bytes that
 * are no character stay. The caller frees. */
char *text_printable(const char *text);

/* Write a text broken into lines that fit, at spaces where there are any: the first line begins
 * with `first`, the others with as many blanks as it is wide. */
void paragraph_write(const char *first, const char *text, const struct look *look, FILE *out);

typedef enum {
    COLUMN_TEXT = 0,  /* left, broken over several lines when it must shrink */
    COLUMN_RIGHT = 1, /* right, never broken: counts, money (red below zero) */
} column_kind_t;

struct table_column {
    const char *title; /* translated; outlives the table */
    column_kind_t kind;
};

/* Rows of cells, filled from left to right. */
struct table {
    const struct table_column *columns;
    uint32_t column_count;
    char **cells; /* owned */
    uint32_t count;
    uint32_t capacity;
    uint32_t rule_at; /* cell before which a rule is drawn; UINT32_MAX: none */
};

/* The columns must outlive the table; at least one. */
void table_init(struct table *table, const struct table_column *columns, uint32_t column_count);

/* The next cell; control characters are shown as "?". */
void table_text(struct table *table, const char *text);
void table_count(struct table *table, int128_t count);  /* "1,234" */
void table_money(struct table *table, money_sum_t fen); /* "12,345.67" */

/* A rule before the next row (a total). */
void table_rule(struct table *table);

/* Write it. Columns of text shrink to fit; where that is not enough every row becomes a block of
 * lines "title: cell". Columns without any text are left out. Writes nothing but the titles when
 * there are no rows. */
void table_write(const struct table *table, const struct look *look, FILE *out);

void table_deinit(struct table *table);

#endif
