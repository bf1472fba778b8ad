/* Flaws: what is wrong with a cell of a till's export, by kind, each with its own remedy. Most
 * kinds are what spreadsheets do to a file on its way. */
#ifndef TOOLS_TILLS_FLAW_H
#define TOOLS_TILLS_FLAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"

typedef enum {
    FLAW_NONE = 0,
    /* of the file and its rows */
    FLAW_UNREADABLE,   /* not a text of the coding at all */
    FLAW_HEADER,       /* a column of the mapping is not there */
    FLAW_HEADER_TWICE, /* a column of the mapping is there twice */
    FLAW_QUOTE,        /* quotes that do not close, or stand where none may */
    FLAW_CELLS,        /* too few or too many cells */
    FLAW_BESIDE,       /* this receipt stands beside a row that belongs to nobody knows whom */
    /* of any cell */
    FLAW_CODING,
    FLAW_LINE_BREAK,
    FLAW_INVISIBLE,
    FLAW_SPACE,
    FLAW_ERROR_VALUE,
    FLAW_MISSING,
    FLAW_UNKNOWN,
    FLAW_SCIENTIFIC,
    FLAW_FULL_WIDTH,
    /* of numbers */
    FLAW_CURRENCY,
    FLAW_THOUSANDS,
    FLAW_NOT_NUMBER,
    FLAW_DECIMALS,
    FLAW_FRACTION,
    FLAW_NEGATIVE,
    FLAW_POSITIVE,
    FLAW_RANGE,
    FLAW_DIGITS, /* of a card number */
    /* of times */
    FLAW_SERIAL,
    FLAW_TIME,
    FLAW_NO_SUCH_TIME,
    /* of codes, references and texts */
    FLAW_CODE,
    FLAW_REFERENCE,
    FLAW_LONG,
    /* of a receipt */
    FLAW_DIFFERS, /* its rows say different things */
    FLAW_MANY,    /* more entries than an event may have */
    FLAW_SUM,     /* what was paid does not make the gross amount */
    FLAW_EVENT,   /* the cells are good, the event is none of the contract */
    FLAW_TWICE,   /* its number is another one's, too */
    /* only a warning */
    FLAW_ROUNDED,
} flaw_kind_t;
#define FLAW_KIND_COUNT (FLAW_ROUNDED + 1)

#define FLAW_ROW        UINT32_MAX /* no column: the row as a whole */
#define FLAW_EXTRA_SIZE 200
#define FLAW_TEXT_SIZE  1024

struct flaw {
    flaw_kind_t kind;
    uint32_t line;               /* 0: the file as a whole */
    uint32_t column;             /* 0: A; or FLAW_ROW */
    slice_t header;              /* the column's name; empty: none */
    slice_t cell;                /* what stands there, as long as the till is open */
    char extra[FLAW_EXTRA_SIZE]; /* what is known of it besides; empty: nothing */
};

/* The kind as machines know it ("SCIENTIFIC"). */
const char *flaw_name(flaw_kind_t kind);
static inline bool flaw_is_warning(flaw_kind_t kind)
{
    return kind == FLAW_ROUNDED;
}

#define FLAW_LETTERS_SIZE 8
/* A column as spreadsheets call it: A, B, ..., Z, AA; empty for FLAW_ROW. */
void flaw_letters(uint32_t column, char text[FLAW_LETTERS_SIZE]);

/* Write: which column, what stands there, what is wrong, what to do. Valid UTF-8 without control
 * characters, in the language of the catalogue. */
void flaw_write(const struct flaw *flaw, char text[FLAW_TEXT_SIZE]);

#endif
