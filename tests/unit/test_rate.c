#include "clearing/money/rate.h"

#include <check.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static const char *const percents_refused[] = {
    "",     "%",   "0.6", "0.6%%", "0.6 %",           " 0.6%",
    "-1%",  "+1%", ".5%", "5.%",   "0.00001%",        "1,5%",
    "1e1%", "%5",  "６%", "0.6％", "100000000.0001%", "99999999999999999999999%",
    "0.%",  "x%",
};
static const char *const numbers_refused[] = {
    "",
    ".",
    "1.",
    ".5",
    "-1",
    "1%",
    "0.0000001",
    "1,5",
    "1e3",
    "1000000.000001",
    "99999999999999999999",
};
static const char *const prices_refused[] = {
    "", ".", "1.", ".5", "-1", "1%", "0.0001", "1.2345", "1000000.001", "99999999999999999999",
};

START_TEST(refuses)
{
    rate_t rate = {7};
    point_price_t price = {7};

    for (int i = 0; i < COUNT(percents_refused); i++) {
        ck_assert_msg(!rate_parse_percent(slice_of(percents_refused[i]), &rate), "%s",
                      percents_refused[i]);
    }
    for (int i = 0; i < COUNT(numbers_refused); i++) {
        ck_assert_msg(!rate_parse_number(slice_of(numbers_refused[i]), &rate), "%s",
                      numbers_refused[i]);
    }
    for (int i = 0; i < COUNT(prices_refused); i++) {
        ck_assert_msg(!point_price_parse(slice_of(prices_refused[i]), &price), "%s",
                      prices_refused[i]);
    }
    ck_assert_int_eq(rate.millionths, 7);
    ck_assert_int_eq(price.thousandths, 7);
}
END_TEST

static const struct {
    const char *text;
    int64_t millionths;
    const char *shortest;
} percents[] = {
    {"0%", 0, "0%"},
    {"0.0001%", 1, "0.0001%"},
    {"0.6%", 6000, "0.6%"},
    {"0.6000%", 6000, "0.6%"},
    {"1%", 10000, "1%"},
    {"10%", 100000, "10%"},
    {"33.3333%", 333333, "33.3333%"},
    {"99.9999%", 999999, "99.9999%"},
    {"100%", MILLION, "100%"},
    {"100.0001%", MILLION + 1, "100.0001%"},
    {"0100.00%", MILLION, "100%"},
    {"1000%", 10 * MILLION, "1000%"},
};

START_TEST(percents_read_and_write)
{
    rate_t rate = {7};
    char text[RATE_TEXT_SIZE];

    ck_assert_msg(rate_parse_percent(slice_of(percents[_i].text), &rate), "%s", percents[_i].text);
    ck_assert_int_eq(rate.millionths, percents[_i].millionths);
    rate_format_percent(rate, text);
    ck_assert_str_eq(text, percents[_i].shortest);
}
END_TEST

static const struct {
    const char *text;
    int64_t millionths;
    const char *shortest;
} numbers[] = {
    {"0", 0, "0"},
    {"0.000001", 1, "0.000001"},
    {"0.5", 500000, "0.5"},
    {"1", MILLION, "1"},
    {"1.0", MILLION, "1"},
    {"1.500000", 1500000, "1.5"},
    {"100", 100 * MILLION, "100"},
    {"1000", 1000 * MILLION, "1000"},
    {"1000000", MILLION *MILLION, "1000000"},
};

START_TEST(numbers_read_and_write)
{
    rate_t rate = {7};
    char text[RATE_TEXT_SIZE];

    ck_assert_msg(rate_parse_number(slice_of(numbers[_i].text), &rate), "%s", numbers[_i].text);
    ck_assert_int_eq(rate.millionths, numbers[_i].millionths);
    rate_format_number(rate, text);
    ck_assert_str_eq(text, numbers[_i].shortest);
}
END_TEST

static const struct {
    const char *text;
    int64_t thousandths;
    const char *shortest;
} prices[] = {
    {"0", 0, "0"},          {"0.001", 1, "0.001"},
    {"0.4", 400, "0.4"},    {"1.0", 1000, "1"},
    {"1.2", 1200, "1.2"},   {"1.230", 1230, "1.23"},
    {"100", 100000, "100"}, {"1000000", 1000 * MILLION, "1000000"},
};

START_TEST(prices_read_and_write)
{
    point_price_t price = {7};
    char text[RATE_TEXT_SIZE];

    ck_assert_msg(point_price_parse(slice_of(prices[_i].text), &price), "%s", prices[_i].text);
    ck_assert_int_eq(price.thousandths, prices[_i].thousandths);
    point_price_format(price, text);
    ck_assert_str_eq(text, prices[_i].shortest);
}
END_TEST

START_TEST(format_holds_any_value)
{
    char text[RATE_TEXT_SIZE];

    rate_format_percent((rate_t){INT64_MIN}, text);
    ck_assert_str_eq(text, "-922337203685477.5808%");
    rate_format_number((rate_t){INT64_MAX}, text);
    ck_assert_str_eq(text, "9223372036854.775807");
    point_price_format((point_price_t){-1}, text);
    ck_assert_str_eq(text, "-0.001");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rate");
    TCase *tcase = tcase_create("rate");

    tcase_add_test(tcase, refuses);
    tcase_add_loop_test(tcase, percents_read_and_write, 0, COUNT(percents));
    tcase_add_loop_test(tcase, numbers_read_and_write, 0, COUNT(numbers));
    tcase_add_loop_test(tcase, prices_read_and_write, 0, COUNT(prices));
    tcase_add_test(tcase, format_holds_any_value);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
