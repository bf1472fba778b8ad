/* The tour: gate_main confines the process, waits for the ledger's CONFIG and KEYS, opens the door
 * and tries it, and then turns in one loop: the ledger first (its replies free what it holds), then
 * what became of connections, then who may come in, then the frames, and now and then the clock.
 * One thread is enough: over loopback a full batch and its reply cost this process 140 us, most of
 * it in libzmq's own thread (3,000 batches a second, measured with the ledger on the other core),
 * and whoever wants to come in waits for one turn at most. */
#include "daemon/gate/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "daemon/gate/confine.h"
#include "daemon/gate/inside.h"
#include "daemon/gate/log.h"

void gate_end(struct gate *gate, int exit_code)
{
    if (gate->exit_code < 0) {
        gate->exit_code = exit_code;
    }
}

static void read_clock(struct gate *gate)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    gate->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What a peer can do with a message that never ends is to fill the memory: libzmq keeps all of its
 * parts until the last. Ending without a goodbye is the remedy: another gate starts at once. */
static void watch_memory(const struct gate *gate)
{
    char text[128];
    FILE *statm = fopen("/proc/self/statm", "re");

    if (statm == NULL) {
        return;
    }
    if (fgets(text, sizeof text, statm) != NULL) {
        char *second = text;
        (void)strtoul(text, &second, 10); /* all, then resident pages */
        unsigned long resident = strtoul(second, NULL, 10);
        unsigned long mib = resident / (1048576UL / (unsigned long)sysconf(_SC_PAGESIZE));
        if (mib > gate->memory_max_mib) {
            gate_log(GATE_LOG_FATAL, "memory mib=%lu max=%u", mib, gate->memory_max_mib);
            _exit(GATE_EXIT_AGAIN);
        }
    }
    (void)fclose(statm);
}

/* One line for all that was refused since the last one: a flood must not fill the log as well. */
static void note_refusals(struct gate *gate)
{
    static const counter_t unusual[] = {
        COUNTER_CONNECTIONS_REFUSED, COUNTER_CONNECTIONS_CLOSED, COUNTER_HANDSHAKES_REFUSED,
        COUNTER_HANDSHAKES_FAILED,   COUNTER_FRAMES_MALFORMED,   COUNTER_FRAMES_TOO_LARGE,
        COUNTER_FRAMES_REFUSED,      COUNTER_FRAMES_REVOKED,     COUNTER_BUSY_RATE,
        COUNTER_BUSY_CONNECTIONS,
    };
    char text[640] = "";
    size_t len = 0;

    for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++) {
        uint64_t more = gate->counters[unusual[i]] - gate->noted[unusual[i]];
        int wrote = 0;
        if (more > 0) {
            wrote = snprintf(text + len, sizeof text - len, " %s=%llu",
                             link_counter_name(unusual[i]), (unsigned long long)more);
        }
        len += wrote > 0 ? (size_t)wrote : 0;
        CHECK(len < sizeof text);
    }
    if (len > 0) {
        gate_log(GATE_LOG_UNUSUAL, "refusals%s", text);
        memcpy(gate->noted, gate->counters, sizeof gate->noted);
    }
}

static void tick(struct gate *gate)
{
    if (gate->now_ms < gate->tick_ms) {
        return;
    }
    gate->tick_ms = gate->now_ms + GATE_TICK_MS;
    watch_memory(gate);
    inbound_tidy(gate);
    if (gate->now_ms >= gate->counters_ms) {
        gate->counters_ms = gate->now_ms + GATE_COUNTERS_MS;
        note_refusals(gate);
        outbound_counters(gate);
    }
}

static void serve_zap(void *context)
{
    struct gate *gate = context;

    read_clock(gate);
    for (unsigned int i = 0; i < GATE_TURN_REQUESTS && zap_serve(&gate->zap, gate->now_ms); i++) {
    }
}

static void turn(struct gate *gate)
{
    zmq_pollitem_t items[] = {
        {.fd = gate->link, .events = ZMQ_POLLIN},
        {.socket = gate->sockets.monitor, .events = ZMQ_POLLIN},
        {.socket = gate->sockets.zap, .events = ZMQ_POLLIN},
        {.socket = gate->sockets.router, .events = ZMQ_POLLIN},
    };

    if (gate->queue_count > 0) {
        items[0].events = ZMQ_POLLIN | ZMQ_POLLOUT;
    }
    if (zmq_poll(items, 4, GATE_TICK_MS) < 0 && zmq_errno() != EINTR) {
        gate_log(GATE_LOG_FATAL, "poll error=\"%s\"", zmq_strerror(zmq_errno()));
        gate_end(gate, GATE_EXIT_AGAIN);
        return;
    }
    read_clock(gate);
    outbound_receive(gate);
    if (gate->exit_code >= 0) {
        return;
    }
    outbound_flush(gate);
    inbound_events(gate);
    serve_zap(gate);
    inbound_frames(gate);
    tick(gate);
}

