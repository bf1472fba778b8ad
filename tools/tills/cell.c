#include "tools/tills/cell.h"

#include <stdio.h>
#include <string.h>

#include "proto/codec/policy.h"
#include "tools/lines/lines.h"
#include "tools/text.h"
#include "tools/tills/pattern.h"

#define DIGITS_KEPT 15 /* of a number in a spreadsheet */
#define SERIAL_MIN  20000
#define SERIAL_MAX  80000

/* No-break space and the ideographic one, beside the plain one and the tab. */
static const char *const spaces[] = {" ", "\t", "\u00a0", "\u3000", "\u2002", "\u2003", "\u202f"};
static const char *const invisible[] = {"\ufeff", "\u200b", "\u200c", "\u200d", "\u2060", "\u00ad"};
static const char *const errors[] = {"#REF!",   "#N/A",  "#VALUE!", "#NAME?",
                                     "#DIV/0!", "#NUM!", "#NULL!"};
static const char *const currencies[] = {"\uffe5", "\u00a5", "\u5143", "$", "\uff04", "RMB", "CNY"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static bool begins_with(slice_t text, const char *with)
{
    size_t len = strlen(with);

    return text.len >= len && memcmp(text.text, with, len) == 0;
}

static bool contains_any(slice_t text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (memmem(text.text, text.len, list[i], strlen(list[i])) != NULL) {
            return true;
        }
    }
    return false;
}

static uint32_t space_at_start(slice_t text)
{
    for (size_t i = 0; i < COUNT(spaces); i++) {
        if (begins_with(text, spaces[i])) {
            return (uint32_t)strlen(spaces[i]);
        }
    }
    return 0;
}

