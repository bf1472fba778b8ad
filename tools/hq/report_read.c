#include "tools/hq/report_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

/* A report being read. Every getter gives something harmless after the first fault. */
struct reading {
    struct report_held *held;
    const struct registry *names;
    const char *wrong; /* key that is not what it should be; NULL: none yet */
};

static void wrong(struct reading *r, const char *key)
{
    if (r->wrong == NULL) {
        r->wrong = key;
    }
}

static slice_t get_code(struct reading *r, const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    slice_t text = {json_string_value(value), (uint32_t)json_string_length(value)};

    if (text.text == NULL || !code_valid(text)) {
        wrong(r, key);
        return (slice_t){"0", 1};
    }
    return text;
}

static int64_t get_integer(struct reading *r, const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    if (!json_is_integer(value)) {
        wrong(r, key);
    }
    return json_integer_value(value);
}

static uint64_t get_count(struct reading *r, const json_t *row, const char *key)
{
    int64_t value = get_integer(r, row, key);

    if (value < 0) {
        wrong(r, key);
        return 0;
    }
    return (uint64_t)value;
}

static money_sum_t get_fen(struct reading *r, const json_t *row, const char *key)
{
    return money_sum_of(money(get_integer(r, row, key)));
}

static day_t get_day(struct reading *r, const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    day_t day = 0;

    if (text == NULL || !day_parse(slice_of(text), &day)) {
        wrong(r, key);
    }
    return day;
}

static const json_t *get_rows(struct reading *r, const json_t *root, const char *key)
{
    const json_t *rows = json_object_get(root, key);

    if (!json_is_array(rows)) {
        wrong(r, key);
    }
    return rows;
}

static participant_t get_participant(struct reading *r, const json_t *row, const char *key)
{
    participant_t found =
        registry_find_participant(&r->held->registry, get_code(r, row, key));

    if (found.n == PARTICIPANT_NONE.n) {
        wrong(r, key);
        return (participant_t){0};
    }
    return found;
}

static claim_kind_t get_kind(struct reading *r, const json_t *row)
{
    const char *text = json_string_value(json_object_get(row, "kind"));

    for (int kind = 1; text != NULL && kind < KIND_COUNT; kind++) {
        if (strcmp(claim_kind_name((claim_kind_t)kind), text) == 0) {
            return (claim_kind_t)kind;
        }
    }
    wrong(r, "kind");
    return KIND_PRINCIPAL;
}

static outcome_t get_outcome(struct reading *r, const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    for (int outcome = 1; text != NULL && outcome <= (int)OUTCOME_LAST; outcome++) {
        if (outcome_exists((outcome_t)outcome) &&
            strcmp(outcome_name((outcome_t)outcome), text) == 0) {
            return (outcome_t)outcome;
        }
    }
    wrong(r, key);
    return OUTCOME_NONE;
}

static void read_participants(struct reading *r, const json_t *root)
{
    const json_t *rows = get_rows(r, root, "participants");
    struct report *report = &r->held->report;
    const json_t *row = NULL;
    size_t i = 0;

    report->participants =
        memory_zeroed(json_array_size(rows) + 1, sizeof *report->participants);
    json_array_foreach(rows, i, row)
    {
        struct participant about = {0};
        slice_t code = get_code(r, row, "participant");
        const char *role = json_string_value(json_object_get(row, "role"));
        about.party = code_index_add(&r->held->registry.parties, get_code(r, row, "party"));
        about.role = role == NULL ? (role_t)0 : role_of_name(slice_of(role));
        if (about.role == (role_t)0) {
            wrong(r, "role");
            about.role = ROLE_OWNED;
        }
        participant_t known =
            r->names == NULL ? PARTICIPANT_NONE : registry_find_participant(r->names, code);
        if (known.n != PARTICIPANT_NONE.n) {
            memcpy(about.name, r->names->participants[known.n].name, sizeof about.name);
        }
        report->participants[report->participant_count++] = (struct report_participant){
            .participant = registry_put_participant(&r->held->registry, code, &about),
            .in = get_fen(r, row, "in_fen"),
            .out = get_fen(r, row, "out_fen"),
            .net = get_fen(r, row, "net_fen"),
        };
    }
}

