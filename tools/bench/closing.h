/* The close of a bench's cycle, asked of its daemon as `allclear cycle close` does. */
#ifndef TOOLS_BENCH_CLOSING_H
#define TOOLS_BENCH_CLOSING_H

#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

/* Close the month of the open day. Out: *ret_us, from the request to its answer, which comes when
 * the record is durable and the report is written. Returns: false with ret_fault. */
bool closing_run(const char *dir, uint64_t *ret_us, struct fault *ret_fault) MUST_USE;

#endif
