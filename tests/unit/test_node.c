/* The store node's verbs against a stand-in headquarters that loses, overtakes, stalls and lies.
 * Each verb runs in a process of its own: this program again, called with --verb. */
#include "tools/node/node_verbs.h"

#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "test_node_daemon.h"
#include "tools/node/hex.h"

#define KILL_ROUNDS 50

static char root[128];   /* of this test's folders */
static char dir[160];    /* the store's */
static char kit[160];    /* its file */
static char events[160]; /* a file of lines */
static char output[160];
static struct daemon *hq;

static void make_folder(const char *path)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void write_kit(const uint8_t *ledger_public)
{
    char hex[5][65];
    uint8_t public[SIGN_PUBLIC_LEN];
    FILE *file = fopen(kit, "w");

    sign_key_public(hq->ledger_key, public);
    hex_write(hq->network, 32, hex[0]);
    hex_write(hq->curve_public, 32, hex[1]);
    hex_write(ledger_public != NULL ? ledger_public : public, 32, hex[2]);
    hex_write(hq->curve_public, 32, hex[3]); /* any pair will do as the invite's */
    hex_write(hq->curve_secret, 32, hex[4]);
    fprintf(file,
            "{\"format\":\"allclear-kit/1\",\"network\":\"%s\",\"alliance\":\"demo\","
            "\"store\":\"A\",\"address\":\"%s\",\"server_key\":\"%s\",\"ledger_key\":\"%s\","
            "\"invite_public\":\"%s\",\"invite_secret\":\"%s\",\"test\":true}\n",
            hex[0], hq->address, hex[1], hex[2], hex[3], hex[4]);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
    char path[200];

    (void)snprintf(root, sizeof root, "/tmp/test_node.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(dir, sizeof dir, "%s/store", root);
    (void)snprintf(kit, sizeof kit, "%s/kit.json", root);
    (void)snprintf(events, sizeof events, "%s/events.jsonl", root);
    (void)snprintf(output, sizeof output, "%s/output", root);
    (void)snprintf(path, sizeof path, "%s/hq", root);
    make_folder(path);
    hq = daemon_new(path);
    daemon_start(hq);
    hq->approved = 1;
    write_kit(NULL);
}

static void tear_down(void)
{
    char command[200];

    daemon_stop(hq);
    ck_assert_uint_eq(hq->equivocations, 0);
    ck_assert_uint_eq(hq->bad_batches, 0);
    daemon_free(hq);
    (void)snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static pid_t start(const char *const *words)
{
    pid_t pid = fork();

    if (pid == 0) {
        const char *argv[24] = {"test_node", "--verb"};
        for (int i = 0; words[i] != NULL; i++) {
            argv[i + 2] = words[i];
        }
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void)dup2(fd, STDOUT_FILENO);
        if (getenv("TEST_NODE_VERBOSE") == NULL) {
            (void)dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        }
        (void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
        _exit(99);
    }
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define RUN(...)     finish(start((const char *const[]){__VA_ARGS__, NULL}))
#define JOIN()       ck_assert_int_eq(RUN("join", kit, "--dir", dir), 0)
#define PUBLISH(...) RUN("publish", "--json", "--dir", dir, __VA_ARGS__)

static json_t *output_json(void)
{
    json_t *value = json_load_file(output, 0, NULL);

    ck_assert_ptr_nonnull(value);
    return value;
}

static int64_t number_of(const char *key)
{
    json_t *value = output_json();
    int64_t number = json_integer_value(json_object_get(value, key));

    json_decref(value);
    return number;
}

/* The counts of the last publish; they add up. */
static void expect_counts(int accepted, int waiting, int already, int refused, int pending)
{
    ck_assert_int_eq(number_of("accepted"), accepted);
    ck_assert_int_eq(number_of("waiting"), waiting);
    ck_assert_int_eq(number_of("already"), already);
    ck_assert_int_eq(number_of("refused"), refused);
    ck_assert_int_eq(number_of("pending"), pending);
    ck_assert_int_eq(number_of("read"), accepted + waiting + already + refused + pending);
}

static void put_lines(const char *path, int from, int to)
{
    FILE *file = fopen(path, "w");

    for (int i = from; i <= to; i++) {
        fprintf(file,
                "{\"type\":\"enrol\",\"terminal\":\"1\",\"number\":%d,"
                "\"at\":\"2026-03-01T10:40:00+08:00\",\"member\":\"62%08d\"}\n",
                i, i);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* Of the numbers 1 to n, how many wait, are refused. */
static int sevens(int n)
{
    return (n + 3) / 10;
}

static int fives(int n)
{
    return (n + 5) / 10;
}

START_TEST(test_join)
{
    uint8_t public[SIGN_PUBLIC_LEN];
    struct stat info;
    char path[200];

    ck_assert_int_eq(RUN("join", kit), 64); /* no folder */
    ck_assert_int_eq(RUN("join", "/nonexistent", "--dir", dir), 66);
    hq->approved = 0;
    JOIN();
    ck_assert_int_eq(RUN("join", kit, "--dir", dir, "--wait", "1"), 75);
    hq->approved = 1;
    ck_assert_int_eq(RUN("join", kit, "--dir", dir, "--wait", "9"), 0);
    (void)snprintf(path, sizeof path, "%s/keys/store.pem", dir);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    struct sign_key *key = sign_key_load(path, NULL);
    sign_key_public(key, public);
    sign_key_free(key);
    (void)snprintf(path, sizeof path, "%s/keys/transport.key", dir);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_uint_eq(hq->join_len, 128);
    ck_assert_mem_eq(hq->join_request, public, 32);
    ck_assert(sign_verify_message(public, SIGN_JOIN, hq->network,
                                  (slice_t){(const char *)hq->join_request, 64},
                                  hq->join_request + 64));
}
END_TEST

START_TEST(test_join_refused)
{
    char path[200];

    hq->deny = 1;
    ck_assert_int_eq(RUN("join", kit, "--dir", dir), 77);
    hq->deny = 0;
    daemon_stop(hq);
    ck_assert_int_eq(RUN("join", kit, "--dir", dir, "--wait", "1"), 75);
    (void)snprintf(path, sizeof path, "%s/join-request.json", dir);
    json_t *request = json_load_file(path, 0, NULL);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(request, "signature"))), 128);
    json_decref(request);
    daemon_start(hq);
    JOIN();
    /* Another store's kit does not go into this folder. */
    hq->network[0] ^= 1;
    write_kit(NULL);
    ck_assert_int_eq(RUN("join", kit, "--dir", dir), 78);
    hq->network[0] ^= 1;
}
END_TEST

START_TEST(test_publish)
{
    ck_assert_int_eq(PUBLISH(events), 66);
    put_lines(events, 1, 100);
    ck_assert_int_eq(PUBLISH(events), 74); /* not joined */
    JOIN();
    ck_assert_int_eq(PUBLISH(events), 65);
    expect_counts(80, 10, 0, 10, 0);
    json_t *value = output_json();
    json_t *first = json_array_get(json_object_get(value, "refusals"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "file")), events);
    ck_assert_int_eq(json_integer_value(json_object_get(first, "line")), 5);
    ck_assert_str_eq(json_string_value(json_object_get(first, "event")), "A:1:5");
    ck_assert_str_eq(json_string_value(json_object_get(first, "reason")), "UNKNOWN_OFFER");
    ck_assert_uint_eq(json_object_size(value), 7);
    ck_assert_uint_eq(json_object_size(first), 5);
    json_decref(value);

    ck_assert_int_eq(PUBLISH(events), 65); /* again: nothing is sent */
    expect_counts(0, 0, 90, 10, 0);
    ck_assert_uint_eq(hq->sequence, 1);
    ck_assert_int_eq(PUBLISH(events, "--retry", "TOO_OLD"), 65); /* another reason */
    expect_counts(0, 0, 90, 10, 0);
    ck_assert_uint_eq(hq->sequence, 1);
    hq->mended = 1;
    ck_assert_int_eq(PUBLISH("--retry", "UNKNOWN_OFFER", events), 0);
    expect_counts(10, 0, 90, 0, 0);
    ck_assert_int_eq(PUBLISH(events, "--retry"), 0);
    expect_counts(0, 0, 100, 0, 0);
    ck_assert_uint_eq(hq->events, 100);
    ck_assert_uint_eq(hq->duplicates, 0);
}
END_TEST

#define ENROL(keys)                                                                                \
    "{\"type\":\"enrol\",\"terminal\":\"1\"," keys                                                 \
    "\"at\":\"2026-03-01T10:40:00+08:00\",\"member\":\"6200000017\"}\n"

START_TEST(test_lines)
{
    JOIN();
    put_text(events, "not json\n\n" ENROL("\"number\":1,") ENROL("\"number\":1,")
                         ENROL("\"number\":0,") ENROL("") ENROL("\"receipt\":\"R1\",")
                             ENROL("\"receipt\":\"R2\",") ENROL("\"receipt\":\"R1\","));
    ck_assert_int_eq(PUBLISH(events), 65);
    expect_counts(3, 0, 2, 3, 0); /* the same line twice is one event; so is the same receipt */
    json_t *value = output_json();
    json_t *refusals = json_object_get(value, "refusals");
    const int lines[] = {1, 5, 6};
    for (size_t i = 0; i < 3; i++) {
        json_t *refusal = json_array_get(refusals, i);
        ck_assert_int_eq(json_integer_value(json_object_get(refusal, "line")), lines[i]);
        ck_assert_str_eq(json_string_value(json_object_get(refusal, "reason")), "BAD_LINE");
        ck_assert_str_eq(json_string_value(json_object_get(refusal, "event")), "");
        ck_assert_str_ne(json_string_value(json_object_get(refusal, "detail")), "");
    }
    json_decref(value);
    ck_assert_uint_eq(hq->events, 3);
    /* Other bytes under a number that is spent. */
    put_text(events, ENROL("\"number\":1,\"channel\":\"pos\",") ENROL("\"receipt\":\"R2\","));
    ck_assert_int_eq(PUBLISH(events), 65);
    expect_counts(0, 0, 1, 1, 0);
    ck_assert_uint_eq(hq->reused, 1);
    put_text(events, ENROL("\"number\":1,"));
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(0, 0, 1, 0, 0);
}
END_TEST

START_TEST(test_offline)
{
    JOIN();
    daemon_stop(hq);
    put_lines(events, 1, 10);
    ck_assert_int_eq(PUBLISH(events, "--wait", "1"), 75);
    expect_counts(0, 0, 0, 0, 10);
    ck_assert_int_eq(PUBLISH(events, "--wait", "0"), 75);
    expect_counts(0, 0, 0, 0, 10);
    ck_assert_int_eq(RUN("outbox", "--json", "--dir", dir, "--wait", "0"), 75);
    json_t *value = output_json();
    ck_assert_uint_eq(json_array_size(json_object_get(value, "pending")), 10);
    json_decref(value);
    pid_t pid = start((const char *const[]){"publish", "--json", "--dir", dir, events, NULL});
    (void)usleep(300000);
    daemon_start(hq);
    ck_assert_int_eq(finish(pid), 65);
    expect_counts(8, 1, 0, 1, 0);
    ck_assert_uint_eq(hq->events, 9);
}
END_TEST

START_TEST(test_refused_store)
{
    static const reason_t reasons[] = {REASON_FROZEN, REASON_CLOSED, REASON_UNKNOWN_KEY,
                                       REASON_WRONG_NETWORK, REASON_EQUIVOCATION};

    JOIN();
    put_lines(events, 1, 4);
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        hq->answer = (int)reasons[i];
        time_t began = time(NULL);
        ck_assert_int_eq(PUBLISH(events), 75);
        expect_counts(0, 0, 0, 0, 4);
        ck_assert_int_le(time(NULL) - began, 10);
    }
    hq->answer = 0;
    hq->deny = 1;
    ck_assert_int_eq(PUBLISH(events, "--wait", "1"), 75);
    hq->deny = 0;
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(4, 0, 0, 0, 0);
}
END_TEST

