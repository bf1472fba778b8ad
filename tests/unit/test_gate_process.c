/* The gate as a process: how it ends, what it has given up, and that raw bytes, too many
 * connections and endless messages do not take it from the stores. */
#include "gate_world.h"

#include <dirent.h>
#include <sys/socket.h>

static struct world world;
static struct pair key_a;
static uint8_t large[65536];
static const struct allowed allowed[] = {{&key_a, "A", false}};

static void make_key(void)
{
    pair_new(&key_a);
}

/* --- how it ends --- */

static void ends_with(int code)
{
    ck_assert_int_eq(world_wait(&world), code);
    close(world.link);
}

START_TEST(test_link_gone)
{
    world_new(&world, 0);
    close(world.link);
    ck_assert_int_eq(world_wait(&world), GATE_EXIT_AGAIN);
    world_start(&world, allowed, 1);
    close(world.link);
    ck_assert_int_eq(world_wait(&world), GATE_EXIT_AGAIN);
    zmq_ctx_term(world.context);
}
END_TEST

START_TEST(test_stop_before_config)
{
    world_new(&world, 0);
    world_send(&world, &(struct link_message){.kind = LINK_STOP});
    ends_with(GATE_EXIT_STOPPED);
}
END_TEST

START_TEST(test_ledger_misbehaves)
{
    const struct allowed twice[] = {{&key_a, "A", false}, {&key_a, "B", false}};
    struct link_message m = {.kind = LINK_KEYS, .keys = {.last = true}};

    world_new(&world, 0);
    ck_assert_int_eq(send(world.link, "\xff", 1, 0), 1);
    ends_with(GATE_EXIT_PROTOCOL);
    world_new(&world, 0);
    world_credit(&world, 1); /* before CONFIG */
    ends_with(GATE_EXIT_PROTOCOL);
    world_new(&world, 0);
    world_config(&world, "tcp://127.0.0.1:*", 0);
    world_config(&world, "tcp://127.0.0.1:*", 0);
    ends_with(GATE_EXIT_PROTOCOL);
    world_new(&world, 0);
    world_config(&world, "tcp://127.0.0.1:*", 0);
    world_send(&world, &m); /* a last part without a first */
    ends_with(GATE_EXIT_PROTOCOL);
    world_new(&world, 0);
    world_config(&world, "tcp://127.0.0.1:*", 0);
    world_keys(&world, twice, 2);
    ends_with(GATE_EXIT_PROTOCOL);
    /* what only a gate sends, to a gate that is open */
    world_start(&world, allowed, 1);
    world_send(&world, &(struct link_message){.kind = LINK_READY, .port = 1});
    ck_assert_int_eq(world_wait(&world), GATE_EXIT_PROTOCOL);
    close(world.link);
    zmq_ctx_term(world.context);
}
END_TEST

/* Somebody else has the port; addresses that are none. */
START_TEST(test_not_bound)
{
    static const char *const addresses[] = {
        "ipc:///tmp/x",          "inproc://x",       "tcp://", "7401",
        "tcp://127.0.0.1:99999", "tcp://256.0.0.1:1"};
    char taken[64];

    world_start(&world, allowed, 1);
    snprintf(taken, sizeof taken, "%s", world.endpoint);
    struct world first = world;
    world_new(&world, 0);
    world_config(&world, taken, 0);
    world_keys(&world, allowed, 1);
    ends_with(GATE_EXIT_CONFIG);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        world_new(&world, 0);
        world_config(&world, addresses[i], 0);
        world_keys(&world, allowed, 1);
        ends_with(GATE_EXIT_CONFIG);
    }
    world = first;
    world_end(&world);
}
END_TEST

START_TEST(test_not_a_link)
{
    pid_t child = fork();
    int status = 0;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        execl("/proc/self/exe", "gate", "--gate", "0", (char *)NULL);
        _exit(127);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), GATE_EXIT_CONFIG);
    world_new(&world, 100); /* too few descriptors */
    ends_with(GATE_EXIT_CONFIG);
}
END_TEST

/* A gate is killed; the next one at the same place serves, and knows nothing of replies for the one
 * before. */
