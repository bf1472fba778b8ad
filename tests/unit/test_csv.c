/* Rows and cells: quotes, separators, what is broken and where reading goes on. */
#include "tools/csv/csv.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct csv csv;

static void begin(const char *text, char separator)
{
    csv_init(&csv, text, (uint32_t)strlen(text), separator);
}

static void cell_is(uint32_t i, const char *text)
{
    ck_assert_uint_lt(i, csv.cell_count);
    ck_assert_msg(slice_equal(csv.cells[i].text, slice_of(text)), "cell %u is \"%.*s\", not \"%s\"",
                  i, (int)csv.cells[i].text.len, csv.cells[i].text.text, text);
}

START_TEST(breaks_are_named)
{
    static const struct {
        const char *text;
        csv_fault_t fault;
        uint32_t line;
        uint32_t column;
    } cases[] = {
        {"a,b\"c\n", CSV_FAULT_QUOTE_INSIDE, 1, 4},
        {"x\n\"a\"b,c\n", CSV_FAULT_AFTER_QUOTE, 2, 1},
        {"x\ny,\"a\nb,c\n", CSV_FAULT_OPEN_QUOTE, 2, 3},
        {"\"", CSV_FAULT_OPEN_QUOTE, 1, 1},
        {"x,\"a\"\"", CSV_FAULT_OPEN_QUOTE, 1, 3},
        {"\"a\"\r", CSV_FAULT_AFTER_QUOTE, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        csv_result_t result = CSV_ROW;
        begin(cases[i].text, ',');
        while (result == CSV_ROW) {
            result = csv_read(&csv);
        }
        ck_assert_msg(result == CSV_BROKEN, "%s", cases[i].text);
        ck_assert_int_eq(csv.fault, cases[i].fault);
        ck_assert_uint_eq(csv.fault_line, cases[i].line);
        ck_assert_uint_eq(csv.fault_column, cases[i].column);
        csv_deinit(&csv);
    }
}
END_TEST

START_TEST(reading_goes_on_behind_a_broken_line)
{
    begin("a,\"b\nc,\"\"d\ne,\"f\"\"g\"\n", ',');
    ck_assert_int_eq(csv_read(&csv), CSV_BROKEN);
    csv_resume(&csv);
    ck_assert_int_eq(csv_read(&csv), CSV_BROKEN);
    ck_assert_uint_eq(csv.fault_line, 2);
    csv_resume(&csv);
    ck_assert_int_eq(csv_read(&csv), CSV_ROW);
    ck_assert_uint_eq(csv.row_line, 3);
    cell_is(0, "e");
    cell_is(1, "f\"g");
    ck_assert_int_eq(csv_read(&csv), CSV_END);
    csv_deinit(&csv);
    begin("\"a", ',');
    ck_assert_int_eq(csv_read(&csv), CSV_BROKEN);
    csv_resume(&csv);
    ck_assert_int_eq(csv_read(&csv), CSV_END);
}
END_TEST

START_TEST(a_row_over_several_lines_can_be_left_at_its_first)
{
    begin("a,\"b\nc\",d\r\ne\n", ',');
    ck_assert_int_eq(csv_read(&csv), CSV_ROW);
    ck_assert_uint_eq(csv.cell_count, 3);
    cell_is(1, "b\nc");
    ck_assert_uint_eq(csv.cells[2].line, 2);
    csv_resume(&csv);
    ck_assert_int_eq(csv_read(&csv), CSV_BROKEN); /* c",d */
    csv_resume(&csv);
    ck_assert_int_eq(csv_read(&csv), CSV_ROW);
    cell_is(0, "e");
    ck_assert_uint_eq(csv.cells[0].line, 3);
    csv_deinit(&csv);
}
END_TEST

START_TEST(cells_are_taken_apart)
{
    begin("\n,,\na;b\t c\n\"\"\t\"x\"\"y\"\"\"\t", '\t');
    ck_assert_int_eq(csv_read(&csv), CSV_ROW); /* no separator of this file: text */
    cell_is(0, ",,");
    ck_assert_uint_eq(csv.row_line, 2);
    ck_assert_int_eq(csv_read(&csv), CSV_ROW);
    cell_is(0, "a;b");
    cell_is(1, " c");
    ck_assert_int_eq(csv_read(&csv), CSV_ROW);
    ck_assert_uint_eq(csv.cell_count, 3);
    cell_is(0, "");
    cell_is(1, "x\"y\"");
    cell_is(2, "");
    ck_assert_int_eq(csv_read(&csv), CSV_END);
    csv_deinit(&csv);
}
END_TEST

START_TEST(cells_beyond_the_last_are_counted)
{
    char text[2 * CSV_CELLS_MAX + 8];

    memset(text, ',', sizeof text);
    text[sizeof text - 1] = '\0';
    text[0] = 'a';
    begin(text, ',');
    ck_assert_int_eq(csv_read(&csv), CSV_ROW);
    ck_assert_uint_eq(csv.cell_count, sizeof text - 1);
    ck_assert_int_eq(csv_read(&csv), CSV_END);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csv");
    TCase *cases = tcase_create("csv");

    tcase_add_test(cases, breaks_are_named);
    tcase_add_test(cases, reading_goes_on_behind_a_broken_line);
    tcase_add_test(cases, a_row_over_several_lines_can_be_left_at_its_first);
    tcase_add_test(cases, cells_are_taken_apart);
    tcase_add_test(cases, cells_beyond_the_last_are_counted);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
