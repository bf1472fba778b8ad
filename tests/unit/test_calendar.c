#include "clearing/facts/calendar.h"

#include <check.h>
#include <string.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static const char *const days_refused[] = {
    "",           "2026-02-29", "2100-02-29",  "2026-00-01",
    "2026-13-01", "2026-01-00", "2026-01-32",  "2026-04-31",
    "1969-12-31", "0000-01-01", "2026-1-01",   "2026-01-1",
    "2026/01/01", "20260101",   "2026-01-01 ", " 2026-01-01",
    "-026-01-01", "2026-+1-01", "10000-01-01", "2026-01-0a",
};

START_TEST(day_parse_refuses)
{
    day_t day = 7;

    ck_assert_msg(!day_parse(slice_of(days_refused[_i]), &day), "%s", days_refused[_i]);
    ck_assert_int_eq(day, 7);
}
END_TEST

static const struct {
    const char *text;
    day_t day;
    int weekday;
} days[] = {
    {"1970-01-01", 0, 3},       {"1970-01-04", 3, 6},     {"1970-01-05", 4, 0},
    {"1970-12-31", 364, 3},     {"1971-01-01", 365, 4},   {"1972-02-29", 789, 1},
    {"2000-02-29", 11016, 1},   {"2000-03-01", 11017, 2}, {"2024-02-29", 19782, 3},
    {"2026-03-01", 20513, 6},   {"2100-02-28", 47540, 6}, {"2100-03-01", 47541, 0},
    {"9999-12-31", 2932896, 4},
};

START_TEST(days_known)
{
    day_t day = 7;
    char text[DAY_TEXT_SIZE];

    ck_assert(day_parse(slice_of(days[_i].text), &day));
    ck_assert_int_eq(day, days[_i].day);
    ck_assert_int_eq(day_weekday(day), days[_i].weekday);
    day_format(day, text);
    ck_assert_str_eq(text, days[_i].text);
}
END_TEST

START_TEST(every_day_comes_back)
{
    char text[DAY_TEXT_SIZE];
    char before[DAY_TEXT_SIZE] = "";

    for (day_t day = 0; day <= 2932896; day++) {
        day_t back = -1;
        day_format(day, text);
        if (!day_parse(slice_of(text), &back) || back != day || strcmp(before, text) >= 0) {
            ck_abort_msg("day %d is written as %s and read as %d", day, text, back);
        }
        memcpy(before, text, sizeof before);
    }
}
END_TEST

START_TEST(weekdays_before_1970)
{
    ck_assert_int_eq(day_weekday(-1), 2);
    ck_assert_int_eq(day_weekday(-3), 0);
    ck_assert_int_eq(day_weekday(-4), 6);
    ck_assert_int_eq(day_weekday(-7), 3);
}
END_TEST

static const struct {
    int32_t zone_min;
    int32_t start_min;
    const char *at;
    const char *day;
} business[] = {
    {480, 0, "2026-03-01T00:00:00+08:00", "2026-03-01"},
    {480, 0, "2026-02-28T23:59:59.999+08:00", "2026-02-28"},
    {480, 0, "2026-02-28T16:00:00Z", "2026-03-01"},
    {480, 0, "2026-02-28T15:59:59.999Z", "2026-02-28"},
    {480, 240, "2026-03-01T03:59:59.999+08:00", "2026-02-28"},
    {480, 240, "2026-03-01T04:00:00+08:00", "2026-03-01"},
    {480, 1439, "2026-03-01T23:58:59.999+08:00", "2026-02-28"},
    {480, 1439, "2026-03-01T23:59:00+08:00", "2026-03-01"},
    {0, 0, "2024-02-29T23:59:59.999Z", "2024-02-29"},
    {0, 0, "2024-03-01T00:00:00Z", "2024-03-01"},
    {0, 0, "2025-12-31T23:59:59.999Z", "2025-12-31"},
    {0, 0, "2026-01-01T00:00:00Z", "2026-01-01"},
    {840, 0, "2025-12-31T10:00:00Z", "2026-01-01"},
    {840, 0, "2025-12-31T09:59:59.999Z", "2025-12-31"},
    {-720, 0, "2026-01-01T11:59:59.999Z", "2025-12-31"},
    {-720, 0, "2026-01-01T12:00:00Z", "2026-01-01"},
    {840, 1439, "2026-01-01T23:59:00+14:00", "2026-01-01"},
    {330, 30, "2026-01-01T00:29:59+05:30", "2025-12-31"},
};

START_TEST(business_days)
{
    struct day_rule rule = {business[_i].zone_min, business[_i].start_min};
    int64_t at_ms = 0;
    char text[DAY_TEXT_SIZE];

    ck_assert(instant_parse(slice_of(business[_i].at), &at_ms));
    day_t day = business_day(&rule, at_ms);
    day_format(day, text);
    ck_assert_str_eq(text, business[_i].day);
    ck_assert_int_le(business_day_start_ms(&rule, day), at_ms);
    ck_assert_int_gt(business_day_start_ms(&rule, day + 1), at_ms);
}
END_TEST

