/* What is noticed, by looks at small ledgers written down as JSON; what it says in words. */
#include "tools/notify/notices.h"

#include <check.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/notify/saying.h"

static json_t *memory;
static json_t *report; /* NULL: not to be had */
static struct look look;

static json_t *report_of(void *context, const char *cycle)
{
    (void)context;
    ck_assert_ptr_nonnull(cycle);
    return json_incref(report);
}

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);

    ck_assert_msg(value != NULL, "not JSON: %s", text);
    return value;
}

static void setup(void)
{
    memory = notices_memory_new();
    report = parse("{\"events\":3,\"participants\":[{\"participant\":\"A\",\"role\":\"franchise\","
                   "\"in_fen\":5,\"out_fen\":9,\"net_fen\":-4}]}");
    look = (struct look){.why = "gone", .real_ms = 1000, .suspense_days = 7, .report = report_of};
}

static void teardown(void)
{
    json_decref(memory);
    json_decref(report);
}

/* A head of an open day with these cycles and stores (JSON of both). */
static json_t *head_of(const char *day, const char *cycles, const char *stores)
{
    json_t *head = parse("{\"network\":\"ab\",\"alliance\":\"lane\",\"test\":false,\"now_ms\":0,"
                         "\"cycle_from\":\"2026-03-02\",\"people\":{\"zone_min\":480}}");

    (void)json_object_set_new(head, "open_day", json_string(day));
    (void)json_object_set_new(head, "cycles", parse(cycles));
    (void)json_object_set_new(head, "stores", parse(stores));
    return head;
}

/* Look, and compare the ids of what is new with those expected, which a NULL ends. */
static void expect(json_t *take_head, ...)
{
    json_t *waiting = json_object_get(memory, "waiting");
    size_t at = json_array_size(waiting);
    va_list expected;

    look.head = take_head;
    notices_take(memory, &look);
    look.head = NULL;
    json_decref(take_head);
    va_start(expected, take_head);
    for (const char *id = va_arg(expected, const char *); id != NULL;
         id = va_arg(expected, const char *)) {
        const json_t *notice = json_object_get(json_array_get(waiting, at++), "notice");
        ck_assert_str_eq(notices_text(notice, "id"), id);
    }
    va_end(expected);
    ck_assert_uint_eq(json_array_size(waiting), at);
}

static json_t *quiet_head(void)
{
    return head_of("2026-03-02", "[]", "[]");
}

#define CYCLE_1 "{\"cycle\":\"one\",\"from\":\"2026-03-01\",\"to\":\"2026-03-01\"}"
#define CYCLE_2 "{\"cycle\":\"two\",\"from\":\"2026-03-02\",\"to\":\"2026-03-05\"}"
#define CYCLE_3                                                                                    \
    "{\"cycle\":\"three\",\"from\":\"2026-03-06\",\"to\":\"2026-03-06\",\"dispute_days\":3}"

START_TEST(test_cycles)
{
    expect(head_of("2026-03-02", "[" CYCLE_1 "]", "[]"), NULL); /* over before the first look */
    json_t *kept = report;
    report = NULL;
    expect(head_of("2026-03-06", "[" CYCLE_1 "," CYCLE_2 "]", "[]"), NULL);
    report = kept;
    expect(head_of("2026-03-06", "[" CYCLE_1 "," CYCLE_2 "]", "[]"), "cycle_closed:two",
           "statement_ready:two:A", NULL);
    expect(head_of("2026-03-13", "[" CYCLE_1 "," CYCLE_2 "]", "[]"), NULL);
    expect(head_of("2026-03-14", "[" CYCLE_1 "," CYCLE_2 "]", "[]"), "objection_due:two", NULL);
    expect(head_of("2026-03-15", "[" CYCLE_1 "," CYCLE_2 "]", "[]"), NULL);
}
END_TEST

START_TEST(test_objections_that_are_over)
{
    expect(head_of("2026-03-02", "[]", "[]"), NULL);
    expect(head_of("2026-03-20", "[" CYCLE_2 "]", "[]"), "cycle_closed:two",
           "statement_ready:two:A", NULL); /* nobody looked for a fortnight */
    expect(head_of("2026-03-08", "[" CYCLE_2 "," CYCLE_3 "]", "[]"), "cycle_closed:three",
           "statement_ready:three:A", "objection_due:three", NULL); /* the days that it says */
}
END_TEST

