/* What is read from a daemon's log: its last opening, and nothing of lines that only look like
 * it. */
#include <check.h>
#include <stdlib.h>

#include "tools/bench/server.h"

static const char log_text[] =
    "2026-03-01T00:00:00 info ledger opening records=65536 of=70000\n"
    "2026-03-01T00:00:00 info ledger open records=70000 accepted=9 snapshot=1 tail=69999\n"
    "2026-03-01T00:00:00 info serve serving address=tcp://127.0.0.1:1 tail=5\n"
    "2026-03-01T00:00:01 info ledger open records=70001 accepted=12 snapshot=70000 tail=1\n"
    "2026-03-01T00:00:01 info serve serving address=tcp://127.0.0.1:1 tail=7 later=8\n";

START_TEST(not_there)
{
    uint64_t value = 77;

    ck_assert(!server_log_number("", "tail", &value));
    ck_assert(!server_log_number("info ledger opening records=1 of=2 tail=3\n", "tail", &value));
    ck_assert(!server_log_number("info ledger open records=1 accepted=2\n", "tail", &value));
    ck_assert(!server_log_number("a open records=1 accepted=2\nb tail=3\n", "tail", &value));
    ck_assert(!server_log_number("a open records=1 tail=\n", "tail", &value));
    ck_assert(!server_log_number("a open records=1 tail=-1\n", "tail", &value));
    ck_assert(!server_log_number("a open records=1 detail=4\n", "tail", &value));
    ck_assert(!server_log_number(log_text, "later", &value));
    ck_assert_uint_eq(value, 77);
}
END_TEST

START_TEST(the_last_opening)
{
    uint64_t value = 0;

    ck_assert(server_log_number(log_text, "tail", &value));
    ck_assert_uint_eq(value, 1);
    ck_assert(server_log_number(log_text, "accepted", &value));
    ck_assert_uint_eq(value, 12);
    ck_assert(server_log_number("a open records=1 tail=3", "tail", &value)); /* no line end */
    ck_assert_uint_eq(value, 3);
    ck_assert(server_log_number(log_text, "records", &value));
    ck_assert_uint_eq(value, 70001);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_server");
    TCase *all = tcase_create("all");

    tcase_add_test(all, not_there);
    tcase_add_test(all, the_last_opening);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
