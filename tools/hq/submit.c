#include "tools/hq/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "clearing/book/network.h"
#include "tools/hq/answers.h"
#include "tools/hq/control.h"
#include "tools/people/standing.h"
#include "tools/text.h"

/* The report of a cycle that was closed here, until its record is durable. */
struct closed {
    code_t id;
    char *bytes;
    size_t len;
};

/* One person's signature. */
struct hand {
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];
};

struct submit {
    const char *dir;
    const char *reason;
    code_t person;
    bool has_people;             /* then headquarters' key only appoints them */
    int64_t proposal_ms;         /* the instant to give the next proposal */
    struct sign_key *hq_key;     /* NULL: not needed yet */
    struct sign_key *person_key; /* likewise */
    struct sign_key *ledger_key;
    struct ledger *ledger; /* NULL: a daemon runs */
    uint8_t network[SIGN_NETWORK_LEN];
    uint64_t number; /* of the last record */
    struct closed *closed;
    uint32_t closed_count;
    uint32_t closed_capacity;
    uint8_t body[HQ_BODY_LEN_MAX];
    size_t body_len;
    uint8_t record[HQ_RECORD_BYTES_MAX];
};

static struct submit *submit_new(const char *dir, const char *reason)
{
    struct submit *submit = memory_zeroed(1, sizeof *submit);

    submit->dir = dir;
    submit->reason = reason == NULL ? "" : reason;
    submit->person = home_person();
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

static void take_people(struct submit *submit, const json_t *people)
{
    submit->has_people = json_array_size(json_object_get(people, "operators")) > 0;
    submit->proposal_ms = json_integer_value(json_object_get(people, "next_ms"));
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
    json_t *people = standing_people(book, ledger_now(submit->ledger, home_clock_ms()));
    take_people(submit, people);
    json_decref(people);
    return true;
}

static bool take_head(struct submit *submit, json_t *head, struct fault *ret_fault)
{
    const char *network = json_string_value(json_object_get(head, "network"));
    const json_t *number = json_object_get(head, "hq_number");
    bool good = network != NULL && hex_read(network, submit->network, SIGN_NETWORK_LEN) &&
                json_is_integer(number);

    submit->number = (uint64_t)json_integer_value(number);
    take_people(submit, json_object_get(head, "people"));
    json_decref(head);
    return good || fault_set(ret_fault, FAULT_FORMAT, "the daemon's head lacks its network");
}

struct submit *submit_open(const char *dir, const char *reason, struct fault *ret_fault)
{
    struct submit *submit = submit_new(dir, reason);
    json_t *head = NULL;
    bool good = false;

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
    struct submit *submit = submit_new(dir, NULL);
    uint8_t hq_public[SIGN_PUBLIC_LEN];
    uint8_t ledger_public[SIGN_PUBLIC_LEN];
    struct hq_body body = {.type = HQ_INIT, .init = *init, .created_ms = home_clock_ms()};

