/* The store node against a network that loses and overtakes, a headquarters that comes and goes,
 * and its own death: no event is lost, none is in twice. */
#include "test_node_verbs.h"

#define KILL_ROUNDS 50

/* Of the numbers 1 to n, how many wait, are refused. */
static int sevens(int n)
{
    return (n + 3) / 10;
}

static int fives(int n)
{
    return (n + 5) / 10;
}

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

/* A case each: CK_RUN_CASE=rotation runs one. */
static Suite *suite(void)
{
    Suite *s = suite_create("node_faults");

    add(s, "chaos", test_chaos);
    add(s, "full_batches", test_full_batches);
    add(s, "kill", test_kill);
    add(s, "restart", test_restart);
    add(s, "two_publishers", test_two_publishers);
    add(s, "lost_disk", test_lost_disk);
    add(s, "restored_headquarters", test_restored_headquarters);
    add(s, "rotation", test_rotation);
    return s;
}

int main(int argc, char **argv)
{
    return run_suite(argc, argv, suite);
}
