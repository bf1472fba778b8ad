#include "clearing/report/board.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/apply/apply.h"
#include "clearing/base/memory.h"

const char *cell_state_name(cell_state_t state)
{
    switch (state) {
    case CELL_NOT_OPEN:
        return "not_open";
    case CELL_SILENT:
        return "silent";
    case CELL_MATCHED:
        return "matched";
    case CELL_NO_TOTAL:
        return "no_total";
    case CELL_DIFFERS:
        return "differs";
    }
    return "";
}

const char *missing_kind_name(missing_kind_t kind)
{
    switch (kind) {
    case MISSING_TOTAL:
        return "no_total";
    case MISSING_MATCH:
        return "differs";
    case MISSING_NUMBERS:
        return "gaps";
    case MISSING_CAUSE:
        return "waiting";
    case MISSING_STORE:
        return "silent";
    case MISSING_FROZEN:
        return "frozen";
    }
    return "";
}

/* The cell of a day that the board has. */
static struct board_cell *cell_at(const struct board *board, store_t store, day_t day)
{
    return &board->cells[(size_t)store.n * board->day_count + (size_t)(day - board->from)];
}

static bool has_day(const struct board *board, day_t day)
{
    return day >= board->from && day <= board->to;
}

/* --- stores: by code --- */

struct coded {
    slice_t code;
    uint32_t number;
};

static int coded_compare(const void *left, const void *right)
{
    const struct coded *a = left;
    const struct coded *b = right;

    return slice_compare(a->code, b->code);
}

static void sort_stores(struct board *board)
{
    const struct code_index *codes = &board->registry->store_codes;
    struct coded *keys = memory_zeroed(codes->count + 1, sizeof *keys);

    for (uint32_t i = 0; i < codes->count; i++) {
        keys[i] = (struct coded){code_slice(&codes->codes[i]), i};
    }
    qsort(keys, codes->count, sizeof *keys, coded_compare);
    for (uint32_t i = 0; i < codes->count; i++) {
        board->stores[i] = (store_t){keys[i].number};
    }
    free(keys);
}

static void open_cells(struct board *board)
{
    for (uint32_t i = 0; i < board->store_count; i++) {
        const struct store *store = &board->registry->stores[i];
        board->last_days[i] = DAY_MIN;
        for (day_t day = board->from; day <= board->to; day++) {
            bool open = day >= store->opened && day <= store->closed;
            cell_at(board, (store_t){i}, day)->state = open ? CELL_SILENT : CELL_NOT_OPEN;
        }
    }
}

/* --- terminals --- */

static void add_differences(struct board *board, const struct terminal *terminal,
                            const struct till_day *day)
{
    for (uint32_t key = 0; key <= TOTAL_KEY_COUNT; key++) {
        struct board_difference difference = {
            .store = terminal->store, .terminal = terminal->code, .day = day->date, .key = key};
        if (till_day_figure(day, key, &difference.till, &difference.ledger) &&
            difference.till != difference.ledger) {
            MEMORY_GROW(
                board->differences, board->difference_count, board->difference_capacity);
            board->differences[board->difference_count++] = difference;
        }
    }
}

static void add_till_day(struct board *board, const struct terminal *terminal,
                         const struct till_day *day)
{
    cell_state_t state = CELL_NO_TOTAL;

    if (!has_day(board, day->date) || (day->count == 0 && !day->report.given)) {
        return;
    }
    struct board_cell *cell = cell_at(board, terminal->store, day->date);
    if (day->report.given) {
        state = till_day_matches(day) ? CELL_MATCHED : CELL_DIFFERS;
    }
    if (state == CELL_DIFFERS) {
        add_differences(board, terminal, day);
    }
    cell->events += day->count;
    cell->state = state > cell->state ? state : cell->state;
}

/* Numbers below a terminal's first are no gap here: a till need not begin at 1. */
static void add_gaps(struct board *board, const struct terminal *terminal, int32_t max_late_days)
{
    for (uint32_t i = 0; i < terminal->gap_count; i++) {
        const struct gap *gap = &terminal->gaps[i];
        if (has_day(board, gap->since) && gap->first > 1 &&
            board->to - gap->since <= max_late_days) {
            cell_at(board, terminal->store, gap->since)->gaps += gap->last - gap->first + 1;
        }
    }
}

