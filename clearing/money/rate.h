/* Rates, point prices and multipliers: exact decimals as integers (rule 5). */
#ifndef CLEARING_MONEY_RATE_H
#define CLEARING_MONEY_RATE_H

#include "clearing/money/money.h"

#define MILLION 1000000LL

/* A rate in millionths: "0.6%" is 6,000, "100%" is MILLION. */
typedef struct {
    int64_t millionths;
} rate_t;

/* A point's price in thousandths of a fen. */
typedef struct {
    int64_t thousandths;
} point_price_t;

/* Parse "0.6%": at most four decimals. False: not such a text (also: finer). */
bool rate_parse_percent(slice_t text, rate_t *ret_rate) MUST_USE;
/* Parse "1.5": a plain number with at most six decimals, as millionths. */
bool rate_parse_number(slice_t text, rate_t *ret_rate) MUST_USE;
/* Parse "1.2": fen with at most three decimals. */
bool point_price_parse(slice_t text, point_price_t *ret_price) MUST_USE;

#define RATE_TEXT_SIZE 32
void rate_format_percent(rate_t rate, char text[RATE_TEXT_SIZE]);
void rate_format_number(rate_t rate, char text[RATE_TEXT_SIZE]);
void point_price_format(point_price_t price, char text[RATE_TEXT_SIZE]);

#endif
