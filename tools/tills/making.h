/* Making: one receipt of a sheet becomes one event, or a list of what is wrong with each of its
 * cells. */
#ifndef TOOLS_TILLS_MAKING_H
#define TOOLS_TILLS_MAKING_H

#include "tools/tills/sheet.h"

struct flaws {
    struct flaw *list;
    uint32_t count;
    uint32_t capacity;
    bool bad; /* there are others than warnings */
};

/* Add one; a cell's first flaw counts. */
void flaws_add(struct flaws *flaws, const struct flaw *flaw);
void flaws_deinit(struct flaws *flaws);

/* Read a receipt. Flaws are added to the list. Texts of the event live as long as the sheet; its
 * number is 0 where the till has none.
 * Returns: the rule by which the event was made; NULL: it is bad, *ret_event is undefined. */
const struct making_rule *making_event(struct sheet *sheet, const struct sheet_receipt *receipt,
                                       struct event *ret_event, struct flaws *flaws);

#endif
