#include "tools/render/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "clearing/base/memory.h"

#define PLAIN_WIDTH 100
#define LEAST_WIDTH 20
#define MOST_WIDTH  1000
#define SHRUNK_MIN  6
#define GAP         2

static uint32_t width_said(void)
{
    const char *text = getenv("COLUMNS");
    unsigned long said = text == NULL ? 0 : strtoul(text, NULL, 10);

    return said >= LEAST_WIDTH && said <= MOST_WIDTH ? (uint32_t)said : 0;
}

struct look look_of(FILE *out)
{
    struct look look = {PLAIN_WIDTH, false};
    struct winsize size = {0};
    const char *no_colour = getenv("NO_COLOR");
    int fd = fileno(out);

    if (fd < 0 || !isatty(fd)) {
        return look;
    }
    look.colour = no_colour == NULL || no_colour[0] == '\0';
    look.width = width_said();
    if (look.width == 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col >= LEAST_WIDTH) {
        look.width = size.ws_col;
    }
    if (look.width == 0) {
        look.width = PLAIN_WIDTH;
    }
    return look;
}

/* --- characters --- */

/* One character of a text. Returns: its bytes (0 at the end). Out: its columns, -1 for a control
 * character. */
static size_t character_read(const char *text, int *ret_width)
{
    wchar_t wide = 0;
    mbstate_t state = {0};
    size_t len = mbrtowc(&wide, text, strlen(text), &state);

    if (len == 0 || text[0] == '\0') {
        return 0;
    }
    if (len == (size_t)-1 || len == (size_t)-2) {
        *ret_width = 1;
        return 1;
    }
    *ret_width = wcwidth(wide);
    return len;
}

static size_t character(const char *text, uint32_t *ret_width)
{
    int width = 0;
    size_t len = character_read(text, &width);

    *ret_width = width < 0 ? 1 : (uint32_t)width;
    return len;
}

char *text_printable(const char *text)
{
    char *copy = memory_zeroed(strlen(text) + 1, 1);
    size_t at = 0;
    size_t len = 0;
    int width = 0;

    while ((len = character_read(text, &width)) > 0) {
        if (width < 0) {
            copy[at++] = '?';
        } else {
            memcpy(copy + at, text, len);
            at += len;
        }
        text += len;
    }
    return copy;
}

uint32_t text_width(const char *text)
{
    uint32_t sum = 0;
    uint32_t width = 0;
    size_t len = 0;

    while ((len = character(text, &width)) > 0) {
        sum += width;
        text += len;
    }
    return sum;
}

static bool is_one_of(const char *list, const char *at, size_t len)
{
    char one[8] = {0};

    if (len >= sizeof one) {
        return false;
    }
    memcpy(one, at, len);
    return strstr(list, one) != NULL;
}

/* May a line end before the character at `at`, which follows one of `before` bytes? At a space; and
 * beside an East Asian character, which is a word by itself, but for its punctuation. */
static bool may_break(const char *at, size_t len, uint32_t wide, size_t before,
                      uint32_t wide_before)
{
    const char *previous = at - before;

    if (*at == ' ') {
        return true;
    }
    return wide > 0 && (wide == 2 || wide_before == 2) && *previous != ' ' &&
           !is_one_of("，。、；：？！）》」』】”’…·,.;:?!)]}/", at, len) &&
           !is_one_of("（《「『【“‘([{", previous, before);
}

/* The bytes of `text` that make one line of at most `width` columns: up to where a line may end if
 * that is somewhere, then up to behind a colon (of a code), at least one character. */
static size_t line_fits(const char *text, uint32_t width)
{
    size_t at = 0;
    size_t end = 0;
    size_t colon = 0;
    size_t len = 0;
    size_t before = 0;
    uint32_t used = 0;
    uint32_t wide = 0;
    uint32_t wide_before = 0;

    while ((len = character(text + at, &wide)) > 0) {
        if (at > 0 && may_break(text + at, len, wide, before, wide_before)) {
            end = at;
        }
        if (used + wide > width && at > 0) {
            return end > 0 ? end : colon > 0 ? colon : at;
        }
        used += wide;
        at += len;
        if (text[at - 1] == ':') {
            colon = at;
        }
        before = len;
        wide_before = wide;
    }
    return at;
}

