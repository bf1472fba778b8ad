/* The store node's verbs: what they say and how they end. */
#include "test_node_verbs.h"

static void put_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
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

/* The counts of `retried`. */
static void expect_retried(int read, int accepted, int refused)
{
    json_t *value = output_json();
    json_t *retried = json_object_get(value, "retried");

    ck_assert_int_eq(json_integer_value(json_object_get(retried, "read")), read);
    ck_assert_int_eq(json_integer_value(json_object_get(retried, "accepted")), accepted);
    ck_assert_int_eq(json_integer_value(json_object_get(retried, "refused")), refused);
    ck_assert_int_eq(json_integer_value(json_object_get(retried, "pending")), 0);
    json_decref(value);
}

#define RETRY(...) RUN("outbox", "retry", __VA_ARGS__, "--json", "--dir", dir)

START_TEST(test_retry)
{
    JOIN();
    put_lines(events, 1, 30); /* 5, 15 and 25 are refused, 7, 17 and 27 wait */
    ck_assert_int_eq(PUBLISH(events), 65);
    ck_assert_int_eq(RETRY("--reason", "NO_SUCH"), 64);
    ck_assert_int_eq(RETRY("--reason", "TOO_OLD", "UNKNOWN_OFFER"), 64); /* one too many */
    ck_assert_int_eq(RETRY("A:1"), 64);
    ck_assert_int_eq(RETRY("A:1:0"), 64);
    ck_assert_int_eq(RUN("outbox", "--reason", "TOO_OLD", "--dir", dir), 64);
    hq->mended = 1;
    /* Not refused, another store's, unknown, another reason: nothing goes. */
    ck_assert_int_eq(RETRY("A:1:5", "A:1:6"), 65);
    ck_assert_int_eq(RETRY("A:1:5", "B:1:15"), 65);
    ck_assert_int_eq(RETRY("A:2:5"), 65);
    ck_assert_int_eq(RETRY("--reason", "TOO_OLD", "A:1:5"), 65);
    ck_assert_uint_eq(hq->sequence, 1);
    ck_assert_int_eq(RETRY("--reason", "TOO_OLD"), 65);
    expect_retried(0, 0, 0);
    hq->mended = 0; /* the cause is still there: refused again, and still listed */
    ck_assert_int_eq(RETRY("A:1:5"), 65);
    expect_retried(1, 0, 1);
    hq->mended = 1;
    ck_assert_int_eq(RETRY("A:1:15", "A:1:15"), 65); /* said twice, sent once */
    expect_retried(1, 1, 0);
    ck_assert_int_eq(RETRY("--reason", "UNKNOWN_OFFER"), 0);
    expect_retried(2, 2, 0);
    ck_assert_int_eq(PUBLISH(events), 0);
    expect_counts(0, 0, 30, 0, 0);
    ck_assert_uint_eq(hq->duplicates, 0);
    /* What waited is refused at its deadline: the retry hears of it first, and takes it along. */
    hq->let_go = 2;
    ck_assert_int_eq(RETRY("--reason", "UNKNOWN_MEMBER", "A:1:7"), 65);
    ck_assert_int_eq(RUN("outbox", "list", "--dir", dir), 65);
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

/* How often the first thread of a process has gone to sleep. */
static long sleeps_of(pid_t pid)
{
    char path[64];
    char line[128];
    long count = -1;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "voluntary_ctxt_switches: %ld", &count);
    }
    (void)fclose(file);
    ck_assert_int_ge(count, 0);
    return count;
}

/* A watch with nothing to do is not woken; a line, another process' lines and a signal wake it. */
START_TEST(test_watch_sleeps)
{
    char other[200];

    JOIN();
    put_text(events, "");
    pid_t pid =
        start((const char *const[]){"publish", "--json", "--watch", "--dir", dir, events, NULL});
    (void)usleep(2000000);
    long before = sleeps_of(pid);
    (void)usleep(2000000);
    ck_assert_int_le(sleeps_of(pid) - before, 4);
    before = sleeps_of(pid);
    put_lines(events, 1, 4);
    for (int i = 0; i < 20 && sleeps_of(pid) == before; i++) {
        (void)usleep(10000);
    }
    ck_assert_int_gt(sleeps_of(pid), before);

    char kept[160];
    memcpy(kept, output, sizeof kept);
    (void)snprintf(output, sizeof output, "%s/output2", root);
    (void)snprintf(other, sizeof other, "%s/other.jsonl", root);
    put_lines(other, 11, 14);
    time_t began = time(NULL);
    ck_assert_int_eq(PUBLISH(other, "--wait", "20"), 0);
    ck_assert_int_le(time(NULL) - began, 5);
    expect_counts(4, 0, 0, 0, 0);
    put_lines(other, 21, 24);
    ck_assert_int_eq(PUBLISH(other, "--wait", "0"), 75); /* the watch sends them nevertheless */
    memcpy(output, kept, sizeof kept);
    (void)usleep(500000);
    began = time(NULL);
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_int_eq(finish(pid), 0);
    ck_assert_int_le(time(NULL) - began, 3);
    expect_counts(4, 0, 0, 0, 0);
    ck_assert_uint_eq(hq->events, 12);
    ck_assert_uint_eq(hq->hellos, 1); /* one connection, nothing in doubt */
    ck_assert_uint_eq(hq->resends, 0);
}
END_TEST

/* A case each: CK_RUN_CASE=watch runs one. */
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
    add(s, "outbox", test_outbox);
    add(s, "retry", test_retry);
    add(s, "let_go", test_let_go);
    add(s, "questions", test_questions);
    add(s, "watch", test_watch);
    add(s, "watch_sleeps", test_watch_sleeps);
    return s;
}

int main(int argc, char **argv)
{
    return run_suite(argc, argv, suite);
}
