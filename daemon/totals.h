/* Day totals for the store that has sent them: does the ledger say the same? The writer's
 * thread. */
#ifndef DAEMON_TOTALS_H
#define DAEMON_TOTALS_H

#include "daemon/answers.h"

/* `body`: a reference (store:terminal:number) a line, of the store's own accepted day totals; what
 * is none is passed over. Returns: {"totals":[{"event","date","matched","differences":[{"key",
 * "till","ledger"}]}]}, each as of its place in the journal; `key` is "count" (events), a type or a
 * means (fen). */
json_t *totals_answer(struct book *book, store_t store, slice_t body);

#endif
