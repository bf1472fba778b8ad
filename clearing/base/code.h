/* Codes: the short names that people give to stores, participants, products, packs.
 * A code matches [A-Za-z0-9][A-Za-z0-9_-]{0,31} and is compared by bytes. */
#ifndef CLEARING_BASE_CODE_H
#define CLEARING_BASE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"

#define CODE_LEN_MAX 32

/* Bytes that somebody else owns. */
typedef struct {
    const char *text;
    uint32_t len;
} slice_t;

typedef struct {
    uint8_t len;
    char text[CODE_LEN_MAX + 1]; /* NUL-terminated for printing */
} code_t;

/* Is this a code? */
bool code_valid(slice_t text);

/* Copy a valid code. The caller has checked it with code_valid. */
code_t code_of(slice_t text);

static inline slice_t code_slice(const code_t *code)
{
    return (slice_t){code->text, code->len};
}

slice_t slice_of(const char *text); /* of a NUL-terminated string */
bool slice_equal(slice_t a, slice_t b);
int slice_compare(slice_t a, slice_t b); /* by bytes, a prefix first; <0, 0, >0 */

/* A code_index maps codes to small numbers 0, 1, 2, ... in the order of their arrival. It owns its
 * copies of the codes. Zeroed memory is an empty index. One thread. */
struct code_index {
    code_t *codes; /* by number */
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* number + 1, 0 is free */
    uint32_t mask;
};

#define CODE_NONE UINT32_MAX

/* Returns: the code's number, CODE_NONE when it is not there. */
uint32_t code_index_find(const struct code_index *index, slice_t code);
/* Returns: the code's number; adds the code when it is new. */
uint32_t code_index_add(struct code_index *index, slice_t code);
void code_index_deinit(struct code_index *index);

#endif
