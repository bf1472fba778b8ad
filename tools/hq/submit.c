#include "tools/hq/submit.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/book/network.h"
#include "tools/hq/answers.h"
#include "tools/hq/control.h"
#include "clearing/base/hex.h"

/* The report of a cycle that was closed here, until its record is durable. */
struct closed {
    code_t id;
    char *bytes;
    size_t len;
};

struct submit {
    const char *dir;
    const char *reason;
    code_t person;
    struct sign_key *hq_key;
    struct sign_key *ledger_key;
    struct ledger *ledger; /* NULL: a daemon runs */
    uint8_t network[SIGN_NETWORK_LEN];
    uint64_t number; /* of the last record */
    struct closed *closed;
    uint32_t closed_count;
    uint32_t closed_capacity;
    uint8_t body[HQ_BODY_LEN_MAX];
    uint8_t record[HQ_RECORD_BYTES_MAX];
};

static code_t person(void)
{
    const char *name = getenv("ALLCLEAR_PERSON");
    const struct passwd *user = getpwuid(getuid());

    if (name == NULL && user != NULL) {
        name = user->pw_name;
    }
    return name != NULL && code_valid(slice_of(name)) ? code_of(slice_of(name))
                                                      : code_of(slice_of("hq"));
}

static struct submit *submit_new(const char *dir, const char *reason, struct fault *ret_fault)
{
    struct submit *submit = memory_zeroed(1, sizeof *submit);

    submit->dir = dir;
    submit->reason = reason == NULL ? "" : reason;
    submit->person = person();
    submit->hq_key = home_key(dir, "hq.pem", ret_fault);
    if (submit->hq_key == NULL) {
        submit_close(submit);
        return NULL;
    }
    return submit;
}

static void keep_closed(void *context, const struct cycle *cycle, const struct report *report)
{
    struct submit *submit = context;

    MEMORY_GROW(submit->closed, submit->closed_count, submit->closed_capacity);
    struct closed *closed = &submit->closed[submit->closed_count++];
    closed->id = cycle->id;
    closed->bytes = answers_report_bytes(report, &closed->len);
}

static bool open_here(struct submit *submit, struct fault *ret_fault)
{
    struct ledger_options options = {.dir = submit->dir};

    submit->ledger_key = home_key(submit->dir, "ledger.pem", ret_fault);
    if (submit->ledger_key == NULL) {
        return false;
    }
    options.key = submit->ledger_key;
    submit->ledger = ledger_open(&options, NULL, ret_fault);
    if (submit->ledger == NULL) {
        return false;
    }
    struct book *book = ledger_book(submit->ledger);
    book->on_close = keep_closed;
    book->on_close_context = submit;
    memcpy(submit->network, book->network, SIGN_NETWORK_LEN);
    submit->number = book->hq_number;
    return true;
}

static bool take_head(struct submit *submit, json_t *head, struct fault *ret_fault)
{
    const char *network = json_string_value(json_object_get(head, "network"));
    const json_t *number = json_object_get(head, "hq_number");
    bool good = network != NULL && hex_read(network, submit->network, SIGN_NETWORK_LEN) &&
                json_is_integer(number);

    submit->number = (uint64_t)json_integer_value(number);
    json_decref(head);
    return good || fault_set(ret_fault, FAULT_FORMAT, "the daemon's head lacks its network");
}

struct submit *submit_open(const char *dir, const char *reason, struct fault *ret_fault)
{
    struct submit *submit = submit_new(dir, reason, ret_fault);
    json_t *head = NULL;
    bool good = false;

    if (submit == NULL) {
        return NULL;
    }
    switch (control_ask(dir, json_pack("{s:s}", "verb", "head"), &head, ret_fault)) {
    case CONTROL_ANSWERED:
        good = take_head(submit, head, ret_fault);
        break;
    case CONTROL_NOBODY:
        good = open_here(submit, ret_fault);
        break;
    case CONTROL_REFUSED:
    case CONTROL_BROKEN:
        break;
    }
    if (!good) {
        submit_close(submit);
        return NULL;
    }
    return submit;
}

struct submit *submit_create(const char *dir, const struct hq_init *init,
                             uint8_t ret_network[SIGN_NETWORK_LEN], struct fault *ret_fault)
{
    struct submit *submit = submit_new(dir, NULL, ret_fault);
    uint8_t hq_public[SIGN_PUBLIC_LEN];
    uint8_t ledger_public[SIGN_PUBLIC_LEN];
    struct hq_body body = {.type = HQ_INIT, .init = *init, .created_ms = home_clock_ms()};

    if (submit == NULL) {
        return NULL;
    }
    submit->ledger_key = home_key(dir, "ledger.pem", ret_fault);
    if (submit->ledger_key == NULL) {
        submit_close(submit);
        return NULL;
    }
    sign_key_public(submit->hq_key, hq_public);
    sign_key_public(submit->ledger_key, ledger_public);
    body.init.hq_key = hq_public;
    body.init.ledger_key = ledger_public;
    network_id(&body.init, body.created_ms, submit->network);
    struct ledger_options options = {
        .dir = dir, .key = submit->ledger_key, .create = true, .network = submit->network};
    submit->ledger = ledger_open(&options, NULL, ret_fault);
    if (submit->ledger == NULL || !submit_put(submit, &body, ret_fault)) {
        submit_close(submit);
        return NULL;
    }
    memcpy(ret_network, submit->network, SIGN_NETWORK_LEN);
    return submit;
}

