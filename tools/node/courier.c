#include "tools/node/courier.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "tools/node/courier_inside.h"
#include "tools/text.h"

#define BACKOFF_MIN_MS    200
#define BACKOFF_MAX_MS    30000
#define PATIENCE_FIRST_MS 1000 /* before the way's length is known */
#define LATENCY_MAX_MS    1000
#define FRAMES_A_STEP     32
#define FULL_MS           50 /* until what the wire did not take is offered again */
#define BAD_RECEIPTS_MAX  3

void courier_init(struct courier *courier, struct node *node, struct wire *wire)
{
    *courier = (struct courier){.node = node, .wire = wire, .backoff_ms = BACKOFF_MIN_MS};
    courier->random = hash_u64((uint64_t)node_clock_ms() ^ (uint64_t)(uintptr_t)courier);
}

/* Around ms, a quarter less to a quarter more, so that many stores do not come at once. */
static int64_t jitter(struct courier *courier, int64_t ms)
{
    courier->random = hash_u64(courier->random + 1);
    return ms - ms / 4 + (int64_t)(courier->random % (uint64_t)(ms / 2 + 1));
}

static int64_t next_backoff(struct courier *courier)
{
    int64_t ms = courier->backoff_ms;

    courier->backoff_ms = 2 * ms > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : 2 * ms;
    return jitter(courier, ms);
}

static int64_t patience_ms(struct courier *courier)
{
    int64_t ms = courier->latency_ms == 0 ? PATIENCE_FIRST_MS : 4 * courier->latency_ms;

    ms = ms < courier->backoff_ms ? courier->backoff_ms : ms;
    ms = ms < BACKOFF_MIN_MS ? BACKOFF_MIN_MS : ms;
    return jitter(courier, ms > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : ms);
}

void courier_warn(struct courier *courier, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(courier->detail, sizeof courier->detail, format, args);
    va_end(args);
    courier->warned = true;
}

void courier_ask_again(struct courier *courier)
{
    courier->state = COURIER_OFFLINE;
    courier->hello_at_ms = 0;
    courier->flight_count = 0;
    courier->cursor = 0;
}

static void stop(struct courier *courier, const struct frame_expect *expect, const char *what)
{
    courier_warn(courier, _("headquarters answers %s%s%.*s: %s"), frame_reason_name(expect->reason),
                 expect->detail.len > 0 ? ", " : "", (int)expect->detail.len, expect->detail.text,
                 what);
    courier->state = COURIER_STOPPED;
    courier->flight_count = 0;
}

static void busy(struct courier *courier, const struct frame_expect *expect)
{
    int64_t now = wire_now_ms();
    int64_t pause =
        expect->retry_after_ms > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : (int64_t)expect->retry_after_ms;

    if (now >= courier->pause_ms) { /* one of a whole window says it for all */
        int64_t own = next_backoff(courier);
        pause = pause < own ? own : pause;
    }
    if (courier->pause_ms < now + pause) {
        courier->pause_ms = now + pause;
    }
    courier->hello_at_ms = courier->pause_ms;
    courier->flight_count = 0;
    courier->cursor = 0;
}

static bool gap(struct courier *courier, const struct frame_expect *expect, struct fault *ret_fault)
{
    struct outbox_batch batch;
    int64_t now = wire_now_ms();

    if (courier->state != COURIER_GOING) {
        return true; /* hello is being said: its answer counts */
    }
    if (expect->sequence == courier->gap_sequence && now < courier->deaf_ms) {
        return true; /* each batch behind the gap is answered so */
    }
    if (!outbox_find_batch(courier->node->outbox, expect->sequence, &batch, ret_fault)) {
        return false;
    }
    if (expect->sequence == 0 || batch.sequence == 0 || batch.receipted) {
        courier_ask_again(courier);
        return true;
    }
    courier->gap_sequence = expect->sequence;
    courier->deaf_ms = now + patience_ms(courier);
    /* Those before the gap have arrived: they stay in flight until their receipts come. */
    uint32_t kept = 0;
    for (uint32_t i = 0; i < courier->flight_count; i++) {
        if (courier->flights[i].batch.sequence < expect->sequence) {
            courier->flights[kept++] = courier->flights[i];
        }
    }
    courier->flight_count = kept;
    if (courier->cursor >= expect->sequence) {
        courier->cursor = expect->sequence - 1;
    }
    courier->resends++;
    return true;
}

