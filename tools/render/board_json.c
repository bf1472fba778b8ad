#include "tools/render/board_json.h"

static json_t *day_text(day_t day)
{
    char text[DAY_TEXT_SIZE];

    if (day == DAY_MIN) {
        return json_null();
    }
    day_format(day, text);
    return json_string(text);
}

static json_t *store_text(const struct board *board, store_t store)
{
    return json_string(registry_store_code(board->registry, store)->text);
}

static json_t *days_of(const struct board *board, store_t store)
{
    json_t *days = json_array();

    for (day_t day = board->from; day <= board->to; day++) {
        const struct board_cell *cell = board_cell(board, store, day);
        json_array_append_new(
            days,
            json_pack("{s:o,s:s,s:I,s:I,s:I}", "day", day_text(day), "state",
                      cell_state_name(cell->state), "events", (json_int_t)cell->events, "gaps",
                      (json_int_t)cell->gaps, "waiting", (json_int_t)cell->waiting));
    }
    return days;
}

static json_t *stores_of(const struct board *board)
{
    json_t *stores = json_array();

    for (uint32_t i = 0; i < board->store_count; i++) {
        store_t store = board->stores[i];
        json_array_append_new(
            stores,
            json_pack("{s:o,s:s,s:b,s:o,s:o}", "store", store_text(board, store), "name",
                      board->registry->stores[store.n].name, "frozen", board->frozen[store.n],
                      "last_day", day_text(board->last_days[store.n]), "days",
                      days_of(board, store)));
    }
    return stores;
}

static json_t *differences_of(const struct board *board)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < board->difference_count; i++) {
        const struct board_difference *row = &board->differences[i];
        const char *key =
            row->key == TOTAL_KEY_COUNT ? "count" : total_key_name((total_key_t)row->key);
        json_array_append_new(
            rows,
            json_pack("{s:o,s:s,s:o,s:s,s:I,s:I}", "store", store_text(board, row->store),
                      "terminal", row->terminal.text, "day", day_text(row->day), "key", key,
                      "till", (json_int_t)row->till, "ledger", (json_int_t)row->ledger));
    }
    return rows;
}

static json_t *missing_of(const struct board *board)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < board->missing_count; i++) {
        const struct board_missing *row = &board->missing[i];
        json_array_append_new(
            rows,
            json_pack("{s:s,s:o,s:o,s:I,s:b}", "kind", missing_kind_name(row->kind), "store",
                      store_text(board, row->store), "day", day_text(row->day), "count",
                      (json_int_t)row->count, "blocks", row->blocks));
    }
    return rows;
}

json_t *board_json(const struct board *board)
{
    return json_pack("{s:o,s:o,s:s,s:b,s:o,s:o,s:o,s:I}", "from", day_text(board->from), "to",
                     day_text(board->to), "day_totals", board->required ? "required" : "optional",
                     "complete", board->blocking == 0, "stores", stores_of(board), "differences",
                     differences_of(board), "missing", missing_of(board), "disputes",
                     (json_int_t)board->disputes);
}
