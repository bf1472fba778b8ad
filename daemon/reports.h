/* The reports of closed cycles, as files beside the journal, which can make them again. Each is
 * signed by the ledger's key when it is written, and a file that was changed since is not shown:
 *
 *   DIR/reports/CYCLE.json  the report's bytes
 *   DIR/reports/CYCLE.sig   hex of the Ed25519 signature over them (domain SIGN_REPORT) */
#ifndef DAEMON_REPORTS_H
#define DAEMON_REPORTS_H

#include <jansson.h>

#include "clearing/book/book.h"

/* Write a closed cycle's report; it is whole under its name or not there.
 * Returns: false with ret_fault. */
bool reports_write(const char *dir, const struct book *book, const struct sign_key *key,
                   const char *cycle, const char *text, struct fault *ret_fault) MUST_USE;

/* Read one. Returns: NULL when there is none, or with ret_fault when it is not what was signed. The
 * caller releases it. */
json_t *reports_read(const char *dir, const struct book *book, const char *cycle,
                     struct fault *ret_fault);

#endif
