/* A folder with a mapping file, and a till that is read with it. */
#ifndef TESTS_UNIT_TILL_WORLD_H
#define TESTS_UNIT_TILL_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lines/lines.h"
#include "tools/tills/till.h"

static char folder[] = "/tmp/test_till.XXXXXX";
static char conf_path[64];
static struct complaints complaints;
static struct till till;
static struct fault fault;

static inline void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(conf_path, sizeof conf_path, "%s/till.conf", folder);
}

static inline void teardown(void)
{
    (void)unlink(conf_path);
    ck_assert_int_eq(rmdir(folder), 0);
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

static inline struct mapping *mapping_of(const char *text)
{
    FILE *file = fopen(conf_path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    memset(&complaints, 0, sizeof complaints);
    return mapping_read(conf_path, &complaints);
}

static inline struct mapping *good_mapping(const char *text)
{
    struct mapping *mapping = mapping_of(text);

    if (mapping == NULL) {
        complaints_write(&complaints, stdout);
    }
    ck_assert_ptr_nonnull(mapping);
    return mapping;
}

static inline void open_bytes(const struct mapping *mapping, const char *bytes, size_t len)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    rewind(file);
    ck_assert(till_open(&till, mapping, file, "t.csv", &fault));
    ck_assert_int_eq(fclose(file), 0);
}

static inline void open_text(const struct mapping *mapping, const char *text)
{
    open_bytes(mapping, text, strlen(text));
}

/* The next receipt is bad, for this first flaw. */
static inline void flaw_is(flaw_kind_t kind, uint32_t line, const char *column)
{
    char letters[FLAW_LETTERS_SIZE];
    char text[FLAW_TEXT_SIZE] = "no flaw";

    till_result_t result = till_next(&till);
    if (till.flaws.count > 0) {
        flaw_write(&till.flaws.list[0], text);
    }
    ck_assert_msg(result == TILL_BAD && till.flaws.count > 0, "%d: %s", result, text);
    flaw_letters(till.flaws.list[0].column, letters);
    ck_assert_msg(till.flaws.list[0].kind == kind && till.flaws.list[0].line == line &&
                      strcmp(letters, column) == 0,
                  "not %s at %u %s: %u %s", flaw_name(kind), line, column, till.flaws.list[0].line,
                  text);
}

/* The next receipt is this event. */
static inline void event_is(const char *expected)
{
    char *text = NULL;
    size_t len = 0;
    char flaw[FLAW_TEXT_SIZE] = "";

    till_result_t result = till_next(&till);
    if (till.flaws.count > 0) {
        flaw_write(&till.flaws.list[0], flaw);
    }
    ck_assert_msg(result == TILL_EVENT, "%s", flaw);
    FILE *out = open_memstream(&text, &len);
    lines_print(&till.event, till.sheet.mapping->zone_min, out);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(text, expected);
    free(text);
}

static inline void end(struct mapping *mapping)
{
    ck_assert_int_eq(till_next(&till), TILL_END);
    till_close(&till);
    mapping_free(mapping);
}

#define HEAD "encoding = \"UTF-8\"; money = \"yuan\"; times = ( \"%Y-%m-%d %H:%M\" );\n"
#define COMMON                                                                                     \
    "common = { terminal = { value = \"1\"; }; number = { column = \"no\"; };\n"                   \
    "  at = { column = \"at\"; }; };\n"
#define SALE                                                                                       \
    "events = ( { type = \"sale\"; gross_fen = { column = \"sum\"; };\n"                           \
    "  pay = ( { with = { value = \"cash\"; }; amount_fen = { column = \"cash\"; }; } ); } );\n"

/* Run these tests, each with a folder of its own. Returns: the program's exit code. */
static inline int run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);

    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    for (size_t i = 0; i < count; i++) {
        tcase_add_test(cases, tests[i]);
    }
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
