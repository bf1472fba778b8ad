#include "clearing/money/split.h"

money_t rate_floor(money_t amount, rate_t rate)
{
    return money(scale_floor(money_fen(amount), rate.millionths, MILLION));
}

/* floor((2ab + c) / 2c): half up for what is not negative. */
static int64_t scale_half_up(int64_t a, int64_t b, int64_t c)
{
    uint128_t twice = (uint128_t)(uint64_t)a * (uint64_t)b * 2;

    return (int64_t)((twice + (uint64_t)c) / ((uint128_t)(uint64_t)c * 2));
}

money_t rate_half_up(money_t amount, rate_t rate)
{
    return money(scale_half_up(money_fen(amount), rate.millionths, MILLION));
}

money_t points_value_floor(int64_t points, point_price_t price)
{
    return money(scale_floor(points, price.thousandths, 1000));
}

money_t points_value_half_up(int64_t points, point_price_t price)
{
    return money(scale_half_up(points, price.thousandths, 1000));
}

/* One peel over int64 weights behind both public shapes. */
static int64_t peel_one(int64_t weight, int64_t *rest, int64_t *weights_left, bool last)
{
    int64_t part = *rest;

    if (!last) {
        part = *weights_left == 0 ? 0 : scale_floor(weight, *rest, *weights_left);
    }
    *rest -= part;
    *weights_left -= weight;
    return part;
}

void money_peel(money_t cum, const money_t *weights, uint32_t count, money_t *ret_parts)
{
    int64_t rest = money_fen(cum);
    int64_t left = 0;

    for (uint32_t i = 0; i < count; i++) {
        left += money_fen(weights[i]);
    }
    CHECK(rest >= 0 && rest <= left);
    for (uint32_t i = 0; i < count; i++) {
        ret_parts[i] = money(peel_one(money_fen(weights[i]), &rest, &left, i + 1 == count));
    }
}

void money_peel_shares(money_t whole, const rate_t *shares, uint32_t count, money_t *ret_parts)
{
    int64_t rest = money_fen(whole);
    int64_t left = MILLION;

    for (uint32_t i = 0; i < count; i++) {
        ret_parts[i] = money(peel_one(shares[i].millionths, &rest, &left, i + 1 == count));
    }
}

void money_split_largest(money_t amount, const rate_t *shares, const uint32_t *ranks,
                         uint32_t count, money_t *ret_parts)
{
    int64_t remainders[64];
    int64_t given = 0;

    CHECK(count >= 1 && count <= 64);
    for (uint32_t i = 0; i < count; i++) {
        uint128_t product =
            (uint128_t)(uint64_t)money_fen(amount) * (uint64_t)shares[i].millionths;
        ret_parts[i] = money((int64_t)(product / MILLION));
        remainders[i] = (int64_t)(product % MILLION);
        given += money_fen(ret_parts[i]);
    }
    for (int64_t rest = money_fen(amount) - given; rest > 0; rest--) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < count; i++) {
            if (remainders[i] > remainders[best] ||
                (remainders[i] == remainders[best] && ranks[i] < ranks[best])) {
                best = i;
            }
        }
        remainders[best] = -1;
        ret_parts[best] = money_add(ret_parts[best], money(1));
    }
}
