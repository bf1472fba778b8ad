/* Durations fall into their buckets; the text is what Prometheus reads. */
#include "daemon/metrics.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(test_bounds)
{
    struct metrics_histogram histogram = {0};

    metrics_histogram_add(&histogram, 0);
    metrics_histogram_add(&histogram, 100000); /* an upper bound belongs to its bucket */
    metrics_histogram_add(&histogram, 100001);
    metrics_histogram_add(&histogram, 10000000000);
    metrics_histogram_add(&histogram, 10000000001);
    ck_assert_uint_eq(histogram.buckets[0], 2);
    ck_assert_uint_eq(histogram.buckets[1], 1);
    ck_assert_uint_eq(histogram.buckets[METRICS_BUCKETS - 2], 1);
    ck_assert_uint_eq(histogram.buckets[METRICS_BUCKETS - 1], 1);
    ck_assert_uint_eq(histogram.sum_ns, 20000200002);
}
END_TEST

START_TEST(test_text)
{
    struct metrics_figures figures = {.batches_total = 7};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    figures.events[OUTCOME_ACCEPTED] = 40;
    figures.not_taken[REASON_BUSY] = 3;
    figures.gate[COUNTER_CONNECTIONS] = 5;
    figures.gate[COUNTER_FRAMES_REFUSED] = 6;
    figures.gate[COUNTER_BUSY_RATE] = 8;
    figures.gate[COUNTER_BYTES_SENT] = 9;
    metrics_histogram_add(&figures.commits, 1500000000);
    metrics_histogram_add(&figures.commits, 1);
    ck_assert_ptr_nonnull(out);
    metrics_write(&figures, out);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_batches_total 7\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_events_total{outcome=\"ACCEPTED\"} 40\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_events_total{outcome=\"WAITING\"} 0\n"));
    ck_assert_ptr_nonnull(strstr(text, "not_taken_total{reason=\"BUSY\"} 3\n"));
    ck_assert_ptr_nonnull(strstr(text, "allclear_commit_duration_seconds_bucket{le=\"1\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(text, "allclear_commit_duration_seconds_bucket{le=\"+Inf\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(text, "allclear_commit_duration_seconds_sum 1.500000001\n"));
    ck_assert_ptr_nonnull(strstr(text, "allclear_commit_duration_seconds_count 2\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_gate_connections 5\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_gate_frames_total{fate=\"refused\"} 6\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_gate_busy_total{why=\"rate\"} 8\n"));
    ck_assert_ptr_nonnull(strstr(text, "\nallclear_gate_bytes_total{direction=\"out\"} 9\n"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, test_bounds);
    tcase_add_test(tcase, test_text);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
