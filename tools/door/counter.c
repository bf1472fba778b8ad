#include "tools/door/counter.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/door/counter_inside.h"
#include "tools/node/sender.h"
#include "tools/text.h"

#define LOCK_MS    500   /* between looks whether another process still sends */
#define FAULTY_MS  1000  /* after the outbox failed */
#define STOPPED_MS 15000 /* headquarters refuses: until it is asked again */
#define GRACE_MS   2000  /* at the end: for receipts that are on their way */

void job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    sheet_deinit(&job->sheet);
    free(job->answer);
    free(job);
}

void counter_log(const struct counter *counter, const char *format, ...)
{
    char text[FAULT_TEXT_LEN_MAX + 1];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, _("allclear till: store %s: %s\n"), counter->node.kit.store.text, text);
}

bool counter_is_connected(const struct counter *counter)
{
    return counter->courier.state == COURIER_GOING && wire_state(counter->wire) == WIRE_UP;
}

bool counter_can_send(const struct counter *counter)
{
    return counter_is_connected(counter) && counter->courier.flight_count < COURIER_WINDOW &&
           wire_now_ms() >= counter->courier.pause_ms;
}

static void begin_courier(struct counter *counter)
{
    courier_init(&counter->courier, &counter->node, counter->wire);
    counter->courier.on_answer = counter_take_answer;
    counter->courier.context = counter;
    counter->receipts_seen = 0;
}

/* Not now, for a reason that passes. */
static struct http_reply later(const char *why, const char *remedy)
{
    struct http_reply reply = reply_error(REPLY_UNAVAILABLE, why, remedy);

    reply.retry_after_s = REPLY_AGAIN_S;
    return reply;
}

static struct http_reply outbox_fails(void)
{
    return later(_("the store's outbox cannot be written"),
                 _("make room on the node's disk, then send the same again"));
}

static struct http_reply another_sends(void)
{
    return later(_("another process sends for this store"),
                 _("end it (allclear publish --watch?), then send the same again"));
}

static struct http_reply is_ending(void)
{
    return later(_("the node is being stopped"), _("send the same again once it runs"));
}

/* What the courier had in memory may not be in the outbox: it begins anew from what is there. */
static void fail(struct counter *counter, const struct fault *fault)
{
    if (strcmp(counter->told, fault->text) != 0) { /* a full disk stays full for a while */
        (void)snprintf(counter->told, sizeof counter->told, "%s", fault->text);
        counter_log(counter, "%s", fault->text);
    }
    outbox_rollback(counter->node.outbox);
    begin_courier(counter);
    counter->faulty_ms = wire_now_ms() + FAULTY_MS;
    counter_refuse_all(counter, outbox_fails);
}

/* --- what comes in --- */

void counter_take(struct counter *counter, struct job *job)
{
    const uint64_t one = 1;
    bool taken = false;

    job->deadline_ms = wire_now_ms() + counter->wait_ms;
    (void)pthread_mutex_lock(&counter->mutex);
    if (!counter->stopping) {
        job->next = counter->inbox;
        counter->inbox = job;
        taken = true;
    }
    (void)pthread_mutex_unlock(&counter->mutex);
    if (!taken) {
        const struct http_reply reply = is_ending();
        http_answer(job->request, &reply);
    } else if (write(counter->wake_fd, &one, sizeof one) < 0) {
        return; /* it is full, so it can be read */
    }
}

/* Returns: is the counter to end? */
static bool take_inbox(struct counter *counter)
{
    struct job *reversed = NULL;
    uint64_t count = 0;

    if (read(counter->wake_fd, &count, sizeof count) < 0) {
        count = 0; /* nobody has rung */
    }
    (void)pthread_mutex_lock(&counter->mutex);
    struct job *inbox = counter->inbox;
    bool stopping = counter->stopping;
    counter->inbox = NULL;
    (void)pthread_mutex_unlock(&counter->mutex);
    while (inbox != NULL) {
        struct job *next = inbox->next;
        inbox->next = reversed;
        reversed = inbox;
        inbox = next;
    }
    struct job **end = &counter->jobs;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = reversed;
    return stopping;
}

/* --- one turn --- */

/* Only the bell is followed. */
static bool visit_none(void *context, const char *path, struct fault *ret_fault)
{
    (void)context;
    (void)path;
    (void)ret_fault;
    return true;
}

/* Returns: is this the process that sends? */
static bool hold_lock(struct counter *counter)
{
    char bell[FILES_PATH_MAX];

    if (counter->lock >= 0) {
        return true;
    }
    counter->lock = sender_lock(&counter->node);
    if (counter->lock < 0) {
        return false;
    }
    CHECK(sender_bell(&counter->node, bell)); /* the lock's path fitted */
    counter->follow = follow_open(NULL, 0, bell);
    wire_set_wakers(counter->wire,
                    (const int[WIRE_WAKERS_MAX]){counter->wake_fd, follow_fd(counter->follow)});
    return true;
}

static void wait_for_lock(struct counter *counter)
{
    struct pollfd fd = {.fd = counter->wake_fd, .events = POLLIN};

    if (strcmp(counter->told, "lock") != 0) {
        (void)snprintf(counter->told, sizeof counter->told, "lock");
        counter_log(counter, _("another process sends for this folder; tills wait for its end"));
    }
    counter_refuse_all(counter, another_sends);
    (void)poll(&fd, 1, LOCK_MS);
}

