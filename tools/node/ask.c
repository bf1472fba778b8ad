#include "tools/node/ask.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"
#include "proto/codec/packed.h"
#include "tools/node/tally.h"
#include "tools/text.h"

#define AGAIN_MS     1000 /* an answer may be lost: the question is asked again */
#define AGAIN_MAX_MS 8000
#define DENIED_MS    1500 /* a refused key is tried twice: the list of keys may be on its way */
#define REFS_A_TIME  500
#define REF_LEN      (2 * (CODE_LEN_MAX + 1) + 16 + 1)
#define STEP_MS      100

struct asking {
    const struct ask *what;
    uint64_t id;
    uint32_t generation; /* of the connection that the question was put on last */
    int64_t again_ms;
    int64_t backoff_ms;
    int64_t denied_ms; /* since when; 0: it is not */
};

static void put(struct wire *wire, struct asking *asking)
{
    const struct frame query = {
        .type = FRAME_QUERY,
        .query = {asking->id, slice_of(asking->what->verb), asking->what->body},
    };
    int64_t now = wire_now_ms();
    bool fresh = asking->generation != wire_generation(wire);

    if (wire_state(wire) != WIRE_UP || (!fresh && now < asking->again_ms)) {
        return;
    }
    if (fresh && asking->what->hello != NULL && !wire_send(wire, asking->what->hello)) {
        return;
    }
    if (!wire_send(wire, &query)) {
        return;
    }
    asking->generation = wire_generation(wire);
    asking->again_ms = now + asking->backoff_ms;
    asking->backoff_ms =
        2 * asking->backoff_ms > AGAIN_MAX_MS ? AGAIN_MAX_MS : 2 * asking->backoff_ms;
}

static bool is_patient(reason_t reason)
{
    return reason == REASON_HELLO || reason == REASON_BUSY || reason == REASON_GAP;
}

/* Returns: does this frame end the asking? */
static bool take(struct asking *asking, const struct frame *frame, enum ask_result *ret_result,
                 char **ret_body, uint32_t *ret_len, char ret_text[ASK_TEXT_MAX + 1])
{
    if (frame->type == FRAME_EXPECT && frame->expect.reason == REASON_BUSY) {
        asking->again_ms = wire_now_ms() + frame->expect.retry_after_ms;
    }
    if (frame->type == FRAME_EXPECT && !is_patient(frame->expect.reason)) {
        (void)snprintf(ret_text, ASK_TEXT_MAX + 1, "%s%s%.*s",
                       frame_reason_name(frame->expect.reason),
                       frame->expect.detail.len > 0 ? ", " : "", (int)frame->expect.detail.len,
                       frame->expect.detail.text);
        *ret_result = ASK_REFUSED;
        return true;
    }
    if (frame->type != FRAME_ANSWER || frame->answer.id != asking->id) {
        return false;
    }
    if (frame->answer.refusal.len > 0) {
        (void)snprintf(ret_text, ASK_TEXT_MAX + 1, "%.*s", (int)frame->answer.refusal.len,
                       frame->answer.refusal.text);
        *ret_result = ASK_REFUSED;
        return true;
    }
    *ret_body = packed_body(&frame->answer, ret_len);
    *ret_result = ASK_ANSWERED;
    return *ret_body != NULL; /* a damaged one is asked for again */
}

/* Returns: has the key been refused for long enough? */
static bool denied(const struct wire *wire, struct asking *asking)
{
    if (wire_state(wire) != WIRE_DENIED) {
        asking->denied_ms = wire_state(wire) == WIRE_UP ? 0 : asking->denied_ms;
        return false;
    }
    if (asking->denied_ms == 0) {
        asking->denied_ms = wire_now_ms();
    }
    return wire_now_ms() - asking->denied_ms >= DENIED_MS;
}

enum ask_result ask(struct wire *wire, const struct ask *what, char **ret_body, uint32_t *ret_len,
                    char ret_text[ASK_TEXT_MAX + 1])
{
    int64_t end = wire_now_ms() + what->wait_ms;
    static uint64_t asked;
    struct asking asking = {.what = what, .backoff_ms = AGAIN_MS};
    enum ask_result result = ASK_SILENT;
    struct frame frame;

    /* A late answer to an earlier question must not be taken for this one's. */
    asking.id = (hash_u64((uint64_t)node_clock_ms()) << 16) + ++asked;
    do {
        put(wire, &asking);
        if (wire_receive(wire, STEP_MS, &frame) &&
            take(&asking, &frame, &result, ret_body, ret_len, ret_text)) {
            return result;
        }
        if (denied(wire, &asking)) {
            (void)snprintf(ret_text, ASK_TEXT_MAX + 1, "%s",
                           _("headquarters does not know this store's transport key"));
            return ASK_DENIED;
        }
    } while (wire_now_ms() < end);
    (void)snprintf(ret_text, ASK_TEXT_MAX + 1, "%s",
                   wire_state(wire) == WIRE_STRANGER
                       ? _("whoever answers there has not the server key of the kit")
                       : _("headquarters does not answer"));
    return ASK_SILENT;
}

