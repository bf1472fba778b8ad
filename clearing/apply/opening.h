/* Opening lots: what members had when they came over from an old system (rule 29's last sentence).
 * They make no claim; each carries what is to be settled on its debtors as if it had been sold here
 * and now, and its seller's store is the member's home.
 *
 * Lots are looked at one by one in their order, twice: all are checked before any is made. */
#ifndef CLEARING_APPLY_OPENING_H
#define CLEARING_APPLY_OPENING_H

#include "clearing/apply/apply.h"
#include "clearing/base/fault.h"
#include "clearing/facts/opening.h"

/* What the lots of one issuer and product sum to. */
struct opening_sum {
    participant_t issuer; /* who owes the member (rule 41) */
    product_t product;
    uint64_t lots;
    int128_t principal;
    int128_t bonus;
    int128_t points;
    int128_t uses;
};

/* One pass over the lots. */
struct opening_pass {
    struct apply *apply;
    struct code_index packs; /* met in this pass */
    struct opening_sum *sums;
    uint32_t count;
    uint32_t capacity;
    uint64_t lots; /* looked at */
};

/* There are terms, and no sweep runs. */
struct opening_pass opening_begin(struct apply *apply);
void opening_end(struct opening_pass *pass);

/* Look at the next lot, which changes nothing but the pass.
 * Returns: false with ret_fault, which begins with "lot N: ", N counted from 1 in the order of the
 * pass, and the name of the refusal. */
bool opening_check(struct opening_pass *pass, const struct opening_lot *lot,
                   struct fault *ret_fault) MUST_USE;

/* Do the sums of all lots equal the totals that somebody gave, each once?
 * Returns: false with ret_fault, which names the issuer, the product and both figures. */
bool opening_sums_equal(const struct opening_pass *pass, const struct opening_total *totals,
                        uint32_t count, struct fault *ret_fault) MUST_USE;

/* Make the lots of one encoded part (proto/codec/opening.h), all of which have been checked; they
 * get one sequence number. Returns: how many. */
uint32_t opening_make(struct apply *apply, slice_t part);

#endif
