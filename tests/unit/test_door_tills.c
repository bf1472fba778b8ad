/* Tills and their keyring: lists that are none, tokens given and taken back. */
#include "tools/door/tills.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/door/keyring.h"

static char dir[64];
static char path[96];
static struct fault fault;

static void set_up(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test_door.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/tills.json", dir);
    fault = (struct fault){0};
}

static void tear_down(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert(fputs(text, file) >= 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_bad_lists)
{
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "{\"format\":\"allclear-tills/1\"}",
        "{\"format\":\"allclear-tills/2\",\"tills\":[]}",
        "{\"format\":\"allclear-tills/1\",\"tills\":{}}",
        "{\"format\":\"allclear-tills/1\",\"tills\":[1]}",
        "{\"format\":\"allclear-tills/1\",\"tills\":[{\"terminal\":\"1\"}]}",
        "{\"format\":\"allclear-tills/1\",\"tills\":[{\"terminal\":\"1 2\",\"token_sha256\":"
        "\"" HASH "\"}]}",
        "{\"format\":\"allclear-tills/1\",\"tills\":[{\"terminal\":\"1\",\"token_sha256\":\"00\"}]}",
    };
    struct tills tills = {.count = 77};
    char token[TILLS_TOKEN_LEN + 1] = "untouched";

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put(bad[i]);
        ck_assert_msg(!tills_read(dir, &tills, &fault), "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(fault.text, "tills.json"));
        ck_assert_uint_eq(tills.count, 77);
        ck_assert(!tills_add(dir, slice_of("1"), token, &fault));
        ck_assert(!tills_revoke(dir, slice_of("1"), &fault));
        ck_assert_str_eq(token, "untouched");
    }
    put("{\"format\":\"allclear-tills/1\",\"tills\":[{\"terminal\":\"1\",\"token_sha256\":\"" HASH
        "\"}]}");
    ck_assert(tills_read(dir, &tills, &fault));
    ck_assert_uint_eq(tills.count, 1);
    tills_deinit(&tills);
}
END_TEST

