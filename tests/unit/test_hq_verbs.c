/* Headquarters' verbs on a folder without a daemon: refusals first. */
#include <check.h>

#include "hq_world.h"

static void enter(void)
{
    world_enter();
    ck_assert_int_eq(WORLD_RUN(verb_init, "--dir", "hq", "--sample", "f1", "--test-clock",
                               "--start", "2026-03-01")
                         ->code,
                     0);
}

static void must_have(const struct said *said, int code, const char *text)
{
    ck_assert_msg(said->code == code, "exit %d: %s%s", said->code, said->out, said->err);
    ck_assert_msg(strstr(said->out, text) != NULL || strstr(said->err, text) != NULL,
                  "no \"%s\" in: %s%s", text, said->out, said->err);
}

static void edit(const char *command)
{
    ck_assert_int_eq(system(command), 0);
}

START_TEST(test_init_refusals)
{
    (void)unsetenv("ALLCLEAR_DIR");
    ck_assert_ptr_nonnull(freopen("/dev/null", "re", stdin));
    must_have(WORLD_RUN(verb_init, "--sample", "f1"), 64, "--dir");
    must_have(WORLD_RUN(verb_init, "--dir", "x"), 64, "--sample");
    must_have(WORLD_RUN(verb_init, "--dir", "x", "--sample", "f9"), 64, "f1");
    must_have(WORLD_RUN(verb_init, "--dir", "x", "--sample", "f1", "--alliance", "y"), 64, "one");
    must_have(WORLD_RUN(verb_init, "--dir", "x", "--sample", "f1", "--start", "2026-03-01"), 64,
              "real");
    must_have(WORLD_RUN(verb_init, "--dir", "x", "--alliance", "nothing.conf"), 65, "nothing.conf");
    ck_assert(access("x", F_OK) != 0); /* nothing was made */
    must_have(WORLD_RUN(verb_init, "--dir", "hq", "--sample", "f1"), 73, "already");
    must_have(WORLD_RUN(verb_init, "--dir", "x", "--sample", "f1", "--test-clock", "--start",
                        "yesterday"),
              65, "yesterday");
    ck_assert(access("x/journal/data.mdb", F_OK) != 0);
    must_have(WORLD_RUN(verb_init, "--dir", "y", "--sample", "f1", "--id", "a b"), 65,
              "alliance.conf");
    must_have(WORLD_RUN(verb_init, "--dir", "z", "--sample", "f1", "--listen", "7401"), 65,
              "tcp://");
    ck_assert(access("z/journal/data.mdb", F_OK) != 0);
}
END_TEST

START_TEST(test_init)
{
    struct stat about;

    must_have(WORLD_RUN(verb_init, "--dir", "two", "--sample", "f2", "--id", "river"), 0,
              "alliance river");
    must_have(WORLD_RUN(verb_status, "--dir", "two"), 0, "Alliance river, network ");
    ck_assert_int_eq(stat("two/keys/gate.key", &about), 0);
    ck_assert_int_eq(about.st_mode & 0777, 0600);
    ck_assert_int_eq(about.st_size, 65);
    must_have(WORLD_RUN(verb_diff, "--dir", "two"), 0, "Nothing would change.");
    /* with a file of one's own, whose stores are in a file of another name */
    edit("mkdir own && sed 's/stores.csv/shops.csv/' hq/alliance.conf > own/mine.conf && "
         "cp hq/stores.csv own/shops.csv");
    must_have(WORLD_RUN(verb_init, "--dir", "three", "--alliance", "own/mine.conf", "--test-clock",
                        "--start", "2026-03-01T12:00:00+08:00"),
              0, "TEST");
    ck_assert(access("three/shops.csv", F_OK) == 0);
    must_have(WORLD_RUN(verb_diff, "--dir", "three"), 0, "Nothing would change.");
    must_have(WORLD_RUN(verb_clock, "show", "--dir", "three"), 0, "2026-03-01T12:00:00+08:00");
    /* after a failure the same folder serves */
    must_have(WORLD_RUN(verb_init, "--dir", "four", "--sample", "f1", "--test-clock", "--start",
                        "x"),
              65, "x");
    must_have(WORLD_RUN(verb_init, "--dir", "four", "--alliance", "four/alliance.conf"), 0, "four");
}
END_TEST