static bool take_expect(struct courier *courier, const struct frame_expect *expect,
                        struct fault *ret_fault)
{
    switch (expect->reason) {
    case REASON_HELLO:
        if (courier->state != COURIER_OFFLINE) {
            return true; /* the answer to an earlier hello */
        }
        courier->greetings++;
        return courier_sync(courier, expect, ret_fault);
    case REASON_GAP:
        return gap(courier, expect, ret_fault);
    case REASON_BUSY:
        busy(courier, expect);
        return true;
    case REASON_FROZEN:
        stop(courier, expect, _("this store is frozen until headquarters unfreezes it"));
        return true;
    case REASON_UNKNOWN_KEY:
        stop(courier, expect,
             _("this store's key is not approved, or no longer: read its fingerprint to"
               " headquarters (allclear join shows it)"));
        return true;
    case REASON_CLOSED:
        stop(courier, expect, _("this store has been closed"));
        return true;
    case REASON_EQUIVOCATION:
        stop(courier, expect,
             _("another batch has this number there; is a copy of this folder in use? The store"
               " is frozen until headquarters unfreezes it"));
        return true;
    case REASON_WRONG_STORE:
    case REASON_WRONG_NETWORK:
    case REASON_BAD_SIGNATURE:
        stop(courier, expect, _("the kit and this folder's keys do not fit together: join again"));
        return true;
    case REASON_VERSION:
        stop(courier, expect, _("this program and headquarters' do not speak the same version"));
        return true;
    case REASON_MALFORMED:
    case REASON_TOO_LARGE:
        stop(courier, expect, _("it cannot read what this program sends: compare the versions"));
        return true;
    }
    return true;
}

static void note_receipt(struct courier *courier, uint64_t sequence)
{
    int64_t now = wire_now_ms();
    uint32_t kept = 0;

    for (uint32_t i = 0; i < courier->flight_count; i++) {
        struct courier_flight *flight = &courier->flights[i];
        if (flight->batch.sequence != sequence) {
            courier->flights[kept++] = *flight;
        } else if (flight->sent) {
            int64_t took = now - flight->sent_ms;
            took = took > LATENCY_MAX_MS ? LATENCY_MAX_MS : took; /* it may have been sent before */
            courier->latency_ms =
                courier->latency_ms == 0 ? took + 1 : (7 * courier->latency_ms + took) / 8 + 1;
        }
    }
    courier->flight_count = kept;
    courier->backoff_ms = BACKOFF_MIN_MS;
    courier->resend_at_ms = now + patience_ms(courier);
    courier->receipts++;
}

static bool take_receipt(struct courier *courier, const struct frame_receipt *receipt,
                         struct fault *ret_fault)
{
    struct fault why = {0};

    switch (courier_accept(courier, receipt, &why)) {
    case COURIER_MARKED:
        courier->bad_receipts = 0;
        note_receipt(courier, receipt->sequence);
        return true;
    case COURIER_KNOWN:
        return true;
    case COURIER_FALSE:
        courier_warn(courier, _("a receipt for batch %" PRIu64 " is not to be believed: %s"),
                     receipt->sequence, why.text);
        if (++courier->bad_receipts >= BAD_RECEIPTS_MAX) {
            courier->state = COURIER_STOPPED;
        }
        return true;
    case COURIER_FAILED:
        if (ret_fault != NULL) {
            *ret_fault = why;
        }
        return false;
    }
    return true;
}

static bool take_frame(struct courier *courier, const struct frame *frame, struct fault *ret_fault)
{
    switch (frame->type) {
    case FRAME_RECEIPT:
        return take_receipt(courier, &frame->receipt, ret_fault);
    case FRAME_EXPECT:
        return take_expect(courier, &frame->expect, ret_fault);
    case FRAME_HELLO:
    case FRAME_BATCH:
    case FRAME_QUERY:
        return true; /* not for a courier */
    case FRAME_ANSWER:
        if (courier->on_answer != NULL) {
            courier->on_answer(courier->context, &frame->answer);
        }
        return true;
    }
    return true;
}

static bool say_hello(struct courier *courier)
{
    int64_t now = wire_now_ms();
    struct frame hello = node_hello(courier->node);

    if (courier->state != COURIER_OFFLINE || now < courier->hello_at_ms ||
        now < courier->pause_ms || wire_state(courier->wire) != WIRE_UP) {
        return false;
    }
    courier->generation = wire_generation(courier->wire);
    courier->hello_at_ms = now + patience_ms(courier);
    return wire_send(courier->wire, &hello);
}

