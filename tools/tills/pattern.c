#include "tools/tills/pattern.h"

#include <stdio.h>
#include <string.h>

#include "clearing/facts/calendar.h"
#include "tools/text.h"

/* The fields of a time, by their letter's place here. */
static const char letters[] = "YmdHMSLz";
enum field { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLI, ZONE, FIELD_COUNT };
static const uint8_t digits[FIELD_COUNT] = {4, 2, 2, 2, 2, 2, 3, 0};

/* The conversion at pattern[*at], which is behind its percent sign. *at is moved behind it.
 * Returns: FIELD_COUNT for %%, -1 when there is none of this name. */
static int conversion_at(slice_t pattern, uint32_t *at, bool *ret_short)
{
    *ret_short = *at < pattern.len && pattern.text[*at] == '-';
    *at += *ret_short ? 1 : 0;
    if (*at == pattern.len) {
        return -1;
    }
    char c = pattern.text[(*at)++];
    if (c == '%' && !*ret_short) {
        return FIELD_COUNT;
    }
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    int field = letter == NULL ? -1 : (int)(letter - letters);
    return field >= 0 && *ret_short && digits[field] != 2 ? -1 : field;
}

const char *pattern_fault(slice_t pattern)
{
    uint32_t seen[FIELD_COUNT + 1] = {0};
    bool is_short = false;

    for (uint32_t at = 0; at < pattern.len;) {
        if (pattern.text[at++] != '%') {
            continue;
        }
        int field = conversion_at(pattern, &at, &is_short);
        if (field < 0) {
            /* xgettext:no-c-format */
            return _("known are %Y %m %d %H %M %S %L %z and %%, and %-m and so on");
        }
        if (++seen[field] > 1 && field != FIELD_COUNT) {
            return _("a field stands here twice");
        }
    }
    for (int field = YEAR; field <= MINUTE; field++) {
        if (seen[field] == 0) {
            /* xgettext:no-c-format */
            return _("a time needs %Y, %m, %d, %H and %M");
        }
    }
    return NULL;
}

/* Read `least` to `most` digits at text[*at]. */
static bool digits_read(slice_t text, uint32_t *at, uint32_t least, uint32_t most, int32_t *ret)
{
    uint32_t count = 0;
    int32_t value = 0;

    while (count < most && *at < text.len && text.text[*at] >= '0' && text.text[*at] <= '9') {
        value = value * 10 + (text.text[(*at)++] - '0');
        count++;
    }
    *ret = value;
    return count >= least;
}

static bool offset_read(slice_t text, uint32_t *at, int32_t *ret_zone_min)
{
    int32_t hours = 0;
    int32_t minutes = 0;

    if (*at == text.len) {
        return false;
    }
    char sign = text.text[(*at)++];
    if (sign == 'Z') {
        *ret_zone_min = 0;
        return true;
    }
    if ((sign != '+' && sign != '-') || !digits_read(text, at, 2, 2, &hours)) {
        return false;
    }
    *at += *at < text.len && text.text[*at] == ':' ? 1 : 0;
    if (!digits_read(text, at, 2, 2, &minutes) || hours > 23 || minutes > 59) {
        return false;
    }
    *ret_zone_min = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
    return true;
}

bool pattern_read_offset(slice_t text, int32_t *ret_zone_min)
{
    uint32_t at = 0;
    int32_t zone_min = 0;

    if (!offset_read(text, &at, &zone_min) || at != text.len) {
        return false;
    }
    *ret_zone_min = zone_min;
    return true;
}

static bool field_read(slice_t text, uint32_t *at, int field, bool is_short, int32_t *ret)
{
    if (field == ZONE) {
        return offset_read(text, at, ret);
    }
    return digits_read(text, at, is_short ? 1 : digits[field], digits[field], ret);
}

static bool literal_fits(slice_t text, uint32_t *at, char c)
{
    return *at < text.len && text.text[(*at)++] == c;
}

pattern_result_t pattern_read(slice_t pattern, slice_t text, int32_t zone_min, int64_t *ret_at_ms)
{
    int32_t fields[FIELD_COUNT] = {[ZONE] = zone_min};
    char written[INSTANT_TEXT_SIZE + 8];
    bool is_short = false;
    uint32_t at = 0;
    int64_t at_ms = 0;

    for (uint32_t i = 0; i < pattern.len;) {
        char c = pattern.text[i++];
        int field = c == '%' ? conversion_at(pattern, &i, &is_short) : FIELD_COUNT;
        CHECK(field >= 0); /* pattern_fault has seen it */
        bool fits = field == FIELD_COUNT ? literal_fits(text, &at, c)
                                         : field_read(text, &at, field, is_short, &fields[field]);
        if (!fits) {
            return PATTERN_DIFFERS;
        }
    }
    if (at != text.len) {
        return PATTERN_DIFFERS;
    }
    (void)snprintf(written, sizeof written, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", fields[YEAR],
                   fields[MONTH], fields[DAY], fields[HOUR], fields[MINUTE], fields[SECOND],
                   fields[MILLI]);
    if (!instant_parse(slice_of(written), &at_ms)) {
        return PATTERN_NO_SUCH_TIME;
    }
    at_ms -= fields[ZONE] * MS_PER_MINUTE;
    if (at_ms <= 0) {
        return PATTERN_NO_SUCH_TIME;
    }
    *ret_at_ms = at_ms;
    return PATTERN_FITS;
}
