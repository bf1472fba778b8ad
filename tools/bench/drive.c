#include "tools/bench/drive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clearing/base/memory.h"
#include "clearing/facts/outcome.h"
#include "proto/codec/encode.h"
#include "tools/bench/figures.h"
#include "tools/node/receipt.h"

#define GREETINGS    32       /* at a time: hand-shakes are the dearest thing for a gate */
#define STILL_US     60000000 /* without any receipt: give up */
#define LOOK_US      1000000  /* without any receipt: look whether the daemon is still there */
#define LOST_US      5000000  /* without any receipt: something was lost, send again */
#define WAIT_MS      50
#define HELLO_LEN    256

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fail(struct drive *drive, uint32_t store, const char *what)
{
    if (!drive->failed) {
        (void)fault_set(
            &drive->fault, FAULT_FORMAT, "store %s: %s", drive->arena->codes[store].text, what);
        drive->failed = true;
    }
}

static bool may_send(const struct drive *drive, uint32_t number)
{
    const struct drive_store *store = &drive->stores[number];

    return store->next < store->end && !store->broken &&
           (drive->open || store->next - store->acked < drive->options->window);
}

static void enqueue(struct drive *drive, uint32_t number)
{
    struct drive_store *store = &drive->stores[number];

    if (!store->queued && may_send(drive, number)) {
        uint32_t at = (drive->queue_head + drive->queue_count++) % drive->arena->stores;
        drive->queue[at] = number;
        store->queued = true;
    }
}

static uint32_t dequeue(struct drive *drive)
{
    uint32_t number = drive->queue[drive->queue_head];

    drive->queue_head = (drive->queue_head + 1) % drive->arena->stores;
    drive->queue_count--;
    drive->stores[number].queued = false;
    return number;
}

/* --- what comes --- */

/* Results begin with a big-endian count, then outcome and reason of each event (receipt.h). */
static bool count_accepted(struct drive *drive, slice_t results, uint32_t events)
{
    const uint8_t *at = (const uint8_t *)results.text;

    if (results.len < 2 + 2 * (size_t)events || ((uint32_t)at[0] << 8 | at[1]) != events) {
        return false;
    }
    for (uint32_t i = 0; i < events; i++) {
        drive->accepted += at[2 + 2 * (size_t)i] == OUTCOME_ACCEPTED;
    }
    return true;
}

static void keep(struct drive *drive, uint32_t number, uint32_t batch, slice_t bytes)
{
    if (drive->receipts++ % DRIVE_SAMPLE != 0) {
        return;
    }
    char *copy = memory_resize(NULL, bytes.len, 1);
    memcpy(copy, bytes.text, bytes.len);
    MEMORY_GROW(drive->kept, drive->kept_count, drive->kept_capacity);
    drive->kept[drive->kept_count++] =
        (struct drive_kept){number, batch, {copy, bytes.len}};
}

/* All that was sent has been answered, and something of it was not taken: go on behind the last
 * receipt. */
static void go_back(struct drive *drive, uint32_t number)
{
    struct drive_store *store = &drive->stores[number];

    drive->resent += store->next - store->acked;
    store->next = store->acked;
    store->broken = false;
    enqueue(drive, number);
}

static void note_answer(struct drive *drive, uint32_t number)
{
    struct drive_store *store = &drive->stores[number];

    if (store->under_way > 0) {
        store->under_way--;
        drive->under_way--;
    }
    if (store->broken && store->under_way == 0) {
        go_back(drive, number);
    }
}

static void note_refusal(struct drive *drive, uint32_t number, uint32_t retry_after_ms)
{
    struct drive_store *store = &drive->stores[number];

    store->broken = true;
    if (retry_after_ms > 0) {
        store->not_before_us = now_us() + (int64_t)retry_after_ms * 1000;
    }
}

