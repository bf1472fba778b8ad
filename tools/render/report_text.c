#include "tools/render/report_text.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clearing/base/memory.h"
#include "tools/render/language.h"
#include "tools/render/words.h"

#define LIST_LINES_MAX  20
#define EVENT_TEXT_SIZE (2 * (CODE_LEN_MAX + 1) + 24)

/* A report being written. */
struct writing {
    const struct report *report;
    const struct look *look;
    FILE *out;
    const char **names; /* by participant */
};

static void heading(const struct writing *w, const char *text)
{
    fputs(w->look->colour ? "\n\033[1m" : "\n", w->out);
    fputs(text, w->out);
    fputs(w->look->colour ? "\033[0m\n" : "\n", w->out);
}

static const char *participant(const struct writing *w, participant_t who)
{
    return registry_participant_code(w->report->registry, who)->text;
}

static void finish(const struct writing *w, struct table *table)
{
    table_write(table, w->look, w->out);
    table_deinit(table);
}

static void write_head(const struct writing *w)
{
    const struct report *report = w->report;
    char from[DAY_TEXT_SIZE];
    char to[DAY_TEXT_SIZE];

    fprintf(w->out, _("Settlement report: %s\n"), report->cycle);
    if (report->from > report->to) {
        fputs(_("There are no events.\n"), w->out);
        return;
    }
    day_format(report->from, from);
    day_format(report->to, to);
    fprintf(w->out, _("Business days %s to %s, events accepted: %" PRIu64 "; amounts in yuan\n"),
            from, to, report->positions->events);
    if (report->missing > 0) {
        fprintf(w->out, _("Closed incomplete, %u missing: %s\n"), report->missing,
                report->incomplete);
    }
}

/* Participants' names; where one has none but just one store, that store's. The caller frees. */
static const char **participant_names(const struct registry *registry)
{
    uint32_t count = registry->participant_codes.count + 1;
    const char **names = memory_zeroed(count, sizeof *names);

    for (uint32_t i = 0; i < registry->store_codes.count; i++) {
        const struct store *store = &registry->stores[i];
        const char **name = &names[store->participant.n];
        *name = *name == NULL ? store->name : "";
    }
    for (uint32_t i = 0; i + 1 < count; i++) {
        const char *own = registry->participants[i].name;
        names[i] = own[0] != '\0' ? own : names[i] == NULL ? "" : names[i];
    }
    return names;
}

static const char *net_words(money_sum_t net)
{
    int sign = money_sum_sign(net);

    return sign > 0 ? _("to receive") : sign < 0 ? _("to pay") : _("even");
}

static void write_participants(const struct writing *w)
{
    const struct table_column columns[] = {
        {_("Participant"), COLUMN_TEXT},
        {_("Name"), COLUMN_TEXT},
        {_("Role"), COLUMN_TEXT},
        {_("In"), COLUMN_RIGHT},
        {_("Out"), COLUMN_RIGHT},
        {_("Net"), COLUMN_RIGHT},
        {"", COLUMN_TEXT},
    };
    struct table table;
    money_sum_t in = {0};
    money_sum_t out = {0};
    money_sum_t net = {0};

    heading(w, _("Who pays and who receives"));
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < w->report->participant_count; i++) {
        const struct report_participant *row = &w->report->participants[i];
        const struct participant *about = &w->report->registry->participants[row->participant.n];
        table_text(&table, participant(w, row->participant));
        table_text(&table, w->names[row->participant.n]);
        table_text(&table, words_of_role(about->role));
        table_money(&table, row->in);
        table_money(&table, row->out);
        table_money(&table, row->net);
        table_text(&table, net_words(row->net));
        in = money_sum_join(in, row->in);
        out = money_sum_join(out, row->out);
        net = money_sum_join(net, row->net);
    }
    table_rule(&table);
    table_text(&table, _("Total"));
    table_text(&table, "");
    table_text(&table, "");
    table_money(&table, in);
    table_money(&table, out);
    table_money(&table, net);
    table_text(&table, money_sum_sign(net) == 0 ? _("balanced") : "");
    finish(w, &table);
}