START_TEST(test_without_a_ledger)
{
    must_have(WORLD_RUN(verb_status, "--dir", "none"), 74, "init");
    must_have(WORLD_RUN(verb_positions, "--dir", "none"), 74, "init");
    ck_assert_int_ne(WORLD_RUN(verb_apply, "--dir", "none")->code, 0);
    ck_assert_int_ne(WORLD_RUN(verb_cycle, "close", "--dir", "none")->code, 0);
    ck_assert_int_ne(WORLD_RUN(verb_backup, "to", "--dir", "none")->code, 0);
    must_have(WORLD_RUN(verb_invite, "A", "--dir", "hq"), 69, "no daemon");
}
END_TEST

START_TEST(test_keys)
{
    static struct world_store store;
    char id[65];
    uint8_t bytes[32];

    must_have(WORLD_RUN(verb_key, "approve", "A", "--all-pending", "--dir", "hq"), 65, "not asked");
    must_have(WORLD_RUN(verb_key, "revoke", "A", "--dir", "hq"), 65, "no key");
    must_have(WORLD_RUN(verb_key, "borrow", "--dir", "hq"), 64, "list");
    world_ask("hq", "A", &store);
    sign_key_id(store.public_key, bytes);
    hex_write(bytes, 32, id);
    must_have(WORLD_RUN(verb_key, "approve", "A", "--dir", "hq"), 64, "Compare");
    must_have(WORLD_RUN(verb_key, "approve", "A", "0000000000000000", "--dir", "hq"), 65,
              "nothing is approved");
    id[15] = '\0';
    must_have(WORLD_RUN(verb_key, "approve", "A", id, "--dir", "hq"), 65, "nothing is approved");
    hex_write(bytes, 32, id);
    must_have(WORLD_RUN(verb_key, "approve", "A", id, "--dir", "hq"), 0, "signs with");
    must_have(WORLD_RUN(verb_key, "approve", "A", id, "--dir", "hq"), 65, "not asked");
    must_have(WORLD_RUN(verb_key, "list", "--json", "--dir", "hq"), 0, id);
    must_have(WORLD_RUN(verb_key, "revoke", "A", "--reason", "lost", "--dir", "hq"), 0, "no key");
    /* a request that proves nothing */
    sign_key_free(store.key);
    world_ask("hq", "B", &store);
    sign_key_free(store.key);
    edit("sed -i 's/.$/0/;s/.\\{4\\}$/0000/' hq/joins/B");
    must_have(WORLD_RUN(verb_key, "approve", "B", "--all-pending", "--dir", "hq"), 65, "proven");
    edit("rm hq/joins/B");
}
END_TEST

/* Approve by a list: what matches is approved, whatever stands beside it. */
START_TEST(test_key_list)
{
    static struct world_store a;
    static struct world_store b;
    char text[1024];
    char id_a[65];
    char id_b[65];
    uint8_t bytes[32];

    must_have(WORLD_RUN(verb_key, "approve", "--list", "no.csv", "--dir", "hq"), 74, "no.csv");
    must_have(WORLD_RUN(verb_key, "approve", "--list", "x", "--all-pending", "--dir", "hq"), 64,
              "list");
    must_have(WORLD_RUN(verb_key, "approve", "A", "--list", "x", "--dir", "hq"), 64, "list");
    edit("printf 'shop,print\\nA,1\\n' > prints.csv");
    must_have(WORLD_RUN(verb_key, "approve", "--list", "prints.csv", "--dir", "hq"), 65,
              "prints.csv:1");
    world_ask("hq", "A", &a);
    world_ask("hq", "B", &b);
    sign_key_id(a.public_key, bytes);
    hex_write(bytes, 32, id_a);
    sign_key_id(b.public_key, bytes);
    hex_write(bytes, 32, id_b);
    FILE *file = fopen("prints.csv", "we");
    CHECK(file != NULL);
    fprintf(file, "\xef\xbb\xbfname,store,fingerprint\r\n\"one, and\",A,%.4s %.16s\r\n", id_a,
            id_a + 4);
    fprintf(file, "x,B,0123456789abcdef\ny,C,\nz,Z,00\nw,\"no code\",00\nv,A,%s\n", id_a);
    CHECK(fclose(file) == 0);
    const struct said *said = WORLD_RUN(verb_key, "approve", "--list", "prints.csv", "--dir", "hq");
    (void)snprintf(text, sizeof text, "prints.csv:3:5: this is not the key that asks, %.32s", id_b);
    must_have(said, 65, text);
    must_have(said, 65, "prints.csv:4:3: store C has not asked");
    must_have(said, 65, "prints.csv:5:3: the alliance has no store Z");
    must_have(said, 65, "prints.csv:6:3: a store's code");
    must_have(said, 65, "prints.csv:7:3: store A stands in the list twice");
    must_have(said, 65, "Approved 1, already in use 0, not approved 5");
    file = fopen("prints.csv", "we");
    CHECK(file != NULL);
    fprintf(file, "store,fingerprint\nA,%s\nB,%.16s\n", id_a, id_b);
    CHECK(fclose(file) == 0);
    must_have(WORLD_RUN(verb_key, "approve", "--list", "prints.csv", "--dir", "hq"), 0,
              "Approved 1, already in use 1, not approved 0");
    must_have(WORLD_RUN(verb_key, "approve", "--all-pending", "--dir", "hq"), 0, "Approved 0");
    must_have(WORLD_RUN(verb_key, "revoke", "A", "--dir", "hq"), 0, "no key");
    must_have(WORLD_RUN(verb_key, "revoke", "B", "--dir", "hq"), 0, "no key");
    sign_key_free(a.key);
    sign_key_free(b.key);
}
END_TEST

