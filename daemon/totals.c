#include "daemon/totals.h"

#include <string.h>

#include "proto/codec/decode.h"
#include "tools/lines/lines.h"

static json_t *differences_of(const struct effects *effects)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->list[i];
        if (effect->kind == EFFECT_TOTAL && effect->units != effect->lot_units) {
            json_array_append_new(
                rows, json_pack("{s:s,s:I,s:I}", "key",
                                effect->line == TOTAL_KEY_COUNT
                                    ? "count"
                                    : total_key_name((total_key_t)effect->line),
                                "till", (json_int_t)effect->units, "ledger",
                                (json_int_t)effect->lot_units));
        }
    }
    return rows;
}

/* NULL: it is no accepted day total of this store. */
static json_t *total_row(struct book *book, store_t store, slice_t name)
{
    static _Thread_local struct event event;
    struct state *state = &book->state;
    struct effects *effects = &book->apply.past_effects;
    outcome_t outcome = OUTCOME_NONE;
    outcome_t waiting_for = OUTCOME_NONE;
    struct decode_fault fault;
    struct event_ref of;
    struct past past;

    if (!lines_parse_ref(name, &of) ||
        registry_find_store(&state->registry, of.store).n != store.n ||
        !state->history.find(state->history.context, store, of.terminal, of.number, &past) ||
        past.seq == 0) {
        return NULL;
    }
    CHECK(decode_event(past.event, &event, &fault)); /* it was accepted once */
    struct reader reader = {(const uint8_t *)past.results.text, past.results.len, 0, false};
    CHECK(results_read(&reader, &outcome, &waiting_for, effects));
    if (event.type != EVENT_DAY_TOTAL) {
        return NULL;
    }
    return json_pack("{s:s#,s:s#,s:b,s:o}", "event", name.text, (int)name.len, "date",
                     event.date.text, (int)event.date.len, "matched",
                     effects_total_matches(effects), "differences", differences_of(effects));
}

json_t *totals_answer(struct book *book, store_t store, slice_t body)
{
    json_t *rows = json_array();

    while (body.len > 0) {
        const char *end = memchr(body.text, '\n', body.len);
        uint32_t len = end == NULL ? body.len : (uint32_t)(end - body.text);
        json_t *row = len == 0 ? NULL : total_row(book, store, (slice_t){body.text, len});
        if (row != NULL) {
            json_array_append_new(rows, row);
        }
        len += end == NULL ? 0 : 1;
        body = (slice_t){body.text + len, body.len - len};
    }
    return json_pack("{s:o}", "totals", rows);
}
