/* The roundings of the rules, each under its name (rules 5, 6). Everything that is divided anywhere
 * is divided here. Products are taken in 128 bits. */
#ifndef CLEARING_MONEY_SPLIT_H
#define CLEARING_MONEY_SPLIT_H

#include "clearing/money/money.h"
#include "clearing/money/rate.h"

/* floor(a * b / c) for a, b >= 0 and c > 0. The 64-bit path is the common one and much faster. */
static inline int64_t scale_floor(int64_t a, int64_t b, int64_t c)
{
    uint64_t product = 0;

    if (!__builtin_mul_overflow((uint64_t)a, (uint64_t)b, &product)) {
        return (int64_t)(product / (uint64_t)c);
    }
    return (int64_t)((uint128_t)(uint64_t)a * (uint64_t)b / (uint64_t)c);
}

/* Telescoping: what of `whole` falls to the first `cum` of `total` units: floor(whole * cum /
 * total).
 * The part of a step is the difference of two calls, so the parts add up to the whole exactly.
 * 0 <= cum <= total, whole >= 0; 0 when total is 0. */
static inline money_t money_telescope(money_t whole, int64_t cum, int64_t total)
{
    return total == 0 ? money(0) : money(scale_floor(money_fen(whole), cum, total));
}

/* A rate of an amount >= 0, rounded down, respectively half up. */
money_t rate_floor(money_t amount, rate_t rate);
money_t rate_half_up(money_t amount, rate_t rate);

/* Points at a price: floored (redemption), respectively half up (issue). */
money_t points_value_floor(int64_t points, point_price_t price);
money_t points_value_half_up(int64_t points, point_price_t price);

/* Peeling: how an amount that has been settled so far (`cum`, at most the sum of the weights) falls
 * on several debtors: in listed order each but the last gets floor(its weight * what is left / the
 * weights left), the last takes the rest. Cumulative: a step's parts are differences of two calls,
 * never negative, and exact at the end.
 * Out: ret_parts[count], count >= 1. */
void money_peel(money_t cum, const money_t *weights, uint32_t count, money_t *ret_parts);

/* The same over shares that sum to MILLION. */
void money_peel_shares(money_t whole, const rate_t *shares, uint32_t count, money_t *ret_parts);

/* Largest remainder: share one amount now over shares that sum to MILLION. Equal remainders go to
 * the lower rank first (rank: the place of the participant's id in byte order, all different).
 * Out: ret_parts[count], count in 1..64. */
void money_split_largest(money_t amount, const rate_t *shares, const uint32_t *ranks,
                         uint32_t count, money_t *ret_parts);

#endif
