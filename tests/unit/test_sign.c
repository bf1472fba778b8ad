#include "clearing/crypto/sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

static const uint8_t network[SIGN_NETWORK_LEN] = {1, 2, 3};
static const uint8_t network_other[SIGN_NETWORK_LEN] = {1, 2, 4};

static char folder[64];

static void make_folder(void)
{
    strcpy(folder, "/tmp/test_sign.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *in_folder(const char *name)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static size_t from_hex(const char *hex, uint8_t *bytes, size_t capacity)
{
    size_t len = strlen(hex) / 2;

    ck_assert_uint_le(len, capacity);
    for (size_t i = 0; i < len; i++) {
        unsigned value;
        ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &value), 1);
        bytes[i] = (uint8_t)value;
    }
    return len;
}

START_TEST(verify_refuses_any_other)
{
    struct sign_key *key = sign_key_new();
    struct sign_key *other = sign_key_new();
    slice_t body = slice_of("a batch");
    uint8_t public[32];
    uint8_t public_other[32];
    uint8_t signature[64];

    sign_key_public(key, public);
    sign_key_public(other, public_other);
    sign_message(key, SIGN_BATCH, network, body, signature);
    ck_assert(sign_verify_message(public, SIGN_BATCH, network, body, signature));
    ck_assert(!sign_verify_message(public_other, SIGN_BATCH, network, body, signature));
    ck_assert(!sign_verify_message(public, SIGN_RECORD, network, body, signature));
    ck_assert(!sign_verify_message(public, SIGN_CHECKPOINT, network, body, signature));
    ck_assert(!sign_verify_message(public, SIGN_JOIN, network, body, signature));
    ck_assert(!sign_verify_message(public, SIGN_BATCH, network_other, body, signature));
    ck_assert(!sign_verify_message(public, SIGN_BATCH, network, slice_of("a botch"), signature));
    ck_assert(!sign_verify_message(public, SIGN_BATCH, network, slice_of(""), signature));
    for (size_t bit = 0; bit < 512; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert(!sign_verify_message(public, SIGN_BATCH, network, body, signature));
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert(sign_verify_message(public, SIGN_BATCH, network, body, signature));
    sign_key_free(key);
    sign_key_free(other);
}
END_TEST

START_TEST(signed_bytes_are_as_documented)
{
    struct sign_key *key = sign_key_new();
    slice_t body = slice_of("a record");
    uint8_t bytes[19 + 32 + 32] = "allclear/v1/record"; /* its NUL is byte 18 */
    uint8_t public[32];
    uint8_t signature[64];
    uint8_t plain[64];
    uint8_t id[32];
    uint8_t digest[32];

    memcpy(bytes + 19, network, 32);
    digest_sha256(body.text, body.len, bytes + 51);
    sign_key_public(key, public);
    sign_message(key, SIGN_RECORD, network, body, signature);
    sign_raw(key, (slice_t){(char *)bytes, sizeof bytes}, plain);
    ck_assert_mem_eq(signature, plain, 64);
    ck_assert(sign_verify_raw(public, (slice_t){(char *)bytes, sizeof bytes},
                              (slice_t){(char *)signature, 64}));
    ck_assert(!sign_verify_raw(public, (slice_t){(char *)bytes, sizeof bytes},
                               (slice_t){(char *)signature, 63}));
    sign_key_id(public, id);
    digest_sha256(public, 32, digest);
    ck_assert_mem_eq(id, digest, 32);
    ck_assert_str_eq(sign_domain_prefix(SIGN_BATCH), "allclear/v1/batch");
    ck_assert_str_eq(sign_domain_prefix(SIGN_CHECKPOINT), "allclear/v1/checkpoint");
    ck_assert_str_eq(sign_domain_prefix(SIGN_JOIN), "allclear/v1/join");
    sign_key_free(key);
}
END_TEST

START_TEST(key_file_round_trip)
{
    struct sign_key *key = sign_key_new();
    struct sign_key *back;
    struct fault fault = {0};
    struct stat status;
    uint8_t public[32];
    uint8_t public_back[32];

    ck_assert_msg(sign_key_save(key, in_folder("key"), &fault), "%s", fault.text);
    ck_assert_int_eq(stat(in_folder("key"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_ne(access(in_folder("key.new"), F_OK), 0);
    back = sign_key_load(in_folder("key"), &fault);
    ck_assert_ptr_nonnull(back);
    sign_key_public(key, public);
    sign_key_public(back, public_back);
    ck_assert_mem_eq(public, public_back, 32);
    sign_key_free(key);
    sign_key_free(back);
}
END_TEST

START_TEST(key_is_never_overwritten)
{
    struct sign_key *key = sign_key_new();
    struct sign_key *other = sign_key_new();
    struct sign_key *back;
    struct fault fault = {0};
    uint8_t public[32];
    uint8_t public_back[32];

    ck_assert(sign_key_save(key, in_folder("key"), NULL));
    ck_assert(!sign_key_save(other, in_folder("key"), &fault));
    ck_assert_int_eq(fault.category, FAULT_IO);
    ck_assert_ptr_nonnull(strstr(fault.text, "File exists"));
    back = sign_key_load(in_folder("key"), NULL);
    ck_assert_ptr_nonnull(back);
    sign_key_public(key, public);
    sign_key_public(back, public_back);
    ck_assert_mem_eq(public, public_back, 32);
    sign_key_free(key);
    sign_key_free(other);
    sign_key_free(back);
    ck_assert_ptr_null(sign_key_load(in_folder("absent"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "absent"));
}
END_TEST

static void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *file = fopen(in_folder(name), "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(in_folder(name), mode), 0);
}

static void assert_refused(const char *name, const char *why)
{
    struct fault fault = {0};

    ck_assert_ptr_null(sign_key_load(in_folder(name), &fault));
    ck_assert_int_eq(fault.category, FAULT_CRYPTO);
    ck_assert_msg(strstr(fault.text, why) != NULL, "%s: %s", name, fault.text);
}

START_TEST(key_files_refused)
{
    struct sign_key *key = sign_key_new();
    char command[256];

    ck_assert(sign_key_save(key, in_folder("open"), NULL));
    ck_assert_int_eq(chmod(in_folder("open"), 0640), 0);
    assert_refused("open", "chmod 600");
    write_file("empty", "", 0600);
    assert_refused("empty", "is not a private key");
    write_file("junk", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0600);
    assert_refused("junk", "is not a private key");
    ck_assert_int_eq(mkdir(in_folder("folder"), 0700), 0);
    assert_refused("folder", "not a regular file");
    (void)snprintf(command, sizeof command,
                   "cd %s && umask 077 && openssl genpkey -algorithm X25519 -out x25519 && "
                   "openssl pkcs8 -in open -topk8 -passout pass:secret -out locked",
                   folder);
    if (system(command) == 0) {
        assert_refused("x25519", "is not an Ed25519 key");
        assert_refused("locked", "without a password");
    }
    sign_key_free(key);
}
END_TEST

START_TEST(rfc8032_key_from_elsewhere)
{
    /* RFC 8032 section 7.1, test 2, as PKCS#8 (RFC 8410: 16 bytes before the seed). */
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
                              "-----END PRIVATE KEY-----\n";
    static const char public_hex[] =
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    static const char signature_hex[] =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    struct fault fault = {0};
    struct sign_key *key;
    uint8_t expected[64];
    uint8_t bytes[64];

    write_file("rfc", pem, 0600);
    key = sign_key_load(in_folder("rfc"), &fault);
    ck_assert_msg(key != NULL, "%s", fault.text);
    sign_key_public(key, bytes);
    (void)from_hex(public_hex, expected, sizeof expected);
    ck_assert_mem_eq(bytes, expected, 32);
    sign_raw(key, (slice_t){"\x72", 1}, bytes);
    (void)from_hex(signature_hex, expected, sizeof expected);
    ck_assert_mem_eq(bytes, expected, 64);
    sign_key_free(key);
}
END_TEST

/* All encodings of the eight points of small order, the non-canonical ones too, and others that
 * are no points. */
static const char *const bad_publics[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0200000000000000000000000000000000000000000000000000000000000000", /* not on the curve */
};

START_TEST(bad_publics_refused)
{
    uint8_t public[32];

    for (size_t i = 0; i < sizeof bad_publics / sizeof bad_publics[0]; i++) {
        (void)from_hex(bad_publics[i], public, sizeof public);
        ck_assert_msg(!sign_public_valid(public), "%s", bad_publics[i]);
    }
}
END_TEST

START_TEST(good_publics_taken)
{
    uint8_t public[32];
    int on_curve = 0;

    for (int i = 0; i < 200; i++) {
        struct sign_key *key = sign_key_new();
        sign_key_public(key, public);
        ck_assert(sign_public_valid(public));
        sign_key_free(key);
    }
    /* About half of all y are on the curve: random bytes must not all pass. */
    for (int i = 0; i < 400; i++) {
        digest_sha256(&i, sizeof i, public);
        on_curve += sign_public_valid(public) ? 1 : 0;
    }
    ck_assert_int_gt(on_curve, 140);
    ck_assert_int_lt(on_curve, 260);
}
END_TEST

/* With a small-order key one signature fits many messages: enrolment must refuse what verification
 * by itself would take. With a small-order R verification refuses. */
START_TEST(small_order_r_refused)
{
    uint8_t public[32] = {1};
    uint8_t signature[64] = {1}; /* R = the identity, S = 0 */

    ck_assert(!sign_verify_raw(public, slice_of("any"), (slice_t){(char *)signature, 64}));
    ck_assert(!sign_public_valid(public));
}
END_TEST

static void try_vectors(const json_t *group, int *inout_count)
{
    const char *public_hex =
        json_string_value(json_object_get(json_object_get(group, "publicKey"), "pk"));
    const json_t *tests = json_object_get(group, "tests");
    uint8_t public[32];
    size_t at;
    const json_t *test;

    ck_assert_uint_eq(from_hex(public_hex, public, sizeof public), 32);
    ck_assert(sign_public_valid(public));
    json_array_foreach(tests, at, test)
    {
        static uint8_t message[65536];
        uint8_t signature[512];
        size_t len =
            from_hex(json_string_value(json_object_get(test, "msg")), message, sizeof message);
        size_t signature_len =
            from_hex(json_string_value(json_object_get(test, "sig")), signature, sizeof signature);
        const char *result = json_string_value(json_object_get(test, "result"));
        bool good = sign_verify_raw(public, (slice_t){(char *)message, (uint32_t)len},
                                    (slice_t){(char *)signature, (uint32_t)signature_len});
        ck_assert_msg(good == (strcmp(result, "valid") == 0), "test %lld",
                      (long long)json_integer_value(json_object_get(test, "tcId")));
        (*inout_count)++;
    }
}

START_TEST(wycheproof)
{
    const char *shared = getenv("ALLCLEAR_SHARED");
    char path[512];
    json_t *file;
    size_t at;
    const json_t *group;
    int count = 0;

    (void)snprintf(path, sizeof path, "%s/vectors/wycheproof-ed25519.json",
                   shared == NULL ? "../shared" : shared);
    file = json_load_file(path, 0, NULL);
    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: %s is not there (set ALLCLEAR_SHARED)\n", path);
        return;
    }
    json_array_foreach(json_object_get(file, "testGroups"), at, group)
    {
        try_vectors(group, &count);
    }
    ck_assert_int_eq(count, 151);
    json_decref(file);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sign");
    TCase *tests = tcase_create("sign");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, verify_refuses_any_other);
    tcase_add_test(tests, signed_bytes_are_as_documented);
    tcase_add_test(tests, key_file_round_trip);
    tcase_add_test(tests, key_is_never_overwritten);
    tcase_add_test(tests, key_files_refused);
    tcase_add_test(tests, rfc8032_key_from_elsewhere);
    tcase_add_test(tests, bad_publics_refused);
    tcase_add_test(tests, good_publics_taken);
    tcase_add_test(tests, small_order_r_refused);
    tcase_add_test(tests, wycheproof);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