START_TEST(test_clock)
{
    must_have(WORLD_RUN(verb_clock, "set", "2026-03-03", "--dir", "hq"), 0, "open day 2026-03-03");
    must_have(WORLD_RUN(verb_clock, "set", "2026-03-02", "--dir", "hq"), 65, "forward only");
    must_have(WORLD_RUN(verb_clock, "set", "noon", "--dir", "hq"), 65, "noon");
    must_have(WORLD_RUN(verb_clock, "set", "--dir", "hq"), 64, "set TIME");
    must_have(WORLD_RUN(verb_init, "--dir", "real", "--sample", "f1"), 0, "alliance demo");
    must_have(WORLD_RUN(verb_clock, "set", "2099-01-01", "--dir", "real"), 65, "real time");
}
END_TEST

START_TEST(test_freeze)
{
    must_have(WORLD_RUN(verb_freeze, "B", "--dir", "hq"), 64, "--reason");
    must_have(WORLD_RUN(verb_freeze, "Z", "--reason", "x", "--dir", "hq"), 65, "no store Z");
    must_have(WORLD_RUN(verb_unfreeze, "B", "--dir", "hq"), 65, "not frozen");
    must_have(WORLD_RUN(verb_freeze, "B", "--reason", "a till is gone", "--dir", "hq"), 0,
              "frozen from batch 1");
    must_have(WORLD_RUN(verb_status, "--dir", "hq"), 0, "frozen");
    must_have(WORLD_RUN(verb_unfreeze, "B", "--dir", "hq"), 0, "goes on with batch 1");
    must_have(WORLD_RUN(verb_freeze, "B", "--reason",
                        "a reason that is much longer than what a record has room for, really",
                        "--dir", "hq"),
              65, "shorten");
}
END_TEST

START_TEST(test_cycles)
{
    static char first[65536];
    static char second[65536];

    must_have(WORLD_RUN(verb_cycle, "close", "no id", "--dir", "hq"), 65, "no id");
    must_have(WORLD_RUN(verb_cycle, "show", "2026-03", "--dir", "hq"), 65, "no closed cycle");
    must_have(WORLD_RUN(verb_report, "../keys/hq", "--dir", "hq"), 65, "no closed cycle");
    must_have(WORLD_RUN(verb_cycle, "preview", "--format", "pdf", "--dir", "hq"), 64, "pdf");
    must_have(WORLD_RUN(verb_cycle, "preview", "--format", "json", "--dir", "hq"), 0,
              "{\"cycle\":\"open\",\"from\":\"2026-03-01\"");
    must_have(WORLD_RUN(verb_cycle, "close", "--dir", "hq"), 0, "Settlement report: 2026-03\n");
    must_have(WORLD_RUN(verb_cycle, "close", "--dir", "hq"), 0, "Settlement report: 2026-03-2\n");
    must_have(WORLD_RUN(verb_cycle, "list", "--json", "--dir", "hq"), 0,
              "[{\"cycle\":\"2026-03\",\"from\":\"2026-03-01\",\"to\":\"2026-03-01\","
              "\"dispute_days\":10},"
              "{\"cycle\":\"2026-03-2\",\"from\":\"2026-03-02\",\"to\":\"2026-03-02\","
              "\"dispute_days\":10}]");
    ck_assert_uint_gt(world_read("hq/reports/2026-03.json", first, sizeof first), 100);
    ck_assert_str_eq(
        WORLD_RUN(verb_report, "2026-03", "--format", "json", "--dir", "hq")->out, first);
    /* lost: made again from the records */
    edit("rm hq/reports/2026-03.json");
    ck_assert_str_eq(
        WORLD_RUN(verb_report, "2026-03", "--format", "json", "--dir", "hq")->out, first);
    must_have(WORLD_RUN(verb_report, "2026-03", "--format", "csv", "--out", "r.csv", "--dir", "hq"),
              0, "");
    ck_assert_uint_gt(world_read("r.csv", second, sizeof second), 100);
    must_have(WORLD_RUN(verb_hq_statement, "A", "2026-03", "--dir", "hq"), 0, "Even: 0.00");
    must_have(WORLD_RUN(verb_hq_statement, "Z", "2026-03", "--dir", "hq"), 65, "no participant Z");
}
END_TEST

