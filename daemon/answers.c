#include "daemon/answers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "daemon/balance.h"
#include "daemon/explaining.h"
#include "daemon/net.h"
#include "daemon/reports.h"
#include "daemon/totals.h"
#include "tools/render/disputes.h"
#include "tools/render/report_json.h"
#include "tools/render/statement.h"

static json_t *fen(money_sum_t sum)
{
    char text[MONEY_TEXT_SIZE];

    money_sum_format_fen(sum, text);
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

static json_t *code_json(const code_t *code)
{
    return json_stringn(code->text, code->len);
}

/* --- positions --- */

static json_t *position(const struct book *book, participant_t who,
                        const struct participant_sums *sums)
{
    json_t *row = json_object();

    json_object_set_new(
        row, "participant", code_json(registry_participant_code(&book->state.registry, who)));
    json_object_set_new(row, "in_fen", fen(sums->in));
    json_object_set_new(row, "out_fen", fen(sums->out));
    json_object_set_new(row, "net_fen", fen(money_sum_less(sums->in, sums->out)));
    return row;
}

static json_t *positions_of(const struct book *book, const participant_t *only)
{
    uint32_t count = book->state.registry.participant_codes.count;
    struct participant_sums *sums = memory_zeroed((size_t)count + 1, sizeof *sums);
    json_t *root = json_object();
    json_t *rows = json_array();
    char at[INSTANT_TEXT_SIZE];

    positions_by_participant(&book->state.positions, sums, count);
    instant_format(book->clock_ms,
                   state_terms(&book->state, book->state.open_day)->days.zone_min,
                   at);
    json_object_set_new(root, "as_of", json_string(at));
    json_object_set_new(root, "cycle", json_string("open"));
    for (uint32_t i = 0; i < count; i++) {
        if (only == NULL || only->n == i) {
            json_array_append_new(rows, position(book, (participant_t){i}, &sums[i]));
        }
    }
    json_object_set_new(root, "positions", rows);
    free(sums);
    return root;
}

static int by_participant(const void *left, const void *right)
{
    const json_t *const *a = left;
    const json_t *const *b = right;

    return strcmp(json_string_value(json_object_get(*a, "participant")),
                  json_string_value(json_object_get(*b, "participant")));
}

json_t *answer_positions(const struct book *book)
{
    json_t *root = positions_of(book, NULL);
    json_t *rows = json_object_get(root, "positions");
    size_t count = json_array_size(rows);
    json_t **sorted = memory_zeroed(count + 1, sizeof *sorted);

    for (size_t i = 0; i < count; i++) {
        sorted[i] = json_incref(json_array_get(rows, i));
    }
    qsort(sorted, count, sizeof(json_t *), by_participant);
    json_array_clear(rows);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(rows, sorted[i]);
    }
    free(sorted);
    return root;
}

/* --- reports --- */

static json_t *open_report(struct book *book)
{
    struct report report;
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);

    report_build(&book->state, &book->refused, &book->late, &report);
    report.cycle = "open";
    report.from = book->cycle_from;
    report.to = book->state.open_day;
    report.adjustments = book->adjustments;
    bool good = memory != NULL && report_json_write(&report, memory);
    report_deinit(&report);
    if (memory != NULL) {
        fclose(memory);
    }
    json_t *root = good ? json_loadb(text, len, 0, NULL) : NULL;
    free(text);
    return root;
}

json_t *answer_report(struct book *book, const char *dir, const char *cycle,
                      struct fault *ret_fault)
{
    fault_set(ret_fault, FAULT_FORMAT, "there is no cycle of that name");
    if (book->state.terms_count == 0) {
        return NULL;
    }
    if (cycle == NULL) {
        return open_report(book);
    }
    if (!code_valid(slice_of(cycle))) {
        return NULL; /* also: no path of somebody's making */
    }
    return reports_read(dir, book, cycle, ret_fault);
}

/* --- a store's queries --- */

/* Why an event hangs: a cycle's list of refusals ends with it, suspense does not. An event that was
 * sent again and waits is not refused, though it still hangs. */
static outcome_t hanging(const struct book *book, store_t store, slice_t terminal, uint64_t number)
{
    const struct state *state = &book->state;
    const struct suspense_item *item = suspense_find(
        &book->suspense, registry_store_code(&state->registry, store), terminal, number);

    if (item == NULL || numbers_state(&state->numbers, store, terminal, number, state->open_day,
                                      INT32_MAX) == NUMBER_SPENT) {
        return OUTCOME_NONE;
    }
    return item->reason;
}

