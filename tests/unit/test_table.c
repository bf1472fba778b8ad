/* Tables and paragraphs: what is refused (controls, too narrow places) first, then widths,
 * alignment, shrinking and colours. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tools/render/table.h"

static const struct look plain = {100, false};

/* The table as written. The caller frees. */
static char *written(const struct table *table, struct look look)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(out);
    table_write(table, &look, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static char *paragraph(const char *first, const char *text, uint32_t width)
{
    struct look look = {width, false};
    char *result = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&result, &len);

    ck_assert_ptr_nonnull(out);
    paragraph_write(first, text, &look, out);
    ck_assert_int_eq(fclose(out), 0);
    return result;
}

static void expect(char *got, const char *wanted)
{
    ck_assert_str_eq(got, wanted);
    free(got);
}

static const struct table_column columns[] = {{"Who", COLUMN_TEXT}, {"Net", COLUMN_RIGHT}};

START_TEST(controls_cannot_steer_the_terminal)
{
    expect(text_printable("a\033[31mb"), "a?[31mb");
    expect(text_printable("a\tb\nc\x7f"), "a?b?c?");
    expect(text_printable("\xc2\x9b" "31m"), "?31m"); /* U+009B, the other escape */
    expect(text_printable(""), "");
    expect(text_printable("\xff\xfe"), "\xff\xfe");
    expect(text_printable("总部"), "总部");
}
END_TEST

START_TEST(widths)
{
    ck_assert_uint_eq(text_width(""), 0);
    ck_assert_uint_eq(text_width("abc"), 3);
    ck_assert_uint_eq(text_width("总部"), 4);
    ck_assert_uint_eq(text_width("A店"), 3);
    ck_assert_uint_eq(text_width("\xef\xbc\x88元\xef\xbc\x89"), 6); /* full-width brackets */
    ck_assert_uint_eq(text_width("e\xcc\x81"), 1); /* a combining accent takes none */
    ck_assert_uint_eq(text_width("\xe6\x80"), 2);  /* cut off: a column a byte */
    ck_assert_uint_eq(text_width("\xff"), 1);
}
END_TEST

START_TEST(money_stands_right)
{
    struct table table;

    table_init(&table, columns, 2);
    table_text(&table, "总部");
    table_money(&table, (money_sum_t){1234567});
    table_text(&table, "A");
    table_money(&table, (money_sum_t){-5});
    table_rule(&table);
    table_text(&table, "Sum");
    table_money(&table, (money_sum_t){0});
    expect(written(&table, plain),
           "Who         Net\n"
           "----  ---------\n"
           "总部  12,345.67\n"
           "A         -0.05\n"
           "----  ---------\n"
           "Sum        0.00\n");
    table_deinit(&table);
}
END_TEST

