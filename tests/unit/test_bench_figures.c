/* The figures: what is void stays void for its first reason, latencies count from when a batch was
 * due (not from when it could be sent), and the warm-up is in none of them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tools/bench/figures.h"

#define BATCHES 101 /* the first is the warm-up */

static struct stock_batch batches[BATCHES];
static struct stock_stream stream = {.batches = batches, .count = BATCHES, .warm = 1};
static const struct stock stock = {.stores = 1, .streams = &stream};

/* Batch i is sent at i * 1000 us and answered i * 100 us later; two and two share a checkpoint. */
static void make_batches(void)
{
    memset(batches, 0, sizeof batches);
    for (int i = 1; i < BATCHES; i++) {
        batches[i].sent_us = i * 1000;
        batches[i].got_us = i * 1000 + i * 100;
        batches[i].checkpoint = 5000 + (uint64_t)(i - 1) / 2;
    }
    batches[0] = (struct stock_batch){.sent_us = 1, .got_us = 99000001, .checkpoint = 7};
}

START_TEST(the_first_reason_stays)
{
    struct figures figures = {0};

    figures_void(&figures, "first %d", 1);
    figures_void(&figures, "second");
    ck_assert_str_eq(figures.why_void, "first 1");
}
END_TEST

START_TEST(nothing_measured)
{
    struct stock_stream none = {.batches = batches, .count = 1, .warm = 1};
    struct stock empty = {.stores = 1, .streams = &none};
    struct figures figures = {0};

    make_batches();
    figures_take_batches(&figures, &empty);
    ck_assert_uint_eq(figures.batches, 0);
    ck_assert_uint_eq(figures.commits, 0);
    ck_assert_uint_eq(figures.ack_p99_us, 0);
}
END_TEST

START_TEST(closed_loop_counts_from_the_sending)
{
    struct figures figures = {0};

    make_batches();
    figures_take_batches(&figures, &stock);
    ck_assert_uint_eq(figures.batches, 100);
    ck_assert_uint_eq(figures.commits, 50);
    ck_assert_uint_eq(figures.ack_p50_us, 5000);
    ck_assert_uint_eq(figures.ack_p99_us, 9900);
    ck_assert_uint_eq(figures.lag_p99_us, 0);
}
END_TEST

/* A stall of the generator, or of the daemon before it, is charged to every batch it held up. */
START_TEST(open_loop_counts_from_when_it_was_due)
{
    struct figures figures = {0};

    make_batches();
    for (int i = 1; i < BATCHES; i++) {
        batches[i].due_us = batches[i].sent_us - 700;
    }
    figures_take_batches(&figures, &stock);
    ck_assert_uint_eq(figures.ack_p50_us, 5700);
    ck_assert_uint_eq(figures.ack_p99_us, 10600);
    ck_assert_uint_eq(figures.lag_p99_us, 700);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_figures");
    TCase *all = tcase_create("all");

    tcase_add_test(all, the_first_reason_stays);
    tcase_add_test(all, nothing_measured);
    tcase_add_test(all, closed_loop_counts_from_the_sending);
    tcase_add_test(all, open_loop_counts_from_when_it_was_due);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
