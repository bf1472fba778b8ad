#include "daemon/serve.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "tools/render/report_json.h"

#define LINK_MESSAGES_A_TURN 128
#define GATE_RESTART_MS      1000

int64_t server_real_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t server_now(const struct server *server)
{
    return ledger_now(server->ledger, server_real_ms());
}

/* --- the gate --- */

static void write_address(struct server *server)
{
    const char *colon = strrchr(server->options->address, ':');
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/run/address", server->options->dir);
    FILE *file = fopen(path, "we");
    if (file != NULL) {
        fprintf(file,
                "%.*s:%u\n",
                (int)(colon - server->options->address),
                server->options->address,
                server->keeper.port);
        fclose(file);
    }
    log_line(LOG_INFO,
             "serve",
             "serving address=%.*s:%u%s",
             (int)(colon - server->options->address),
             server->options->address,
             server->keeper.port,
             server->book->test_clock ? " TEST" : "");
    supervisor_tell(server->options->supervisor, "READY=1\nSTATUS=stores connect to %.*s:%u",
                    (int)(colon - server->options->address), server->options->address,
                    server->keeper.port);
}

static void take_link(struct server *server)
{
    struct link_message message;

    for (int i = 0; i < LINK_MESSAGES_A_TURN && server->keeper.end >= 0 &&
                    checker_free_slot(server->checker) != NULL;
         i++) {
        if (gatekeeper_receive(&server->keeper, &message) != LINK_DONE) {
            return;
        }
        if (message.kind == LINK_READY) {
            server->keeper.port = message.port;
            server->ready = true;
            write_address(server);
        } else if (message.kind == LINK_FRAME) {
            server_take_frame(server, &message.frame);
        } else if (message.kind == LINK_COUNTERS) {
            metrics_note_counters(server->metrics, message.counters);
        }
    }
}

/* --- closing: the report is written beside the journal, which can make it again, and not before
 * its record is durable --- */

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct server *server = context;
    char *text = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&text, &len);

    CHECK(memory != NULL && report_json_write(report, memory) && fclose(memory) == 0);
    server_hold_report(server, cycle->id, text);
    log_line(LOG_INFO, "serve", "closed cycle=%s events=%llu", cycle->id.text,
             (unsigned long long)report->positions->events);
}

/* --- the loop --- */

static void reap(struct server *server)
{
    struct ledger_group *group = NULL;

    switch (committer_reap(server->committer, &group, &server->fault)) {
    case COMMITTER_NOTHING:
        return;
    case COMMITTER_FAILED:
        server->failed = true;
        return;
    case COMMITTER_DURABLE:
        server->options->supervisor->committed = true;
        break;
    }
    for (uint32_t i = 0; i < group->answer_count; i++) {
        const struct group_answer *answer = &group->answers[i];
        if (answer->receipt_len > 0) {
            server_send_bytes(server, answer->tag, answer->receipt, answer->receipt_len);
        }
    }
    server_answer_held(server, group);
    metrics_publish(server->metrics);
    ledger_release(server->ledger, group);
    if (!snapshots_tend(server->snapshots, &server->fault)) {
        server->failed = true;
    }
}

static bool something_gathered(const struct server *server)
{
    if (!ledger_is_empty(server->ledger)) {
        return true;
    }
    return server_holds(server);
}

static void hand_over(struct server *server)
{
    if (committer_busy(server->committer) || !something_gathered(server)) {
        return;
    }
    struct ledger_group *group = ledger_seal(server->ledger);
    server_tie_held(server, group);
    metrics_seal(server->metrics);
    committer_start(server->committer, group, server_now(server));
}

/* A range a turn, so that whoever asks for something waits for no more. */
static void sweep_on(struct server *server)
{
    if (!server->stopping && server->disk.state != DISK_FULL &&
        ledger_has_room(server->ledger)) {
        (void)ledger_sweep_on(server->ledger, server_now(server));
    }
}

static bool tend_gate(struct server *server)
{
    int64_t now = server_real_ms();

    if (server->keeper.end < 0 && !server->stopping &&
        now - server->keeper.started_ms >= GATE_RESTART_MS) {
        if (!gatekeeper_start(&server->keeper, now, &server->fault)) {
            return false;
        }
        metrics_note_gate(server->metrics);
    }
    gatekeeper_tend(&server->keeper);
    return true;
}

