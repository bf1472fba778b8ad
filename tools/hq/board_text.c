#include "tools/hq/board_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/limits.h"
#include "clearing/base/memory.h"
#include "clearing/facts/calendar.h"
#include "tools/render/table.h"
#include "tools/render/words.h"
#include "tools/text.h"

#define CELL_TEXT_SIZE 96

static const char *text_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));

    return text == NULL ? "" : text;
}

static int64_t integer_of(const json_t *root, const char *key)
{
    return json_integer_value(json_object_get(root, key));
}

/* --- the board --- */

static const char *state_text(const char *state)
{
    if (strcmp(state, "matched") == 0) {
        return _("matched");
    }
    if (strcmp(state, "differs") == 0) {
        return _("DIFFERS");
    }
    if (strcmp(state, "no_total") == 0) {
        return _("no total");
    }
    return strcmp(state, "silent") == 0 ? _("silent") : "-";
}

static bool shown_day(const struct board_view *view, const char *day)
{
    return (view->from == NULL || strcmp(day, view->from) >= 0) &&
           (view->to == NULL || strcmp(day, view->to) <= 0);
}

/* "DIFFERS, gaps 2, waiting 1" */
static void cell_text(const json_t *day, char text[CELL_TEXT_SIZE])
{
    size_t len = (size_t)snprintf(text, CELL_TEXT_SIZE, "%s", state_text(text_of(day, "state")));

    if (integer_of(day, "gaps") > 0 && len < CELL_TEXT_SIZE) {
        len += (size_t)snprintf(
            text + len, CELL_TEXT_SIZE - len, _(", gaps %" PRId64), integer_of(day, "gaps"));
    }
    if (integer_of(day, "waiting") > 0 && len < CELL_TEXT_SIZE) {
        (void)snprintf(
            text + len, CELL_TEXT_SIZE - len, _(", waiting %" PRId64), integer_of(day, "waiting"));
    }
}

/* Has a store anything to say: a day that is neither matched nor outside its time? Days without a
 * total say something only where totals are asked for. */
static bool says_something(const json_t *store, const struct board_view *view, bool required)
{
    const json_t *day = NULL;
    size_t i = 0;

    if (json_is_true(json_object_get(store, "frozen"))) {
        return true;
    }
    json_array_foreach(json_object_get(store, "days"), i, day)
    {
        const char *state = text_of(day, "state");
        bool quiet = strcmp(state, "matched") == 0 || strcmp(state, "not_open") == 0 ||
                     (!required && strcmp(state, "no_total") == 0);
        if (shown_day(view, text_of(day, "day")) &&
            (!quiet || integer_of(day, "gaps") > 0 || integer_of(day, "waiting") > 0)) {
            return true;
        }
    }
    return false;
}

static void put_row(struct table *table, const json_t *store, const struct board_view *view)
{
    char cell[CELL_TEXT_SIZE];
    char name[CODE_LEN_MAX + NAME_LEN_MAX + 2];
    const json_t *day = NULL;
    size_t i = 0;

    (void)snprintf(name, sizeof name, "%s %s", text_of(store, "store"), text_of(store, "name"));
    table_text(table, name);
    json_array_foreach(json_object_get(store, "days"), i, day)
    {
        if (shown_day(view, text_of(day, "day"))) {
            cell_text(day, cell);
            table_text(table, cell);
        }
    }
    table_text(table, text_of(store, "last_day"));
    table_text(table, json_is_true(json_object_get(store, "frozen")) ? _("frozen") : "");
    table_text(table, text_of(store, "node"));
}

/* The columns: the store, the days shown, and what is said of the store. */
static struct table_column *columns_of(const json_t *board, const struct board_view *view,
                                       uint32_t *ret_count)
{
    const json_t *days =
        json_object_get(json_array_get(json_object_get(board, "stores"), 0), "days");
    struct table_column *columns = memory_zeroed(json_array_size(days) + 4, sizeof *columns);
    const json_t *day = NULL;
    uint32_t count = 0;
    size_t i = 0;

    columns[count++] = (struct table_column){_("Store"), COLUMN_TEXT};
    json_array_foreach(days, i, day)
    {
        if (shown_day(view, text_of(day, "day"))) {
            columns[count++] = (struct table_column){text_of(day, "day"), COLUMN_TEXT};
        }
    }
    columns[count++] = (struct table_column){_("Last event"), COLUMN_TEXT};
    columns[count++] = (struct table_column){_("Frozen"), COLUMN_TEXT};
    columns[count++] = (struct table_column){_("Node"), COLUMN_TEXT};
    *ret_count = count;
    return columns;
}

static void write_differences(const json_t *board, const struct board_view *view)
{
    const json_t *row = NULL;
    bool any = false;
    size_t i = 0;

    json_array_foreach(json_object_get(board, "differences"), i, row)
    {
        bool count = strcmp(text_of(row, "key"), "count") == 0;
        char texts[3][MONEY_TEXT_SIZE];
        int64_t figures[] = {integer_of(row, "till"), integer_of(row, "ledger")};
        money_sum_t less = money_sum_less(money_sum_of(money(figures[0])),
                                          money_sum_of(money(figures[1])));
        if (!shown_day(view, text_of(row, "day")) ||
            (view->store != NULL && strcmp(view->store, text_of(row, "store")) != 0)) {
            continue;
        }
        any = true;
        for (size_t k = 0; k < 2; k++) {
            money_sum_t sum = money_sum_of(money(figures[k]));
            (void)(count ? money_sum_format_fen(sum, texts[k])
                         : money_sum_format_yuan(sum, texts[k]));
        }
        (void)(count ? money_sum_format_fen(less, texts[2])
                     : money_sum_format_yuan(less, texts[2]));
        printf(_("%s, terminal %s, %s: %s: till %s, ledger %s, difference %s\n"),
               text_of(row, "store"), text_of(row, "terminal"), text_of(row, "day"),
               words_of_total_named(text_of(row, "key")), texts[0], texts[1], texts[2]);
    }
    if (any) {
        puts(_("A till counts what the ledger has refused, too: allclear suspense list has it."));
    }
}