static void write_matrix(const struct writing *w)
{
    const struct table_column columns[] = {
        {_("Debtor"), COLUMN_TEXT}, {_("Creditor"), COLUMN_TEXT}, {_("Kind"), COLUMN_TEXT},
        {"", COLUMN_TEXT},          {_("Claims"), COLUMN_RIGHT},  {_("Amount"), COLUMN_RIGHT},
    };
    struct table table;

    heading(w, _("Who owes whom, and for what"));
    if (w->report->matrix_count == 0) {
        fputs(_("Nobody owes anybody.\n"), w->out);
        return;
    }
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < w->report->matrix_count; i++) {
        const struct matrix_cell *cell = &w->report->matrix[i];
        table_text(&table, participant(w, cell->debtor));
        table_text(&table, participant(w, cell->creditor));
        table_text(&table, words_of_kind(cell->kind));
        table_text(&table, cell->reversal ? _("reversal") : "");
        table_count(&table, cell->count);
        table_money(&table, cell->amount);
    }
    finish(w, &table);
}

/* The row of a store that stands before an amount of its own: only the first says how many
 * events. */
static void store_cells(const struct writing *w, struct table *table, store_t store, bool first,
                        uint64_t events)
{
    const struct registry *registry = w->report->registry;

    table_text(table, first ? registry_store_code(registry, store)->text : "");
    table_text(table, first ? registry->stores[store.n].name : "");
    table_text(table, first ? participant(w, registry_owner(registry, store)) : "");
    if (first) {
        table_count(table, events);
    } else {
        table_text(table, "");
    }
}

static void store_rows(const struct writing *w, struct table *table, store_t store)
{
    static const struct store_sums nothing;
    const struct positions *positions = w->report->positions;
    const struct store_sums *sums =
        store.n < positions->store_capacity ? &positions->stores[store.n] : &nothing;
    bool first = true;

    for (uint32_t kind = 1; kind < KIND_COUNT; kind++) {
        if (money_sum_sign(sums->memos[kind]) == 0) {
            continue;
        }
        store_cells(w, table, store, first, sums->events);
        table_text(table, words_of_kind((claim_kind_t)kind));
        table_money(table, sums->memos[kind]);
        first = false;
    }
    if (first) {
        store_cells(w, table, store, true, sums->events);
        table_text(table, "");
        table_text(table, "");
    }
}

static void write_stores(const struct writing *w)
{
    const struct table_column columns[] = {
        {_("Store"), COLUMN_TEXT},   {_("Name"), COLUMN_TEXT},  {_("Participant"), COLUMN_TEXT},
        {_("Events"), COLUMN_RIGHT}, {_("Bears"), COLUMN_TEXT}, {_("Amount"), COLUMN_RIGHT},
    };
    struct table table;

    heading(w, _("Stores, and what they bear themselves (memo, in no net)"));
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < w->report->store_count; i++) {
        store_rows(w, &table, w->report->stores[i]);
    }
    finish(w, &table);
}

static void money_or_blank(struct table *table, money_sum_t fen)
{
    if (money_sum_sign(fen) == 0) {
        table_text(table, "");
    } else {
        table_money(table, fen);
    }
}

static void count_or_blank(struct table *table, int128_t count)
{
    if (count == 0) {
        table_text(table, "");
    } else {
        table_count(table, count);
    }
}

static void write_outstanding(const struct writing *w)
{
    const struct table_column columns[] = {
        {_("Issuer"), COLUMN_TEXT},     {_("Product"), COLUMN_TEXT}, {_("Lots"), COLUMN_RIGHT},
        {_("Principal"), COLUMN_RIGHT}, {_("Bonus"), COLUMN_RIGHT},  {_("Points"), COLUMN_RIGHT},
        {_("Uses"), COLUMN_RIGHT},
    };
    struct table table;

    heading(w, _("What is still owed to members"));
    if (w->report->outstanding_count == 0) {
        fputs(_("Nothing.\n"), w->out);
        return;
    }
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < w->report->outstanding_count; i++) {
        const struct report_outstanding *row = &w->report->outstanding[i];
        table_text(&table, participant(w, row->issuer));
        table_text(&table, registry_product_code(w->report->registry, row->product)->text);
        table_count(&table, row->lots);
        money_or_blank(&table, row->principal);
        money_or_blank(&table, row->bonus);
        count_or_blank(&table, row->points);
        count_or_blank(&table, row->uses);
    }
    finish(w, &table);
}