START_TEST(test_lies)
{
    JOIN();
    put_lines(events, 1, 4);
    for (int lie = 1; lie <= 2; lie++) {
        hq->lie = lie;
        ck_assert_int_eq(PUBLISH(events, "--wait", "2"), 75);
        expect_counts(0, 0, 0, 0, 4);
    }
    hq->lie = 0;
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(4, 0, 0, 0, 0);
    ck_assert_uint_eq(hq->events, 4);
}
END_TEST

/* Lines of over a kilobyte, so that few of them fill a batch. */
static void put_fat_lines(const char *path, int from, int to)
{
    FILE *file = fopen(path, "w");

    for (int i = from; i <= to; i++) {
        fprintf(file,
                "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":%d,"
                "\"at\":\"2026-03-01T10:40:00+08:00\",\"gross_fen\":32,"
                "\"pay\":[{\"with\":\"cash\",\"amount_fen\":32}],\"lines\":[",
                i);
        for (int line = 0; line < 32; line++) {
            fprintf(file,
                    "%s{\"category\":\"a-category-of-thirty-two-bytes%02d\",\"amount_fen\":1}",
                    line == 0 ? "" : ",", line);
        }
        fputs("]}\n", file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void publish_chaos(int lines)
{
    JOIN();
    put_fat_lines(events, 1, lines);
    hq->drop_in = 5;
    hq->drop_out = 10;
    hq->hold = 20;
    hq->busy = 10;
    ck_assert_int_eq(PUBLISH(events), 65);
    expect_counts(lines - sevens(lines) - fives(lines), sevens(lines), 0, fives(lines), 0);
    ck_assert_uint_eq(hq->events, (uint64_t)(lines - fives(lines)));
    ck_assert_uint_eq(hq->duplicates, 0);
    ck_assert_uint_eq(hq->reused, 0);
}

START_TEST(test_chaos)
{
    publish_chaos(4000);
    ck_assert_uint_gt(hq->sequence, 90);
    ck_assert_uint_gt(hq->resends, 0);
}
END_TEST

START_TEST(test_full_batches)
{
    JOIN();
    put_lines(events, 1, 20000);
    ck_assert_int_eq(PUBLISH(events, "--wait", "0"), 75);
    ck_assert_int_eq(RUN("outbox", "retry", "--dir", dir), 65);
    ck_assert_uint_eq(hq->events, 18000);
    ck_assert_uint_lt(hq->sequence, 20000 * 40 / BATCH_BODY_LEN_MAX); /* an event has under 40 */
}
END_TEST

/* Publishers die at any point; their outbox goes on. */
START_TEST(test_kill)
{
    unsigned seed = (unsigned)hq->random;
    char path[200];
    int lines = 0;

    JOIN();
    hq->drop_out = 5;
    hq->busy = 5;
    hq->mended = 1;
    for (int round = 0; round < KILL_ROUNDS; round++) {
        (void)snprintf(path, sizeof path, "%s/%d.jsonl", root, round);
        put_lines(path, lines + 1, lines + 400);
        lines += 400;
        pid_t pid = start((const char *const[]){"publish", "--json", "--dir", dir, path, NULL});
        (void)usleep((useconds_t)(rand_r(&seed) % 300000));
        (void)kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    }
    ck_assert_int_eq(PUBLISH(root), 0);
    ck_assert_int_eq(number_of("read"), lines);
    ck_assert_int_eq(number_of("pending"), 0);
    ck_assert_int_eq(number_of("refused"), 0);
    ck_assert_uint_eq(hq->events, (uint64_t)lines);
    ck_assert_uint_eq(hq->duplicates, 0);
    ck_assert_uint_eq(hq->reused, 0);
}
END_TEST

/* Headquarters goes away and comes back in the middle of a publish. */
START_TEST(test_restart)
{
    JOIN();
    put_lines(events, 1, 60000);
    pid_t pid = start((const char *const[]){"publish", "--json", "--dir", dir, events, NULL});
    for (int i = 0; i < 5; i++) {
        (void)usleep(100000);
        daemon_stop(hq);
        (void)usleep(50000);
        daemon_start(hq);
    }
    ck_assert_int_eq(finish(pid), 65);
    ck_assert_int_eq(number_of("pending"), 0);
    ck_assert_uint_eq(hq->events, 54000);
    ck_assert_uint_eq(hq->duplicates, 0);
}
END_TEST

/* Two publishers of one folder: each tells of its own lines, nothing goes twice. */
START_TEST(test_two_publishers)
{
    char other[200];

    (void)snprintf(other, sizeof other, "%s/other.jsonl", root);
    JOIN();
    put_lines(events, 1, 20000);
    put_lines(other, 20001, 20010);
    pid_t pid = start((const char *const[]){"publish", "--dir", dir, events, NULL});
    (void)usleep(50000);
    char kept[160];
    memcpy(kept, output, sizeof kept);
    (void)snprintf(output, sizeof output, "%s/output2", root);
    ck_assert_int_eq(PUBLISH(other), 65);
    expect_counts(8, 1, 0, 1, 0);
    memcpy(output, kept, sizeof kept);
    ck_assert_int_eq(finish(pid), 65);
    ck_assert_uint_eq(hq->events, 18009);
    ck_assert_uint_eq(hq->duplicates, 0);
}
END_TEST

static void remove_outbox(void)
{
    char command[400];

    (void)snprintf(command, sizeof command, "rm %s/outbox.db*", dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(test_lost_disk)
{
    JOIN();
    put_lines(events, 1, 3000);
    ck_assert_int_eq(PUBLISH(events), 65);
    uint64_t before = hq->sequence;
    remove_outbox();
    put_lines(events, 1, 3010);
    ck_assert_int_eq(PUBLISH(events), 65);
    expect_counts(8, 1, 2700, 301, 0);
    ck_assert_uint_gt(hq->sequence, before);
    ck_assert_uint_eq(hq->events, 2709);
}
END_TEST

/* Headquarters comes back from a backup that lacks the last batches. */
START_TEST(test_restored_headquarters)
{
    JOIN();
    hq->mended = 1;
    for (int i = 0; i < 6; i++) {
        put_lines(events, 10 * i + 1, 10 * i + 10);
        ck_assert_int_eq(PUBLISH(events), 0);
    }
    ck_assert_uint_eq(hq->sequence, 6);
    daemon_stop(hq);
    hq->sequence = 3;
    for (uint64_t i = 4; i <= 6; i++) {
        free(hq->batches[i].results);
        hq->batches[i].results = NULL;
    }
    map_deinit(&hq->spent); /* of the events only those of the lost batches are met again */
    hq->spent = (struct map){0};
    hq->events = 30;
    daemon_start(hq);
    put_lines(events, 61, 70);
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(9, 1, 0, 0, 0);
    ck_assert_uint_eq(hq->sequence, 7);
    ck_assert_uint_eq(hq->events, 70);
}
END_TEST

static void remove_key(void)
{
    char path[200];

    (void)snprintf(path, sizeof path, "%s/keys/store.pem", dir);
    ck_assert_int_eq(unlink(path), 0);
    JOIN();
}

START_TEST(test_rotation)
{
    JOIN();
    put_lines(events, 1, 4);
    hq->drop_out = 100; /* journaled under the old key; the receipt is lost */
    hq->answer = 0;
    pid_t pid = start(
        (const char *const[]){"publish", "--json", "--dir", dir, "--wait", "2", events, NULL});
    (void)usleep(500000);
    hq->drop_out = 0; /* the hello is answered */
    for (int i = 0; i < 100 && hq->sequence == 0; i++) {
        hq->lie = 2;
        (void)usleep(20000);
    }
    ck_assert_int_eq(finish(pid), 75);
    ck_assert_uint_eq(hq->sequence, 1);
    hq->lie = 0;
    remove_key();
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(4, 0, 0, 0, 0);
    ck_assert_uint_eq(hq->sequence, 1);
    /* And one that never arrived is signed by the new key. */
    put_lines(events, 11, 14);
    hq->drop_in = 100;
    ck_assert_int_eq(PUBLISH(events, "--wait", "1"), 75);
    hq->drop_in = 0;
    remove_key();
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(4, 0, 0, 0, 0);
    ck_assert_uint_eq(hq->events, 8);
}
END_TEST

START_TEST(test_outbox)
{
    JOIN();
    put_lines(events, 1, 10);
    ck_assert_int_eq(PUBLISH(events), 65);
    ck_assert_int_eq(RUN("outbox", "--json", "--dir", dir), 65);
    json_t *value = output_json();
    json_t *waiting = json_array_get(json_object_get(value, "waiting"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(waiting, "event")), "A:1:7");
    ck_assert_str_eq(json_string_value(json_object_get(waiting, "reason")), "UNKNOWN_MEMBER");
    ck_assert_uint_eq(json_array_size(json_object_get(value, "refused")), 1);
    json_decref(value);
    hq->let_go = 2; /* refused at its deadline: the next publish is told so */
    ck_assert_int_eq(PUBLISH(events), 65);
    expect_counts(0, 0, 8, 2, 0);
    ck_assert_int_eq(RUN("outbox", "list", "--dir", dir), 65);
    hq->mended = 1;
    ck_assert_int_eq(RUN("outbox", "retry", "UNKNOWN_OFFER", "--json", "--dir", dir), 65);
    value = output_json();
    ck_assert_int_eq(json_integer_value(json_object_get(value, "accepted")), 9);
    ck_assert_uint_eq(json_array_size(json_object_get(value, "refused")), 1);
    json_decref(value);
    ck_assert_int_eq(RUN("outbox", "retry", "NO_SUCH", "--dir", dir), 64);
}
END_TEST

START_TEST(test_let_go)
{
    JOIN();
    put_lines(events, 1, 7);
    ck_assert_int_eq(PUBLISH(events), 65);
    hq->let_go = 1;
    ck_assert_int_eq(RUN("outbox", "--json", "--dir", dir), 65);
    ck_assert_int_eq(number_of("accepted"), 6);
}
END_TEST

START_TEST(test_questions)
{
    char text[512] = "";

    JOIN();
    ck_assert_int_eq(RUN("mine", "--dir", dir, "--json"), 0);
    ck_assert_int_eq(number_of("net_fen"), -123456789);
    ck_assert_int_eq(RUN("mine", "--dir", dir), 0);
    FILE *file = fopen(output, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    (void)fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "-1,234,567.89"));
    ck_assert_int_eq(RUN("balance", "--dir", dir), 64);
    ck_assert_int_eq(RUN("balance", "62", "--dir", dir), 77);
    daemon_stop(hq);
    ck_assert_int_eq(RUN("statement", "2026-03", "--dir", dir, "--wait", "1"), 75);
    daemon_start(hq);
}
END_TEST

START_TEST(test_watch)
{
    char folder[200];
    char path[240];

    JOIN();
    (void)snprintf(folder, sizeof folder, "%s/inbox", root);
    make_folder(folder);
    (void)snprintf(path, sizeof path, "%s/a.jsonl", folder);
    put_lines(path, 1, 4);
    pid_t pid =
        start((const char *const[]){"publish", "--json", "--watch", "--dir", dir, folder, NULL});
    (void)usleep(1500000);
    FILE *file = fopen(path, "a");
    fputs("{\"type\":\"enrol\",\"terminal\":\"2\",\"number\":8,", file);
    (void)fflush(file);
    (void)usleep(1000000); /* half a line stays where it is */
    fputs("\"at\":\"2026-03-01T10:40:00+08:00\",\"member\":\"6200000017\"}\n", file);
    (void)fclose(file);
    (void)usleep(1500000);
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_int_eq(finish(pid), 0);
    expect_counts(5, 0, 0, 0, 0);
    ck_assert_uint_eq(hq->events, 5);
}
END_TEST

static void add(Suite *s, const char *name, const TTest *test)
{
    TCase *c = tcase_create(name);

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 240);
    tcase_add_test(c, test);
    suite_add_tcase(s, c);
}

/* A case each: CK_RUN_CASE=chaos runs one. */
static Suite *suite(void)
{
    Suite *s = suite_create("node");

    add(s, "join", test_join);
    add(s, "join_refused", test_join_refused);
    add(s, "publish", test_publish);
    add(s, "lines", test_lines);
    add(s, "offline", test_offline);
    add(s, "refused_store", test_refused_store);
    add(s, "lies", test_lies);
    add(s, "chaos", test_chaos);
    add(s, "full_batches", test_full_batches);
    add(s, "kill", test_kill);
    add(s, "restart", test_restart);
    add(s, "two_publishers", test_two_publishers);
    add(s, "lost_disk", test_lost_disk);
    add(s, "restored_headquarters", test_restored_headquarters);
    add(s, "rotation", test_rotation);
    add(s, "outbox", test_outbox);
    add(s, "let_go", test_let_go);
    add(s, "questions", test_questions);
    add(s, "watch", test_watch);
    return s;
}

/* TEST_NODE_SEED chooses what the stand-in loses and when publishers die. */
static int run_verb(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"join", verb_join}, {"publish", verb_publish},     {"outbox", verb_outbox},
                 {"mine", verb_mine}, {"statement", verb_statement}, {"balance", verb_balance}};

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) {
            return verbs[i].run(argc, argv);
        }
    }
    return 98;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--verb") == 0) {
        return run_verb(argc - 2, argv + 2);
    }
    SRunner *runner = srunner_create(suite());
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
