#include <string.h>

#include "daemon/gate/gate.h"
#include "daemon/gate/inside.h"
#include "daemon/gate/log.h"

/* --- to the ledger --- */

/* Send what may be lost: the next one says it again. */
static void send_or_drop(struct gate *gate, const struct link_message *message)
{
    if (link_send(gate->link, message) == LINK_GONE) {
        gate_end(gate, GATE_EXIT_AGAIN);
    }
}

void outbound_counters(struct gate *gate)
{
    struct link_message message = {.kind = LINK_COUNTERS};

    memcpy(message.counters, gate->counters, sizeof message.counters);
    send_or_drop(gate, &message);
}

void outbound_forward(struct gate *gate, const struct gate_waiting *waiting, zmq_msg_t *payload)
{
    CHECK(gate->credit > 0);
    CHECK(gate->queue_count < GATE_QUEUE);
    struct gate_waiting *place = &gate->queue[(gate->queue_first + gate->queue_count) % GATE_QUEUE];
    *place = *waiting;
    CHECK(zmq_msg_init(&place->payload) == 0);
    CHECK(zmq_msg_move(&place->payload, payload) == 0);
    gate->queue_count++;
    gate->credit--;
    outbound_flush(gate);
}

void outbound_flush(struct gate *gate)
{
    while (gate->queue_count > 0) {
        struct gate_waiting *first = &gate->queue[gate->queue_first];
        struct link_message message = {
            .kind = LINK_FRAME,
            .frame = {.slot = first->slot,
                      .generation = first->generation,
                      .invite = first->invite,
                      .curve = first->curve,
                      .store = code_slice(&first->store),
                      .frame = {zmq_msg_data(&first->payload),
                                (uint32_t)zmq_msg_size(&first->payload)}},
        };
        link_result_t result = link_send(gate->link, &message);
        if (result == LINK_LATER) {
            return;
        }
        if (result != LINK_DONE) {
            gate_end(gate, GATE_EXIT_AGAIN);
            return;
        }
        gate->counters[COUNTER_FRAMES_FORWARDED]++;
        gate->counters[COUNTER_BYTES_FORWARDED] += zmq_msg_size(&first->payload);
        CHECK(zmq_msg_close(&first->payload) == 0);
        gate->queue_first = (gate->queue_first + 1) % GATE_QUEUE;
        gate->queue_count--;
    }
}

void outbound_deinit(struct gate *gate)
{
    for (; gate->queue_count > 0; gate->queue_count--) {
        CHECK(zmq_msg_close(&gate->queue[gate->queue_first].payload) == 0);
        gate->queue_first = (gate->queue_first + 1) % GATE_QUEUE;
    }
}

/* --- from the ledger --- */

static void take_config(struct gate *gate, const struct link_config *config)
{
    if (gate->configured) {
        gate_log(GATE_LOG_FATAL, "second_config");
        gate_end(gate, GATE_EXIT_PROTOCOL);
        return;
    }
    gate->configured = true;
    gate->memory_max_mib =
        config->memory_max_mib == 0 ? GATE_MEMORY_MAX_MIB : config->memory_max_mib;
    memcpy(gate->network, config->network, LINK_NETWORK_LEN);
    memcpy(gate->address, config->address.text, config->address.len);
    gate->address[config->address.len] = '\0';
    const char *failed = sockets_open(&gate->sockets, config->secret);
    if (failed != NULL) {
        gate_log(GATE_LOG_FATAL, "not_set_up step=\"%s\" error=\"%s\"", failed,
                 zmq_strerror(zmq_errno()));
        gate_end(gate, GATE_EXIT_CONFIG);
    }
}

static void take_keys(struct gate *gate, const struct link_keys *part)
{
    slice_t rest = part->entries;
    struct link_key key;
    bool ok = true;

    if (part->first) {
        keys_begin(&gate->keys);
    }
    while (ok && link_keys_next(&rest, &key)) {
        ok = keys_add(&gate->keys, &key);
    }
    if (!ok || (part->last && !keys_end(&gate->keys))) {
        gate_log(GATE_LOG_FATAL, "keys_refused");
        gate_end(gate, GATE_EXIT_PROTOCOL);
        return;
    }
    if (part->last) {
        inbound_keys_changed(gate);
        gate_log(GATE_LOG_INFO, "keys count=%u", gate->keys.list.count);
    }
}

static void take_reply(struct gate *gate, const struct link_reply *reply)
{
    const struct peer *peer = peers_find(&gate->peers, reply->slot, reply->generation);

    if (peer != NULL && inbound_send(gate, peer->route, reply->frame)) {
        gate->counters[COUNTER_REPLIES_SENT]++;
        gate->counters[COUNTER_BYTES_SENT] += reply->frame.len;
    } else {
        gate->counters[COUNTER_REPLIES_DROPPED]++;
    }
}

static void take_message(struct gate *gate, const struct link_message *message)
{
    if (!gate->configured && message->kind != LINK_CONFIG && message->kind != LINK_STOP) {
        gate_log(GATE_LOG_FATAL, "no_config");
        gate_end(gate, GATE_EXIT_PROTOCOL);
        return;
    }
    switch (message->kind) {
    case LINK_CONFIG:
        take_config(gate, &message->config);
        explicit_bzero(gate->buffer, sizeof gate->buffer);
        break;
    case LINK_KEYS:
        take_keys(gate, &message->keys);
        break;
    case LINK_REPLY:
        take_reply(gate, &message->reply);
        break;
    case LINK_CREDIT:
        gate->credit = message->credit < GATE_CREDIT_MAX - gate->credit
                           ? gate->credit + message->credit
                           : GATE_CREDIT_MAX;
        break;
    case LINK_STOP:
        gate_log(GATE_LOG_INFO, "stop");
        gate_end(gate, GATE_EXIT_STOPPED);
        break;
    case LINK_ASK:
        outbound_counters(gate);
        break;
    case LINK_READY:
    case LINK_FRAME:
    case LINK_COUNTERS:
        /* link_receive lets through only what the ledger sends */
        break;
    }
}

void outbound_receive(struct gate *gate)
{
    struct link_message message;

    for (unsigned int i = 0; i < GATE_TURN_LINK && gate->exit_code < 0; i++) {
        switch (link_receive(gate->link, LINK_FROM_LEDGER, gate->buffer, &message)) {
        case LINK_DONE:
            take_message(gate, &message);
            break;
        case LINK_LATER:
            return;
        case LINK_GONE:
            gate_log(GATE_LOG_UNUSUAL, "link_gone");
            gate_end(gate, GATE_EXIT_AGAIN);
            break;
        case LINK_MALFORMED:
            gate_log(GATE_LOG_FATAL, "link_malformed");
            gate_end(gate, GATE_EXIT_PROTOCOL);
            break;
        }
    }
}
