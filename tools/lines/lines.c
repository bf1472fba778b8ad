#include "tools/lines/lines.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/codec/policy.h"
#include "tools/lines/keys.h"

/* The line being read: where the texts of complaints go, and which list entry is at hand. */
struct parse {
    char *reason;
    const char *list; /* "pay", "earn", ...; NULL outside of lists */
    size_t entry;
};

/* A reason is shown on terminals: what came from the line must not steer them. */
static void reason_clean(char reason[LINES_REASON_LEN])
{
    if (policy_text_valid(slice_of(reason))) {
        return;
    }
    for (char *c = reason; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f) {
            *c = '?';
        }
    }
}

__attribute__((format(printf, 2, 0))) static void reason_set(char reason[LINES_REASON_LEN],
                                                             const char *format, va_list args)
{
    static const char cut[] = "...";
    int len = vsnprintf(reason, LINES_REASON_LEN, format, args);

    if (len >= LINES_REASON_LEN) {
        memcpy(reason + LINES_REASON_LEN - sizeof cut, cut, sizeof cut);
    }
    reason_clean(reason);
}

/* Returns false, so that a check can end with it. */
__attribute__((format(printf, 2, 3))) static bool refuse(const struct parse *parse,
                                                         const char *format, ...)
{
    va_list args;

    va_start(args, format);
    reason_set(parse->reason, format, args);
    va_end(args);
    return false;
}

/* The same with the place in front: "pay[0].amount_fen: ...". */
__attribute__((format(printf, 3, 4))) static bool complain(const struct parse *parse,
                                                           const char *key, const char *format, ...)
{
    char what[LINES_REASON_LEN];
    va_list args;

    va_start(args, format);
    reason_set(what, format, args);
    va_end(args);
    if (parse->list == NULL) {
        return refuse(parse, "%.40s: %s", key, what);
    }
    return refuse(parse, "%s[%zu]%s%.40s: %s", parse->list, parse->entry, *key == '\0' ? "" : ".",
                  key, what);
}

static slice_t text_of(const json_t *value)
{
    return (slice_t){json_string_value(value), (uint32_t)json_string_length(value)};
}

static bool read_text(const struct parse *parse, const struct key *key, const json_t *value,
                      slice_t *ret_text)
{
    if (!json_is_string(value)) {
        return complain(parse, key->name, "not a string");
    }
    slice_t text = text_of(value);
    if (text.len == 0 || text.len > key->limit) {
        return complain(parse, key->name, "not of 1 to %u bytes", key->limit);
    }
    if (!policy_text_valid(text)) {
        return complain(parse, key->name, "has characters that cannot be shown");
    }
    *ret_text = text;
    return true;
}

static bool read_code(const struct parse *parse, const struct key *key, const json_t *value,
                      slice_t *ret_code)
{
    if (!json_is_string(value)) {
        return complain(parse, key->name, "not a string");
    }
    slice_t code = text_of(value);
    if (!code_valid(code)) {
        return complain(parse, key->name, "not a code of 1-32 letters, digits, - and _");
    }
    *ret_code = code;
    return true;
}

static bool read_integer(const struct parse *parse, const struct key *key, const json_t *value,
                         int64_t *ret_value)
{
    if (json_is_real(value)) {
        return complain(parse, key->name,
                        "a number with a fraction or exponent; an integer is due");
    }
    if (!json_is_integer(value)) {
        return complain(parse, key->name, "not an integer");
    }
    *ret_value = json_integer_value(value);
    return true;
}

static bool read_number(const struct parse *parse, const struct key *key, const json_t *value,
                        uint64_t *ret_number)
{
    int64_t number = 0;

    if (!read_integer(parse, key, value, &number)) {
        return false;
    }
    if (number < 1 || (uint64_t)number > NUMBER_MAX) {
        return complain(parse, key->name, "not in 1..2^53-1");
    }
    *ret_number = (uint64_t)number;
    return true;
}

static bool read_count(const struct parse *parse, const struct key *key, const json_t *value,
                       uint64_t *ret_count)
{
    int64_t count = 0;

    if (!read_integer(parse, key, value, &count)) {
        return false;
    }
    if (count < 0 || (uint64_t)count > NUMBER_MAX) {
        return complain(parse, key->name, "not in 0..2^53-1");
    }
    *ret_count = (uint64_t)count;
    return true;
}

/* Digits without a leading zero, at most `digits_max` of them (19 fit into 64 bits). */
static bool digits_parse(slice_t text, uint32_t digits_max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > digits_max || text.text[0] == '0') {
        return false;
    }
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(text.text[i] - '0');
    }
    *ret_value = value;
    return true;
}

