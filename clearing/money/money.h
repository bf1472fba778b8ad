/* Money: an exact number of fen. The only file that touches the integer inside; everything else
 * goes through these functions (a lint holds it so).
 *
 * Bounds: a field of an event is at most AMOUNT_MAX (10^12) and an event has at most 64 lines, so
 * amounts of one event stay below 10^14 and an int64_t cannot overflow; the checked builtins are
 * there for our own mistakes and abort. Sums over many events are money_sum_t (128 bits). */
#ifndef CLEARING_MONEY_MONEY_H
#define CLEARING_MONEY_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"

typedef struct {
    int64_t fen;
} money_t;

__extension__ typedef __int128 int128_t;
__extension__ typedef unsigned __int128 uint128_t;

typedef struct {
    int128_t fen;
} money_sum_t;

static inline money_t money(int64_t fen)
{
    return (money_t){fen};
}

static inline int64_t money_fen(money_t m)
{
    return m.fen;
}

static inline money_t money_add(money_t a, money_t b)
{
    money_t sum = {0};
    CHECK(!__builtin_add_overflow(a.fen, b.fen, &sum.fen));
    return sum;
}

static inline money_t money_sub(money_t a, money_t b)
{
    money_t rest = {0};
    CHECK(!__builtin_sub_overflow(a.fen, b.fen, &rest.fen));
    return rest;
}

static inline money_t money_negate(money_t a)
{
    return money_sub((money_t){0}, a);
}

static inline bool money_is_zero(money_t a)
{
    return a.fen == 0;
}

/* <0, 0, >0 */
static inline int money_compare(money_t a, money_t b)
{
    return (a.fen > b.fen) - (a.fen < b.fen);
}

static inline money_sum_t money_sum_add(money_sum_t sum, money_t m)
{
    return (money_sum_t){sum.fen + m.fen};
}

static inline money_sum_t money_sum_sub(money_sum_t sum, money_t m)
{
    return (money_sum_t){sum.fen - m.fen};
}

static inline money_sum_t money_sum_join(money_sum_t a, money_sum_t b)
{
    return (money_sum_t){a.fen + b.fen};
}

static inline money_sum_t money_sum_less(money_sum_t a, money_sum_t b)
{
    return (money_sum_t){a.fen - b.fen};
}

static inline int money_sum_sign(money_sum_t sum)
{
    return (sum.fen > 0) - (sum.fen < 0);
}

/* Parse yuan as the alliance file writes them: digits, optionally "." and one or two digits; at
 * most AMOUNT_MAX. False: not such a text, *ret_money untouched. */
bool money_parse_yuan(slice_t text, money_t *ret_money) MUST_USE;

#define MONEY_TEXT_SIZE 64
/* Write fen as a plain integer ("-12345"). Returns the length. */
size_t money_sum_format_fen(money_sum_t sum, char text[MONEY_TEXT_SIZE]);
/* Write yuan for people ("-1,234.56"). Returns the length. */
size_t money_sum_format_yuan(money_sum_t sum, char text[MONEY_TEXT_SIZE]);

/* A sum as two halves of its two's complement, and back. */
static inline uint64_t money_sum_high(money_sum_t sum)
{
    return (uint64_t)((uint128_t)sum.fen >> 64);
}

static inline uint64_t money_sum_low(money_sum_t sum)
{
    return (uint64_t)(uint128_t)sum.fen;
}

static inline money_sum_t money_sum_of_halves(uint64_t high, uint64_t low)
{
    return (money_sum_t){(int128_t)((uint128_t)high << 64 | low)};
}

static inline money_sum_t money_sum_of(money_t m)
{
    return (money_sum_t){m.fen};
}

static inline size_t money_format_yuan(money_t m, char text[MONEY_TEXT_SIZE])
{
    return money_sum_format_yuan(money_sum_of(m), text);
}

#endif
