#include "tools/opening/rows.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/money/rate.h"
#include "tools/text.h"

#define ROWS_LEN_MAX ((uint32_t)1 << 29)
#define COLUMNS_MAX   10

typedef enum {
    CELL_CODE,    /* a slice_t */
    CELL_MEMBER,  /* a uint64_t of 1 to 19 digits */
    CELL_YUAN,    /* an int64_t in fen */
    CELL_COUNT,   /* an int64_t or uint64_t of at most 10^12 */
    CELL_DAY,     /* a day_t */
    CELL_FUNDERS, /* a lot's */
    CELL_TEXT,    /* a slice_t */
} cell_kind_t;

struct column {
    const char *name;
    const char *chinese;
    cell_kind_t kind;
    uint32_t offset; /* of the row's field */
    bool must;
};

#define LOT(field)   offsetof(struct opening_lot, field)
#define TOTAL(field) offsetof(struct opening_total, field)
#define OLD(field)   offsetof(struct old_row, field)

/* Points and uses are both `units`: which it is, the product says. */
static const struct column lot_columns[] = {
    {"member", "会员", CELL_MEMBER, LOT(member), true},
    {"store", "门店", CELL_CODE, LOT(store), true},
    {"product", "产品", CELL_CODE, LOT(product), true},
    {"principal", "本金", CELL_YUAN, LOT(principal_fen), false},
    {"bonus", "赠送金", CELL_YUAN, LOT(bonus_fen), false},
    {"funders", "出资方", CELL_FUNDERS, 0, false},
    {"points", "积分", CELL_COUNT, LOT(units), false},
    {"uses", "次数", CELL_COUNT, LOT(units), false},
    {"pack", "次卡号", CELL_CODE, LOT(pack), false},
    {"valid_to", "有效期至", CELL_DAY, LOT(valid_to), false},
};
static const struct column total_columns[] = {
    {"issuer", "发行方", CELL_CODE, TOTAL(issuer), true},
    {"product", "产品", CELL_CODE, TOTAL(product), true},
    {"lots", "笔数", CELL_COUNT, TOTAL(lots), false},
    {"principal", "本金", CELL_YUAN, TOTAL(principal_fen), false},
    {"bonus", "赠送金", CELL_YUAN, TOTAL(bonus_fen), false},
    {"points", "积分", CELL_COUNT, TOTAL(points), false},
    {"uses", "次数", CELL_COUNT, TOTAL(uses), false},
};
static const struct column old_columns[] = {
    {"store", "门店", CELL_CODE, OLD(store), true},
    {"figure", "项目", CELL_CODE, OLD(figure), true},
    {"amount", "金额", CELL_YUAN, OLD(amount_fen), false},
    {"units", "数量", CELL_COUNT, OLD(units), false},
    {"event", "流水", CELL_TEXT, OLD(event), false},
    {"date", "日期", CELL_DAY, OLD(date), false},
};

struct reading {
    struct rows *rows;
    struct complaints *complaints;
    const struct column *columns;
    uint32_t count;
    uint32_t at[COLUMNS_MAX]; /* where each stands in a row; UINT32_MAX: nowhere */
    uint32_t width;           /* cells of the first row */
};

#define CELL_FAIL(reading, cell, ...)                                                              \
    do {                                                                                           \
        struct place cell_place = {(reading)->rows->source.path, (cell)->line, (cell)->column};   \
        complaints_add((reading)->complaints, &cell_place, __VA_ARGS__);                           \
    } while (0)

static int shown(slice_t text)
{
    return (int)utf8_cut(text, 48);
}

/* --- cells --- */