static void take_receipt(struct drive *drive, uint32_t number, const struct frame_receipt *receipt,
                         slice_t bytes)
{
    struct drive_store *store = &drive->stores[number];
    struct checkpoint checkpoint;
    struct fault fault = {0};

    if (receipt->sequence <= store->acked) {
        return; /* of a batch that was sent twice */
    }
    if (receipt->sequence > store->acked + 1) {
        note_refusal(drive, number, 0); /* the one before it was lost: a resend brings it again */
        return;
    }
    struct stock_batch *batch = &drive->stock->streams[number].batches[store->acked];
    if (!checkpoint_decode(receipt->checkpoint, &checkpoint, NULL, &fault) ||
        !count_accepted(drive, receipt->results, batch->events)) {
        fail(drive, number, "a receipt of another form");
        return;
    }
    batch->got_us = now_us();
    batch->checkpoint = checkpoint.size;
    drive->moved_us = batch->got_us;
    keep(drive, number, store->acked, bytes);
    store->acked++;
    store->next = store->next < store->acked ? store->acked : store->next;
    drive->due--;
    enqueue(drive, number);
}

static void take_expect(struct drive *drive, uint32_t number, const struct frame_expect *expect)
{
    struct drive_store *store = &drive->stores[number];

    switch (expect->reason) {
    case REASON_HELLO:
        store->greeted = true;
        return;
    case REASON_BUSY:
    case REASON_GAP:
        note_refusal(drive, number, expect->retry_after_ms);
        note_answer(drive, number);
        return;
    case REASON_FROZEN:
    case REASON_MALFORMED:
    case REASON_UNKNOWN_KEY:
    case REASON_WRONG_NETWORK:
    case REASON_TOO_LARGE:
    case REASON_BAD_SIGNATURE:
    case REASON_WRONG_STORE:
    case REASON_EQUIVOCATION:
    case REASON_VERSION:
    case REASON_CLOSED:
        break;
    }
    fail(drive, number, frame_reason_name(expect->reason));
}

static void take(void *context, uint32_t number, slice_t bytes)
{
    struct drive *drive = context;
    struct frame frame;
    struct decode_fault fault;

    if (bytes.len > FRAME_BYTES_MAX || !frame_decode(bytes, &frame, &fault)) {
        fail(drive, number, "an answer of no known form");
        return;
    }
    if (frame.type == FRAME_RECEIPT) {
        take_receipt(drive, number, &frame.receipt, bytes);
        note_answer(drive, number);
        enqueue(drive, number);
    } else if (frame.type == FRAME_EXPECT) {
        take_expect(drive, number, &frame.expect);
    } else {
        fail(drive, number, "an answer that nobody asked for");
    }
}

/* --- what goes --- */

static bool send_one(struct drive *drive, uint32_t number, int64_t now)
{
    struct drive_store *store = &drive->stores[number];
    struct stock_batch *batch = &drive->stock->streams[number].batches[store->next];

    if (now < store->not_before_us ||
        !sockets_send(
            drive->sockets, number, (slice_t){(const char *)batch->frame, batch->len})) {
        return false;
    }
    if (batch->sent_us == 0) {
        batch->sent_us = now;
    }
    store->next++;
    store->under_way++;
    drive->under_way++;
    return true;
}

/* One batch of each store in turn, until the limit or nobody can. Returns: could anyone? */
static bool send_some(struct drive *drive)
{
    bool sent = false;

    for (uint32_t turns = drive->queue_count;
         turns > 0 && !drive->failed &&
         (drive->open || drive->under_way < drive->options->in_flight);
         turns--) {
        uint32_t number = dequeue(drive);
        if (may_send(drive, number)) {
            sent = send_one(drive, number, now_us()) || sent;
        }
        enqueue(drive, number);
    }
    return sent;
}

