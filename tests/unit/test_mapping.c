/* Mapping files: what each key may be, and the complaint with its line where it is not. */
#include "till_world.h"

static const struct {
    const char *text;
    uint32_t line;
    const char *says;
} cases[] = {
    {"", 1, "\"encoding\" is missing"},
    {HEAD COMMON SALE "surplus = 1;\n", 6, "surplus: unknown key"},
    {HEAD COMMON, 1, "the key \"events\" is missing"},
    {"encoding = \"GBK\"; money = \"yuan\"; times = ( \"%Y-%m-%d %H:%M\" );\n" COMMON SALE, 1,
     "\"GBK\" is not known"},
    {"encoding = \"UTF-8\"; money = \"jiao\"; times = ( \"%Y-%m-%d %H:%M\" );\n" COMMON SALE, 1,
     "\"jiao\" is not known"},
    {"encoding = \"UTF-8\"; money = \"yuan\"; times = ( \"%Y-%m-%d\" );\n" COMMON SALE, 1,
     "a time needs"},
    {"encoding = \"UTF-8\"; money = \"yuan\"; times = ( \"%Q\" );\n" COMMON SALE, 1, "known are"},
    {HEAD "zone = \"8\";\n" COMMON SALE, 2, "+08:00"},
    {HEAD "separator = \",\";\n" COMMON SALE, 2, "known are comma"},
    {HEAD "header = false;\n" COMMON SALE, 1, "\"cells\""},
    {HEAD "cells = 3;\n" COMMON SALE, 2, "the header says"},
    {HEAD "header = false; cells = 3;\n" COMMON SALE, 3, "letters"},
    {HEAD "skip = { column = \"no\"; };\n" COMMON SALE, 2, "either \"is\" with values"},
    {HEAD "skip = { column = \"no\"; is = ( \"x\" ); empty = true; };\n" COMMON SALE, 2,
     "either \"is\" with values"},
    {HEAD "common = { type = { value = \"sale\"; }; };\n" SALE, 2, "unknown key"},
    {HEAD SALE, 2, "the key \"terminal\" is missing"},
    {HEAD "common = { terminal = { value = \"1\"; }; at = { column = \"at\"; }; };\n" SALE, 3,
     "one of the keys \"number\" and \"receipt\""},
    {HEAD COMMON "events = ( { type = \"day_total\"; } );\n", 4, "\"day_total\" is not known"},
    {HEAD COMMON "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; }; } );\n", 4,
     "the key \"pay\" is missing"},
    {HEAD COMMON "events = ( { type = \"void\"; off = { column = \"x\"; }; } );\n", 4,
     "did you mean \"of\""},
    {HEAD COMMON "events = ( { type = \"void\"; of = { }; } );\n", 4,
     "either a \"column\" or a \"value\""},
    {HEAD COMMON "events = ( { type = \"void\"; of = { column = \"x\"; sum = true; }; } );\n", 4,
     "only an amount or a count"},
    {HEAD COMMON "events = ( { type = \"void\"; of = { value = \"A:1\"; }; } );\n", 4,
     "store:terminal:number"},
    {HEAD COMMON "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; };\n"
                 "  pay = ( { amount_fen = { column = \"cash\"; }; } ); } );\n",
     5, "the key \"with\" is missing"},
    {HEAD COMMON "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; };\n"
                 "  pay = ( { with = { value = \"gold\"; };\n"
                 "    amount_fen = { column = \"cash\"; }; } ); } );\n",
     5, "does not know this value"},
    {HEAD COMMON "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; };\n"
                 "  pay = ( { with = { column = \"m\"; values = ( ( \"x\", \"gold\" ) ); };\n"
                 "    amount_fen = { column = \"cash\"; }; } ); } );\n",
     5, "does not know this value"},
    {HEAD COMMON "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; };\n"
                 "  pay = ( { with = { value = \"cash\"; }; pack = { column = \"p\"; };\n"
                 "    amount_fen = { column = \"cash\"; }; } ); } );\n",
     5, "unknown key"},
    {HEAD COMMON "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; };\n"
                 "  earn = ( { product = { value = \"a b\"; };\n"
                 "    points = { column = \"p\"; }; } );\n"
                 "  pay = ( { with = { value = \"cash\"; };\n"
                 "    amount_fen = { column = \"cash\"; }; } ); } );\n",
     5, "a code is"},
};

START_TEST(bad_mappings_are_named)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mapping *mapping = mapping_of(cases[i].text);
        ck_assert_msg(mapping == NULL, "%zu: %s", i, cases[i].text);
        bool found = false;
        for (uint32_t k = 0; k < complaints.count; k++) {
            found = found || (complaints.list[k].line == cases[i].line &&
                              strstr(complaints.list[k].text, cases[i].says) != NULL);
        }
        ck_assert_msg(found, "%zu: %u: %s (%s)", i, complaints.list[0].line,
                      complaints.list[0].text, cases[i].says);
    }
    ck_assert_ptr_null(mapping_read("/nowhere/till.conf", &complaints));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bad_mappings_are_named,
    };
    return run("mapping", tests, sizeof tests / sizeof tests[0]);
}
