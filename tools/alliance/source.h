/* A file that a person wrote, whole in memory as UTF-8, with the way back from a byte to its line
 * and column. */
#ifndef TOOLS_ALLIANCE_SOURCE_H
#define TOOLS_ALLIANCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "tools/alliance/complaints.h"

struct source {
    char *path; /* as people know the file */
    char *text; /* valid UTF-8 without NUL bytes, with a NUL behind it, without a byte order mark */
    uint32_t len;
};

typedef enum {
    SOURCE_UTF8 = 0,
    SOURCE_UTF8_OR_GB18030 = 1, /* what is not UTF-8 is read as GB18030 */
} source_coding_t;

/* Read a regular file of at most len_max (< 2^30) bytes. Refuses UTF-16, NUL bytes and what the
 * coding does not allow.
 * Returns: false after a complaint, *ret_source untouched. Out: to be given to source_deinit. */
bool source_read(struct source *ret_source, const char *path, uint32_t len_max,
                 source_coding_t coding, struct complaints *complaints) MUST_USE;

/* The line and column of a byte. */
struct place source_place(const struct source *source, uint32_t at);

/* Returns: the offset of the first byte that is not part of valid UTF-8, len when there is none. */
uint32_t utf8_broken_at(const char *text, uint32_t len);
/* Is this valid UTF-8 without control characters? */
bool utf8_printable(slice_t text);
/* The length of the longest beginning of at most len_max bytes that splits no character. */
uint32_t utf8_cut(slice_t text, uint32_t len_max);

/* Decode GB18030 into text, which has room for three times the bytes (two bytes become at most
 * three, one byte one). Returns: the offset of the first byte that is not part of it, the length
 * when there is none, UINT32_MAX when this system cannot convert it. */
uint32_t gb18030_decode(slice_t bytes, char *text, uint32_t *ret_len);

/* Free what the source owns. Accepts zeroed memory. */
void source_deinit(struct source *source);

#endif
