/* Sheets: bodies that are refused as a whole, lines that are bad alone, what is said of each. */
#include "tools/door/sheet.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/door/reply.h"

#define ENROL(number)                                                                              \
    "{\"type\":\"enrol\",\"terminal\":\"1\",\"number\":" #number                                   \
    ",\"at\":\"2026-03-01T10:40:00+08:00\",\"member\":\"62\"}"

static struct sheet sheet;
static struct lines lines;
static code_t terminal;
static struct kit kit;
static uint32_t at;

static void set_up(void)
{
    terminal = code_of(slice_of("1"));
    at = 77;
}

static void tear_down(void)
{
    sheet_deinit(&sheet);
    lines_deinit(&lines);
}

static enum sheet_result read(const char *body)
{
    const struct sheet_till till = {&kit, &terminal};

    return sheet_read(&sheet, slice_of(body), &till, &lines, &at);
}

START_TEST(test_empty)
{
    ck_assert_int_eq(read(""), SHEET_EMPTY);
    ck_assert_int_eq(read("\n\n\r\n"), SHEET_EMPTY);
}
END_TEST

START_TEST(test_too_long)
{
    static char body[2 * SHEET_LINES_MAX + 3];

    for (size_t i = 0; i < SHEET_LINES_MAX; i++) {
        memcpy(body + 2 * i, "x\n", 2);
    }
    ck_assert_int_eq(read(body), SHEET_NO_EVENT); /* as many as may be */
    ck_assert_uint_eq(sheet.count, SHEET_LINES_MAX);
    sheet_deinit(&sheet);
    memcpy(body + 2 * (size_t)SHEET_LINES_MAX, "x\n", 2);
    ck_assert_int_eq(read(body), SHEET_TOO_LONG);
}
END_TEST

START_TEST(test_other_terminal)
{
    terminal = code_of(slice_of("2"));
    ck_assert_int_eq(read("x\n\n" ENROL(1)), SHEET_OTHER_TERMINAL);
    ck_assert_uint_eq(sheet.lines[at].line, 3);
}
END_TEST

START_TEST(test_no_event)
{
    ck_assert_int_eq(read("\n{}\nx"), SHEET_NO_EVENT);
    ck_assert_uint_eq(sheet.lines[at].line, 2);
    ck_assert_ptr_nonnull(sheet.lines[at].detail);
}
END_TEST

START_TEST(test_bad_beside_good)
{
    ck_assert_int_eq(read(ENROL(1) "\r\n\n{}\n" ENROL(3)), SHEET_READ);
    ck_assert_uint_eq(sheet.count, 3);
    ck_assert_int_eq(sheet.lines[0].state, SHEET_NEW);
    ck_assert_uint_eq(sheet.lines[0].number, 1);
    ck_assert_uint_gt(sheet.lines[0].bytes_len, 0);
    ck_assert_int_eq(sheet.lines[1].state, SHEET_BAD);
    ck_assert_uint_eq(sheet.lines[1].line, 3);
    ck_assert_uint_eq(sheet.lines[2].line, 4);
    ck_assert(sheet_has(&sheet, SHEET_BAD) && !sheet_has(&sheet, SHEET_OPEN));
}
END_TEST

START_TEST(test_without_number)
{
    ck_assert_int_eq(read("{\"type\":\"enrol\",\"terminal\":\"1\",\"receipt\":\"R1\",\"ask\":true,"
                          "\"at\":\"2026-03-01T10:40:00+08:00\",\"member\":\"62\"}"),
                     SHEET_READ);
    ck_assert_uint_eq(sheet.lines[0].number, 0);
    ck_assert_ptr_null(sheet.lines[0].bytes);
    ck_assert(sheet.lines[0].ask);
}
END_TEST

static void expect_reply(unsigned status, const char *text)
{
    const code_t store = code_of(slice_of("A"));
    struct http_reply reply = reply_sheet(&store, &terminal, &sheet);

    ck_assert_uint_eq(reply.status, status);
    ck_assert_str_eq(reply.type, HTTP_JSON_LINES);
    ck_assert_str_eq(reply.text, text);
    ck_assert_uint_eq(reply.len, strlen(text));
    free(reply.text);
}

START_TEST(test_replies)
{
    ck_assert_int_eq(read(ENROL(1) "\n" ENROL(2) "\n" ENROL(3)), SHEET_READ);
    sheet.lines[0].state = SHEET_ANSWERED;
    sheet.lines[0].outcome = OUTCOME_WAITING;
    sheet.lines[0].reason = OUTCOME_UNKNOWN_MEMBER;
    sheet.lines[1].state = SHEET_REUSED;
    sheet.lines[2].state = SHEET_ANSWERED;
    sheet.lines[2].outcome = OUTCOME_ACCEPTED;
    expect_reply(200, "{\"event\":\"A:1:1\",\"outcome\":\"WAITING\",\"detail\":\"UNKNOWN_MEMBER\"}\n"
                      "{\"event\":\"A:1:2\",\"outcome\":\"NUMBER_REUSED\","
                      "\"detail\":\"another event has this number\"}\n"
                      "{\"event\":\"A:1:3\",\"outcome\":\"ACCEPTED\"}\n");
    sheet_spoil(&sheet.lines[0], "\xff");
    sheet.lines[0].number = 0;
    sheet.lines[1].state = SHEET_OPEN;
    sheet.lines[2].state = SHEET_UNSENT;
    expect_reply(202, "{\"event\":null,\"outcome\":\"BAD_LINE\",\"detail\":\"?\"}\n"
                      "{\"event\":\"A:1:2\",\"outcome\":\"PENDING\"}\n"
                      "{\"event\":\"A:1:3\",\"outcome\":\"UNSENT\",\"detail\":\"headquarters could"
                      " not be asked: nothing was sent and nothing will be\"}\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("door_sheet");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_empty);
    tcase_add_test(tcase, test_too_long);
    tcase_add_test(tcase, test_other_terminal);
    tcase_add_test(tcase, test_no_event);
    tcase_add_test(tcase, test_bad_beside_good);
    tcase_add_test(tcase, test_without_number);
    tcase_add_test(tcase, test_replies);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
