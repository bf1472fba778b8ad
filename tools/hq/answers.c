#include "tools/hq/answers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/hq.h"
#include "proto/codec/terms_codec.h"
#include "tools/hq/home.h"
#include "clearing/base/hex.h"
#include "tools/people/standing.h"
#include "tools/render/board_json.h"
#include "tools/render/hex_json.h"
#include "tools/render/report_json.h"

#define JOIN_LEN   128 /* public key, transport key, possession */
#define ROWS_BYTES (HQ_BODY_LEN_MAX - 512)

static json_t *code(const code_t *code)
{
    return json_stringn(code->text, code->len);
}

static json_t *day(day_t value)
{
    char text[DAY_TEXT_SIZE];

    day_format(value, text);
    return json_string(text);
}

static json_t *line_of(const char *dir, const char *name)
{
    char line[HOME_ADDRESS_MAX + 2];

    return home_line(dir, name, line, sizeof line) ? json_string(line) : json_null();
}

static json_t *store_row(struct book *book, store_t store)
{
    const struct registry *registry = &book->state.registry;
    const struct positions *positions = &book->state.positions;
    const struct stream *stream = book_stream(book, store);
    uint64_t events =
        store.n < positions->store_capacity ? positions->stores[store.n].events : 0;
    json_t *row = json_object();

    json_object_set_new(row, "store", code(registry_store_code(registry, store)));
    json_object_set_new(
        row,
        "participant",
        code(registry_participant_code(registry, registry_owner(registry, store))));
    json_object_set_new(
        row, "key_id", stream->has_key ? hex_json(stream->key_id, SIGN_KEY_ID_LEN) : json_null());
    json_object_set_new(
        row, "transport", stream->has_key ? hex_json(stream->transport_key, 32) : json_null());
    json_object_set_new(row, "next", json_integer((json_int_t)stream->next));
    json_object_set_new(row, "last", hex_json(stream->last, DIGEST_LEN));
    json_object_set_new(row, "frozen", json_boolean(stream->frozen_from != 0));
    json_object_set_new(row, "evidence",
                        stream->evidence == 0 ? json_null()
                                              : json_integer((json_int_t)stream->evidence));
    json_object_set_new(row, "events", json_integer((json_int_t)events));
    return row;
}

static json_t *stores(struct book *book)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < book->state.registry.store_codes.count; i++) {
        json_array_append_new(rows, store_row(book, (store_t){i}));
    }
    return rows;
}

static json_t *join_row(const char *dir, const char *store)
{
    char name[CODE_LEN_MAX + 16];
    char line[2 * JOIN_LEN + 2];
    uint8_t bytes[JOIN_LEN];

    (void)snprintf(name, sizeof name, "joins/%s", store);
    if (!home_line(dir, name, line, sizeof line) || !hex_read(line, bytes, JOIN_LEN)) {
        return NULL;
    }
    json_t *row = json_object();
    json_object_set_new(row, "store", json_string(store));
    json_object_set_new(row, "public", hex_json(bytes, 32));
    json_object_set_new(row, "transport", hex_json(bytes + 32, 32));
    json_object_set_new(row, "possession", hex_json(bytes + 64, 64));
    return row;
}

static int name_compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static json_t *joins(const char *dir)
{
    char path[FILES_PATH_MAX];
    struct dirent **names = NULL;
    json_t *rows = json_array();
    int count = -1;

    if (files_path(dir, "joins", path, NULL)) {
        count = scandir(path, &names, NULL, name_compare);
    }
    for (int i = 0; i < count; i++) {
        json_t *row =
            code_valid(slice_of(names[i]->d_name)) ? join_row(dir, names[i]->d_name) : NULL;
        if (row != NULL) {
            json_array_append_new(rows, row);
        }
        free(names[i]);
    }
    free(names);
    return rows;
}