static void add_terminals(const struct state *state, struct board *board)
{
    int32_t max_late_days = state_terms(state, state->open_day)->max_late_days;

    for (uint32_t i = 0; i < state->numbers.count; i++) {
        const struct terminal *terminal = &state->numbers.terminals[i];
        if (slice_equal(code_slice(&terminal->code), slice_of(TERMINAL_OF_HQ))) {
            continue; /* no till: it prints no total, and breaks no silence */
        }
        day_t *last = &board->last_days[terminal->store.n];
        day_t day = 0;
        if (totals_last(&state->totals, i, &day) && day > *last) {
            *last = day;
        }
        add_gaps(board, terminal, max_late_days);
        const struct till *till = i < state->totals.capacity ? &state->totals.tills[i] : NULL;
        for (uint32_t k = 0; till != NULL && k < till->count; k++) {
            add_till_day(board, terminal, &till->days[k]);
        }
    }
}

static void add_waiting(const struct state *state, struct board *board)
{
    for (uint32_t i = 0; i < state->waiting.count; i++) {
        const struct waiting_event *entry = &state->waiting.list[i];
        day_t came = entry->came < board->from ? board->from : entry->came;
        if (entry->bytes != NULL) {
            cell_at(board, entry->store, came)->waiting++;
        }
    }
}

/* --- what is missing --- */

static void miss(struct board *board, missing_kind_t kind, store_t store, day_t day,
                 uint64_t count)
{
    bool blocks = board->required || kind == MISSING_MATCH;

    if (count == 0) {
        return;
    }
    MEMORY_GROW(board->missing, board->missing_count, board->missing_capacity);
    board->missing[board->missing_count++] =
        (struct board_missing){kind, store, day, count, blocks};
    board->blocking += blocks;
}

static void miss_of_day(struct board *board, store_t store, day_t day)
{
    const struct board_cell *cell = cell_at(board, store, day);

    miss(board, MISSING_TOTAL, store, day, board->required && cell->state == CELL_NO_TOTAL);
    miss(board, MISSING_MATCH, store, day, cell->state == CELL_DIFFERS);
    miss(board, MISSING_NUMBERS, store, day, cell->gaps);
    miss(board, MISSING_CAUSE, store, day, cell->waiting);
    /* the open day is not over: a store may still begin */
    miss(board, MISSING_STORE, store, day, cell->state == CELL_SILENT && day < board->to);
}

static void find_missing(struct board *board)
{
    for (uint32_t i = 0; i < board->store_count; i++) {
        store_t store = board->stores[i];
        for (day_t day = board->from; day <= board->to; day++) {
            miss_of_day(board, store, day);
        }
        miss(board, MISSING_FROZEN, store, board->to, board->frozen[store.n]);
    }
}

void board_build(const struct state *state, day_t from, const bool *frozen, uint32_t frozen_count,
                 struct board *ret_board)
{
    uint32_t stores = state->registry.store_codes.count;
    day_t first = state->open_day - (BOARD_DAYS_MAX - 1);
    struct board board = {
        .registry = &state->registry,
        .from = from < first ? first : from,
        .to = state->open_day,
        .required = state_terms(state, state->open_day)->day_totals_required,
        .store_count = stores,
        .disputes = state->disputes.open,
    };

    board.day_count = (uint32_t)(board.to - board.from) + 1;
    board.stores = memory_zeroed(stores + 1, sizeof *board.stores);
    board.frozen = memory_zeroed(stores + 1, sizeof *board.frozen);
    board.last_days = memory_zeroed(stores + 1, sizeof *board.last_days);
    board.cells = memory_zeroed((size_t)stores * board.day_count + 1, sizeof *board.cells);
    for (uint32_t i = 0; i < stores && i < frozen_count; i++) {
        board.frozen[i] = frozen[i];
    }
    sort_stores(&board);
    open_cells(&board);
    add_terminals(state, &board);
    add_waiting(state, &board);
    find_missing(&board);
    *ret_board = board;
}

void board_deinit(struct board *board)
{
    free(board->stores);
    free(board->frozen);
    free(board->last_days);
    free(board->cells);
    free(board->differences);
    free(board->missing);
    *board = (struct board){0};
}