void board_text_write(const json_t *board, const struct board_view *view)
{
    bool required = strcmp(text_of(board, "day_totals"), "required") == 0;
    struct look look = look_of(stdout);
    const json_t *store = NULL;
    struct table table;
    uint32_t columns_count = 0;
    uint32_t shown = 0;
    size_t i = 0;

    struct table_column *columns = columns_of(board, view, &columns_count);
    table_init(&table, columns, columns_count);
    json_array_foreach(json_object_get(board, "stores"), i, store)
    {
        bool named = view->store != NULL && strcmp(view->store, text_of(store, "store")) == 0;
        if (named || (view->store == NULL &&
                      (view->all || says_something(store, view, required)))) {
            put_row(&table, store, view);
            shown++;
        }
    }
    if (shown > 0) {
        table_write(&table, &look, stdout);
        putchar('\n');
    }
    table_deinit(&table);
    free(columns);
    write_differences(board, view);
    size_t of = json_array_size(json_object_get(board, "stores"));
    if (shown < of) {
        printf(_("%u of %zu stores shown; the others have nothing open (--all shows them).\n"),
               shown, of);
    }
}

/* --- the checklist --- */

/* A row of what is missing, or several of the same on days that follow one another. */
struct missing_run {
    const json_t *row; /* the first; NULL: none yet */
    const char *last;  /* its last day */
};

/* Does the row go on where the run ends? Counts differ from day to day, so only what has none. */
static bool goes_on(const struct missing_run *run, const json_t *row)
{
    const char *kind = text_of(row, "kind");
    day_t last = 0;
    day_t day = 0;

    return run->row != NULL && (strcmp(kind, "silent") == 0 || strcmp(kind, "no_total") == 0) &&
           strcmp(kind, text_of(run->row, "kind")) == 0 &&
           strcmp(text_of(row, "store"), text_of(run->row, "store")) == 0 &&
           day_parse(slice_of(run->last), &last) && day_parse(slice_of(text_of(row, "day")), &day) &&
           day == last + 1;
}

static void write_run(const struct missing_run *run)
{
    const json_t *row = run->row;
    const char *kind = text_of(row, "kind");
    const char *store = text_of(row, "store");
    const char *day = text_of(row, "day");
    int64_t count = integer_of(row, "count");
    char days[64];

    (void)snprintf(days, sizeof days, strcmp(day, run->last) == 0 ? "%s" : _("%s to %s"), day,
                   run->last);
    if (strcmp(kind, "no_total") == 0) {
        printf(_("  %s, store %s: no day total of a till that has events\n"), days, store);
    } else if (strcmp(kind, "differs") == 0) {
        printf(_("  %s, store %s: a day total DIFFERS (allclear board says by how much)\n"), days,
               store);
    } else if (strcmp(kind, "gaps") == 0) {
        printf(_("  %s, store %s: numbers still missing: %" PRId64 "\n"), days, store, count);
    } else if (strcmp(kind, "waiting") == 0) {
        printf(_("  %s, store %s: events waiting since then: %" PRId64 "\n"), days, store, count);
    } else if (strcmp(kind, "silent") == 0) {
        printf(_("  %s, store %s: open, and no event came\n"), days, store);
    } else {
        printf(_("  %s, store %s: it is frozen\n"), days, store);
    }
}

/* Returns: how many. */
static size_t write_those(const json_t *board, bool blocks, const char *title)
{
    struct missing_run run = {0};
    const json_t *row = NULL;
    size_t count = 0;
    size_t i = 0;

    json_array_foreach(json_object_get(board, "missing"), i, row)
    {
        if (json_is_true(json_object_get(row, "blocks")) != blocks) {
            continue;
        }
        if (count++ == 0) {
            puts(title);
        }
        if (!goes_on(&run, row)) {
            if (run.row != NULL) {
                write_run(&run);
            }
            run.row = row;
        }
        run.last = text_of(row, "day");
    }
    if (run.row != NULL) {
        write_run(&run);
    }
    return count;
}

void checklist_text_write(const json_t *board)
{
    struct board_view everything = {0};
    bool required = strcmp(text_of(board, "day_totals"), "required") == 0;

    printf(_("Open cycle from %s to %s; day totals are %s\n"), text_of(board, "from"),
           text_of(board, "to"), required ? _("required") : _("optional"));
    size_t missing = write_those(board, true, _("Missing:"));
    (void)write_those(board, false, _("Noted (does not hold up a close):"));
    write_differences(board, &everything);
    int64_t disputes = json_integer_value(json_object_get(board, "disputes"));
    if (disputes > 0) {
        printf(_("Disputes without an answer: %" PRId64 " (allclear dispute list)\n"), disputes);
    }
    puts(missing == 0 ? _("Nothing is missing: the cycle can close.")
                      : _("A close now needs --incomplete REASON."));
}

void checklist_text_sum(const json_t *board, FILE *out)
{
    const json_t *row = NULL;
    size_t missing = 0;
    size_t i = 0;

    json_array_foreach(json_object_get(board, "missing"), i, row)
    {
        missing += json_is_true(json_object_get(row, "blocks"));
    }
    if (i > 0) {
        fprintf(out, _("Missing for a close: %zu; noted: %zu (allclear cycle checklist)\n"),
                missing, i - missing);
    }
}