static bool digits_read(slice_t text, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(text.text[i] - '0');
        if (text.text[i] < '0' || text.text[i] > '9' || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *ret_value = value;
    return text.len > 0;
}

static bool read_member(const struct reading *reading, const struct csv_cell *cell, uint64_t *to)
{
    slice_t text = cell->text;

    if (memchr(text.text, 'E', text.len) != NULL || memchr(text.text, 'e', text.len) != NULL) {
        CELL_FAIL(reading, cell,
                  _("member: \"%.*s\": a spreadsheet has rounded this number; format the column as "
                    "text and export it again"),
                  shown(text), text.text);
        return false;
    }
    if (text.text[0] == '0' || !digits_read(text, MEMBER_MAX, to)) {
        CELL_FAIL(reading, cell,
                  _("member: \"%.*s\": write 1 to 19 digits, the first not 0, nothing else"),
                  shown(text), text.text);
        return false;
    }
    return true;
}

static bool read_yuan(const struct reading *reading, const struct csv_cell *cell,
                      const char *column, int64_t *to)
{
    money_t money = {0};

    if (!money_parse_yuan(cell->text, &money)) {
        CELL_FAIL(reading, cell,
                  _("%s: \"%.*s\": write yuan as 123.45, without a sign, separators or a currency"),
                  column, shown(cell->text), cell->text.text);
        return false;
    }
    *to = money_fen(money);
    return true;
}

static bool read_count(const struct reading *reading, const struct csv_cell *cell,
                       const char *column, int64_t *to)
{
    uint64_t value = 0;

    if (!digits_read(cell->text, AMOUNT_MAX, &value)) {
        CELL_FAIL(reading, cell, _("%s: \"%.*s\": write a whole number of digits only"), column,
                  shown(cell->text), cell->text.text);
        return false;
    }
    if (*to != 0) {
        CELL_FAIL(reading, cell, _("%s: a row has points or uses, not both"), column);
        return false;
    }
    *to = (int64_t)value;
    return true;
}

/* "WHO:SHARE%" */
static bool read_funder(slice_t text, struct opening_funder *ret_funder)
{
    const char *colon = memchr(text.text, ':', text.len);
    slice_t who = {text.text, colon == NULL ? text.len : (uint32_t)(colon - text.text)};
    rate_t share = {MILLION};

    if (colon != NULL &&
        !rate_parse_percent((slice_t){colon + 1, text.len - who.len - 1}, &share)) {
        return false;
    }
    bool is_role = who.len > 1 && who.text[0] == '$';
    *ret_funder = (struct opening_funder){who, share.millionths};
    return who.len <= CODE_LEN_MAX &&
           code_valid(is_role ? (slice_t){who.text + 1, who.len - 1} : who);
}

static bool read_funders(const struct reading *reading, const struct csv_cell *cell,
                         struct opening_lot *lot)
{
    const char *at = cell->text.text;
    const char *end = at + cell->text.len;

    while (at < end) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        slice_t text = {at, (uint32_t)((space == NULL ? end : space) - at)};
        at += text.len + (space != NULL ? 1 : 0);
        if (text.len == 0) {
            continue;
        }
        if (lot->funder_count == FUNDERS_MAX ||
            !read_funder(text, &lot->funders[lot->funder_count++])) {
            CELL_FAIL(reading, cell,
                      _("funders: \"%.*s\": write who bears the bonus as HQ:40%% A:60%%, at most %d"),
                      shown(cell->text), cell->text.text, FUNDERS_MAX);
            return false;
        }
    }
    return true;
}

static bool read_cell(const struct reading *reading, const struct column *column,
                      const struct csv_cell *cell, void *row)
{
    void *field = (char *)row + column->offset;

    switch (column->kind) {
    case CELL_CODE:
        if (!code_valid(cell->text)) {
            CELL_FAIL(reading, cell, _("%s: \"%.*s\": a code is 1 to 32 letters, digits, _ and -"),
                      column->name, shown(cell->text), cell->text.text);
            return false;
        }
        *(slice_t *)field = cell->text;
        return true;
    case CELL_MEMBER:
        return read_member(reading, cell, field);
    case CELL_YUAN:
        return read_yuan(reading, cell, column->name, field);
    case CELL_COUNT:
        return read_count(reading, cell, column->name, field);
    case CELL_DAY:
        if (!day_parse(cell->text, field)) {
            CELL_FAIL(reading, cell, _("%s: \"%.*s\": write a day as 2026-12-31"), column->name,
                      shown(cell->text), cell->text.text);
            return false;
        }
        return true;
    case CELL_FUNDERS:
        return read_funders(reading, cell, row);
    case CELL_TEXT:
        *(slice_t *)field = cell->text;
        return true;
    }
    return false;
}

/* --- rows --- */

static void read_head(struct reading *reading)
{
    const struct csv *csv = &reading->rows->csv;

    reading->width = csv->cell_count;
    for (uint32_t c = 0; c < reading->count; c++) {
        reading->at[c] = UINT32_MAX;
    }
    for (uint32_t i = 0; i < csv->cell_count && i < CSV_CELLS_MAX; i++) {
        const struct csv_cell *cell = &csv->cells[i];
        uint32_t c = 0;
        while (c < reading->count &&
               !slice_equal(cell->text, slice_of(reading->columns[c].name)) &&
               !slice_equal(cell->text, slice_of(reading->columns[c].chinese))) {
            c++;
        }
        if (c == reading->count) {
            CELL_FAIL(reading, cell, _("no column is called \"%.*s\" (see --help)"),
                      shown(cell->text), cell->text.text);
        } else if (reading->at[c] != UINT32_MAX) {
            CELL_FAIL(reading, cell, _("the column %s stands here twice"), reading->columns[c].name);
        } else {
            reading->at[c] = i;
        }
    }
    for (uint32_t c = 0; c < reading->count; c++) {
        if (reading->columns[c].must && reading->at[c] == UINT32_MAX) {
            CELL_FAIL(reading, &csv->cells[0], _("the column %s (%s) is missing"),
                      reading->columns[c].name, reading->columns[c].chinese);
        }
    }
}

