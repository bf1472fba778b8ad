/* What stores send: hello, batches, queries, requests to join. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "daemon/answers.h"
#include "daemon/invites.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "proto/codec/packed.h"
#include "proto/codec/policy.h"

#define ANSWER_PLAIN_MAX (FRAME_BYTES_MAX / 2)

/* Remember a node's program and version, for the board. */
static void note_agent(struct server *server, store_t store, slice_t agent)
{
    uint32_t capacity = server->agent_capacity;

    while (store.n >= capacity) {
        capacity = capacity * 2 + 16;
    }
    if (capacity > server->agent_capacity) {
        server->agents = memory_resize(server->agents, capacity, sizeof *server->agents);
        memset(server->agents + server->agent_capacity,
               0,
               (capacity - server->agent_capacity) * sizeof *server->agents);
        server->agent_capacity = capacity;
    }
    if (agent.len <= FRAME_AGENT_LEN_MAX && policy_text_valid(agent)) {
        if (agent.len > 0) {
            memcpy(server->agents[store.n], agent.text, agent.len);
        }
        server->agents[store.n][agent.len] = '\0';
    }
}

static void take_hello(struct server *server, uint64_t route, const struct frame_hello *hello,
                       store_t store)
{
    struct ledger_expect expect;

    if (memcmp(hello->network, server->book->network, SIGN_NETWORK_LEN) != 0) {
        expect = (struct ledger_expect){.reason = REASON_WRONG_NETWORK};
        server_send_expect(server, route, &expect);
        return;
    }
    note_agent(server, store, hello->agent);
    ledger_stand(server->ledger, store, &expect);
    struct frame frame = {
        .type = FRAME_EXPECT,
        .expect = {.sequence = expect.sequence,
                   .last = expect.sequence > 1 ? expect.last : NULL,
                   .reason = (reason_t)expect.reason},
    };
    server_hold_frame(server, route, &frame); /* it tells of batches that may not be durable yet */
}

static void take_batch(struct server *server, uint64_t route, store_t store,
                       const struct signed_batch *signed_batch)
{
    struct check_slot *slot = checker_free_slot(server->checker);
    struct ledger_expect expect;
    const uint8_t *key = NULL;

    if (server->disk.state == DISK_FULL) {
        expect = (struct ledger_expect){
            .reason = REASON_BUSY,
            .detail = "headquarters' disk is full: nothing is taken until there is room"};
        server_send_expect(server, route, &expect);
        return;
    }
    CHECK(slot != NULL); /* frames are taken only while there is one */
    size_t len = encode_signed_batch(signed_batch, slot->bytes, sizeof slot->bytes);
    CHECK(len > 0); /* it was decoded from this form */
    slice_t bytes = {(const char *)slot->bytes, (uint32_t)len};
    if (!ledger_admit_batch(server->ledger, bytes, &slot->door, &key, &expect)) {
        server_send_expect(server, route, &expect);
        return;
    }
    if (slot->door.store.n != store.n) { /* a store speaks for itself, over its own connection */
        expect = (struct ledger_expect){.reason = REASON_WRONG_STORE};
        server_send_expect(server, route, &expect);
        return;
    }
    slot->route = route;
    slot->arrived_ns = metrics_now_ns();
    memcpy(slot->key, key, sizeof slot->key);
    checker_submit(server->checker);
}

void server_take_checked(struct server *server)
{
    struct check_slot *slot = NULL;
    struct ledger_expect expect;

    while (ledger_has_room(server->ledger) &&
           (slot = checker_done_slot(server->checker)) != NULL) {
        uint64_t records = server->book->records;
        ledger_take_t taken = ledger_take_door(
            server->ledger, &slot->door, server_now(server), slot->route, &expect);
        if (taken == LEDGER_EXPECT) {
            server_send_expect(server, slot->route, &expect);
        } else {
            metrics_note_batch(
                server->metrics, slot->arrived_ns, server->book->records > records);
        }
        checker_release(server->checker);
        server->options->supervisor->taken = true;
    }
}

