#include "clearing/crypto/digest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

/* Vectors: FIPS 180-4's examples. */
static const char empty_hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc_hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
static const char two_blocks_hex[] =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
static const char million_a_hex[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void assert_hex(const uint8_t digest[DIGEST_LEN], const char *hex)
{
    char text[2 * DIGEST_LEN + 1];

    for (size_t i = 0; i < DIGEST_LEN; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    ck_assert_str_eq(text, hex);
}

START_TEST(known_strings)
{
    uint8_t digest[DIGEST_LEN];

    digest_sha256(NULL, 0, digest);
    assert_hex(digest, empty_hex);
    digest_sha256("abc", 3, digest);
    assert_hex(digest, abc_hex);
    digest_sha256(two_blocks, strlen(two_blocks), digest);
    assert_hex(digest, two_blocks_hex);
    digest_sha256(NULL, 0, digest); /* the context carries nothing over */
    assert_hex(digest, empty_hex);
}
END_TEST

START_TEST(parts_are_one_string)
{
    const size_t len = strlen(two_blocks);
    uint8_t digest[DIGEST_LEN];

    digest_parts(NULL, 0, digest);
    assert_hex(digest, empty_hex);
    for (uint32_t cut = 0; cut <= len; cut++) {
        slice_t parts[3] = {{two_blocks, cut}, {NULL, 0}, {two_blocks + cut, (uint32_t)len - cut}};
        digest_parts(parts, 3, digest);
        assert_hex(digest, two_blocks_hex);
    }
}
END_TEST

START_TEST(pieces_and_reuse)
{
    struct digest *digest = digest_new();
    uint8_t hash[DIGEST_LEN];
    char block[1000];

    memset(block, 'a', sizeof block);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            uint8_t other[DIGEST_LEN];
            digest_add(digest, block, sizeof block);
            digest_sha256("abc", 3, other); /* one-shots in between disturb nothing */
        }
        digest_finish(digest, hash);
        assert_hex(hash, million_a_hex);
    }
    digest_finish(digest, hash);
    assert_hex(hash, empty_hex);
    digest_free(digest);
    digest_free(NULL);
}
END_TEST

static void *hash_much(void *context)
{
    uint8_t digest[DIGEST_LEN];

    for (int i = 0; i < 2000; i++) {
        digest_sha256("abc", 3, digest);
    }
    memcpy(context, digest, sizeof digest);
    return NULL;
}

START_TEST(threads_have_their_own)
{
    uint8_t digests[4][DIGEST_LEN];
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hash_much, digests[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        assert_hex(digests[i], abc_hex);
    }
}
END_TEST

START_TEST(equal_looks_at_every_byte)
{
    uint8_t a[DIGEST_LEN] = {0};
    uint8_t b[DIGEST_LEN] = {0};

    ck_assert(digest_equal(a, b));
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        b[i] = 1;
        ck_assert(!digest_equal(a, b));
        b[i] = 0;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tests = tcase_create("digest");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, known_strings);
    tcase_add_test(tests, parts_are_one_string);
    tcase_add_test(tests, pieces_and_reuse);
    tcase_add_test(tests, threads_have_their_own);
    tcase_add_test(tests, equal_looks_at_every_byte);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