static void event_cell(struct table *table, const struct report_event *event)
{
    char text[EVENT_TEXT_SIZE];

    snprintf(text, sizeof text, "%s:%s:%" PRIu64, event->store.text, event->terminal.text,
             event->number);
    table_text(table, text);
}

static void rest_of(const struct writing *w, const struct report_events *events)
{
    if (events->count > LIST_LINES_MAX) {
        fprintf(w->out, _("and %" PRIu32 " more\n"), events->count - LIST_LINES_MAX);
    }
}

static void write_reasons(const struct writing *w, const char *title,
                          const struct report_events *events)
{
    const struct table_column columns[] = {
        {_("Event"), COLUMN_TEXT}, {_("Reason"), COLUMN_TEXT}, {"", COLUMN_TEXT}};
    struct table table;

    if (events->count == 0) {
        return;
    }
    heading(w, title);
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < events->count && i < LIST_LINES_MAX; i++) {
        event_cell(&table, &events->list[i]);
        table_text(&table, outcome_name(events->list[i].outcome));
        table_text(&table, words_of_outcome(events->list[i].outcome));
    }
    finish(w, &table);
    rest_of(w, events);
}

static void write_late(const struct writing *w)
{
    const struct table_column columns[] = {
        {_("Event"), COLUMN_TEXT}, {_("Occurred"), COLUMN_TEXT}, {_("Booked"), COLUMN_TEXT}};
    const struct report_events *events = &w->report->late;
    struct table table;
    char day[DAY_TEXT_SIZE];

    if (events->count == 0) {
        return;
    }
    heading(w, _("Late: booked after the day on which they occurred"));
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < events->count && i < LIST_LINES_MAX; i++) {
        event_cell(&table, &events->list[i]);
        day_format(events->list[i].occurred, day);
        table_text(&table, day);
        day_format(events->list[i].booked, day);
        table_text(&table, day);
    }
    finish(w, &table);
    rest_of(w, events);
}

static void write_adjustments(const struct writing *w)
{
    const struct table_column columns[] = {
        {_("Debtor"), COLUMN_TEXT},  {_("Creditor"), COLUMN_TEXT}, {_("Amount"), COLUMN_RIGHT},
        {_("Booked"), COLUMN_TEXT},  {_("By"), COLUMN_TEXT},       {_("About"), COLUMN_TEXT},
        {_("Reason"), COLUMN_TEXT},
    };
    const struct report_adjustments *adjustments = &w->report->adjustments;
    struct table table;
    char day[DAY_TEXT_SIZE];

    if (adjustments->count == 0) {
        return;
    }
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < adjustments->count; i++) {
        const struct report_adjustment *row = &adjustments->list[i];
        day_format(row->booked, day);
        table_text(&table, registry_participant_code(w->report->registry, row->debtor)->text);
        table_text(&table, registry_participant_code(w->report->registry, row->creditor)->text);
        table_money(&table, money_sum_of(row->amount));
        table_text(&table, day);
        table_text(&table, row->person.text);
        table_text(&table, row->about);
        table_text(&table, row->reason);
    }
    fputs(_("\nAdjustments by headquarters\n"), w->out);
    table_write(&table, w->look, w->out);
    table_deinit(&table);
}

bool report_text_write(const struct report *report, const struct look *look, FILE *out)
{
    struct writing w = {report, look, out, participant_names(report->registry)};

    write_head(&w);
    write_participants(&w);
    write_matrix(&w);
    write_stores(&w);
    write_adjustments(&w);
    write_outstanding(&w);
    write_reasons(&w, _("Refused"), &report->refused);
    write_reasons(&w, _("Waiting for something that is not there yet"), &report->waiting);
    write_late(&w);
    free(w.names);
    return ferror(out) == 0;
}
