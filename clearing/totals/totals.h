/* Day totals: per terminal and business day what came of its events, as a till's Z-report adds it
 * up, and what the till itself reported (clearing/CHOICES.md, rule 50a). Kept are the days that may
 * still change or belong to the open cycle: one row a terminal and day. A verdict is as of now: a
 * late event changes it. One thread. */
#ifndef CLEARING_TOTALS_TOTALS_H
#define CLEARING_TOTALS_TOTALS_H

#include "clearing/base/spool.h"
#include "clearing/facts/calendar.h"
#include "clearing/facts/total_key.h"
#include "clearing/money/money.h"

/* What a till reported. */
struct till_report {
    bool given;
    uint64_t count;
    uint32_t named; /* bit of each key that it names */
    money_t sums[TOTAL_KEY_COUNT];
};

/* One day of one terminal. */
struct till_day {
    day_t date;
    uint64_t count; /* events accepted or waiting, day totals not */
    money_sum_t sums[TOTAL_KEY_COUNT];
    struct till_report report; /* the last one accepted */
};

struct till {
    struct till_day *days; /* by date */
    uint32_t count;
    uint32_t capacity;
};

/* Zeroed memory is ready. */
struct totals {
    struct till *tills; /* by the terminal's place in numbers */
    uint32_t capacity;
    day_t from; /* earlier days are not kept (any more) */
};

/* The row of a terminal's day, made when it is new. Valid until the next one is made.
 * Returns: NULL when the day is not kept. */
struct till_day *totals_day(struct totals *totals, uint32_t terminal, day_t date);

/* The same without making one. Returns: NULL when there is none. */
const struct till_day *totals_find(const struct totals *totals, uint32_t terminal, day_t date);

/* The last day of a terminal that has an event. Returns: false when none is kept. */
bool totals_last(const struct totals *totals, uint32_t terminal, day_t *ret_date);

/* Does a report say what came of the day? Every figure that it names and the count are compared.
 * The day has a report. */
bool till_day_matches(const struct till_day *day);

/* One figure of a day: what the till says and what came. `key` TOTAL_KEY_COUNT is the count.
 * Returns: false when the till does not name it. */
bool till_day_figure(const struct till_day *day, uint32_t key, int64_t *ret_till,
                     int64_t *ret_ledger);

/* Drop the days before a day; a day once dropped never comes back. */
void totals_forget(struct totals *totals, day_t before);

void totals_deinit(struct totals *totals);

/* Write them; read them into empty ones (totals_image.c). False: the bytes are bad. */
void totals_save(const struct totals *totals, struct spool *spool);
bool totals_load(struct totals *totals, struct reader *reader) MUST_USE;

#endif
