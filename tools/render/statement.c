#include "tools/render/statement.h"

#include <string.h>

#include "clearing/base/check.h"
#include "clearing/claims/claims.h"
#include "tools/render/words.h"
#include "tools/text.h"

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static int64_t fen_of(const json_t *row, const char *key)
{
    return json_integer_value(json_object_get(row, key));
}

/* The row of an array whose key has this value. */
static json_t *row_of(const json_t *report, const char *list, const char *key, const char *value)
{
    const json_t *rows = json_object_get(report, list);
    json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(text_of(row, key), value) == 0) {
            return row;
        }
    }
    return NULL;
}

static json_t *line_of(const json_t *cell, const char *counterparty, const char *direction)
{
    json_t *line = json_object();

    json_object_set_new(line, "direction", json_string(direction));
    json_object_set_new(line, "counterparty", json_string(text_of(cell, counterparty)));
    json_object_set(line, "kind", json_object_get(cell, "kind"));
    json_object_set(line, "reversal", json_object_get(cell, "reversal"));
    json_object_set(line, "count", json_object_get(cell, "count"));
    json_object_set(line, "amount_fen", json_object_get(cell, "amount_fen"));
    return line;
}

static json_t *lines_of(const json_t *report, const char *participant)
{
    const json_t *cells = json_object_get(report, "matrix");
    json_t *rows = json_array();
    const json_t *cell = NULL;
    size_t i = 0;

    json_array_foreach(cells, i, cell)
    {
        if (strcmp(text_of(cell, "creditor"), participant) == 0) {
            json_array_append_new(rows, line_of(cell, "debtor", "in"));
        } else if (strcmp(text_of(cell, "debtor"), participant) == 0) {
            json_array_append_new(rows, line_of(cell, "creditor", "out"));
        }
    }
    return rows;
}

static json_t *stores_of(const json_t *report, const char *participant)
{
    const json_t *stores = json_object_get(report, "stores");
    json_t *rows = json_array();
    json_t *store = NULL;
    size_t i = 0;

    json_array_foreach(stores, i, store)
    {
        if (strcmp(text_of(store, "participant"), participant) == 0) {
            json_array_append(rows, store);
        }
    }
    return rows;
}

/* Those that the participant has part in, where there are any. */
static void add_adjustments(json_t *statement, const json_t *report, const char *participant)
{
    const json_t *all = json_object_get(report, "adjustments");
    json_t *rows = json_array();
    json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(all, i, row)
    {
        if (strcmp(text_of(row, "debtor"), participant) == 0 ||
            strcmp(text_of(row, "creditor"), participant) == 0) {
            json_array_append(rows, row);
        }
    }
    if (json_array_size(rows) > 0) {
        json_object_set(statement, "adjustments", rows);
    }
    json_decref(rows);
}

json_t *statement_of(const json_t *report, const char *participant, struct fault *ret_fault)
{
    static const char *const head[] = {"cycle", "from", "to"};
    static const char *const sums[] = {
        "participant", "party", "role", "in_fen", "out_fen", "net_fen"};
    const json_t *row = row_of(report, "participants", "participant", participant);

    if (row == NULL) {
        (void)fault_set(
            ret_fault, FAULT_FORMAT, "the report has no participant %.40s", participant);
        return NULL;
    }
    json_t *statement = json_object();
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++) {
        json_object_set(statement, head[i], json_object_get(report, head[i]));
    }
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        json_object_set(statement, sums[i], json_object_get(row, sums[i]));
    }
    json_object_set_new(statement, "lines", lines_of(report, participant));
    json_object_set_new(statement, "stores", stores_of(report, participant));
    add_adjustments(statement, report, participant);
    if (json_object_get(report, "incomplete") != NULL) {
        json_object_set(statement, "incomplete", json_object_get(report, "incomplete"));
    }
    return statement;
}

