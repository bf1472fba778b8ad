#include "clearing/journal/journal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#define HASH MERKLE_HASH_LEN

static char folder[64];
static char data_file[96];
static const uint8_t network[32] = {4, 2};
static uint8_t buffers[JOURNAL_GROUP_COUNT_MAX][512];
static slice_t records[JOURNAL_GROUP_COUNT_MAX];

static void set_up(void)
{
    strcpy(folder, "/tmp/test_journal.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(data_file, sizeof data_file, "%s/journal/data.mdb", folder);
}

static void tear_down(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct journal *must_open(bool create)
{
    struct journal_options options = {.dir = folder, .network = network, .create = create};
    struct fault fault = {0};
    struct journal *journal = journal_open(&options, &fault);

    ck_assert_msg(journal != NULL, "%s", fault.text);
    return journal;
}

static void must_refuse(const char *why)
{
    struct journal_options options = {.dir = folder};
    struct fault fault = {0};

    ck_assert_ptr_null(journal_open(&options, &fault));
    ck_assert_msg(strstr(fault.text, why) != NULL, "%s", fault.text);
}

/* The record of an index: of a length of its own. */
static slice_t record_of(uint64_t index, uint64_t epoch, uint8_t *buffer)
{
    char payload[300];
    struct record record = {
        .kind = RECORD_BATCH,
        .index = index,
        .received_at_ms = (int64_t)(1000 + index),
        .epoch = epoch,
        .payload = {payload, (uint32_t)(index * 7 % sizeof payload)},
        .results = {"done", 4},
    };
    size_t len = 0;

    memset(payload, (int)('a' + index % 26), sizeof payload);
    ck_assert(record_encode(buffer, 512, &record, &len));
    return (slice_t){(char *)buffer, (uint32_t)len};
}

static enum journal_outcome append(struct journal *journal, uint32_t count, uint64_t epoch)
{
    struct journal_group group = {.records = records, .count = count, .epoch = epoch};
    struct fault fault = {0};

    for (uint32_t i = 0; i < count; i++) {
        records[i] = record_of(journal_size(journal) + i, epoch, buffers[i]);
    }
    journal_submit(journal, &group);
    enum journal_outcome outcome = journal_reap(journal, &fault);
    ck_assert((outcome == JOURNAL_DURABLE) == (fault.category == FAULT_NONE));
    return outcome;
}

static uint64_t must_claim(struct journal *journal)
{
    uint64_t epoch = 0;

    ck_assert(journal_claim(journal, &epoch, NULL));
    ck_assert_uint_eq(epoch, journal_epoch(journal));
    return epoch;
}

static void must_append_to(struct journal *journal, uint64_t size, uint64_t epoch)
{
    while (journal_size(journal) < size) {
        uint64_t left = size - journal_size(journal);
        uint32_t count = left < 1000 ? (uint32_t)left : 1000;
        ck_assert_int_eq(append(journal, count, epoch), JOURNAL_DURABLE);
    }
}

static void root_of(uint64_t size, uint64_t epoch, uint8_t ret_root[HASH])
{
    struct merkle_range range = {0};
    uint8_t buffer[512];
    uint8_t leaf[HASH];

    for (uint64_t i = 0; i < size; i++) {
        merkle_hash_leaf(record_of(i, epoch, buffer), leaf);
        merkle_range_append(&range, leaf);
    }
    merkle_range_root(&range, ret_root);
}

static void assert_root(struct journal *journal, uint64_t size, uint64_t epoch)
{
    uint8_t root[HASH];
    uint8_t expected[HASH];

    root_of(size, epoch, expected);
    ck_assert(journal_root(journal, size, root, NULL));
    ck_assert_mem_eq(root, expected, HASH);
}

START_TEST(open_refusals)
{
    struct journal_options options = {.dir = folder};
    uint8_t other[32] = {4, 3};
    struct fault fault = {0};

    must_refuse("No such file");
    struct journal *journal = must_open(true);
    ck_assert_mem_eq(journal_network(journal), network, 32);
    ck_assert_uint_eq(journal_size(journal), 0);
    ck_assert_uint_eq(journal_epoch(journal), 0);
    must_refuse("in use by another process");
    journal_close(journal);
    options.network = other;
    ck_assert_ptr_null(journal_open(&options, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "another network"));
    options.network = network;
    options.create = true;
    ck_assert_ptr_null(journal_open(&options, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "there already"));
    journal_close(NULL);
}
END_TEST

START_TEST(append_reopen_continue)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 511, 512, 700, 1500};
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    ck_assert_uint_eq(epoch, 1);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        must_append_to(journal, sizes[i], epoch);
        assert_root(journal, sizes[i], epoch);
        journal_close(journal);
        journal = must_open(false);
        ck_assert_uint_eq(journal_size(journal), sizes[i]);
        ck_assert_uint_eq(journal_epoch(journal), epoch);
        assert_root(journal, sizes[i], epoch);
        assert_root(journal, sizes[i] / 2, epoch);
    }
    journal_close(journal);
}
END_TEST

