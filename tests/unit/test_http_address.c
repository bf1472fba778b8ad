/* Addresses: what is none, and which ones others could reach. */
#include "tools/http/address.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>

START_TEST(test_refused)
{
    static const char *const bad[] = {
        "",           ":",           "8117",          "127.0.0.1",      "127.0.0.1:",
        ":8117",      "host:8117",   "127.0.0.1:x",   "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1: 1", "127.0.0.1:1 ", "1.2.3:80",   "256.0.0.1:80",   "[::1]",
        "[::1]:",     "::1:80",      "[::1:80",       "[]:80",          "[127.0.0.1]:80",
        "127.0.0.1:99999999999999999999", "[::1]8117", "[::1%lo]:80",   "127.0.0.1:0x50",
    };
    struct address address = {.len = 77};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!address_read(bad[i], &address), "%s", bad[i]);
        ck_assert_uint_eq(address.len, 77);
    }
}
END_TEST

START_TEST(test_read)
{
    struct address address;

    ck_assert(address_read("192.168.1.10:8117", &address));
    ck_assert_int_eq(address.socket.v4.sin_family, AF_INET);
    ck_assert_uint_eq(ntohs(address.socket.v4.sin_port), 8117);
    ck_assert_uint_eq(ntohl(address.socket.v4.sin_addr.s_addr), 0xc0a8010a);
    ck_assert(address_read("[::1]:0", &address));
    ck_assert_int_eq(address.socket.v6.sin6_family, AF_INET6);
    ck_assert_uint_eq(address.len, sizeof address.socket.v6);
    ck_assert(address_read("0.0.0.0:65535", &address));
    ck_assert_uint_eq(ntohs(address.socket.v4.sin_port), 65535);
}
END_TEST

START_TEST(test_private)
{
    static const struct {
        const char *text;
        bool private;
    } cases[] = {
        {"127.0.0.1:1", true},       {"127.255.0.1:1", true},  {"10.0.0.1:1", true},
        {"172.16.0.1:1", true},      {"172.31.255.255:1", true}, {"192.168.0.1:1", true},
        {"169.254.1.1:1", true},     {"0.0.0.0:1", false},     {"8.8.8.8:1", false},
        {"172.15.0.1:1", false},     {"172.32.0.1:1", false},  {"192.169.0.1:1", false},
        {"11.0.0.1:1", false},       {"100.64.0.1:1", false},  {"[::1]:1", true},
        {"[fd00::1]:1", true},       {"[fc00::1]:1", true},    {"[fe80::1]:1", true},
        {"[::]:1", false},           {"[2001:db8::1]:1", false}, {"[fec0::1]:1", false},
        {"[::ffff:10.0.0.1]:1", true}, {"[::ffff:8.8.8.8]:1", false},
    };
    struct address address;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert(address_read(cases[i].text, &address));
        ck_assert_msg(address_is_private(&address) == cases[i].private, "%s", cases[i].text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_address");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_read);
    tcase_add_test(tcase, test_private);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