static void wait_for_more(struct server *server)
{
    struct pollfd fds[5 + CONTROL_CLIENTS_MAX];
    nfds_t count = 0;
    bool room = checker_free_slot(server->checker) != NULL;
    bool takes = ledger_has_room(server->ledger);

    fds[count++] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = committer_fd(server->committer), .events = POLLIN};
    fds[count++] =
        (struct pollfd){.fd = takes ? checker_fd(server->checker) : -1, .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = server->control.listener, .events = POLLIN};
    fds[count++] =
        (struct pollfd){.fd = room ? server->keeper.end : -1, .events = POLLIN};
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct control_client *client = &server->control.clients[i];
        short events = client->answer != NULL ? POLLOUT : client->asked ? 0 : POLLIN;
        fds[count++] = (struct pollfd){.fd = events == 0 ? -1 : client->fd, .events = events};
    }
    bool sweeps = takes && !server->stopping && server->disk.state != DISK_FULL &&
                  book_sweeps(server->book);
    poll(fds, count, sweeps ? 0 : server->keeper.end < 0 ? 100 : 1000);
    struct signalfd_siginfo signal_info;
    if (read(server->signals, &signal_info, sizeof signal_info) == sizeof signal_info) {
        server->stopping = true;
        supervisor_tell(server->options->supervisor, "STOPPING=1");
    }
}

static bool block_signals(struct server *server)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    server->signals = -1;
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0 &&
           (server->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) >= 0;
}

static void give_sign_of_life(const struct server *server)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    (void)supervisor_alive(server->options->supervisor,
                           (struct supervisor_turn){
                               .now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
                               .committing = committer_busy(server->committer),
                               .checking = !checker_is_empty(server->checker),
                           });
}

static void loop(struct server *server)
{
    while (!server->failed) {
        reap(server);
        disk_tend(&server->disk, metrics_now_ns() / 1000000);
        metrics_note_disk(server->metrics, server->disk.state);
        server_take_checked(server);
        take_link(server);
        server_take_checked(server);
        if (server->ready) { /* before, nobody can be told where stores connect */
            control_serve(&server->control, server_take_request, server);
        }
        sweep_on(server);
        hand_over(server);
        if (!tend_gate(server)) {
            server->failed = true;
        }
        if (server->stopping && !committer_busy(server->committer) &&
            checker_is_empty(server->checker) && !something_gathered(server)) {
            return;
        }
        if (!server->failed) {
            give_sign_of_life(server);
            metrics_tend(server->metrics,
                         !committer_busy(server->committer) && !something_gathered(server));
            wait_for_more(server);
        }
    }
}

static bool open_metrics(struct server *server)
{
    const char *text = server->options->metrics;
    char whole[sizeof "127.0.0.1:" + 8];
    struct address address;

    server->metrics = metrics_new(server->ledger, server->options->dir);
    if (text == NULL) {
        return true;
    }
    if (strchr(text, ':') == NULL) { /* a port alone: for this machine */
        (void)snprintf(whole, sizeof whole, "127.0.0.1:%.8s", text);
        text = whole;
    }
    if (!address_read(text, &address)) {
        return fault_set(&server->fault, FAULT_FORMAT,
                         "--metrics %s: write ADDRESS:PORT or PORT, as 127.0.0.1:9464",
                         server->options->metrics);
    }
    if (!metrics_serve(server->metrics, &address, &server->fault)) {
        return false;
    }
    log_line(LOG_INFO, "metrics", "serving address=%.*s:%u", (int)(strrchr(text, ':') - text), text,
             metrics_port(server->metrics));
    return true;
}

int serve(struct ledger *ledger, const struct serve_options *options)
{
    struct server *server = memory_zeroed(1, sizeof *server);
    int code = EX_OK;

    server->ledger = ledger;
    server->book = ledger_book(ledger);
    server->options = options;
    server->book->on_close = on_close;
    server->book->on_close_context = server;
    server->keeper = (struct gatekeeper){
        .program = options->program,
        .dir = options->dir,
        .address = options->address,
        .book = server->book,
        .end = -1,
        .started_ms = INT64_MIN / 2,
    };
    server->disk = (struct disk){
        .dir = options->dir,
        .low_bytes = options->disk_low,
        .full_bytes = options->disk_full,
        .looked_ms = INT64_MIN / 2,
    };
    struct snapshots_options snapshots = {
        options->dir, options->key, ledger, options->snapshot_every};
    memcpy(server->keeper.secret, options->transport_secret, LINK_KEY_LEN);
    if (!block_signals(server) || !open_metrics(server) ||
        !control_open(&server->control, options->dir, &server->fault) ||
        (server->snapshots = snapshots_new(&snapshots, &server->fault)) == NULL ||
        (server->checker = checker_new(&server->fault)) == NULL ||
        (server->committer = committer_new(ledger, &server->fault)) == NULL) {
        log_line(LOG_FATAL, "serve", "cannot_start why=%s", server->fault.text);
        free(server);
        return EX_OSERR;
    }
    loop(server);
    if (server->failed) {
        /* what is durable is not known: nobody is answered, the next start finds out */
        log_line(LOG_FATAL, "serve", "stopped why=%s", server->fault.text);
        gatekeeper_stop(&server->keeper);
        _exit(EX_IOERR);
    }
    gatekeeper_stop(&server->keeper);
    snapshots_last(server->snapshots);
    snapshots_free(server->snapshots);
    metrics_free(server->metrics);
    control_close(&server->control, options->dir);
    committer_free(server->committer);
    checker_free(server->checker);
    close(server->signals);
    free(server->held);
    free(server->agents);
    free(server);
    return code;
}
