/* Days and instants as plain integers, without a clock or a time zone database: what a record means
 * must be the same on every machine and for ever. */
#ifndef CLEARING_FACTS_CALENDAR_H
#define CLEARING_FACTS_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/bytes.h"

/* A day: days since 1970-01-01 in the proleptic Gregorian calendar. */
typedef int32_t day_t;

#define DAY_MIN INT32_MIN /* without limit at the beginning */
#define DAY_MAX INT32_MAX /* without limit at the end */

#define MS_PER_DAY    86400000LL
#define MS_PER_MINUTE 60000LL

/* How an alliance counts its days (rule 30). */
struct day_rule {
    int32_t zone_min;  /* offset from UTC in minutes */
    int32_t start_min; /* the minute of the day at which a business day begins */
};

/* The business day that an instant falls in; the boundary belongs to the new day. */
day_t business_day(const struct day_rule *rule, int64_t at_ms);
/* The first instant of a business day. */
int64_t business_day_start_ms(const struct day_rule *rule, day_t day);

/* 0 = Monday ... 6 = Sunday. */
int day_weekday(day_t day);

/* Parse "YYYY-MM-DD" (a day that exists, years 1970..9999). False: not a date, *ret_day
 * untouched. */
bool day_parse(slice_t text, day_t *ret_day) MUST_USE;

#define DAY_TEXT_SIZE 11
/* Write "YYYY-MM-DD" and a NUL. */
void day_format(day_t day, char text[DAY_TEXT_SIZE]);

/* Parse RFC 3339 with offset, at most milliseconds, no second 60 ("2026-03-01T10:40:00+08:00").
 * False: not an instant of this form, *ret_at_ms untouched. */
bool instant_parse(slice_t text, int64_t *ret_at_ms) MUST_USE;

#define INSTANT_TEXT_SIZE 32
/* Write an instant in a zone: "2026-03-01T10:40:00+08:00", with ".mmm" when there are any. */
void instant_format(int64_t at_ms, int32_t zone_min, char text[INSTANT_TEXT_SIZE]);

/* Read a day that was written with write_signed. */
day_t read_day(struct reader *reader);

#endif