static json_t *cycles(const struct book *book)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < book->cycle_count; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "cycle", code(&book->cycles[i].id));
        json_object_set_new(row, "from", day(book->cycles[i].from));
        json_object_set_new(row, "to", day(book->cycles[i].to));
        json_object_set_new(row, "dispute_days", json_integer(book_dispute_days(book)));
        if (book->cycles[i].missing > 0) {
            json_object_set_new(row, "missing", json_integer(book->cycles[i].missing));
            json_object_set_new(row, "incomplete", json_string(book->cycles[i].incomplete));
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

json_t *answers_head(struct book *book, const char *dir)
{
    json_t *head = json_object();
    int64_t now = book->test_clock || home_clock_ms() < book->clock_ms ? book->clock_ms
                                                                       : home_clock_ms();

    json_object_set_new(head, "network", hex_json(book->network, SIGN_NETWORK_LEN));
    json_object_set_new(head, "alliance", code(&book->alliance));
    json_object_set_new(head, "hq_number", json_integer((json_int_t)book->hq_number));
    json_object_set_new(head, "test", json_boolean(book->test_clock));
    json_object_set_new(head, "now_ms", json_integer(now));
    json_object_set_new(head, "open_day", day(book->state.open_day));
    json_object_set_new(head, "cycle_from", day(book->cycle_from));
    json_object_set_new(head, "records", json_integer((json_int_t)book->records));
    json_object_set_new(head, "accepted", json_integer((json_int_t)book->state.accepted));
    json_object_set_new(head, "waiting", json_integer(book->state.waiting.live));
    json_object_set_new(head, "refused", json_integer(book->refused.count));
    json_object_set_new(head, "members", json_integer((json_int_t)book->state.members.count));
    json_object_set_new(head, "address", line_of(dir, "listen"));
    json_object_set_new(head, "server_key", line_of(dir, "keys/gate.pub"));
    json_object_set_new(head, "ledger_key", hex_json(book->ledger_key, SIGN_PUBLIC_LEN));
    json_object_set_new(head, "stores", stores(book));
    json_object_set_new(head, "joins", joins(dir));
    json_object_set_new(head, "cycles", cycles(book));
    json_object_set_new(head, "people", standing_people(book, now));
    return head;
}

json_t *answers_digest(const struct book *book)
{
    uint8_t digest[DIGEST_LEN];

    book_digest(book, digest);
    return json_pack("{s:I,s:o}", "records", (json_int_t)book->records, "digest",
                     hex_json(digest, sizeof digest));
}

/* The report of the open cycle. The book stays as it is (its lists are sorted). */
static void build_open(struct book *book, struct report *ret_report)
{
    report_build(&book->state, &book->refused, &book->late, ret_report);
    ret_report->cycle = "open";
    ret_report->from = book->cycle_from;
    ret_report->to = book->state.open_day;
    ret_report->adjustments = book->adjustments;
}

static json_t *fen(money_sum_t sum)
{
    char text[MONEY_TEXT_SIZE];

    money_sum_format_fen(sum, text);
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    CHECK(value != NULL);
    return value;
}

json_t *answers_positions(struct book *book)
{
    char as_of[INSTANT_TEXT_SIZE];
    struct report report;
    json_t *rows = json_array();
    json_t *answer = json_object();

    build_open(book, &report);
    int32_t zone_min = book->state.terms_count == 0
                           ? 0
                           : state_terms(&book->state, book->state.open_day)->days.zone_min;
    for (uint32_t i = 0; i < report.participant_count; i++) {
        const struct report_participant *row = &report.participants[i];
        json_t *object = json_object();
        json_object_set_new(object,
                            "participant",
                            code(registry_participant_code(report.registry, row->participant)));
        json_object_set_new(object, "in_fen", fen(row->in));
        json_object_set_new(object, "out_fen", fen(row->out));
        json_object_set_new(object, "net_fen", fen(row->net));
        json_array_append_new(rows, object);
    }
    report_deinit(&report);
    instant_format(book->clock_ms, zone_min, as_of);
    json_object_set_new(answer, "as_of", json_string(as_of));
    json_object_set_new(answer, "cycle", json_string("open"));
    json_object_set_new(answer, "positions", rows);
    return answer;
}

char *answers_report_bytes(const struct report *report, size_t *ret_len)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, ret_len);

    CHECK(out != NULL);
    CHECK(report_json_write(report, out));
    CHECK(fclose(out) == 0);
    return bytes;
}

json_t *answers_report(struct book *book)
{
    struct report report;
    size_t len = 0;

    build_open(book, &report);
    char *bytes = answers_report_bytes(&report, &len);
    report_deinit(&report);
    json_t *value = json_loadb(bytes, len, 0, NULL);
    CHECK(value != NULL);
    free(bytes);
    json_t *answer = json_object();
    json_object_set_new(answer, "report", value);
    return answer;
}

json_t *answers_board(const struct book *book)
{
    struct board board;

    if (book->state.terms_count == 0) {
        return json_object(); /* no stores, nothing missing */
    }
    book_board(book, &board);
    json_t *root = board_json(&board);
    board_deinit(&board);
    return root;
}

json_t *answers_terms(struct book *book)
{
    const struct state *state = &book->state;
    struct registry_place place = {0};
    uint8_t *bytes = memory_resize(NULL, RECORD_LEN_MAX, 1);
    json_t *rows = json_array();
    json_t *answer = json_object();
    size_t len = 0;

    while ((len = terms_codec_encode_registry(&state->registry, &place, bytes, ROWS_BYTES)) > 0) {
        json_array_append_new(rows, hex_json(bytes, len));
    }
    CHECK(registry_place_at_end(&state->registry, &place));
    json_object_set_new(answer, "registry", rows);
    len = 0;
    if (state->terms_count > 0) {
        len = terms_codec_encode(state->terms[state->terms_count - 1], bytes, RECORD_LEN_MAX);
        CHECK(len > 0);
    }
    json_object_set_new(answer, "terms", len > 0 ? hex_json(bytes, len) : json_null());
    free(bytes);
    return answer;
}