/* Write and sign. Returns: the record's length; 0 when it does not fit. */
static size_t seal(struct submit *submit, struct hq_body *body)
{
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];

    body->network = submit->network;
    body->number = submit->number + 1;
    body->created_ms = body->created_ms != 0 ? body->created_ms : home_clock_ms();
    body->person = code_slice(&submit->person);
    body->reason = slice_of(submit->reason);
    size_t len = hq_encode_body(body, submit->body, sizeof submit->body);
    if (len == 0) {
        return 0;
    }
    slice_t bytes = {(const char *)submit->body, (uint32_t)len};
    sign_key_public(submit->hq_key, public_key);
    sign_key_id(public_key, key_id);
    sign_message(submit->hq_key, SIGN_RECORD, submit->network, bytes, signature);
    struct hq_record record = {.body = bytes, .key_id = key_id, .signature = signature};
    return hq_encode_record(&record, submit->record, sizeof submit->record);
}

static bool put_here(struct submit *submit, slice_t bytes, struct fault *ret_fault)
{
    if (!ledger_has_room(submit->ledger) &&
        !ledger_flush(submit->ledger, ledger_now(submit->ledger, home_clock_ms()), ret_fault)) {
        return false;
    }
    return ledger_take_hq(
        submit->ledger, bytes, ledger_now(submit->ledger, home_clock_ms()), 0, ret_fault);
}

static bool put_there(struct submit *submit, slice_t bytes, struct fault *ret_fault)
{
    char *hex = memory_resize(NULL, 2 * (size_t)bytes.len + 1, 1);
    json_t *answer = NULL;

    hex_write((const uint8_t *)bytes.text, bytes.len, hex);
    json_t *request = json_pack("{s:s,s:s}", "verb", "record", "record", hex);
    free(hex);
    switch (control_ask(submit->dir, request, &answer, ret_fault)) {
    case CONTROL_ANSWERED:
        json_decref(answer);
        return true;
    case CONTROL_NOBODY:
        return fault_set(ret_fault, FAULT_IO, "the daemon has ended meanwhile: try again");
    case CONTROL_REFUSED:
    case CONTROL_BROKEN:
        break;
    }
    return false;
}

bool submit_put(struct submit *submit, struct hq_body *body, struct fault *ret_fault)
{
    if (strlen(submit->reason) > REASON_LEN_MAX) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "the reason has over %d bytes: shorten it", REASON_LEN_MAX);
    }
    size_t len = seal(submit, body);
    if (len == 0) {
        return fault_set(ret_fault,
                         FAULT_LIMIT,
                         "the record (%s) does not fit its form or %d bytes",
                         hq_type_name(body->type),
                         HQ_BODY_LEN_MAX);
    }
    slice_t bytes = {(const char *)submit->record, (uint32_t)len};
    bool good = submit->ledger == NULL ? put_there(submit, bytes, ret_fault)
                                       : put_here(submit, bytes, ret_fault);
    submit->number += good;
    return good;
}

bool submit_finish(struct submit *submit, struct fault *ret_fault)
{
    if (submit->ledger == NULL) {
        return true; /* the daemon answers when a record is durable */
    }
    if (!ledger_flush(
            submit->ledger, ledger_now(submit->ledger, home_clock_ms()), ret_fault)) {
        return false;
    }
    for (uint32_t i = 0; i < submit->closed_count; i++) {
        const struct closed *closed = &submit->closed[i];
        if (!home_write_report(
                submit->dir, closed->id.text, closed->bytes, closed->len, ret_fault)) {
            return false;
        }
    }
    return true;
}

struct book *submit_book(struct submit *submit)
{
    return submit->ledger == NULL ? NULL : ledger_book(submit->ledger);
}

void submit_close(struct submit *submit)
{
    if (submit == NULL) {
        return;
    }
    ledger_close(submit->ledger);
    sign_key_free(submit->hq_key);
    sign_key_free(submit->ledger_key);
    for (uint32_t i = 0; i < submit->closed_count; i++) {
        free(submit->closed[i].bytes);
    }
    free(submit->closed);
    free(submit);
}

bool submit_one(const char *dir, const char *reason, struct hq_body *body,
                struct fault *ret_fault)
{
    struct submit *submit = submit_open(dir, reason, ret_fault);
    bool good = submit != NULL && submit_put(submit, body, ret_fault) &&
                submit_finish(submit, ret_fault);

    submit_close(submit);
    return good;
}
