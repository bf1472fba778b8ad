/* allclear recon: the old system's figures of a period against ours. */
#include "tools/recon/verb_recon.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/hq/inquire.h"
#include "tools/recon/compare.h"
#include "tools/render/table.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear recon OLD.csv --cycle ID [--json] --dir DIR\n"
             "       allclear recon OLD.csv --from DAY --to DAY [--json] --dir DIR\n"
             "\n"
             "Lay the old system's figures of a period beside the ledger's, per store, and say of "
             "each difference\n"
             "what it is: missing (one side lacks it), timing (another period), rule (another amount), "
             "theirs (the\n"
             "sheet contradicts itself). What is left is unexplained. Nothing is written.\n"
             "\n"
             "  OLD.csv  columns store, figure, amount (yuan), units (points, uses), event, date "
             "(门店 项目 金额\n"
             "           数量 流水 日期); a row without event is the store's total, one with an event "
             "(terminal:\n"
             "           number, or the till's receipt) a part of it\n"
             "  figures  topup bonus spend_principal spend_bonus refund cashout pack_sale pack_uses\n"
             "           points_issued points_redeemed\n"
             "\n"
             "Exit: 0 no difference, 1 differences, 65 a cell is wrong, 66 a file or a cycle is not "
             "there.\n"
             "\n"
             "Example:\n"
             "  allclear recon old-march.csv --cycle 2026-03 --dir /var/lib/allclear\n");
}

struct recon_job {
    struct recon recon;
    struct rows rows;
    const char *cycle; /* NULL: from and to are said */
    bool has_period;
    int64_t told;
};

/* --- reading the ledger --- */

static void on_cleared(void *context, const struct book *book, const struct cleared *cleared)
{
    struct recon_job *job = context;

    ours_add(&job->recon.ours, &book->state, cleared);
}

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct recon_job *job = context;

    (void)report;
    if (job->cycle != NULL && strcmp(cycle->id.text, job->cycle) == 0) {
        job->recon.from = cycle->from;
        job->recon.to = cycle->to;
        job->has_period = true;
    }
}

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    struct recon_job *job = context;

    inquire_progress(&job->told, records, of, events);
}

/* --- text --- */

static void put_figure(struct table *table, figure_t figure, int64_t value)
{
    if (figure_is_money(figure)) {
        table_money(table, (money_sum_t){value});
    } else {
        table_count(table, value);
    }
}

static void put_head(struct table *table, const struct recon *recon, store_t store,
                     figure_t figure)
{
    table_text(table, registry_store_code(recon->registry, store)->text);
    table_text(table, figure_name(figure));
}

static bool is_compared(const struct recon *recon, uint32_t store, uint32_t figure)
{
    const struct recon_cell *cell = recon_cell(recon, store, figure);

    return recon->in_scope[figure] &&
           (cell->has_total || cell->details > 0 || cell->ours != 0 || cell->explained != 0);
}

static void write_cells(const struct recon *recon, const struct look *look)
{
    const struct table_column columns[] = {
        {_("store"), COLUMN_TEXT},  {_("figure"), COLUMN_TEXT},     {_("theirs"), COLUMN_RIGHT},
        {_("ours"), COLUMN_RIGHT}, {_("difference"), COLUMN_RIGHT}, {_("unexplained"), COLUMN_RIGHT},
    };
    struct table table;

    table_init(&table, columns, 6);
    for (uint32_t s = 0; s < recon->store_count; s++) {
        for (uint32_t f = 0; f < FIGURE_COUNT; f++) {
            const struct recon_cell *cell = recon_cell(recon, s, f);
            if (!is_compared(recon, s, f)) {
                continue;
            }
            put_head(&table, recon, (store_t){s}, (figure_t)f);
            put_figure(&table, (figure_t)f, recon_theirs(cell));
            put_figure(&table, (figure_t)f, cell->ours);
            put_figure(&table, (figure_t)f, recon_theirs(cell) - cell->ours);
            put_figure(&table, (figure_t)f, recon_unexplained(cell));
        }
    }
    table_write(&table, look, stdout);
    table_deinit(&table);
}

static void put_day(struct table *table, day_t day)
{
    char text[DAY_TEXT_SIZE] = "";

    if (day != DAY_MAX) {
        day_format(day, text);
    }
    table_text(table, text);
}

static void write_differences(const struct recon *recon, const struct look *look)
{
    const struct table_column columns[] = {
        {_("class"), COLUMN_TEXT}, {_("store"), COLUMN_TEXT},    {_("figure"), COLUMN_TEXT},
        {_("event"), COLUMN_TEXT}, {_("line"), COLUMN_RIGHT},    {_("theirs"), COLUMN_RIGHT},
        {_("ours"), COLUMN_RIGHT}, {_("their day"), COLUMN_TEXT}, {_("our day"), COLUMN_TEXT},
    };
    struct table table;
    char event[128];

    table_init(&table, columns, 9);
    for (uint32_t i = 0; i < recon->count; i++) {
        const struct difference *difference = &recon->differences[i];
        (void)snprintf(event, sizeof event, "%.*s", (int)difference->event_len,
                       difference->event == NULL ? "" : difference->event);
        table_text(&table, difference_name(difference->class));
        put_head(&table, recon, difference->store, difference->figure);
        table_text(&table, event);
        table_count(&table, difference->line);
        put_figure(&table, difference->figure, difference->theirs);
        put_figure(&table, difference->figure, difference->ours);
        put_day(&table, difference->their_day);
        put_day(&table, difference->our_day);
    }
    if (recon->count > 0) {
        putchar('\n');
        table_write(&table, look, stdout);
    }
    table_deinit(&table);
}

