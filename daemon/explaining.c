#include "daemon/explaining.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/book/door.h"
#include "clearing/crypto/digest.h"
#include "proto/codec/decode.h"
#include "proto/codec/encode.h"
#include "proto/codec/hq.h"
#include "tools/explain/explain.h"
#include "tools/explain/moved.h"
#include "tools/lines/lines.h"
#include "tools/render/disputes.h"
#include "tools/render/hex_json.h"
#include "tools/render/language.h"
#include "tools/render/words.h"

#define WIDTH_MIN 40
#define WIDTH_MAX 400

/* What is asked, and how the answer shall look. */
struct request {
    const char *what; /* as written */
    struct event_ref event;
    struct explain_line line; /* kind 0: the whole event */
    bool json;
    struct look look;
};

/* One event as it stands. Its texts lie in `bytes`. */
struct standing {
    struct past past;
    uint8_t bytes[EVENT_BYTES_MAX];
    struct event event;
    struct effects effects;
    struct claims claims;
    struct cleared cleared;
};

static json_t *refuse(char ret_refusal[141], const char *why)
{
    snprintf(ret_refusal, 141, "%s", why);
    return NULL;
}

/* `what` is cut at its kind; texts of the request live as long as `root`. */
static bool request_read(const json_t *root, struct request *ret_request)
{
    const char *what = json_string_value(json_object_get(root, "what"));
    const char *lang = json_string_value(json_object_get(root, "lang"));
    const char *slash = what == NULL ? NULL : strchr(what, '/');
    json_int_t width = json_integer_value(json_object_get(root, "width"));

    *ret_request = (struct request){
        .what = what,
        .json = json_is_true(json_object_get(root, "json")),
        .look.width = (uint32_t)(width < WIDTH_MIN   ? WIDTH_MIN
                                 : width > WIDTH_MAX ? WIDTH_MAX
                                                     : width),
        .line.only = PARTICIPANT_NONE,
    };
    if (what == NULL || lang == NULL ||
        (slash != NULL && !claim_kind_parse(slice_of(slash + 1), &ret_request->line.kind))) {
        return false;
    }
    slice_t event = {what, (uint32_t)(slash == NULL ? strlen(what) : (size_t)(slash - what))};
    return lines_parse_ref(event, &ret_request->event) && language_answer_in(lang);
}

/* --- the event --- */

/* What it waits for, by its bytes. */
static outcome_t waits_for(const struct state *state, slice_t bytes)
{
    for (uint32_t i = 0; i < state->waiting.count; i++) {
        const struct waiting_event *entry = &state->waiting.list[i];
        if (entry->bytes != NULL &&
            slice_equal(bytes, (slice_t){(const char *)entry->bytes, entry->len})) {
            return entry->reason;
        }
    }
    return OUTCOME_NONE;
}

static bool had_waited(const struct book *book, const struct request *request)
{
    uint64_t key =
        waiting_key(request->event.store, request->event.terminal, request->event.number);

    return map_find(&book->past.released, key) != NULL;
}

/* Find an event by its number, and what it did. False: none that was accepted or waits. */
static bool standing_read(struct book *book, const struct request *request,
                          struct standing *ret_standing)
{
    struct state *state = &book->state;
    store_t store = registry_find_store(&state->registry, request->event.store);
    struct past *past = &ret_standing->past;
    outcome_t outcome = OUTCOME_WAITING;
    outcome_t waiting_for = OUTCOME_NONE;
    struct decode_fault fault;

    if (store.n == STORE_NONE.n ||
        !state->history.find(state->history.context, store, request->event.terminal,
                             request->event.number, past) ||
        past->settled) {
        return false;
    }
    CHECK(past->event.len <= sizeof ret_standing->bytes);
    memcpy(ret_standing->bytes, past->event.text, past->event.len);
    past->event.text = (const char *)ret_standing->bytes;
    CHECK(decode_event(past->event, &ret_standing->event, &fault)); /* it was taken once */
    effects_reset(&ret_standing->effects);
    if (past->seq != 0) {
        struct reader reader = {
            (const uint8_t *)past->results.text, past->results.len, 0, false};
        CHECK(results_read(&reader, &outcome, &waiting_for, &ret_standing->effects));
    } else {
        waiting_for = waits_for(state, past->event);
    }
    claims_derive(&state->members.lots, &ret_standing->effects, &ret_standing->claims);
    ret_standing->cleared = (struct cleared){
        .event = &ret_standing->event,
        .bytes = past->event,
        .store = store,
        .outcome = outcome,
        .waiting_for = waiting_for,
        .released = past->seq != 0 && had_waited(book, request),
        .seq = past->seq,
        .occurred = past->seq != 0 ? ret_standing->effects.occurred
                                   : book_day(book, ret_standing->event.at_ms),
        .booked = past->seq != 0 ? ret_standing->effects.booked : state->open_day,
        .effects = &ret_standing->effects,
        .claims = &ret_standing->claims,
    };
    return true;
}