/* What has become of one event of the store. */
static json_t *event_row(struct book *book, store_t store, slice_t name)
{
    const char *colon = memchr(name.text, ':', name.len);
    const char *end = name.text + name.len;
    const char *second = colon == NULL ? NULL : memchr(colon + 1, ':', (size_t)(end - colon - 1));
    json_t *row = json_object();
    struct past past;
    outcome_t outcome = OUTCOME_NONE;
    outcome_t reason = OUTCOME_NONE;

    json_object_set_new(row, "event", json_stringn(name.text, name.len));
    if (second != NULL) {
        char number[21];
        slice_t terminal = {colon + 1, (uint32_t)(second - colon - 1)};
        snprintf(number, sizeof number, "%.*s", (int)(end - second - 1), second + 1);
        uint64_t n = strtoull(number, NULL, 10);
        for (uint32_t i = 0; i < book->refused.count; i++) {
            const struct report_event *refused = &book->refused.list[i];
            if (refused->number == n &&
                slice_equal(code_slice(&refused->terminal), terminal) &&
                registry_find_store(&book->state.registry, code_slice(&refused->store)).n ==
                    store.n) {
                outcome = refused->outcome;
            }
        }
        if (outcome == OUTCOME_NONE) {
            outcome = hanging(book, store, terminal, n);
        }
        struct history *history = &book->state.history;
        if (history->find(history->context, store, terminal, n, &past)) {
            struct reader reader = {
                (const uint8_t *)past.results.text, past.results.len, 0, false};
            if (past.seq != 0) {
                CHECK(results_read(&reader, &outcome, &reason, &book->apply.past_effects));
            } else if (past.settled) {
                outcome = OUTCOME_SETTLED_OTHERWISE;
            } else if (outcome == OUTCOME_NONE) {
                outcome = OUTCOME_WAITING;
            }
        }
    }
    json_object_set_new(row, "outcome", json_string(outcome_name(outcome)));
    json_object_set_new(
        row, "reason", json_string(reason == OUTCOME_NONE ? "" : outcome_name(reason)));
    return row;
}

static json_t *events(struct book *book, store_t store, slice_t body)
{
    json_t *root = json_object();
    json_t *rows = json_array();

    while (body.len > 0) {
        const char *end = memchr(body.text, '\n', body.len);
        uint32_t len = end == NULL ? body.len : (uint32_t)(end - body.text);
        if (len > 0) {
            json_array_append_new(rows, event_row(book, store, (slice_t){body.text, len}));
        }
        len += end == NULL ? 0 : 1;
        body = (slice_t){body.text + len, body.len - len};
    }
    json_object_set_new(root, "events", rows);
    return root;
}

static json_t *head(const struct book *book, store_t store)
{
    const struct stream *stream = &book->streams[store.n];
    json_t *root = json_object();
    char day[DAY_TEXT_SIZE];

    day_format(book->state.open_day, day);
    json_object_set_new(
        root, "store", code_json(registry_store_code(&book->state.registry, store)));
    json_object_set_new(root, "next", json_integer((json_int_t)stream->next));
    json_object_set_new(root, "records", json_integer((json_int_t)book->records));
    json_object_set_new(root, "open_day", json_string(day));
    return root;
}

json_t *answer_statement(struct book *book, const char *dir, store_t store, const char *cycle,
                         char ret_refusal[141])
{
    const struct registry *registry = &book->state.registry;
    const code_t *owner = registry_participant_code(registry, registry_owner(registry, store));
    struct fault fault = {0};
    json_t *report = answer_report(book, dir, cycle, &fault);

    if (report == NULL) {
        snprintf(ret_refusal, 141, "%.140s", fault.text);
        return NULL;
    }
    json_t *part = statement_of(report, owner->text, NULL);
    json_decref(report);
    if (part == NULL) {
        snprintf(ret_refusal, 141, "you have no part in that cycle");
    }
    return part;
}

json_t *answer_store(struct book *book, const char *dir, store_t store, slice_t verb, slice_t body,
                     char ret_refusal[141])
{
    participant_t owner = registry_owner(&book->state.registry, store);

    ret_refusal[0] = '\0';
    if (slice_equal(verb, slice_of("balance"))) {
        const char *refusal = "";
        json_t *balance = balance_json(book, body, &refusal);
        snprintf(ret_refusal, 141, "%s", refusal);
        return balance;
    }
    if (slice_equal(verb, slice_of("positions"))) {
        return positions_of(book, &owner);
    }
    if (slice_equal(verb, slice_of("events"))) {
        return events(book, store, body);
    }
    if (slice_equal(verb, slice_of("head"))) {
        return head(book, store);
    }
    if (slice_equal(verb, slice_of("totals"))) {
        return totals_answer(book, store, body);
    }
    if (slice_equal(verb, slice_of("explain"))) {
        return explaining_answer(book, store, body, ret_refusal);
    }
    if (slice_equal(verb, slice_of("disputes"))) {
        return disputes_json(&book->state, owner, true);
    }
    if (slice_equal(verb, slice_of("net"))) {
        return net_answer(book, dir, store, body, ret_refusal);
    }
    if (slice_equal(verb, slice_of("statement"))) {
        code_t cycle = code_valid(body) ? code_of(body) : (code_t){.text = "?"}; /* of none */
        return answer_statement(book, dir, store, body.len == 0 ? NULL : cycle.text, ret_refusal);
    }
    snprintf(ret_refusal, 141, "unknown query");
    return NULL;
}
