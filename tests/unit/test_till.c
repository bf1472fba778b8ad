/* Tills: rows and receipts, what is wrong with them, and the events that come of them. */
#include "till_world.h"

START_TEST(bad_rows_are_named_and_others_go_on)
{
    struct mapping *mapping = good_mapping(HEAD COMMON SALE);

    open_text(mapping, "no,at,sum,cash\n"
                       "1,2026-03-01 10:40,5\n"
                       "2,2026-03-01 10:40,5,5,5\n"
                       "3,\"2026-03-01 10:40,5,5\n"
                       "4,2026-03-01 10:40,5,5\n"
                       "5,2026-03-01 10:40,5\"0,5\n"
                       "\n"
                       ",,,\n"
                       "6,2026-03-01 10:40,5,4.99\n"
                       "4,2026-03-01 10:41,5,5\n"
                       "7,2026-03-01 10:40,5,5");
    flaw_is(FLAW_CELLS, 2, "");
    flaw_is(FLAW_CELLS, 3, "");
    flaw_is(FLAW_QUOTE, 4, "");
    event_is(
        "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":4,\"at\":\"2026-03-01T10:40:00+08:00\","
        "\"gross_fen\":500,\"pay\":[{\"with\":\"cash\",\"amount_fen\":500}]}");
    flaw_is(FLAW_QUOTE, 6, "");
    flaw_is(FLAW_SUM, 9, "");
    flaw_is(FLAW_TWICE, 10, "A");
    ck_assert_int_eq(till_next(&till), TILL_EVENT);
    ck_assert_uint_eq(till.line, 11);
    end(mapping);
}
END_TEST

START_TEST(all_cells_of_a_row_are_named)
{
    struct mapping *mapping = good_mapping(HEAD COMMON SALE);
    char text[FLAW_TEXT_SIZE];

    open_text(mapping, "no,at,sum,cash\n0,yesterday,\"1,234\",x\n");
    flaw_is(FLAW_RANGE, 2, "A");
    ck_assert_uint_eq(till.flaws.count, 4);
    flaw_write(&till.flaws.list[2], text);
    ck_assert_str_eq(text, "column C \"sum\" [1,234]: the number has thousands separators; "
                           "make the column plain numbers, without separators");
    end(mapping);
}
END_TEST

#define ROWS                                                                                       \
    HEAD                                                                                           \
        "group = ( \"r\" );\n"                                                                     \
        "common = { terminal = { value = \"1\"; }; receipt = { column = \"r\"; };\n"               \
        "  at = { column = ( \"d\", \"t\" ); }; member = { column = \"m\"; }; };\n"                \
        "events = ( { type = \"sale\"; when = { column = \"k\"; is = ( \"S\" ); };\n"              \
        "  gross_fen = { column = \"x\"; sum = true; when = { column = \"l\"; is = ( \"i\" ); }; " \
        "};\n"                                                                                     \
        "  discounts = ( { when = { column = \"l\"; is = ( \"d\" ); };\n"                          \
        "    rule = { value = \"day\"; }; amount_fen = { column = \"x\"; negated = true; }; } "    \
        ");\n"                                                                                     \
        "  pay = ( { when = { column = \"l\"; is = ( \"p\" ); };\n"                                \
        "    with = { column = \"w\"; values = ( ( \"C\", \"cash\" ), ( \"V\", \"stored_value\" "  \
        ") ); };\n"                                                                                \
        "    product = { value = \"card\"; }; amount_fen = { column = \"x\"; }; } ); },\n"         \
        "  { type = \"refund\"; when = { column = \"k\"; is = ( \"R\" ); };\n"                     \
        "  amount_fen = { column = \"x\"; when = { column = \"l\"; is = ( \"i\" ); }; };\n"        \
        "  back = ( { when = { column = \"l\"; is = ( \"p\" ); }; with = { value = \"cash\"; };\n" \
        "    amount_fen = { column = \"x\"; }; } ); } );\n"

#define AT "2026-03-01,10:40"

START_TEST(rows_of_a_receipt_come_together)
{
    struct mapping *mapping = good_mapping(ROWS);

    open_text(mapping, "r,d,t,m,k,l,w,x\n"
                       "a," AT ",62,S,i,,7\n"
                       "b," AT ",63,R,i,,3\n"
                       "a," AT ",,S,i,,5\n"
                       "a," AT ",62,S,d,,-2\n"
                       "b," AT ",63,R,p,,3\n"
                       "a," AT ",62,S,p,V,4\n"
                       "a," AT ",62,S,p,C,6\n");
    event_is("{\"type\":\"sale\",\"terminal\":\"1\",\"at\":\"2026-03-01T10:40:00+08:00\","
             "\"member\":\"62\",\"receipt\":\"a\",\"gross_fen\":1200,"
             "\"discounts\":[{\"rule\":\"day\",\"amount_fen\":200}],"
             "\"pay\":[{\"with\":\"stored_value\",\"product\":\"card\",\"amount_fen\":400},"
             "{\"with\":\"cash\",\"amount_fen\":600}]}");
    event_is("{\"type\":\"refund\",\"terminal\":\"1\",\"at\":\"2026-03-01T10:40:00+08:00\","
             "\"member\":\"63\",\"receipt\":\"b\",\"amount_fen\":300,"
             "\"back\":[{\"with\":\"cash\",\"amount_fen\":300}]}");
    end(mapping);
}
END_TEST

