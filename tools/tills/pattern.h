/* Patterns of times, as strptime knows them but strict: every character must fit, numbers have
 * exactly their digits, and a day that does not exist is none.
 *   %Y four digits; %m %d %H %M %S two; with a minus (%-m) one or two; %L milliseconds, three
 *   digits; %z an offset (+08:00, +0800 or Z); %% a percent sign; all else stands for itself. */
#ifndef TOOLS_TILLS_PATTERN_H
#define TOOLS_TILLS_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/code.h"

/* Returns: NULL when this is a pattern with at least %Y, %m, %d, %H and %M, each field once; else
 * what is wrong with it, for people. */
const char *pattern_fault(slice_t pattern);

typedef enum {
    PATTERN_FITS = 0,
    PATTERN_NO_SUCH_TIME = 1, /* written as the pattern says, and no such day or time */
    PATTERN_DIFFERS = 2,
} pattern_result_t;

/* Read a time; where the pattern has no %z it is in the zone given. Milliseconds since
 * 1970-01-01T00:00:00Z go to *ret_at_ms when it fits. */
pattern_result_t pattern_read(slice_t pattern, slice_t text, int32_t zone_min,
                              int64_t *ret_at_ms) MUST_USE;

/* Read an offset from UTC such as "+08:00", "-0330" or "Z". Returns: false, nothing written. */
bool pattern_read_offset(slice_t text, int32_t *ret_zone_min) MUST_USE;

#endif
