#include "clearing/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/decode.h"

/* --- lists of events --- */

int report_event_compare(const void *left, const void *right)
{
    const struct report_event *a = left;
    const struct report_event *b = right;
    int order = slice_compare(code_slice(&a->store), code_slice(&b->store));

    if (order == 0) {
        order = slice_compare(code_slice(&a->terminal), code_slice(&b->terminal));
    }
    if (order == 0) {
        order = (a->number > b->number) - (a->number < b->number);
    }
    if (order == 0) { /* the same number refused twice */
        order = (a->outcome > b->outcome) - (a->outcome < b->outcome);
    }
    if (order == 0) {
        order = (a->occurred > b->occurred) - (a->occurred < b->occurred);
    }
    if (order == 0) {
        order = (a->booked > b->booked) - (a->booked < b->booked);
    }
    return order;
}

void report_events_add(struct report_events *events, const struct report_event *event)
{
    MEMORY_GROW(events->list, events->count, events->capacity);
    events->list[events->count++] = *event;
}

void report_events_sort(struct report_events *events)
{
    if (events->count > 1) {
        qsort(events->list, events->count, sizeof *events->list, report_event_compare);
    }
}

void report_adjustments_add(struct report_adjustments *adjustments,
                            const struct report_adjustment *adjustment)
{
    MEMORY_GROW(adjustments->list, adjustments->count, adjustments->capacity);
    adjustments->list[adjustments->count++] = *adjustment;
}

/* --- sorting by code. qsort has no context: the keys carry the codes. --- */

struct keyed {
    slice_t codes[2];
    const char *kind;
    bool reversal;
    uint32_t place;
};

static int keyed_compare(const void *left, const void *right)
{
    const struct keyed *a = left;
    const struct keyed *b = right;

    for (int i = 0; i < 2; i++) {
        int order = slice_compare(a->codes[i], b->codes[i]);
        if (order != 0) {
            return order;
        }
    }
    int order = strcmp(a->kind, b->kind);
    return order != 0 ? order : a->reversal - b->reversal;
}

static struct keyed *keyed_new(uint32_t count)
{
    return memory_zeroed(count == 0 ? 1 : count, sizeof(struct keyed));
}

/* --- parts of the report --- */

static void build_participants(const struct state *state, struct report *report)
{
    const struct registry *registry = &state->registry;
    uint32_t count = registry->participant_codes.count;
    struct participant_sums *sums = memory_zeroed(count == 0 ? 1 : count, sizeof *sums);
    struct keyed *keys = keyed_new(count);
    money_sum_t total = {0};

    positions_by_participant(&state->positions, sums, count);
    report->participants = memory_zeroed(count == 0 ? 1 : count, sizeof *report->participants);
    report->participant_count = count;
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = (struct keyed){{code_slice(&registry->participant_codes.codes[i])}, "", false, i};
    }
    qsort(keys, count, sizeof *keys, keyed_compare);
    for (uint32_t i = 0; i < count; i++) {
        const struct participant_sums *own = &sums[keys[i].place];
        money_sum_t net = money_sum_less(own->in, own->out);
        report->participants[i] = (struct report_participant){
            .participant = {keys[i].place}, .in = own->in, .out = own->out, .net = net};
        total = money_sum_join(total, net);
    }
    CHECK(money_sum_sign(total) == 0);
    free(keys);
    free(sums);
}

static void build_matrix(const struct state *state, struct report *report)
{
    const struct positions *positions = &state->positions;
    const struct code_index *codes = &state->registry.participant_codes;
    struct keyed *keys = keyed_new(positions->count);

    for (uint32_t i = 0; i < positions->count; i++) {
        const struct matrix_cell *cell = &positions->cells[i];
        keys[i] = (struct keyed){{code_slice(&codes->codes[cell->debtor.n]),
                                  code_slice(&codes->codes[cell->creditor.n])},
                                 claim_kind_name(cell->kind),
                                 cell->reversal,
                                 i};
    }
    qsort(keys, positions->count, sizeof *keys, keyed_compare);
    report->matrix_count = positions->count;
    report->matrix =
        memory_zeroed(positions->count == 0 ? 1 : positions->count, sizeof *report->matrix);
    for (uint32_t i = 0; i < positions->count; i++) {
        report->matrix[i] = positions->cells[keys[i].place];
    }
    free(keys);
}