START_TEST(test_killed)
{
    struct frame f = query_of(1, "balance");
    struct link_frame before;
    struct link_frame frame;

    world_start(&world, allowed, 1);
    world_credit(&world, 1);
    struct client c = client_of(&world, &key_a);
    client_send(&c, &f);
    world_frame(&world, &before);
    kill(world.gate, SIGKILL);
    ck_assert_int_eq(world_wait(&world), -1);
    close(world.link);
    world_fork(&world);
    world_config(&world, world.endpoint, 0);
    world_keys(&world, allowed, 1);
    world_credit(&world, 1);
    struct link_message m;
    ck_assert(world_receive(&world, WAIT_MS, &m));
    ck_assert_int_eq(m.kind, LINK_READY);
    ck_assert_uint_eq(m.port, world.port);
    /* the store's library comes back by itself */
    ck_assert_int_eq(client_event(&c, ZMQ_EVENT_DISCONNECTED, WAIT_MS), ZMQ_EVENT_DISCONNECTED);
    ck_assert_int_eq(client_event(&c, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, WAIT_MS),
                     ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    client_send(&c, &f);
    world_frame(&world, &frame);
    ck_assert_uint_ne(frame.generation, before.generation);
    world_reply(&world, before.slot, before.generation, "late");
    world_reply(&world, frame.slot, frame.generation, "mine");
    client_get(&c, "mine");
    client_close(&c);
    world_end(&world);
}
END_TEST

/* --- what it has given up --- */

static bool status_has(pid_t pid, const char *line)
{
    char path[64];
    char text[256];
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "r");
    ck_assert_ptr_nonnull(status);
    while (!found && fgets(text, sizeof text, status) != NULL) {
        found = strncmp(text, line, strlen(line)) == 0;
    }
    fclose(status);
    return found;
}

START_TEST(test_confined)
{
    struct rlimit core = {1, 1};
    char path[64];
    char target[256];

    int leaked = open("/etc/passwd", O_RDONLY); /* not close-on-exec */
    ck_assert_int_ge(leaked, 0);
    world_start(&world, allowed, 1);
    close(leaked);
    ck_assert(status_has(world.gate, "NoNewPrivs:\t1"));
    ck_assert_int_eq(prlimit(world.gate, RLIMIT_CORE, NULL, &core), 0);
    ck_assert_uint_eq(core.rlim_cur, 0);
    ck_assert_uint_eq(core.rlim_max, 0);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)world.gate);
    DIR *fds = opendir(path);
    ck_assert_ptr_nonnull(fds);
    for (struct dirent *e = readdir(fds); e != NULL; e = readdir(fds)) {
        ssize_t len = readlinkat(dirfd(fds), e->d_name, target, sizeof target - 1);
        target[len < 0 ? 0 : len] = '\0';
        ck_assert_ptr_null(strstr(target, "passwd"));
    }
    closedir(fds);
    world_end(&world);
}
END_TEST

/* --- what the network sends --- */

