/* One receipt on its way to an event: what the files of making share. reading.c reads single cells,
 * entries.c the entries of lists, making.c ties them together. */
#ifndef TOOLS_TILLS_INSIDE_H
#define TOOLS_TILLS_INSIDE_H

#include "tools/tills/making.h"

#define VALUE_SIZE sizeof(struct event_ref) /* of the largest value that a cell can be */

struct making {
    struct sheet *sheet;
    const struct sheet_receipt *receipt;
    const struct making_rule *rule;
    struct event *event;
    struct flaws *flaws;
};

typedef enum {
    TAKEN = 0,
    EMPTY = 1,
    BAD = 2, /* after a flaw */
} taken_t;

/* The receipt's row of this place. */
const struct sheet_row *making_row(const struct making *making, uint32_t i);

/* Add a flaw of a row, or of its cell in a column of the mapping. */
void making_row_flaw(struct making *making, const struct sheet_row *row, flaw_kind_t kind,
                     const char *extra);
void making_column_flaw(struct making *making, const struct sheet_row *row, uint32_t column,
                        flaw_kind_t kind, const char *extra);

/* The text of a cell; of all columns of a field. EMPTY or TAKEN as it is, BAD after a flaw that any
 * cell may have. */
taken_t making_cell_text(struct making *making, const struct sheet_row *row, uint32_t column,
                         slice_t *ret_text);
taken_t making_columns_text(struct making *making, const struct field *field,
                            const struct sheet_row *row, slice_t *ret_text);

/* Read a field from a row into *to, which has VALUE_SIZE bytes. *ret_text is what stands there. */
taken_t making_read(struct making *making, const struct field *field, const struct sheet_row *row,
                    void *to, slice_t *ret_text);
/* How many bytes a value of the key takes. */
size_t making_value_size(const struct key *key);

/* Add a value to a list of those known, as long as there is room. */
void making_list(char extra[FLAW_EXTRA_SIZE], slice_t value);

/* Take an entry from every row that it looks at. */
void making_take_entry(struct making *making, const struct entry *entry);

#endif
