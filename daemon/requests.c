/* What headquarters asks through the control socket (daemon/control.h lists it). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "daemon/answers.h"
#include "daemon/invites.h"
#include "daemon/server.h"
#include "proto/codec/terms_codec.h"
#include "tools/people/standing.h"
#include "tools/render/board_json.h"
#include "tools/render/statement.h"
#include "tools/render/disputes.h"
#include "tools/render/suspense_json.h"
#include "tools/render/hex_json.h"

/* Returns: the bytes of a hex text, which the caller frees; NULL: not one. */
static uint8_t *of_hex(const char *text, size_t *ret_len)
{
    size_t len = text == NULL ? 0 : strlen(text) / 2;
    uint8_t *bytes = memory_resize(NULL, len + 1, 1);

    if (text == NULL || !hex_read(text, bytes, len)) {
        free(bytes);
        return NULL;
    }
    *ret_len = len;
    return bytes;
}

/* Where the requests to join are listed. */
struct joining {
    const struct server *server;
    json_t *rows;
};

static void add_join(void *context, slice_t store, const uint8_t request[JOIN_LEN])
{
    const struct joining *joining = context;
    const struct server *server = joining->server;
    uint8_t id[SIGN_KEY_ID_LEN];
    json_t *row = json_object();

    sign_key_id(request, id);
    if (book_store_of_key(server->book, id).n != STORE_NONE.n) {
        joins_remove(server->options->dir, store); /* it has been approved */
        json_decref(row);
        return;
    }
    json_object_set_new(row, "store", json_stringn(store.text, store.len));
    json_object_set_new(row, "public", hex_json(request, 32));
    json_object_set_new(row, "transport", hex_json(request + 32, 32));
    json_object_set_new(row, "possession", hex_json(request + 64, 64));
    json_array_append_new(joining->rows, row);
}

static json_t *store_row(const struct server *server, uint32_t number)
{
    const struct book *book = server->book;
    const struct registry *registry = &book->state.registry;
    participant_t owner = registry_owner(registry, (store_t){number});
    const struct stream *stream =
        number < book->stream_capacity ? &book->streams[number] : NULL;
    bool keyed = stream != NULL && stream->has_key;
    json_t *row = json_object();

    json_object_set_new(row, "store", json_string(registry->store_codes.codes[number].text));
    json_object_set_new(
        row, "participant", json_string(registry_participant_code(registry, owner)->text));
    json_object_set_new(row, "key_id", keyed ? hex_json(stream->key_id, 32) : json_null());
    json_object_set_new(
        row, "transport", keyed ? hex_json(stream->transport_key, 32) : json_null());
    json_object_set_new(
        row, "next", json_integer(stream == NULL ? 1 : (json_int_t)stream->next));
    static const uint8_t none[DIGEST_LEN];
    json_object_set_new(row, "last", hex_json(stream == NULL ? none : stream->last, DIGEST_LEN));
    json_object_set_new(
        row, "frozen", json_boolean(stream != NULL && stream->frozen_from != 0));
    json_object_set_new(row, "evidence",
                        stream == NULL || stream->evidence == 0
                            ? json_null()
                            : json_integer((json_int_t)stream->evidence));
    bool summed = number < book->state.positions.store_capacity;
    json_object_set_new(
        row,
        "events",
        json_integer(summed ? (json_int_t)book->state.positions.stores[number].events : 0));
    return row;
}

