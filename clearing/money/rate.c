#include "clearing/money/rate.h"

#include "clearing/base/limits.h"
#include "clearing/money/decimal.h"

/* Far above every bound of the alliance file, far below what 128-bit products could not hold:
 * a million times (of a point: a million fen). */
#define RATE_MAX        (MILLION * MILLION)
#define POINT_PRICE_MAX (1000 * MILLION)

bool rate_parse_percent(slice_t text, rate_t *ret_rate)
{
    if (text.len == 0 || text.text[text.len - 1] != '%') {
        return false;
    }
    return decimal_parse((slice_t){text.text, text.len - 1}, 4, RATE_MAX, &ret_rate->millionths);
}

bool rate_parse_number(slice_t text, rate_t *ret_rate)
{
    return decimal_parse(text, 6, RATE_MAX, &ret_rate->millionths);
}

bool point_price_parse(slice_t text, point_price_t *ret_price)
{
    return decimal_parse(text, 3, POINT_PRICE_MAX, &ret_price->thousandths);
}

/* Write a scaled integer as its shortest decimal. Returns the end (where the NUL stands). */
static char *decimal_format(int64_t value, uint32_t places, char *text)
{
    char digits[RATE_TEXT_SIZE];
    uint32_t count = 0;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint32_t first = 0; /* the last digit that is written */
    char *out = text;

    while (left != 0 || count <= places) {
        digits[count++] = (char)('0' + (int)(left % 10));
        left /= 10;
    }
    while (first < places && digits[first] == '0') {
        first++;
    }
    if (value < 0) {
        *out++ = '-';
    }
    for (uint32_t i = count; i-- > first;) {
        *out++ = digits[i];
        if (i == places && i != first) {
            *out++ = '.';
        }
    }
    *out = '\0';
    return out;
}

void rate_format_percent(rate_t rate, char text[RATE_TEXT_SIZE])
{
    char *end = decimal_format(rate.millionths, 4, text);

    end[0] = '%';
    end[1] = '\0';
}

void rate_format_number(rate_t rate, char text[RATE_TEXT_SIZE])
{
    decimal_format(rate.millionths, 6, text);
}

void point_price_format(point_price_t price, char text[RATE_TEXT_SIZE])
{
    decimal_format(price.thousandths, 3, text);
}