START_TEST(test_refused)
{
    char token[TILLS_TOKEN_LEN + 1];

    ck_assert(!tills_add(dir, slice_of(""), token, &fault));
    ck_assert(!tills_add(dir, slice_of("a b"), token, &fault));
    ck_assert(!tills_add(dir, slice_of("-1"), token, &fault));
    ck_assert(!tills_add("/nonexistent", slice_of("1"), token, &fault));
    ck_assert(!tills_revoke(dir, slice_of("1"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "has no token"));
    ck_assert(tills_add(dir, slice_of("1"), token, &fault));
    ck_assert(!tills_add(dir, slice_of("1"), token, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "till revoke 1"));
}
END_TEST

START_TEST(test_hash)
{
    uint8_t hash[DIGEST_LEN] = {7};

    ck_assert(!tills_hash("", hash));
    ck_assert(!tills_hash("00", hash));
    ck_assert(!tills_hash(HASH "0", hash));
    ck_assert(!tills_hash("g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", hash));
    ck_assert_uint_eq(hash[0], 7);
    ck_assert(tills_hash(HASH, hash));
}
END_TEST

START_TEST(test_add_and_revoke)
{
    struct tills tills;
    struct stat info;
    char one[TILLS_TOKEN_LEN + 1];
    char two[TILLS_TOKEN_LEN + 1];
    uint8_t hash[DIGEST_LEN];

    ck_assert(tills_read(dir, &tills, &fault)); /* no file: none */
    ck_assert_uint_eq(tills.count, 0);
    ck_assert(tills_add(dir, slice_of("1"), one, &fault));
    ck_assert(tills_add(dir, slice_of("2"), two, &fault));
    ck_assert_str_ne(one, two);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert(tills_read(dir, &tills, &fault));
    ck_assert_uint_eq(tills.count, 2);
    ck_assert(tills_hash(two, hash));
    ck_assert_mem_eq(tills.list[1].hash, hash, DIGEST_LEN);
    ck_assert_ptr_nonnull(strchr(tills.list[0].added, 'T'));
    tills_deinit(&tills);
    ck_assert(tills_revoke(dir, slice_of("1"), &fault));
    ck_assert(tills_read(dir, &tills, &fault));
    ck_assert_uint_eq(tills.count, 1);
    ck_assert_str_eq(tills.list[0].terminal.text, "2");
    tills_deinit(&tills);
}
END_TEST

static struct keyring_entry *find(const struct keyring *keyring, const char *token)
{
    uint8_t hash[DIGEST_LEN];

    ck_assert(tills_hash(token, hash));
    return keyring_find(keyring, hash);
}

START_TEST(test_renumber)
{
    char token[TILLS_TOKEN_LEN + 1];
    uint8_t hash[DIGEST_LEN];
    struct tills tills;

    ck_assert(!tills_renumber(dir, slice_of("1"), slice_of("2"), &fault)); /* nobody has a token */
    ck_assert(tills_add(dir, slice_of("1"), token, &fault));
    ck_assert(tills_hash(token, hash));
    ck_assert(tills_add(dir, slice_of("2"), token, &fault));
    ck_assert(!tills_renumber(dir, slice_of("1"), slice_of("2"), &fault)); /* another till's */
    ck_assert(!tills_renumber(dir, slice_of("1"), slice_of("1"), &fault));
    ck_assert(!tills_renumber(dir, slice_of("1"), slice_of("no code"), &fault));
    ck_assert(tills_renumber(dir, slice_of("1"), slice_of("1b"), &fault));
    ck_assert(!tills_renumber(dir, slice_of("1"), slice_of("1c"), &fault)); /* it is gone */
    ck_assert(tills_read(dir, &tills, &fault));
    ck_assert_uint_eq(tills.count, 2);
    ck_assert_str_eq(tills.list[0].terminal.text, "1b");
    ck_assert_mem_eq(tills.list[0].hash, hash, sizeof hash);
    ck_assert_str_eq(tills.list[1].terminal.text, "2");
    tills_deinit(&tills);
}
END_TEST

START_TEST(test_keyring)
{
    const char *const dirs[] = {"/nonexistent", dir};
    struct keyring keyring;
    char one[TILLS_TOKEN_LEN + 1];
    char two[TILLS_TOKEN_LEN + 1];

    put("{");
    ck_assert(!keyring_init(&keyring, dirs, 2, &fault));
    (void)remove(path);
    ck_assert(keyring_init(&keyring, dirs, 2, &fault));
    ck_assert_ptr_null(find(&keyring, HASH));
    ck_assert(tills_add(dir, slice_of("1"), one, &fault));
    ck_assert(keyring_look(&keyring, 1000, &fault));
    ck_assert_str_eq(find(&keyring, one)->terminal.text, "1");
    ck_assert_uint_eq(find(&keyring, one)->store, 1);
    ck_assert(tills_add(dir, slice_of("2"), two, &fault));
    ck_assert(keyring_look(&keyring, 1000 + KEYRING_LOOK_MS - 1, &fault)); /* not yet */
    ck_assert_ptr_null(find(&keyring, two));
    ck_assert(tills_revoke(dir, slice_of("1"), &fault));
    ck_assert(keyring_look(&keyring, 1000 + KEYRING_LOOK_MS, &fault));
    ck_assert_ptr_null(find(&keyring, one));
    ck_assert_ptr_nonnull(find(&keyring, two));
    put("{"); /* what cannot be read leaves all as it was, and is said once */
    ck_assert(!keyring_look(&keyring, 3000, &fault));
    ck_assert_ptr_nonnull(find(&keyring, two));
    ck_assert(keyring_look(&keyring, 4000, &fault));
    (void)remove(path);
    ck_assert(keyring_look(&keyring, 5000, &fault));
    ck_assert_ptr_null(find(&keyring, two));
    keyring_deinit(&keyring);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("door_tills");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_bad_lists);
    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_hash);
    tcase_add_test(tcase, test_add_and_revoke);
    tcase_add_test(tcase, test_renumber);
    tcase_add_test(tcase, test_keyring);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
