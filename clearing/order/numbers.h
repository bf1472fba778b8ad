/* Running numbers: which numbers of a terminal are spent, which are open gaps (rule 33). One entry
 * a terminal, one a gap: a till that counts without holes costs nothing more. One thread. */
#ifndef CLEARING_ORDER_NUMBERS_H
#define CLEARING_ORDER_NUMBERS_H

#include "clearing/base/spool.h"
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
    uint32_t recent; /* terminal + 1 that was spent last: mostly it is the next one too */
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

/* The entry of a terminal, made when it is new. Valid until the next one is made. */
struct terminal *numbers_terminal(struct numbers *numbers, store_t store, slice_t code);

/* The highest number spent by a terminal; 0: none yet. */
uint64_t numbers_highest(const struct numbers *numbers, store_t store, slice_t terminal);

void numbers_deinit(struct numbers *numbers);

/* Write them; read them into empty ones (order_image.c). False: the bytes are bad. */
void numbers_save(const struct numbers *numbers, struct spool *spool);
bool numbers_load(struct numbers *numbers, struct reader *reader) MUST_USE;

#endif
