#include "clearing/crypto/member_token.h"

#include <stdlib.h>

#include <check.h>

static uint8_t key[MEMBER_TOKEN_KEY_LEN];

static void set_up(void)
{
    for (uint8_t i = 0; i < sizeof key; i++) {
        key[i] = i;
    }
}

static void tear_down(void)
{
}

/* Cards' numbers, and what is nearly a telephone number. */
START_TEST(others_stay)
{
    static const uint64_t others[] = {
        0,
        1,
        6200000017,
        12999999999,
        20000000000,
        8612999999999,
        8620000000000,
        113800138000,
        9760020656333345152U, /* a token */
        UINT64_MAX,
    };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ck_assert(!member_token_wanted(others[i]));
        ck_assert_uint_eq(member_token_of(key, others[i]), others[i]);
    }
}
END_TEST

/* The figures are another program's, made from the header's words; the last number goes through the
 * permutation three times. */
START_TEST(telephones_become_tokens)
{
    static const uint64_t pairs[][2] = {
        {13000000000, 9384923816105204115U},   {13800138000, 9760020656333345152U},
        {8613800138000, 9760020656333345152U}, {19999999999, 9866016616598312217U},
        {13900000076, 9703399838114957150U},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        ck_assert(member_token_wanted(pairs[i][0]));
        ck_assert_uint_eq(member_token_of(key, pairs[i][0]), pairs[i][1]);
    }
}
END_TEST

static int order(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

START_TEST(no_two_are_equal_and_keys_matter)
{
    static uint64_t tokens[20000];
    size_t count = sizeof tokens / sizeof tokens[0];
    uint8_t other[MEMBER_TOKEN_KEY_LEN];

    member_token_key(other);
    for (size_t i = 0; i < count; i++) {
        tokens[i] = member_token_of(key, 13000000000 + i * 349999);
        ck_assert_uint_ge(tokens[i], 9000000000000000000U);
        ck_assert_uint_lt(tokens[i], 10000000000000000000U);
    }
    ck_assert_uint_ne(member_token_of(other, 13000000000), tokens[0]);
    qsort(tokens, count, sizeof tokens[0], order);
    for (size_t i = 1; i < count; i++) {
        ck_assert_uint_ne(tokens[i - 1], tokens[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("member_token");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, others_stay);
    tcase_add_test(tests, telephones_become_tokens);
    tcase_add_test(tests, no_two_are_equal_and_keys_matter);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