/* The columns of the longest part that no line may end in. */
static uint32_t longest_part(const char *text)
{
    uint32_t longest = 0;
    uint32_t used = 0;
    uint32_t wide = 0;
    uint32_t wide_before = 0;
    size_t len = 0;

    for (size_t before = 0; (len = character(text, &wide)) > 0; text += len) {
        if (before > 0 && may_break(text, len, wide, before, wide_before)) {
            used = 0;
        }
        used += *text == ' ' ? 0 : wide;
        longest = used > longest ? used : longest;
        before = len;
        wide_before = wide;
    }
    return longest;
}

static const char *skip_spaces(const char *text)
{
    while (*text == ' ') {
        text++;
    }
    return text;
}

static void blanks(uint32_t count, FILE *out)
{
    fprintf(out, "%*s", (int)count, "");
}

void paragraph_write(const char *first, const char *text, const struct look *look, FILE *out)
{
    uint32_t indent = text_width(first);
    uint32_t width = look->width > indent + SHRUNK_MIN ? look->width - indent : SHRUNK_MIN;

    fputs(first, out);
    do {
        size_t len = line_fits(text, width);
        fwrite(text, 1, len, out);
        fputc('\n', out);
        text = skip_spaces(text + len);
        if (*text != '\0') {
            blanks(indent, out);
        }
    } while (*text != '\0');
}

/* --- filling --- */

void table_init(struct table *table, const struct table_column *columns, uint32_t column_count)
{
    *table =
        (struct table){.columns = columns, .column_count = column_count, .rule_at = UINT32_MAX};
}

void table_text(struct table *table, const char *text)
{
    MEMORY_GROW(table->cells, table->count, table->capacity);
    table->cells[table->count++] = text_printable(text);
}

void table_count(struct table *table, int128_t count)
{
    char digits[MONEY_TEXT_SIZE];
    char grouped[MONEY_TEXT_SIZE * 2];
    size_t len = money_sum_format_fen((money_sum_t){count}, digits);
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        grouped[out++] = digits[i];
        if (digits[i] != '-' && i + 1 < len && (len - i - 1) % 3 == 0) {
            grouped[out++] = ',';
        }
    }
    grouped[out] = '\0';
    table_text(table, grouped);
}

void table_money(struct table *table, money_sum_t fen)
{
    char text[MONEY_TEXT_SIZE];

    money_sum_format_yuan(fen, text);
    table_text(table, text);
}

void table_rule(struct table *table)
{
    table->rule_at = table->count;
}

void table_deinit(struct table *table)
{
    for (uint32_t i = 0; i < table->count; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (struct table){0};
}

/* --- writing --- */

static void measure(const struct table *table, uint32_t *widths)
{
    for (uint32_t c = 0; c < table->column_count; c++) {
        widths[c] = text_width(table->columns[c].title);
    }
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t width = text_width(table->cells[i]);
        if (width > widths[i % table->column_count]) {
            widths[i % table->column_count] = width;
        }
    }
}

/* What columns of text need so that no word or code is broken. */
static void measure_parts(const struct table *table, uint32_t *least)
{
    for (uint32_t c = 0; c < table->column_count; c++) {
        uint32_t part = longest_part(table->columns[c].title);
        least[c] = part > SHRUNK_MIN ? part : SHRUNK_MIN;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t part = longest_part(table->cells[i]);
        if (part > least[i % table->column_count]) {
            least[i % table->column_count] = part;
        }
    }
}

/* The widest column of text that is wider than it must be. Returns: column_count if none is. */
static uint32_t widest_column(const struct table *table, const uint32_t *widths,
                              const uint32_t *least)
{
    uint32_t widest = table->column_count;

    for (uint32_t c = 0; c < table->column_count; c++) {
        if (table->columns[c].kind == COLUMN_TEXT &&
            widths[c] > (least == NULL ? SHRUNK_MIN : least[c]) &&
            (widest == table->column_count || widths[c] > widths[widest])) {
            widest = c;
        }
    }
    return widest;
}

/* Make columns of text narrower, the widest first, those last that would break a word or a code.
 * Returns: does the table fit now? */
static bool shrink(const struct table *table, uint32_t *widths, uint32_t width)
{
    uint32_t *least = memory_zeroed(table->column_count, sizeof *least);
    uint32_t sum = 0;

    measure_parts(table, least);
    for (uint32_t c = 0; c < table->column_count; c++) {
        sum += widths[c] == 0 ? 0 : widths[c] + (sum == 0 ? 0 : GAP);
    }
    for (; sum > width; sum--) {
        uint32_t widest = widest_column(table, widths, least);
        if (widest == table->column_count) {
            widest = widest_column(table, widths, NULL);
        }
        if (widest == table->column_count) {
            break;
        }
        widths[widest]--;
    }
    free(least);
    return sum <= width;
}