static bool has_claim(const struct standing *standing, const struct explain_line *line)
{
    for (uint32_t i = 0; i < standing->claims.count; i++) {
        const struct claim *claim = &standing->claims.list[i];
        bool shown = line->only.n == PARTICIPANT_NONE.n || claim->debtor.n == line->only.n ||
                     claim->creditor.n == line->only.n;
        if (shown && (line->kind == 0 || claim->kind == line->kind)) {
            return true;
        }
    }
    return false;
}

/* --- what later events did to it --- */

static void add_later(const struct state *state, uint64_t seq, json_t *rows)
{
    static _Thread_local struct event event;
    outcome_t outcome = OUTCOME_NONE;
    outcome_t waiting_for = OUTCOME_NONE;
    struct effects effects = {0};
    struct decode_fault fault;
    char day[DAY_TEXT_SIZE];
    struct past past;

    state->history.at(state->history.context, seq, &past);
    struct reader reader = {(const uint8_t *)past.results.text, past.results.len, 0, false};
    CHECK(results_read(&reader, &outcome, &waiting_for, &effects));
    CHECK(decode_event(past.event, &event, &fault));
    day_format(effects.booked, day);
    json_array_insert_new(
        rows, 0,
        json_pack("{s:o,s:s,s:s}", "event",
                  json_sprintf("%s:%.*s:%" PRIu64,
                               registry_store_code(&state->registry, past.store)->text,
                               (int)event.terminal.len, event.terminal.text, event.number),
                  "type", event_type_name(event.type), "booked", day));
    effects_deinit(&effects);
}

/* A refund is explained by those that stood before it: how many are looked at. */
#define REFUNDS_MAX 1000

static bool too_many_refunds(const struct state *state, const struct standing *standing)
{
    uint64_t seq = standing->effects.previous_refund;
    struct effects effects = {0};
    uint32_t count = 0;

    for (; seq != 0 && count <= REFUNDS_MAX; count++) {
        outcome_t outcome = OUTCOME_NONE;
        outcome_t waiting_for = OUTCOME_NONE;
        struct past past;
        state->history.at(state->history.context, seq, &past);
        struct reader reader = {(const uint8_t *)past.results.text, past.results.len, 0, false};
        CHECK(results_read(&reader, &outcome, &waiting_for, &effects));
        seq = effects.previous_refund;
    }
    effects_deinit(&effects);
    return count > REFUNDS_MAX;
}

/* The refunds that stand, then the disputes: at most so many, an event may have more. */
#define LATER_MAX 20

static json_t *later_of(const struct state *state, const struct standing *standing,
                        participant_t only)
{
    const struct original *original =
        standing->past.seq == 0 ? NULL : state_original(state, standing->past.seq);
    const struct disputes *disputes = &state->disputes;
    uint64_t seq = original == NULL ? 0 : original->last_refund;
    json_t *rows = json_array();

    for (uint32_t i = disputes->count; i-- > 0 && json_array_size(rows) < LATER_MAX;) {
        if (disputes->list[i].original == standing->past.seq &&
            disputed_concerns(state, &disputes->list[i], only)) {
            add_later(state, disputes->list[i].seq, rows);
        }
    }
    while (seq != 0 && json_array_size(rows) < LATER_MAX) {
        outcome_t outcome = OUTCOME_NONE;
        outcome_t waiting_for = OUTCOME_NONE;
        struct effects effects = {0};
        struct past past;
        add_later(state, seq, rows);
        state->history.at(state->history.context, seq, &past);
        struct reader reader = {(const uint8_t *)past.results.text, past.results.len, 0, false};
        CHECK(results_read(&reader, &outcome, &waiting_for, &effects));
        seq = effects.previous_refund;
        effects_deinit(&effects);
    }
    return rows;
}

/* --- down to what was signed --- */

