/* Positions: the running sums over the claims of an open cycle. The matrix is the source; nets are
 * derived from it. Order of claims cannot change a sum. One thread. */
#ifndef CLEARING_CLAIMS_POSITIONS_H
#define CLEARING_CLAIMS_POSITIONS_H

#include "clearing/base/map.h"
#include "clearing/claims/claims.h"

/* All claims of one debtor, creditor, kind and direction. */
struct matrix_cell {
    participant_t debtor;
    participant_t creditor;
    claim_kind_t kind;
    bool reversal;
    uint64_t count;
    money_sum_t amount;
};

struct store_sums {
    uint64_t events; /* accepted */
    money_sum_t memos[KIND_COUNT];
};

struct positions {
    struct matrix_cell *cells; /* in the order of their first claim */
    uint32_t count;
    uint32_t capacity;
    struct map index; /* packed cell key -> place + 1 */
    struct store_sums *stores; /* by store number */
    uint32_t store_capacity;
    uint64_t events; /* accepted */
};

/* Add an event's claims and memos; `store` is where the event was accepted, STORE_NONE for a
 * day-end. */
void positions_post(struct positions *positions, store_t store, const struct claims *claims);

/* The sums of a store and of a pair of participants, made with zeros when they are new. Valid until
 * the next one is made. */
struct store_sums *positions_store(struct positions *positions, store_t store);
struct matrix_cell *positions_cell(struct positions *positions, const struct claim *claim);

/* In and out of one participant: plain sums, reversals included. */
struct participant_sums {
    money_sum_t in;
    money_sum_t out;
};

/* Out: ret_sums[count] by participant number; count covers every participant of the cells. */
void positions_by_participant(const struct positions *positions, struct participant_sums *ret_sums,
                              uint32_t count);

/* Start a new cycle: everything to zero. */
void positions_clear(struct positions *positions);
void positions_deinit(struct positions *positions);

/* Write the sums; read them into empty positions (positions_image.c). False: the bytes are bad. */
void positions_save(const struct positions *positions, struct spool *spool);
bool positions_load(struct positions *positions, struct reader *reader) MUST_USE;

#endif
