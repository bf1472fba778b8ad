#include "tools/alliance/scan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clearing/base/memory.h"
#include "tools/text.h"

#define DEPTH_MAX 24 /* the contract needs 7 */
#define KEYS_MAX  64 /* of one group; libconfig looks keys up one by one */

/* What may stand next. */
enum expected {
    EXPECT_KEY,    /* in a group: a key or its end */
    EXPECT_ASSIGN, /* after a key */
    EXPECT_VALUE,  /* after "=" or at a list's element (or its end) */
    EXPECT_AFTER,  /* after a value */
};

struct frame {
    char closer; /* '}', ')', ']'; 0: the file itself */
    uint32_t opened_at;
    uint32_t key_count;
    uint32_t keys[KEYS_MAX]; /* where they stand */
};

struct scanner {
    const struct source *source;
    struct scan scan;
    struct complaints *complaints;
    uint32_t at;
    enum expected expected;
    bool after_string; /* the last value was a string: another one continues it */
    bool failed;
    bool done;
    uint32_t depth;
    struct frame frames[DEPTH_MAX];
};

static char char_at(const struct scanner *s, uint32_t at)
{
    return s->source->text[at]; /* a NUL stands behind the text */
}

static struct frame *frame_of(struct scanner *s)
{
    return &s->frames[s->depth];
}

static bool in_group(struct scanner *s)
{
    char closer = frame_of(s)->closer;

    return closer == '}' || closer == 0;
}

#define FAIL(s, where, ...)                                                                        \
    do {                                                                                           \
        struct place fail_place = source_place((s)->source, (where));                              \
        complaints_add((s)->complaints, &fail_place, __VA_ARGS__);                                 \
        (s)->failed = true;                                                                        \
    } while (0)

/* The character at a place, as a message shows it. */
static void found_write(const struct scanner *s, uint32_t at, char text[32])
{
    slice_t rest = {s->source->text + at, s->source->len - at};
    uint32_t len = 1;

    if (at == s->source->len) {
        (void)snprintf(text, 32, "%s", _("the end of the file"));
        return;
    }
    while (len < rest.len && ((uint8_t)rest.text[len] & 0xc0) == 0x80) {
        len++;
    }
    (void)snprintf(text, 32, "\"%.*s\"", (int)len, rest.text);
}

static void fail_expected(struct scanner *s, const char *expected)
{
    char found[32];

    found_write(s, s->at, found);
    if (char_at(s, s->at) == '@') {
        FAIL(s, s->at, _("@include is not allowed: everything stands in this one file"));
    } else if ((uint8_t)char_at(s, s->at) >= 0x80) {
        FAIL(s, s->at, _("%s expected (found %s, which may stand only in quotes and comments)"),
             expected, found);
    } else {
        FAIL(s, s->at, _("%s expected (found %s)"), expected, found);
    }
}

static void line_skip(struct scanner *s)
{
    while (s->at < s->source->len && char_at(s, s->at) != '\n') {
        s->at++;
    }
}