/* --- JSON --- */

static json_t *day_json(day_t day)
{
    char text[DAY_TEXT_SIZE];

    if (day == DAY_MAX) {
        return json_null();
    }
    day_format(day, text);
    return json_string(text);
}

static json_t *cells_json(const struct recon *recon)
{
    json_t *list = json_array();

    for (uint32_t s = 0; s < recon->store_count; s++) {
        for (uint32_t f = 0; f < FIGURE_COUNT; f++) {
            const struct recon_cell *cell = recon_cell(recon, s, f);
            if (is_compared(recon, s, f)) {
                json_array_append_new(
                    list,
                    json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "store",
                              registry_store_code(recon->registry, (store_t){s})->text, "figure",
                              figure_name((figure_t)f), "theirs", (json_int_t)recon_theirs(cell),
                              "ours", (json_int_t)cell->ours, "difference",
                              (json_int_t)(recon_theirs(cell) - cell->ours), "unexplained",
                              (json_int_t)recon_unexplained(cell)));
            }
        }
    }
    return list;
}

static json_t *difference_json(const struct recon *recon, const struct difference *difference)
{
    return json_pack(
        "{s:s,s:s,s:s,s:o,s:I,s:I,s:I,s:o,s:o}", "class", difference_name(difference->class),
        "store", registry_store_code(recon->registry, difference->store)->text, "figure",
        figure_name(difference->figure), "event",
        difference->event == NULL ? json_null()
                                  : json_stringn(difference->event, difference->event_len),
        "line", (json_int_t)difference->line, "theirs", (json_int_t)difference->theirs, "ours",
        (json_int_t)difference->ours, "their_day", day_json(difference->their_day), "our_day",
        day_json(difference->our_day));
}

static void write_json(const struct recon *recon)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < recon->count; i++) {
        json_array_append_new(list, difference_json(recon, &recon->differences[i]));
    }
    json_t *root = json_pack("{s:o,s:o,s:o,s:o}", "from", day_json(recon->from), "to",
                             day_json(recon->to), "figures", cells_json(recon), "differences", list);
    (void)json_dumpf(root, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(root);
}

/* --- the verb --- */

/* Returns: the exit code. */
static int compare(struct recon_job *job, bool json, struct complaints *complaints)
{
    struct recon *recon = &job->recon;
    const struct look look = look_of(stdout);
    bool agree = true;

    ours_settle(&recon->ours);
    if (!recon_compare(recon, &job->rows, complaints)) {
        return EX_DATAERR;
    }
    for (uint32_t i = 0; i < recon->store_count * FIGURE_COUNT; i++) {
        agree = agree && recon_unexplained(&recon->cells[i]) == 0;
    }
    if (json) {
        write_json(recon);
    } else {
        write_cells(recon, &look);
        write_differences(recon, &look);
    }
    return agree && recon->count == 0 ? 0 : 1;
}

static int run(struct recon_job *job, const char *dir, const char *path, bool json)
{
    struct view_options options = {
        .dir = dir,
        .progress = on_progress,
        .on_close = on_close,
        .context = job,
        .listener = {.context = job, .cleared = on_cleared},
    };
    struct complaints complaints = {0};
    struct fault fault = {0};

    if (!rows_read_old(&job->rows, path, &complaints)) {
        complaints_write(&complaints, stderr);
        return job->rows.begun ? EX_DATAERR : EX_NOINPUT;
    }
    struct view *view = inquire_view(&options, &fault);
    if (view == NULL) {
        return home_complain("recon", &fault);
    }
    int code = EX_NOINPUT;
    if (!job->has_period) {
        fprintf(stderr, _("allclear recon: there is no closed cycle \"%s\" (allclear cycle list)\n"),
                job->cycle);
    } else {
        job->recon.registry = &view->book.state.registry;
        code = compare(job, json, &complaints);
        complaints_write(&complaints, stderr);
    }
    view_close(view);
    return code;
}

/* Either a cycle, or both days. */
static bool read_period(struct recon_job *job, const char *from, const char *to)
{
    bool has_days = from != NULL && to != NULL && day_parse(slice_of(from), &job->recon.from) &&
                    day_parse(slice_of(to), &job->recon.to) && job->recon.from <= job->recon.to;

    job->has_period = has_days;
    return job->cycle != NULL ? from == NULL && to == NULL : has_days;
}

int verb_recon(int argc, char **argv)
{
    struct recon_job job = {0};
    const char *option = NULL;
    const char *from = NULL;
    const char *to = NULL;
    bool json = false;
    const struct arg list[] = {{"dir", &option, NULL},
                               {"cycle", &job.cycle, NULL},
                               {"from", &from, NULL},
                               {"to", &to, NULL},
                               {"json", NULL, &json}};
    struct args args = {"recon", usage(), list, 5, 1, 1};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    const char *dir = home_dir(option, "recon");
    if (dir == NULL) {
        return EX_USAGE;
    }
    if (!read_period(&job, from, to)) {
        fputs(_("allclear recon: say --cycle ID, or --from DAY and --to DAY (2026-03-31)\n"), stderr);
        return EX_USAGE;
    }
    code = run(&job, dir, words[0], json);
    recon_deinit(&job.recon);
    rows_deinit(&job.rows);
    return code <= 1 && fflush(stdout) != 0 ? EX_IOERR : code;
}
