/* Replay as an auditor runs it: what must fail fails, and names the record. */
#include "tools/hq/audit.h"

#include <check.h>
#include <sys/wait.h>

#include "clearing/base/hash.h"
#include "clearing/journal/bytes.h"
#include "hq_world.h"

#define FLIPS 120

static char network_text[65];
static char whole[4 << 20]; /* data.mdb as it was */
static size_t whole_len;

static const char *const morning[] = {
    "{\"type\":\"topup\",\"terminal\":\"1\",\"number\":1,\"at\":\"2026-03-01T09:10:00+08:00\","
    "\"member\":\"6200000017\",\"product\":\"card\",\"offer\":\"500-100\",\"principal_fen\":50000,"
    "\"bonus_fen\":10000}",
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":2,\"at\":\"2026-03-01T09:20:00+08:00\","
    "\"member\":\"6200000017\",\"gross_fen\":12345,\"pay\":[{\"with\":\"stored_value\","
    "\"product\":\"card\",\"amount_fen\":12345}],\"earn\":[{\"product\":\"points\","
    "\"points\":123}]}",
    /* of this same batch */
    "{\"type\":\"refund\",\"terminal\":\"1\",\"number\":3,\"at\":\"2026-03-01T09:30:00+08:00\","
    "\"member\":\"6200000017\",\"of\":\"A:1:2\",\"amount_fen\":345}",
    "{\"type\":\"sale\",\"terminal\":\"2\",\"number\":1,\"at\":\"2026-03-01T09:40:00+08:00\","
    "\"gross_fen\":700,\"pay\":[{\"with\":\"cash\",\"amount_fen\":700}]}",
    "{\"type\":\"void\",\"terminal\":\"2\",\"number\":2,\"at\":\"2026-03-01T09:41:00+08:00\","
    "\"of\":\"A:2:1\"}",
};

static const char *const evening[] = {
    /* of the batch before */
    "{\"type\":\"refund\",\"terminal\":\"1\",\"number\":7,\"at\":\"2026-03-01T10:30:00+08:00\","
    "\"member\":\"6200000017\",\"of\":\"A:1:2\",\"amount_fen\":2000}",
};

static void make_world(void)
{
    static struct world_store store;

    world_enter();
    ck_assert_int_eq(WORLD_RUN(verb_init, "--dir", "hq", "--sample", "f1", "--test-clock",
                               "--start", "2026-03-01T12:00:00+08:00")
                         ->code,
                     0);
    world_ask("hq", "A", &store);
    hex_write(store.network, sizeof store.network, network_text);
    ck_assert_int_eq(WORLD_RUN(verb_key, "approve", "A", "--all-pending", "--dir", "hq")->code, 0);
    ck_assert_int_eq(WORLD_RUN(verb_backup, "early", "--dir", "hq")->code, 0);
    ck_assert_int_eq(WORLD_RUN(verb_backup, "early", "--dir", "hq")->code, 74); /* never over one */
    ck_assert_int_eq(
        WORLD_RUN(verb_init, "--dir", "other", "--sample", "f2", "--test-clock")->code, 0);
    ck_assert(access("hq/joins/A", F_OK) != 0);
    world_batch(&store, "A", morning, sizeof morning / sizeof morning[0]);
    ck_assert(world_take("hq", &store));
    world_batch(&store, "A", evening, sizeof evening / sizeof evening[0]);
    ck_assert(world_take("hq", &store));
    ck_assert_int_eq(WORLD_RUN(verb_cycle, "close", "--dir", "hq")->code, 0);
    struct said *said = WORLD_RUN(verb_backup, "whole", "--dir", "hq");
    ck_assert_msg(said->code == 0, "%s", said->err);
    whole_len = world_read("whole/journal/data.mdb", whole, sizeof whole);
    ck_assert_uint_gt(whole_len, 8192);
    ck_assert_uint_lt(whole_len, sizeof whole - 1);
    sign_key_free(store.key);
}