/* {"record","kind","received_at","key_id","body_sha256"[,"store","sequence"]} */
static json_t *signed_of(struct book *book, uint64_t index)
{
    const struct state *state = &book->state;
    uint8_t digest[DIGEST_LEN];
    char received[INSTANT_TEXT_SIZE];
    struct batch_door door = {0};
    struct hq_record hq;
    struct decode_fault fault;
    struct record record;

    CHECK(record_decode(book->past.source.fetch(book->past.source.context, index), &record, NULL));
    bool batch = record.kind == RECORD_BATCH;
    if (batch ? !door_read(record.payload, &door, NULL)
              : !hq_decode_record(record.payload, &hq, &fault)) {
        return json_null();
    }
    slice_t body = batch ? door.signed_batch.body : hq.body;
    digest_sha256((const uint8_t *)body.text, body.len, digest);
    instant_format(record.received_at_ms, state_terms(state, state->open_day)->days.zone_min,
                   received);
    json_t *root = json_pack(
        "{s:I,s:s,s:s,s:o,s:o}", "record", (json_int_t)index, "kind",
        record_kind_name(record.kind), "received_at", received, "key_id",
        hex_json(batch ? door.signed_batch.key_id : hq.key_id, DIGEST_LEN), "body_sha256",
        hex_json(digest, DIGEST_LEN));
    if (batch) {
        json_object_set_new(root, "store",
                            json_stringn(door.batch.store.text, door.batch.store.len));
        json_object_set_new(root, "sequence", json_integer((json_int_t)door.batch.sequence));
    }
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* Whose card it names: of another store's event nobody is told. */
static uint64_t member_shown(const struct request *request, const struct standing *standing)
{
    return request->line.only.n == PARTICIPANT_NONE.n ? standing->event.member : 0;
}

static void write_later(const json_t *later, FILE *out)
{
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(later, i, row)
    {
        fprintf(out, _("%sLater, on %s: %s %s\n"), i == 0 ? "\n" : "", text_of(row, "booked"),
                words_of_type_named(text_of(row, "type")), text_of(row, "event"));
    }
}

static void write_origin(const json_t *origin, FILE *out)
{
    fprintf(out, _("\nDown to what was signed\n"));
    if (json_object_get(origin, "sequence") != NULL) {
        fprintf(out, _("  store %.*s, batch %" PRIu64 "\n"), (int)strlen(text_of(origin, "store")),
                text_of(origin, "store"),
                (uint64_t)json_integer_value(json_object_get(origin, "sequence")));
    }
    fprintf(out, _("  body     SHA-256 %s\n  key      %s\n"), text_of(origin, "body_sha256"),
            text_of(origin, "key_id"));
    fprintf(out, _("  record   %" PRIu64 ", received %s\n"),
            (uint64_t)json_integer_value(json_object_get(origin, "record")),
            text_of(origin, "received_at"));
}

/* --- the answer --- */

static json_t *answer_json(struct book *book, const struct request *request,
                           const struct standing *standing)
{
    const struct state *state = &book->state;
    json_t *history = json_array();
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    CHECK(out != NULL);
    explain_write_json(state, &standing->cleared, request->line.only, out);
    CHECK(fclose(out) == 0);
    json_array_append_new(history, json_loadb(text, len, 0, NULL));
    free(text);
    if (request->line.kind != 0) {
        out = open_memstream(&text, &len);
        CHECK(out != NULL);
        explain_line_json(state, &standing->cleared, &request->line, out);
        CHECK(fclose(out) == 0);
        json_array_append_new(history, json_loadb(text, len, 0, NULL));
        free(text);
    }
    json_t *answer = json_pack("{s:s,s:o,s:o}", "event", request->what, "history", history, "later",
                               later_of(state, standing, request->line.only));
    json_t *moved = moved_json(state, member_shown(request, standing));
    if (moved != NULL) {
        json_object_set_new(answer, "moved", moved);
    }
    json_object_set_new(answer, "signed", signed_of(book, standing->past.record));
    return answer;
}

static json_t *answer_text(struct book *book, const struct request *request,
                           const struct standing *standing)
{
    const struct state *state = &book->state;
    json_t *later = later_of(state, standing, request->line.only);
    json_t *origin = signed_of(book, standing->past.record);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    CHECK(out != NULL);
    explain_write_text(state, &standing->cleared, request->line.only, &request->look, out);
    if (request->line.kind != 0) {
        explain_line_text(state, &standing->cleared, &request->line, &request->look, out);
    }
    write_later(later, out);
    moved_text(state, member_shown(request, standing), out);
    write_origin(origin, out);
    CHECK(fclose(out) == 0);
    json_t *answer = json_pack("{s:s#}", "text", text, (int)len);
    free(text);
    json_decref(later);
    json_decref(origin);
    return answer;
}

json_t *explaining_answer(struct book *book, store_t store, slice_t body, char ret_refusal[141])
{
    static _Thread_local struct standing standing;
    json_t *root = json_loadb(body.text, body.len, JSON_REJECT_DUPLICATES, NULL);
    struct request request;
    json_t *answer = NULL;

    if (book->state.terms_count == 0 || !request_read(root, &request)) {
        answer = refuse(ret_refusal, "write store:terminal:number or store:terminal:number/kind");
    } else if (!standing_read(book, &request, &standing)) {
        answer = refuse(ret_refusal, "NOT_THERE: no event of that name is accepted or waits");
    } else {
        bool own = standing.cleared.store.n == store.n;
        request.line.only = own ? PARTICIPANT_NONE : registry_owner(&book->state.registry, store);
        if (!own && !has_claim(&standing, &(struct explain_line){0, request.line.only})) {
            answer = refuse(ret_refusal, "NOT_YOURS: neither the event nor a claim of it is yours");
        } else if (request.line.kind != 0 && !has_claim(&standing, &request.line)) {
            answer = refuse(ret_refusal, "NO_SUCH_LINE: the event makes no claim of that kind");
        } else if (too_many_refunds(&book->state, &standing)) {
            answer = refuse(ret_refusal, "TOO_LONG: over 1000 refunds before it: ask headquarters");
        } else {
            answer = (request.json ? answer_json : answer_text)(book, &request, &standing);
        }
    }
    (void)language_answer_in("en");
    json_decref(root);
    return answer;
}