START_TEST(bad_receipts_are_not_sent_in_part)
{
    struct mapping *mapping = good_mapping(ROWS);

    open_text(mapping, "r,d,t,m,k,l,w,x\n"
                       "a," AT ",62,S,i,,7\n"
                       "a," AT ",62,S,p,\"C,7\n"
                       "b," AT ",62,S,i,,7\n"
                       "b," AT ",62,S,p,C,7\n"
                       "c," AT ",62,S,i,,7\n"
                       " c," AT ",62,S,p,C,7\n"
                       "d," AT ",62,S,i,,7\n"
                       "d," AT ",63,S,p,C,7\n"
                       "e," AT ",62,S,i,,7\n"
                       "e," AT ",62,S,,C,7\n"
                       "f," AT ",62,S,i,,7\n"
                       "f," AT ",62,S,p,,7\n"
                       "g,2026-03-01,,62,S,i,,7\n"
                       "h," AT ",62,S,i,,7\n"
                       "h," AT ",62,S,p,C,\n"
                       "i," AT ",62,X,i,,7\n"
                       "j," AT ",62,R,i,,7\n"
                       "j," AT ",62,R,i,,8\n");
    flaw_is(FLAW_BESIDE, 2, "");
    flaw_is(FLAW_QUOTE, 3, "");
    flaw_is(FLAW_BESIDE, 4, "");
    flaw_is(FLAW_BESIDE, 6, "");
    flaw_is(FLAW_SPACE, 7, "A");
    flaw_is(FLAW_BESIDE, 8, "");
    flaw_is(FLAW_MISSING, 11, "F");
    flaw_is(FLAW_MISSING, 13, "G");
    flaw_is(FLAW_MISSING, 14, "C");
    flaw_is(FLAW_MISSING, 16, "H");
    flaw_is(FLAW_UNKNOWN, 17, "E");
    flaw_is(FLAW_DIFFERS, 19, "H");
    end(mapping);
}
END_TEST

START_TEST(more_rows_than_an_event_may_have_are_refused)
{
    struct mapping *mapping = good_mapping(ROWS);
    char text[4096] = "r,d,t,m,k,l,w,x\n";

    for (int i = 0; i <= PAY_LINES_MAX; i++) {
        size_t len = strlen(text);
        (void)snprintf(text + len, sizeof text - len, "a," AT ",62,S,p,C,1\n");
    }
    size_t len = strlen(text);
    (void)snprintf(text + len, sizeof text - len, "a," AT ",62,S,i,,33\n");
    open_text(mapping, text);
    flaw_is(FLAW_MANY, 34, "");
    end(mapping);
}
END_TEST

START_TEST(columns_by_letters_and_lines_to_skip)
{
    struct mapping *mapping = good_mapping(
        "encoding = \"GB18030\"; separator = \"tab\"; header = false; cells = 27; skip_lines = 1;\n"
        "money = \"fen\"; zone = \"-03:30\"; trim = true;\n"
        "times = ( \"%d.%m.%Y %-H:%M:%S\", \"%Y年%-m月%-d日 %H:%M\" );\n"
        "skip = ( { column = \"A\"; is = ( \"合计\" ); }, { column = \"A\"; empty = true; } );\n"
        "events = ( { type = \"void\"; terminal = { value = \"9\"; }; number = { column = \"A\"; "
        "};\n"
        "  at = { column = \"B\"; }; receipt = { column = \"AA\"; };\n"
        "  of = { column = \"C\"; prefix = \"S:9:\"; }; ask = { value = \"true\"; }; } );\n");
    char text[512] = "a title\t\n";
    static const char *const rows[][3] = {
        {"0007 ", "01.03.2026 9:05:06", "5"},
        {"8",
         "2026\xc4\xea"
         "3\xd4\xc2"
         "1\xc8\xd5 09:05",
         "6"},
        {"\xba\xcf\xbc\xc6", "", ""},
        {"", "", "x"},
    };
    for (size_t i = 0; i < 4; i++) {
        size_t len = strlen(text);
        (void)snprintf(text + len, sizeof text - len, "%s\t%s\t%s%.22s\t\t\xc0\xcf\r\n", rows[i][0],
                       rows[i][1], rows[i][2], "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t");
    }
    open_text(mapping, text);
    event_is(
        "{\"type\":\"void\",\"terminal\":\"9\",\"number\":7,\"at\":\"2026-03-01T09:05:06-03:30\","
        "\"receipt\":\"老\",\"ask\":true,\"of\":\"S:9:5\"}");
    event_is(
        "{\"type\":\"void\",\"terminal\":\"9\",\"number\":8,\"at\":\"2026-03-01T09:05:00-03:30\","
        "\"receipt\":\"老\",\"ask\":true,\"of\":\"S:9:6\"}");
    ck_assert_uint_eq(till.sheet.skipped, 2);
    end(mapping);
}
END_TEST