START_TEST(a_day_starts_at_its_first_instant)
{
    static const int32_t zones[] = {-720, -1, 0, 1, 330, 480, 840};
    static const int32_t starts[] = {0, 1, 240, 1439};
    static const day_t when[] = {-1, 0, 1, 789, 19782, 20513};

    for (int i = 0; i < COUNT(zones) * COUNT(starts) * COUNT(when); i++) {
        struct day_rule rule = {zones[i % COUNT(zones)], starts[i / COUNT(zones) % COUNT(starts)]};
        day_t day = when[i / COUNT(zones) / COUNT(starts)];
        int64_t start_ms = business_day_start_ms(&rule, day);
        ck_assert_int_eq(business_day(&rule, start_ms), day);
        ck_assert_int_eq(business_day(&rule, start_ms - 1), day - 1);
        ck_assert_int_eq(business_day(&rule, start_ms + MS_PER_DAY - 1), day);
    }
}
END_TEST

static const char *const instants_refused[] = {
    "",
    "2026-03-01",
    "2026-03-01T10:40:00",
    "2026-03-01 10:40:00Z",
    "2026-03-01t10:40:00Z",
    "2026-03-01T10:40:00z",
    "2026-03-01T10:40Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T10:60:00Z",
    "2026-03-01T23:59:60Z",
    "2026-03-01T10:40:00.Z",
    "2026-03-01T10:40:00.1234Z",
    "2026-03-01T10:40:00,5Z",
    "2026-03-01T10:40:00+0800",
    "2026-03-01T10:40:00+08",
    "2026-03-01T10:40:00+24:00",
    "2026-03-01T10:40:00+08:60",
    "2026-03-01T10:40:00 +08:00",
    "2026-03-01T10:40:00+08:00 ",
    "2026-03-01T10:40:00+08:00Z",
    "2026-02-29T10:40:00Z",
    "2026-03-01T1a:40:00Z",
    "2026-03-01T-1:40:00Z",
    "2026-03-01T10-40:00Z",
    "2026-03-01T10:40:00.",
};

START_TEST(instant_parse_refuses)
{
    int64_t at_ms = 7;

    ck_assert_msg(!instant_parse(slice_of(instants_refused[_i]), &at_ms), "%s",
                  instants_refused[_i]);
    ck_assert_int_eq(at_ms, 7);
}
END_TEST

static const struct {
    const char *text;
    int64_t at_ms;
    int32_t zone_min;
    const char *written;
} instants[] = {
    {"1970-01-01T00:00:00Z", 0, 0, "1970-01-01T00:00:00+00:00"},
    {"1970-01-01T00:00:00+14:00", -50400000, 840, "1970-01-01T00:00:00+14:00"},
    {"1970-01-01T00:00:00.001+14:00", -50399999, 0, "1969-12-31T10:00:00.001+00:00"},
    {"2026-03-01T10:40:00+08:00", 1772332800000, 480, "2026-03-01T10:40:00+08:00"},
    {"2026-03-01T10:40:00.5+08:00", 1772332800500, 480, "2026-03-01T10:40:00.500+08:00"},
    {"2026-03-01T10:40:00.05+08:00", 1772332800050, 480, "2026-03-01T10:40:00.050+08:00"},
    {"2026-03-01T10:40:00.005+08:00", 1772332800005, 480, "2026-03-01T10:40:00.005+08:00"},
    {"2026-03-01T10:40:00-00:00", 1772361600000, -90, "2026-03-01T09:10:00-01:30"},
    {"2024-02-29T23:59:59.999Z", 1709251199999, 0, "2024-02-29T23:59:59.999+00:00"},
    {"2025-12-31T23:59:59.999Z", 1767225599999, 480, "2026-01-01T07:59:59.999+08:00"},
    {"2026-01-01T00:00:00+23:59", 1767139260000, 0, "2025-12-31T00:01:00+00:00"},
};

START_TEST(instants_known)
{
    int64_t at_ms = 7;
    char text[INSTANT_TEXT_SIZE];

    ck_assert(instant_parse(slice_of(instants[_i].text), &at_ms));
    ck_assert_int_eq(at_ms, instants[_i].at_ms);
    instant_format(at_ms, instants[_i].zone_min, text);
    ck_assert_str_eq(text, instants[_i].written);
    if (strncmp(text, "1969", 4) != 0) { /* dates begin with 1970 */
        ck_assert(instant_parse(slice_of(text), &at_ms));
        ck_assert_int_eq(at_ms, instants[_i].at_ms);
    }
}
END_TEST

START_TEST(a_slice_is_read_to_its_end_only)
{
    int64_t at_ms = 7;

    ck_assert(!instant_parse((slice_t){"2026-03-01T10:40:00+08:00", 19}, &at_ms));
    ck_assert(!instant_parse((slice_t){"2026-03-01T10:40:00.5+08:00", 21}, &at_ms));
    ck_assert_int_eq(at_ms, 7);
    ck_assert(instant_parse((slice_t){"1970-01-01T00:00:00Z and more", 20}, &at_ms));
    ck_assert_int_eq(at_ms, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calendar");
    TCase *tcase = tcase_create("calendar");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, day_parse_refuses, 0, COUNT(days_refused));
    tcase_add_loop_test(tcase, days_known, 0, COUNT(days));
    tcase_add_test(tcase, every_day_comes_back);
    tcase_add_test(tcase, weekdays_before_1970);
    tcase_add_loop_test(tcase, business_days, 0, COUNT(business));
    tcase_add_test(tcase, a_day_starts_at_its_first_instant);
    tcase_add_loop_test(tcase, instant_parse_refuses, 0, COUNT(instants_refused));
    tcase_add_loop_test(tcase, instants_known, 0, COUNT(instants));
    tcase_add_test(tcase, a_slice_is_read_to_its_end_only);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