#define BOARD(state)                                                                               \
    "{\"stores\":[{\"store\":\"A\",\"days\":[{\"day\":\"2026-03-02\",\"state\":\"" state "\"}]}]," \
    "\"missing\":[],\"differences\":[]}"

static void board_becomes(const char *text, const char *id)
{
    json_t *board = parse(text);

    look.board = board;
    expect(quiet_head(), id, NULL);
    look.board = NULL;
    json_decref(board);
}

START_TEST(test_days)
{
    board_becomes(BOARD("silent"), NULL);
    board_becomes(BOARD("matched"), NULL); /* that never differed */
    board_becomes(BOARD("differs"), "day_differs:A:2026-03-02");
    board_becomes(BOARD("differs"), NULL);
    board_becomes(BOARD("no_total"), NULL); /* another till has none yet: it has not ended */
    board_becomes(BOARD("differs"), NULL);
    board_becomes(BOARD("matched"), "day_matches:A:2026-03-02");
    board_becomes(BOARD("matched"), NULL);
    board_becomes(BOARD("differs"), "day_differs:A:2026-03-02:2");
    board_becomes(BOARD("matched"), "day_matches:A:2026-03-02:2");
}
END_TEST

START_TEST(test_silent)
{
    static const char board[] =
        "{\"stores\":[],\"differences\":[],\"missing\":["
        "{\"kind\":\"silent\",\"store\":\"B\",\"day\":\"2026-03-02\"},"
        "{\"kind\":\"gaps\",\"store\":\"B\",\"day\":\"2026-03-02\"},"
        "{\"kind\":\"silent\",\"store\":\"C\",\"day\":\"2026-03-01\"}]}"; /* before the first look */

    board_becomes(board, "store_silent:B:2026-03-02");
    board_becomes(board, NULL);
}
END_TEST

#define FROZEN(evidence) "[{\"store\":\"C\",\"frozen\":true,\"evidence\":" evidence "}]"

START_TEST(test_frozen)
{
    expect(head_of("2026-03-02", "[]", FROZEN("null")), "store_frozen:C:1000", NULL);
    expect(head_of("2026-03-02", "[]", FROZEN("null")), NULL);
    expect(head_of("2026-03-02", "[]", "[{\"store\":\"C\",\"frozen\":false}]"), NULL);
    look.real_ms = 2000;
    expect(head_of("2026-03-02", "[]", FROZEN("null")), "store_frozen:C:2000", NULL);
    expect(head_of("2026-03-02", "[]", FROZEN("41")), "store_equivocated:C:41", NULL);
    expect(head_of("2026-03-02", "[]", FROZEN("41")), NULL);
}
END_TEST

static void disk_becomes(const char *text, int64_t at_ms, const char *id)
{
    json_t *health = parse(text);

    look.health = health;
    look.real_ms = at_ms;
    expect(quiet_head(), id, NULL);
    look.health = NULL;
    json_decref(health);
}

#define DISK(state) "{\"disk\":{\"state\":\"" state "\",\"free_bytes\":9}}"

START_TEST(test_disk)
{
    disk_becomes(DISK("ok"), 1, NULL);
    disk_becomes(DISK("low"), 2, "disk_fills:low:2");
    disk_becomes(DISK("low"), 3, NULL);
    disk_becomes("{}", 4, NULL); /* an older daemon does not say: it is as it was */
    disk_becomes(DISK("full"), 5, "disk_fills:full:5");
    disk_becomes(DISK("low"), 6, NULL); /* better, not well */
    disk_becomes(DISK("full"), 7, "disk_fills:full:7");
    disk_becomes(DISK("ok"), 8, "disk_ok:8");
    disk_becomes(DISK("ok"), 9, NULL);
}
END_TEST

START_TEST(test_nobody_answers)
{
    expect(head_of("2026-03-02", "[]", FROZEN("null")), "store_frozen:C:1000", NULL);
    look.real_ms = 5000;
    expect(NULL, NULL);
    look.real_ms = 6000;
    expect(NULL, "daemon_silent:5000", NULL);
    expect(NULL, NULL);
    expect(head_of("2026-03-02", "[]", FROZEN("null")), "daemon_answers:5000", NULL);
    expect(NULL, NULL); /* once, and it is there again: a restart */
    expect(head_of("2026-03-02", "[]", FROZEN("null")), NULL);
}
END_TEST