/* A node asks to be let in: its keys, proven to be its own, wait for a person. */
static json_t *take_join(struct server *server, store_t store, slice_t body)
{
    struct fault fault = {0};
    const uint8_t *request = (const uint8_t *)body.text;
    uint8_t id[SIGN_KEY_ID_LEN];
    const code_t *code = registry_store_code(&server->book->state.registry, store);

    if (body.len != JOIN_LEN || !sign_public_valid(request) ||
        !sign_verify_message(request,
                             SIGN_JOIN,
                             server->book->network,
                             (slice_t){body.text, 64},
                             request + 64)) {
        return NULL;
    }
    sign_key_id(request, id);
    if (book_store_of_key(server->book, id).n == store.n) {
        return json_pack("{s:s}", "state", "approved");
    }
    if (!joins_put(server->options->dir, code_slice(code), request, &fault)) {
        log_line(LOG_UNUSUAL, "serve", "join_not_kept store=%s why=%s", code->text, fault.text);
        return NULL;
    }
    log_line(LOG_INFO, "serve", "join_asked store=%s", code->text);
    return json_pack("{s:s}", "state", "pending");
}

/* A long body goes deflated, where that is short enough. Returns: what the caller frees once the
 * frame has been held; may be NULL. */
static char *pack(struct frame_answer *answer)
{
    uint32_t len = 0;

    if (answer->body.len <= ANSWER_PLAIN_MAX) {
        return NULL;
    }
    char *packed = packed_deflate(answer->body, ANSWER_PLAIN_MAX, &len);
    if (packed == NULL) {
        answer->refusal = slice_of("the answer is too long");
        answer->body = (slice_t){"", 0};
    } else {
        answer->inflated = answer->body.len;
        answer->body = (slice_t){packed, len};
    }
    return packed;
}

static void take_query(struct server *server, uint64_t route, const struct frame_query *query,
                       store_t store, bool invite)
{
    char refusal[141] = "";
    json_t *answer = NULL;

    if (invite || slice_equal(query->verb, slice_of("join"))) {
        answer = take_join(server, store, query->body);
        snprintf(refusal, sizeof refusal, "%s", answer == NULL ? "not a request to join" : "");
    } else {
        answer = answer_store(
            server->book, server->options->dir, store, query->verb, query->body, refusal);
    }
    char *text = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
    if (!policy_text_valid(slice_of(refusal))) { /* no frame may carry it */
        snprintf(refusal, sizeof refusal, "refused");
    }
    struct frame frame = {
        .type = FRAME_ANSWER,
        .answer = {.id = query->id,
                   .verb = query->verb,
                   .body = text == NULL ? (slice_t){"", 0} : slice_of(text),
                   .refusal = slice_of(refusal)},
    };
    char *packed = pack(&frame.answer);
    server_hold_frame(server, route, &frame);
    free(packed);
    free(text);
    json_decref(answer);
}

void server_take_frame(struct server *server, const struct link_frame *link)
{
    uint64_t route = server_route(server, link->slot, link->generation);
    store_t store = registry_find_store(&server->book->state.registry, link->store);
    struct ledger_expect malformed = {.reason = REASON_MALFORMED};
    struct frame frame;
    struct decode_fault fault;

    server->keeper.owed++;
    if (link->slot >= ROUTE_SLOTS) {
        return; /* not a gate of ours */
    }
    if (store.n == STORE_NONE.n || !frame_decode(link->frame, &frame, &fault)) {
        server_send_expect(server, route, &malformed);
        return;
    }
    book_stream(server->book, store);
    switch (frame.type) {
    case FRAME_HELLO:
        take_hello(server, route, &frame.hello, store);
        return;
    case FRAME_BATCH:
        take_batch(server, route, store, &frame.batch);
        return;
    case FRAME_QUERY:
        take_query(server, route, &frame.query, store, link->invite);
        return;
    case FRAME_RECEIPT:
    case FRAME_EXPECT:
    case FRAME_ANSWER:
        break;
    }
    server_send_expect(server, route, &malformed);
}