static json_t *head(struct server *server)
{
    struct book *book = server->book;
    json_t *root = json_object();
    json_t *stores = json_array();
    json_t *joins = json_array();
    json_t *cycles = json_array();
    char day[DAY_TEXT_SIZE];
    char address[512];
    const char *colon = strrchr(server->options->address, ':');

    snprintf(address, sizeof address, "%.*s:%u", (int)(colon - server->options->address),
             server->options->address, server->keeper.port);
    json_object_set_new(root, "network", hex_json(book->network, sizeof book->network));
    json_object_set_new(root, "alliance", json_string(book->alliance.text));
    json_object_set_new(root, "hq_number", json_integer((json_int_t)book->hq_number));
    json_object_set_new(root, "test", json_boolean(book->test_clock));
    json_object_set_new(root, "now_ms", json_integer(server_now(server)));
    day_format(book->state.open_day, day);
    json_object_set_new(root, "open_day", json_string(day));
    day_format(book->cycle_from, day);
    json_object_set_new(root, "cycle_from", json_string(day));
    json_object_set_new(root, "records", json_integer((json_int_t)book->records));
    json_object_set_new(root, "accepted", json_integer((json_int_t)book->state.accepted));
    json_object_set_new(root, "waiting", json_integer(book->state.waiting.live));
    json_object_set_new(root, "refused", json_integer(book->refused.count));
    json_object_set_new(root, "members", json_integer((json_int_t)book->state.members.count));
    json_object_set_new(root, "address", json_string(address));
    json_object_set_new(root, "server_key", hex_json(server->options->transport_public, 32));
    json_object_set_new(root, "ledger_key", hex_json(server->options->ledger_public, 32));
    for (uint32_t i = 0; i < book->state.registry.store_codes.count; i++) {
        json_array_append_new(stores, store_row(server, i));
    }
    struct joining joining = {server, joins};
    joins_each(server->options->dir, add_join, &joining);
    for (uint32_t i = 0; i < book->cycle_count; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "cycle", json_string(book->cycles[i].id.text));
        day_format(book->cycles[i].from, day);
        json_object_set_new(row, "from", json_string(day));
        day_format(book->cycles[i].to, day);
        json_object_set_new(row, "to", json_string(day));
        json_object_set_new(row, "dispute_days", json_integer(book_dispute_days(book)));
        if (book->cycles[i].missing > 0) {
            json_object_set_new(row, "missing", json_integer(book->cycles[i].missing));
            json_object_set_new(row, "incomplete", json_string(book->cycles[i].incomplete));
        }
        json_array_append_new(cycles, row);
    }
    json_object_set_new(root, "stores", stores);
    json_object_set_new(root, "joins", joins);
    json_object_set_new(root, "cycles", cycles);
    json_object_set_new(root, "people", standing_people(book, server_now(server)));
    return root;
}

/* Reads the whole state: some tenths of a second for a million members, in which nobody is
 * served. */
static json_t *state_digest(const struct server *server)
{
    uint8_t digest[DIGEST_LEN];

    book_digest(server->book, digest);
    return json_pack("{s:I,s:o}", "records", (json_int_t)server->book->records, "digest",
                     hex_json(digest, sizeof digest));
}

static json_t *refusal(const char *text)
{
    return json_pack("{s:s}", "error", text);
}

static void request_record(struct server *server, uint32_t client, const json_t *request)
{
    struct fault fault = {0};
    size_t len = 0;
    uint8_t *bytes = of_hex(json_string_value(json_object_get(request, "record")), &len);
    uint64_t index = server->book->records;

    if (server->disk.state == DISK_FULL) {
        server_hold_json(server, client,
                         refusal("busy: the disk is full: make room in the data folder's file "
                                 "system, then try again"));
    } else if (bytes == NULL || !ledger_has_room(server->ledger)) {
        server_hold_json(
            server, client, refusal(bytes == NULL ? "record: not hex" : "busy: try again"));
    } else if (!ledger_take_hq(server->ledger,
                               (slice_t){(const char *)bytes, (uint32_t)len},
                               server_now(server),
                               0,
                               &fault)) {
        server_hold_json(server, client, refusal(fault.text));
    } else {
        server->keeper.keys_due = true; /* it may have approved or revoked one */
        server_hold_json(server, client, json_pack("{s:I}", "index", (json_int_t)index));
    }
    free(bytes);
}

static json_t *request_invite(struct server *server, const json_t *request)
{
    const char *store = json_string_value(json_object_get(request, "store"));
    struct fault fault = {0};
    size_t len = 0;
    uint8_t *key = of_hex(json_string_value(json_object_get(request, "public")), &len);
    json_t *answer = NULL;

    if (store == NULL || key == NULL || len != 32 ||
        registry_find_store(&server->book->state.registry, slice_of(store)).n == STORE_NONE.n) {
        answer = refusal("invite: a store of the alliance and a key of 32 bytes are needed");
    } else if (!invites_put(server->options->dir, slice_of(store), key, &fault)) {
        answer = refusal(fault.text);
    } else {
        server->keeper.keys_due = true;
        answer = json_pack("{s:b}", "ok", 1);
    }
    free(key);
    return answer;
}

static json_t *request_terms(struct server *server)
{
    const struct state *state = &server->book->state;
    struct registry_place place = {0};
    json_t *root = json_object();
    json_t *rows = json_array();
    uint8_t *bytes = memory_resize(NULL, HQ_BODY_LEN_MAX, 1);
    size_t len = 0;

    while ((len = terms_codec_encode_registry(&state->registry, &place, bytes, 32768)) > 0) {
        json_array_append_new(rows, hex_json(bytes, len));
    }
    json_object_set_new(root, "registry", rows);
    if (state->terms_count > 0) {
        len = terms_codec_encode(
            state->terms[state->terms_count - 1], bytes, HQ_BODY_LEN_MAX);
        json_object_set_new(root, "terms", hex_json(bytes, len));
    }
    free(bytes);
    return root;
}

