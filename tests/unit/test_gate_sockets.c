/* The self-test finds a door that is open: without ZAP's domain, with a handler that lets all in,
 * with none that answers. */
#include "daemon/gate/sockets.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "daemon/gate/zap.h"

static struct sockets sockets;
static struct keys keys;
static struct zap zap;
static uint64_t counters[COUNTER_COUNT];
static const uint8_t secret[LINK_KEY_LEN] = {0x40, 2, 3, [31] = 0x41};
static unsigned int served;

static void serve(void *context)
{
    struct zap *handler = context;

    while (zap_serve(handler, 1000)) {
        served++;
    }
}

static void serve_not(void *context)
{
    (void)context;
}

static void open_sockets(void)
{
    memset(&sockets, 0, sizeof sockets);
    memset(counters, 0, sizeof counters);
    served = 0;
    ck_assert_ptr_null(sockets_open(&sockets, secret));
    zap = (struct zap){.socket = sockets.zap, .keys = &keys, .counters = counters};
}

static void listen_anywhere(void)
{
    uint16_t port = 0;

    ck_assert(sockets_listen(&sockets, "tcp://127.0.0.1:*", &port));
    ck_assert_uint_ne(port, 0);
}

static void set_int(int option, int value)
{
    ck_assert_int_eq(zmq_setsockopt(sockets.router, option, &value, sizeof value), 0);
}

START_TEST(test_shut)
{
    open_sockets();
    zap.test_key = sockets.test_key;
    listen_anywhere();
    ck_assert_ptr_null(sockets_self_test(&sockets, serve, &zap));
    ck_assert(zap.test_refused);
    ck_assert_uint_eq(served, 1);
    ck_assert_uint_eq(counters[COUNTER_HANDSHAKES_REFUSED], 0);
    sockets_close(&sockets);
}
END_TEST

START_TEST(test_no_domain)
{
    /* 93: only where there is a domain is the handler to be asked, and there is none */
    open_sockets();
    void *ours = sockets.router;
    sockets.router = zmq_socket(sockets.context, ZMQ_ROUTER);
    set_int(93, 1);
    set_int(ZMQ_CURVE_SERVER, 1);
    ck_assert_int_eq(zmq_setsockopt(sockets.router, ZMQ_CURVE_SECRETKEY, secret, LINK_KEY_LEN), 0);
    listen_anywhere();
    const char *seen = sockets_self_test(&sockets, serve, &zap);
    ck_assert_ptr_nonnull(seen);
    ck_assert_ptr_nonnull(strstr(seen, "let in"));
    ck_assert_uint_eq(served, 0);
    zmq_close(sockets.router);
    sockets.router = ours;
    sockets_close(&sockets);
}
END_TEST

START_TEST(test_handler_lets_all_in)
{
    open_sockets();
    keys_begin(&keys);
    ck_assert(keys_add(&keys, &(struct link_key){sockets.test_key, slice_of("A"), false}));
    ck_assert(keys_end(&keys));
    listen_anywhere();
    const char *seen = sockets_self_test(&sockets, serve, &zap);
    ck_assert_ptr_nonnull(seen);
    ck_assert_ptr_nonnull(strstr(seen, "let in"));
    keys_deinit(&keys);
    sockets_close(&sockets);
}
END_TEST

START_TEST(test_no_curve)
{
    open_sockets();
    set_int(ZMQ_CURVE_SERVER, 0);
    listen_anywhere();
    ck_assert_ptr_nonnull(sockets_self_test(&sockets, serve, &zap));
    sockets_close(&sockets);
}
END_TEST

/* Nobody answers: no one comes in, and the self-test does not take that for a shut door. */
START_TEST(test_no_answer)
{
    open_sockets();
    listen_anywhere();
    const char *seen = sockets_self_test(&sockets, serve_not, &zap);
    ck_assert_ptr_nonnull(seen);
    ck_assert_ptr_nonnull(strstr(seen, "not refused"));
    sockets_close(&sockets);
}
END_TEST

/* The handler has gone: no one comes in. */
START_TEST(test_no_handler)
{
    open_sockets();
    zmq_close(sockets.zap);
    sockets.zap = zmq_socket(sockets.context, ZMQ_REP);
    listen_anywhere();
    const char *seen = sockets_self_test(&sockets, serve_not, &zap);
    ck_assert(seen == NULL || strstr(seen, "let in") == NULL);
    sockets_close(&sockets);
}
END_TEST

START_TEST(test_addresses)
{
    uint16_t port = 9;

    open_sockets();
    ck_assert(!sockets_listen(&sockets, "ipc:///tmp/gate", &port));
    ck_assert(!sockets_listen(&sockets, "", &port));
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1", &port));
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1:", &port));
    /* libzmq would take the lower 16 bits */
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1:73937", &port));
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1:65536", &port));
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1:0", &port));
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1:-7", &port));
    ck_assert(!sockets_listen(&sockets, "tcp://127.0.0.1:7401x", &port));
    ck_assert_uint_eq(port, 9);
    sockets_close(&sockets);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate_sockets");
    TCase *tests = tcase_create("gate_sockets");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_no_domain);
    tcase_add_test(tests, test_handler_lets_all_in);
    tcase_add_test(tests, test_no_curve);
    tcase_add_test(tests, test_no_answer);
    tcase_add_test(tests, test_no_handler);
    tcase_add_test(tests, test_addresses);
    tcase_add_test(tests, test_shut);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