int ask_complain(const char *verb, enum ask_result result, const char *text)
{
    switch (result) {
    case ASK_ANSWERED:
        return EX_OK;
    case ASK_REFUSED:
    case ASK_DENIED:
        fprintf(stderr, "allclear %s: %s\n", verb, text);
        return EX_NOPERM;
    case ASK_SILENT:
        fprintf(stderr, _("allclear %s: %s; try again later\n"), verb, text);
        return EX_TEMPFAIL;
    }
    return EX_SOFTWARE;
}

struct refs {
    const struct node *node;
    char *text;
    size_t len;
    int64_t last;
    uint32_t count;
};

static bool add_ref(void *context, const struct outbox_entry *entry)
{
    struct refs *refs = context;

    refs->len += (size_t)snprintf(refs->text + refs->len, REF_LEN + 2, "%s:%.*s:%" PRIu64 "\n",
                                  refs->node->kit.store.text, (int)entry->terminal.len,
                                  entry->terminal.text, entry->number);
    refs->last = entry->id;
    refs->count++;
    return true;
}

/* "store:terminal:number" of this store. Returns: false when it is none. */
static bool split_ref(const struct node *node, const char *ref, slice_t *ret_terminal,
                      uint64_t *ret_number)
{
    const code_t *store = &node->kit.store;
    char *end = NULL;

    if (ref == NULL || strncmp(ref, store->text, store->len) != 0 || ref[store->len] != ':') {
        return false;
    }
    const char *terminal = ref + store->len + 1;
    const char *colon = strchr(terminal, ':');
    if (colon == NULL || colon[1] < '1' || colon[1] > '9') {
        return false;
    }
    *ret_terminal = (slice_t){terminal, (uint32_t)(colon - terminal)};
    *ret_number = strtoull(colon + 1, &end, 10);
    return *end == '\0' && code_valid(*ret_terminal) && *ret_number <= NUMBER_MAX;
}

static bool settle_all(struct node *node, const json_t *events, struct fault *ret_fault)
{
    slice_t terminal;
    uint64_t number = 0;

    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *entry = json_array_get(events, i);
        outcome_t outcome =
            tally_outcome_named(json_string_value(json_object_get(entry, "outcome")));
        outcome_t reason = tally_outcome_named(json_string_value(json_object_get(entry, "reason")));
        if (outcome != OUTCOME_NONE &&
            split_ref(node, json_string_value(json_object_get(entry, "event")), &terminal,
                      &number) &&
            !outbox_settle_waiting(node->outbox, terminal, number, outcome, reason, ret_fault)) {
            return false;
        }
    }
    return true;
}

bool ask_settle(struct node *node, const char *body, uint32_t len, struct fault *ret_fault)
{
    json_error_t error;
    json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        return true; /* nothing is known, nothing is changed */
    }
    bool good = outbox_begin(node->outbox, ret_fault);
    if (good && !settle_all(node, json_object_get(root, "events"), ret_fault)) {
        outbox_rollback(node->outbox);
        good = false;
    }
    good = good && outbox_commit(node->outbox, ret_fault);
    json_decref(root);
    return good;
}

bool ask_waiting(struct node *node, struct wire *wire, int wait_ms, enum ask_result *ret_result,
                 char ret_text[ASK_TEXT_MAX + 1], struct fault *ret_fault)
{
    const struct frame hello = node_hello(node);
    struct refs refs = {.node = node};
    bool good = true;

    *ret_result = ASK_ANSWERED;
    refs.text = memory_zeroed(REFS_A_TIME, REF_LEN + 2);
    do {
        char *body = NULL;
        uint32_t len = 0;
        refs.len = 0;
        refs.count = 0;
        good = outbox_walk(node->outbox, OUTBOX_UNSETTLED, refs.last, REFS_A_TIME, add_ref, &refs,
                           ret_fault);
        if (!good || refs.count == 0) {
            break;
        }
        const struct ask what = {"events", {refs.text, (uint32_t)refs.len}, &hello, wait_ms};
        *ret_result = ask(wire, &what, &body, &len, ret_text);
        good = *ret_result != ASK_ANSWERED || ask_settle(node, body, len, ret_fault);
        free(body);
    } while (good && *ret_result == ASK_ANSWERED && refs.count == REFS_A_TIME);
    free(refs.text);
    return good;
}
