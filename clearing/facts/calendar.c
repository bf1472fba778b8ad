#include "clearing/facts/calendar.h"

#include <string.h>

/* Days from 1970-01-01 by counting years from March, so that the leap day comes last. */
static day_t day_of_civil(int32_t year, int32_t month, int32_t dom)
{
    int32_t y = year - (month <= 2);
    int32_t era = y / 400; /* years here are positive */
    int32_t yoe = y - era * 400;
    int32_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dom - 1;
    int32_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

    return era * 146097 + doe - 719468;
}

static void civil_of_day(day_t day, int32_t *ret_year, int32_t *ret_month, int32_t *ret_dom)
{
    int32_t z = day + 719468;
    int32_t era = z / 146097;
    int32_t doe = z - era * 146097;
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int32_t mp = (5 * doy + 2) / 153;

    *ret_dom = doy - (153 * mp + 2) / 5 + 1;
    *ret_month = mp < 10 ? mp + 3 : mp - 9;
    *ret_year = yoe + era * 400 + (*ret_month <= 2);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return a % b < 0 ? q - 1 : q;
}

day_t business_day(const struct day_rule *rule, int64_t at_ms)
{
    int64_t local = at_ms + (rule->zone_min - rule->start_min) * MS_PER_MINUTE;

    return (day_t)floor_div(local, MS_PER_DAY);
}

int64_t business_day_start_ms(const struct day_rule *rule, day_t day)
{
    return day * MS_PER_DAY - (rule->zone_min - rule->start_min) * MS_PER_MINUTE;
}

int day_weekday(day_t day)
{
    return (int)(((day % 7) + 7 + 3) % 7); /* 1970-01-01 was a Thursday */
}

/* Read exactly n digits. -1: something else stands there. */
static int32_t digits(const char *text, int n)
{
    int32_t value = 0;

    for (int i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : lengths[month - 1];
}

bool day_parse(slice_t text, day_t *ret_day)
{
    if (text.len != 10 || text.text[4] != '-' || text.text[7] != '-') {
        return false;
    }
    int32_t year = digits(text.text, 4);
    int32_t month = digits(text.text + 5, 2);
    int32_t dom = digits(text.text + 8, 2);
    if (year < 1970 || month < 1 || month > 12 || dom < 1 || dom > days_in_month(year, month)) {
        return false;
    }
    *ret_day = day_of_civil(year, month, dom);
    return true;
}

static char *put(char *out, int32_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + width;
}

void day_format(day_t day, char text[DAY_TEXT_SIZE])
{
    int32_t year = 0;
    int32_t month = 0;
    int32_t dom = 0;

    civil_of_day(day, &year, &month, &dom);
    char *out = put(text, year, 4);
    *out++ = '-';
    out = put(out, month, 2);
    *out++ = '-';
    out = put(out, dom, 2);
    *out = '\0';
}

/* The fraction of a second at text[0]: "." and one to three digits. Returns its length, -1:
 * wrong. */
static int fraction_parse(const char *text, uint32_t len, int32_t *ret_ms)
{
    static const int32_t scale[] = {0, 100, 10, 1};
    uint32_t n = 1;

    while (n < len && text[n] >= '0' && text[n] <= '9') {
        n++;
    }
    if (n < 2 || n > 4) {
        return -1;
    }
    *ret_ms = digits(text + 1, (int)n - 1) * scale[n - 1];
    return (int)n;
}

/* The offset that must fill the text to its end: "Z" or "+hh:mm". */
static bool offset_parse(const char *text, uint32_t len, int32_t *ret_min)
{
    if (len == 1 && text[0] == 'Z') {
        *ret_min = 0;
        return true;
    }
    if (len != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return false;
    }
    int32_t hours = digits(text + 1, 2);
    int32_t minutes = digits(text + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
        return false;
    }
    *ret_min = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    return true;
}

bool instant_parse(slice_t text, int64_t *ret_at_ms)
{
    day_t day = 0;
    int32_t ms = 0;
    int32_t offset = 0;
    uint32_t at = 19;

    if (text.len < 20 || text.text[10] != 'T' || text.text[13] != ':' || text.text[16] != ':' ||
        !day_parse((slice_t){text.text, 10}, &day)) {
        return false;
    }
    int32_t hour = digits(text.text + 11, 2);
    int32_t minute = digits(text.text + 14, 2);
    int32_t second = digits(text.text + 17, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return false;
    }
    if (text.text[at] == '.') {
        int used = fraction_parse(text.text + at, text.len - at, &ms);
        if (used < 0) {
            return false;
        }
        at += (uint32_t)used;
    }
    if (!offset_parse(text.text + at, text.len - at, &offset)) {
        return false;
    }
    *ret_at_ms = day * MS_PER_DAY + ((hour * 60 + minute) * 60LL + second) * 1000 + ms -
                 offset * MS_PER_MINUTE;
    return true;
}

void instant_format(int64_t at_ms, int32_t zone_min, char text[INSTANT_TEXT_SIZE])
{
    int64_t local = at_ms + zone_min * MS_PER_MINUTE;
    day_t day = (day_t)floor_div(local, MS_PER_DAY);
    int32_t ms = (int32_t)(local - day * MS_PER_DAY);
    int32_t zone = zone_min < 0 ? -zone_min : zone_min;

    day_format(day, text);
    char *out = text + 10;
    *out++ = 'T';
    out = put(out, ms / 3600000, 2);
    *out++ = ':';
    out = put(out, ms / 60000 % 60, 2);
    *out++ = ':';
    out = put(out, ms / 1000 % 60, 2);
    if (ms % 1000 != 0) {
        *out++ = '.';
        out = put(out, ms % 1000, 3);
    }
    *out++ = zone_min < 0 ? '-' : '+';
    out = put(out, zone / 60, 2);
    *out++ = ':';
    out = put(out, zone % 60, 2);
    *out = '\0';
}

day_t read_day(struct reader *reader)
{
    int64_t day = read_signed(reader);

    reader->bad = reader->bad || day < DAY_MIN || day > DAY_MAX;
    return (day_t)day;
}
