#include "clearing/money/money.h"

#include <check.h>
#include <string.h>

#include "clearing/base/limits.h"

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static const char *const refused[] = {
    "",
    ".",
    "1.",
    ".5",
    "1.234",
    "-1",
    "+1",
    " 1",
    "1 ",
    "1,000.00",
    "1e2",
    "0x10",
    "1.2.3",
    "1..2",
    "10000000000.01",
    "１",
    "1元",
    "%",
    "1%",
    "1.-5",
    "99999999999999999999999999999999",
    "9223372036854775808",
    "92233720368547758.08",
};

START_TEST(parse_refuses)
{
    money_t m = money(77);

    ck_assert_msg(!money_parse_yuan(slice_of(refused[_i]), &m), "%s", refused[_i]);
    ck_assert_int_eq(money_fen(m), 77);
}
END_TEST

START_TEST(parse_refuses_nul_and_reads_no_further)
{
    money_t m = money(77);

    ck_assert(!money_parse_yuan((slice_t){"1\0", 2}, &m));
    ck_assert(money_parse_yuan((slice_t){"12.345", 5}, &m)); /* the 5 lies behind the slice */
    ck_assert_int_eq(money_fen(m), 1234);
}
END_TEST

static const struct {
    const char *text;
    int64_t fen;
} yuan[] = {
    {"0", 0},
    {"0.00", 0},
    {"0.01", 1},
    {"0.5", 50},
    {"12", 1200},
    {"500.00", 50000},
    {"1.10", 110},
    {"007", 700},
    {"0.99", 99},
    {"00000000000000000000000001.5", 150},
    {"10000000000", AMOUNT_MAX},
    {"9999999999.99", AMOUNT_MAX - 1},
    {"10000000000.00", AMOUNT_MAX},
};

START_TEST(parse_reads)
{
    money_t m = money(77);

    ck_assert_msg(money_parse_yuan(slice_of(yuan[_i].text), &m), "%s", yuan[_i].text);
    ck_assert_int_eq(money_fen(m), yuan[_i].fen);
}
END_TEST

static const struct {
    int64_t fen;
    const char *plain;
    const char *people;
} shown[] = {
    {0, "0", "0.00"},
    {1, "1", "0.01"},
    {-1, "-1", "-0.01"},
    {99, "99", "0.99"},
    {100, "100", "1.00"},
    {-12345, "-12345", "-123.45"},
    {99999, "99999", "999.99"},
    {100000, "100000", "1,000.00"},
    {-123456, "-123456", "-1,234.56"},
    {99999999, "99999999", "999,999.99"},
    {100000000, "100000000", "1,000,000.00"},
    {INT64_MAX, "9223372036854775807", "92,233,720,368,547,758.07"},
    {INT64_MIN, "-9223372036854775808", "-92,233,720,368,547,758.08"},
};

START_TEST(format_writes)
{
    char text[MONEY_TEXT_SIZE];
    size_t len = money_sum_format_fen(money_sum_of(money(shown[_i].fen)), text);

    ck_assert_str_eq(text, shown[_i].plain);
    ck_assert_uint_eq(len, strlen(text));
    len = money_format_yuan(money(shown[_i].fen), text);
    ck_assert_str_eq(text, shown[_i].people);
    ck_assert_uint_eq(len, strlen(text));
}
END_TEST

START_TEST(format_holds_the_largest_sum)
{
    char text[MONEY_TEXT_SIZE];
    money_sum_t sum = money_sum_of(money(INT64_MIN));

    /* 64 doublings of -2^63 end at -2^127, the smallest there is. */
    for (int i = 0; i < 64; i++) {
        sum = money_sum_join(sum, sum);
    }
    ck_assert_uint_eq(money_sum_format_yuan(sum, text), 53);
    ck_assert_str_eq(text, "-1,701,411,834,604,692,317,316,873,037,158,841,057.28");
    ck_assert_uint_eq(money_sum_format_fen(sum, text), 40);
    ck_assert_str_eq(text, "-170141183460469231731687303715884105728");
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    char text[MONEY_TEXT_SIZE];

    for (int64_t fen = 0; fen < 100000; fen += 7) { /* below the first comma */
        money_t back = {0};
        size_t len = money_format_yuan(money(fen), text);
        ck_assert(money_parse_yuan((slice_t){text, (uint32_t)len}, &back));
        ck_assert_int_eq(money_fen(back), fen);
    }
}
END_TEST

START_TEST(arithmetic)
{
    money_t a = money(150);
    money_t b = money(-50);

    ck_assert_int_eq(money_fen(money_add(a, b)), 100);
    ck_assert_int_eq(money_fen(money_sub(a, b)), 200);
    ck_assert_int_eq(money_fen(money_negate(a)), -150);
    ck_assert_int_eq(money_fen(money_add(money(INT64_MAX), money(INT64_MIN))), -1);
    ck_assert(money_is_zero(money_sub(a, a)) && !money_is_zero(a));
    ck_assert_int_gt(money_compare(a, b), 0);
    ck_assert_int_lt(money_compare(b, a), 0);
    ck_assert_int_eq(money_compare(a, a), 0);
    money_sum_t sum = money_sum_sub(money_sum_add(money_sum_of(a), b), money(101));
    ck_assert_int_lt(money_sum_sign(sum), 0);
    ck_assert_int_eq(money_sum_sign(money_sum_add(sum, money(1))), 0);
    ck_assert_int_gt(money_sum_sign(money_sum_add(sum, money(2))), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("money");
    TCase *tcase = tcase_create("money");

    tcase_add_loop_test(tcase, parse_refuses, 0, COUNT(refused));
    tcase_add_test(tcase, parse_refuses_nul_and_reads_no_further);
    tcase_add_loop_test(tcase, parse_reads, 0, COUNT(yuan));
    tcase_add_loop_test(tcase, format_writes, 0, COUNT(shown));
    tcase_add_test(tcase, format_holds_the_largest_sum);
    tcase_add_test(tcase, what_is_written_is_read_back);
    tcase_add_test(tcase, arithmetic);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
