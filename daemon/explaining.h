/* Why, for a store: an event that it published, or what of another's concerns its participant. Out
 * of the book as it is now, by the indexes over the past: some records are read, not the journal.
 * The writer's thread. */
#ifndef DAEMON_EXPLAINING_H
#define DAEMON_EXPLAINING_H

#include "daemon/answers.h"

/* `body` is {"what":"EVENT" or "EVENT/KIND","lang":"zh"|"en","json":BOOL,"width":COLUMNS}.
 * Returns: {"text"}, or for `json` what `allclear explain --json` prints (explain.h, watch.h): of
 * an event that had waited the end alone, of later events the refunds that stand and the disputes,
 * of "signed" the record, batch, key and digest. NULL with ret_refusal. */
json_t *explaining_answer(struct book *book, store_t store, slice_t body, char ret_refusal[141]);

#endif
