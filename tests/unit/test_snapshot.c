/* Snapshots: what was saved comes back, and what is not exactly a snapshot of this journal is
 * passed over by name, with the same book in the end. */
#include "clearing/ledger/snapshot.h"
#include "tests/unit/alliance_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#define NOON (FIXTURE_START_MS + 14 * 3600000LL)

static struct fixture f;
static uint64_t random_state = 7;

static uint64_t below(uint64_t bound)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random_state >> 33) % bound;
}

/* Write a form with its number (#) and member (@). */
static void fill(char line[400], const char *form, uint32_t number, uint32_t member)
{
    size_t len = 0;

    for (; *form != '\0'; form++) {
        if (*form == '#' || *form == '@') {
            len += (size_t)snprintf(line + len, 400 - len, "%u", *form == '#' ? number : member);
        } else {
            line[len++] = *form;
        }
    }
    line[len] = '\0';
}

/* Some batches at A: top-ups, sales from them, packs, a refund, something that waits. */
static void take_some(uint32_t from, uint32_t count)
{
    static uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    static const char *const forms[] = {
        "{\"type\":\"topup\",\"terminal\":\"1\",\"number\":#,\"at\":\"2026-03-01T09:00:00+08:00\","
        "\"member\":\"@\",\"product\":\"card\",\"principal_fen\":50000}",
        "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":#,\"at\":\"2026-03-01T10:00:00+08:00\","
        "\"member\":\"@\",\"gross_fen\":12345,\"pay\":[{\"with\":\"stored_value\",\"product\":"
        "\"card\",\"amount_fen\":12345}]}",
        "{\"type\":\"sale\",\"terminal\":\"2\",\"number\":#,\"at\":\"2026-03-01T10:00:00+08:00\","
        "\"member\":\"@\",\"gross_fen\":100,\"pay\":[{\"with\":\"cash\",\"amount_fen\":100}],"
        "\"earn\":[{\"product\":\"points\",\"points\":1}]}",
        "{\"type\":\"sale\",\"terminal\":\"3\",\"number\":#,\"at\":\"2026-03-01T10:00:00+08:00\","
        "\"member\":\"9@\",\"gross_fen\":100,\"pay\":[{\"with\":\"points\",\"product\":\"points\","
        "\"points\":100,\"amount_fen\":100}]}",
    };

    for (uint32_t i = from; i < from + count; i++) {
        char lines[4][400];
        const char *list[5] = {lines[0], lines[1], lines[2], lines[3], NULL};
        struct ledger_expect expect;
        struct fault fault = {0};
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t number = k < 2 ? 2 * i + k + 1 : i + 1;
            fill(lines[k], forms[k], number, 100 + i % 40);
        }
        size_t len = fixture_batch(&f, 0, list, bytes, sizeof bytes);
        slice_t batch = {(const char *)bytes, (uint32_t)len};
        ck_assert_int_eq(ledger_take_batch(f.ledger, batch, NOON, 1, &expect), LEDGER_GATHERED);
        ck_assert(ledger_flush(f.ledger, NOON, &fault));
    }
}

static void save(void)
{
    struct fault fault = {0};
    struct snapshot *snapshot =
        snapshot_begin(f.dir, ledger_book(f.ledger), NULL, NULL, &fault);

    ck_assert_msg(snapshot != NULL, "%s", fault.text);
    bool sealed = snapshot_seal(snapshot, ledger_checkpoint(f.ledger), f.ledger_key, &fault);
    ck_assert_msg(sealed, "%s", fault.text);
}

static void path_of(uint64_t index, char path[256])
{
    (void)snprintf(path, 256, "%s/state/%020llu.snapshot", f.dir, (unsigned long long)index);
}

static uint64_t reopen(uint8_t ret_digest[DIGEST_LEN])
{
    ledger_close(f.ledger);
    fixture_open(&f, false);
    book_digest(ledger_book(f.ledger), ret_digest);
    return ledger_opening(f.ledger).snapshot;
}

static void make(void)
{
    fixture_make(&f);
    take_some(0, 20);
}