static void blanks_skip(struct scanner *s)
{
    for (;;) {
        char c = char_at(s, s->at);
        if (s->at == s->source->len) {
            return;
        }
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
            s->at++;
        } else if (c == '#' || (c == '/' && char_at(s, s->at + 1) == '/')) {
            line_skip(s);
        } else if (c == '/' && char_at(s, s->at + 1) == '*') {
            const char *end = strstr(s->source->text + s->at + 2, "*/");
            if (end == NULL) {
                FAIL(s, s->at, _("this comment has no end"));
                return;
            }
            s->at = (uint32_t)(end - s->source->text) + 2;
        } else {
            return;
        }
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_key_char(char c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '*';
}

static uint32_t key_len(const struct scanner *s, uint32_t at)
{
    uint32_t len = 0;

    while (is_key_char(char_at(s, at + len))) {
        len++;
    }
    return len;
}

static void node_add(struct scanner *s)
{
    MEMORY_GROW(s->scan.nodes, s->scan.count, s->scan.capacity);
    s->scan.nodes[s->scan.count++] = (struct scan_node){.at = s->at, .value_at = s->at};
}

static void key_take(struct scanner *s)
{
    struct frame *frame = frame_of(s);
    const char *text = s->source->text;
    uint32_t len = key_len(s, s->at);

    for (uint32_t i = 0; i < frame->key_count; i++) {
        uint32_t other = frame->keys[i];
        if (key_len(s, other) == len && memcmp(text + other, text + s->at, len) == 0) {
            struct place first = source_place(s->source, other);
            FAIL(s, s->at, _("the key \"%.*s\" stands here twice (first in line %" PRIu32 ")"),
                 (int)(len < 64 ? len : 64), text + s->at, first.line);
            return;
        }
    }
    if (frame->key_count == KEYS_MAX) {
        FAIL(s, s->at, _("a group has at most %d keys"), KEYS_MAX);
        return;
    }
    frame->keys[frame->key_count++] = s->at;
    node_add(s);
    s->at += len;
    s->expected = EXPECT_ASSIGN;
}

static void frame_close(struct scanner *s)
{
    s->at++;
    s->depth--;
    s->expected = EXPECT_AFTER;
    s->after_string = false;
}

/* In a group: a key, the group's end, or (of the file itself) the end of the text. */
static void key_scan(struct scanner *s)
{
    struct frame *frame = frame_of(s);
    char c = char_at(s, s->at);

    if (is_letter(c) || c == '*') {
        key_take(s);
    } else if (frame->closer == 0 && s->at == s->source->len) {
        s->done = true;
    } else if (frame->closer == 0) {
        fail_expected(s, _("a key"));
    } else if (c == '}') {
        frame_close(s);
    } else if (s->at == s->source->len) {
        FAIL(s, frame->opened_at, _("the \"}\" for this \"{\" is missing"));
    } else {
        fail_expected(s, _("a key or \"}\""));
    }
}

static void assign_scan(struct scanner *s)
{
    char c = char_at(s, s->at);

    if (c != '=' && c != ':') {
        fail_expected(s, _("\"=\" after a key"));
        return;
    }
    s->at++;
    s->expected = EXPECT_VALUE;
}

static uint32_t digits_len(const char *text, uint32_t len)
{
    uint32_t n = 0;

    while (n < len && is_digit(text[n])) {
        n++;
    }
    return n;
}

/* Is this word a number as libconfig knows them? (Its other forms are refused there.) */
static bool is_number(slice_t word)
{
    uint32_t at = word.len > 0 && (word.text[0] == '-' || word.text[0] == '+') ? 1 : 0;
    uint32_t digits = digits_len(word.text + at, word.len - at);

    if (digits == 1 && word.len - at > 2 && word.text[at] == '0' &&
        (word.text[at + 1] == 'x' || word.text[at + 1] == 'X')) {
        return true;
    }
    at += digits;
    if (digits > 0 && at < word.len && word.text[at] == 'L') {
        at += word.len - at > 1 && word.text[at + 1] == 'L' ? 2 : 1;
        return at == word.len;
    }
    if (at < word.len && word.text[at] == '.') {
        uint32_t behind = digits_len(word.text + at + 1, word.len - at - 1);
        digits += behind;
        at += 1 + behind;
    }
    if (digits > 0 && at < word.len && (word.text[at] == 'e' || word.text[at] == 'E')) {
        at += at + 1 < word.len && (word.text[at + 1] == '-' || word.text[at + 1] == '+') ? 2 : 1;
        at += digits_len(word.text + at, word.len - at);
    }
    return digits > 0 && at == word.len;
}

static bool is_bool(slice_t word)
{
    return (word.len == 4 && strncasecmp(word.text, "true", 4) == 0) ||
           (word.len == 5 && strncasecmp(word.text, "false", 5) == 0);
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\n\r\f;,(){}[]\"=#", c) != NULL;
}

static void word_scan(struct scanner *s)
{
    slice_t word = {s->source->text + s->at, 0};

    while (!ends_word(word.text[word.len]) &&
           !(word.text[word.len] == '/' &&
             (word.text[word.len + 1] == '/' || word.text[word.len + 1] == '*'))) {
        word.len++;
    }
    if (word.len == 0 || word.text[0] == '@') {
        fail_expected(s, _("a value"));
        return;
    }
    if (!is_number(word) && !is_bool(word)) {
        uint32_t shown = utf8_cut(word, 48);
        FAIL(s, s->at,
             _("text stands in quotes: \"%.*s\" (without them only numbers, true, false)"),
             (int)shown, word.text);
        return;
    }
    s->scan.nodes[s->scan.count - 1].value_len = word.len;
    s->at += word.len;
    s->expected = EXPECT_AFTER;
    s->after_string = false;
}

