/* The open loop's schedule: no batch of the warm-up, each measured batch once, stores in turns,
 * each store's in order, and due when the events before it have come. */
#include <check.h>
#include <stdlib.h>

#include "tools/bench/schedule.h"

#define STORES 3

/* Store i has i + 1 batches of warm-up and `measured[i]` of 100 events (the last: 40). */
static void make_stock(struct stock *stock, struct stock_stream *streams, const uint32_t *measured)
{
    *stock = (struct stock){.stores = STORES, .streams = streams};
    for (uint32_t i = 0; i < STORES; i++) {
        uint32_t count = i + 1 + measured[i];
        streams[i] = (struct stock_stream){.count = count, .warm = i + 1};
        streams[i].batches = calloc(count, sizeof *streams[i].batches);
        ck_assert_ptr_nonnull(streams[i].batches);
        for (uint32_t j = 0; j < count; j++) {
            streams[i].batches[j].events = j < i + 1 ? 1000 : j == count - 1 ? 40 : 100;
        }
    }
}

static void free_stock(const struct stock *stock)
{
    for (uint32_t i = 0; i < STORES; i++) {
        free(stock->streams[i].batches);
    }
}

START_TEST(nothing_is_measured)
{
    static const uint32_t measured[STORES] = {0, 0, 0};
    struct stock_stream streams[STORES];
    struct stock stock;
    struct schedule schedule;

    make_stock(&stock, streams, measured);
    schedule_make(&schedule, &stock, 1);
    ck_assert_uint_eq(schedule.count, 0);
    ck_assert_uint_eq(schedule.next, 0);
    schedule_deinit(&schedule);
    free_stock(&stock);
}
END_TEST

START_TEST(stores_take_turns)
{
    static const uint32_t measured[STORES] = {2, 0, 3};
    static const struct schedule_slot expected[] = {
        /* 1,000 events a second: 100 events are 100 ms */
        {0, 0, 1}, {100000, 2, 3}, {200000, 0, 2}, {240000, 2, 4}, {340000, 2, 5}};
    struct stock_stream streams[STORES];
    struct stock stock;
    struct schedule schedule;

    make_stock(&stock, streams, measured);
    schedule_make(&schedule, &stock, 1000);
    ck_assert_uint_eq(schedule.count, sizeof expected / sizeof expected[0]);
    for (uint64_t i = 0; i < schedule.count; i++) {
        ck_assert_uint_eq(schedule.slots[i].after_us, expected[i].after_us);
        ck_assert_uint_eq(schedule.slots[i].store, expected[i].store);
        ck_assert_uint_eq(schedule.slots[i].batch, expected[i].batch);
    }
    schedule_deinit(&schedule);
    free_stock(&stock);
}
END_TEST

START_TEST(the_rate_is_kept_to_the_end)
{
    static const uint32_t measured[STORES] = {5000, 5000, 5000};
    struct stock_stream streams[STORES];
    struct stock stock;
    struct schedule schedule;
    uint64_t events = 0;

    make_stock(&stock, streams, measured);
    schedule_make(&schedule, &stock, 70001);
    ck_assert_uint_eq(schedule.count, 15000);
    for (uint64_t i = 0; i < schedule.count; i++) {
        const struct schedule_slot *slot = &schedule.slots[i];
        ck_assert_uint_eq(slot->after_us, events * 1000000 / 70001); /* no drift */
        ck_assert_uint_eq(slot->store, i % STORES);
        events += streams[slot->store].batches[slot->batch].events;
    }
    schedule_deinit(&schedule);
    free_stock(&stock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bench_schedule");
    TCase *all = tcase_create("all");

    tcase_add_test(all, nothing_is_measured);
    tcase_add_test(all, stores_take_turns);
    tcase_add_test(all, the_rate_is_kept_to_the_end);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