/* Open loop: whatever is due by now may go. Returns: how long to wait at most, in ms. */
static int release_due(struct drive *drive)
{
    struct schedule *schedule = &drive->schedule;
    int64_t now = now_us();

    if (drive->under_way == 0 && drive->queue_count == 0) {
        drive->moved_us = now; /* nobody owes us an answer */
    }
    while (schedule->next < schedule->count) {
        const struct schedule_slot *slot = &schedule->slots[schedule->next];
        int64_t due_us = drive->began_us + (int64_t)slot->after_us;
        if (due_us > now) {
            int64_t wait_ms = (due_us - now + 999) / 1000;
            return wait_ms < WAIT_MS ? (int)wait_ms : WAIT_MS;
        }
        drive->stock->streams[slot->store].batches[slot->batch].due_us = due_us;
        drive->stores[slot->store].end = slot->batch + 1;
        enqueue(drive, slot->store);
        schedule->next++;
    }
    return WAIT_MS;
}

/* Nothing has come for long: what is under way will not be answered. */
static void forget_lost(struct drive *drive, uint32_t number)
{
    struct drive_store *store = &drive->stores[number];

    if (store->under_way > 0) {
        drive->under_way -= store->under_way;
        store->under_way = 0;
        store->not_before_us = now_us() + LOST_US;
        go_back(drive, number);
    }
}

static bool still_moves(struct drive *drive, struct fault *ret_fault)
{
    if (drive->failed) {
        *ret_fault = drive->fault;
        return false;
    }
    int64_t still = now_us() - drive->moved_us;
    if (still > LOOK_US && !server_lives(drive->server)) {
        return fault_set(ret_fault, FAULT_IO, "the daemon has ended: see its log");
    }
    for (uint32_t i = 0; still > LOST_US && i < drive->arena->stores; i++) {
        forget_lost(drive, i);
    }
    return still < STILL_US ||
           fault_set(ret_fault, FAULT_IO, "no answer for a minute");
}

/* --- phases --- */

static bool greet(struct drive *drive, uint32_t first, uint32_t count, slice_t *hellos,
                  struct fault *ret_fault)
{
    uint32_t greeted = 0;
    bool said[GREETINGS] = {false};

    for (uint32_t i = 0; i < count; i++) {
        if (!sockets_connect(drive->sockets, first + i, ret_fault)) {
            return false;
        }
    }
    drive->moved_us = now_us();
    while (greeted < count) {
        greeted = 0;
        for (uint32_t i = 0; i < count; i++) {
            said[i] = said[i] || sockets_send(drive->sockets, first + i, hellos[first + i]);
        }
        sockets_receive(drive->sockets, 2, take, drive);
        for (uint32_t i = 0; i < count; i++) {
            greeted += drive->stores[first + i].greeted;
        }
        if (!still_moves(drive, ret_fault)) {
            return false;
        }
    }
    return true;
}

static slice_t make_hello(const struct drive *drive, uint32_t number, char *room)
{
    struct frame frame = {.type = FRAME_HELLO,
                          .hello = {.version = FRAME_VERSION,
                                    .network = drive->arena->network,
                                    .store = code_slice(&drive->arena->codes[number]),
                                    .agent = slice_of("allclear bench")}};
    size_t len = frame_encode(&frame, (uint8_t *)room, HELLO_LEN);

    CHECK(len > 0);
    return (slice_t){room, (uint32_t)len};
}

static bool greet_all(struct drive *drive, struct fault *ret_fault)
{
    uint32_t stores = drive->arena->stores;
    slice_t *hellos = memory_zeroed(stores, sizeof *hellos);
    char(*rooms)[HELLO_LEN] = memory_zeroed(stores, sizeof *rooms);
    bool good = true;

    for (uint32_t i = 0; i < stores; i++) {
        hellos[i] = make_hello(drive, i, rooms[i]);
    }
    for (uint32_t i = 0; good && i < stores; i += GREETINGS) {
        good = greet(drive, i, stores - i < GREETINGS ? stores - i : GREETINGS, hellos, ret_fault);
        figures_progress("connecting", i, stores);
    }
    /* hellos that are not answered are lost with the connection: the pool is closed before us */
    if (!good) {
        sockets_close(drive->sockets);
        drive->sockets = NULL;
    }
    free(hellos);
    free(rooms);
    return good;
}

