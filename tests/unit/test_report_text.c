/* The report for people and the CSV: empty reports, hostile names, cut lists, then figures. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tools/render/report_csv.h"
#include "tools/render/report_text.h"

/* A state with parties and claims but no rules: all that a report needs. */
struct world {
    struct state state;
    struct report_events refused;
    struct report_events late;
    struct report report;
};

static participant_t participant_add(struct world *world, const char *code, role_t role,
                                     const char *name)
{
    struct participant participant = {
        .party = code_index_add(&world->state.registry.parties, slice_of(code)), .role = role};

    snprintf(participant.name, sizeof participant.name, "%s", name);
    return registry_put_participant(&world->state.registry, slice_of(code), &participant);
}

static void world_init(struct world *world, const char *store_name)
{
    *world = (struct world){0};
    state_init(&world->state, 0, (struct history){0});
    participant_add(world, "HQ", ROLE_HQ, "总部");
    participant_t a = participant_add(world, "A", ROLE_FRANCHISE, "");
    struct store store = {.participant = a, .opened = DAY_MIN, .closed = DAY_MAX};
    snprintf(store.name, sizeof store.name, "%s", store_name);
    registry_put_store(&world->state.registry, slice_of("A"), &store);
}

static void build(struct world *world)
{
    report_build(&world->state, &world->refused, &world->late, &world->report);
    world->report.cycle = "simulation";
    world->report.from = 0;
    world->report.to = 31;
}

static void world_deinit(struct world *world)
{
    report_deinit(&world->report);
    free(world->refused.list);
    free(world->late.list);
    state_deinit(&world->state);
}

static void owe(struct world *world, int64_t fen, bool reversal)
{
    struct claim claim = {KIND_PRINCIPAL, reversal, {1}, {0}, money(fen)};
    struct part part = {.amount = money(fen)};
    struct claims claims = {0};

    claims_single(&claim, &part, &claims);
    positions_post(&world->state.positions, (store_t){0}, &claims);
    claims_deinit(&claims);
}

static void refuse(struct world *world, uint64_t number)
{
    struct report_event event = {.number = number, .outcome = OUTCOME_UNBALANCED};

    event.store = code_of(slice_of("A"));
    event.terminal = code_of(slice_of("1"));
    report_events_add(&world->refused, &event);
}

static char *text_of_report(const struct world *world, uint32_t width)
{
    struct look look = {width, false};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(out);
    ck_assert(report_text_write(&world->report, &look, out));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static char *csv_of_report(const struct world *world)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    ck_assert_ptr_nonnull(out);
    ck_assert(report_csv_write(&world->report, out));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static void expect_in(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in\n%s", part, text);
}

static unsigned occurrences(const char *text, const char *part)
{
    unsigned count = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
        count++;
    }
    return count;
}

START_TEST(a_full_stream_is_told)
{
    struct world world;
    FILE *full = fopen("/dev/full", "w");

    ck_assert_ptr_nonnull(full);
    setvbuf(full, NULL, _IONBF, 0);
    world_init(&world, "");
    build(&world);
    ck_assert(!report_text_write(&world.report, &(struct look){100, false}, full));
    ck_assert(!report_csv_write(&world.report, full));
    fclose(full);
    world_deinit(&world);
}
END_TEST

START_TEST(nothing_happened)
{
    struct world world;

    world_init(&world, "");
    build(&world);
    world.report.from = DAY_MAX;
    world.report.to = DAY_MIN;
    char *text = text_of_report(&world, 100);
    expect_in(text, "There are no events.");
    expect_in(text, "Nobody owes anybody.");
    expect_in(text, "Nothing.");
    expect_in(text, "even");
    ck_assert_ptr_null(strstr(text, "Refused"));
    free(text);
    char *csv = csv_of_report(&world);
    expect_in(csv, "\r\nreport,simulation,,,");
    free(csv);
    world_deinit(&world);
}
END_TEST