static void copy_whole(void)
{
    ck_assert_int_eq(system("rm -rf copy && cp -r whole copy"), 0);
}

static void write_data(const char *bytes, size_t len)
{
    FILE *file = fopen("copy/journal/data.mdb", "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static struct said *replay(const char *dir)
{
    return WORLD_RUN(verb_replay, dir, "--network", network_text);
}

static void must_fail(const char *how)
{
    struct said *said = replay("copy");

    ck_assert_msg(said->code == 1, "%s: exit %d: %s%s", how, said->code, said->out, said->err);
    ck_assert_msg(strncmp(world_last(said), "FAILED ", 7) == 0, "%s: %s", how, said->out);
}

START_TEST(test_verified)
{
    struct said *said = replay("whole");

    ck_assert_msg(said->code == 0, "%s%s", said->out, said->err);
    ck_assert_msg(strncmp(world_last(said), "VERIFIED 7 records, 6 events", 28) == 0, "%s",
                  said->out);
    ck_assert_ptr_nonnull(strstr(said->out, "A      1            4   6")); /* numbers missing */
    said = WORLD_RUN(verb_replay, "whole");
    ck_assert_int_eq(said->code, 0);
    ck_assert_int_eq(strncmp(world_last(said), "UNANCHORED ", 11), 0);
    /* the data folder itself, at rest */
    ck_assert_int_eq(replay("hq")->code, 0);
}
END_TEST

START_TEST(test_report)
{
    static char given[65536];
    static char made[65536];
    struct said *said = WORLD_RUN(verb_replay, "whole", "--report", "again.json");

    ck_assert_int_eq(said->code, 0);
    ck_assert_uint_gt(world_read("hq/reports/2026-03.json", given, sizeof given), 100);
    (void)world_read("again.json", made, sizeof made);
    ck_assert_str_eq(made, given);
    ck_assert_int_eq(
        WORLD_RUN(verb_replay, "whole", "--report", "no/such/folder/file.json")->code, 73);
}
END_TEST

START_TEST(test_cannot_run)
{
    struct fault fault = {0};
    struct sign_key *key = home_key("hq", "ledger.pem", &fault);
    struct ledger_options options = {.dir = "hq", .key = key};
    struct ledger *ledger = ledger_open(&options, NULL, &fault);

    ck_assert_ptr_nonnull(ledger);
    ck_assert_int_eq(replay("hq")->code, 66); /* somebody writes it */
    ledger_close(ledger);
    sign_key_free(key);
    ck_assert_int_eq(replay("nowhere")->code, 66);
    ck_assert_int_eq(WORLD_RUN(verb_replay, "whole", "--network", "12")->code, 64);
    ck_assert_int_eq(WORLD_RUN(verb_replay, "whole", "more")->code, 64);
    ck_assert_int_eq(WORLD_RUN(verb_replay, "whole", "--nothing")->code, 64);
    ck_assert_int_eq(WORLD_RUN(verb_replay, "--help")->code, 0);
}
END_TEST

START_TEST(test_another_network)
{
    char other[65];
    struct said *said;

    memcpy(other, network_text, sizeof other);
    other[0] = other[0] == '0' ? '1' : '0';
    said = WORLD_RUN(verb_replay, "whole", "--network", other);
    ck_assert_int_eq(said->code, 1);
    ck_assert_int_eq(strncmp(world_last(said), "FAILED record 0", 15), 0);
}
END_TEST

START_TEST(test_slots)
{
    copy_whole();
    ck_assert_int_eq(system("rm copy/checkpoint.0 copy/checkpoint.1"), 0);
    must_fail("no slots");
    ck_assert_int_eq(system("cp whole/checkpoint.0 copy/checkpoint.0"), 0);
    ck_assert_int_eq(replay("copy")->code, 0); /* an older anchor is one */
    ck_assert_int_eq(system("head -c 511 whole/checkpoint.0 > copy/checkpoint.0"), 0);
    must_fail("a cut slot");
    ck_assert_int_eq(system("head -c 512 /dev/zero > copy/checkpoint.0"), 0);
    must_fail("a slot of zeros");
    copy_whole();
    ck_assert_int_eq(system("cp other/checkpoint.0 other/checkpoint.1 copy/ 2>/dev/null"), 0);
    must_fail("another network's slots");
}
END_TEST

START_TEST(test_cut_short)
{
    copy_whole();
    for (size_t len = 0; len < whole_len; len += 4096) {
        write_data(whole, len);
        must_fail("cut short");
    }
}
END_TEST

START_TEST(test_behind_its_checkpoint)
{
    copy_whole();
    ck_assert_int_eq(system("rm -rf copy/journal && cp -r early/journal copy/journal"), 0);
    must_fail("an older journal");
}
END_TEST

START_TEST(test_report_that_was_changed)
{
    copy_whole();
    ck_assert_int_eq(system("sed -i 's/\"events\":6/\"events\":5/' copy/reports/2026-03.json"), 0);
    must_fail("a changed report");
    ck_assert_ptr_nonnull(strstr(world_last(replay("copy")), "record 6: reports/2026-03.json"));
    ck_assert_int_eq(system("rm copy/reports/2026-03.json"), 0);
    ck_assert_int_eq(replay("copy")->code, 0);
}
END_TEST

/* One bit of the file: nothing else may come of it than a failure, or no difference at all. */
START_TEST(test_any_bit)
{
    static struct said good;
    uint64_t random = 20260301;
    int failures = 0;

    copy_whole();
    good = *replay("copy");
    for (int i = 0; i < FLIPS; i++) {
        size_t at = 0;
        do { /* what was never written is left alone */
            random = hash_u64(random + 1);
            at = random % whole_len;
        } while (whole[at] == 0);
        char bit = (char)(1 << (random >> 60 & 7));
        whole[at] = (char)(whole[at] ^ bit);
        write_data(whole, whole_len);
        whole[at] = (char)(whole[at] ^ bit);
        struct said *said = replay("copy");
        if (said->code == 0) {
            ck_assert_msg(strcmp(said->out, good.out) == 0, "bit %d of byte %zu", bit, at);
            continue;
        }
        failures++;
        ck_assert_msg(said->code == 1 && strncmp(world_last(said), "FAILED ", 7) == 0,
                      "byte %zu: exit %d: %s%s", at, said->code, said->out, said->err);
    }
    ck_assert_int_gt(failures, FLIPS / 20);
}
END_TEST

START_TEST(test_one_fen)
{
    static const char amount[] = "\xf2\xc0\x01"; /* 12345, as the batch has it */
    size_t changed = 0;

    copy_whole();
    for (size_t at = 8192; at + 3 < whole_len; at++) {
        if (memcmp(whole + at, amount, 3) != 0) {
            continue;
        }
        whole[at] ^= 2;
        write_data(whole, whole_len);
        whole[at] ^= 2;
        struct said *said = replay("copy");
        bool failed = said->code == 1 && strncmp(world_last(said), "FAILED record 4: ", 17) == 0;
        changed += failed;
        ck_assert_msg(failed || said->code == 0, "byte %zu: %s", at, said->out);
    }
    ck_assert_uint_ge(changed, 1);
}
END_TEST

/* --- a headquarters that signs what the rules do not give --- */

/* Write the journal again with one record changed, and sign it: hashes and signature are good. */
static void forge(uint64_t index, size_t at, bool results)
{
    struct fault fault = {0};
    struct journal_options from = {.dir = "whole", .read_only = true};
    struct journal *source = journal_open(&from, &fault);
    ck_assert_msg(source != NULL, "%s", fault.text);
    struct journal_options to = {
        .dir = "forged", .network = journal_network(source), .create = true};
    ck_assert_int_eq(system("rm -rf forged && mkdir forged"), 0);
    struct journal *target = journal_open(&to, &fault);
    ck_assert_msg(target != NULL, "%s", fault.text);
    struct journal_reader *reader = journal_reader_new(source, 0);
    struct journal_entry entry;
    uint64_t epoch = 0;
    uint8_t bytes[RECORD_LEN_MAX];

    while (epoch < journal_epoch(source)) {
        ck_assert(journal_claim(target, &epoch, &fault));
    }
    while (journal_reader_next(reader, &entry, &fault) == JOURNAL_ENTRY) {
        memcpy(bytes, entry.bytes.text, entry.bytes.len);
        if (entry.record.index == index) {
            size_t base = RECORD_ENVELOPE_LEN + (results ? entry.record.payload.len : 0);
            ck_assert_uint_lt(base + at, entry.bytes.len);
            bytes[base + at] ^= 1;
        }
        bytes_put_u64(bytes + 20, epoch);
        slice_t record = {(const char *)bytes, entry.bytes.len};
        struct journal_group group = {&record, 1, epoch};
        journal_submit(target, &group);
        ck_assert_int_eq(journal_reap(target, &fault), JOURNAL_DURABLE);
    }
    struct checkpoint checkpoint = {.size = journal_size(target), .epoch = epoch, .time_ms = 1};
    memcpy(checkpoint.network, journal_network(source), SIGN_NETWORK_LEN);
    ck_assert(journal_root(target, checkpoint.size, checkpoint.root, &fault));
    uint8_t signed_bytes[CHECKPOINT_SIGNED_LEN];
    struct sign_key *key = home_key("hq", "ledger.pem", &fault);
    checkpoint_sign(&checkpoint, key, signed_bytes);
    struct checkpoint_slots *slots = checkpoint_slots_open("forged", false, &fault);
    ck_assert(checkpoint_slots_write(slots, signed_bytes, &fault));
    checkpoint_slots_close(slots);
    sign_key_free(key);
    journal_reader_free(reader);
    journal_close(source);
    journal_close(target);
}

static void forged_must_fail(uint64_t index)
{
    char want[64];
    struct said *said = replay("forged");

    (void)snprintf(want, sizeof want, "FAILED record %d ", (int)index);
    ck_assert_msg(said->code == 1 && strncmp(world_last(said), want, strlen(want)) == 0,
                  "want %s: exit %d: %s%s", want, said->code, said->out, said->err);
}

START_TEST(test_forged)
{
    /* records: init, registry, terms, key, batch, batch, close */
    forge(99, 0, false);
    ck_assert_int_eq(replay("forged")->code, 0); /* only the epochs differ: no rule was broken */
    forge(4, 2, true); /* the first event's outcome */
    forged_must_fail(4);
    forge(4, 25, true); /* of the stream */
    forged_must_fail(4);
    forge(5, 3, true);
    forged_must_fail(5);
    forge(6, 12, true); /* a net of the close */
    forged_must_fail(6);
    for (size_t at = 0; at < 120; at += 7) { /* what the store signed */
        forge(4, at, false);
        forged_must_fail(4);
    }
    forge(3, 20, false); /* what headquarters signed */
    forged_must_fail(3);
    forge(0, 30, false);
    ck_assert_int_eq(replay("forged")->code, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hq_replay");
    TCase *cases = tcase_create("replay");

    tcase_add_unchecked_fixture(cases, make_world, world_leave);
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, test_verified);
    tcase_add_test(cases, test_report);
    tcase_add_test(cases, test_cannot_run);
    tcase_add_test(cases, test_another_network);
    tcase_add_test(cases, test_slots);
    tcase_add_test(cases, test_cut_short);
    tcase_add_test(cases, test_behind_its_checkpoint);
    tcase_add_test(cases, test_report_that_was_changed);
    tcase_add_test(cases, test_any_bit);
    tcase_add_test(cases, test_one_fen);
    tcase_add_test(cases, test_forged);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
