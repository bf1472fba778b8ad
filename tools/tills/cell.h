/* Cells: the text of a cell as a value of one of the contract's kinds, or what is wrong with it. */
#ifndef TOOLS_TILLS_CELL_H
#define TOOLS_TILLS_CELL_H

#include "tools/tills/flaw.h"
#include "tools/tills/mapping.h"

/* What is wrong with a text whatever it is to mean: spaces, signs that cannot be seen, line breaks,
 * failed formulas. Returns: FLAW_NONE when nothing is. */
flaw_kind_t cell_flaw(slice_t text);

/* Take spaces of all kinds from both ends. */
slice_t cell_trim(slice_t text);

/* Read a value of the field's kind to where it belongs (see keys.h), negated where the field says
 * so. `extra` may be set to what people should know besides.
 * Returns: FLAW_NONE; FLAW_ROUNDED is a warning and the value is there; else nothing is written. */
flaw_kind_t cell_read(const struct mapping *mapping, const struct field *field, slice_t text,
                      void *to, char extra[FLAW_EXTRA_SIZE]);

#endif
