/* Suspense: told events in which money or goods moved and which were refused for good. The ledger
 * has no claim of them, the till has the money: each hangs, with its age, until its number is
 * accepted after all or headquarters settles it otherwise (rule 33). It outlives the cycle. One
 * thread. */
#ifndef CLEARING_REPORT_SUSPENSE_H
#define CLEARING_REPORT_SUSPENSE_H

#include "clearing/apply/apply.h"

struct suspense_item {
    code_t store;
    code_t terminal;
    uint64_t number;
    event_type_t type;
    outcome_t reason; /* the last one */
    money_t amount;   /* what the store says has moved; 0: it gave no amount */
    uint64_t member;  /* 0: none */
    day_t came;       /* the booked day of its first refusal: a retry makes nothing younger */
    uint64_t record;  /* of the last refusal */
};

/* Zeroed memory is empty. */
struct suspense {
    struct suspense_item *list; /* in the order of their first refusal */
    uint32_t count;
    uint32_t capacity;
    struct map keys; /* key of an event (waiting_key) -> how many items have it */
};

/* Hear what became of an event in record `record`: it may begin to hang, hang on, or hang no more.
 * `store` is the code of its store. */
void suspense_hear(struct suspense *suspense, const struct cleared *cleared, const code_t *store,
                   uint64_t record);

/* The item of an event. Returns: NULL when it does not hang; valid until the next is heard. */
const struct suspense_item *suspense_find(const struct suspense *suspense, const code_t *store,
                                          slice_t terminal, uint64_t number);

void suspense_deinit(struct suspense *suspense);

/* Write the items; read them into an empty suspense. Equal ones write equal bytes. False: the bytes
 * are bad. */
void suspense_save(const struct suspense *suspense, struct spool *spool);
bool suspense_load(struct suspense *suspense, struct reader *reader) MUST_USE;

#endif
