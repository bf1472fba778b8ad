#include "tools/hq/undoing.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "proto/codec/encode.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/node/files.h"
#include "tools/text.h"

#define FILE_LEN_MAX (256U << 20)
#define ASKED_AT_ONCE 100 /* a daemon's writer answers them: stores wait so long */
#define REF_SIZE (2 * (CODE_LEN_MAX + 1) + 24)

/* What becomes of a file's events. */
struct upload {
    const struct undoing *undoing;
    json_t *events;   /* "store:terminal:number", newest first */
    json_t *names;    /* the same as keys */
    json_t *waiting;  /* event -> id of the proposal that would undo it */
    json_t *rows;     /* what can be undone: {"of","at_ms","store","event"} */
    uint32_t unnamed; /* lines without terminal and number */
    uint32_t proposed; /* before */
    uint32_t strange; /* not in the ledger: refused, or never sent */
    uint32_t undone;  /* before */
    uint32_t blocked;
};

/* --- the file --- */

/* Take a line's event in. Newest first, and each once: the file is as the store published it. */
static void take_line(struct upload *upload, const char *text, uint32_t line)
{
    json_t *object = json_loads(text, 0, NULL);
    const char *terminal = json_string_value(json_object_get(object, "terminal"));
    json_int_t number = json_integer_value(json_object_get(object, "number"));
    char ref[REF_SIZE];

    if (terminal == NULL || number <= 0 || strlen(terminal) > CODE_LEN_MAX) {
        fprintf(stderr,
                _("%s:%" PRIu32 ": no event with a terminal and a number: undo it by its receipt's "
                  "reference (allclear reverse)\n"),
                upload->undoing->file, line);
        upload->unnamed++;
    } else {
        (void)snprintf(ref, sizeof ref, "%.*s:%s:%" JSON_INTEGER_FORMAT, CODE_LEN_MAX,
                       upload->undoing->store, terminal, number);
        if (json_object_get(upload->names, ref) == NULL) {
            json_object_set_new(upload->names, ref, json_true());
            json_array_append_new(upload->events, json_string(ref));
        }
    }
    json_decref(object);
}

static void turn_round(json_t *events)
{
    json_t *copy = json_copy(events);

    json_array_clear(events);
    for (size_t i = json_array_size(copy); i-- > 0;) {
        json_array_append(events, json_array_get(copy, i));
    }
    json_decref(copy);
}

static bool read_file(struct upload *upload, struct fault *ret_fault)
{
    char *text = NULL;
    size_t len = 0;
    uint32_t number = 0;

    if (!files_read(upload->undoing->file, FILE_LEN_MAX, &text, &len, ret_fault)) {
        return false;
    }
    for (char *line = text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        if (end != NULL) {
            *end = '\0';
        }
        number++;
        if (line[strspn(line, " \t\r")] != '\0') {
            take_line(upload, line, number);
        }
        line = end == NULL ? NULL : end + 1;
    }
    free(text);
    turn_round(upload->events);
    return true;
}

/* --- what the ledger says --- */

/* A refund that was undone leaves more of its sale: a proposal that no longer fits is made anew. */
static bool stands(const struct upload *upload, const struct proposal *proposal)
{
    char *hex = memory_resize(NULL, 2 * proposal->len + 1, 1);
    struct fault fault = {0};

    hex_write(proposal->bytes, proposal->len, hex);
    json_t *answer = inquire_request(
        upload->undoing->dir, json_pack("{s:s,s:s}", "verb", "standing", "record", hex), &fault);
    bool good = json_is_true(json_object_get(answer, "stands"));
    free(hex);
    json_decref(answer);
    return good;
}

/* Take a proposal away that no longer stands; a check only counts it as gone. */
static bool gone(const struct upload *upload, const char *id)
{
    return upload->undoing->check || proposals_remove(upload->undoing->dir, id, NULL);
}

/* Which events have a proposal already: the command was given before. */
static void find_waiting(struct upload *upload)
{
    static struct proposal proposal;
    static struct event event;
    json_t *ids = proposals_list(upload->undoing->dir);
    json_t *id = NULL;
    struct decode_fault fault;
    char ref[REF_SIZE];
    size_t i = 0;

    json_array_foreach(ids, i, id)
    {
        if (proposals_read(upload->undoing->dir, json_string_value(id), &proposal, NULL) &&
            proposal.body.type == HQ_REVERSE &&
            decode_event(proposal.body.reverse.event, &event, &fault)) {
            (void)snprintf(ref, sizeof ref, "%.*s:%.*s:%" PRIu64, (int)event.of.store.len,
                           event.of.store.text, (int)event.of.terminal.len, event.of.terminal.text,
                           event.of.number);
            if (json_object_get(upload->names, ref) == NULL) {
                continue;
            }
            if (stands(upload, &proposal) || !gone(upload, json_string_value(id))) {
                json_object_set(upload->waiting, ref, id);
            }
        }
    }
    json_decref(ids);
}

static bool begins(const char *text, const char *name)
{
    return strncmp(text, name, strlen(name)) == 0 && text[strlen(name)] == ':';
}

static void sort_row(struct upload *upload, json_t *row)
{
    const char *error = json_string_value(json_object_get(row, "error"));

    if (error == NULL) {
        json_array_append(upload->rows, row);
    } else if (begins(error, "UNKNOWN_ORIGINAL")) {
        upload->strange++;
    } else if (begins(error, "VOIDED") || begins(error, "REFUNDED")) {
        upload->undone++;
    } else {
        fprintf(stderr, "allclear reverse: %s\n", error);
        upload->blocked++;
    }
}