START_TEST(what_was_saved_comes_back)
{
    uint8_t before[DIGEST_LEN];
    uint8_t after[DIGEST_LEN];

    make();
    uint64_t index = ledger_book(f.ledger)->records;
    save();
    take_some(20, 3);
    book_digest(ledger_book(f.ledger), before);
    ck_assert_uint_eq(reopen(after), index);
    ck_assert_uint_eq(ledger_opening(f.ledger).tail, 3);
    ck_assert_str_eq(ledger_opening(f.ledger).passed_over, "");
    ck_assert(digest_equal(before, after));
    take_some(23, 5); /* and it goes on */
    fixture_free(&f);
}
END_TEST

static struct snapshot_task task_of(const bool *stop)
{
    struct snapshot_task task = {
        .dir = f.dir,
        .journal = ledger_journal(f.ledger),
        .network = f.network,
        .key = f.ledger_key,
        .stop = stop,
    };

    memcpy(task.checkpoint, ledger_checkpoint(f.ledger), CHECKPOINT_SIGNED_LEN);
    return task;
}

START_TEST(one_made_beside_the_writer_is_the_same)
{
    struct fault fault = {0};
    uint8_t before[DIGEST_LEN];
    uint8_t after[DIGEST_LEN];
    uint64_t len = 0;

    make();
    save(); /* it goes on from this one */
    take_some(20, 5);
    struct snapshot_task task = task_of(NULL);
    uint64_t index = ledger_book(f.ledger)->records;
    take_some(25, 2); /* the writer is ahead of the checkpoint meanwhile */
    ck_assert_msg(snapshot_make(&task, &len, &fault), "%s", fault.text);
    ck_assert_uint_gt(len, 0);
    book_digest(ledger_book(f.ledger), before);
    ck_assert_uint_eq(reopen(after), index);
    ck_assert(digest_equal(before, after));
    fixture_free(&f);
}
END_TEST

START_TEST(one_that_is_stopped_leaves_nothing)
{
    const bool stop = true;
    struct fault fault = {0};
    uint8_t digest[DIGEST_LEN];
    uint64_t len = 0;

    make();
    struct snapshot_task task = task_of(&stop);
    ck_assert(!snapshot_make(&task, &len, &fault));
    ck_assert_int_eq(fault.category, FAULT_NONE);
    ck_assert_uint_eq(reopen(digest), 0);
    fixture_free(&f);
}
END_TEST

START_TEST(two_are_kept)
{
    uint8_t digest[DIGEST_LEN];
    char path[256];

    make();
    uint64_t first = ledger_book(f.ledger)->records;
    save();
    take_some(20, 1);
    save();
    path_of(first, path);
    ck_assert_int_eq(access(path, F_OK), 0);
    take_some(21, 1);
    save();
    ck_assert_int_ne(access(path, F_OK), 0);
    path_of(first + 1, path);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_uint_eq(reopen(digest), first + 2);
    fixture_free(&f);
}
END_TEST

START_TEST(without_any_the_journal_is_read)
{
    uint8_t before[DIGEST_LEN];
    uint8_t after[DIGEST_LEN];

    make();
    book_digest(ledger_book(f.ledger), before);
    ck_assert_uint_eq(reopen(after), 0);
    ck_assert(digest_equal(before, after));
    fixture_free(&f);
}
END_TEST

START_TEST(one_that_is_not_sealed_counts_for_nothing)
{
    struct fault fault = {0};
    uint8_t digest[DIGEST_LEN];
    char path[256];

    make();
    struct snapshot *snapshot =
        snapshot_begin(f.dir, ledger_book(f.ledger), NULL, NULL, &fault);
    ck_assert_ptr_nonnull(snapshot);
    (void)snprintf(path, sizeof path, "%s/state/new", f.dir);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_uint_eq(reopen(digest), 0);
    ck_assert_int_ne(access(path, F_OK), 0); /* and is cleared away */
    snapshot_abandon(snapshot);
    fixture_free(&f);
}
END_TEST

START_TEST(a_checkpoint_of_another_size_is_refused)
{
    struct fault fault = {0};

    make();
    struct snapshot *snapshot =
        snapshot_begin(f.dir, ledger_book(f.ledger), NULL, NULL, &fault);
    take_some(20, 1);
    ck_assert(!snapshot_seal(snapshot, ledger_checkpoint(f.ledger), f.ledger_key, &fault));
    fixture_free(&f);
}
END_TEST

