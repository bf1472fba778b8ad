#include "clearing/base/code.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static const slice_t refused[] = {
    {NULL, 0},       {"", 0},      {"-a", 2},  {"_a", 2},
    {"a b", 3},      {"a.", 2},    {"a:1", 3}, {"a/b", 3},
    {" a", 2},       {"a ", 2},    {"a\0", 2}, {"\0a", 2},
    {"\xc3\xa9", 2}, {"a\x80", 2}, {"@", 1},   {"[", 1},
    {"`", 1},        {"{", 1},     {"a@", 2},  {"abcdefghijklmnopqrstuvwxyz0123456", 33},
};

START_TEST(codes_refused)
{
    ck_assert_msg(!code_valid(refused[_i]), "%d", _i);
}
END_TEST

static const char *const taken[] = {
    "a", "Z", "0", "9", "a-", "a_", "0-_-", "500-100", "abcdefghijklmnopqrstuvwxyz012345",
};

START_TEST(codes_taken)
{
    ck_assert(code_valid(slice_of(taken[_i])));
    code_t code = code_of(slice_of(taken[_i]));
    ck_assert_str_eq(code.text, taken[_i]);
    ck_assert_uint_eq(code.len, strlen(taken[_i]));
    ck_assert(slice_equal(code_slice(&code), slice_of(taken[_i])));
}
END_TEST

/* Every byte in the first and in a later place, against the pattern spelt out. */
START_TEST(codes_byte_by_byte)
{
    static const char first[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for (int byte = 0; byte < 256; byte++) {
        char text[2] = {(char)byte, (char)byte};
        bool alnum = byte != 0 && strchr(first, byte) != NULL;
        ck_assert_int_eq(code_valid((slice_t){text, 1}), alnum);
        text[0] = 'a';
        ck_assert_int_eq(code_valid((slice_t){text, 2}), alnum || byte == '-' || byte == '_');
    }
}
END_TEST

START_TEST(slices_compare_by_bytes)
{
    static const char *const rising[] = {"",  "-",  "0",    "A",    "A-",  "AA",
                                         "a", "a0", "\x7f", "\x80", "\xff"};

    for (int i = 0; i < COUNT(rising); i++) {
        for (int k = 0; k < COUNT(rising); k++) {
            int order = slice_compare(slice_of(rising[i]), slice_of(rising[k]));
            ck_assert_int_eq((order > 0) - (order < 0), (i > k) - (i < k));
            ck_assert_int_eq(slice_equal(slice_of(rising[i]), slice_of(rising[k])), i == k);
        }
    }
    ck_assert(slice_equal((slice_t){NULL, 0}, slice_of("")));
    ck_assert_int_eq(slice_compare((slice_t){NULL, 0}, slice_of("")), 0);
    ck_assert_int_lt(slice_compare((slice_t){NULL, 0}, slice_of("a")), 0);
    ck_assert(!slice_equal((slice_t){"a\0b", 3}, (slice_t){"a\0c", 3}));
}
END_TEST

START_TEST(empty_index)
{
    struct code_index index = {0};

    ck_assert_uint_eq(code_index_find(&index, slice_of("A")), CODE_NONE);
    ck_assert_uint_eq(code_index_find(&index, slice_of("")), CODE_NONE);
    code_index_deinit(&index);
    code_index_deinit(&index);
}
END_TEST

START_TEST(numbers_in_the_order_of_arrival)
{
    struct code_index index = {0};
    char own[] = "B";

    ck_assert_uint_eq(code_index_add(&index, slice_of(own)), 0);
    own[0] = 'X'; /* the index has its own copy */
    ck_assert_uint_eq(code_index_add(&index, slice_of("A")), 1);
    ck_assert_uint_eq(code_index_add(&index, slice_of("B")), 0);
    ck_assert_uint_eq(index.count, 2);
    ck_assert_uint_eq(code_index_find(&index, slice_of("B")), 0);
    ck_assert_uint_eq(code_index_find(&index, slice_of("b")), CODE_NONE);
    ck_assert_uint_eq(code_index_find(&index, slice_of("X")), CODE_NONE);
    ck_assert_uint_eq(code_index_find(&index, slice_of("A1")), CODE_NONE);
    ck_assert_str_eq(index.codes[1].text, "A");
    code_index_deinit(&index);
}
END_TEST

/* Over many doublings each code keeps its number and its text. */
START_TEST(growth_keeps_every_number)
{
    enum { CODES = 5000 };
    struct code_index index = {0};
    char text[16];

    for (uint32_t i = 0; i < CODES; i++) {
        (void)snprintf(text, sizeof text, "m%u", i);
        ck_assert_uint_eq(code_index_add(&index, slice_of(text)), i);
    }
    for (uint32_t i = 0; i < CODES; i++) {
        (void)snprintf(text, sizeof text, "m%u", i);
        ck_assert_uint_eq(code_index_find(&index, slice_of(text)), i);
        ck_assert_uint_eq(code_index_add(&index, slice_of(text)), i);
        ck_assert_str_eq(index.codes[i].text, text);
        (void)snprintf(text, sizeof text, "n%u", i);
        ck_assert_uint_eq(code_index_find(&index, slice_of(text)), CODE_NONE);
    }
    ck_assert_uint_eq(index.count, CODES);
    code_index_deinit(&index);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("code");
    TCase *tcase = tcase_create("code");

    tcase_add_loop_test(tcase, codes_refused, 0, COUNT(refused));
    tcase_add_loop_test(tcase, codes_taken, 0, COUNT(taken));
    tcase_add_test(tcase, codes_byte_by_byte);
    tcase_add_test(tcase, slices_compare_by_bytes);
    tcase_add_test(tcase, empty_index);
    tcase_add_test(tcase, numbers_in_the_order_of_arrival);
    tcase_add_test(tcase, growth_keeps_every_number);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
