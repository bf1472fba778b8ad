/* The outbox: what it refuses, its edges, and what stands after a rollback or a death. */
#include "tools/node/outbox.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "proto/codec/encode.h"

static char dir[64];
static char path[96];
static struct outbox *outbox;
static uint8_t network[SIGN_NETWORK_LEN] = {7};
static struct fault fault;

static void open_outbox(void)
{
    outbox = outbox_open(path, network, slice_of("A"), &fault);
    ck_assert_ptr_nonnull(outbox);
}

static void reopen(void)
{
    outbox_close(outbox);
    open_outbox();
}

static void set_up(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test_outbox.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/outbox.db", dir);
    open_outbox();
    ck_assert(outbox_begin(outbox, &fault));
}

static void tear_down(void)
{
    char command[128];

    outbox_close(outbox);
    (void)snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

/* An event's bytes for a number: real ones, because batches are read back. */
static slice_t bytes_of(uint64_t number, uint64_t member)
{
    static uint8_t bytes[EVENT_BYTES_MAX];
    static struct event event;

    event.type = EVENT_ENROL;
    event.terminal = slice_of("1");
    event.number = number;
    event.at_ms = 1772332800000;
    event.member = member;
    size_t len = encode_event(&event, bytes, sizeof bytes);
    ck_assert_uint_gt(len, 0);
    return (slice_t){(const char *)bytes, (uint32_t)len};
}

static struct outbox_event add(uint64_t number, uint64_t member)
{
    const struct outbox_source source = {.file = "f", .line = 1};
    struct outbox_event event;

    ck_assert(outbox_add_event(outbox, slice_of("1"), number, bytes_of(number, member), &source,
                               &event, &fault));
    ck_assert_int_gt(event.id, 0);
    return event;
}

static struct outbox_batch cut(uint64_t sequence, const uint8_t *previous)
{
    const struct outbox_cut what = {network, slice_of("A"), sequence, previous, 1};
    struct outbox_batch batch;

    ck_assert(outbox_cut_batch(outbox, &what, &batch, &fault));
    return batch;
}

static void mark(const struct outbox_batch *batch, outcome_t outcome, outcome_t reason)
{
    static uint8_t outcomes[BATCH_EVENTS_MAX];
    static uint8_t reasons[BATCH_EVENTS_MAX];
    const struct outbox_receipt receipt = {batch->sequence,    9,        {"frame", 5},
                                           batch->event_count, outcomes, reasons};

    memset(outcomes, (int)outcome, sizeof outcomes);
    memset(reasons, (int)reason, sizeof reasons);
    ck_assert(outbox_mark(outbox, &receipt, &fault));
}

static struct outbox_event find(int64_t id)
{
    struct outbox_event event;

    ck_assert(outbox_find_event(outbox, id, &event, &fault));
    return event;
}

static struct outbox_counts count(void)
{
    struct outbox_counts counts;

    ck_assert(outbox_count(outbox, &counts, &fault));
    return counts;
}

static const uint8_t zeros[DIGEST_LEN];

START_TEST(test_refuses_others)
{
    uint8_t other[SIGN_NETWORK_LEN] = {8};
    char bad[128];

    ck_assert(outbox_commit(outbox, &fault));
    ck_assert_ptr_null(outbox_open(path, other, slice_of("A"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "another network"));
    ck_assert_ptr_null(outbox_open(path, network, slice_of("B"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "another store"));
    ck_assert_ptr_null(outbox_open("/nonexistent/outbox.db", network, slice_of("A"), &fault));
    ck_assert_int_eq(fault.category, FAULT_IO);
    (void)snprintf(bad, sizeof bad, "%s/bad.db", dir);
    FILE *file = fopen(bad, "w");
    for (int i = 0; i < 1000; i++) {
        fputs("this is no database ", file);
    }
    (void)fclose(file);
    ck_assert_ptr_null(outbox_open(bad, network, slice_of("A"), &fault));
}
END_TEST

START_TEST(test_events)
{
    struct outbox_event first = add(1, 17);
    struct outbox_event again = add(1, 17);
    struct outbox_event other = add(1, 18);

    ck_assert(first.fresh);
    ck_assert(!again.fresh);
    ck_assert_int_eq(first.id, again.id);
    ck_assert(other.fresh);
    ck_assert_int_ne(first.id, other.id);
    ck_assert_int_eq(find(999).id, 0);
    ck_assert_uint_eq(count().queued, 2);
    ck_assert(add(NUMBER_MAX, 17).fresh);
    outbox_rollback(outbox);
    ck_assert_uint_eq(count().queued, 0);
}
END_TEST

START_TEST(test_superseded)
{
    struct outbox_event first = add(1, 17);
    struct outbox_batch batch = cut(1, zeros);

    mark(&batch, OUTCOME_UNKNOWN_OFFER, OUTCOME_NONE);
    ck_assert_uint_eq(count().refused, 1);
    struct outbox_event second = add(1, 18); /* the mended one */
    ck_assert_uint_eq(count().refused, 0);
    ck_assert_int_eq(find(first.id).outcome, OUTCOME_UNKNOWN_OFFER);
    ck_assert_int_eq(find(second.id).outcome, OUTCOME_NONE);
    /* The old one can be asked for by name. */
    ck_assert(outbox_requeue_event(outbox, first.id, &fault));
    ck_assert_uint_eq(find(first.id).sequence, 0);
    ck_assert_int_eq(find(first.id).outcome, OUTCOME_NONE);
}
END_TEST

/* An asked event that is refused is nobody's to send again. */
START_TEST(test_asked)
{
    const struct outbox_source source = {"till 1", 1, true};
    struct outbox_event event;

    ck_assert(outbox_add_event(outbox, slice_of("1"), 1, bytes_of(1, 17), &source, &event, &fault));
    ck_assert_uint_eq(count().queued, 1);
    struct outbox_batch batch = cut(1, zeros);
    mark(&batch, OUTCOME_INSUFFICIENT_FUNDS, OUTCOME_NONE);
    ck_assert_int_eq(find(event.id).outcome, OUTCOME_INSUFFICIENT_FUNDS);
    ck_assert_uint_eq(count().refused, 0);
}
END_TEST

START_TEST(test_withdraw)
{
    int64_t first = add(1, 17).id;
    int64_t second = add(2, 17).id;

    ck_assert(outbox_withdraw(outbox, first, &fault));
    ck_assert_int_eq(find(first).id, 0);
    ck_assert(outbox_withdraw(outbox, first, &fault));
    ck_assert(add(1, 17).fresh);
    struct outbox_batch batch = cut(1, zeros);
    ck_assert(outbox_withdraw(outbox, second, &fault)); /* in a batch: it stays */
    ck_assert_int_eq(find(second).id, second);
    mark(&batch, OUTCOME_UNKNOWN_OFFER, OUTCOME_NONE);
    ck_assert(outbox_withdraw(outbox, second, &fault));
    ck_assert_int_eq(find(second).id, second);
}
END_TEST

START_TEST(test_finds)
{
    struct outbox_event event;

    ck_assert(outbox_find_number(outbox, slice_of("1"), 1, &event, &fault));
    ck_assert_int_eq(event.id, 0);
    ck_assert(outbox_find_same(outbox, slice_of("1"), 1, bytes_of(1, 17), &event, &fault));
    ck_assert_int_eq(event.id, 0);
    int64_t first = add(1, 17).id;
    struct outbox_batch one = cut(1, zeros);
    mark(&one, OUTCOME_UNKNOWN_OFFER, OUTCOME_NONE);
    int64_t second = add(1, 18).id;
    ck_assert(outbox_find_number(outbox, slice_of("1"), 1, &event, &fault));
    ck_assert_int_eq(event.id, second);
    struct outbox_batch two = cut(2, one.hash);
    mark(&two, OUTCOME_ACCEPTED, OUTCOME_NONE);
    int64_t third = add(1, 19).id;
    struct outbox_batch three = cut(3, two.hash);
    mark(&three, OUTCOME_NUMBER_REUSED, OUTCOME_NONE);
    ck_assert(outbox_find_number(outbox, slice_of("1"), 1, &event, &fault));
    ck_assert_int_eq(event.id, second); /* the number is its own */
    ck_assert_int_eq(event.outcome, OUTCOME_ACCEPTED);
    ck_assert(outbox_find_number(outbox, slice_of("2"), 1, &event, &fault));
    ck_assert_int_eq(event.id, 0);
    ck_assert(outbox_find_same(outbox, slice_of("1"), 1, bytes_of(1, 17), &event, &fault));
    ck_assert_int_eq(event.id, first);
    ck_assert_int_eq(event.outcome, OUTCOME_UNKNOWN_OFFER);
    ck_assert(outbox_find_same(outbox, slice_of("1"), 1, bytes_of(1, 19), &event, &fault));
    ck_assert_int_eq(event.id, third);
}
END_TEST

START_TEST(test_pending)
{
    int64_t now = (int64_t)time(NULL);
    int64_t since = 7;
    uint64_t pending = 7;

    ck_assert(outbox_pending(outbox, &pending, &since, &fault));
    ck_assert(pending == 0 && since == 0);
    (void)add(1, 17);
    (void)add(2, 17);
    ck_assert(outbox_pending(outbox, &pending, &since, &fault));
    ck_assert_uint_eq(pending, 2);
    ck_assert(since >= now - 1 && since <= now + 60);
    struct outbox_batch batch = cut(1, zeros);
    ck_assert(outbox_pending(outbox, &pending, &since, &fault));
    ck_assert_uint_eq(pending, 2);
    mark(&batch, OUTCOME_ACCEPTED, OUTCOME_NONE);
    ck_assert(outbox_pending(outbox, &pending, &since, &fault));
    ck_assert(pending == 0 && since == 0);
}
END_TEST

START_TEST(test_numbers)
{
    uint64_t number = 0;

    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R1"), &number, &fault));
    ck_assert_uint_eq(number, 1);
    (void)add(1, 17);
    (void)add(40, 17);
    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R2"), &number, &fault));
    ck_assert_uint_eq(number, 41);
    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R1"), &number, &fault));
    ck_assert_uint_eq(number, 1);
    ck_assert(outbox_number(outbox, slice_of("2"), slice_of("R1"), &number, &fault));
    ck_assert_uint_eq(number, 1);
    (void)add(NUMBER_MAX, 17);
    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R3"), &number, &fault));
    ck_assert_uint_eq(number, 0);
    ck_assert(outbox_commit(outbox, &fault));
    reopen();
    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R2"), &number, &fault));
    ck_assert_uint_eq(number, 41);
}
END_TEST

/* Numbers are given before their event is stored: two receipts must not get the same. */
START_TEST(test_numbers_ahead)
{
    uint64_t first = 0;
    uint64_t second = 0;

    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R1"), &first, &fault));
    ck_assert(outbox_number(outbox, slice_of("1"), slice_of("R2"), &second, &fault));
    ck_assert_uint_ne(first, second);
}
END_TEST

START_TEST(test_cut)
{
    static uint8_t body[BATCH_BODY_LEN_MAX];
    static struct event scratch;
    struct decode_fault decode;
    struct outbox_batch batches[3];
    struct outbox_batch found;
    struct batch batch;
    uint32_t len = 0;
    uint32_t events = 0;

    ck_assert_uint_eq(cut(1, zeros).sequence, 0); /* nothing is queued */
    for (uint64_t i = 1; i <= 5000; i++) {
        (void)add(i, 6200000000 + i);
    }
    batches[0] = cut(1, zeros);
    batches[1] = cut(2, batches[0].hash);
    batches[2] = cut(3, batches[1].hash);
    ck_assert_uint_eq(batches[0].event_count + batches[1].event_count + batches[2].event_count,
                      5000);
    ck_assert_uint_eq(cut(4, zeros).sequence, 0);
    ck_assert(outbox_read_body(outbox, 1, body, &len, &fault));
    ck_assert_uint_gt(len, BATCH_BODY_LEN_MAX - 64); /* as full as it can be */
    ck_assert(decode_batch((slice_t){(const char *)body, len}, &scratch, &batch, &events, &decode));
    ck_assert_uint_eq(events, batches[0].event_count);
    ck_assert(outbox_read_body(outbox, 2, body, &len, &fault));
    ck_assert(decode_batch((slice_t){(const char *)body, len}, &scratch, &batch, &events, &decode));
    ck_assert_uint_eq(batch.sequence, 2);
    ck_assert_mem_eq(batch.previous, batches[0].hash, DIGEST_LEN);
    ck_assert(outbox_head(outbox, &found, &fault));
    ck_assert_uint_eq(found.sequence, 3);
    ck_assert_mem_eq(found.previous, batches[1].hash, DIGEST_LEN);
    ck_assert(outbox_find_batch(outbox, 4, &found, &fault));
    ck_assert_uint_eq(found.sequence, 0);
    ck_assert(outbox_find_batch(outbox, UINT64_MAX, &found, &fault));
    ck_assert_uint_eq(found.sequence, 0);
    ck_assert(!outbox_read_body(outbox, 4, body, &len, &fault));
}
END_TEST

START_TEST(test_receipts)
{
    struct outbox_batch batch;
    uint64_t lost = 0;
    struct outbox_event event = add(1, 17);
    struct outbox_batch first = cut(1, zeros);

    (void)add(2, 17);
    struct outbox_batch second = cut(2, first.hash);
    ck_assert_uint_eq(find(event.id).sequence, 1);
    mark(&first, OUTCOME_WAITING, OUTCOME_UNKNOWN_MEMBER);
    ck_assert_int_eq(find(event.id).outcome, OUTCOME_WAITING);
    ck_assert_int_eq(find(event.id).reason, OUTCOME_UNKNOWN_MEMBER);
    ck_assert(outbox_next_batch(outbox, 0, &batch, &fault));
    ck_assert_uint_eq(batch.sequence, 2);
    ck_assert(outbox_next_batch(outbox, 2, &batch, &fault));
    ck_assert_uint_eq(batch.sequence, 0);
    ck_assert(outbox_last_receipted(outbox, &batch, &fault));
    ck_assert_uint_eq(batch.sequence, 1);
    mark(&second, OUTCOME_ACCEPTED, OUTCOME_NONE);
    ck_assert(outbox_forget_receipts(outbox, 2, &lost, &fault));
    ck_assert_uint_eq(lost, 1);
    ck_assert(outbox_next_batch(outbox, 0, &batch, &fault));
    ck_assert_uint_eq(batch.sequence, 2);
    ck_assert_uint_eq(count().accepted, 1); /* what was answered stays so meanwhile */
    ck_assert_uint_eq(count().waiting, 1);
    ck_assert(
        outbox_settle_waiting(outbox, slice_of("1"), 1, OUTCOME_ACCEPTED, OUTCOME_NONE, &fault));
    ck_assert(outbox_settle_waiting(outbox, slice_of("1"), 2, OUTCOME_TOO_OLD, OUTCOME_NONE,
                                    &fault)); /* it does not wait */
    ck_assert_uint_eq(count().accepted, 2);
}
END_TEST

START_TEST(test_break)
{
    struct outbox_event event = add(1, 17);
    struct outbox_batch first = cut(1, zeros);
    struct outbox_batch found;

    (void)add(2, 17);
    struct outbox_batch second = cut(2, first.hash);
    (void)add(3, 17);
    (void)cut(3, second.hash);
    mark(&first, OUTCOME_ACCEPTED, OUTCOME_NONE);
    ck_assert(outbox_break_batches(outbox, 2, &fault));
    ck_assert_uint_eq(count().queued, 2);
    ck_assert_int_eq(find(event.id).outcome, OUTCOME_ACCEPTED);
    ck_assert(outbox_head(outbox, &found, &fault));
    ck_assert_uint_eq(found.sequence, 1);
    ck_assert_uint_eq(cut(2, first.hash).event_count, 2); /* in their old order, in one batch */
}
END_TEST

START_TEST(test_signatures)
{
    struct outbox_signature signatures[OUTBOX_SIGNATURES_MAX];
    struct outbox_signature one = {{1}, {1}};
    struct outbox_signature two = {{2}, {2}};
    uint32_t signature_count = 0;

    ck_assert(outbox_signatures(outbox, 1, signatures, &signature_count, &fault));
    ck_assert_uint_eq(signature_count, 0);
    ck_assert(outbox_add_signature(outbox, 1, &one, &fault));
    ck_assert(outbox_add_signature(outbox, 1, &two, &fault));
    ck_assert(outbox_signatures(outbox, 1, signatures, &signature_count, &fault));
    ck_assert_uint_eq(signature_count, 2);
    ck_assert_mem_eq(signatures[0].key_id, two.key_id, SIGN_KEY_ID_LEN);
    ck_assert(outbox_add_signature(outbox, 1, &one, &fault)); /* back to the old key */
    ck_assert(outbox_signatures(outbox, 1, signatures, &signature_count, &fault));
    ck_assert_uint_eq(signature_count, 2);
    ck_assert_mem_eq(signatures[0].key_id, one.key_id, SIGN_KEY_ID_LEN);
}
END_TEST

START_TEST(test_places)
{
    struct outbox_place place = {1, 1};

    ck_assert(outbox_find_place(outbox, "x", &place, &fault));
    ck_assert_uint_eq(place.offset, 0);
    place = (struct outbox_place){77, 3};
    ck_assert(outbox_set_place(outbox, "x", &place, &fault));
    ck_assert(outbox_commit(outbox, &fault));
    reopen();
    ck_assert(outbox_find_place(outbox, "x", &place, &fault));
    ck_assert_uint_eq(place.offset, 77);
    ck_assert_uint_eq(place.line, 3);
}
END_TEST

START_TEST(test_checkpoint)
{
    uint8_t bytes[OUTBOX_CHECKPOINT_MAX];
    uint32_t len = 1;

    ck_assert(outbox_checkpoint(outbox, bytes, &len, &fault));
    ck_assert_uint_eq(len, 0);
    ck_assert(outbox_set_checkpoint(outbox, slice_of("one"), &fault));
    ck_assert(outbox_set_checkpoint(outbox, slice_of("two!"), &fault));
    ck_assert(outbox_checkpoint(outbox, bytes, &len, &fault));
    ck_assert_uint_eq(len, 4);
    ck_assert_mem_eq(bytes, "two!", 4);
}
END_TEST

/* What a process that dies leaves behind: whole transactions. */
START_TEST(test_death)
{
    ck_assert(outbox_commit(outbox, &fault));
    outbox_close(outbox);
    pid_t pid = fork();
    if (pid == 0) {
        outbox = outbox_open(path, network, slice_of("A"), NULL);
        bool good = outbox_begin(outbox, NULL);
        (void)add(1, 17);
        good = good && outbox_commit(outbox, NULL) && outbox_begin(outbox, NULL);
        (void)add(2, 17);
        _exit(good ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    open_outbox();
    ck_assert_uint_eq(count().queued, 1);
}
END_TEST

static bool take_two(void *context, const struct outbox_entry *entry)
{
    int *taken = context;

    ck_assert_uint_eq(entry->number, (uint64_t)*taken + 2);
    return ++*taken < 2;
}

START_TEST(test_walk)
{
    int taken = 0;
    int64_t first = add(1, 17).id;

    for (uint64_t i = 2; i <= 5; i++) {
        (void)add(i, 17);
    }
    ck_assert(outbox_walk(outbox, OUTBOX_PENDING, first, 10, take_two, &taken, &fault));
    ck_assert_int_eq(taken, 2);
    ck_assert(outbox_walk(outbox, OUTBOX_REFUSED, 0, 10, take_two, &taken, &fault));
    ck_assert_int_eq(taken, 2);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("outbox");
    TCase *c = tcase_create("outbox");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_refuses_others);
    tcase_add_test(c, test_events);
    tcase_add_test(c, test_superseded);
    tcase_add_test(c, test_asked);
    tcase_add_test(c, test_withdraw);
    tcase_add_test(c, test_finds);
    tcase_add_test(c, test_pending);
    tcase_add_test(c, test_numbers);
    tcase_add_test(c, test_numbers_ahead);
    tcase_add_test(c, test_cut);
    tcase_add_test(c, test_receipts);
    tcase_add_test(c, test_break);
    tcase_add_test(c, test_signatures);
    tcase_add_test(c, test_places);
    tcase_add_test(c, test_checkpoint);
    tcase_add_test(c, test_death);
    tcase_add_test(c, test_walk);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());

    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
