#include "tools/render/disputes.h"

#include <inttypes.h>
#include <string.h>

#include "tools/render/words.h"
#include "tools/text.h"

static const char *const state_names[] = {
    [DISPUTE_OPEN] = "open", [DISPUTE_STANDS] = "stands", [DISPUTE_FALLS] = "falls"};

/* --- JSON --- */

static json_t *lines_of(const struct state *state, const struct dispute *dispute)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < dispute->line_count; i++) {
        const struct dispute_line *line = &state->disputes.lines[dispute->first_line + i];
        json_array_append_new(
            rows, json_pack("{s:s,s:s,s:I,s:I}", "debtor",
                            registry_participant_code(&state->registry, line->debtor)->text,
                            "creditor",
                            registry_participant_code(&state->registry, line->creditor)->text,
                            "amount_fen", (json_int_t)money_fen(line->amount), "out_fen",
                            (json_int_t)money_fen(line->out)));
    }
    return rows;
}

static json_t *day_text(day_t day)
{
    char text[DAY_TEXT_SIZE];

    day_format(day, text);
    return json_string(text);
}

static json_t *name_text(const struct event_name *name)
{
    return json_sprintf("%s:%s:%" PRIu64, name->store.text, name->terminal.text, name->number);
}

static json_t *row_of(const struct state *state, const struct dispute *dispute)
{
    struct disputed disputed;

    disputed_read(state, dispute, &disputed);
    return json_pack("{s:o,s:o,s:s,s:s,s:o,s:I,s:s,s:s,s:o}", "event", name_text(&disputed.event),
                     "of", name_text(&disputed.of), "kind", claim_kind_name(dispute->kind),
                     "store", disputed.event.store.text, "booked", day_text(dispute->booked),
                     "age_days", (json_int_t)(state->open_day - dispute->booked), "state",
                     state_names[dispute->state], "reason", disputed.reason, "lines",
                     lines_of(state, dispute));
}

json_t *disputes_json(const struct state *state, participant_t party, bool all)
{
    const struct disputes *disputes = &state->disputes;
    json_t *rows = json_array();

    for (uint32_t i = disputes->count; i-- > 0 && json_array_size(rows) < DISPUTES_SHOWN;) {
        const struct dispute *dispute = &disputes->list[i];
        if ((all || dispute->state == DISPUTE_OPEN) && disputed_concerns(state, dispute, party)) {
            json_array_insert_new(rows, 0, row_of(state, dispute));
        }
    }
    return json_pack("{s:o,s:I,s:o}", "as_of", day_text(state->open_day), "open",
                     (json_int_t)disputes->open, "disputes", rows);
}

/* --- text --- */

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static const char *words_of_state(const char *name)
{
    return strcmp(name, "open") == 0     ? _("open")
           : strcmp(name, "stands") == 0 ? _("stands")
                                         : _("falls");
}

static void put_row(struct table *table, const json_t *row, const json_t *line)
{
    table_text(table, text_of(row, "event"));
    table_text(table, text_of(row, "of"));
    table_text(table, words_of_kind_named(text_of(row, "kind")));
    table_text(table, text_of(line, "debtor"));
    table_text(table, text_of(line, "creditor"));
    table_money(table,
                money_sum_of(money(json_integer_value(json_object_get(line, "amount_fen")))));
    table_count(table, json_integer_value(json_object_get(row, "age_days")));
    table_text(table, words_of_state(text_of(row, "state")));
    table_text(table, text_of(row, "reason"));
}

void disputes_text_write(const json_t *answer, const struct look *look, FILE *out)
{
    const struct table_column columns[] = {
        {_("Dispute"), COLUMN_TEXT},   {_("Event"), COLUMN_TEXT},     {_("Line"), COLUMN_TEXT},
        {_("Debtor"), COLUMN_TEXT},    {_("Creditor"), COLUMN_TEXT},  {_("Amount"), COLUMN_RIGHT},
        {_("Days"), COLUMN_RIGHT}, {_("Answer"), COLUMN_TEXT},   {_("Reason"), COLUMN_TEXT},
    };
    const json_t *row = NULL;
    const json_t *line = NULL;
    struct table table;
    size_t i = 0;
    size_t j = 0;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(json_object_get(answer, "disputes"), i, row)
    {
        json_array_foreach(json_object_get(row, "lines"), j, line)
        {
            put_row(&table, row, line);
        }
    }
    fprintf(out, _("Disputes on %s: %zu; amounts in yuan\n"), text_of(answer, "as_of"), i);
    if (i > 0) {
        table_write(&table, look, out);
    }
    table_deinit(&table);
}