/* Ask about `part`, whose instants begin with at_ms. */
static bool ask_part(struct upload *upload, json_t *part, int64_t at_ms, struct fault *ret_fault)
{
    json_t *answer = inquire_request(
        upload->undoing->dir,
        json_pack("{s:s,s:O,s:I}", "verb", "reversals", "of", part, "at_ms", (json_int_t)at_ms),
        ret_fault);
    json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        sort_row(upload, row);
    }
    json_decref(answer);
    return answer != NULL;
}

static bool ask(struct upload *upload, struct fault *ret_fault)
{
    json_t *head = inquire(upload->undoing->dir, "head", ret_fault);
    json_t *part = json_array();
    json_t *event = NULL;
    bool good = head != NULL;
    size_t i = 0;
    int64_t at_ms = proposals_next_ms(
        upload->undoing->dir,
        json_integer_value(json_object_get(json_object_get(head, "people"), "next_ms")));

    json_array_foreach(upload->events, i, event)
    {
        if (json_object_get(upload->waiting, json_string_value(event)) != NULL) {
            upload->proposed++;
        } else {
            json_array_append(part, event);
        }
        bool last = i + 1 == json_array_size(upload->events);
        if (good && json_array_size(part) > 0 && (last || json_array_size(part) == ASKED_AT_ONCE)) {
            good = ask_part(upload, part, at_ms, ret_fault);
            at_ms += (int64_t)json_array_size(part);
            json_array_clear(part);
        }
    }
    json_decref(part);
    json_decref(head);
    return good;
}

/* --- proposing --- */

static bool propose_row(struct upload *upload, struct submit *submit, const json_t *row,
                        struct fault *ret_fault)
{
    static uint8_t event[EVENT_BYTES_MAX];
    const char *store = json_string_value(json_object_get(row, "store"));
    const char *hex = json_string_value(json_object_get(row, "event"));
    size_t len = hex == NULL ? 0 : strlen(hex) / 2;
    char id[PROPOSAL_ID_SIZE];

    if (store == NULL || len == 0 || len > sizeof event || !hex_read(hex, event, len)) {
        return fault_set(ret_fault, FAULT_FORMAT, "the answer is no reversal");
    }
    struct hq_body body = {
        .type = HQ_REVERSE,
        .created_ms = json_integer_value(json_object_get(row, "at_ms")),
        .reverse = {.store = slice_of(store),
                    .event = (slice_t){(const char *)event, (uint32_t)len}},
    };
    if (!submit_propose(submit, &body, id, ret_fault)) {
        return false;
    }
    json_object_set_new(upload->waiting, json_string_value(json_object_get(row, "of")),
                        json_string(id));
    return true;
}

/* The proposals of the file's events, in its order: those too that were there before. */
static json_t *set_of(const struct upload *upload)
{
    json_t *ids = json_array();
    const json_t *event = NULL;
    size_t i = 0;

    json_array_foreach(upload->events, i, event)
    {
        json_t *id = json_object_get(upload->waiting, json_string_value(event));
        if (id != NULL) {
            json_array_append(ids, id);
        }
    }
    return ids;
}

static int propose(struct upload *upload)
{
    struct fault fault = {0};
    char set[PROPOSAL_ID_SIZE];
    const json_t *row = NULL;
    size_t i = 0;
    struct submit *submit = submit_open(upload->undoing->dir, upload->undoing->reason, &fault);
    bool good = submit != NULL;

    json_array_foreach(upload->rows, i, row)
    {
        good = good && propose_row(upload, submit, row, &fault);
    }
    submit_close(submit);
    json_t *ids = set_of(upload);
    size_t count = json_array_size(ids);
    good = good && (count == 0 || proposals_put_set(upload->undoing->dir, ids, set, &fault));
    json_decref(ids);
    if (!good) {
        return home_complain("reverse", &fault);
    }
    if (count == 0) {
        fputs(_("Nothing is left to undo.\n"), stdout);
        return EX_OK;
    }
    printf(_("Set %s, newest first; events to be undone: %zu.\n"
             "A checker goes on with: allclear approve --set %s --as PERSON\n"
             "Then give this command again: it says what is left. The numbers are spent: what is right "
             "goes\n"
             "under new ones.\n"),
           set, count, set);
    return EX_OK;
}

static int decide(struct upload *upload)
{
    const struct undoing *undoing = upload->undoing;

    printf(_("%s: %zu can be undone, %" PRIu32 " are proposed already, %" PRIu32
             " were undone before, %" PRIu32 " the ledger has not accepted, %" PRIu32
             " cannot be undone\n"),
           undoing->file, json_array_size(upload->rows), upload->proposed, upload->undone,
           upload->strange, upload->blocked + upload->unnamed);
    bool whole = upload->blocked + upload->unnamed == 0;
    if (undoing->check) {
        return whole ? EX_OK : EX_DATAERR;
    }
    if (!whole && !undoing->what_can) {
        fputs(_("allclear reverse: nothing was proposed: leave out what cannot be undone with "
                "--what-can\n"),
              stderr);
        return EX_DATAERR;
    }
    return propose(upload);
}

int undoing_upload(const struct undoing *undoing)
{
    struct upload upload = {.undoing = undoing,
                            .events = json_array(),
                            .names = json_object(),
                            .waiting = json_object(),
                            .rows = json_array()};
    struct fault fault = {0};
    int code = EX_OK;

    if (!read_file(&upload, &fault)) {
        code = home_complain("reverse", &fault);
    } else {
        find_waiting(&upload);
        code = ask(&upload, &fault) ? decide(&upload) : home_complain("reverse", &fault);
    }
    json_decref(upload.events);
    json_decref(upload.names);
    json_decref(upload.waiting);
    json_decref(upload.rows);
    return code;
}
