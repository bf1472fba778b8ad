/* Copies made while the ledger is written: every one of them must stand by itself. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#include "hq_world.h"

#define COPIES 12

static struct world_store store;
static struct sign_key *key;
static struct ledger *ledger;
static atomic_bool stop;
static uint64_t records[COPIES];

static void enter(void)
{
    struct fault fault = {0};

    world_enter();
    ck_assert_int_eq(WORLD_RUN(verb_init, "--dir", "hq", "--sample", "f1", "--test-clock",
                               "--start", "2026-03-01T12:00:00+08:00")
                         ->code,
                     0);
    world_ask("hq", "A", &store);
    ck_assert_int_eq(WORLD_RUN(verb_key, "approve", "A", "--all-pending", "--dir", "hq")->code, 0);
    key = home_key("hq", "ledger.pem", &fault);
    struct ledger_options options = {.dir = "hq", .key = key};
    ledger = ledger_open(&options, NULL, &fault);
    ck_assert_msg(ledger != NULL, "%s", fault.text);
}

static void leave(void)
{
    ledger_close(ledger);
    sign_key_free(key);
    sign_key_free(store.key);
    world_leave();
}

static void take_one(uint32_t number)
{
    char line[256];
    const char *lines[] = {line};
    struct fault fault = {0};
    struct ledger_expect expect;

    (void)snprintf(line, sizeof line,
                   "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":%u,"
                   "\"at\":\"2026-03-01T11:00:00+08:00\",\"gross_fen\":100,"
                   "\"pay\":[{\"with\":\"cash\",\"amount_fen\":100}]}",
                   number);
    world_batch(&store, "A", lines, 1);
    slice_t bytes = {(const char *)store.signed_bytes, (uint32_t)store.signed_len};
    int64_t now = ledger_now(ledger, 0);
    CHECK(ledger_take_batch(ledger, bytes, now, 1, &expect) == LEDGER_GATHERED);
    CHECK(ledger_flush(ledger, now, &fault));
}

static void *copy_on(void *unused)
{
    for (int i = 0; i < COPIES; i++) {
        struct fault fault = {0};
        char to[32];
        (void)snprintf(to, sizeof to, "copy-%d", i);
        if (!ledger_backup(ledger, to, &records[i], &fault)) {
            fprintf(stderr, "%s\n", fault.text);
            records[i] = 0;
        }
    }
    atomic_store(&stop, true);
    return unused;
}

START_TEST(test_while_written)
{
    pthread_t thread;
    uint32_t batches = 0;

    ck_assert_int_eq(pthread_create(&thread, NULL, copy_on, NULL), 0);
    while (!atomic_load(&stop)) {
        take_one(++batches);
    }
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    for (int i = 0; i < COPIES; i++) {
        char to[32];
        char want[64];
        (void)snprintf(to, sizeof to, "copy-%d", i);
        (void)snprintf(want, sizeof want, "UNANCHORED %llu records,",
                       (unsigned long long)records[i]);
        struct said *said = WORLD_RUN(verb_replay, to);
        ck_assert_msg(said->code == 0 && strncmp(world_last(said), want, strlen(want)) == 0,
                      "%s: %s%s", want, said->out, said->err);
    }
    ck_assert_uint_gt(records[COPIES - 1], records[0]);
}
END_TEST

START_TEST(test_refusals)
{
    struct fault fault = {0};
    uint64_t count = 77;

    ck_assert(ledger_backup(ledger, "copy", &count, &fault));
    ck_assert_uint_eq(count, 4);
    ck_assert(!ledger_backup(ledger, "copy", &count, &fault)); /* never over another */
    ck_assert_ptr_nonnull(strstr(fault.text, "already"));
    ck_assert(!ledger_backup(ledger, "no/such/folder", &count, &fault));
    ck_assert_int_eq(fault.category, FAULT_IO);
    ck_assert_uint_eq(count, 4);
    ck_assert(!ledger_backup(ledger, "hq", &count, &fault)); /* nor over itself */
    struct said *said = WORLD_RUN(verb_backup, "to", "--dir", "hq"); /* the folder is in use */
    ck_assert_int_ne(said->code, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hq_backup");
    TCase *cases = tcase_create("backup");

    tcase_add_checked_fixture(cases, enter, leave);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_while_written);
    tcase_add_test(cases, test_refusals);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
