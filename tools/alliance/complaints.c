#include "tools/alliance/complaints.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "tools/text.h"

/* The end of a long path says more than its beginning. */
static void file_copy(char to[COMPLAINT_FILE_SIZE], const char *file)
{
    size_t len = strlen(file);
    size_t cut = len >= COMPLAINT_FILE_SIZE ? len - (COMPLAINT_FILE_SIZE - 1) : 0;

    memcpy(to, file + cut, len - cut + 1);
}

static uint32_t rank_of(const struct complaints *complaints, const char *file)
{
    uint32_t rank = 0;

    for (uint32_t i = 0; i < complaints->count; i++) {
        if (strcmp(complaints->list[i].file, file) == 0) {
            return complaints->list[i].rank;
        }
        if (complaints->list[i].rank >= rank) {
            rank = complaints->list[i].rank + 1;
        }
    }
    return rank;
}

/* A file's text may be shown in a message: it must not break the line or steer the terminal. */
static void controls_replace(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            *text = '?';
        }
    }
}

void complaints_add(struct complaints *complaints, const struct place *place, const char *format,
                    ...)
{
    if (complaints->count == COMPLAINTS_MAX) {
        complaints->left_out++;
        return;
    }
    struct complaint *complaint = &complaints->list[complaints->count];
    va_list arguments;

    file_copy(complaint->file, place->file);
    complaint->rank = rank_of(complaints, complaint->file);
    complaint->line = place->line;
    complaint->column = place->column;
    va_start(arguments, format);
    (void)vsnprintf(complaint->text, sizeof complaint->text, format, arguments);
    va_end(arguments);
    controls_replace(complaint->text);
    complaints->count++;
}

static bool comes_after(const struct complaint *a, const struct complaint *b)
{
    if (a->rank != b->rank) {
        return a->rank > b->rank;
    }
    if (a->line != b->line) {
        return a->line > b->line;
    }
    return a->column > b->column;
}

void complaints_sort(struct complaints *complaints)
{
    for (uint32_t i = 1; i < complaints->count; i++) {
        struct complaint moved = complaints->list[i];
        uint32_t at = i;
        for (; at > 0 && comes_after(&complaints->list[at - 1], &moved); at--) {
            complaints->list[at] = complaints->list[at - 1];
        }
        complaints->list[at] = moved;
    }
}

void complaints_write(const struct complaints *complaints, FILE *stream)
{
    for (uint32_t i = 0; i < complaints->count; i++) {
        const struct complaint *complaint = &complaints->list[i];
        if (complaint->line == 0) {
            (void)fprintf(stream, "%s: %s\n", complaint->file, complaint->text);
        } else {
            (void)fprintf(stream, "%s:%" PRIu32 ":%" PRIu32 ": %s\n", complaint->file,
                          complaint->line, complaint->column, complaint->text);
        }
    }
    if (complaints->left_out > 0) {
        (void)fprintf(stream, _("and %" PRIu32 " more\n"), complaints->left_out);
    }
}