START_TEST(test_diff_and_apply)
{
    must_have(WORLD_RUN(verb_apply, "--dir", "hq"), 0, "Nothing has changed.");
    edit("sed -i 's/\"0.6%\"/\"0.7%\"/; s/max_late_days = 30/max_late_days = 20/' "
         "hq/alliance.conf");
    edit("sed -i 's/城西店/西店/' hq/stores.csv && echo 'D,A,A,franchise,,2026-04-01,' "
         ">> hq/stores.csv");
    struct said *said = WORLD_RUN(verb_diff, "--dir", "hq");
    must_have(said, 0, "Product card: fee becomes 0.7% (was 0.6%).");
    must_have(said, 0, "Alliance demo: max_late_days becomes 20 (was 30).");
    must_have(said, 0, "Store B is called \"西店\" (was \"城西店\").");
    must_have(said, 0, "Store D opens (participant A).");
    must_have(WORLD_RUN(verb_apply, "--from", "2026-03-01", "--dir", "hq"), 65, "after the open");
    must_have(WORLD_RUN(verb_apply, "--from", "soon", "--dir", "hq"), 65, "soon");
    must_have(WORLD_RUN(verb_apply, "--from", "2026-04-01", "--dir", "hq"), 0,
              "in force from 2026-04-01 on");
    must_have(WORLD_RUN(verb_diff, "--dir", "hq"), 0, "Nothing would change.");
    must_have(WORLD_RUN(verb_status, "--dir", "hq"), 0, "D ");
    /* what is deleted is an error */
    edit("sed -i '/^D,/d' hq/stores.csv");
    must_have(WORLD_RUN(verb_diff, "--dir", "hq"), 65, "Store D is missing");
    must_have(WORLD_RUN(verb_apply, "--dir", "hq"), 65, "Store D is missing");
    edit("echo 'D,A,A,franchise,,2026-04-01,2026-05-01' >> hq/stores.csv");
    must_have(WORLD_RUN(verb_diff, "--dir", "hq"), 0, "Store D closes after 2026-05-01.");
    edit("sed -i 's/id = \"500-100\"/id = \"600-100\"/' hq/alliance.conf");
    must_have(WORLD_RUN(verb_diff, "--dir", "hq"), 65, "Offer 500-100 is missing");
    edit("sed -i 's/id = \"600-100\"/id = \"500-100\"/; s/zone = \"+08:00\"/zone = \"+09:00\"/' "
         "hq/alliance.conf");
    must_have(WORLD_RUN(verb_apply, "--dir", "hq"), 65, "zone");
    edit("sed -i 's/zone = \"+09:00\"/zone = \"+08:00\"/' hq/alliance.conf");
    edit("sed -i 's/bonus = \"100.00\"/bonus = \"120.00\"/' hq/alliance.conf");
    said = WORLD_RUN(verb_diff, "--dir", "hq");
    must_have(said, 0, "Offer 500-100: tiers becomes pay 500.00 get 120.00");
    /* after rules that are to come */
    must_have(WORLD_RUN(verb_apply, "--dir", "hq"), 0, "in force from 2026-04-02 on");
    must_have(WORLD_RUN(verb_replay, "hq"), 0, "UNANCHORED");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hq_verbs");
    TCase *cases = tcase_create("verbs");

    tcase_add_checked_fixture(cases, enter, world_leave);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_init_refusals);
    tcase_add_test(cases, test_init);
    tcase_add_test(cases, test_without_a_ledger);
    tcase_add_test(cases, test_keys);
    tcase_add_test(cases, test_key_list);
    tcase_add_test(cases, test_clock);
    tcase_add_test(cases, test_freeze);
    tcase_add_test(cases, test_cycles);
    tcase_add_test(cases, test_diff_and_apply);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