    submit->hq_key = home_key(dir, "hq.pem", ret_fault);
    submit->ledger_key = home_key(dir, "ledger.pem", ret_fault);
    if (submit->hq_key == NULL || submit->ledger_key == NULL) {
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

/* The key that signs a type of record. Returns: NULL with ret_fault. */
static const struct sign_key *key_for(struct submit *submit, hq_type_t type,
                                      struct fault *ret_fault)
{
    const struct role_rule *rule = roles_of_type(type);
    bool by_hq = rule->first == 0 || (!submit->has_people && rule->second == 0);

    if (by_hq && submit->hq_key == NULL) {
        submit->hq_key = home_key(submit->dir, "hq.pem", ret_fault);
    }
    if (!by_hq && submit->person_key == NULL) {
        submit->person_key = home_person_key(submit->dir, &submit->person, ret_fault);
    }
    return by_hq ? submit->hq_key : submit->person_key;
}

static void sign_body(const struct submit *submit, const struct sign_key *key, slice_t body,
                      struct hand *ret_hand)
{
    uint8_t public_key[SIGN_PUBLIC_LEN];

    sign_key_public(key, public_key);
    sign_key_id(public_key, ret_hand->key_id);
    sign_message(key, SIGN_RECORD, submit->network, body, ret_hand->signature);
}

/* Write and sign. Returns: the record's length; 0 with ret_fault. */
static size_t seal(struct submit *submit, struct hq_body *body, struct fault *ret_fault)
{
    const struct sign_key *key = key_for(submit, body->type, ret_fault);
    struct hand hand;

    if (key == NULL) {
        return 0;
    }
    body->network = submit->network;
    body->person = code_slice(&submit->person);
    body->reason = slice_of(submit->reason);
    size_t len = hq_encode_body(body, submit->body, sizeof submit->body);
    submit->body_len = len;
    if (len > 0) {
        slice_t bytes = {(const char *)submit->body, (uint32_t)len};
        sign_body(submit, key, bytes, &hand);
        struct hq_record record = {
            .body = bytes, .key_id = hand.key_id, .signature = hand.signature};
        len = hq_encode_record(&record, submit->record, sizeof submit->record);
    }
    if (len == 0) {
        (void)fault_set(ret_fault,
                        FAULT_LIMIT,
                        "the record (%s) does not fit its form or %d bytes",
                        hq_type_name(body->type),
                        HQ_BODY_LEN_MAX);
    }
    return len;
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

static bool put(struct submit *submit, size_t len, struct fault *ret_fault)
{
    slice_t bytes = {(const char *)submit->record, (uint32_t)len};

    return submit->ledger == NULL ? put_there(submit, bytes, ret_fault)
                                  : put_here(submit, bytes, ret_fault);
}

static bool reason_fits(const struct submit *submit, struct fault *ret_fault)
{
    return strlen(submit->reason) <= REASON_LEN_MAX ||
           fault_set(
               ret_fault, FAULT_FORMAT, "the reason has over %d bytes: shorten it", REASON_LEN_MAX);
}

bool submit_put(struct submit *submit, struct hq_body *body, struct fault *ret_fault)
{
    if (!reason_fits(submit, ret_fault)) {
        return false;
    }
    body->number = submit->number + 1;
    body->created_ms = body->created_ms != 0 ? body->created_ms : home_clock_ms();
    size_t len = seal(submit, body, ret_fault);
    bool good = len > 0 && put(submit, len, ret_fault);
    submit->number += good;
    return good;
}

/* Ask the book whether the second person is all that is missing. */
static bool would_stand(struct submit *submit, size_t len, struct fault *ret_fault)
{
    slice_t bytes = {(const char *)submit->record, (uint32_t)len};
    json_t *answer = NULL;

    if (submit->ledger != NULL) {
        ledger_sweep_rest(submit->ledger, ledger_now(submit->ledger, home_clock_ms()));
        return book_check_proposal(ledger_book(submit->ledger),
                                   bytes,
                                   NULL,
                                   ledger_now(submit->ledger, home_clock_ms()),
                                   ret_fault);
    }
    char *hex = memory_resize(NULL, 2 * (size_t)bytes.len + 1, 1);
    hex_write((const uint8_t *)bytes.text, bytes.len, hex);
    json_t *request = json_pack("{s:s,s:s}", "verb", "standing", "record", hex);
    free(hex);
    if (control_ask(submit->dir, request, &answer, ret_fault) != CONTROL_ANSWERED) {
        return false;
    }
    const char *why = json_string_value(json_object_get(answer, "why"));
    bool good = json_is_true(json_object_get(answer, "stands")) ||
                fault_set(ret_fault, FAULT_FORMAT, "%.240s", why == NULL ? "" : why);
    json_decref(answer);
    return good;
}

bool submit_propose(struct submit *submit, struct hq_body *body, char ret_id[PROPOSAL_ID_SIZE],
                    struct fault *ret_fault)
{
    if (!reason_fits(submit, ret_fault)) {
        return false;
    }
    body->number = 0;
    if (body->created_ms == 0) {
        body->created_ms = proposals_next_ms(submit->dir, submit->proposal_ms);
    }
    size_t len = seal(submit, body, ret_fault);
    return len > 0 && would_stand(submit, len, ret_fault) &&
           proposals_put(submit->dir,
                         (slice_t){(const char *)submit->record, (uint32_t)len},
                         (slice_t){(const char *)submit->body, (uint32_t)submit->body_len},
                         ret_id,
                         ret_fault);
}

bool submit_propose_aloud(struct submit *submit, struct hq_body *body, struct fault *ret_fault)
{
    char id[PROPOSAL_ID_SIZE];
    char words[PROPOSAL_WORD_MAX];

    if (!submit_propose(submit, body, id, ret_fault)) {
        return false;
    }
    proposals_words(body, words);
    printf(_("Proposal %s: %s.\n"
             "A checker goes on with: allclear approve %s --as PERSON\n"),
           id, words, id);
    return true;
}

bool submit_approve(struct submit *submit, const struct proposal *proposal,
                    struct fault *ret_fault)
{
    struct hq_record record = proposal->record;
    const struct sign_key *key = key_for(submit, proposal->body.type, ret_fault);
    struct hand hand;

    if (key == NULL) {
        return false;
    }
    sign_body(submit, key, record.body, &hand);
    record.second_key_id = hand.key_id;
    record.second_signature = hand.signature;
    size_t len = hq_encode_record(&record, submit->record, sizeof submit->record);
    CHECK(len > 0); /* it was decoded */
    return put(submit, len, ret_fault);
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
    sign_key_free(submit->person_key);
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
