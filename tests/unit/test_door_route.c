/* Routes: paths that are none, and what the others ask for. */
#include "tools/door/route.h"

#include <check.h>
#include <stdlib.h>

START_TEST(test_refused)
{
    static const struct {
        const char *method;
        const char *path;
        enum route_result result;
    } cases[] = {
        {"GET", "", ROUTE_NOWHERE},
        {"GET", "/", ROUTE_NOWHERE},
        {"GET", "/v1", ROUTE_NOWHERE},
        {"GET", "/v1/", ROUTE_NOWHERE},
        {"GET", "/v2/health", ROUTE_NOWHERE},
        {"GET", "/v1/health/", ROUTE_NOWHERE},
        {"GET", "//v1/health", ROUTE_NOWHERE},
        {"GET", "/V1/health", ROUTE_NOWHERE},
        {"GET", "/v1/eventsx", ROUTE_NOWHERE},
        {"GET", "/v1/balance", ROUTE_NOWHERE},
        {"GET", "/v1/events", ROUTE_OTHER_METHOD},
        {"PUT", "/v1/events", ROUTE_OTHER_METHOD},
        {"post", "/v1/events", ROUTE_OTHER_METHOD},
        {"POST", "/v1/health", ROUTE_OTHER_METHOD},
        {"POST", "/v1/events/1/2", ROUTE_OTHER_METHOD},
        {"DELETE", "/v1/balance/1", ROUTE_OTHER_METHOD},
        {"HEAD", "/v1/health", ROUTE_OTHER_METHOD},
        {"GET", "/v1/events/", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/", ROUTE_BAD_EVENT},
        {"GET", "/v1/events//1", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/0", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/01", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/-1", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/1x", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/1/1", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/9007199254740992", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/1/99999999999999999999", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/a b/1", ROUTE_BAD_EVENT},
        {"GET", "/v1/events/123456789012345678901234567890123/1", ROUTE_BAD_EVENT},
        {"GET", "/v1/balance/", ROUTE_BAD_MEMBER},
        {"GET", "/v1/balance/0", ROUTE_BAD_MEMBER},
        {"GET", "/v1/balance/01", ROUTE_BAD_MEMBER},
        {"GET", "/v1/balance/x", ROUTE_BAD_MEMBER},
        {"GET", "/v1/balance/1/", ROUTE_BAD_MEMBER},
        {"GET", "/v1/balance/12345678901234567890", ROUTE_BAD_MEMBER},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct route route = {0};
        ck_assert_msg(route_read(cases[i].method, cases[i].path, &route) == cases[i].result,
                      "%s %s", cases[i].method, cases[i].path);
    }
}
END_TEST

START_TEST(test_found)
{
    struct route route = {0};

    ck_assert_int_eq(route_read("POST", "/v1/events", &route), ROUTE_FOUND);
    ck_assert_int_eq(route.kind, ROUTE_EVENTS);
    ck_assert_int_eq(route_read("GET", "/v1/health", &route), ROUTE_FOUND);
    ck_assert_int_eq(route.kind, ROUTE_HEALTH);
    ck_assert_int_eq(route_read("GET", "/v1/events/pos-1/9007199254740991", &route), ROUTE_FOUND);
    ck_assert_int_eq(route.kind, ROUTE_EVENT);
    ck_assert_str_eq(route.terminal.text, "pos-1");
    ck_assert_uint_eq(route.number, 9007199254740991);
    ck_assert_int_eq(route_read("GET", "/v1/balance/9999999999999999999", &route), ROUTE_FOUND);
    ck_assert_int_eq(route.kind, ROUTE_BALANCE);
    ck_assert_str_eq(route.member, "9999999999999999999");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("door_route");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_found);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