static void build_stores(const struct state *state, struct report *report)
{
    const struct code_index *codes = &state->registry.store_codes;
    struct keyed *keys = keyed_new(codes->count);

    for (uint32_t i = 0; i < codes->count; i++) {
        keys[i] = (struct keyed){{code_slice(&codes->codes[i])}, "", false, i};
    }
    qsort(keys, codes->count, sizeof *keys, keyed_compare);
    report->store_count = codes->count;
    report->stores = memory_zeroed(codes->count == 0 ? 1 : codes->count, sizeof *report->stores);
    for (uint32_t i = 0; i < codes->count; i++) {
        report->stores[i] = (store_t){keys[i].place};
    }
    free(keys);
}

/* --- outstanding: a sum over every lot --- */

static struct report_outstanding *outstanding_row(struct report *report, struct map *index,
                                                  const struct lot_class *class,
                                                  uint32_t *capacity)
{
    uint64_t key = ((uint64_t)class->issuer.n << 32 | class->product.n) + 1;
    uint64_t *place = map_put(index, key);

    if (*place == 0) {
        MEMORY_GROW(report->outstanding, report->outstanding_count, *capacity);
        report->outstanding[report->outstanding_count++] =
            (struct report_outstanding){.issuer = class->issuer, .product = class->product};
        *place = report->outstanding_count;
    }
    return &report->outstanding[*place - 1];
}

static void outstanding_add(struct report_outstanding *row, const struct lot_class *class,
                            const struct lot *lot)
{
    int64_t left = lot_left(lot);
    money_t principal = lot_principal_left(lot);

    row->lots++;
    switch (class->kind) {
    case PRODUCT_STORED_VALUE:
        row->principal = money_sum_add(row->principal, principal);
        row->bonus = money_sum_add(row->bonus, money_sub(money(left), principal));
        break;
    case PRODUCT_PACK:
        row->principal = money_sum_add(row->principal, principal);
        row->uses += left;
        break;
    case PRODUCT_POINTS:
        row->points += left;
        break;
    }
}

static void sort_outstanding(const struct state *state, struct report *report)
{
    uint32_t count = report->outstanding_count;
    struct keyed *keys = keyed_new(count);
    struct report_outstanding *sorted = memory_zeroed(count == 0 ? 1 : count, sizeof *sorted);

    for (uint32_t i = 0; i < count; i++) {
        const struct report_outstanding *row = &report->outstanding[i];
        keys[i] = (struct keyed){
            {code_slice(registry_participant_code(&state->registry, row->issuer)),
             code_slice(registry_product_code(&state->registry, row->product))},
            "",
            false,
            i};
    }
    qsort(keys, count, sizeof *keys, keyed_compare);
    for (uint32_t i = 0; i < count; i++) {
        sorted[i] = report->outstanding[keys[i].place];
    }
    free(report->outstanding);
    report->outstanding = sorted;
    free(keys);
}

static void build_outstanding(const struct state *state, struct report *report)
{
    const struct lots *lots = &state->members.lots;
    struct map index = {0};
    uint32_t capacity = 0;

    /* the pool holds every member's and every pack's lots; free places have no id */
    for (uint32_t i = 1; i < lots->count; i++) {
        const struct lot *lot = &lots->pool[i];
        if (lot->id != 0) {
            const struct lot_class *class = lots_class_at(lots, lot->class);
            outstanding_add(outstanding_row(report, &index, class, &capacity), class, lot);
        }
    }
    sort_outstanding(state, report);
    map_deinit(&index);
}

static void build_waiting(const struct state *state, struct report *report)
{
    static _Thread_local struct event event;
    struct decode_fault fault;

    for (uint32_t i = 0; i < state->waiting.count; i++) {
        const struct waiting_event *entry = &state->waiting.list[i];
        if (entry->bytes == NULL) {
            continue;
        }
        CHECK(decode_event((slice_t){(const char *)entry->bytes, entry->len}, &event, &fault));
        struct report_event row = {
            .store = *registry_store_code(&state->registry, entry->store),
            .terminal = code_of(event.terminal),
            .number = event.number,
            .outcome = entry->reason,
        };
        report_events_add(&report->waiting, &row);
    }
    report_events_sort(&report->waiting);
}

void report_build(const struct state *state, struct report_events *refused,
                  struct report_events *late, struct report *ret_report)
{
    *ret_report = (struct report){
        .cycle = "",
        .registry = &state->registry,
        .positions = &state->positions,
    };
    report_events_sort(refused);
    report_events_sort(late);
    ret_report->refused = *refused;
    ret_report->late = *late;
    build_participants(state, ret_report);
    build_matrix(state, ret_report);
    build_stores(state, ret_report);
    build_outstanding(state, ret_report);
    build_waiting(state, ret_report);
}

void report_deinit(struct report *report)
{
    free(report->participants);
    free(report->matrix);
    free(report->stores);
    free(report->outstanding);
    free(report->waiting.list);
    *report = (struct report){0};
}