/* Past one string's closing quote. */
static void string_skip(struct scanner *s)
{
    uint32_t start = s->at;

    for (s->at++; char_at(s, s->at) != '"'; s->at++) {
        if (s->at == s->source->len || char_at(s, s->at) == '\n') {
            FAIL(s, start, _("the closing quote is missing"));
            return;
        }
        if (strncmp(s->source->text + s->at, "\\x00", 4) == 0) {
            FAIL(s, s->at, _("a text has no NUL characters"));
            return;
        }
        if (char_at(s, s->at) == '\\' && s->at + 1 < s->source->len) {
            s->at++;
        }
    }
    s->at++;
}

static void string_scan(struct scanner *s)
{
    struct scan_node *node = &s->scan.nodes[s->scan.count - 1];

    string_skip(s);
    node->value_len = s->at - node->value_at;
    s->expected = EXPECT_AFTER;
    s->after_string = true;
}

static void frame_open(struct scanner *s, char closer)
{
    if (s->depth + 1 == DEPTH_MAX) {
        FAIL(s, s->at, _("groups and lists are nested too deeply"));
        return;
    }
    s->depth++;
    frame_of(s)->closer = closer;
    frame_of(s)->opened_at = s->at;
    frame_of(s)->key_count = 0;
    s->at++;
    s->expected = closer == '}' ? EXPECT_KEY : EXPECT_VALUE;
}

static void value_scan(struct scanner *s)
{
    char c = char_at(s, s->at);

    if (!in_group(s) && c == frame_of(s)->closer) {
        frame_close(s);
        return;
    }
    if (!in_group(s)) {
        node_add(s);
    }
    s->scan.nodes[s->scan.count - 1].value_at = s->at;
    if (c == '"') {
        string_scan(s);
    } else if (c == '{') {
        frame_open(s, '}');
    } else if (c == '(') {
        frame_open(s, ')');
    } else if (c == '[') {
        frame_open(s, ']');
    } else {
        word_scan(s);
    }
}

static void after_scan(struct scanner *s)
{
    struct frame *frame = frame_of(s);
    char c = char_at(s, s->at);

    if (c == '"' && s->after_string) {
        string_scan(s);
    } else if (in_group(s) && (c == ';' || c == ',')) {
        s->at++;
        s->expected = EXPECT_KEY;
    } else if (in_group(s) &&
               (is_letter(c) || c == '*' || c == frame->closer || s->at == s->source->len)) {
        s->expected = EXPECT_KEY; /* the separator may be left out */
    } else if (in_group(s)) {
        fail_expected(s, _("\";\" after a value"));
    } else if (c == ',') {
        s->at++;
        s->expected = EXPECT_VALUE;
    } else if (c == frame->closer) {
        frame_close(s);
    } else if (s->at == s->source->len) {
        FAIL(s, frame->opened_at, _("the \"%c\" for this \"%c\" is missing"), frame->closer,
             char_at(s, frame->opened_at));
    } else {
        fail_expected(s, frame->closer == ')' ? _("\",\" or \")\"") : _("\",\" or \"]\""));
    }
}

static void step(struct scanner *s)
{
    blanks_skip(s);
    if (s->failed) {
        return;
    }
    switch (s->expected) {
    case EXPECT_KEY:
        key_scan(s);
        return;
    case EXPECT_ASSIGN:
        assign_scan(s);
        return;
    case EXPECT_VALUE:
        value_scan(s);
        return;
    case EXPECT_AFTER:
        after_scan(s);
        return;
    }
}

bool scan_source(const struct source *source, struct scan *ret_scan, struct complaints *complaints)
{
    struct scanner *s = memory_zeroed(1, sizeof *s);
    bool good = false;

    s->source = source;
    s->complaints = complaints;
    s->expected = EXPECT_KEY;
    while (!s->failed && !s->done) {
        step(s);
    }
    good = !s->failed;
    if (good) {
        *ret_scan = s->scan;
    } else {
        scan_deinit(&s->scan);
    }
    free(s);
    return good;
}

void scan_deinit(struct scan *scan)
{
    free(scan->nodes);
    *scan = (struct scan){0};
}
