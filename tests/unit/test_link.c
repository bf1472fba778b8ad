/* The link: to and fro, what neither side may send, every length and flipped byte, full and ended
 * links. */
#include "daemon/link.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/codec/frame.h"

static uint8_t buffer[LINK_MESSAGE_MAX];
static uint8_t large[LINK_MESSAGE_MAX + 1];
static uint8_t network[LINK_NETWORK_LEN] = {1, 2, 3};
static uint8_t secret[LINK_KEY_LEN] = {4, 5, 6};
static uint8_t curve[LINK_KEY_LEN] = {7, 8, 9};
static uint8_t entries[LINK_KEYS_BYTES_MAX];

static slice_t bytes_of(const void *bytes, size_t len)
{
    return (slice_t){bytes, (uint32_t)len};
}

static void pair_make(int ends[2])
{
    ck_assert(link_pair(ends));
}

static void pair_close(int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* A message through a link, so that its bytes are in `buffer`.
 * Returns: their number. */
static size_t raw_of(const struct link_message *message)
{
    int ends[2];

    pair_make(ends);
    ck_assert_int_eq(link_send(ends[0], message), LINK_DONE);
    ssize_t got = recv(ends[1], buffer, sizeof buffer, 0);
    ck_assert_int_gt(got, 0);
    pair_close(ends);
    return (size_t)got;
}

static struct link_message sample(link_kind_t kind)
{
    struct link_message m = {.kind = kind};
    size_t len = 0;

    switch (kind) {
    case LINK_CONFIG:
        m.config = (struct link_config){512, network, secret, slice_of("tcp://127.0.0.1:*")};
        break;
    case LINK_KEYS:
        ck_assert(link_keys_put(entries, &len, &(struct link_key){curve, slice_of("A"), false}));
        ck_assert(link_keys_put(entries, &len, &(struct link_key){secret, slice_of("B-2"), true}));
        m.keys = (struct link_keys){true, false, bytes_of(entries, len)};
        break;
    case LINK_REPLY:
        m.reply = (struct link_reply){70000, 0xfffffffe, slice_of("frame")};
        break;
    case LINK_CREDIT:
        m.credit = 0x01020304;
        break;
    case LINK_STOP:
    case LINK_ASK:
        break;
    case LINK_READY:
        m.port = 7401;
        break;
    case LINK_FRAME:
        m.frame = (struct link_frame){9, 10, true, curve, slice_of("store_9"), slice_of("xyz")};
        break;
    case LINK_COUNTERS:
        for (unsigned int i = 0; i < COUNTER_COUNT; i++) {
            m.counters[i] = UINT64_MAX - i;
        }
        break;
    }
    return m;
}

static const link_kind_t kinds[] = {LINK_CONFIG, LINK_KEYS,  LINK_REPLY, LINK_CREDIT,  LINK_STOP,
                                    LINK_ASK,    LINK_READY, LINK_FRAME, LINK_COUNTERS};
#define KINDS (sizeof kinds / sizeof *kinds)

static link_side_t side_of(link_kind_t kind)
{
    return kind >= LINK_READY ? LINK_FROM_GATE : LINK_FROM_LEDGER;
}

START_TEST(test_round_trip_ledger)
{
    struct link_message m;
    struct link_key key;
    int ends[2];

    pair_make(ends);
    for (size_t i = 0; i < KINDS; i++) {
        m = sample(kinds[i]);
        ck_assert_int_eq(link_send(ends[0], &m), LINK_DONE);
    }
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_CONFIG);
    ck_assert_uint_eq(m.config.memory_max_mib, 512);
    ck_assert_mem_eq(m.config.network, network, LINK_NETWORK_LEN);
    ck_assert_mem_eq(m.config.secret, secret, LINK_KEY_LEN);
    ck_assert(slice_equal(m.config.address, slice_of("tcp://127.0.0.1:*")));
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_KEYS);
    ck_assert(m.keys.first);
    ck_assert(!m.keys.last);
    ck_assert(link_keys_next(&m.keys.entries, &key));
    ck_assert_mem_eq(key.curve, curve, LINK_KEY_LEN);
    ck_assert(slice_equal(key.store, slice_of("A")));
    ck_assert(!key.invite);
    ck_assert(link_keys_next(&m.keys.entries, &key));
    ck_assert_mem_eq(key.curve, secret, LINK_KEY_LEN);
    ck_assert(slice_equal(key.store, slice_of("B-2")));
    ck_assert(key.invite);
    ck_assert(!link_keys_next(&m.keys.entries, &key));
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_REPLY);
    ck_assert_uint_eq(m.reply.slot, 70000);
    ck_assert_uint_eq(m.reply.generation, 0xfffffffe);
    ck_assert(slice_equal(m.reply.frame, slice_of("frame")));
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_DONE);
    ck_assert_uint_eq(m.credit, 0x01020304);
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_STOP);
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_ASK);
    pair_close(ends);
}
END_TEST

