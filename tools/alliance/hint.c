#include "tools/alliance/hint.h"

#include <stdio.h>
#include <string.h>

#include "tools/text.h"

#define WORD_MAX 40

static uint32_t least(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Levenshtein's distance, a row at a time. */
static uint32_t distance(slice_t a, slice_t b)
{
    uint32_t row[WORD_MAX + 1];

    for (uint32_t k = 0; k <= b.len; k++) {
        row[k] = k;
    }
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t corner = row[0];
        row[0] = i;
        for (uint32_t k = 1; k <= b.len; k++) {
            uint32_t changed = corner + (a.text[i - 1] != b.text[k - 1] ? 1 : 0);
            corner = row[k];
            row[k] = least(row[k] + 1, row[k - 1] + 1, changed);
        }
    }
    return row[b.len];
}

static const char *nearest(slice_t word, const char *const *names)
{
    const char *best = NULL;
    uint32_t best_distance = word.len / 3 + 2; /* farther is no likeness */

    if (word.len > WORD_MAX) {
        return NULL;
    }
    for (; *names != NULL; names++) {
        slice_t name = slice_of(*names);
        uint32_t d = name.len > WORD_MAX ? best_distance : distance(word, name);
        /* Nothing in common is no likeness either, however short the words. */
        if (d < best_distance && d < name.len) {
            best_distance = d;
            best = *names;
        }
    }
    return best;
}

void hint_write(slice_t word, const char *const *names, char text[HINT_SIZE])
{
    const char *meant = nearest(word, names);

    if (meant != NULL) {
        (void)snprintf(text, HINT_SIZE, _(", did you mean \"%s\"?"), meant);
        return;
    }
    int len = snprintf(text, HINT_SIZE, "%s", _(", known are"));
    for (size_t i = 0; names[i] != NULL && len > 0 && len < HINT_SIZE; i++) {
        len +=
            snprintf(text + len, (size_t)(HINT_SIZE - len), "%s %s", i == 0 ? "" : ",", names[i]);
    }
}