START_TEST(groups_of_one)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    for (uint64_t size = 1; size <= 70; size++) {
        struct merkle_path path;
        uint8_t root[HASH];
        uint8_t leaf[HASH];
        uint8_t buffer[512];
        ck_assert_int_eq(append(journal, 1, epoch), JOURNAL_DURABLE);
        ck_assert(journal_root(journal, size, root, NULL));
        for (uint64_t index = 0; index < size; index++) {
            merkle_hash_leaf(record_of(index, epoch, buffer), leaf);
            ck_assert(journal_prove(journal, index, size, &path, NULL));
            ck_assert(merkle_inclusion_verify(index, size, leaf, &path, root));
        }
    }
    journal_close(journal);
}
END_TEST

START_TEST(proofs_across_tiles)
{
    static const uint64_t sizes[] = {255, 256, 257, 65535, 65536, 65537, 66000};
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct merkle_path path;
        struct merkle_head head = {.size = sizes[i]};
        struct merkle_head old_head = {.size = sizes[i] / 3};
        uint8_t leaf[HASH];
        uint8_t buffer[512];
        must_append_to(journal, sizes[i], epoch);
        if (i == 5) {
            journal_close(journal);
            journal = must_open(false);
        }
        assert_root(journal, head.size, epoch);
        ck_assert(journal_root(journal, head.size, head.root, NULL));
        ck_assert(journal_root(journal, old_head.size, old_head.root, NULL));
        for (uint64_t index = 0; index < head.size; index += 1 + head.size / 300) {
            merkle_hash_leaf(record_of(index, epoch, buffer), leaf);
            ck_assert(journal_prove(journal, index, head.size, &path, NULL));
            ck_assert(merkle_inclusion_verify(index, head.size, leaf, &path, head.root));
        }
        ck_assert(journal_prove_consistency(journal, old_head.size, head.size, &path, NULL));
        ck_assert(merkle_consistency_verify(&old_head, &head, &path));
    }
    journal_close(journal);
}
END_TEST

START_TEST(reading)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);
    struct journal_reader *reader = journal_reader_new(journal, 0);
    struct journal_entry entry;
    uint8_t buffer[512];

    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_END);
    must_append_to(journal, 3000, epoch);
    for (uint64_t i = 0; i < 3000; i++) {
        ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
        ck_assert(slice_equal(entry.bytes, record_of(i, epoch, buffer)));
        ck_assert_uint_eq(entry.record.index, i);
        ck_assert_int_eq(entry.record.received_at_ms, (int64_t)(1000 + i));
        ck_assert(slice_equal(entry.record.results, slice_of("done")));
    }
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_END);
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_END);
    must_append_to(journal, 3001, epoch); /* it goes on when there is more */
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
    ck_assert_uint_eq(entry.record.index, 3000);
    journal_reader_seek(reader, 17);
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
    ck_assert_uint_eq(entry.record.index, 17);
    journal_reader_seek(reader, 99999);
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_END);
    journal_reader_free(reader);
    journal_reader_free(NULL);
    journal_close(journal);
}
END_TEST