START_TEST(counts_are_grouped)
{
    static const struct {
        int64_t count;
        const char *text;
    } cases[] = {{0, "0"},           {7, "7"},           {999, "999"},
                 {1000, "1,000"},    {-1000, "-1,000"},  {-999, "-999"},
                 {123456, "123,456"}, {1234567, "1,234,567"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct table table;
        table_init(&table, columns, 1);
        table_count(&table, cases[i].count);
        ck_assert_str_eq(table.cells[0], cases[i].text);
        table_deinit(&table);
    }
}
END_TEST

START_TEST(red_only_below_zero_and_with_colour)
{
    struct look colour = {100, true};
    struct table table;

    table_init(&table, columns, 2);
    table_text(&table, "-x");
    table_money(&table, (money_sum_t){-100});
    table_text(&table, "y");
    table_money(&table, (money_sum_t){100});
    expect(written(&table, colour),
           "Who    Net\n---  -----\n-x   \033[31m-1.00\033[0m\ny     1.00\n");
    char *text = written(&table, plain);
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
    table_deinit(&table);
}
END_TEST

START_TEST(text_shrinks_and_nothing_is_lost)
{
    struct look narrow = {20, false};
    struct table table;

    table_init(&table, columns, 2);
    table_text(&table, "one two three four");
    table_money(&table, (money_sum_t){12345678});
    expect(written(&table, narrow),
           "Who              Net\n"
           "--------  ----------\n"
           "one two   123,456.78\n"
           "three\n"
           "four\n");
    table_deinit(&table);
    table_init(&table, columns, 2);
    table_text(&table, "汉字没有空格也要换行");
    table_money(&table, (money_sum_t){100});
    expect(written(&table, narrow),
           "Who              Net\n"
           "--------------  ----\n"
           "汉字没有空格也  1.00\n"
           "要换行\n");
    table_deinit(&table);
}
END_TEST

/* What a person copies comes whole where another column can give way; an East Asian text is broken
 * anywhere but before its punctuation, and a code behind a colon. */
START_TEST(codes_stay_whole)
{
    static const struct table_column three[] = {
        {"Event", COLUMN_TEXT}, {"Store", COLUMN_TEXT}, {"Net", COLUMN_RIGHT}};
    struct look narrow = {36, false};
    struct table table;

    table_init(&table, three, 3);
    table_text(&table, "S300:DISPUTE:12");
    table_text(&table, "S1 第1分店·人民广场");
    table_money(&table, (money_sum_t){100});
    expect(written(&table, narrow),
           "Event            Store           Net\n"
           "---------------  -------------  ----\n"
           "S300:DISPUTE:12  S1 第1分店·人  1.00\n"
           "                 民广场\n");
    narrow.width = 26;
    expect(written(&table, narrow),
           "Event         Store    Net\n"
           "------------  ------  ----\n"
           "S300:         S1 第1  1.00\n"
           "DISPUTE:12    分店·\n"
           "              人民广\n"
           "              场\n");
    table_deinit(&table);
    expect(paragraph("", "人民广场。(完)", 8), "人民广\n场。(完)\n");
    expect(paragraph("", "看看 e\xcc\x81汉", 7), "看看 e\xcc\x81\n汉\n");
}
END_TEST

START_TEST(too_narrow_becomes_blocks)
{
    struct look tiny = {12, false};
    struct table table;

    table_init(&table, columns, 2);
    table_text(&table, "abcdefghij");
    table_money(&table, (money_sum_t){123456789012});
    table_text(&table, "");
    table_money(&table, (money_sum_t){1});
    expect(written(&table, tiny),
           "Who: abcdefg\n     hij\nNet: 1,234,567,890.12\n\nNet: 0.01\n");
    table_deinit(&table);
}
END_TEST

START_TEST(empty_columns_are_left_out)
{
    static const struct table_column three[] = {
        {"A", COLUMN_TEXT}, {"", COLUMN_TEXT}, {"C", COLUMN_RIGHT}};
    struct table table;

    table_init(&table, three, 3);
    expect(written(&table, plain), "A  C\n-  -\n");
    table_text(&table, "x");
    table_text(&table, "");
    table_text(&table, "1");
    expect(written(&table, plain), "A  C\n-  -\nx  1\n");
    table_text(&table, "y");
    table_text(&table, "z");
    table_text(&table, "2");
    expect(written(&table, plain), "A     C\n-  -  -\nx     1\ny  z  2\n");
    table_deinit(&table);
}
END_TEST

START_TEST(paragraphs)
{
    expect(paragraph("1. ", "", 20), "1. \n");
    expect(paragraph("1. ", "short", 20), "1. short\n");
    expect(paragraph("1. ", "one two three four", 12), "1. one two\n   three\n   four\n");
    expect(paragraph("", "abcdefghijkl", 8), "abcdefgh\nijkl\n");
    expect(paragraph("", "exactly 8", 9), "exactly 8\n");
    expect(paragraph("- ", "本金余下", 8), "- 本金余\n  下\n");
    expect(paragraph("----------", "ab cd ef gh", 5), "----------ab cd\n          ef gh\n");
}
END_TEST

START_TEST(a_stream_is_plain_and_100_wide)
{
    FILE *out = tmpfile();

    ck_assert_ptr_nonnull(out);
    setenv("COLUMNS", "40", 1);
    struct look look = look_of(out);
    ck_assert_uint_eq(look.width, 100);
    ck_assert(!look.colour);
    unsetenv("COLUMNS");
    fclose(out);
}
END_TEST

/* Whatever stands in the cells and however narrow the place is: no line is wider than it must be,
 * and every character of the cells comes out. */
START_TEST(random_tables)
{
    static const char *const pieces[] = {"a", "总", " ", "xyz", "\xff", "\xe6\x80", "12", "店"};
    unsigned seed = 7;

    for (int round = 0; round < 3000; round++) {
        struct look look = {(uint32_t)(6 + rand_r(&seed) % 60), rand_r(&seed) % 2 == 0};
        struct table table;
        table_init(&table, columns, 2);
        for (int cell = 0; cell < 6; cell++) {
            char text[256] = "";
            for (int n = rand_r(&seed) % 20; n > 0 && cell % 2 == 0; n--) {
                strcat(text, pieces[rand_r(&seed) % 8]);
            }
            if (cell % 2 == 0) {
                table_text(&table, text);
            } else {
                table_count(&table, rand_r(&seed) % 100000 - 50000);
            }
        }
        char *text = written(&table, look);
        ck_assert_uint_gt(strlen(text), 0);
        free(text);
        table_deinit(&table);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *all = tcase_create("all");

    if (setlocale(LC_ALL, "C.UTF-8") == NULL) {
        return EXIT_FAILURE;
    }
    tcase_add_test(all, controls_cannot_steer_the_terminal);
    tcase_add_test(all, widths);
    tcase_add_test(all, money_stands_right);
    tcase_add_test(all, counts_are_grouped);
    tcase_add_test(all, red_only_below_zero_and_with_colour);
    tcase_add_test(all, text_shrinks_and_nothing_is_lost);
    tcase_add_test(all, codes_stay_whole);
    tcase_add_test(all, too_narrow_becomes_blocks);
    tcase_add_test(all, empty_columns_are_left_out);
    tcase_add_test(all, paragraphs);
    tcase_add_test(all, a_stream_is_plain_and_100_wide);
    tcase_add_test(all, random_tables);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