START_TEST(test_round_trip_gate)
{
    struct link_message m;
    int ends[2];

    pair_make(ends);
    for (size_t i = 0; i < KINDS; i++) {
        m = sample(kinds[i]);
        if (side_of(kinds[i]) == LINK_FROM_GATE) {
            ck_assert_int_eq(link_send(ends[1], &m), LINK_DONE);
        }
    }
    ck_assert_int_eq(link_receive(ends[0], LINK_FROM_GATE, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_READY);
    ck_assert_uint_eq(m.port, 7401);
    ck_assert_int_eq(link_receive(ends[0], LINK_FROM_GATE, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_FRAME);
    ck_assert_uint_eq(m.frame.slot, 9);
    ck_assert_uint_eq(m.frame.generation, 10);
    ck_assert(m.frame.invite);
    ck_assert_mem_eq(m.frame.curve, curve, LINK_KEY_LEN);
    ck_assert(slice_equal(m.frame.store, slice_of("store_9")));
    ck_assert(slice_equal(m.frame.frame, slice_of("xyz")));
    ck_assert_int_eq(link_receive(ends[0], LINK_FROM_GATE, buffer, &m), LINK_DONE);
    ck_assert_int_eq(m.kind, LINK_COUNTERS);
    ck_assert_uint_eq(m.counters[0], UINT64_MAX);
    ck_assert_uint_eq(m.counters[COUNTER_COUNT - 1], UINT64_MAX - (COUNTER_COUNT - 1));
    ck_assert_int_eq(link_receive(ends[0], LINK_FROM_GATE, buffer, &m), LINK_LATER);
    pair_close(ends);
}
END_TEST

/* Each kind is taken from its own side only, and no other number is a kind. */
START_TEST(test_sides_and_kinds)
{
    struct link_message m;
    struct link_message read;

    for (size_t i = 0; i < KINDS; i++) {
        m = sample(kinds[i]);
        size_t len = raw_of(&m);
        link_side_t side = side_of(kinds[i]);
        link_side_t other = side == LINK_FROM_GATE ? LINK_FROM_LEDGER : LINK_FROM_GATE;
        ck_assert(link_decode(bytes_of(buffer, len), side, &read));
        ck_assert(!link_decode(bytes_of(buffer, len), other, &read));
    }
    m = sample(LINK_STOP);
    ck_assert_uint_eq(raw_of(&m), 1);
    for (unsigned int kind = 0; kind < 256; kind++) {
        buffer[0] = (uint8_t)kind;
        ck_assert(link_decode(bytes_of(buffer, 1), LINK_FROM_LEDGER, &read) ==
                  (kind == LINK_STOP || kind == LINK_ASK));
        ck_assert(!link_decode(bytes_of(buffer, 1), LINK_FROM_GATE, &read));
    }
    ck_assert(!link_decode(bytes_of(buffer, 0), LINK_FROM_LEDGER, &read));
}
END_TEST

/* The shortest length at which a cut message is still one; for kinds of a fixed form the whole. */
static size_t shortest(link_kind_t kind, size_t len)
{
    switch (kind) {
    case LINK_CONFIG:
        return len - (sizeof "tcp://127.0.0.1:*" - 1) + 1;
    case LINK_REPLY:
        return len - 4;
    case LINK_FRAME:
        return len - 2;
    case LINK_KEYS:
    case LINK_CREDIT:
    case LINK_STOP:
    case LINK_ASK:
    case LINK_READY:
    case LINK_COUNTERS:
        break;
    }
    return len;
}

START_TEST(test_lengths)
{
    struct link_message read;

    for (size_t i = 0; i < KINDS; i++) {
        struct link_message m = sample(kinds[i]);
        size_t len = raw_of(&m);
        link_side_t side = side_of(kinds[i]);
        for (size_t cut = 0; cut < len; cut++) {
            /* a part of keys may end after any of them */
            bool whole_keys = kinds[i] == LINK_KEYS && (cut == 2 || cut == 2 + 35);
            bool ok = cut >= shortest(kinds[i], len) || whole_keys;
            uint8_t *copy = malloc(cut + 1); /* so that reading beyond is seen */
            memcpy(copy, buffer, cut);
            ck_assert_msg(link_decode(bytes_of(copy, cut), side, &read) == ok,
                          "kind %d cut to %zu of %zu", (int)kinds[i], cut, len);
            free(copy);
        }
        buffer[len] = 0;
        bool open_end = kinds[i] == LINK_REPLY || kinds[i] == LINK_FRAME;
        ck_assert_msg(link_decode(bytes_of(buffer, len + 1), side, &read) == open_end,
                      "kind %d with a byte more", (int)kinds[i]);
    }
}
END_TEST

START_TEST(test_values_refused)
{
    struct link_message read;
    struct link_message m = sample(LINK_CREDIT);
    size_t len = raw_of(&m);

    memset(buffer + 1, 0, 4);
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
    m = sample(LINK_KEYS);
    len = raw_of(&m);
    buffer[1] = 4; /* flags of the part */
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
    buffer[1] = 3;
    ck_assert(link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
    ck_assert(read.keys.first);
    ck_assert(read.keys.last);
    buffer[2 + 32] = 2; /* flags of the first key */
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
    buffer[2 + 32] = 0;
    buffer[2 + 34] = '-'; /* not a code */
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
    m = sample(LINK_FRAME);
    len = raw_of(&m);
    buffer[1] = 2;
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_GATE, &read));
    buffer[1] = 0;
    ck_assert(link_decode(bytes_of(buffer, len), LINK_FROM_GATE, &read));
    buffer[42] = 0; /* the code's length */
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_GATE, &read));
    buffer[42] = CODE_LEN_MAX + 1;
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_GATE, &read));
    m = sample(LINK_CONFIG);
    len = raw_of(&m);
    buffer[len - 1] = '\0';
    ck_assert(!link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
}
END_TEST