static void put_coloured(const char *text, size_t len, bool red, FILE *out)
{
    fputs(red ? "\033[31m" : "", out);
    fwrite(text, 1, len, out);
    fputs(red ? "\033[0m" : "", out);
}

/* One line of one cell. `pending` are the blanks before it, which come out only when something
 * follows them; out: those behind it. Returns: what is left of the cell. */
static const char *put_cell(const char *text, column_kind_t kind, uint32_t width, bool colour,
                            uint32_t *pending, FILE *out)
{
    bool right = kind == COLUMN_RIGHT;
    size_t len = right ? strlen(text) : line_fits(text, width);
    char *line = strndup(text, len);
    uint32_t used = line == NULL ? 0 : text_width(line);
    uint32_t rest = width > used ? width - used : 0;

    free(line);
    if (len == 0) {
        *pending += width;
        return text;
    }
    blanks(*pending + (right ? rest : 0), out);
    put_coloured(text, len, right && colour && text[0] == '-', out);
    *pending = right ? 0 : rest;
    return skip_spaces(text + len);
}

/* One row over as many lines as its cells need. */
static void put_row(const struct table *table, const char **cells, const uint32_t *widths,
                    const struct look *look, FILE *out)
{
    bool more = true;

    while (more) {
        uint32_t pending = 0;
        more = false;
        for (uint32_t c = 0; c < table->column_count; c++) {
            if (widths[c] == 0) {
                continue;
            }
            cells[c] =
                put_cell(cells[c], table->columns[c].kind, widths[c], look->colour, &pending, out);
            pending += GAP;
            more = more || cells[c][0] != '\0';
        }
        fputc('\n', out);
    }
}

static void put_rule(const struct table *table, const uint32_t *widths, FILE *out)
{
    const char *gap = "";

    for (uint32_t c = 0; c < table->column_count; c++) {
        if (widths[c] == 0) {
            continue;
        }
        fputs(gap, out);
        gap = "  ";
        for (uint32_t i = 0; i < widths[c]; i++) {
            fputc('-', out);
        }
    }
    fputc('\n', out);
}

static void write_rows(const struct table *table, const uint32_t *widths, const struct look *look,
                       FILE *out)
{
    const char **cells = memory_zeroed(table->column_count, sizeof *cells);

    for (uint32_t c = 0; c < table->column_count; c++) {
        cells[c] = table->columns[c].title;
    }
    put_row(table, cells, widths, look, out);
    put_rule(table, widths, out);
    for (uint32_t i = 0; i + table->column_count <= table->count; i += table->column_count) {
        if (i == table->rule_at) {
            put_rule(table, widths, out);
        }
        for (uint32_t c = 0; c < table->column_count; c++) {
            cells[c] = table->cells[i + c];
        }
        put_row(table, cells, widths, look, out);
    }
    free(cells);
}

/* Too narrow for columns: one block a row. */
static void write_blocks(const struct table *table, const struct look *look, FILE *out)
{
    char first[256];

    for (uint32_t i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i % table->column_count];
        bool red = look->colour && column->kind == COLUMN_RIGHT && table->cells[i][0] == '-';
        if (i % table->column_count == 0 && i > 0) {
            fputc('\n', out);
        }
        if (table->cells[i][0] == '\0') {
            continue;
        }
        if (column->kind == COLUMN_RIGHT) {
            fprintf(out, "%s%s", column->title, column->title[0] == '\0' ? "" : ": ");
            put_coloured(table->cells[i], strlen(table->cells[i]), red, out);
            fputc('\n', out);
            continue;
        }
        snprintf(first, sizeof first, "%s%s", column->title, column->title[0] == '\0' ? "" : ": ");
        paragraph_write(first, table->cells[i], look, out);
    }
}

void table_write(const struct table *table, const struct look *look, FILE *out)
{
    uint32_t *widths = memory_zeroed(table->column_count, sizeof *widths);

    CHECK(table->count % table->column_count == 0);
    measure(table, widths);
    if (shrink(table, widths, look->width)) {
        write_rows(table, widths, look, out);
    } else {
        write_blocks(table, look, out);
    }
    free(widths);
}
