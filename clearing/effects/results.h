/* Results: what the journal keeps of an event beside its bytes: the outcome and, of an accepted
 * one, its effects. One value has one encoding, so replay compares bytes. Classes, stores and
 * participants are numbers that replay gives out again in the same order. */
#ifndef CLEARING_EFFECTS_RESULTS_H
#define CLEARING_EFFECTS_RESULTS_H

#include "clearing/base/bytes.h"
#include "clearing/effects/effects.h"

/* Format: outcome u8. WAITING: reason u8. ACCEPTED: here, origin (store, owner varints each),
 * original, previous_refund, member varints, occurred, booked signed, terms version, count of
 * effects, then each:
 * kind | (sign < 0) << 5 | reversal << 6 u8, a varint whose bits say which fields follow (results.c
 * lists them), the fields, and with the last bit the shares: count, then who varint and amount. */
void results_write(struct writer *writer, outcome_t outcome, outcome_t waiting_for,
                   const struct effects *effects);

/* Read one event's results. Out: *ret_outcome, *ret_waiting_for (OUTCOME_NONE unless WAITING), and
 * into `effects` what results_write got (emptied first).
 * Returns: false when the bytes are not of this format (reader->bad). */
bool results_read(struct reader *reader, outcome_t *ret_outcome, outcome_t *ret_waiting_for,
                  struct effects *effects) MUST_USE;

#endif
