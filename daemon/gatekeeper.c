#include "daemon/gatekeeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "daemon/invites.h"
#include "daemon/log.h"

static void send_or_drop(struct gatekeeper *keeper, const struct link_message *message,
                         const char *what)
{
    if (keeper->end >= 0 && link_send(keeper->end, message) != LINK_DONE) {
        log_line(LOG_UNUSUAL, "gatekeeper", "dropped message=%s", what);
    }
}

/* In the child: become the gate. Only async-signal-safe calls. */
static _Noreturn void become_gate(const char *program, int end)
{
    char number[16];
    int digits = 0;
    int rest = end;
    char reversed[16];

    do {
        reversed[digits++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    for (int i = 0; i < digits; i++) {
        number[i] = reversed[digits - 1 - i];
    }
    number[digits] = '\0';
    fcntl(end, F_SETFD, 0);
    execl(program, program, "--gate", number, (char *)NULL);
    _exit(71);
}

bool gatekeeper_start(struct gatekeeper *keeper, int64_t now_ms, struct fault *ret_fault)
{
    int ends[2];

    if (keeper->buffer == NULL) {
        keeper->buffer = memory_resize(NULL, LINK_MESSAGE_MAX, 1);
    }
    if (!link_pair(ends)) {
        return fault_set_errno(ret_fault, errno, "cannot make the link to the gate");
    }
    keeper->pid = fork();
    if (keeper->pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return fault_set_errno(ret_fault, errno, "cannot start the gate");
    }
    if (keeper->pid == 0) {
        become_gate(keeper->program, ends[1]);
    }
    close(ends[1]);
    keeper->end = ends[0];
    keeper->life++;
    keeper->started_ms = now_ms;
    keeper->port = 0;
    keeper->keys_due = true;
    keeper->owed = GATE_CREDITS;
    struct link_message config = {
        .kind = LINK_CONFIG,
        .config = {.network = keeper->book->network,
                   .secret = keeper->secret,
                   .address = slice_of(keeper->address)},
    };
    send_or_drop(keeper, &config, "config");
    return true;
}

/* --- the allow-list --- */

struct list {
    struct gatekeeper *keeper;
    uint8_t *entries;
    size_t len;
    bool first;
};

static void list_send(struct list *list, bool last)
{
    struct link_message message = {
        .kind = LINK_KEYS,
        .keys = {.first = list->first,
                 .last = last,
                 .entries = {(const char *)list->entries, (uint32_t)list->len}},
    };

    send_or_drop(list->keeper, &message, "keys");
    list->first = false;
    list->len = 0;
}

static void list_put(struct list *list, const uint8_t *curve, slice_t store, bool invite)
{
    struct link_key key = {.curve = curve, .store = store, .invite = invite};

    if (!link_keys_put(list->entries, &list->len, &key)) {
        list_send(list, false);
        CHECK(link_keys_put(list->entries, &list->len, &key));
    }
}

static void put_invite(void *context, slice_t store, const uint8_t curve[32])
{
    list_put(context, curve, store, true);
}

static void send_keys(struct gatekeeper *keeper)
{
    const struct book *book = keeper->book;
    struct list list = {
        .keeper = keeper,
        .entries = memory_resize(NULL, LINK_KEYS_BYTES_MAX, 1),
        .first = true,
    };

    for (uint32_t i = 0; i < book->stream_capacity; i++) {
        if (book->streams[i].has_key) {
            slice_t code = code_slice(&book->state.registry.store_codes.codes[i]);
            list_put(&list, book->streams[i].transport_key, code, false);
        }
    }
    invites_each(keeper->dir, put_invite, &list);
    list_send(&list, true);
    free(list.entries);
    keeper->keys_due = false;
}

void gatekeeper_tend(struct gatekeeper *keeper)
{
    if (keeper->end < 0) {
        return;
    }
    if (keeper->keys_due) {
        send_keys(keeper);
    }
    if (keeper->owed > 0) {
        struct link_message credit = {.kind = LINK_CREDIT, .credit = keeper->owed};
        if (link_send(keeper->end, &credit) == LINK_DONE) {
            keeper->owed = 0;
        }
    }
}

static void gate_died(struct gatekeeper *keeper)
{
    int status = 0;

    kill(keeper->pid, SIGKILL);
    waitpid(keeper->pid, &status, 0);
    close(keeper->end);
    keeper->end = -1;
    keeper->pid = -1;
    if (!keeper->stopping) {
        log_line(LOG_UNUSUAL, "gatekeeper", "gate_died status=%d", status);
    }
}

link_result_t gatekeeper_receive(struct gatekeeper *keeper, struct link_message *ret_message)
{
    link_result_t result =
        link_receive(keeper->end, LINK_FROM_GATE, keeper->buffer, ret_message);

    if (result == LINK_GONE || result == LINK_MALFORMED) {
        gate_died(keeper);
        return LINK_GONE;
    }
    return result;
}

void gatekeeper_reply(struct gatekeeper *keeper, uint32_t slot, uint32_t generation,
                      slice_t frame)
{
    struct link_message message = {
        .kind = LINK_REPLY,
        .reply = {.slot = slot, .generation = generation, .frame = frame},
    };

    send_or_drop(keeper, &message, "reply");
}

void gatekeeper_stop(struct gatekeeper *keeper)
{
    struct link_message message = {.kind = LINK_STOP};
    int status = 0;

    keeper->stopping = true;
    if (keeper->end >= 0) {
        send_or_drop(keeper, &message, "stop");
        close(keeper->end);
        keeper->end = -1;
        waitpid(keeper->pid, &status, 0);
    }
    free(keeper->buffer);
    keeper->buffer = NULL;
}
