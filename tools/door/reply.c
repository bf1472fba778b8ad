#include "tools/door/reply.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/node/tally.h"
#include "tools/text.h"

#define REF_SIZE (2 * (CODE_LEN_MAX + 1) + 24)

/* Whatever a text holds, it becomes one: what comes from outside may not be UTF-8. */
static json_t *text_json(const char *text)
{
    json_t *value = json_string(text);

    return value != NULL ? value : json_string("?");
}

static struct http_reply object_reply(unsigned status, json_t *root)
{
    char *text = json_dumps(root, JSON_COMPACT);

    json_decref(root);
    CHECK(text != NULL);
    return (struct http_reply){.status = status, .text = text, .len = strlen(text)};
}

struct http_reply reply_error(unsigned status, const char *error, const char *remedy)
{
    json_t *root = json_object();

    (void)json_object_set_new(root, "error", text_json(error));
    (void)json_object_set_new(root, "remedy", text_json(remedy));
    return object_reply(status, root);
}

struct http_reply reply_silent(const char *why)
{
    struct http_reply reply =
        reply_error(REPLY_UNAVAILABLE, why, _("ask again later; the node connects by itself"));

    reply.retry_after_s = REPLY_AGAIN_S;
    return reply;
}

static void set_event(json_t *row, const code_t *store, const code_t *terminal, uint64_t number)
{
    char text[REF_SIZE];

    (void)snprintf(text, sizeof text, "%s:%s:%" PRIu64, store->text, terminal->text, number);
    (void)json_object_set_new(row, "event", number == 0 ? json_null() : json_string(text));
}

static void set_outcome(json_t *row, outcome_t outcome, outcome_t reason)
{
    (void)json_object_set_new(
        row, "outcome",
        json_string(outcome == OUTCOME_NONE ? "PENDING" : tally_outcome_name(outcome)));
    if (reason != OUTCOME_NONE) {
        (void)json_object_set_new(row, "detail", json_string(tally_outcome_name(reason)));
    }
}

static void set_word(json_t *row, const char *outcome, const char *detail)
{
    (void)json_object_set_new(row, "outcome", json_string(outcome));
    (void)json_object_set_new(row, "detail", text_json(detail));
}

static void set_line(json_t *row, const struct sheet_line *line)
{
    char detail[LINES_REASON_LEN + 32];

    switch (line->state) {
    case SHEET_BAD:
        (void)snprintf(detail, sizeof detail, "line %" PRIu32 ": %s", line->line, line->detail);
        set_word(row, "BAD_LINE", detail);
        return;
    case SHEET_NEW:
    case SHEET_UNSENT:
        set_word(row, "UNSENT",
                 _("headquarters could not be asked: nothing was sent and nothing will be"));
        return;
    case SHEET_OPEN:
        set_outcome(row, OUTCOME_NONE, OUTCOME_NONE);
        return;
    case SHEET_ANSWERED:
        set_outcome(row, line->outcome, line->reason);
        return;
    case SHEET_REUSED:
        set_word(row, "NUMBER_REUSED", _("another event has this number"));
        return;
    }
}

struct http_reply reply_sheet(const code_t *store, const code_t *terminal,
                              const struct sheet *sheet)
{
    struct http_reply reply = {
        .status = sheet_has(sheet, SHEET_OPEN) ? REPLY_ACCEPTED : REPLY_OK,
        .type = HTTP_JSON_LINES,
    };
    FILE *out = open_memstream(&reply.text, &reply.len);

    CHECK(out != NULL);
    for (uint32_t i = 0; i < sheet->count; i++) {
        json_t *row = json_object();
        set_event(row, store, terminal, sheet->lines[i].number);
        set_line(row, &sheet->lines[i]);
        CHECK(json_dumpf(row, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF);
        json_decref(row);
    }
    CHECK(fclose(out) == 0);
    return reply;
}

struct http_reply reply_event(const code_t *store, const code_t *terminal, uint64_t number,
                              outcome_t outcome, outcome_t reason)
{
    json_t *row = json_object();

    set_event(row, store, terminal, number);
    set_outcome(row, outcome, reason);
    return object_reply(REPLY_OK, row);
}

struct http_reply reply_document(slice_t document)
{
    char *text = strndup(document.text, document.len);

    CHECK(text != NULL);
    return (struct http_reply){.status = REPLY_OK, .text = text, .len = document.len};
}

struct http_reply reply_health(const code_t *store, const struct reply_health *health)
{
    json_t *root = json_object();

    (void)json_object_set_new(root, "store", json_string(store->text));
    (void)json_object_set_new(root, "connected",
                              json_boolean(strcmp(health->state, "connected") == 0));
    (void)json_object_set_new(root, "state", json_string(health->state));
    if (health->detail[0] != '\0') {
        (void)json_object_set_new(root, "detail", text_json(health->detail));
    }
    (void)json_object_set_new(root, "pending", json_integer((json_int_t)health->pending));
    (void)json_object_set_new(root, "oldest_pending_s",
                              health->oldest_pending_s < 0
                                  ? json_null()
                                  : json_integer(health->oldest_pending_s));
    return object_reply(REPLY_OK, root);
}
