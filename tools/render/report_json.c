#include "tools/render/report_json.h"

#include <jansson.h>
#include <string.h>

/* Sums beyond 64 bits cannot come from amounts of at most 10^12 fen in any number of events that a
 * journal can hold; the check says so rather than printing something else. */
static json_t *fen(money_sum_t sum)
{
    int64_t low = (int64_t)money_sum_low(sum);

    CHECK(money_sum_high(sum) == (low < 0 ? UINT64_MAX : 0));
    return json_integer(low);
}

/* Keys and codes are ASCII: the library need not look at them again. */
static void put(json_t *object, const char *key, json_t *take_value)
{
    CHECK(json_object_set_new_nocheck(object, key, take_value) == 0);
}

static json_t *code(const code_t *code)
{
    return json_stringn_nocheck(code->text, code->len);
}

static json_t *participant(const struct report *report, participant_t who)
{
    return code(registry_participant_code(report->registry, who));
}

static json_t *day(day_t value)
{
    char text[DAY_TEXT_SIZE];

    day_format(value, text);
    return json_string(text);
}

static json_t *event_name(const struct report_event *event)
{
    return json_sprintf("%s:%s:%llu",
                        event->store.text,
                        event->terminal.text,
                        (unsigned long long)event->number);
}

static json_t *participants(const struct report *report)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < report->participant_count; i++) {
        const struct report_participant *row = &report->participants[i];
        const struct participant *about = &report->registry->participants[row->participant.n];
        json_t *object = json_object();
        put(object, "participant", participant(report, row->participant));
        put(object, "party", code(&report->registry->parties.codes[about->party]));
        put(object, "role", json_string(role_name(about->role)));
        put(object, "in_fen", fen(row->in));
        put(object, "out_fen", fen(row->out));
        put(object, "net_fen", fen(row->net));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *matrix(const struct report *report)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < report->matrix_count; i++) {
        const struct matrix_cell *cell = &report->matrix[i];
        json_t *object = json_object();
        put(object, "debtor", participant(report, cell->debtor));
        put(object, "creditor", participant(report, cell->creditor));
        put(object, "kind", json_string(claim_kind_name(cell->kind)));
        put(object, "reversal", json_boolean(cell->reversal));
        put(object, "count", json_integer((json_int_t)cell->count));
        put(object, "amount_fen", fen(cell->amount));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *memos(const struct store_sums *sums)
{
    json_t *rows = json_array();
    claim_kind_t kinds[KIND_COUNT];
    uint32_t count = 0;

    for (uint32_t kind = 1; kind < KIND_COUNT; kind++) { /* sorted by name as they come */
        uint32_t at = count++;
        while (at > 0 && strcmp(claim_kind_name(kinds[at - 1]),
                                claim_kind_name((claim_kind_t)kind)) > 0) {
            kinds[at] = kinds[at - 1];
            at--;
        }
        kinds[at] = (claim_kind_t)kind;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (money_sum_sign(sums->memos[kinds[i]]) != 0) {
            json_t *object = json_object();
            put(object, "kind", json_string(claim_kind_name(kinds[i])));
            put(object, "amount_fen", fen(sums->memos[kinds[i]]));
            json_array_append_new(rows, object);
        }
    }
    return rows;
}

static json_t *stores(const struct report *report)
{
    static const struct store_sums nothing;
    json_t *rows = json_array();

    for (uint32_t i = 0; i < report->store_count; i++) {
        store_t store = report->stores[i];
        const struct store_sums *sums = store.n < report->positions->store_capacity
                                            ? &report->positions->stores[store.n]
                                            : &nothing;
        json_t *object = json_object();
        put(object, "store", code(registry_store_code(report->registry, store)));
        put(object, "participant", participant(report, registry_owner(report->registry, store)));
        put(object, "events", json_integer((json_int_t)sums->events));
        put(object, "memo", memos(sums));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *reasons(const struct report_events *events)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < events->count; i++) {
        json_t *object = json_object();
        put(object, "event", event_name(&events->list[i]));
        put(object, "reason", json_string(outcome_name(events->list[i].outcome)));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *late(const struct report_events *events)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < events->count; i++) {
        json_t *object = json_object();
        put(object, "event", event_name(&events->list[i]));
        put(object, "occurred", day(events->list[i].occurred));
        put(object, "booked", day(events->list[i].booked));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *outstanding(const struct report *report)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < report->outstanding_count; i++) {
        const struct report_outstanding *row = &report->outstanding[i];
        json_t *object = json_object();
        put(object, "issuer", participant(report, row->issuer));
        put(object, "product", code(registry_product_code(report->registry, row->product)));
        put(object, "lots", json_integer((json_int_t)row->lots));
        put(object, "principal_fen", fen(row->principal));
        put(object, "bonus_fen", fen(row->bonus));
        put(object, "points", json_integer((json_int_t)row->points));
        put(object, "uses", json_integer((json_int_t)row->uses));
        json_array_append_new(rows, object);
    }
    return rows;
}

/* What two people have added: left out where there is none, as in any cycle of stores' events. */
static json_t *adjustments(const struct report *report)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < report->adjustments.count; i++) {
        const struct report_adjustment *row = &report->adjustments.list[i];
        json_t *object = json_object();
        put(object, "debtor", participant(report, row->debtor));
        put(object, "creditor", participant(report, row->creditor));
        put(object, "amount_fen", fen(money_sum_of(row->amount)));
        put(object, "booked", day(row->booked));
        put(object, "person", code(&row->person));
        put(object, "about", json_string(row->about));
        put(object, "reason", json_string(row->reason));
        if (row->kind != KIND_ADJUST) {
            put(object, "kind", json_string(claim_kind_name(row->kind)));
        }
        json_array_append_new(rows, object);
    }
    return rows;
}

bool report_json_write(const struct report *report, FILE *out)
{
    json_t *root = json_object();
    bool empty = report->from > report->to;

    put(root, "cycle", json_string(report->cycle));
    put(root, "from", empty ? json_null() : day(report->from));
    put(root, "to", empty ? json_null() : day(report->to));
    put(root, "events", json_integer((json_int_t)report->positions->events));
    put(root, "participants", participants(report));
    put(root, "matrix", matrix(report));
    put(root, "stores", stores(report));
    put(root, "refused", reasons(&report->refused));
    put(root, "waiting", reasons(&report->waiting));
    put(root, "late", late(&report->late));
    put(root, "outstanding", outstanding(report));
    if (report->adjustments.count > 0) {
        put(root, "adjustments", adjustments(report));
    }
    if (report->missing > 0) {
        put(root, "incomplete",
            json_pack("{s:I,s:s}", "missing", (json_int_t)report->missing, "reason",
                      report->incomplete));
    }
    int failed = json_dumpf(root, out, JSON_COMPACT);
    json_decref(root);
    return failed == 0 && fputc('\n', out) != EOF;
}