START_TEST(largest_records)
{
    static uint8_t bytes[64][RECORD_LEN_MAX];
    static char payload[RECORD_CONTENT_MAX];
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);
    struct journal_reader *reader = journal_reader_new(journal, 0);
    struct journal_entry entry;

    for (uint32_t i = 0; i < 64; i++) {
        struct record record = {.kind = RECORD_BATCH, .index = i, .epoch = epoch};
        size_t len = 0;
        record.payload = (slice_t){payload, sizeof payload};
        ck_assert(record_encode(bytes[i], RECORD_LEN_MAX, &record, &len));
        records[i] = (slice_t){(char *)bytes[i], (uint32_t)len};
    }
    journal_submit(journal, &(struct journal_group){records, 64, epoch});
    ck_assert_int_eq(journal_reap(journal, NULL), JOURNAL_DURABLE);
    for (uint32_t i = 0; i < 64; i++) {
        ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
        ck_assert(slice_equal(entry.bytes, (slice_t){(char *)bytes[i], RECORD_LEN_MAX}));
    }
    journal_reader_free(reader);
    journal_close(journal);
}
END_TEST

START_TEST(a_later_epoch_fences)
{
    struct journal *journal = must_open(true);
    uint64_t first = must_claim(journal);
    uint64_t second;

    ck_assert_int_eq(append(journal, 2, first), JOURNAL_DURABLE);
    second = must_claim(journal);
    ck_assert_uint_eq(second, first + 1);
    ck_assert_int_eq(append(journal, 1, first), JOURNAL_FENCED);
    ck_assert_uint_eq(journal_size(journal), 2);
    ck_assert_int_eq(append(journal, 1, second), JOURNAL_DURABLE);
    journal_close(journal);
    journal = must_open(false);
    ck_assert_uint_eq(journal_size(journal), 3);
    ck_assert_uint_eq(must_claim(journal), second + 1);
    ck_assert_int_eq(append(journal, 1, second), JOURNAL_FENCED);
    journal_close(journal);
}
END_TEST

START_TEST(full_map_is_unknown)
{
    struct journal_options options = {
        .dir = folder, .network = network, .create = true, .map_size = 524288};
    struct journal *journal = journal_open(&options, NULL);
    enum journal_outcome outcome = JOURNAL_DURABLE;
    uint64_t epoch = must_claim(journal);
    uint64_t durable = 0;
    uint64_t other;
    struct fault fault = {0};

    for (int i = 0; i < 100 && outcome == JOURNAL_DURABLE; i++) {
        durable = journal_size(journal);
        outcome = append(journal, 100, epoch);
    }
    ck_assert_int_eq(outcome, JOURNAL_UNKNOWN);
    ck_assert_uint_eq(journal_size(journal), durable);
    ck_assert_int_eq(append(journal, 1, epoch), JOURNAL_UNKNOWN);
    ck_assert(!journal_claim(journal, &other, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "in doubt"));
    journal_close(journal);
    journal = must_open(false);
    ck_assert_uint_eq(journal_size(journal), durable);
    assert_root(journal, durable, epoch);
    ck_assert_int_eq(append(journal, 100, epoch), JOURNAL_DURABLE);
    journal_close(journal);
}
END_TEST

static struct checkpoint checkpoint_of(struct journal *journal, uint64_t size)
{
    struct checkpoint checkpoint = {.size = size, .epoch = journal_epoch(journal)};

    memcpy(checkpoint.network, network, sizeof network);
    ck_assert(journal_root(journal, size, checkpoint.root, NULL));
    return checkpoint;
}

static void assert_anchor(struct journal *journal, const struct checkpoint *newest, const char *why)
{
    struct fault fault = {0};
    bool good = journal_check_anchor(journal, newest, &fault);

    ck_assert_msg(good == (why == NULL), "%s", fault.text);
    ck_assert_msg(good || strstr(fault.text, why) != NULL, "%s", fault.text);
}

START_TEST(anchor)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    assert_anchor(journal, NULL, NULL);
    struct checkpoint none = checkpoint_of(journal, 0);
    assert_anchor(journal, &none, NULL);
    must_append_to(journal, 300, epoch);
    assert_anchor(journal, NULL, "no checkpoint");
    assert_anchor(journal, &none, NULL);
    for (uint64_t size = 1; size <= 300; size += 13) {
        struct checkpoint checkpoint = checkpoint_of(journal, size);
        assert_anchor(journal, &checkpoint, NULL);
        checkpoint.size--;
        assert_anchor(journal, &checkpoint, "another root");
    }
    struct checkpoint head = checkpoint_of(journal, 300);
    head.size = 301;
    assert_anchor(journal, &head, "behind its checkpoint");
    head = checkpoint_of(journal, 300);
    head.epoch++;
    assert_anchor(journal, &head, "behind its checkpoint");
    head = checkpoint_of(journal, 300);
    head.network[0] ^= 1;
    assert_anchor(journal, &head, "another network");
    journal_close(journal);
}
END_TEST