/* Returns: false after a complaint. */
static bool read_row(const struct reading *reading, void *row)
{
    const struct csv *csv = &reading->rows->csv;
    bool good = true;

    if (csv->cell_count != reading->width) {
        CELL_FAIL(reading, &csv->cells[0], _("this row has %u cells, the first one %u"),
                  csv->cell_count, reading->width);
        return false;
    }
    for (uint32_t c = 0; c < reading->count; c++) {
        const struct column *column = &reading->columns[c];
        const struct csv_cell *cell =
            reading->at[c] == UINT32_MAX ? NULL : &csv->cells[reading->at[c]];
        if (cell != NULL && cell->text.len > 0) {
            good = read_cell(reading, column, cell, row) && good;
        } else if (cell != NULL && column->must) {
            CELL_FAIL(reading, cell, _("%s: is empty"), column->name);
            good = false;
        }
    }
    return good;
}

static void take_row(struct reading *reading)
{
    struct rows *rows = reading->rows;
    union {
        struct opening_lot lot;
        struct opening_total total;
        struct old_row old;
    } row;
    bool is_lot = reading->columns == lot_columns;
    bool is_old = reading->columns == old_columns;
    uint32_t count = rows->count;
    uint32_t line_count = count;

    memset(&row, 0, sizeof row);
    if (is_lot) {
        row.lot.valid_to = DAY_MAX;
    } else if (is_old) {
        row.old.date = DAY_MAX;
    }
    if (!read_row(reading, &row)) {
        return;
    }
    MEMORY_GROW(rows->lines, line_count, rows->line_capacity);
    rows->lines[count] = rows->csv.row_line;
    if (is_lot) {
        MEMORY_GROW(rows->lots, count, rows->capacity);
        rows->lots[count] = row.lot;
    } else if (is_old) {
        MEMORY_GROW(rows->old, count, rows->capacity);
        rows->old[count] = row.old;
    } else {
        MEMORY_GROW(rows->totals, count, rows->capacity);
        rows->totals[count] = row.total;
    }
    rows->count++;
}

static bool read_rows(struct reading *reading, const char *path)
{
    struct rows *rows = reading->rows;
    uint32_t before = complaints_total(reading->complaints);
    csv_result_t result = CSV_ROW;

    if (!source_read(&rows->source, path, ROWS_LEN_MAX, SOURCE_UTF8_OR_GB18030,
                     reading->complaints)) {
        return false;
    }
    csv_init(&rows->csv, rows->source.text, rows->source.len, ',');
    rows->begun = true;
    for (bool is_head = true; (result = csv_read(&rows->csv)) == CSV_ROW; is_head = false) {
        if (!is_head) {
            take_row(reading);
            continue;
        }
        read_head(reading);
        if (complaints_total(reading->complaints) > before) {
            return false;
        }
    }
    if (result == CSV_BROKEN) {
        struct place place = {path, rows->csv.fault_line, rows->csv.fault_column};
        complaints_add(reading->complaints, &place,
                       _("a quote stands where none may: what follows cannot be told into cells"));
    }
    return complaints_total(reading->complaints) == before;
}

bool rows_read_lots(struct rows *rows, const char *path, struct complaints *complaints)
{
    struct reading reading = {.rows = rows,
                              .complaints = complaints,
                              .columns = lot_columns,
                              .count = sizeof lot_columns / sizeof lot_columns[0]};

    return read_rows(&reading, path);
}

bool rows_read_totals(struct rows *rows, const char *path, struct complaints *complaints)
{
    struct reading reading = {.rows = rows,
                              .complaints = complaints,
                              .columns = total_columns,
                              .count = sizeof total_columns / sizeof total_columns[0]};

    return read_rows(&reading, path);
}

bool rows_read_old(struct rows *rows, const char *path, struct complaints *complaints)
{
    struct reading reading = {.rows = rows,
                              .complaints = complaints,
                              .columns = old_columns,
                              .count = sizeof old_columns / sizeof old_columns[0]};

    return read_rows(&reading, path);
}

void rows_deinit(struct rows *rows)
{
    if (rows->begun) {
        csv_deinit(&rows->csv);
    }
    source_deinit(&rows->source);
    free(rows->lots);
    free(rows->totals);
    free(rows->old);
    free(rows->lines);
    *rows = (struct rows){0};
}
