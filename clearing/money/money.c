#include "clearing/money/money.h"

#include <string.h>

#include "clearing/base/limits.h"
#include "clearing/money/decimal.h"

bool money_parse_yuan(slice_t text, money_t *ret_money)
{
    return decimal_parse(text, 2, AMOUNT_MAX, &ret_money->fen);
}

/* The digits of a number's absolute value, written towards the front from `end`. The absolute value
 * is taken unsigned, because the smallest number has no positive twin. */
static char *digits_before(char *end, uint128_t value, unsigned count_min)
{
    char *at = end;

    for (unsigned n = 0; value != 0 || n < count_min; n++) {
        *--at = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    return at;
}

static uint128_t magnitude(money_sum_t sum)
{
    return sum.fen < 0 ? -(uint128_t)sum.fen : (uint128_t)sum.fen;
}

size_t money_sum_format_fen(money_sum_t sum, char text[MONEY_TEXT_SIZE])
{
    char digits[MONEY_TEXT_SIZE];
    char *end = digits + sizeof digits;
    const char *at = digits_before(end, magnitude(sum), 1);
    size_t sign = sum.fen < 0 ? 1 : 0;
    size_t len = (size_t)(end - at);

    text[0] = '-';
    memcpy(text + sign, at, len);
    text[sign + len] = '\0';
    return sign + len;
}

size_t money_sum_format_yuan(money_sum_t sum, char text[MONEY_TEXT_SIZE])
{
    char digits[MONEY_TEXT_SIZE];
    char *end = digits + sizeof digits;
    const char *at = digits_before(end, magnitude(sum), 3);
    char *out = text;

    if (sum.fen < 0) {
        *out++ = '-';
    }
    for (; at < end; at++) {
        long left = end - at; /* digits from here on, two of them behind the point */
        *out++ = *at;
        if (left == 3) {
            *out++ = '.';
        } else if (left > 3 && left % 3 == 0) {
            *out++ = ',';
        }
    }
    *out = '\0';
    return (size_t)(out - text);
}
