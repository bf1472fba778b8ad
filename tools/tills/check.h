/* Check: what would be sent, without sending it: every bad cell by its place, and sums a day by
 * type and means, to be laid beside the till's own daily total. */
#ifndef TOOLS_TILLS_CHECK_H
#define TOOLS_TILLS_CHECK_H

#include <stdio.h>

#include "clearing/base/fault.h"
#include "tools/tills/till.h"

typedef enum {
    CHECK_TEXT = 0,  /* flaws, then a table */
    CHECK_JSON = 1,  /* one object at the end */
    CHECK_LINES = 2, /* the good events as JSON Lines on stdout, flaws on stderr */
} check_form_t;

struct check {
    check_form_t form;
    int32_t zone_min; /* in which a day is counted */
    uint64_t read;    /* receipts and lines */
    uint64_t bad;     /* of these */
    uint64_t skipped; /* rows that the mapping passes over */
    struct check_total *totals;
    uint32_t total_count;
    uint32_t total_capacity;
    void *refusals; /* lists of JSON objects */
    void *warnings;
};

void check_init(struct check *check, check_form_t form, int32_t zone_min);

/* Read a till's export, or JSON Lines, to the end. `name` is how complaints call it.
 * Returns: false with ret_fault set when it cannot be read. */
bool check_export(struct check *check, const struct mapping *mapping, FILE *file, const char *name,
                  struct fault *ret_fault) MUST_USE;
bool check_lines(struct check *check, FILE *file, const char *name,
                 struct fault *ret_fault) MUST_USE;

/* Print what has been found. Returns: false when stdout cannot be written. */
bool check_finish(struct check *check) MUST_USE;

void check_deinit(struct check *check);

#endif