static void read_matrix(struct reading *r, const json_t *root)
{
    const json_t *rows = get_rows(r, root, "matrix");
    struct report *report = &r->held->report;
    const json_t *row = NULL;
    size_t i = 0;

    report->matrix = memory_zeroed(json_array_size(rows) + 1, sizeof *report->matrix);
    json_array_foreach(rows, i, row)
    {
        if (!json_is_boolean(json_object_get(row, "reversal"))) {
            wrong(r, "reversal");
        }
        report->matrix[report->matrix_count++] = (struct matrix_cell){
            .debtor = get_participant(r, row, "debtor"),
            .creditor = get_participant(r, row, "creditor"),
            .kind = get_kind(r, row),
            .reversal = json_is_true(json_object_get(row, "reversal")),
            .count = get_count(r, row, "count"),
            .amount = get_fen(r, row, "amount_fen"),
        };
    }
}

static void read_stores(struct reading *r, const json_t *root)
{
    const json_t *rows = get_rows(r, root, "stores");
    struct report *report = &r->held->report;
    struct positions *positions = &r->held->positions;
    const json_t *row = NULL;
    size_t i = 0;

    report->stores = memory_zeroed(json_array_size(rows) + 1, sizeof *report->stores);
    positions->stores = memory_zeroed(json_array_size(rows) + 1, sizeof *positions->stores);
    positions->store_capacity = (uint32_t)json_array_size(rows);
    json_array_foreach(rows, i, row)
    {
        struct store about = {.participant = get_participant(r, row, "participant")};
        slice_t code = get_code(r, row, "store");
        store_t known = r->names == NULL ? STORE_NONE : registry_find_store(r->names, code);
        if (known.n != STORE_NONE.n) {
            about = (struct store){.participant = about.participant};
            memcpy(about.name, r->names->stores[known.n].name, sizeof about.name);
        }
        store_t store = registry_put_store(&r->held->registry, code, &about);
        report->stores[report->store_count++] = store;
        positions->stores[store.n].events = get_count(r, row, "events");
        const json_t *memos = get_rows(r, row, "memo");
        const json_t *memo = NULL;
        size_t j = 0;
        json_array_foreach(memos, j, memo)
        {
            positions->stores[store.n].memos[get_kind(r, memo)] = get_fen(r, memo, "amount_fen");
        }
    }
}

/* "store:terminal:number" */
static void get_event(struct reading *r, const json_t *row, struct report_event *ret_event)
{
    const char *text = json_string_value(json_object_get(row, "event"));
    const char *first = text == NULL ? NULL : strchr(text, ':');
    const char *second = first == NULL ? NULL : strchr(first + 1, ':');
    char *end = NULL;

    if (second == NULL) {
        wrong(r, "event");
        return;
    }
    slice_t store = {text, (uint32_t)(first - text)};
    slice_t terminal = {first + 1, (uint32_t)(second - first - 1)};
    unsigned long long number = strtoull(second + 1, &end, 10);
    if (!code_valid(store) || !code_valid(terminal) || *end != '\0' || second[1] < '0' ||
        second[1] > '9') {
        wrong(r, "event");
        return;
    }
    ret_event->store = code_of(store);
    ret_event->terminal = code_of(terminal);
    ret_event->number = number;
}

/* The three lists. They keep their order. */
static void read_events(struct reading *r, const json_t *root, const char *key, bool late,
                        struct report_events *ret_events)
{
    const json_t *rows = get_rows(r, root, key);
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(rows, i, row)
    {
        struct report_event event = {.outcome = OUTCOME_ACCEPTED};
        get_event(r, row, &event);
        if (late) {
            event.occurred = get_day(r, row, "occurred");
            event.booked = get_day(r, row, "booked");
        } else {
            event.outcome = get_outcome(r, row, "reason");
        }
        report_events_add(ret_events, &event);
    }
}