static int connect_raw(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(world.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval wait = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* A greeting of ZMTP 3 with a mechanism, and what follows it. */
static size_t greeting(uint8_t out[64], const char *mechanism)
{
    static const uint8_t signature[] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0};

    memset(out, 0, 64);
    memcpy(out, signature, sizeof signature);
    memcpy(out + 12, mechanism, strlen(mechanism));
    return 64;
}

static void serves(uint64_t id)
{
    struct frame f = query_of(id, "balance");
    struct link_frame frame;
    struct client c = client_of(&world, &key_a);

    client_send(&c, &f);
    ck_assert_uint_eq(world_frame(&world, &frame), id);
    world_reply(&world, frame.slot, frame.generation, "ok");
    client_get(&c, "ok");
    client_close(&c);
}

START_TEST(test_raw_bytes)
{
    unsigned int seed = 11;
    uint8_t hello[64];

    world_start(&world, allowed, 1);
    world_credit(&world, 1000);
    for (unsigned int i = 0; i < 200; i++) {
        static const char *const mechanisms[] = {"NULL", "PLAIN", "CURVE", "GSSAPI"};
        int fd = connect_raw();
        size_t len = greeting(hello, mechanisms[i % 4]);
        for (size_t k = 0; k < sizeof large; k++) {
            large[k] = (uint8_t)rand_r(&seed);
        }
        if (i % 3 != 0) {
            send(fd, hello, i % 5 == 0 ? len / 2 : len, MSG_NOSIGNAL);
        }
        if (i % 7 == 0) {
            /* a command that announces far too much */
            memcpy(large, "\x06\x7f\xff\xff\xff\xff\xff\xff\xff", 9);
        }
        send(fd, large, (unsigned int)rand_r(&seed) % sizeof large, MSG_NOSIGNAL);
        if (i % 2 == 0) {
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
        }
        close(fd);
        if (i % 50 == 0) {
            serves(i + 1);
        }
    }
    serves(1000);
    ck_assert_uint_ge(world_counters(&world)[COUNTER_HANDSHAKES_FAILED], 100);
    ck_assert_uint_eq(world.counters[COUNTER_FRAMES_FORWARDED], 5);
    ck_assert_uint_eq(world.counters[COUNTER_HANDSHAKES_ALLOWED], 5);
    world_count(&world, COUNTER_CONNECTIONS, 0);
    world_end(&world);
}
END_TEST

/* Connections that say nothing are cut off, and more than there may be are not let in at all. */
START_TEST(test_too_many)
{
    enum { MANY = 2000, LIMIT = 256 };
    static int fds[MANY];
    unsigned int count = 0;
    char byte;

    world_new(&world, LIMIT + 32);
    world_ready(&world, 0, allowed, 1);
    world_credit(&world, 10);
    /* in a slow run the first are cut off before the last have come */
    while (count < LIMIT || world_counters(&world)[COUNTER_CONNECTIONS_REFUSED] == 0) {
        ck_assert_uint_lt(count, MANY);
        fds[count++] = connect_raw();
        ck_assert_uint_le(world.counters[COUNTER_CONNECTIONS], LIMIT);
    }
    /* the handshake has its time, and then the end comes */
    while (recv(fds[0], &byte, 1, 0) > 0) {
    }
    world_count(&world, COUNTER_CONNECTIONS, 0);
    serves(1);
    for (unsigned int i = 0; i < count; i++) {
        close(fds[i]);
    }
    world_end(&world);
}
END_TEST

/* One store takes more than half of the connections and says nothing on them: they are closed when
 * that has been so for a while, a connection that has spoken is not. */
START_TEST(test_silent)
{
    enum { LIMIT = 256, SILENT = LIMIT / 2 + 8 };
    static struct client silent[SILENT];
    struct frame f = query_of(1, "balance");
    struct link_frame frame;

    world_new(&world, LIMIT + 32);
    world_ready(&world, 0, allowed, 1);
    world_credit(&world, 10);
    struct client c = client_of(&world, &key_a);
    client_send(&c, &f);
    world_frame(&world, &frame);
    for (unsigned int i = 0; i < SILENT; i++) {
        silent[i] = client_of(&world, &key_a);
        ck_assert_int_eq(client_event(&silent[i], ZMQ_EVENT_HANDSHAKE_SUCCEEDED, WAIT_MS),
                         ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    }
    ck_assert_int_eq(client_event(&silent[0], ZMQ_EVENT_DISCONNECTED, 2 * WAIT_MS),
                     ZMQ_EVENT_DISCONNECTED);
    ck_assert_uint_ge(world_counters(&world)[COUNTER_CONNECTIONS_CLOSED], 1);
    world_reply(&world, frame.slot, frame.generation, "still");
    client_get(&c, "still");
    for (unsigned int i = 0; i < SILENT; i++) {
        client_close(&silent[i]);
    }
    client_close(&c);
    world_end(&world);
}
END_TEST

/* A store that has its key sends a message of parts without an end: no limit of libzmq holds that,
 * so the gate ends before the machine does. */
START_TEST(test_endless_message)
{
    enum { LIMIT_MIB = 200 };

    world_new(&world, 0);
    world_ready(&world, LIMIT_MIB, allowed, 1);
    struct client c = client_of(&world, &key_a);
    for (size_t sent = 0; sent < 2 * LIMIT_MIB * 1048576UL; sent += sizeof large) {
        ck_assert_int_gt(zmq_send(c.socket, large, sizeof large, ZMQ_SNDMORE), 0);
    }
    /* our library sends when the last part is there */
    ck_assert_int_eq(zmq_send(c.socket, "", 0, 0), 0);
    ck_assert_int_eq(world_wait(&world), GATE_EXIT_AGAIN);
    close(world.link);
    client_close(&c);
    zmq_ctx_term(world.context);
}
END_TEST

/* This program is started again as the gate. */
int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--gate") == 0) {
        return gate_main(atoi(argv[2]));
    }
    Suite *suite = suite_create("gate_process");
    TCase *tests = tcase_create("gate_process");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, make_key, NULL);
    tcase_add_test(tests, test_link_gone);
    tcase_add_test(tests, test_stop_before_config);
    tcase_add_test(tests, test_ledger_misbehaves);
    tcase_add_test(tests, test_not_bound);
    tcase_add_test(tests, test_not_a_link);
    tcase_add_test(tests, test_killed);
    tcase_add_test(tests, test_confined);
    tcase_add_test(tests, test_raw_bytes);
    tcase_add_test(tests, test_too_many);
    tcase_add_test(tests, test_silent);
    tcase_add_test(tests, test_endless_message);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
