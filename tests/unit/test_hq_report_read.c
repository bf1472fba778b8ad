/* Reports read back: the same bytes again, and refusals of what is none. */
#include "tools/hq/report_read.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/render/report_json.h"
#include "tools/render/statement.h"

static const char full[] =
    "{\"cycle\":\"2026-03\",\"from\":\"2026-03-01\",\"to\":\"2026-03-31\",\"events\":5,"
    "\"participants\":["
    "{\"participant\":\"A\",\"party\":\"PA\",\"role\":\"franchise\",\"in_fen\":500,"
    "\"out_fen\":61616,\"net_fen\":-61116},"
    "{\"participant\":\"HQ\",\"party\":\"PH\",\"role\":\"hq\",\"in_fen\":61616,"
    "\"out_fen\":500,\"net_fen\":61116}],"
    "\"matrix\":["
    "{\"debtor\":\"A\",\"creditor\":\"HQ\",\"kind\":\"principal\",\"reversal\":false,"
    "\"count\":2,\"amount_fen\":61616},"
    "{\"debtor\":\"HQ\",\"creditor\":\"A\",\"kind\":\"commission\",\"reversal\":true,"
    "\"count\":1,\"amount_fen\":500}],"
    "\"stores\":[{\"store\":\"A1\",\"participant\":\"A\",\"events\":3,"
    "\"memo\":[{\"kind\":\"bonus\",\"amount_fen\":-12}]},"
    "{\"store\":\"A2\",\"participant\":\"A\",\"events\":2,\"memo\":[]}],"
    "\"refused\":[{\"event\":\"A1:1:7\",\"reason\":\"UNKNOWN_OFFER\"}],"
    "\"waiting\":[{\"event\":\"A1:1:9007199254740991\",\"reason\":\"UNKNOWN_MEMBER\"}],"
    "\"late\":[{\"event\":\"A2:t-1:8\",\"occurred\":\"2026-02-27\",\"booked\":\"2026-03-02\"}],"
    "\"outstanding\":[{\"issuer\":\"HQ\",\"product\":\"card\",\"lots\":1,"
    "\"principal_fen\":23046,\"bonus_fen\":4609,\"points\":0,\"uses\":0}]}\n";

static const char empty[] =
    "{\"cycle\":\"x\",\"from\":null,\"to\":null,\"events\":0,\"participants\":[],\"matrix\":[],"
    "\"stores\":[],\"refused\":[],\"waiting\":[],\"late\":[],\"outstanding\":[]}\n";

static void must_return(const char *text)
{
    struct report_held held;
    struct fault fault = {0};
    char *again = NULL;
    size_t len = 0;
    json_t *root = json_loads(text, 0, NULL);

    ck_assert_ptr_nonnull(root);
    ck_assert_msg(report_read(root, NULL, &held, &fault), "%s", fault.text);
    json_decref(root);
    FILE *out = open_memstream(&again, &len);
    ck_assert(report_json_write(&held.report, out));
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(again, text);
    free(again);
    report_held_deinit(&held);
}

START_TEST(test_same_bytes)
{
    must_return(full);
    must_return(empty);
}
END_TEST

static bool reads(const json_t *root)
{
    struct report_held held;
    struct fault fault = {0};

    if (report_read(root, NULL, &held, &fault)) {
        report_held_deinit(&held);
        return true;
    }
    ck_assert_int_eq(fault.category, FAULT_FORMAT);
    return false;
}

/* Every key of every row missing, and of another type. */
static uint32_t spoil_object(const json_t *root, json_t *object)
{
    uint32_t tried = 0;
    size_t count = json_object_size(object);

    for (size_t i = 0; i < count; i++) {
        void *at = json_object_iter(object);
        for (size_t skip = 0; skip < i; skip++) {
            at = json_object_iter_next(object, at);
        }
        char key[64];
        (void)snprintf(key, sizeof key, "%s", json_object_iter_key(at));
        json_t *was = json_incref(json_object_get(object, key));
        json_object_set_new(object, key, json_string("no : such"));
        if (strcmp(key, "cycle") != 0) {
            ck_assert_msg(!reads(root), "%s of another type", key);
        }
        json_object_set_new(object, key, json_integer(-1));
        bool signed_key = strstr(key, "_fen") != NULL || strcmp(key, "points") == 0 ||
                          strcmp(key, "uses") == 0;
        ck_assert_msg(reads(root) == signed_key, "%s of -1", key);
        json_object_del(object, key);
        ck_assert_msg(!reads(root), "%s missing", key);
        json_object_set_new(object, key, was);
        tried++;
    }
    return tried;
}

