/* Cells: what spreadsheets make of them, each with its flaw. */
#include "till_world.h"

START_TEST(bad_amounts_are_named)
{
    static const struct {
        const char *cell;
        flaw_kind_t kind;
    } cases[] = {
        {"", FLAW_MISSING},
        {"1.234", FLAW_DECIMALS},
        {"1.000", FLAW_DECIMALS},
        {"-1", FLAW_NEGATIVE},
        {"(1.00)", FLAW_NEGATIVE},
        {"\"1,234\"", FLAW_THOUSANDS},
        {"\"-1,234,567.89\"", FLAW_THOUSANDS},
        {"1'234", FLAW_THOUSANDS},
        {"\"1,23\"", FLAW_NOT_NUMBER},
        {".5", FLAW_NOT_NUMBER},
        {"5.", FLAW_NOT_NUMBER},
        {"+5", FLAW_NOT_NUMBER},
        {"0x5", FLAW_NOT_NUMBER},
        {"--5", FLAW_NOT_NUMBER},
        {"1e5", FLAW_NOT_NUMBER},
        {"1E+5", FLAW_SCIENTIFIC},
        {"1.2e-05", FLAW_SCIENTIFIC},
        {"10000000000.01", FLAW_RANGE},
        {"99999999999999999999999999", FLAW_RANGE},
        {"１２", FLAW_FULL_WIDTH},
        {"1．2", FLAW_FULL_WIDTH},
        {"￥1", FLAW_CURRENCY},
        {"¥1", FLAW_CURRENCY},
        {"1元", FLAW_CURRENCY},
        {"RMB 1", FLAW_CURRENCY},
        {"1 ", FLAW_SPACE},
        {"\t1", FLAW_SPACE},
        {"1\u00a0", FLAW_SPACE},
        {"1\u00a0000", FLAW_SPACE},
        {"\u30001", FLAW_SPACE},
        {"\ufeff1", FLAW_INVISIBLE},
        {"1\u200b", FLAW_INVISIBLE},
        {"1\a", FLAW_INVISIBLE},
        {"\"1\n2\"", FLAW_LINE_BREAK},
        {"\"1\r\n\"", FLAW_LINE_BREAK},
        {"#REF!", FLAW_ERROR_VALUE},
        {"#DIV/0!", FLAW_ERROR_VALUE},
        {"#####", FLAW_ERROR_VALUE},
        {"\xff", FLAW_CODING},
        {"1\xe4\xb8", FLAW_CODING},
    };
    char text[160];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mapping *mapping = good_mapping(HEAD COMMON SALE);
        (void)snprintf(text, sizeof text, "no,at,sum,cash\n7,2026-03-01 10:40,%s,5\n",
                       cases[i].cell);
        open_text(mapping, text);
        flaw_is(cases[i].kind, 2, "C");
        end(mapping);
    }
}
END_TEST

START_TEST(bad_times_are_named)
{
    static const struct {
        const char *cell;
        flaw_kind_t kind;
    } cases[] = {
        {"", FLAW_MISSING},
        {"45352", FLAW_SERIAL},
        {"45352.5", FLAW_SERIAL},
        {"2026-02-29 10:40", FLAW_NO_SUCH_TIME},
        {"2026-03-01 24:00", FLAW_NO_SUCH_TIME},
        {"1969-12-31 23:00", FLAW_NO_SUCH_TIME},
        {"2026-03-01 10:40:00", FLAW_TIME},
        {"2026-3-01 10:40", FLAW_TIME},
        {"2026/03/01 10:40", FLAW_TIME},
        {"2026-03-01", FLAW_TIME},
        {"2026-03-01  10:40", FLAW_TIME},
        {"20260301", FLAW_TIME},
        {"２０２６-03-01 10:40", FLAW_FULL_WIDTH},
        {"2.03E+12", FLAW_SCIENTIFIC},
        {"2026-03-01 10:40 ", FLAW_SPACE},
    };
    char text[160];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mapping *mapping = good_mapping(HEAD COMMON SALE);
        (void)snprintf(text, sizeof text, "no,at,sum,cash\n7,%s,5,5\n", cases[i].cell);
        open_text(mapping, text);
        flaw_is(cases[i].kind, 2, "B");
        end(mapping);
    }
}
END_TEST

START_TEST(columns_have_letters)
{
    static const struct {
        uint32_t column;
        const char *letters;
    } cases[] = {{0, "A"},   {25, "Z"},   {26, "AA"},   {51, "AZ"},
                 {52, "BA"}, {701, "ZZ"}, {702, "AAA"}, {FLAW_ROW, ""}};
    char letters[FLAW_LETTERS_SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        flaw_letters(cases[i].column, letters);
        ck_assert_str_eq(letters, cases[i].letters);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bad_amounts_are_named,
        bad_times_are_named,
        columns_have_letters,
    };
    return run("cell", tests, sizeof tests / sizeof tests[0]);
}