START_TEST(files_that_are_no_exports_are_named)
{
    static const struct {
        const char *text;
        size_t len;
        flaw_kind_t kind;
        uint32_t line;
        const char *column;
    } cases[] = {
        {"", 0, FLAW_HEADER, 1, ""},
        {"\n\n", 2, FLAW_HEADER, 2, ""},
        {"\xff\xfe"
         "n\0",
         4, FLAW_UNREADABLE, 0, ""},
        {"no,at,sum\n", 10, FLAW_HEADER, 1, ""},
        {"no,at,sum,cash,sum\n", 19, FLAW_HEADER_TWICE, 1, "E"},
        {"no,at,sum,cash,\"sum\n", 20, FLAW_QUOTE, 1, ""},
        {"no,\xb1\xb1,sum,cash\n", 15, FLAW_CODING, 1, "B"},
        {"no ,at,sum,cash\n", 16, FLAW_HEADER, 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mapping *mapping = good_mapping(HEAD COMMON SALE);
        open_bytes(mapping, cases[i].text, cases[i].len);
        flaw_is(cases[i].kind, cases[i].line, cases[i].column);
        end(mapping);
    }
    struct mapping *mapping = good_mapping(HEAD COMMON SALE);
    open_text(mapping, "\xef\xbb\xbfno,at,sum,cash\r\n");
    end(mapping);
}
END_TEST

START_TEST(a_rounded_card_is_a_warning)
{
    struct mapping *mapping = good_mapping(
        HEAD "common = { terminal = { value = \"1\"; }; number = { column = \"no\"; };\n"
             "  at = { column = \"at\"; }; member = { column = \"m\"; }; };\n"
             "events = ( { type = \"enrol\"; } );\n");

    open_text(mapping, "no,at,m\n1,2026-03-01 10:40,6200000000000001000\n"
                       "2,2026-03-01 10:40,6200000000000000\n3,2026-03-01 10:40,620000000000000\n"
                       "4,2026-03-01 10:40,\n");
    ck_assert_int_eq(till_next(&till), TILL_EVENT);
    ck_assert_uint_eq(till.flaws.count, 0);
    ck_assert_int_eq(till_next(&till), TILL_EVENT);
    ck_assert_uint_eq(till.flaws.count, 1);
    ck_assert_int_eq(till.flaws.list[0].kind, FLAW_ROUNDED);
    ck_assert_int_eq(till_next(&till), TILL_EVENT);
    ck_assert_uint_eq(till.flaws.count, 0);
    flaw_is(FLAW_MISSING, 5, "C"); /* the type needs it */
    end(mapping);
}
END_TEST

/* Bytes of all kinds: nothing but flaws and events, and always an end. */
START_TEST(any_bytes_come_to_an_end)
{
    static const char alphabet[] = "a,\"\n\r7;. \t-E+:\xc3\x28\xb1\xb1\xff";
    char text[400];
    uint64_t state = 7;

    for (int round = 0; round < 20000; round++) {
        struct mapping *mapping =
            round % 500 == 0 ? good_mapping(round % 1000 == 0 ? HEAD COMMON SALE : ROWS) : NULL;
        static struct mapping *kept;
        if (mapping != NULL) {
            mapping_free(kept);
            kept = mapping;
        }
        size_t len = (size_t)snprintf(
            text, sizeof text, "%s", round % 1000 < 500 ? "no,at,sum,cash\n" : "r,d,t,m,k,l,w,x\n");
        for (; len < 200; len++) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            text[len] = alphabet[(state >> 33) % (sizeof alphabet - 1)];
        }
        open_bytes(kept, text, len);
        uint32_t count = 0;
        while (till_next(&till) != TILL_END) {
            count++;
        }
        ck_assert_uint_le(count, 200);
        till_close(&till);
        if (round == 19999) {
            mapping_free(kept);
        }
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bad_rows_are_named_and_others_go_on,
        all_cells_of_a_row_are_named,
        rows_of_a_receipt_come_together,
        bad_receipts_are_not_sent_in_part,
        more_rows_than_an_event_may_have_are_refused,
        columns_by_letters_and_lines_to_skip,
        files_that_are_no_exports_are_named,
        a_rounded_card_is_a_warning,
        any_bytes_come_to_an_end,
    };
    return run("till", tests, sizeof tests / sizeof tests[0]);
}
