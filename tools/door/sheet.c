#include "tools/door/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/encode.h"

void sheet_spoil(struct sheet_line *line, const char *detail)
{
    line->state = SHEET_BAD;
    free(line->detail);
    line->detail = strdup(detail);
    CHECK(line->detail != NULL);
}

void sheet_encode(struct sheet_line *line, const struct event *event)
{
    uint8_t bytes[EVENT_BYTES_MAX];
    size_t len = encode_event(event, bytes, sizeof bytes);

    if (len == 0) {
        sheet_spoil(line, "not an event of this contract");
        return;
    }
    line->number = event->number;
    line->bytes = memory_resize(line->bytes, len, 1);
    memcpy(line->bytes, bytes, len);
    line->bytes_len = (uint32_t)len;
}

/* Returns: is the line of this terminal, or of none because it is no event? */
static bool read_line(struct sheet_line *line, const code_t *terminal, const struct kit *kit,
                      struct lines *lines)
{
    char reason[LINES_REASON_LEN];
    struct event event;

    line->state = SHEET_NEW;
    if (!lines_parse(lines, line->text.text, line->text.len, &event, reason)) {
        sheet_spoil(line, reason);
        return true;
    }
    if (!slice_equal(event.terminal, code_slice(terminal))) {
        return false;
    }
    line->ask = event.ask;
    if (event.number != 0) {
        kit_hide_members(kit, &event);
        sheet_encode(line, &event);
    }
    return true;
}

static slice_t trimmed(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '\r') {
        len--;
    }
    return (slice_t){text, (uint32_t)len};
}

/* Cut the body into lines. Returns: false when there are too many. */
static bool cut(struct sheet *sheet, slice_t body)
{
    const char *at = body.text;
    const char *end = body.text + body.len;

    for (uint32_t number = 1; at < end; number++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        slice_t text = trimmed(at, (size_t)((feed == NULL ? end : feed) - at));
        at = feed == NULL ? end : feed + 1;
        if (text.len == 0) {
            continue;
        }
        if (sheet->count == SHEET_LINES_MAX) {
            return false;
        }
        MEMORY_GROW(sheet->lines, sheet->count, sheet->capacity);
        sheet->lines[sheet->count++] = (struct sheet_line){.line = number, .text = text};
    }
    return true;
}

enum sheet_result sheet_read(struct sheet *sheet, slice_t body, const struct sheet_till *till,
                             struct lines *lines, uint32_t *ret_line)
{
    uint32_t bad = 0;

    if (!cut(sheet, body)) {
        return SHEET_TOO_LONG;
    }
    if (sheet->count == 0) {
        return SHEET_EMPTY;
    }
    for (uint32_t i = 0; i < sheet->count; i++) {
        if (!read_line(&sheet->lines[i], till->terminal, till->kit, lines)) {
            *ret_line = i;
            return SHEET_OTHER_TERMINAL;
        }
        bad += sheet->lines[i].state == SHEET_BAD ? 1 : 0;
    }
    *ret_line = 0;
    return bad == sheet->count ? SHEET_NO_EVENT : SHEET_READ;
}

void sheet_deinit(struct sheet *sheet)
{
    for (uint32_t i = 0; i < sheet->count; i++) {
        free(sheet->lines[i].bytes);
        free(sheet->lines[i].detail);
    }
    free(sheet->lines);
    *sheet = (struct sheet){0};
}

bool sheet_has(const struct sheet *sheet, enum sheet_state state)
{
    for (uint32_t i = 0; i < sheet->count; i++) {
        if (sheet->lines[i].state == state) {
            return true;
        }
    }
    return false;
}