static void read_outstanding(struct reading *r, const json_t *root)
{
    const json_t *rows = get_rows(r, root, "outstanding");
    struct report *report = &r->held->report;
    const json_t *row = NULL;
    size_t i = 0;

    report->outstanding = memory_zeroed(json_array_size(rows) + 1, sizeof *report->outstanding);
    json_array_foreach(rows, i, row)
    {
        slice_t product = get_code(r, row, "product");
        report->outstanding[report->outstanding_count++] = (struct report_outstanding){
            .issuer = get_participant(r, row, "issuer"),
            .product = {code_index_add(&r->held->registry.product_codes, product)},
            .lots = get_count(r, row, "lots"),
            .principal = get_fen(r, row, "principal_fen"),
            .bonus = get_fen(r, row, "bonus_fen"),
            .points = get_integer(r, row, "points"),
            .uses = get_integer(r, row, "uses"),
        };
    }
}

static void read_head(struct reading *r, const json_t *root)
{
    const char *cycle = json_string_value(json_object_get(root, "cycle"));
    struct report *report = &r->held->report;

    if (cycle == NULL) {
        wrong(r, "cycle");
        cycle = "";
    }
    size_t size = strlen(cycle) + 1;
    r->held->cycle = memory_resize(NULL, size, 1);
    memcpy(r->held->cycle, cycle, size);
    report->cycle = r->held->cycle;
    report->registry = &r->held->registry;
    report->positions = &r->held->positions;
    if (json_is_null(json_object_get(root, "from"))) { /* nothing was booked */
        report->from = 1;
        report->to = 0;
    } else {
        report->from = get_day(r, root, "from");
        report->to = get_day(r, root, "to");
    }
    r->held->positions.events = get_count(r, root, "events");
}

/* Copy a text of an adjustment, cut. */
static void get_words(const json_t *row, const char *key, size_t size, char *ret_text)
{
    const char *text = json_string_value(json_object_get(row, key));

    (void)snprintf(ret_text, size, "%s", text == NULL ? "" : text);
}

/* Said where it is no adjustment proper. */
static claim_kind_t kind_of_row(const json_t *row)
{
    const char *name = json_string_value(json_object_get(row, "kind"));
    claim_kind_t kind = KIND_ADJUST;

    return name != NULL && claim_kind_parse(slice_of(name), &kind) ? kind : KIND_ADJUST;
}

/* What two people have added, and what was missing: only where there is any. */
static void read_additions(struct reading *r, const json_t *root)
{
    const json_t *incomplete = json_object_get(root, "incomplete");
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(root, "adjustments"), i, row)
    {
        struct report_adjustment adjustment = {
            .debtor = get_participant(r, row, "debtor"),
            .creditor = get_participant(r, row, "creditor"),
            .amount = money(get_integer(r, row, "amount_fen")),
            .booked = get_day(r, row, "booked"),
            .person = code_of(get_code(r, row, "person")),
        };
        adjustment.kind = kind_of_row(row);
        get_words(row, "about", sizeof adjustment.about, adjustment.about);
        get_words(row, "reason", sizeof adjustment.reason, adjustment.reason);
        report_adjustments_add(&r->held->report.adjustments, &adjustment);
    }
    if (incomplete != NULL) {
        r->held->report.missing = (uint32_t)get_count(r, incomplete, "missing");
        get_words(incomplete, "reason", sizeof r->held->incomplete, r->held->incomplete);
        r->held->report.incomplete = r->held->incomplete;
    }
}

bool report_read(const json_t *root, const struct registry *names, struct report_held *ret_held,
                 struct fault *ret_fault)
{
    struct reading r = {.held = ret_held, .names = names};

    *ret_held = (struct report_held){0};
    read_head(&r, root);
    read_participants(&r, root);
    read_matrix(&r, root);
    read_stores(&r, root);
    read_events(&r, root, "refused", false, &ret_held->report.refused);
    read_events(&r, root, "waiting", false, &ret_held->report.waiting);
    read_events(&r, root, "late", true, &ret_held->report.late);
    read_outstanding(&r, root);
    read_additions(&r, root);
    if (r.wrong != NULL) {
        report_held_deinit(ret_held);
        return fault_set(
            ret_fault, FAULT_FORMAT, "the report's \"%s\" is not of its form", r.wrong);
    }
    return true;
}

void report_held_deinit(struct report_held *held)
{
    free(held->report.adjustments.list);
    free(held->report.refused.list);
    free(held->report.late.list);
    report_deinit(&held->report);
    positions_deinit(&held->positions);
    registry_deinit(&held->registry);
    free(held->cycle);
    *held = (struct report_held){0};
}