/* Another connection has lost what was under way; so may a silent one have. */
static void look_at_time(struct courier *courier)
{
    int64_t now = wire_now_ms();

    if (courier->state == COURIER_STOPPED) {
        return;
    }
    if (courier->generation != wire_generation(courier->wire)) {
        courier->backoff_ms = BACKOFF_MIN_MS;
        courier->generation = wire_generation(courier->wire);
        courier_ask_again(courier);
    } else if (courier->state == COURIER_GOING && courier->flight_count > 0 &&
               now >= courier->resend_at_ms) {
        (void)next_backoff(courier);
        courier->resends++;
        courier_ask_again(courier);
    }
}

int64_t courier_wait_ms(const struct courier *courier)
{
    int64_t now = wire_now_ms();
    int64_t due = INT64_MAX;

    switch (courier->state) {
    case COURIER_STOPPED:
        break;
    case COURIER_OFFLINE:
        if (wire_state(courier->wire) == WIRE_UP) {
            due =
                courier->hello_at_ms < courier->pause_ms ? courier->pause_ms : courier->hello_at_ms;
        }
        break;
    case COURIER_GOING:
        if (courier->pause_ms > now) {
            due = courier->pause_ms;
        }
        if (courier->flight_count > 0 && courier->resend_at_ms < due) {
            due = courier->resend_at_ms;
        }
        for (uint32_t i = 0; i < courier->flight_count && due > now + FULL_MS; i++) {
            due = courier->flights[i].sent ? due : now + FULL_MS;
        }
        break;
    }
    return due == INT64_MAX ? -1 : due < now ? 0 : due - now;
}

/* Patience runs while something is in flight. */
static void mind_patience(struct courier *courier)
{
    if (courier->flight_count > 0 && courier->resend_at_ms == 0) {
        courier->resend_at_ms = wire_now_ms() + patience_ms(courier);
    } else if (courier->flight_count == 0) {
        courier->resend_at_ms = 0;
    }
}

bool courier_prepare(struct courier *courier, struct fault *ret_fault)
{
    bool good = courier_fill(courier, ret_fault);

    courier->prepared = true;
    mind_patience(courier);
    return good;
}

/* Take in what has arrived. What is lost of it in a power cut is had again: a batch without a
 * receipt is sent again and gets the same one, and hello is answered again. Nobody who waits for an
 * outcome waits for this disk, too. */
static bool take_frames(struct courier *courier, struct frame *frame, struct fault *ret_fault)
{
    struct outbox *outbox = courier->node->outbox;
    uint32_t frames = 0;
    bool good = true;
    bool got = true;

    if (!outbox_begin_light(outbox, ret_fault)) {
        return false;
    }
    while (good && got) {
        good = take_frame(courier, frame, ret_fault);
        got = good && ++frames < FRAMES_A_STEP && wire_receive(courier->wire, 0, frame);
    }
    if (!good) {
        outbox_rollback(outbox);
        return false;
    }
    return outbox_commit(outbox, ret_fault);
}

/* Fill the window: what is sent is on the disk before. */
static bool fill(struct courier *courier, struct fault *ret_fault)
{
    struct outbox *outbox = courier->node->outbox;

    if (!outbox_begin(outbox, ret_fault)) {
        return false;
    }
    if (!courier_fill(courier, ret_fault)) {
        outbox_rollback(outbox);
        return false;
    }
    return outbox_commit(outbox, ret_fault);
}

bool courier_step(struct courier *courier, int timeout_ms, struct fault *ret_fault)
{
    struct frame frame;
    bool got = wire_receive(courier->wire, timeout_ms, &frame);
    bool prepared = courier->prepared;

    if (!got && timeout_ms != 0 && wire_is_woken(courier->wire)) {
        return true;
    }
    courier->prepared = false;
    look_at_time(courier);
    if ((got && !take_frames(courier, &frame, ret_fault)) ||
        ((got || !prepared) && !fill(courier, ret_fault))) {
        return false;
    }
    if (!courier_send(courier, ret_fault)) {
        return false;
    }
    mind_patience(courier);
    (void)say_hello(courier);
    return true;
}