/* Wait for the ledger's CONFIG and the first whole list of keys: before that, every store would be
 * turned away, and a store's library does not come back after that by itself. */
static void await_ledger(struct gate *gate)
{
    read_clock(gate);
    int64_t end_ms = gate->now_ms + GATE_CONFIG_MS;

    while (gate->exit_code < 0 && !gate->keys.complete) {
        zmq_pollitem_t item = {.fd = gate->link, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, GATE_TICK_MS);
        read_clock(gate);
        outbound_receive(gate);
        if (!gate->configured && gate->now_ms > end_ms) {
            gate_log(GATE_LOG_FATAL, "config_not_received ms=%d", GATE_CONFIG_MS);
            gate_end(gate, GATE_EXIT_AGAIN);
        }
    }
}

static void open_door(struct gate *gate)
{
    struct link_message ready = {.kind = LINK_READY};

    gate->zap = (struct zap){
        .socket = gate->sockets.zap,
        .keys = &gate->keys,
        .counters = gate->counters,
        .test_key = gate->sockets.test_key,
    };
    if (!sockets_listen(&gate->sockets, gate->address, &ready.port)) {
        gate_log(GATE_LOG_FATAL, "not_bound address=%s error=\"%s\"", gate->address,
                 zmq_strerror(zmq_errno()));
        gate_end(gate, GATE_EXIT_CONFIG);
        return;
    }
    const char *seen = sockets_self_test(&gate->sockets, serve_zap, gate);
    if (seen == NULL && !gate->zap.test_refused) {
        seen = "nobody asked about a stranger's key";
    }
    if (seen != NULL) {
        gate_log(GATE_LOG_FATAL, "self_test_failed seen=\"%s\"", seen);
        gate_end(gate, GATE_EXIT_CONFIG);
        return;
    }
    gate->zap.test_key = NULL;
    if (link_send(gate->link, &ready) != LINK_DONE) {
        gate_end(gate, GATE_EXIT_AGAIN);
        return;
    }
    gate_log(GATE_LOG_INFO, "ready port=%u keys=%u connections_max=%u", ready.port,
             gate->keys.list.count, gate->connections_max);
}

static void run(struct gate *gate)
{
    await_ledger(gate);
    if (gate->exit_code < 0) {
        open_door(gate);
    }
    while (gate->exit_code < 0) {
        turn(gate);
    }
}

static bool init(struct gate *gate, int link, uint32_t fds)
{
    uint32_t generation;
    uint32_t free_fds = fds - GATE_FDS_KEPT;

    if (getrandom(&generation, sizeof generation, 0) != (ssize_t)sizeof generation) {
        return false;
    }
    gate->link = link;
    gate->exit_code = -1;
    gate->connections_max = free_fds < GATE_CONNECTIONS_MAX ? free_fds : GATE_CONNECTIONS_MAX;
    gate->memory_max_mib = GATE_MEMORY_MAX_MIB;
    peers_init(&gate->peers, fds, generation);
    return true;
}

static void deinit(struct gate *gate)
{
    outbound_deinit(gate);
    sockets_close(&gate->sockets);
    keys_deinit(&gate->keys);
    peers_deinit(&gate->peers);
    free(gate);
}

int gate_main(int link)
{
    uint32_t fds = confine_process(link);

    if (fds == 0 || !link_prepare(link)) {
        gate_log(GATE_LOG_FATAL, "not_confined error=\"%s\"", strerrordesc_np(errno));
        return GATE_EXIT_CONFIG;
    }
    if (fds < GATE_FDS_MIN) {
        gate_log(GATE_LOG_FATAL, "too_few_descriptors have=%u need=%u", fds, GATE_FDS_MIN);
        return GATE_EXIT_CONFIG;
    }
    if (fds < GATE_FDS_MAX) {
        gate_log(GATE_LOG_UNUSUAL, "few_descriptors have=%u want=%u", fds, GATE_FDS_MAX);
    }
    struct gate *gate = memory_zeroed(1, sizeof *gate);
    if (!init(gate, link, fds)) {
        free(gate);
        return GATE_EXIT_CONFIG;
    }
    run(gate);
    int code = gate->exit_code;
    deinit(gate);
    return code;
}