START_TEST(test_largest)
{
    struct link_message read;
    struct link_message m = {
        .kind = LINK_FRAME,
        .frame = {1, 2, false, curve, slice_of("abcdefghijklmnopqrstuvwxyz012345"),
                  bytes_of(large, FRAME_BYTES_MAX)},
    };

    size_t len = raw_of(&m);
    ck_assert(link_decode(bytes_of(buffer, len), LINK_FROM_GATE, &read));
    ck_assert_uint_eq(read.frame.frame.len, FRAME_BYTES_MAX);
    ck_assert(!link_decode(bytes_of(buffer, len + 1), LINK_FROM_GATE, &read));
    m = (struct link_message){.kind = LINK_REPLY,
                              .reply = {1, 2, bytes_of(large, FRAME_BYTES_MAX)}};
    len = raw_of(&m);
    ck_assert(link_decode(bytes_of(buffer, len), LINK_FROM_LEDGER, &read));
    ck_assert(!link_decode(bytes_of(buffer, len + 1), LINK_FROM_LEDGER, &read));
}
END_TEST

/* As many keys as go into a part, and the longest message that can come. */
START_TEST(test_full_part)
{
    slice_t store = slice_of("abcdefghijklmnopqrstuvwxyz012345");
    struct link_message m = {.kind = LINK_KEYS, .keys = {false, true, {0}}};
    struct link_message read;
    struct link_key key = {curve, store, true};
    uint32_t count = 0;
    size_t len = 0;

    while (link_keys_put(entries, &len, &key)) {
        count++;
    }
    ck_assert_uint_eq(count, LINK_KEYS_BYTES_MAX / LINK_KEY_ENTRY_LEN_MAX);
    m.keys.entries = bytes_of(entries, len);
    size_t got = raw_of(&m);
    ck_assert(link_decode(bytes_of(buffer, got), LINK_FROM_LEDGER, &read));
    while (link_keys_next(&read.keys.entries, &key)) {
        count--;
    }
    ck_assert_uint_eq(count, 0);
    m.keys.entries = (slice_t){0};
    got = raw_of(&m);
    ck_assert_uint_eq(got, 2);
    ck_assert(link_decode(bytes_of(buffer, got), LINK_FROM_LEDGER, &read));
}
END_TEST

