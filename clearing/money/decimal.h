/* Exact decimals as scaled integers: what money.c and rate.c share. Nothing else includes it. */
#ifndef CLEARING_MONEY_DECIMAL_H
#define CLEARING_MONEY_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"

/* Take one more digit; a value above max stays above it, so that any length of text is safe. */
static inline int64_t decimal_push(int64_t value, int64_t digit, int64_t max)
{
    if (value > max / 10) {
        return max + 1;
    }
    return value * 10 + digit;
}

/* Read "12" or "12.5" as an integer scaled by 10^places: at least one digit on each side of a
 * point, at most `places` behind it. max < INT64_MAX - 9 bounds the scaled value.
 * Returns: false (another text, finer, or above max), *ret_scaled untouched. */
static inline bool decimal_parse(slice_t text, uint32_t places, int64_t max, int64_t *ret_scaled)
{
    int64_t value = 0;
    uint32_t whole = 0;
    uint32_t at = 0;
    uint32_t behind = 0;

    while (at < text.len && text.text[at] >= '0' && text.text[at] <= '9') {
        value = decimal_push(value, text.text[at++] - '0', max);
        whole++;
    }
    if (at < text.len && text.text[at] == '.') {
        at++;
        while (at < text.len && text.text[at] >= '0' && text.text[at] <= '9') {
            value = decimal_push(value, text.text[at++] - '0', max);
            behind++;
        }
        if (behind == 0) {
            return false;
        }
    }
    if (whole == 0 || at != text.len || behind > places) {
        return false;
    }
    for (; behind < places; behind++) {
        value = decimal_push(value, 0, max);
    }
    if (value > max) {
        return false;
    }
    *ret_scaled = value;
    return true;
}

#endif