bool drive_open(struct drive *drive, const struct bench_options *options,
                const struct arena *arena, struct stock *stock, const struct server *server,
                struct fault *ret_fault)
{
    *drive =
        (struct drive){.options = options, .arena = arena, .stock = stock, .server = server};
    drive->stores = memory_zeroed(arena->stores, sizeof *drive->stores);
    drive->queue = memory_zeroed(arena->stores, sizeof *drive->queue);
    struct sockets_options sockets = {
        .address = server->address,
        .server_key = arena->gate_key,
        .count = arena->stores,
        .public_keys = (const uint8_t(*)[SOCKETS_KEY_LEN])arena->curve_public,
        .secret_keys = (const uint8_t(*)[SOCKETS_KEY_LEN])arena->curve_secret,
    };
    drive->sockets = sockets_open(&sockets, ret_fault);
    return drive->sockets != NULL && greet_all(drive, ret_fault);
}

void drive_close(struct drive *drive)
{
    sockets_close(drive->sockets);
    schedule_deinit(&drive->schedule);
    for (uint32_t i = 0; i < drive->kept_count; i++) {
        free((void *)(uintptr_t)drive->kept[i].frame.text);
    }
    free(drive->kept);
    free(drive->stores);
    free(drive->queue);
    *drive = (struct drive){0};
}

/* Returns: how many batches the phase has. */
static uint64_t begin_phase(struct drive *drive, bool warm)
{
    uint64_t all = 0;

    drive->accepted = 0;
    drive->open = !warm && drive->options->rate > 0;
    for (uint32_t i = 0; i < drive->arena->stores; i++) {
        const struct stock_stream *stream = &drive->stock->streams[i];
        struct drive_store *store = &drive->stores[i];
        uint32_t end = warm ? stream->warm : stream->count;
        all += end - store->acked;
        store->end = drive->open ? stream->warm : end;
    }
    if (drive->open) {
        schedule_make(&drive->schedule, drive->stock, drive->options->rate);
    }
    drive->began_us = now_us();
    drive->moved_us = drive->began_us;
    for (uint32_t i = 0; i < drive->arena->stores; i++) {
        enqueue(drive, i);
    }
    drive->due = all;
    return all;
}

bool drive_run(struct drive *drive, bool warm, int64_t *ret_us, struct fault *ret_fault)
{
    uint64_t all = begin_phase(drive, warm);
    bool good = true;

    while (drive->due > 0 && good) {
        int wait_ms = drive->open ? release_due(drive) : WAIT_MS;
        bool sent = send_some(drive);
        sockets_receive(drive->sockets, sent ? 0 : wait_ms, take, drive);
        figures_progress(warm ? "warming" : "measuring", all - drive->due, all);
        good = still_moves(drive, ret_fault);
    }
    *ret_us = now_us() - drive->began_us;
    return good;
}

/* --- afterwards --- */

static bool verify(const struct drive *drive, const struct drive_kept *kept,
                   struct fault *ret_fault)
{
    static uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    static struct receipt_outcomes outcomes;
    const struct stock_batch *batch = &drive->stock->streams[kept->store].batches[kept->batch];
    struct frame frame;
    struct frame sent;
    struct checkpoint checkpoint;
    struct decode_fault fault;

    CHECK(frame_decode(kept->frame, &frame, &fault)); /* as when it came */
    CHECK(frame_decode((slice_t){(const char *)batch->frame, batch->len}, &sent, &fault));
    size_t len = encode_signed_batch(&sent.batch, bytes, sizeof bytes);
    struct receipt_basis basis = {.network = drive->arena->network,
                                  .ledger_key = drive->arena->ledger_key,
                                  .signed_batch = {(const char *)bytes, (uint32_t)len},
                                  .sequence = kept->batch + 1,
                                  .event_count = batch->events};
    return receipt_verify(&frame.receipt, &basis, &outcomes, &checkpoint, ret_fault);
}

bool drive_verify(const struct drive *drive, struct fault *ret_fault)
{
    for (uint32_t i = 0; i < drive->kept_count; i++) {
        if (!verify(drive, &drive->kept[i], ret_fault)) {
            return false;
        }
    }
    return true;
}