static json_t *request_report(struct server *server, const json_t *request, bool statement)
{
    const char *cycle = json_string_value(json_object_get(request, "cycle"));
    const char *participant = json_string_value(json_object_get(request, "participant"));
    struct fault fault = {0};
    json_t *report = answer_report(server->book, server->options->dir, cycle, &fault);

    if (report == NULL) {
        return refusal(fault.text);
    }
    if (!statement) {
        return json_pack("{s:o}", "report", report);
    }
    json_t *part = participant == NULL ? NULL : statement_of(report, participant, NULL);
    json_decref(report);
    return part == NULL ? refusal("there is no such participant")
                        : json_pack("{s:o}", "statement", part);
}

/* The board, with what each store's node says it is. */
static json_t *request_board(const struct server *server)
{
    struct board board;
    size_t i = 0;
    json_t *row = NULL;

    if (server->book->state.terms_count == 0) {
        return refusal("board: there are no terms yet");
    }
    book_board(server->book, &board);
    json_t *root = board_json(&board);
    json_array_foreach(json_object_get(root, "stores"), i, row)
    {
        uint32_t store = board.stores[i].n;
        json_object_set_new(
            row,
            "node",
            json_string(store < server->agent_capacity ? server->agents[store] : ""));
    }
    board_deinit(&board);
    return root;
}

/* What the daemon itself is short of; the ledger knows nothing of it. */
static json_t *health(const struct server *server)
{
    return json_pack("{s:{s:s,s:I}}", "disk", "state", disk_state_name(server->disk.state),
                     "free_bytes", (json_int_t)server->disk.free_bytes);
}

static json_t *request_backup(struct server *server, const json_t *request)
{
    const char *to = json_string_value(json_object_get(request, "to"));
    struct fault fault = {0};
    uint64_t records = 0;

    if (to == NULL) {
        return refusal("backup: where to?");
    }
    if (!ledger_backup(server->ledger, to, &records, &fault)) {
        return refusal(fault.text);
    }
    return json_pack("{s:I}", "records", (json_int_t)records);
}

void server_take_request(void *context, uint32_t client, const json_t *request)
{
    struct server *server = context;
    const char *verb = json_string_value(json_object_get(request, "verb"));

    verb = verb == NULL ? "" : verb;
    if (strcmp(verb, "record") == 0) {
        request_record(server, client, request);
    } else if (strcmp(verb, "head") == 0) {
        server_hold_json(server, client, head(server));
    } else if (strcmp(verb, "health") == 0) {
        server_hold_json(server, client, health(server));
    } else if (strcmp(verb, "digest") == 0) {
        server_hold_json(server, client, state_digest(server));
    } else if (strcmp(verb, "invite") == 0) {
        server_hold_json(server, client, request_invite(server, request));
    } else if (strcmp(verb, "terms") == 0) {
        server_hold_json(server, client, request_terms(server));
    } else if (strcmp(verb, "positions") == 0 && server->book->state.terms_count > 0) {
        server_hold_json(server, client, answer_positions(server->book));
    } else if (strcmp(verb, "report") == 0 || strcmp(verb, "statement") == 0) {
        server_hold_json(
            server, client, request_report(server, request, strcmp(verb, "statement") == 0));
    } else if (strcmp(verb, "standing") == 0) {
        server_hold_json(server, client, server_standing(server, request));
    } else if (strcmp(verb, "reversal") == 0) {
        server_hold_json(server, client, server_reversal(server, request));
    } else if (strcmp(verb, "reversals") == 0) {
        server_hold_json(server, client, server_reversals(server, request));
    } else if (strcmp(verb, "suspended") == 0) {
        server_hold_json(server, client, server_suspended(server, request));
    } else if (strcmp(verb, "board") == 0) {
        server_hold_json(server, client, request_board(server));
    } else if (strcmp(verb, "suspense") == 0) {
        server_hold_json(server, client,
                         suspense_json(&server->book->suspense, server->book->state.open_day));
    } else if (strcmp(verb, "moves") == 0) {
        server_hold_json(server, client, standing_moves(server->book));
    } else if (strcmp(verb, "disputes") == 0) {
        server_hold_json(server, client,
                         disputes_json(&server->book->state, PARTICIPANT_NONE,
                                       json_is_true(json_object_get(request, "all"))));
    } else if (strcmp(verb, "backup") == 0) {
        server_hold_json(server, client, request_backup(server, request));
    } else {
        server_hold_json(server, client, refusal("unknown verb"));
    }
}
