/* A till's export, read with its mapping: one event after the other, or what is wrong with it. No
 * network, no outbox, no clock. One thread. */
#ifndef TOOLS_TILLS_TILL_H
#define TOOLS_TILLS_TILL_H

#include <stdio.h>

#include "clearing/base/fault.h"
#include "clearing/base/map.h"
#include "tools/tills/making.h"

typedef enum {
    TILL_EVENT = 0, /* event is there; flaws are warnings */
    TILL_BAD = 1,   /* flaws say why */
    TILL_END = 2,
} till_result_t;

struct till {
    struct sheet sheet;
    struct event event; /* its texts live as long as the till is open */
    uint32_t line;      /* on which the receipt begins */
    struct flaws flaws; /* of the receipt */
    uint32_t next;
    bool refused;          /* the file as a whole, and that has not been told yet */
    struct map seen;       /* receipts by a hash of terminal and number */
    struct till_seen *all; /* the numbers seen */
    uint32_t all_count;
    uint32_t all_capacity;
};

/* Read a stream to its end. Returns: false with ret_fault set when it cannot be read or is larger
 * than SHEET_LEN_MAX; whatever is wrong inside is told by till_next. The till is to be given to
 * till_close when this returns true. The mapping outlives it. */
bool till_open(struct till *till, const struct mapping *mapping, FILE *file, const char *name,
               struct fault *ret_fault) MUST_USE;

/* Read the next receipt. */
till_result_t till_next(struct till *till) MUST_USE;

void till_close(struct till *till);

#endif
