/* The gate as a process: who may come in, what is forwarded and what is answered, and that neither
 * strangers nor a slow ledger stop it. */
#include "gate_world.h"

static struct world world;
static struct pair key_a;
static struct pair key_b;
static struct pair key_invite;
static struct pair key_unknown;
static uint8_t large[300000];

static const struct allowed allowed[] = {
    {&key_a, "A", false},
    {&key_b, "B", false},
    {&key_invite, "C", true},
};

static void start(void)
{
    pair_new(&key_a);
    pair_new(&key_b);
    pair_new(&key_invite);
    pair_new(&key_unknown);
    world_start(&world, allowed, 3);
}

/* --- who may come in --- */

/* No handshake, no frame, and the gate goes on. */
static void turned_away(const struct client_kind *kind, int events)
{
    struct frame f = query_of(1, "balance");
    struct link_message m;

    start();
    world_credit(&world, 10);
    struct client c = client_new(&world, kind);
    zmq_send(c.socket, "x", 1, ZMQ_DONTWAIT);
    int seen = client_event(&c, events | ZMQ_EVENT_HANDSHAKE_SUCCEEDED, WAIT_MS);
    ck_assert_int_ne(seen, 0);
    ck_assert_int_ne(seen, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    client_close(&c);
    c = client_of(&world, &key_a);
    client_send(&c, &f);
    ck_assert(world_receive(&world, WAIT_MS, &m));
    client_close(&c);
}

START_TEST(test_unknown_key)
{
    turned_away(&(struct client_kind){.keys = &key_unknown}, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    ck_assert_uint_eq(world_counters(&world)[COUNTER_HANDSHAKES_REFUSED], 1);
    ck_assert_uint_eq(world.counters[COUNTER_HANDSHAKES_ALLOWED], 1);
    ck_assert_uint_eq(world.counters[COUNTER_FRAMES_MALFORMED], 0);
    world_end(&world);
}
END_TEST

START_TEST(test_wrong_server_key)
{
    turned_away(&(struct client_kind){.keys = &key_a, .server = &key_b},
                ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                    ZMQ_EVENT_DISCONNECTED);
    ck_assert_uint_ge(world_counters(&world)[COUNTER_HANDSHAKES_FAILED], 1);
    world_end(&world);
}
END_TEST

START_TEST(test_no_curve)
{
    turned_away(&(struct client_kind){0}, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                              ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                              ZMQ_EVENT_DISCONNECTED);
    ck_assert_uint_ge(world_counters(&world)[COUNTER_HANDSHAKES_FAILED], 1);
    world_end(&world);
}
END_TEST

/* Two stores at once: each frame says whose it is, each reply comes to whom it is for. */
START_TEST(test_allowed)
{
    struct frame hello_a = hello_of("A");
    struct frame hello_b = hello_of("B");
    struct link_frame a;
    struct link_frame b;

    start();
    world_credit(&world, 2);
    struct client ca = client_of(&world, &key_a);
    struct client cb = client_of(&world, &key_b);
    client_send(&ca, &hello_a);
    world_frame(&world, &a);
    ck_assert(slice_equal(a.store, slice_of("A")));
    ck_assert(!a.invite);
    ck_assert_mem_eq(a.curve, key_a.raw_public, LINK_KEY_LEN);
    client_send(&cb, &hello_b);
    world_frame(&world, &b);
    ck_assert(slice_equal(b.store, slice_of("B")));
    ck_assert_mem_eq(b.curve, key_b.raw_public, LINK_KEY_LEN);
    ck_assert_uint_ne(a.slot, b.slot);
    world_reply(&world, b.slot, b.generation, "for B");
    world_reply(&world, a.slot, a.generation, "for A");
    client_get(&ca, "for A");
    client_get(&cb, "for B");
    /* to nobody */
    world_reply(&world, a.slot, a.generation + 1, "x");
    world_reply(&world, a.slot, a.generation - 1, "x");
    world_reply(&world, UINT32_MAX, a.generation, "x");
    world_reply(&world, 0, a.generation, "x");
    world_count(&world, COUNTER_REPLIES_DROPPED, 4);
    ck_assert_uint_eq(world.counters[COUNTER_REPLIES_SENT], 2);
    ck_assert_uint_eq(world.counters[COUNTER_CONNECTIONS], 2);
    ck_assert_uint_eq(world.counters[COUNTER_FRAMES_FORWARDED], 2);
    ck_assert_int_eq(client_receive(&ca, QUIET_MS, large, sizeof large), -1);
    client_close(&ca);
    client_close(&cb);
    world_end(&world);
}
END_TEST

/* UNKNOWN_KEY, or BUSY with a time to wait. */
static uint32_t client_refused(struct client *c, unsigned int *busy)
{
    struct frame_expect expect = client_answer(c);

    if (expect.reason == REASON_BUSY) {
        ck_assert_uint_ge(expect.retry_after_ms, 1);
        *busy += 1;
    } else {
        ck_assert_int_eq(expect.reason, REASON_UNKNOWN_KEY);
    }
    return expect.retry_after_ms;
}

START_TEST(test_invitation)
{
    struct frame batch = {.type = FRAME_BATCH, .batch = {slice_of("b"), large, large}};
    struct frame hello = hello_of("C");
    struct frame balance = query_of(1, "balance");
    struct frame join = query_of(2, "join");
    struct link_frame frame;

    start();
    world_credit(&world, 100);
    struct client c = client_of(&world, &key_invite);
    client_send(&c, &hello);
    client_expect(&c, REASON_UNKNOWN_KEY);
    client_send(&c, &balance);
    client_expect(&c, REASON_UNKNOWN_KEY);
    client_send(&c, &batch);
    client_expect(&c, REASON_UNKNOWN_KEY);
    client_send(&c, &join);
    ck_assert_uint_eq(world_frame(&world, &frame), 2);
    ck_assert(frame.invite);
    ck_assert(slice_equal(frame.store, slice_of("C")));
    ck_assert_mem_eq(frame.curve, key_invite.raw_public, LINK_KEY_LEN);
    world_reply(&world, frame.slot, frame.generation, "pending");
    client_get(&c, "pending");
    /* an invitation may ask 50 times at once, and then slowly */
    unsigned int busy = 0;
    for (unsigned int i = 0; i < 100; i++) {
        client_send(&c, &balance);
        uint32_t wait_ms = client_refused(&c, &busy);
        ck_assert_uint_le(wait_ms, 100);
    }
    ck_assert_uint_ge(busy, 40);
    ck_assert_uint_eq(world_counters(&world)[COUNTER_BUSY_RATE], busy);
    ck_assert_uint_eq(world.counters[COUNTER_FRAMES_REFUSED], 103 - busy);
    client_close(&c);
    world_end(&world);
}
END_TEST

START_TEST(test_wrong_hello)
{
    struct frame f = hello_of("B");
    static const uint8_t other[LINK_NETWORK_LEN] = {8};
    struct link_message m;

    start();
    world_credit(&world, 10);
    struct client c = client_of(&world, &key_a);
    client_send(&c, &f);
    client_expect(&c, REASON_WRONG_STORE);
    f = hello_of("A");
    f.hello.network = other;
    client_send(&c, &f);
    client_expect(&c, REASON_WRONG_NETWORK);
    f = hello_of("A");
    f.hello.version = 2;
    client_send(&c, &f);
    client_expect(&c, REASON_VERSION);
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    ck_assert_uint_eq(world_counters(&world)[COUNTER_FRAMES_REFUSED], 3);
    client_close(&c);
    world_end(&world);
}
END_TEST

/* A store cannot say that it is another: what the handler said comes first. */
START_TEST(test_forged_properties)
{
    char metadata[128];
    char hex[65] = "";
    struct frame f = query_of(1, "balance");
    struct link_frame frame;

    start();
    for (unsigned int i = 0; i < LINK_KEY_LEN; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key_b.raw_public[i]);
    }
    snprintf(metadata, sizeof metadata, "X-Curve-Key:%s", hex);
    world_credit(&world, 1);
    struct client c =
        client_new(&world, &(struct client_kind){.keys = &key_a, .metadata = metadata});
    client_send(&c, &f);
    world_frame(&world, &frame);
    ck_assert(slice_equal(frame.store, slice_of("A")));
    ck_assert_mem_eq(frame.curve, key_a.raw_public, LINK_KEY_LEN);
    client_close(&c);
    world_end(&world);
}
END_TEST

START_TEST(test_own_address)
{
    struct frame f = query_of(1, "balance");
    struct link_message m;

    start();
    world_credit(&world, 1);
    struct client c = client_new(&world, &(struct client_kind){.keys = &key_a, .address = "till"});
    client_send(&c, &f);
    client_expect(&c, REASON_MALFORMED);
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    client_close(&c);
    world_end(&world);
}
END_TEST

/* --- what is forwarded --- */

START_TEST(test_malformed)
{
    struct frame f = {.type = FRAME_EXPECT, .expect = {.reason = REASON_BUSY}};
    struct frame query = query_of(5, "balance");
    struct link_frame frame;
    struct link_message m;
    uint8_t bytes[64];
    size_t len = frame_encode(&query, bytes, sizeof bytes);

    ck_assert_uint_gt(len, 0);
    start();
    world_credit(&world, 100);
    struct client c = client_of(&world, &key_a);
    client_send_bytes(&c, "", 0);
    client_expect(&c, REASON_MALFORMED);
    client_send_bytes(&c, "garbage", 7);
    client_expect(&c, REASON_MALFORMED);
    client_send(&c, &f);
    client_expect(&c, REASON_MALFORMED);
    for (unsigned int parts = 2; parts < 5; parts++) {
        /* each of them is a frame that would be forwarded */
        for (unsigned int i = 1; i <= parts; i++) {
            zmq_send(c.socket, bytes, len, i < parts ? ZMQ_SNDMORE : 0);
        }
        client_expect(&c, REASON_MALFORMED);
    }
    client_send_bytes(&c, large, FRAME_BYTES_MAX);
    client_expect(&c, REASON_MALFORMED);
    client_send_bytes(&c, large, FRAME_BYTES_MAX + 1);
    client_expect(&c, REASON_TOO_LARGE);
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    /* the connection is as good as before */
    client_send(&c, &query);
    ck_assert_uint_eq(world_frame(&world, &frame), 5);
    ck_assert_uint_eq(world_counters(&world)[COUNTER_FRAMES_MALFORMED], 7);
    ck_assert_uint_eq(world.counters[COUNTER_FRAMES_TOO_LARGE], 1);
    client_close(&c);
    world_end(&world);
}
END_TEST

START_TEST(test_largest)
{
    struct frame f = query_of(5, "balance");
    struct link_message m;

    start();
    world_credit(&world, 100);
    struct client c = client_of(&world, &key_a);
    static uint8_t bytes[FRAME_BYTES_MAX];
    uint32_t body = FRAME_BYTES_MAX;
    size_t len = 0;
    /* as long as a frame may be */
    while (len == 0) {
        f.query.body = (slice_t){(const char *)large, body--};
        len = frame_encode(&f, bytes, sizeof bytes);
    }
    ck_assert_uint_eq(len, FRAME_BYTES_MAX);
    client_send_bytes(&c, bytes, len);
    ck_assert(world_receive(&world, WAIT_MS, &m));
    ck_assert_uint_eq(m.frame.frame.len, FRAME_BYTES_MAX);
    ck_assert_mem_eq(m.frame.frame.text, bytes, len);
    /* far over: the connection ends, and only that */
    client_send_bytes(&c, large, sizeof large);
    ck_assert_int_eq(client_event(&c, ZMQ_EVENT_DISCONNECTED, WAIT_MS), ZMQ_EVENT_DISCONNECTED);
    struct client other = client_of(&world, &key_b);
    client_send(&other, &f);
    ck_assert(world_receive(&world, WAIT_MS, &m));
    ck_assert(slice_equal(m.frame.store, slice_of("B")));
    client_close(&c);
    client_close(&other);
    world_end(&world);
}
END_TEST

START_TEST(test_credits)
{
    struct frame batch = {.type = FRAME_BATCH, .batch = {slice_of("b"), large, large}};
    struct frame query = query_of(3, "balance");
    struct frame hello = hello_of("A");
    struct link_frame frame;
    struct link_message m;

    start();
    struct client c = client_of(&world, &key_a);
    for (unsigned int i = 0; i < 50; i++) {
        client_send(&c, i % 3 == 0 ? &hello : i % 3 == 1 ? &batch : &query);
        ck_assert_uint_gt(client_expect(&c, REASON_BUSY), 0);
    }
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    ck_assert_uint_eq(world_counters(&world)[COUNTER_BUSY_CREDIT], 50);
    world_credit(&world, 2);
    world_credit(&world, 1);
    world_counters(&world); /* by now it has them */
    for (unsigned int i = 0; i < 5; i++) {
        client_send(&c, &query);
    }
    for (unsigned int i = 0; i < 3; i++) {
        ck_assert_uint_eq(world_frame(&world, &frame), 3);
    }
    client_expect(&c, REASON_BUSY);
    client_expect(&c, REASON_BUSY);
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    client_close(&c);
    world_end(&world);
}
END_TEST

/* The ledger gives credit and then does not read: each frame is kept for it or answered. */
START_TEST(test_ledger_stands_still)
{
    struct frame f = query_of(1, "balance");
    struct link_frame frame;
    unsigned int busy = 0;
    unsigned int sent = 0;

    start();
    world_credit(&world, 60000);
    struct client c = client_of(&world, &key_a);
    f.query.body = (slice_t){(const char *)large, 90000};
    /* until there is no more room: in the link, then in the gate */
    while (busy < 3 && sent < 500) {
        f.query.id = ++sent;
        client_send(&c, &f);
        busy += client_receive(&c, sent < 20 ? 5 : 50, large + 200000, 1000) > 0;
    }
    ck_assert_uint_eq(busy, 3);
    /* the others are answered as well */
    struct client other = client_of(&world, &key_b);
    struct frame hello = hello_of("B");
    client_send(&other, &hello);
    ck_assert_uint_gt(client_expect(&other, REASON_BUSY), 0);
    uint64_t last = 0;
    struct link_message m;
    unsigned int got = 0;
    while (world_receive(&world, 500, &m)) {
        struct decode_fault fault;
        struct frame read;
        ck_assert(frame_decode(m.frame.frame, &read, &fault));
        ck_assert_uint_gt(read.query.id, last);
        last = read.query.id;
        got++;
    }
    while (client_receive(&c, QUIET_MS, large + 200000, 1000) > 0) {
        busy++;
    }
    ck_assert_uint_eq(got + busy, sent);
    ck_assert_uint_ge(got, 64);
    client_send(&other, &hello);
    world_frame(&world, &frame);
    ck_assert(slice_equal(frame.store, slice_of("B")));
    client_close(&c);
    client_close(&other);
    world_end(&world);
}
END_TEST

/* --- connections --- */

START_TEST(test_third_connection)
{
    struct frame f = query_of(1, "balance");
    struct link_frame frame;
    struct client c[3];

    start();
    world_credit(&world, 100);
    for (unsigned int i = 0; i < 3; i++) {
        c[i] = client_of(&world, &key_a);
        client_send(&c[i], &f);
        if (i < 2) {
            world_frame(&world, &frame);
        }
    }
    ck_assert_uint_gt(client_expect(&c[2], REASON_BUSY), 0);
    ck_assert_uint_eq(world_counters(&world)[COUNTER_BUSY_CONNECTIONS], 1);
    /* another store is not concerned, and when one has gone there is room */
    struct client other = client_of(&world, &key_b);
    client_send(&other, &f);
    world_frame(&world, &frame);
    client_close(&c[0]);
    world_count(&world, COUNTER_CONNECTIONS, 3);
    client_send(&c[2], &f);
    world_frame(&world, &frame);
    world_reply(&world, frame.slot, frame.generation, "now");
    client_get(&c[2], "now");
    client_close(&c[1]);
    client_close(&c[2]);
    client_close(&other);
    world_count(&world, COUNTER_CONNECTIONS, 0);
    world_end(&world);
}
END_TEST

/* A node is killed and comes back, over and over: a late reply never reaches the wrong one. */
START_TEST(test_come_and_go)
{
    struct frame f = query_of(1, "balance");
    struct link_frame frame;
    struct link_frame before = {0};

    start();
    world_credit(&world, 1000);
    for (unsigned int i = 0; i < 40; i++) {
        const struct pair *key = i % 2 == 0 ? &key_a : &key_b;
        struct client c = client_of(&world, key);
        f.query.id = i + 1;
        client_send(&c, &f);
        ck_assert_uint_eq(world_frame(&world, &frame), i + 1);
        ck_assert(frame.slot != before.slot || frame.generation != before.generation);
        if (i > 0) {
            world_reply(&world, before.slot, before.generation, "late");
        }
        world_reply(&world, frame.slot, frame.generation, "mine");
        client_get(&c, "mine");
        before = frame;
        client_close(&c);
        world_count(&world, COUNTER_CONNECTIONS, 0);
    }
    ck_assert_uint_eq(world_counters(&world)[COUNTER_REPLIES_DROPPED], 39);
    ck_assert_uint_eq(world.counters[COUNTER_REPLIES_SENT], 40);
    world_end(&world);
}
END_TEST

START_TEST(test_key_removed)
{
    const struct allowed rest[] = {{&key_b, "B", false}};
    const struct allowed moved[] = {{&key_a, "B2", false}, {&key_b, "B", false}};
    struct frame f = query_of(1, "balance");
    struct link_frame frame;
    struct link_message m;

    start();
    world_credit(&world, 100);
    struct client ca = client_of(&world, &key_a);
    struct client cb = client_of(&world, &key_b);
    client_send(&ca, &f);
    world_frame(&world, &frame);
    client_send(&cb, &f);
    world_frame(&world, &frame);
    world_keys(&world, rest, 1);
    world_counters(&world);
    client_send(&ca, &f);
    client_expect(&ca, REASON_UNKNOWN_KEY);
    ck_assert_uint_eq(world_counters(&world)[COUNTER_FRAMES_REVOKED], 1);
    ck_assert_int_eq(client_event(&ca, ZMQ_EVENT_DISCONNECTED, WAIT_MS), ZMQ_EVENT_DISCONNECTED);
    /* it tries again and is a stranger now */
    ck_assert_int_eq(client_event(&ca, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, WAIT_MS),
                     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    ck_assert(!world_receive(&world, QUIET_MS, &m));
    client_close(&ca);
    client_send(&cb, &f);
    world_frame(&world, &frame);
    ck_assert(slice_equal(frame.store, slice_of("B")));
    world_keys(&world, moved, 2);
    ca = client_of(&world, &key_a);
    client_send(&ca, &f);
    world_frame(&world, &frame);
    ck_assert(slice_equal(frame.store, slice_of("B2")));
    /* the key is another store's: the connection is not its any more */
    world_keys(&world, allowed, 3);
    world_counters(&world);
    client_send(&ca, &f);
    client_expect(&ca, REASON_UNKNOWN_KEY);
    world_count(&world, COUNTER_CONNECTIONS_CLOSED, 2);
    client_close(&ca);
    client_close(&cb);
    world_end(&world);
}
END_TEST

/* This program is started again as the gate. */
int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--gate") == 0) {
        return gate_main(atoi(argv[2]));
    }
    Suite *suite = suite_create("gate");
    TCase *tests = tcase_create("gate");

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, test_unknown_key);
    tcase_add_test(tests, test_wrong_server_key);
    tcase_add_test(tests, test_no_curve);
    tcase_add_test(tests, test_invitation);
    tcase_add_test(tests, test_wrong_hello);
    tcase_add_test(tests, test_forged_properties);
    tcase_add_test(tests, test_own_address);
    tcase_add_test(tests, test_allowed);
    tcase_add_test(tests, test_malformed);
    tcase_add_test(tests, test_largest);
    tcase_add_test(tests, test_credits);
    tcase_add_test(tests, test_ledger_stands_still);
    tcase_add_test(tests, test_third_connection);
    tcase_add_test(tests, test_come_and_go);
    tcase_add_test(tests, test_key_removed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