static uint32_t space_at_end(slice_t text)
{
    for (size_t i = 0; i < COUNT(spaces); i++) {
        uint32_t len = (uint32_t)strlen(spaces[i]);
        if (text.len >= len && memcmp(text.text + text.len - len, spaces[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

slice_t cell_trim(slice_t text)
{
    for (uint32_t len = 0; (len = space_at_start(text)) > 0;) {
        text = (slice_t){text.text + len, text.len - len};
    }
    for (uint32_t len = 0; (len = space_at_end(text)) > 0;) {
        text.len -= len;
    }
    return text;
}

flaw_kind_t cell_flaw(slice_t text)
{
    if (text.len == 0) {
        return FLAW_NONE;
    }
    if (memchr(text.text, '\n', text.len) != NULL || memchr(text.text, '\r', text.len) != NULL) {
        return FLAW_LINE_BREAK;
    }
    if (contains_any(text, invisible, COUNT(invisible))) {
        return FLAW_INVISIBLE;
    }
    if (cell_trim(text).len != text.len || contains_any(text, spaces + 1, COUNT(spaces) - 1)) {
        return FLAW_SPACE;
    }
    if (!policy_text_valid(text)) {
        return FLAW_INVISIBLE;
    }
    for (size_t i = 0; i < COUNT(errors); i++) {
        if (slice_equal(text, slice_of(errors[i]))) {
            return FLAW_ERROR_VALUE;
        }
    }
    return begins_with(text, "###") ? FLAW_ERROR_VALUE : FLAW_NONE; /* a column too narrow */
}

/* The forms FF01 to FF5E of ASCII, as 全角 input gives them. */
static bool has_full_width(slice_t text)
{
    for (uint32_t i = 0; i + 2 < text.len; i++) {
        uint8_t b = (uint8_t)text.text[i + 1];
        if ((uint8_t)text.text[i] == 0xef && (b == 0xbc || b == 0xbd)) {
            return true;
        }
    }
    return false;
}

/* How many digits stand at text[at]. */
static uint32_t digits_at(slice_t text, uint32_t at)
{
    uint32_t end = at;

    while (end < text.len && text.text[end] >= '0' && text.text[end] <= '9') {
        end++;
    }
    return end - at;
}

static bool char_at(slice_t text, uint32_t at, const char *any_of)
{
    return at < text.len && text.text[at] != '\0' && strchr(any_of, text.text[at]) != NULL;
}

/* 1.38E+10 */
static bool is_scientific(slice_t text)
{
    uint32_t at = char_at(text, 0, "-") ? 1 : 0;
    uint32_t count = digits_at(text, at);

    if (count == 0 || count > 4) {
        return false;
    }
    at += count;
    at += char_at(text, at, ".") ? 1 + digits_at(text, at + 1) : 0;
    if (!char_at(text, at, "Ee") || !char_at(text, at + 1, "+-")) {
        return false;
    }
    count = digits_at(text, at + 2);
    return count > 0 && at + 2 + count == text.len;
}

/* 1,234,567.50 */
static bool has_thousands(slice_t text)
{
    uint32_t at = char_at(text, 0, "-") ? 1 : 0;
    uint32_t count = digits_at(text, at);
    uint32_t groups = 0;

    if (count == 0 || count > 3) {
        return false;
    }
    for (at += count; char_at(text, at, ",' ") && digits_at(text, at + 1) == 3; at += 4) {
        groups++;
    }
    at += char_at(text, at, ".") ? 1 + digits_at(text, at + 1) : 0;
    return groups > 0 && at == text.len;
}

/* What is wrong with a text that is no number at all. */
static flaw_kind_t number_flaw(slice_t text, flaw_kind_t otherwise)
{
    if (is_scientific(text)) {
        return FLAW_SCIENTIFIC;
    }
    if (contains_any(text, currencies, COUNT(currencies))) {
        return FLAW_CURRENCY;
    }
    if (has_full_width(text)) {
        return FLAW_FULL_WIDTH;
    }
    if (has_thousands(text)) {
        return FLAW_THOUSANDS;
    }
    if (char_at(text, 0, "(") && char_at(text, text.len - 1, ")") && digits_at(text, 1) > 0) {
        return FLAW_NEGATIVE; /* as accountants write it */
    }
    return otherwise;
}

/* A plain number as its sign, digits and decimals. */
struct number {
    bool below;
    slice_t whole;
    slice_t decimals;
    bool point;
};

static bool number_split(slice_t text, struct number *ret_number)
{
    struct number number = {.below = char_at(text, 0, "-")};
    uint32_t at = number.below ? 1 : 0;

    number.whole = (slice_t){text.text + at, digits_at(text, at)};
    at += number.whole.len;
    number.point = char_at(text, at, ".");
    if (number.point) {
        number.decimals = (slice_t){text.text + at + 1, digits_at(text, at + 1)};
        at += 1 + number.decimals.len;
    }
    *ret_number = number;
    return number.whole.len > 0 && at == text.len && number.point == (number.decimals.len > 0);
}

/* Returns: false when it is more than `max`. */
static bool digits_add(slice_t digits, uint64_t max, uint64_t *value)
{
    for (uint32_t i = 0; i < digits.len; i++) {
        uint64_t digit = (uint64_t)(digits.text[i] - '0');
        if (*value > (max - digit) / 10) {
            return false;
        }
        *value = *value * 10 + digit;
    }
    return true;
}

static flaw_kind_t read_integer(const struct field *field, bool amount, slice_t text,
                                int64_t *ret_value)
{
    struct number number = {0};
    uint64_t value = 0;
    uint32_t decimals = amount && field->unit == UNIT_YUAN ? 2 : 0;

    if (!number_split(text, &number)) {
        return number_flaw(text, FLAW_NOT_NUMBER);
    }
    if (number.decimals.len > decimals) {
        return decimals == 0 ? FLAW_FRACTION : FLAW_DECIMALS;
    }
    bool fits = digits_add(number.whole, AMOUNT_MAX, &value) &&
                digits_add(number.decimals, AMOUNT_MAX, &value);
    for (uint32_t i = number.decimals.len; fits && i < decimals; i++) {
        fits = digits_add((slice_t){"0", 1}, AMOUNT_MAX, &value);
    }
    if (!fits) {
        return FLAW_RANGE;
    }
    if (value != 0 && number.below != field->negated) {
        return number.below ? FLAW_NEGATIVE : FLAW_POSITIVE;
    }
    *ret_value = (int64_t)value;
    return FLAW_NONE;
}

/* Does a spreadsheet keep its first digits only, and are the others zeros? */
static bool is_rounded(slice_t digits)
{
    for (uint32_t i = DIGITS_KEPT; i < digits.len; i++) {
        if (digits.text[i] != '0') {
            return false;
        }
    }
    return digits.len > DIGITS_KEPT;
}

static flaw_kind_t read_number(slice_t text, uint64_t *ret_number)
{
    struct number number = {0};
    uint64_t value = 0;

    if (!number_split(text, &number)) {
        return number_flaw(text, FLAW_NOT_NUMBER);
    }
    if (number.point) {
        return FLAW_FRACTION;
    }
    if (number.below) {
        return FLAW_RANGE;
    }
    if (!digits_add(number.whole, NUMBER_MAX, &value) || value == 0) {
        return FLAW_RANGE;
    }
    *ret_number = value;
    return is_rounded(number.whole) ? FLAW_ROUNDED : FLAW_NONE;
}

static flaw_kind_t read_member(slice_t text, uint64_t *ret_member)
{
    uint64_t member = 0;

    if (digits_at(text, 0) != text.len) {
        flaw_kind_t kind = number_flaw(text, FLAW_DIGITS);
        return kind == FLAW_CURRENCY || kind == FLAW_NEGATIVE ? FLAW_DIGITS : kind;
    }
    if (text.text[0] == '0' || !digits_add(text, MEMBER_MAX, &member)) {
        return FLAW_DIGITS;
    }
    *ret_member = member;
    return is_rounded(text) ? FLAW_ROUNDED : FLAW_NONE;
}

static bool is_serial(slice_t text)
{
    struct number number = {0};
    uint64_t value = 0;

    return number_split(text, &number) && !number.below &&
           digits_add(number.whole, SERIAL_MAX, &value) && value >= SERIAL_MIN;
}

static flaw_kind_t read_instant(const struct mapping *mapping, slice_t text, int64_t *ret_at_ms,
                                char extra[FLAW_EXTRA_SIZE])
{
    pattern_result_t result = PATTERN_DIFFERS;

    for (uint32_t i = 0; i < mapping->time_count; i++) {
        pattern_result_t one = pattern_read(mapping->times[i], text, mapping->zone_min, ret_at_ms);
        if (one == PATTERN_FITS) {
            return FLAW_NONE;
        }
        result = one == PATTERN_NO_SUCH_TIME ? one : result;
    }
    if (result == PATTERN_NO_SUCH_TIME) {
        return FLAW_NO_SUCH_TIME;
    }
    if (is_serial(text)) {
        return FLAW_SERIAL;
    }
    if (has_full_width(text)) {
        return FLAW_FULL_WIDTH;
    }
    (void)snprintf(extra, FLAW_EXTRA_SIZE, "%.*s", (int)mapping->times[0].len,
                   mapping->times[0].text);
    return is_scientific(text) ? FLAW_SCIENTIFIC : FLAW_TIME;
}

static flaw_kind_t read_code(slice_t text, slice_t *ret_code)
{
    if (is_scientific(text)) {
        return FLAW_SCIENTIFIC;
    }
    if (!code_valid(text)) {
        return has_full_width(text) ? FLAW_FULL_WIDTH : FLAW_CODE;
    }
    *ret_code = text;
    return FLAW_NONE;
}

static flaw_kind_t read_text(const struct key *key, slice_t text, slice_t *ret_text)
{
    if (is_scientific(text)) {
        return FLAW_SCIENTIFIC;
    }
    if (text.len > key->limit) {
        return FLAW_LONG;
    }
    *ret_text = text;
    return FLAW_NONE;
}

static flaw_kind_t read_reference(slice_t text, struct event_ref *ret_ref)
{
    if (lines_parse_ref(text, ret_ref)) {
        return FLAW_NONE;
    }
    const char *number = memrchr(text.text, ':', text.len);
    uint32_t at = number == NULL ? 0 : (uint32_t)(number + 1 - text.text);
    flaw_kind_t kind = number_flaw((slice_t){text.text + at, text.len - at}, FLAW_REFERENCE);
    return kind == FLAW_SCIENTIFIC || kind == FLAW_FULL_WIDTH || kind == FLAW_THOUSANDS
               ? kind
               : FLAW_REFERENCE;
}

static flaw_kind_t read_name(const struct key *key, slice_t text, int *ret_number)
{
    for (const struct key_name *name = key->names; name->name != NULL; name++) {
        if (slice_equal(slice_of(name->name), text) && name->number != KEY_LATER) {
            *ret_number = name->number;
            return FLAW_NONE;
        }
    }
    return FLAW_UNKNOWN;
}

static flaw_kind_t read_bool(slice_t text, bool *ret_value)
{
    bool yes = slice_equal(text, slice_of("true"));

    if (!yes && !slice_equal(text, slice_of("false"))) {
        return FLAW_UNKNOWN;
    }
    *ret_value = yes;
    return FLAW_NONE;
}

/* Amounts are the keys that say so: principal_fen, amount_fen. */
static bool is_amount(const struct key *key)
{
    size_t len = strlen(key->name);

    return len > 4 && strcmp(key->name + len - 4, "_fen") == 0;
}

flaw_kind_t cell_read(const struct mapping *mapping, const struct field *field, slice_t text,
                      void *to, char extra[FLAW_EXTRA_SIZE])
{
    const struct key *key = field->key;

    switch (key->kind) {
    case KEY_CODE:
        return read_code(text, to);
    case KEY_TEXT:
        return read_text(key, text, to);
    case KEY_INTEGER:
        return read_integer(field, is_amount(key), text, to);
    case KEY_NUMBER:
        return read_number(text, to);
    case KEY_MEMBER:
        return read_member(text, to);
    case KEY_INSTANT:
        return read_instant(mapping, text, to, extra);
    case KEY_REF:
        return read_reference(text, to);
    case KEY_NAME:
        return read_name(key, text, to);
    case KEY_BOOL:
        return read_bool(text, to);
    case KEY_COUNT: /* of types that no mapping names */
    case KEY_SUMS:
    case KEY_LIST:
        break;
    }
    CHECK(!"a list is no cell");
    return FLAW_EVENT;
}
