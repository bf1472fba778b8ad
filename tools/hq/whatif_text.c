#include "tools/hq/whatif_text.h"

#include <inttypes.h>
#include <string.h>

#include "tools/render/table.h"
#include "tools/text.h"

#define EVENT_SIZE (2 * (CODE_LEN_MAX + 1) + 24)

static void name_event(const struct report_event *event, char ret_text[EVENT_SIZE])
{
    (void)snprintf(ret_text, EVENT_SIZE, "%s:%s:%" PRIu64, event->store.text, event->terminal.text,
                   event->number);
}

static void write_nets(const struct whatif *trial, FILE *out)
{
    const struct table_column columns[] = {
        {_("Participant"), COLUMN_TEXT},
        {_("Net as booked"), COLUMN_RIGHT},
        {_("Net then"), COLUMN_RIGHT},
        {_("Difference"), COLUMN_RIGHT},
    };
    const struct look look = look_of(out);
    struct table table;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < trial->would.count; i++) {
        money_sum_t was = whatif_was(trial, i);
        table_text(&table, trial->would.participants[i].text);
        table_money(&table, was);
        table_money(&table, trial->would.nets[i]);
        table_money(&table, money_sum_less(trial->would.nets[i], was));
    }
    table_write(&table, &look, out);
    table_deinit(&table);
}

void whatif_text_write(const struct whatif *trial, FILE *out)
{
    char from[DAY_TEXT_SIZE];
    char to[DAY_TEXT_SIZE];
    char event[EVENT_SIZE];

    if (trial->was.cycle.len == 0) {
        fputs(_("\nNo cycle was closed yet: what it would have meant cannot be said.\n"), out);
        return;
    }
    day_format(trial->was.from, from);
    day_format(trial->was.to, to);
    fprintf(out, _("\nThe last cycle, %s (%s to %s), under these rules\n"), trial->was.cycle.text,
            from, to);
    write_nets(trial, out);
    for (uint32_t i = 0; i < trial->refused_count; i++) {
        const struct whatif_refusal *refusal = &trial->refused[i];
        name_event(&refusal->first, event);
        fprintf(out, _("%" PRIu64 " more would be refused, %s; first %s.\n"), refusal->count,
                outcome_name(refusal->reason), event);
    }
    if (trial->refused_count == 0) {
        fputs(_("No more events would be refused.\n"), out);
    }
    if (trial->taken > 0) {
        fprintf(out, _("%" PRIu64 " that were refused would not be.\n"), trial->taken);
    }
    if (trial->dropped > 0) {
        fprintf(out,
                _("%" PRIu64 " of headquarters' records (reversals, adjustments) would not hold "
                  "then and are left out.\n"),
                trial->dropped);
    }
}

static json_t *fen(money_sum_t sum)
{
    int64_t low = (int64_t)money_sum_low(sum);

    CHECK(money_sum_high(sum) == (low < 0 ? UINT64_MAX : 0)); /* as of a report's figures */
    return json_integer(low);
}

static json_t *json_of_nets(const struct whatif *trial)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < trial->would.count; i++) {
        money_sum_t was = whatif_was(trial, i);
        json_array_append_new(
            rows, json_pack("{s:s,s:o,s:o,s:o}", "participant", trial->would.participants[i].text,
                            "was_fen", fen(was), "would_fen", fen(trial->would.nets[i]),
                            "difference_fen", fen(money_sum_less(trial->would.nets[i], was))));
    }
    return rows;
}

json_t *whatif_text_json(const struct whatif *trial)
{
    json_t *refused = json_array();
    char from[DAY_TEXT_SIZE];
    char to[DAY_TEXT_SIZE];
    char event[EVENT_SIZE];

    if (trial->was.cycle.len == 0) {
        json_decref(refused);
        return json_null();
    }
    for (uint32_t i = 0; i < trial->refused_count; i++) {
        name_event(&trial->refused[i].first, event);
        json_array_append_new(
            refused, json_pack("{s:s,s:I,s:s}", "reason", outcome_name(trial->refused[i].reason),
                               "count", (json_int_t)trial->refused[i].count, "first", event));
    }
    day_format(trial->was.from, from);
    day_format(trial->was.to, to);
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:I,s:I}", "cycle", trial->was.cycle.text, "from", from,
                     "to", to, "participants", json_of_nets(trial), "refused", refused, "taken",
                     (json_int_t)trial->taken, "dropped", (json_int_t)trial->dropped);
}
