#include "tools/render/suspense_json.h"

#include <inttypes.h>
#include <stdio.h>

static json_t *day_text(day_t day)
{
    char text[DAY_TEXT_SIZE];

    day_format(day, text);
    return json_string(text);
}

static json_t *member_text(uint64_t member)
{
    char text[24];

    if (member == 0) {
        return json_null();
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, member);
    return json_string(text);
}

static json_t *row_of(const struct suspense_item *item, day_t open_day)
{
    char event[2 * (CODE_LEN_MAX + 1) + 24];

    (void)snprintf(event, sizeof event, "%s:%s:%" PRIu64, item->store.text, item->terminal.text,
                   item->number);
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:o,s:o,s:I,s:I}", "event", event, "store",
                     item->store.text, "type", event_type_name(item->type), "reason",
                     outcome_name(item->reason), "amount_fen",
                     (json_int_t)money_fen(item->amount), "member", member_text(item->member),
                     "came", day_text(item->came), "age_days",
                     (json_int_t)(open_day - item->came), "record", (json_int_t)item->record);
}

/* The list is in the order of first refusals, which is that of the days on which they came. */
json_t *suspense_json(const struct suspense *suspense, day_t open_day)
{
    json_t *items = json_array();
    json_int_t sum = 0; /* nine million of the largest amounts fit */

    for (uint32_t i = 0; i < suspense->count; i++) {
        sum += money_fen(suspense->list[i].amount);
        json_array_append_new(items, row_of(&suspense->list[i], open_day));
    }
    return json_pack("{s:o,s:I,s:I,s:o}", "as_of", day_text(open_day), "count",
                     (json_int_t)suspense->count, "amount_fen", sum, "items", items);
}