/* Log what has changed; ask headquarters again that refused some time ago. */
static void mind_state(struct counter *counter)
{
    int64_t now = wire_now_ms();
    struct courier *courier = &counter->courier;

    if (courier->warned && strcmp(counter->told, courier->detail) != 0) {
        memcpy(counter->told, courier->detail, sizeof counter->told);
        counter_log(counter, "%s", courier->detail);
    }
    courier->warned = false;
    if (counter_is_connected(counter)) {
        if (counter->offline_ms != 0) {
            counter_log(counter, _("connected"));
            counter->told[0] = '\0';
        }
        counter->offline_ms = 0;
    } else if (counter->offline_ms == 0) {
        counter->offline_ms = now;
        counter_log(counter, _("not connected"));
    }
    if (courier->state != COURIER_STOPPED) {
        counter->stopped_ms = 0;
    } else if (counter->stopped_ms == 0) {
        counter->stopped_ms = now + STOPPED_MS;
    } else if (now >= counter->stopped_ms) {
        counter->stopped_ms = 0;
        begin_courier(counter);
    }
}

static int sooner(int64_t one_ms, int64_t other_ms)
{
    int64_t ms = other_ms < 0 || (one_ms >= 0 && one_ms < other_ms) ? one_ms : other_ms;

    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static int wait_for(const struct counter *counter)
{
    int64_t ms = sooner(courier_wait_ms(&counter->courier), counter_due_ms(counter));

    if (counter->courier.prepared || follow_is_rung(counter->follow)) {
        return 0;
    }
    if (counter->stopped_ms != 0) {
        int64_t left = counter->stopped_ms - wire_now_ms();
        ms = sooner(ms, left < 0 ? 0 : left);
    }
    return sooner(ms, follow_wait_ms(counter->follow));
}

static bool do_turn(struct counter *counter, struct fault *ret_fault)
{
    struct fault why;

    if (!follow_look(counter->follow, visit_none, NULL, ret_fault)) {
        return false;
    }
    if (!follow_is_told(counter->follow, &why)) { /* the bell rings no longer: it looks by itself */
        counter_log(counter, "%s", why.text);
        wire_set_wakers(counter->wire, (const int[WIRE_WAKERS_MAX]){counter->wake_fd, -1});
    }
    return counter_work(counter, ret_fault) &&
           courier_step(&counter->courier, wait_for(counter), ret_fault) &&
           counter_settle(counter, ret_fault);
}

static void turn(struct counter *counter)
{
    struct pollfd fd = {.fd = counter->wake_fd, .events = POLLIN};
    struct fault fault = {0};
    int64_t left = counter->faulty_ms - wire_now_ms();

    if (!hold_lock(counter)) {
        wait_for_lock(counter);
        return;
    }
    if (left > 0) { /* what comes meanwhile is refused at once */
        counter_refuse_all(counter, outbox_fails);
        (void)poll(&fd, 1, (int)left);
        return;
    }
    if (!do_turn(counter, &fault)) {
        fail(counter, &fault);
    }
    mind_state(counter);
}

/* What is on its way is mostly answered in a moment. */
static void end(struct counter *counter)
{
    int64_t until = wire_now_ms() + GRACE_MS;
    struct fault fault = {0};
    bool good = counter->lock >= 0 && counter->faulty_ms < wire_now_ms();

    if (counter->lock >= 0) {
        wire_set_wakers(counter->wire, (const int[WIRE_WAKERS_MAX]){-1, -1});
    }
    for (struct job *job = counter->jobs; job != NULL; job = job->next) {
        job->deadline_ms = job->deadline_ms < until ? job->deadline_ms : until;
    }
    while (good && counter->jobs != NULL) {
        good = do_turn(counter, &fault);
    }
    counter_refuse_all(counter, is_ending);
}

static void *run(void *context)
{
    struct counter *counter = context;

    while (!take_inbox(counter)) {
        turn(counter);
    }
    end(counter);
    return NULL;
}

/* --- opening and closing --- */

static void deinit(struct counter *counter)
{
    wire_close(counter->wire);
    follow_close(counter->follow);
    lines_deinit(&counter->lines);
    node_close(&counter->node);
    (void)close(counter->wake_fd);
    if (counter->lock >= 0) {
        (void)close(counter->lock);
    }
    (void)pthread_mutex_destroy(&counter->mutex);
    free(counter);
}

struct counter *counter_open(const char *dir, int wait_ms, struct fault *ret_fault)
{
    struct counter *counter = memory_zeroed(1, sizeof *counter);

    counter->lock = -1;
    counter->wait_ms = wait_ms;
    counter->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK(counter->wake_fd >= 0 && pthread_mutex_init(&counter->mutex, NULL) == 0);
    if (!node_open(dir, &counter->node, ret_fault) ||
        !node_open_outbox(&counter->node, ret_fault)) {
        deinit(counter);
        return NULL;
    }
    counter->wire = node_connect(&counter->node, ret_fault);
    if (counter->wire == NULL) {
        deinit(counter);
        return NULL;
    }
    counter->offline_ms = wire_now_ms();
    begin_courier(counter);
    if (pthread_create(&counter->thread, NULL, run, counter) != 0) {
        (void)fault_set(ret_fault, FAULT_LIMIT, _("no thread to be had for store %s"),
                        counter->node.kit.store.text);
        deinit(counter);
        return NULL;
    }
    return counter;
}

void counter_stop(struct counter *counter)
{
    const uint64_t one = 1;

    (void)pthread_mutex_lock(&counter->mutex);
    counter->stopping = true;
    (void)pthread_mutex_unlock(&counter->mutex);
    if (write(counter->wake_fd, &one, sizeof one) < 0) {
        return; /* it is full, so it can be read */
    }
}

void counter_join(struct counter *counter)
{
    CHECK(pthread_join(counter->thread, NULL) == 0);
}

void counter_close(struct counter *counter)
{
    deinit(counter);
}

const char *counter_dir(const struct counter *counter)
{
    return counter->node.dir;
}

const struct kit *counter_kit(const struct counter *counter)
{
    return &counter->node.kit;
}
