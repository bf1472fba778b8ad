/* Answers on their way out: at once, or held until what they rest on is durable. */
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "daemon/log.h"
#include "daemon/reports.h"
#include "daemon/server.h"

void server_send_bytes(struct server *server, uint64_t route, const uint8_t *bytes, size_t len)
{
    if (route >> 48 == (server->keeper.life & 0xffff)) {
        gatekeeper_reply(&server->keeper,
                         (uint32_t)(route >> 32) & 0xffff,
                         (uint32_t)route,
                         (slice_t){(const char *)bytes, (uint32_t)len});
    }
}

static void send_frame(struct server *server, uint64_t route, const struct frame *frame)
{
    size_t len = frame_encode(frame, server->frame, sizeof server->frame);

    CHECK(len > 0);
    server_send_bytes(server, route, server->frame, len);
}

void server_send_expect(struct server *server, uint64_t route, const struct ledger_expect *expect)
{
    struct frame frame = {
        .type = FRAME_EXPECT,
        .expect = {.sequence = expect->sequence,
                   .last = expect->sequence > 1 ? expect->last : NULL,
                   .reason = (reason_t)expect->reason,
                   .retry_after_ms = expect->reason == REASON_BUSY ? DISK_TURN_MS : 0,
                   .detail = slice_of(expect->detail)},
    };

    metrics_note_expect(server->metrics, expect->reason);
    send_frame(server, route, &frame);
}

/* Keep an answer until everything that it may rest on is durable. */
static void hold(struct server *server, struct held held)
{
    MEMORY_GROW(server->held, server->held_count, server->held_capacity);
    server->held[server->held_count++] = held;
}

void server_hold_frame(struct server *server, uint64_t route, const struct frame *frame)
{
    size_t len = frame_encode(frame, server->frame, sizeof server->frame);

    CHECK(len > 0);
    struct held held = {.route = route, .frame = memory_resize(NULL, len, 1), .len = len};
    memcpy(held.frame, server->frame, len);
    hold(server, held);
}

void server_hold_json(struct server *server, uint32_t client, json_t *take_json)
{
    hold(server, (struct held){.route = client, .json = take_json});
}

void server_hold_report(struct server *server, code_t cycle, char *take_report)
{
    hold(server, (struct held){.report = take_report, .cycle = cycle});
}

static void write_report(const struct server *server, const struct held *held)
{
    struct fault fault = {0};

    if (!reports_write(server->options->dir,
                       server->book,
                       server->options->key,
                       held->cycle.text,
                       held->report,
                       &fault)) {
        log_line(LOG_UNUSUAL, "serve", "report_not_written why=%s", fault.text);
    }
}

void server_answer_held(struct server *server, const struct ledger_group *group)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < server->held_count; i++) {
        struct held *held = &server->held[i];
        if (held->group != group) {
            server->held[kept++] = *held;
        } else if (held->report != NULL) {
            write_report(server, held);
            free(held->report);
        } else if (held->json != NULL) {
            control_answer(&server->control, (uint32_t)held->route, held->json);
        } else {
            server_send_bytes(server, held->route, held->frame, held->len);
            free(held->frame);
        }
    }
    server->held_count = kept;
}

bool server_holds(const struct server *server)
{
    for (uint32_t i = 0; i < server->held_count; i++) {
        if (server->held[i].group == NULL) {
            return true;
        }
    }
    return false;
}

void server_tie_held(struct server *server, const struct ledger_group *group)
{
    for (uint32_t i = 0; i < server->held_count; i++) {
        if (server->held[i].group == NULL) {
            server->held[i].group = group;
        }
    }
}