static bool read_member(const struct parse *parse, const struct key *key, const json_t *value,
                        uint64_t *ret_member)
{
    if (!json_is_string(value)) {
        return complain(parse, key->name, "not a string");
    }
    return digits_parse(text_of(value), 19, ret_member) ||
           complain(parse, key->name, "not 1-19 digits without a leading zero");
}

static bool read_instant(const struct parse *parse, const struct key *key, const json_t *value,
                         int64_t *ret_ms)
{
    int64_t ms = 0;

    if (!json_is_string(value)) {
        return complain(parse, key->name, "not a string");
    }
    if (!instant_parse(text_of(value), &ms) || ms <= 0 || ms >= POLICY_AT_MS_END) {
        return complain(parse, key->name, "not a time such as 2026-03-01T10:40:00+08:00");
    }
    *ret_ms = ms;
    return true;
}

bool lines_parse_ref(slice_t text, struct event_ref *ret_ref)
{
    const char *end = text.text + text.len;
    const char *first = memchr(text.text, ':', text.len);
    const char *second = first == NULL ? NULL : memchr(first + 1, ':', (size_t)(end - first - 1));
    struct event_ref ref = {0};

    if (second == NULL) {
        return false;
    }
    ref.store = (slice_t){text.text, (uint32_t)(first - text.text)};
    ref.terminal = (slice_t){first + 1, (uint32_t)(second - first - 1)};
    if (!digits_parse((slice_t){second + 1, (uint32_t)(end - second - 1)}, 16, &ref.number) ||
        ref.number > NUMBER_MAX || !code_valid(ref.store) || !code_valid(ref.terminal)) {
        return false;
    }
    *ret_ref = ref;
    return true;
}

static bool read_ref(const struct parse *parse, const struct key *key, const json_t *value,
                     struct event_ref *ret_ref)
{
    if (!json_is_string(value)) {
        return complain(parse, key->name, "not a string");
    }
    return lines_parse_ref(text_of(value), ret_ref) ||
           complain(parse, key->name, "not store:terminal:number");
}

static bool read_name(const struct parse *parse, const struct key *key, const json_t *value,
                      int *ret_number)
{
    if (!json_is_string(value)) {
        return complain(parse, key->name, "not a string");
    }
    slice_t text = text_of(value);
    for (const struct key_name *name = key->names; name->name != NULL; name++) {
        if (slice_equal(slice_of(name->name), text)) {
            *ret_number = name->number;
            return name->number != KEY_LATER ||
                   complain(parse, key->name, "%s is not built yet", name->name);
        }
    }
    return complain(parse, key->name, "unknown: %.40s", text.text);
}

static bool read_object(struct parse *parse, const json_t *object, const struct key *const *tables,
                        void *base);

/* A list of objects: entries go to `base` + offset, their number to `base` + count_offset. */
static bool read_list(struct parse *parse, const struct key *key, const json_t *value, char *base)
{
    const struct key_list *list = key->list;
    size_t count = json_array_size(value);

    if (!json_is_array(value)) {
        return complain(parse, key->name, "not a list");
    }
    if (count > list->max) {
        return complain(parse, key->name, "more than %u entries", list->max);
    }
    parse->list = key->name;
    for (parse->entry = 0; parse->entry < count; parse->entry++) {
        char *entry = base + key->offset + parse->entry * list->size;
        const json_t *object = json_array_get(value, parse->entry);
        const struct key *const *tables = list->tables;
        int with = 0;
        memset(entry, 0, list->size);
        if (!json_is_object(object)) {
            return complain(parse, "", "not an object");
        }
        if (list->by_means != NULL) {
            const json_t *means = json_object_get(object, "with");
            if (means == NULL) {
                return complain(parse, "with", "missing");
            }
            if (!read_name(parse, &keys_with[0], means, &with)) {
                return false;
            }
            tables = list->by_means[with];
        }
        if (!read_object(parse, object, tables, entry)) {
            return false;
        }
    }
    parse->list = NULL;
    *(uint32_t *)(void *)(base + list->count_offset) = (uint32_t)count;
    return true;
}

static int sum_compare(const void *left, const void *right)
{
    const struct total_sum *a = left;
    const struct total_sum *b = right;

    return slice_compare(a->key, b->key);
}

/* An object of amounts, to the event's sums in the order of their bytes. */
static bool read_sums(const struct parse *parse, const struct key *key, const json_t *value,
                      struct event *event)
{
    const char *name = NULL;
    json_t *amount = NULL;
    total_key_t known = TOTAL_SALE;
    union { /* the iteration only reads; its interface has no const */
        const json_t *read;
        json_t *walk;
    } it = {.read = value};