/* An older copy of the file put back: LMDB is content with it, the anchor is not. */
START_TEST(rolled_back_copy)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);
    char command[256];

    must_append_to(journal, 10, epoch);
    (void)snprintf(command, sizeof command, "cp %s %s/old", data_file, folder);
    ck_assert_int_eq(system(command), 0);
    must_append_to(journal, 11, epoch);
    struct checkpoint newest = checkpoint_of(journal, 11);
    journal_close(journal);
    (void)snprintf(command, sizeof command, "cp %s/old %s", folder, data_file);
    ck_assert_int_eq(system(command), 0);
    journal = must_open(false);
    ck_assert_uint_eq(journal_size(journal), 10);
    assert_anchor(journal, &newest, "behind its checkpoint");
    journal_close(journal);
}
END_TEST

/* Change a byte of a record behind LMDB's back. */
static void damage(const char *needle)
{
    FILE *file = fopen(data_file, "r+");
    static char content[4 << 20];

    ck_assert_ptr_nonnull(file);
    size_t len = fread(content, 1, sizeof content, file);
    char *at = memmem(content, len, needle, strlen(needle));
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(fseek(file, at - content, SEEK_SET), 0);
    ck_assert_int_ge(fputc('#', file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(damaged_record)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);
    struct journal_reader *reader;
    struct journal_entry entry;
    struct fault fault = {0};

    must_append_to(journal, 300, epoch);
    journal_close(journal);
    damage("ccccccccdone"); /* record 2 */
    journal = must_open(false);
    reader = journal_reader_new(journal, 0);
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
    ck_assert_int_eq(journal_reader_next(reader, &entry, &fault), JOURNAL_DAMAGED);
    ck_assert_ptr_nonnull(strstr(fault.text, "record 2 is not what was written"));
    ck_assert_int_eq(journal_reader_next(reader, &entry, &fault), JOURNAL_DAMAGED);
    journal_reader_seek(reader, 3);
    ck_assert_int_eq(journal_reader_next(reader, &entry, NULL), JOURNAL_ENTRY);
    journal_reader_free(reader);
    journal_close(journal);
}
END_TEST

START_TEST(damaged_tail)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    must_append_to(journal, 23, epoch);
    journal_close(journal);
    damage("wwwwwwdone"); /* record 22, the last */
    must_refuse("record 22 is not what was written");
}
END_TEST

START_TEST(damaged_last_of_a_full_tile)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    must_append_to(journal, 256, epoch);
    journal_close(journal);
    damage("vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
           "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
           "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
           "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"); /* record 255: 285 bytes of it */
    must_refuse("record 255 is not what was written");
}
END_TEST

START_TEST(cut_short)
{
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);
    struct stat status;

    must_append_to(journal, 1000, epoch);
    journal_close(journal);
    ck_assert_int_eq(stat(data_file, &status), 0);
    ck_assert_int_eq(truncate(data_file, status.st_size - 4096), 0);
    must_refuse("cut short");
}
END_TEST

START_TEST(read_only)
{
    struct journal_options options = {.dir = folder, .read_only = true};
    struct journal *journal = must_open(true);
    uint64_t epoch = must_claim(journal);

    must_append_to(journal, 600, epoch);
    journal_close(journal);
    journal = journal_open(&options, NULL);
    ck_assert_ptr_nonnull(journal);
    ck_assert_uint_eq(journal_size(journal), 600);
    assert_root(journal, 600, epoch);
    journal_close(journal);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, open_refusals);
    tcase_add_test(tests, append_reopen_continue);
    tcase_add_test(tests, groups_of_one);
    tcase_add_test(tests, proofs_across_tiles);
    tcase_add_test(tests, reading);
    tcase_add_test(tests, largest_records);
    tcase_add_test(tests, a_later_epoch_fences);
    tcase_add_test(tests, full_map_is_unknown);
    tcase_add_test(tests, anchor);
    tcase_add_test(tests, rolled_back_copy);
    tcase_add_test(tests, damaged_record);
    tcase_add_test(tests, damaged_tail);
    tcase_add_test(tests, damaged_last_of_a_full_tile);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, read_only);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
