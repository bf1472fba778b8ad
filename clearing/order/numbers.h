/* Running numbers: which numbers of a terminal are spent, which are open gaps (rule 33). One entry
 * a terminal, one a gap: a till that counts without holes costs nothing more. One thread. */
#ifndef CLEARING_ORDER_NUMBERS_H
#define CLEARING_ORDER_NUMBERS_H

#include "clearing/facts/calendar.h"
#include "clearing/terms/registry.h"

/* Numbers first..last are open; `since` is the booked day of the first higher number. */
struct gap {
    uint64_t first;
    uint64_t last;
    day_t since;
};

struct terminal {
    store_t store;
    code_t code;
    uint64_t highest; /* spent */
    struct gap *gaps; /* rising */
    uint32_t gap_count;
    uint32_t gap_capacity;
};

struct numbers {
    struct terminal *terminals; /* in the order of their first number */
    uint32_t count;
    uint32_t capacity;
    uint32_t *slots; /* terminal + 1, 0 is free */
    uint32_t mask;
};

typedef enum {
    NUMBER_OPEN,
    NUMBER_SPENT,
    NUMBER_CLOSED, /* in a gap that closed: too old */
} number_state_t;

number_state_t numbers_state(const struct numbers *numbers, store_t store, slice_t terminal,
                             uint64_t number, day_t open_day, int32_t max_late_days);

/* Spend an open number on the open day. */
void numbers_spend(struct numbers *numbers, store_t store, slice_t terminal, uint64_t number,
                   day_t open_day);

/* Open a spent number again: its event waited and was refused. */
void numbers_reopen(struct numbers *numbers, store_t store, slice_t terminal, uint64_t number,
                    day_t open_day);

/* The highest number spent by a terminal; 0: none yet. */
uint64_t numbers_highest(const struct numbers *numbers, store_t store, slice_t terminal);

void numbers_deinit(struct numbers *numbers);

#endif