/* One that was passed over has been put aside. */
static void take_back(const char *path)
{
    char bad[300];

    (void)snprintf(bad, sizeof bad, "%s.bad", path);
    (void)rename(bad, path);
}

/* Flip one bit of the file. */
static void flip(const char *path, off_t at, uint8_t bit)
{
    uint8_t byte = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    ck_assert(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= bit;
    ck_assert(pwrite(fd, &byte, 1, at) == 1);
    (void)close(fd);
}

/* Length of the book's bytes, as the seal says. */
static off_t sealed_len(const char *path, off_t size)
{
    uint8_t bytes[8];
    uint64_t len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ck_assert(fd >= 0 && pread(fd, bytes, 8, size - 4096 + 16) == 8);
    (void)close(fd);
    for (int i = 0; i < 8; i++) {
        len = len << 8 | bytes[i];
    }
    return (off_t)len;
}

START_TEST(any_flipped_bit_is_named_or_changes_nothing)
{
    uint8_t right[DIGEST_LEN];
    uint8_t digest[DIGEST_LEN];
    struct stat about;
    char path[256];

    make();
    uint64_t index = ledger_book(f.ledger)->records;
    save();
    book_digest(ledger_book(f.ledger), right);
    path_of(index, path);
    ck_assert_int_eq(stat(path, &about), 0);
    off_t len = sealed_len(path, about.st_size);
    for (uint32_t i = 0; i < 400; i++) {
        /* in the book's bytes, in the seal, in the zeros between */
        bool zeros = i % 8 == 0;
        off_t at = i % 2 == 1 ? (off_t)below((uint64_t)len)
                   : zeros    ? len + (off_t)below((uint64_t)(about.st_size - 4096 - len))
                              : about.st_size - 4096 + (off_t)below(306);
        uint8_t bit = (uint8_t)(1U << below(8));
        flip(path, at, bit);
        uint64_t from = reopen(digest);
        ck_assert_msg(digest_equal(digest, right), "byte %lld: another book", (long long)at);
        bool told = strstr(ledger_opening(f.ledger).passed_over, ".snapshot: ") != NULL;
        ck_assert_msg(told != zeros && from == (told ? 0 : index), "byte %lld", (long long)at);
        take_back(path);
        flip(path, at, bit);
    }
    fixture_free(&f);
}
END_TEST

START_TEST(a_file_cut_short_or_grown_is_passed_over)
{
    uint8_t right[DIGEST_LEN];
    uint8_t digest[DIGEST_LEN];
    struct stat about;
    char path[256];

    make();
    uint64_t index = ledger_book(f.ledger)->records;
    book_digest(ledger_book(f.ledger), right);
    const off_t changes[] = {-1, -4096, 4096, 1, 0};
    for (uint32_t i = 0; i < 5; i++) {
        save();
        path_of(index, path);
        ck_assert_int_eq(stat(path, &about), 0);
        off_t size = changes[i] == 0 ? 0 : about.st_size + changes[i];
        ck_assert_int_eq(truncate(path, size), 0);
        ck_assert_uint_eq(reopen(digest), 0);
        ck_assert(digest_equal(digest, right));
        ck_assert_str_ne(ledger_opening(f.ledger).passed_over, "");
    }
    fixture_free(&f);
}
END_TEST

START_TEST(an_older_good_one_is_used)
{
    uint8_t right[DIGEST_LEN];
    uint8_t digest[DIGEST_LEN];
    char path[256];

    make();
    uint64_t index = ledger_book(f.ledger)->records;
    save();
    take_some(20, 2);
    save();
    book_digest(ledger_book(f.ledger), right);
    path_of(index + 2, path);
    flip(path, 1000, 1);
    ck_assert_uint_eq(reopen(digest), index);
    ck_assert_uint_eq(ledger_opening(f.ledger).tail, 2);
    ck_assert(digest_equal(digest, right));
    fixture_free(&f);
}
END_TEST

/* Spoil the newest; it is then put aside at the start. Returns: its records. */
static uint64_t spoil_newest(char ret_bad[300])
{
    uint64_t index = ledger_book(f.ledger)->records;
    uint8_t digest[DIGEST_LEN];
    char path[256];

    save();
    path_of(index, path);
    flip(path, 1000, 1);
    (void)reopen(digest);
    (void)snprintf(ret_bad, 300, "%s.bad", path);
    ck_assert_int_eq(access(ret_bad, F_OK), 0);
    return index;
}

START_TEST(bad_ones_do_not_pile_up)
{
    char first[300];
    char second[300];

    make();
    uint64_t index = spoil_newest(first);
    take_some(20, 2);
    ck_assert_uint_gt(spoil_newest(second), index);
    ck_assert_int_ne(access(first, F_OK), 0);
    fixture_free(&f);
}
END_TEST

START_TEST(one_under_another_name_or_of_another_network_is_passed_over)
{
    struct fixture other;
    uint8_t digest[DIGEST_LEN];
    char path[256];
    char wrong[256];
    char command[700];

    make();
    uint64_t index = ledger_book(f.ledger)->records;
    save();
    path_of(index, path);
    path_of(index - 1, wrong);
    ck_assert_int_eq(rename(path, wrong), 0);
    ck_assert_uint_eq(reopen(digest), 0);
    ck_assert_ptr_nonnull(strstr(ledger_opening(f.ledger).passed_over, "other records"));
    take_back(wrong);
    ck_assert_int_eq(rename(wrong, path), 0);
    other = f;
    make(); /* a network of its own keys */
    (void)snprintf(
        command, sizeof command, "mkdir %s/state && cp %s %s/state/", f.dir, path, f.dir);
    ck_assert_int_eq(system(command), 0);
    ck_assert_uint_eq(reopen(digest), 0);
    ck_assert_ptr_nonnull(strstr(ledger_opening(f.ledger).passed_over, "this ledger's key"));
    fixture_free(&f);
    fixture_free(&other);
}
END_TEST

START_TEST(one_of_a_history_that_was_lost_is_passed_over)
{
    uint8_t digest[DIGEST_LEN];
    char command[700];

    make();
    (void)snprintf(command, sizeof command, "cp -r %s %s.old", f.dir, f.dir);
    ledger_close(f.ledger);
    ck_assert_int_eq(system(command), 0);
    fixture_open(&f, false);
    struct fixture before = f;
    take_some(20, 3);
    uint64_t index = ledger_book(f.ledger)->records;
    save();
    ledger_close(f.ledger);
    /* the journal is put back to before, and goes on in another way */
    (void)snprintf(command, sizeof command,
                   "cd %s.old && rm -rf state && cp -r %s/state . && rm -rf %s && mv %s.old %s",
                   f.dir, f.dir, f.dir, f.dir, f.dir);
    ck_assert_int_eq(system(command), 0);
    memcpy(f.sequence, before.sequence, sizeof f.sequence);
    memcpy(f.last, before.last, sizeof f.last);
    fixture_open(&f, false);
    ck_assert_uint_eq(ledger_opening(f.ledger).snapshot, 0);
    ck_assert_ptr_nonnull(strstr(ledger_opening(f.ledger).passed_over, "ahead of the journal"));
    char path[256];
    path_of(index, path);
    take_some(30, 4);
    take_back(path);
    ck_assert_uint_eq(reopen(digest), 0);
    ck_assert_ptr_nonnull(strstr(ledger_opening(f.ledger).passed_over, "another journal"));
    ck_assert_int_ne(access(path, F_OK), 0); /* it does not stand in the way of the next */
    save();
    ck_assert_uint_eq(reopen(digest), ledger_book(f.ledger)->records);
    fixture_free(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tests = tcase_create("snapshot");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, what_was_saved_comes_back);
    tcase_add_test(tests, one_made_beside_the_writer_is_the_same);
    tcase_add_test(tests, one_that_is_stopped_leaves_nothing);
    tcase_add_test(tests, two_are_kept);
    tcase_add_test(tests, without_any_the_journal_is_read);
    tcase_add_test(tests, one_that_is_not_sealed_counts_for_nothing);
    tcase_add_test(tests, a_checkpoint_of_another_size_is_refused);
    tcase_add_test(tests, any_flipped_bit_is_named_or_changes_nothing);
    tcase_add_test(tests, a_file_cut_short_or_grown_is_passed_over);
    tcase_add_test(tests, an_older_good_one_is_used);
    tcase_add_test(tests, bad_ones_do_not_pile_up);
    tcase_add_test(tests, one_under_another_name_or_of_another_network_is_passed_over);
    tcase_add_test(tests, one_of_a_history_that_was_lost_is_passed_over);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