bool statement_json_write(const json_t *statement, FILE *out)
{
    return json_dumpf(statement, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF;
}

bool statement_csv_write(const json_t *statement, FILE *out)
{
    const json_t *rows = json_object_get(statement, "lines");
    const json_t *row = NULL;
    size_t i = 0;

    /* every cell is a code, a number or a word of the contract: nothing to quote */
    fputs("section,direction,counterparty,store,kind,reversal,count,amount_fen\r\n", out);
    json_array_foreach(rows, i, row)
    {
        fprintf(out,
                "line,%s,%s,,%s,%s,%lld,%lld\r\n",
                text_of(row, "direction"),
                text_of(row, "counterparty"),
                text_of(row, "kind"),
                json_is_true(json_object_get(row, "reversal")) ? "true" : "false",
                (long long)fen_of(row, "count"),
                (long long)fen_of(row, "amount_fen"));
    }
    const json_t *stores = json_object_get(statement, "stores");
    json_array_foreach(stores, i, row)
    {
        const json_t *memo = NULL;
        size_t j = 0;
        json_array_foreach(json_object_get(row, "memo"), j, memo)
        {
            fprintf(out,
                    "memo,,,%s,%s,,,%lld\r\n",
                    text_of(row, "store"),
                    text_of(memo, "kind"),
                    (long long)fen_of(memo, "amount_fen"));
        }
    }
    fprintf(out,
            "total,in,,,,,,%lld\r\ntotal,out,,,,,,%lld\r\ntotal,net,,,,,,%lld\r\n",
            (long long)fen_of(statement, "in_fen"),
            (long long)fen_of(statement, "out_fen"),
            (long long)fen_of(statement, "net_fen"));
    return ferror(out) == 0;
}

/* The amount in its column, in or out. */
static void money_cells(struct table *table, const json_t *row)
{
    bool in = strcmp(text_of(row, "direction"), "in") == 0;

    if (!in) {
        table_text(table, "");
    }
    table_money(table, money_sum_of(money(fen_of(row, "amount_fen"))));
    if (in) {
        table_text(table, "");
    }
}

#define ROW_COLUMNS 6

/* `columns` belong to the table from now on. */
static void begin_rows(struct table *table, struct table_column columns[ROW_COLUMNS],
                       const json_t *rows)
{
    const json_t *row = NULL;
    size_t i = 0;

    columns[0] = (struct table_column){_("With"), COLUMN_TEXT};
    columns[1] = (struct table_column){_("Kind"), COLUMN_TEXT};
    columns[2] = (struct table_column){"", COLUMN_TEXT};
    columns[3] = (struct table_column){_("Claims"), COLUMN_RIGHT};
    columns[4] = (struct table_column){_("In"), COLUMN_RIGHT};
    columns[5] = (struct table_column){_("Out"), COLUMN_RIGHT};
    table_init(table, columns, ROW_COLUMNS);
    json_array_foreach(rows, i, row)
    {
        table_text(table, text_of(row, "counterparty"));
        table_text(table, words_of_kind_named(text_of(row, "kind")));
        table_text(table, json_is_true(json_object_get(row, "reversal")) ? _("reversal") : "");
        table_count(table, fen_of(row, "count"));
        money_cells(table, row);
    }
}

void statement_rows_text(const json_t *rows, const struct look *look, FILE *out)
{
    struct table_column columns[ROW_COLUMNS];
    struct table table;

    begin_rows(&table, columns, rows);
    table_write(&table, look, out);
    table_deinit(&table);
}

static void write_lines(const json_t *statement, const struct look *look, FILE *out)
{
    struct table_column columns[ROW_COLUMNS];
    struct table table;

    begin_rows(&table, columns, json_object_get(statement, "lines"));
    table_rule(&table);
    table_text(&table, _("Total"));
    table_text(&table, "");
    table_text(&table, "");
    table_text(&table, "");
    table_money(&table, money_sum_of(money(fen_of(statement, "in_fen"))));
    table_money(&table, money_sum_of(money(fen_of(statement, "out_fen"))));
    table_write(&table, look, out);
    table_deinit(&table);
}

static void write_memos(const json_t *statement, const struct look *look, FILE *out)
{
    const struct table_column columns[] = {
        {_("Store"), COLUMN_TEXT}, {_("Bears itself"), COLUMN_TEXT}, {_("Amount"), COLUMN_RIGHT}};
    const json_t *stores = json_object_get(statement, "stores");
    const json_t *store = NULL;
    struct table table;
    size_t i = 0;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(stores, i, store)
    {
        const json_t *memo = NULL;
        size_t j = 0;
        json_array_foreach(json_object_get(store, "memo"), j, memo)
        {
            table_text(&table, text_of(store, "store"));
            table_text(&table, words_of_kind_named(text_of(memo, "kind")));
            table_money(&table, money_sum_of(money(fen_of(memo, "amount_fen"))));
        }
    }
    if (table.count > 0) {
        fputs(_("\nWhat its stores bear themselves (in no net)\n"), out);
        table_write(&table, look, out);
    }
    table_deinit(&table);
}

static void write_adjustments(const json_t *statement, const struct look *look, FILE *out)
{
    const struct table_column columns[] = {
        {_("Debtor"), COLUMN_TEXT},  {_("Creditor"), COLUMN_TEXT}, {_("Amount"), COLUMN_RIGHT},
        {_("Booked"), COLUMN_TEXT},  {_("By"), COLUMN_TEXT},       {_("About"), COLUMN_TEXT},
        {_("Reason"), COLUMN_TEXT},
    };
    const json_t *rows = json_object_get(statement, "adjustments");
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    if (json_array_size(rows) == 0) {
        return;
    }
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(rows, i, row)
    {
        table_text(&table, text_of(row, "debtor"));
        table_text(&table, text_of(row, "creditor"));
        table_money(&table, money_sum_of(money(fen_of(row, "amount_fen"))));
        table_text(&table, text_of(row, "booked"));
        table_text(&table, text_of(row, "person"));
        table_text(&table, text_of(row, "about"));
        table_text(&table, text_of(row, "reason"));
    }
    fputs(_("\nAdjustments by headquarters\n"), out);
    table_write(&table, look, out);
    table_deinit(&table);
}

bool statement_text_write(const json_t *statement, const struct look *look, FILE *out)
{
    int64_t net = fen_of(statement, "net_fen");
    char yuan[MONEY_TEXT_SIZE];

    fprintf(out,
            _("Statement of %s, cycle %s (%s to %s); amounts in yuan\n\n"),
            text_of(statement, "participant"),
            text_of(statement, "cycle"),
            text_of(statement, "from"),
            text_of(statement, "to"));
    const json_t *incomplete = json_object_get(statement, "incomplete");
    if (incomplete != NULL) {
        fprintf(out, _("Closed incomplete, %u missing: %s\n\n"),
                (unsigned)fen_of(incomplete, "missing"), text_of(incomplete, "reason"));
    }
    write_lines(statement, look, out);
    write_memos(statement, look, out);
    write_adjustments(statement, look, out);
    money_format_yuan(net < 0 ? money_negate(money(net)) : money(net), yuan);
    fprintf(out,
            net > 0   ? _("\nTo receive: %s\n")
            : net < 0 ? _("\nTo pay: %s\n")
                      : _("\nEven: %s\n"),
            yuan);
    return ferror(out) == 0;
}