/* More than a message may have, and a file descriptor beside one. */
START_TEST(test_smuggled)
{
    struct link_message m = {0};
    int ends[2];
    char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0};
    uint8_t stop = LINK_STOP;
    struct iovec part = {&stop, 1};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};

    pair_make(ends);
    large[0] = LINK_REPLY;
    ck_assert_int_eq(send(ends[0], large, sizeof large, 0), sizeof large);
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_MALFORMED);
    struct cmsghdr *c = (void *)control;
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &ends[0], sizeof(int));
    ck_assert_int_eq(sendmsg(ends[0], &header, 0), 1);
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &m), LINK_MALFORMED);
    pair_close(ends);
}
END_TEST

START_TEST(test_full_and_gone)
{
    struct link_message m = {.kind = LINK_REPLY, .reply = {1, 2, bytes_of(large, FRAME_BYTES_MAX)}};
    struct link_message read;
    int ends[2];
    unsigned int sent = 0;

    pair_make(ends);
    while (link_send(ends[0], &m) == LINK_DONE) {
        ck_assert_uint_lt(++sent, 1000);
    }
    ck_assert_uint_ge(sent, 1);
    ck_assert_int_eq(link_send(ends[0], &m), LINK_LATER);
    for (unsigned int i = 0; i < sent; i++) {
        ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &read), LINK_DONE);
    }
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &read), LINK_LATER);
    ck_assert_int_eq(link_send(ends[0], &m), LINK_DONE);
    /* what was sent before the end still arrives */
    close(ends[0]);
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &read), LINK_DONE);
    ck_assert_int_eq(link_receive(ends[1], LINK_FROM_LEDGER, buffer, &read), LINK_GONE);
    ck_assert_int_eq(link_send(ends[1], &m), LINK_GONE);
    close(ends[1]);
}
END_TEST

START_TEST(test_prepare)
{
    int ends[2];
    int pipes[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    errno = 0;
    ck_assert(!link_prepare(ends[0]));
    ck_assert_int_eq(errno, EPROTOTYPE);
    pair_close(ends);
    ck_assert_int_eq(pipe(pipes), 0);
    ck_assert(!link_prepare(pipes[0]));
    ck_assert_int_eq(errno, ENOTSOCK);
    pair_close(pipes);
    ck_assert(!link_prepare(-1));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    ck_assert(link_prepare(ends[0]));
    ck_assert_int_ne(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_ne(fcntl(ends[0], F_GETFD) & FD_CLOEXEC, 0);
    pair_close(ends);
}
END_TEST

START_TEST(test_mutants)
{
    struct link_message read;
    struct link_key key;
    unsigned int seed = 7;
    unsigned int accepted = 0;

    for (unsigned int i = 0; i < 200000; i++) {
        struct link_message m = sample(kinds[i % KINDS]);
        static uint8_t copy[512];
        static size_t lens[KINDS];
        static uint8_t raws[KINDS][512];
        if (i < KINDS) {
            lens[i] = raw_of(&m);
            memcpy(raws[i], buffer, lens[i]);
        }
        size_t len = lens[i % KINDS];
        memcpy(copy, raws[i % KINDS], len);
        for (unsigned int k = 0; k < 1 + i % 3; k++) {
            copy[(unsigned int)rand_r(&seed) % len] = (uint8_t)rand_r(&seed);
        }
        if (!link_decode(bytes_of(copy, len), (link_side_t)(i / KINDS % 2), &read)) {
            continue;
        }
        accepted++;
        while (read.kind == LINK_KEYS && link_keys_next(&read.keys.entries, &key)) {
            ck_assert(code_valid(key.store));
        }
        ck_assert(read.kind != LINK_FRAME || code_valid(read.frame.store));
    }
    ck_assert_uint_gt(accepted, 1000);
}
END_TEST

START_TEST(test_names)
{
    ck_assert_str_eq(link_counter_name(COUNTER_CONNECTIONS), "connections");
    ck_assert_str_eq(link_counter_name(COUNTER_ANSWERS_DROPPED), "answers_dropped");
    ck_assert_str_eq(link_counter_name(COUNTER_COUNT), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *tests = tcase_create("link");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_sides_and_kinds);
    tcase_add_test(tests, test_lengths);
    tcase_add_test(tests, test_values_refused);
    tcase_add_test(tests, test_smuggled);
    tcase_add_test(tests, test_prepare);
    tcase_add_test(tests, test_full_and_gone);
    tcase_add_test(tests, test_largest);
    tcase_add_test(tests, test_full_part);
    tcase_add_test(tests, test_round_trip_ledger);
    tcase_add_test(tests, test_round_trip_gate);
    tcase_add_test(tests, test_mutants);
    tcase_add_test(tests, test_names);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
