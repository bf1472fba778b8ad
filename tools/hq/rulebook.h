/* The rule book: DIR/alliance.conf and the stores' file that it names, as they are in force or come
 * into force: what the next `apply` of DIR begins with. */
#ifndef TOOLS_HQ_RULEBOOK_H
#define TOOLS_HQ_RULEBOOK_H

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

/* Copy an alliance file that has been read without a complaint, and the stores' file beside it,
 * into the folder; files that lie there already stay. What is replaced by other bytes is kept as
 * NAME.before. Returns: false with ret_fault. */
bool rulebook_copy(const char *alliance, const char *dir, struct fault *ret_fault) MUST_USE;

#endif