START_TEST(formulas_in_names_are_guarded)
{
    static const struct {
        const char *name;
        const char *cell;
    } cases[] = {
        {"=HYPERLINK(1)", ",'=HYPERLINK(1),"},
        {"+1", ",'+1,"},
        {"-1", ",'-1,"},
        {"@x", ",'@x,"},
        {"a=b", ",a=b,"},
        {"a,b", ",\"a,b\","},
        {"=\"a,b\"", ",\"'=\"\"a,b\"\"\","},
        {"say \"x\"", ",\"say \"\"x\"\"\","},
        {"河畔店", ",河畔店,"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world world;
        world_init(&world, cases[i].name);
        build(&world);
        char *csv = csv_of_report(&world);
        expect_in(csv, cases[i].cell);
        free(csv);
        world_deinit(&world);
    }
}
END_TEST

START_TEST(the_longest_name_fits)
{
    char name[NAME_LEN_MAX + 1];
    struct world world;

    memset(name, '"', NAME_LEN_MAX);
    name[NAME_LEN_MAX] = '\0';
    world_init(&world, name);
    build(&world);
    char *csv = csv_of_report(&world);
    ck_assert_uint_eq(occurrences(csv, "\""), 2 * NAME_LEN_MAX + 2);
    free(csv);
    world_deinit(&world);
}
END_TEST

START_TEST(every_row_has_every_column)
{
    struct world world;
    unsigned commas = 0;
    unsigned first = 0;

    world_init(&world, "x");
    owe(&world, 5, false);
    refuse(&world, 1);
    build(&world);
    char *csv = csv_of_report(&world);
    for (const char *at = csv; *at != '\0'; at++) {
        commas += *at == ',';
        if (*at == '\n') {
            ck_assert_int_eq(at[-1], '\r');
            first = first == 0 ? commas : first;
            ck_assert_uint_eq(commas, first);
            commas = 0;
        }
    }
    ck_assert_uint_eq(commas, 0); /* it ends with a line end */
    free(csv);
    world_deinit(&world);
}
END_TEST

START_TEST(negative_amounts_stay_numbers)
{
    struct world world;

    world_init(&world, "x");
    owe(&world, 1234567, false);
    build(&world);
    char *csv = csv_of_report(&world);
    expect_in(csv, ",0,1234567,-1234567,");
    ck_assert_ptr_null(strchr(csv, '\''));
    free(csv);
    world_deinit(&world);
}
END_TEST

START_TEST(lists_are_cut_to_20)
{
    static const unsigned counts[] = {1, 20, 21, 45};

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct world world;
        world_init(&world, "");
        for (unsigned n = 1; n <= counts[i]; n++) {
            refuse(&world, n);
        }
        build(&world);
        char *text = text_of_report(&world, 100);
        char more[32];
        snprintf(more, sizeof more, "and %u more\n", counts[i] - 20);
        ck_assert_uint_eq(occurrences(text, "A:1:"), counts[i] > 20 ? 20 : counts[i]);
        ck_assert_uint_eq(occurrences(text, " more\n"), counts[i] > 20);
        if (counts[i] > 20) {
            expect_in(text, more);
        }
        free(text);
        world_deinit(&world);
    }
}
END_TEST

START_TEST(who_pays_and_who_receives)
{
    struct world world;

    world_init(&world, "城东店");
    owe(&world, 1234567, false);
    owe(&world, 500, true);
    build(&world);
    char *text = text_of_report(&world, 100);
    expect_in(text, "Business days 1970-01-01 to 1970-02-01, events accepted: 2");
    expect_in(text, "A            城东店  franchise          0.00  12,350.67  -12,350.67  to pay\n");
    expect_in(text, "HQ           总部    headquarters  12,350.67       0.00   12,350.67  to receive\n");
    expect_in(text, "Total                              12,350.67  12,350.67        0.00  balanced\n");
    expect_in(text, "A       HQ        principal                 1  12,345.67\n");
    expect_in(text, "A       HQ        principal  reversal       1       5.00\n");
    free(text);
    world_deinit(&world);
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
    struct world world;

    world_init(&world, "a rather long name of a store that must be broken over several lines");
    owe(&world, 1234567, false);
    refuse(&world, 1);
    build(&world);
    for (uint32_t width = 60; width <= 120; width++) {
        char *text = text_of_report(&world, width);
        const char *tables = strstr(text, "Who pays");
        for (char *line = strtok((char *)(uintptr_t)tables, "\n"); line != NULL;
             line = strtok(NULL, "\n")) {
            ck_assert_msg(text_width(line) <= width, "%u: %s", width, line);
        }
        free(text);
    }
    world_deinit(&world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_text");
    TCase *all = tcase_create("all");

    if (setlocale(LC_ALL, "C.UTF-8") == NULL) {
        return EXIT_FAILURE;
    }
    tcase_add_test(all, a_full_stream_is_told);
    tcase_add_test(all, nothing_happened);
    tcase_add_test(all, formulas_in_names_are_guarded);
    tcase_add_test(all, the_longest_name_fits);
    tcase_add_test(all, every_row_has_every_column);
    tcase_add_test(all, negative_amounts_stay_numbers);
    tcase_add_test(all, lists_are_cut_to_20);
    tcase_add_test(all, who_pays_and_who_receives);
    tcase_add_test(all, no_line_is_wider_than_the_terminal);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