    if (!json_is_object(value)) {
        return complain(parse, key->name, "not an object");
    }
    event->sum_count = 0;
    json_object_foreach(it.walk, name, amount)
    {
        if (!total_key_parse(slice_of(name), &known) || event->sum_count == SUMS_MAX) {
            return refuse(parse, "%s.%.40s: no figure of a day total", key->name, name);
        }
        if (!json_is_integer(amount)) {
            return refuse(parse, "%s.%s: not an integer", key->name, name);
        }
        event->sums[event->sum_count++] =
            (struct total_sum){slice_of(name), json_integer_value(amount)};
    }
    if (event->sum_count > 1) {
        qsort(event->sums, event->sum_count, sizeof event->sums[0], sum_compare);
    }
    return true;
}

static bool read_value(struct parse *parse, const struct key *key, const json_t *value, char *base)
{
    void *to = base + key->offset;

    switch (key->kind) {
    case KEY_CODE:
        return read_code(parse, key, value, to);
    case KEY_TEXT:
        return read_text(parse, key, value, to);
    case KEY_INTEGER:
        return read_integer(parse, key, value, to);
    case KEY_NUMBER:
        return read_number(parse, key, value, to);
    case KEY_COUNT:
        return read_count(parse, key, value, to);
    case KEY_MEMBER:
        return read_member(parse, key, value, to);
    case KEY_INSTANT:
        return read_instant(parse, key, value, to);
    case KEY_REF:
        return read_ref(parse, key, value, to);
    case KEY_NAME:
        return read_name(parse, key, value, to);
    case KEY_BOOL:
        *(bool *)to = json_is_true(value);
        return json_is_boolean(value) || complain(parse, key->name, "not true or false");
    case KEY_LIST:
        return read_list(parse, key, value, base);
    case KEY_SUMS: /* only an event has them, at its base */
        return read_sums(parse, key, value, (struct event *)(void *)base);
    }
    return false;
}

static const struct key *key_find(const struct key *const *tables, const char *name)
{
    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            if (strcmp(key->name, name) == 0) {
                return key;
            }
        }
    }
    return NULL;
}

static bool unknown_key(const struct parse *parse, const json_t *object,
                        const struct key *const *tables)
{
    const char *name = NULL;
    json_t *value = NULL;

    /* the iteration only reads; its interface has no const */
    union {
        const json_t *read;
        json_t *walk;
    } it = {.read = object};
    json_object_foreach(it.walk, name, value)
    {
        if (key_find(tables, name) == NULL) {
            return !complain(parse, name, "unknown key");
        }
    }
    return false;
}

/* Read an object (the caller has seen that it is one) whose keys are those of the tables, a list
 * of tables that ends with NULL. */
static bool read_object(struct parse *parse, const json_t *object, const struct key *const *tables,
                        void *base)
{
    if (unknown_key(parse, object, tables)) {
        return false;
    }
    for (const struct key *const *table = tables; *table != NULL; table++) {
        for (const struct key *key = *table; key->name != NULL; key++) {
            const json_t *value = json_object_get(object, key->name);
            if (value == NULL && key->required) {
                return complain(parse, key->name, "missing");
            }
            if (value != NULL && !read_value(parse, key, value, base)) {
                return false;
            }
        }
    }
    return true;
}

/* What the keys alone do not say; an event without a number is judged as if it had one. */
static bool judge(const struct parse *parse, struct event *event)
{
    bool numbered = event->number != 0;

    if (!numbered && event->receipt.len == 0) {
        return complain(parse, "number", "missing, and no receipt is there instead");
    }
    event->number = numbered ? event->number : 1;
    const char *fault = policy_fault(event);
    event->number = numbered ? event->number : 0;
    return fault == NULL || refuse(parse, "%s", fault);
}

bool lines_parse(struct lines *lines, const char *line, size_t len, struct event *ret_event,
                 char reason[LINES_REASON_LEN])
{
    struct parse parse = {.reason = reason};
    json_error_t error;
    int type = 0;

    lines_deinit(lines);
    if (len > LINES_LEN_MAX) {
        return refuse(&parse, "line: longer than %d bytes", LINES_LEN_MAX);
    }
    if (memchr(line, '\0', len) != NULL) { /* the parser would pass over some */
        return refuse(&parse, "line: not JSON: a NUL byte");
    }
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    lines->root = root;
    if (root == NULL) {
        return refuse(&parse, "line: not JSON: %.80s (column %d)", error.text, error.column);
    }
    if (!json_is_object(root)) {
        return complain(&parse, "line", "not a JSON object");
    }
    const json_t *name = json_object_get(root, "type");
    if (name == NULL) {
        return complain(&parse, "type", "missing");
    }
    if (!read_name(&parse, &keys_common[0], name, &type)) {
        return false;
    }
    memset(ret_event, 0, offsetof(struct event, pay));
    return read_object(&parse, root, keys_of_type((event_type_t)type), ret_event) &&
           judge(&parse, ret_event);
}

void lines_deinit(struct lines *lines)
{
    json_decref(lines->root);
    lines->root = NULL;
}
