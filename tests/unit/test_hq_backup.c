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

/* The ledger at rest, as the verbs find it without a daemon. */
static void rest(void)
{
    ledger_close(ledger);
    ledger = NULL;
}

START_TEST(test_verified)
{
    char network[65];

    hex_write(ledger_book(ledger)->network, 32, network);
    take_one(1);
    rest();
    struct said *said = WORLD_RUN(verb_backup, "copy", "--dir", "hq");
    ck_assert_msg(said->code == 0, "%s%s", said->out, said->err);
    ck_assert_ptr_nonnull(strstr(said->out, network));
    ck_assert_msg(strncmp(world_last(said), "VERIFIED 5 records, 1 events,", 29) == 0, "%s",
                  said->out);
    said = WORLD_RUN(verb_backup, "other", "--no-verify", "--dir", "hq");
    ck_assert_int_eq(said->code, 0);
    ck_assert_int_eq(strncmp(world_last(said), "UNVERIFIED", 10), 0);

    said = WORLD_RUN(verb_restore, "copy", "--to", "back", "--network", network);
    ck_assert_msg(said->code == 0, "%s%s", said->out, said->err);
    said = WORLD_RUN(verb_replay, "back", "--network", network);
    ck_assert_msg(strncmp(world_last(said), "VERIFIED 5 records, 1 events,", 29) == 0, "%s",
                  said->out);
}
END_TEST

/* An offer's name in a signed record becomes another, on pages of the past as well. */
static void damage(const char *path)
{
    static char bytes[1 << 20];
    int fd = open(path, O_RDWR | O_CLOEXEC);
    ssize_t len = read(fd, bytes, sizeof bytes);
    const char *at = bytes;
    int found = 0;

    ck_assert_int_gt(len, 0);
    while ((at = memmem(at, (size_t)(bytes + len - at), "500-100", 7)) != NULL) {
        ck_assert_int_eq(pwrite(fd, "600", 3, at - bytes), 3);
        at += 7;
        found++;
    }
    ck_assert_int_gt(found, 0);
    (void)close(fd);
}

START_TEST(test_restore_refusals)
{
    rest();
    ck_assert_int_eq(WORLD_RUN(verb_restore, "copy")->code, 64); /* where to? */
    ck_assert_int_eq(WORLD_RUN(verb_restore, "copy", "--to", "back", "--network", "12")->code, 64);
    ck_assert_int_eq(WORLD_RUN(verb_restore, "nothing", "--to", "back")->code, 66);
    ck_assert_int_eq(WORLD_RUN(verb_backup, "copy", "--dir", "hq")->code, 0);
    ck_assert_int_eq(WORLD_RUN(verb_restore, "copy", "--to", "hq")->code, 73); /* never over one */
    ck_assert_int_eq(WORLD_RUN(verb_restore, "copy", "--to", "back", "--network",
                               "00000000000000000000000000000000"
                               "00000000000000000000000000000000")
                         ->code,
                     1);
    ck_assert(!home_is_made("back"));
    damage("copy/journal/data.mdb");
    struct said *said = WORLD_RUN(verb_restore, "copy", "--to", "back");
    ck_assert_int_eq(said->code, 1);
    ck_assert_msg(strncmp(world_last(said), "FAILED", 6) == 0, "%s", said->out);
    ck_assert(!home_is_made("back"));
}
END_TEST

START_TEST(test_damaged_source)
{
    rest();
    damage("hq/journal/data.mdb");
    struct said *said = WORLD_RUN(verb_backup, "copy", "--dir", "hq");
    ck_assert_int_eq(said->code, 78);
    ck_assert_ptr_nonnull(strstr(said->err, "is not what was written"));
}
END_TEST

/* What is copied without an error is no backup yet. */
START_TEST(test_failed_backup)
{
    rest();
    struct said *said = WORLD_RUN(verb_cycle, "close", "2026-03", "--dir", "hq");
    ck_assert_msg(said->code == 0, "%s%s", said->out, said->err);
    int fd = open("hq/reports/2026-03.json", O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, "[", 1, 0), 1);
    (void)close(fd);
    said = WORLD_RUN(verb_backup, "copy", "--dir", "hq");
    ck_assert_msg(said->code == 1, "%d %s%s", said->code, said->out, said->err);
    ck_assert_int_eq(strncmp(world_last(said), "FAILED", 6), 0);
    ck_assert_ptr_nonnull(strstr(said->err, "copy is NOT a backup"));
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
    tcase_add_test(cases, test_verified);
    tcase_add_test(cases, test_restore_refusals);
    tcase_add_test(cases, test_damaged_source);
    tcase_add_test(cases, test_failed_backup);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
