/* Day totals: rows by terminal and day, verdicts, what is dropped, and their bytes. */
#include "clearing/totals/totals.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/limits.h"
#include "clearing/base/memory.h"

static void report(struct till_day *day, uint64_t count, total_key_t key, int64_t fen)
{
    day->report = (struct till_report){.given = true, .count = count, .named = 1U << key};
    day->report.sums[key] = money(fen);
}

START_TEST(nothing_is_made_by_looking)
{
    struct totals totals = {0};
    day_t last = 7;

    ck_assert_ptr_null(totals_find(&totals, 0, 10));
    ck_assert(!totals_last(&totals, 0, &last));
    ck_assert_int_eq(last, 7);
    ck_assert_ptr_nonnull(totals_day(&totals, 3, 10));
    ck_assert_ptr_null(totals_find(&totals, 3, 9));
    ck_assert_ptr_null(totals_find(&totals, 2, 10));
    ck_assert_ptr_null(totals_find(&totals, 1000, 10));
    ck_assert(!totals_last(&totals, 3, &last)); /* no event in it */
    totals_deinit(&totals);
}
END_TEST

START_TEST(days_stand_in_order)
{
    static const day_t days[] = {20, 10, 30, 15, 20};
    struct totals totals = {0};
    day_t last = 0;

    for (unsigned i = 0; i < 5; i++) {
        totals_day(&totals, 0, days[i])->count++;
    }
    ck_assert_uint_eq(totals.tills[0].count, 4);
    for (unsigned i = 1; i < 4; i++) {
        ck_assert_int_lt(totals.tills[0].days[i - 1].date, totals.tills[0].days[i].date);
    }
    ck_assert_uint_eq(totals_find(&totals, 0, 20)->count, 2);
    ck_assert(totals_last(&totals, 0, &last));
    ck_assert_int_eq(last, 30);
    totals_deinit(&totals);
}
END_TEST

START_TEST(only_what_is_named_is_compared)
{
    struct till_day day = {.count = 2};

    day.sums[TOTAL_CASH] = money_sum_of(money(1200));
    day.sums[TOTAL_SALE] = money_sum_of(money(5000));
    report(&day, 2, TOTAL_CASH, 1200);
    ck_assert(till_day_matches(&day));
    report(&day, 2, TOTAL_CASH, 1201);
    ck_assert(!till_day_matches(&day));
    report(&day, 3, TOTAL_CASH, 1200); /* the count always is */
    ck_assert(!till_day_matches(&day));
    report(&day, 2, TOTAL_CARD, 0); /* named, and nothing came */
    ck_assert(till_day_matches(&day));
    report(&day, 2, TOTAL_CARD, 1);
    ck_assert(!till_day_matches(&day));
}
END_TEST

START_TEST(a_sum_beyond_an_amount_differs)
{
    struct till_day day = {.count = 1};
    int64_t till = 0;
    int64_t ledger = 0;

    day.sums[TOTAL_CASH] = money_sum_add(money_sum_of(money(INT64_MAX)), money(1));
    report(&day, 1, TOTAL_CASH, AMOUNT_MAX);
    ck_assert(till_day_figure(&day, TOTAL_CASH, &till, &ledger));
    ck_assert(ledger == INT64_MAX);
    ck_assert(!till_day_matches(&day));
    day.sums[TOTAL_CASH] = money_sum_sub(money_sum_of(money(INT64_MIN)), money(1));
    ck_assert(till_day_figure(&day, TOTAL_CASH, &till, &ledger));
    ck_assert(ledger == INT64_MIN);
    ck_assert(!till_day_figure(&day, TOTAL_CARD, &till, &ledger));
}
END_TEST

START_TEST(a_day_dropped_stays_away)
{
    struct totals totals = {0};

    totals_day(&totals, 0, 10)->count = 1;
    totals_day(&totals, 0, 11)->count = 2;
    totals_forget(&totals, 11);
    ck_assert_ptr_null(totals_find(&totals, 0, 10));
    ck_assert_uint_eq(totals_find(&totals, 0, 11)->count, 2);
    totals_forget(&totals, 5); /* terms that take older events bring nothing back */
    ck_assert_ptr_null(totals_day(&totals, 0, 10));
    ck_assert_ptr_nonnull(totals_day(&totals, 0, 11));
    totals_deinit(&totals);
}
END_TEST

struct kept {
    uint8_t bytes[65536];
    size_t len;
};

static void keep(void *context, slice_t bytes)
{
    struct kept *kept = context;

    memcpy(kept->bytes + kept->len, bytes.text, bytes.len);
    kept->len += bytes.len;
}

static void save(const struct totals *totals, struct kept *kept)
{
    struct spool spool = {
        .writer = {.bytes = memory_resize(NULL, SPOOL_ROOM_MAX, 1), .capacity = SPOOL_ROOM_MAX},
        .context = kept,
        .empty = keep,
    };

    kept->len = 0;
    totals_save(totals, &spool);
    spool_end(&spool);
    free(spool.writer.bytes);
}

START_TEST(bytes_there_and_back)
{
    static struct kept first;
    static struct kept again;
    struct totals totals = {0};
    struct totals loaded = {0};

    totals_forget(&totals, 3);
    struct till_day *day = totals_day(&totals, 2, 10);
    day->count = 4;
    day->sums[TOTAL_CASH] = money_sum_of(money(-5));
    day->sums[TOTAL_WECHAT] = money_sum_add(money_sum_of(money(INT64_MAX)), money(9));
    report(day, 4, TOTAL_CASH, -5);
    (void)totals_day(&totals, 0, 4);
    save(&totals, &first);
    struct reader reader = {first.bytes, first.len, 0, false};
    ck_assert(totals_load(&loaded, &reader));
    ck_assert(reader_done(&reader));
    save(&loaded, &again);
    ck_assert_uint_eq(first.len, again.len);
    ck_assert(memcmp(first.bytes, again.bytes, first.len) == 0);
    ck_assert(till_day_matches(totals_find(&loaded, 2, 10)));
    totals_deinit(&loaded);
    for (size_t len = 0; len < first.len; len++) { /* cut short anywhere */
        struct reader cut = {first.bytes, len, 0, false};
        ck_assert(!totals_load(&loaded, &cut));
        totals_deinit(&loaded);
    }
    totals_deinit(&totals);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("totals");
    TCase *tcase = tcase_create("totals");

    tcase_add_test(tcase, nothing_is_made_by_looking);
    tcase_add_test(tcase, days_stand_in_order);
    tcase_add_test(tcase, only_what_is_named_is_compared);
    tcase_add_test(tcase, a_sum_beyond_an_amount_differs);
    tcase_add_test(tcase, a_day_dropped_stays_away);
    tcase_add_test(tcase, bytes_there_and_back);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