START_TEST(test_refusals)
{
    json_t *root = json_loads(full, 0, NULL);
    static const char *const lists[] = {"participants", "matrix", "stores", "refused",
                                        "waiting", "late", "outstanding"};
    uint32_t tried = spoil_object(root, root);

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        json_t *row = json_array_get(json_object_get(root, lists[i]), 0);
        tried += spoil_object(root, row);
    }
    json_t *stores = json_object_get(root, "stores");
    json_t *memos = json_object_get(json_array_get(stores, 0), "memo");
    tried += spoil_object(root, json_array_get(memos, 0));
    ck_assert_uint_gt(tried, 40);
    ck_assert(reads(root));
    json_decref(root);
    root = json_integer(1);
    ck_assert(!reads(root));
    json_decref(root);
}
END_TEST

static void events_must_fail(const char *event)
{
    json_t *root = json_loads(empty, 0, NULL);
    json_t *row = json_pack("{s:s,s:s}", "event", event, "reason", "UNKNOWN_OFFER");

    json_array_append_new(json_object_get(root, "refused"), row);
    ck_assert_msg(!reads(root), "%s", event);
    json_decref(root);
}

START_TEST(test_event_names)
{
    events_must_fail("");
    events_must_fail("A");
    events_must_fail("A:1");
    events_must_fail("A:1:");
    events_must_fail("A:1:x");
    events_must_fail("A:1:1x");
    events_must_fail("A:1:-1");
    events_must_fail("A::1");
    events_must_fail(":1:1");
    events_must_fail("A:1:1:1");
}
END_TEST

START_TEST(test_statement)
{
    static const char want[] =
        "{\"cycle\":\"2026-03\",\"from\":\"2026-03-01\",\"to\":\"2026-03-31\","
        "\"participant\":\"A\",\"party\":\"PA\",\"role\":\"franchise\",\"in_fen\":500,"
        "\"out_fen\":61616,\"net_fen\":-61116,"
        "\"lines\":[{\"direction\":\"out\",\"counterparty\":\"HQ\",\"kind\":\"principal\","
        "\"reversal\":false,\"count\":2,\"amount_fen\":61616},{\"direction\":\"in\","
        "\"counterparty\":\"HQ\",\"kind\":\"commission\",\"reversal\":true,\"count\":1,"
        "\"amount_fen\":500}],"
        "\"stores\":[{\"store\":\"A1\",\"participant\":\"A\",\"events\":3,"
        "\"memo\":[{\"kind\":\"bonus\",\"amount_fen\":-12}]},"
        "{\"store\":\"A2\",\"participant\":\"A\",\"events\":2,\"memo\":[]}]}\n";
    json_t *root = json_loads(full, 0, NULL);
    struct fault fault = {0};
    char *text = NULL;
    size_t len = 0;

    ck_assert_ptr_null(statement_of(root, "A1", &fault));
    ck_assert_int_eq(fault.category, FAULT_FORMAT);
    json_t *statement = statement_of(root, "A", &fault);
    ck_assert_ptr_nonnull(statement);
    FILE *out = open_memstream(&text, &len);
    ck_assert(statement_json_write(statement, out));
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(text, want);
    free(text);
    json_decref(statement);
    json_decref(root);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hq_report_read");
    TCase *cases = tcase_create("reports");

    tcase_add_test(cases, test_same_bytes);
    tcase_add_test(cases, test_refusals);
    tcase_add_test(cases, test_event_names);
    tcase_add_test(cases, test_statement);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
