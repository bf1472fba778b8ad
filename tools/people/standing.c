#include "tools/people/standing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "tools/render/hex_json.h"

static json_t *roles_json(uint32_t roles)
{
    json_t *names = json_array();

    for (uint32_t bit = 1; bit <= HQ_ROLES_ALL; bit <<= 1) {
        if ((roles & bit) != 0) {
            json_array_append_new(names, json_string(role_bit_name(bit)));
        }
    }
    return names;
}

json_t *standing_people(const struct book *book, int64_t now_ms)
{
    const struct people *people = &book->people;
    json_t *rows = json_array();
    int64_t next_ms = now_ms;

    for (uint32_t i = 0; i < people->count; i++) {
        const struct person *person = &people->list[i];
        json_t *row = json_object();
        json_object_set_new(row, "person", json_string(person->code.text));
        json_object_set_new(row, "roles", roles_json(person->roles));
        json_object_set_new(row, "key_id", hex_json(person->key_id, sizeof person->key_id));
        json_object_set_new(
            row, "public_key", hex_json(person->public_key, sizeof person->public_key));
        json_object_set_new(row, "left", json_boolean(person->roles == 0));
        json_array_append_new(rows, row);
    }
    for (uint32_t i = 0; i < people->counted_count; i++) {
        int64_t after = people->counted[i].created_ms + 1;
        next_ms = after > next_ms ? after : next_ms;
    }
    int zone_min = book->state.terms_count == 0
                       ? 0
                       : state_terms(&book->state, book->state.open_day)->days.zone_min;
    return json_pack("{s:o,s:I,s:i}", "operators", rows, "next_ms", (json_int_t)next_ms,
                     "zone_min", zone_min);
}

static json_t *stands(const char *why)
{
    return json_pack("{s:b,s:s}", "stands", *why == '\0', "why", why);
}

json_t *standing_of(struct book *book, const char *record, const char *as, int64_t now_ms)
{
    const struct person *second =
        as == NULL ? NULL : people_find(&book->people, slice_of(as));
    size_t len = strlen(record) / 2;
    struct fault fault = {0};

    if (as != NULL && second == NULL) {
        (void)fault_set(&fault,
                        FAULT_FORMAT,
                        "UNKNOWN_KEY: %s was never appointed",
                        code_valid(slice_of(as)) ? as : "that person");
        return stands(fault.text);
    }
    uint8_t *bytes = memory_resize(NULL, len + 1, 1);
    if (!hex_read(record, bytes, len)) {
        len = 0; /* which is no proposal */
    }
    bool good = book_check_proposal(
        book, (slice_t){(const char *)bytes, (uint32_t)len}, second, now_ms, &fault);
    free(bytes);
    return stands(good ? "" : fault.text);
}

/* "store:terminal:number" */
static bool reference_of(const char *text, struct event_ref *ret_of)
{
    const char *first = strchr(text, ':');
    const char *second = first == NULL ? NULL : strchr(first + 1, ':');
    char *end = NULL;

    if (second == NULL || second[1] < '1' || second[1] > '9') {
        return false;
    }
    ret_of->store = (slice_t){text, (uint32_t)(first - text)};
    ret_of->terminal = (slice_t){first + 1, (uint32_t)(second - first - 1)};
    ret_of->number = strtoull(second + 1, &end, 10);
    return *end == '\0' && ret_of->number < 1ULL << 53 && code_valid(ret_of->store) &&
           code_valid(ret_of->terminal);
}

static json_t *event_json(const struct hq_reverse *of)
{
    return json_pack("{s:s#,s:o}", "store", of->store.text, (int)of->store.len, "event",
                     hex_json(of->event.text, of->event.len));
}

json_t *standing_reversal(struct book *book, const char *of, int64_t at_ms)
{
    struct event_ref event = {0};
    struct hq_reverse reverse;
    struct fault fault = {0};

    if (!reference_of(of, &event)) {
        return json_pack("{s:s}", "error", "an event is written STORE:TERMINAL:NUMBER");
    }
    if (!book_compose_reversal(book, &event, at_ms, &reverse, &fault)) {
        return json_pack("{s:s}", "error", fault.text);
    }
    return event_json(&reverse);
}

json_t *standing_reversals(struct book *book, const json_t *of, int64_t at_ms)
{
    json_t *rows = json_array();
    const json_t *one = NULL;
    size_t i = 0;

    json_array_foreach(of, i, one)
    {
        const char *name = json_string_value(one);
        json_t *row = standing_reversal(book, name == NULL ? "" : name, at_ms);
        json_object_set_new(row, "of", json_string(name == NULL ? "" : name));
        json_object_set_new(row, "at_ms", json_integer((json_int_t)at_ms));
        json_array_append_new(rows, row);
        at_ms++;
    }
    return json_pack("{s:o}", "rows", rows);
}

json_t *standing_suspended(struct book *book, const char *of)
{
    struct event_ref event = {0};
    struct hq_reverse item;
    struct fault fault = {0};

    if (!reference_of(of, &event)) {
        return json_pack("{s:s}", "error", "an event is written STORE:TERMINAL:NUMBER");
    }
    if (!book_compose_suspense(book, &event, &item, &fault)) {
        return json_pack("{s:s}", "error", fault.text);
    }
    return event_json(&item);
}

json_t *standing_moves(const struct book *book)
{
    const struct moves *moves = &book->state.members.moves;
    json_t *rows = json_array();
    char day[DAY_TEXT_SIZE];

    for (uint32_t i = 0; i < moves->count; i++) {
        const struct move *move = &moves->list[i];
        day_format(move->day, day);
        json_array_append_new(
            rows, json_pack("{s:o,s:o,s:s,s:b}", "from", json_sprintf("%" PRIu64, move->from),
                            "into", json_sprintf("%" PRIu64, move->into), "day", day, "replaced",
                            move->replaced));
    }
    return json_pack("{s:o}", "moves", rows);
}