START_TEST(test_hanging)
{
    json_t *suspense =
        parse("{\"items\":["
              "{\"event\":\"A:1:1\",\"store\":\"A\",\"came\":\"2026-03-01\",\"age_days\":9,"
              "\"amount_fen\":1},"
              "{\"event\":\"A:1:2\",\"store\":\"A\",\"came\":\"2026-03-02\",\"age_days\":8,"
              "\"amount_fen\":2,\"member\":\"62\"},"
              "{\"event\":\"B:1:1\",\"store\":\"B\",\"came\":\"2026-03-02\",\"age_days\":8,"
              "\"amount_fen\":4},"
              "{\"event\":\"A:1:3\",\"store\":\"A\",\"came\":\"2026-03-02\",\"age_days\":8,"
              "\"amount_fen\":8},"
              "{\"event\":\"A:1:4\",\"store\":\"A\",\"came\":\"2026-03-03\",\"age_days\":7,"
              "\"amount_fen\":16}]}");
    json_t *proposals = parse("[{\"id\":\"old\",\"words\":\"w\",\"created_ms\":-86400001},"
                              "{\"id\":\"new\",\"words\":\"w\",\"created_ms\":-86400000}]");

    look.suspense = suspense;
    look.proposals = proposals;
    expect(quiet_head(), "proposal_waits:old", "suspense_old:A:2026-03-02",
           "suspense_old:B:2026-03-02", NULL);
    const json_t *row = json_array_get(json_object_get(memory, "waiting"), 1);
    const json_t *notice = json_object_get(row, "notice");
    ck_assert_int_eq(notices_integer(notice, "count"), 2);
    ck_assert_int_eq(notices_integer(notice, "amount_fen"), 10);
    char *text = json_dumps(memory, 0);
    ck_assert_ptr_null(strstr(text, "\"62\"")); /* nobody's number leaves */
    free(text);
    expect(quiet_head(), NULL);
    json_decref(suspense);
    json_decref(proposals);
    look.suspense = NULL;
    look.proposals = NULL;
}
END_TEST

START_TEST(test_too_many_wait)
{
    json_t *waiting = json_object_get(memory, "waiting");

    for (int i = 0; i < NOTICES_WAITING_MAX; i++) {
        (void)json_array_append_new(waiting, json_object());
    }
    expect(head_of("2026-03-02", "[]", FROZEN("null")), NULL);
    (void)json_array_remove(waiting, 0);
    expect(head_of("2026-03-02", "[]", FROZEN("null")), "store_frozen:C:1000", NULL);
}
END_TEST

START_TEST(test_another_ledger)
{
    expect(head_of("2026-03-02", "[]", FROZEN("41")), "store_equivocated:C:41", NULL);
    json_t *head = head_of("2026-03-06", "[" CYCLE_1 "]", FROZEN("41"));
    (void)json_object_set_new(head, "network", json_string("cd"));
    expect(head, "store_equivocated:C:41", NULL); /* begins anew, with the cycle passed over */
}
END_TEST

START_TEST(test_words)
{
    json_t *notice = parse("{\"notice\":\"statement_ready\",\"alliance\":\"lane\",\"test\":true,"
                           "\"participant\":\"A\",\"cycle\":\"two\",\"from\":\"2026-03-02\","
                           "\"to\":\"2026-03-05\",\"in_fen\":500,\"out_fen\":123456,"
                           "\"net_fen\":-122956}");

    saying_of(notice);
    ck_assert_str_eq(notices_text(notice, "subject"),
                     "[lane TEST] the statement of A for cycle two is ready");
    ck_assert_str_eq(notices_text(notice, "text"),
                     "A in cycle two, 2026-03-02 to 2026-03-05, in yuan: in 5.00, out 1,234.56, "
                     "net -1,229.56, to pay.\nLook at it with: allclear statement A two");
    (void)json_object_set_new(notice, "notice", json_string("of_a_later_version"));
    saying_of(notice);
    ck_assert_str_eq(notices_text(notice, "text"), "of_a_later_version");
    json_decref(notice);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notices");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_cycles);
    tcase_add_test(tcase, test_objections_that_are_over);
    tcase_add_test(tcase, test_days);
    tcase_add_test(tcase, test_silent);
    tcase_add_test(tcase, test_frozen);
    tcase_add_test(tcase, test_disk);
    tcase_add_test(tcase, test_nobody_answers);
    tcase_add_test(tcase, test_hanging);
    tcase_add_test(tcase, test_too_many_wait);
    tcase_add_test(tcase, test_another_ledger);
    tcase_add_test(tcase, test_words);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
