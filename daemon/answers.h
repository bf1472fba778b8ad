/* Answers: what may be read of the book, as JSON. For stores (their own only) and for
 * headquarters. */
#ifndef DAEMON_ANSWERS_H
#define DAEMON_ANSWERS_H

#include <jansson.h>

#include "clearing/ledger/ledger.h"

/* Answer a store's query. Returns: a new JSON value; NULL with ret_refusal (at most 140 bytes).
 * Verbs: balance (body: member), positions, events (body: references, a line each), head, statement
 * (body: a closed cycle's id), net (net.h), explain (explaining.h), totals (totals.h), disputes. */
json_t *answer_store(struct book *book, const char *dir, store_t store, slice_t verb, slice_t body,
                     char ret_refusal[141]);

/* The statement of a store's participant, of a closed cycle, or of the open one (NULL).
 * Returns: NULL with ret_refusal. */
json_t *answer_statement(struct book *book, const char *dir, store_t store, const char *cycle,
                         char ret_refusal[141]);

/* For headquarters: everybody's position in the open cycle, as the contract has it. */
json_t *answer_positions(const struct book *book);

/* For headquarters: the report of the open cycle, or (cycle not NULL) of a closed one, as JSON.
 * NULL: there is no such cycle. */
json_t *answer_report(struct book *book, const char *dir, const char *cycle,
                      struct fault *ret_fault);

#endif
