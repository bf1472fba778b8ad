/* Disputes: which lines of events are out of what is paid, until headquarters has answered (rule 52
 * in clearing/CHOICES.md). A line is what one event makes one participant owe another under one
 * kind. Zeroed memory is an empty list. One thread. */
#ifndef CLEARING_CLAIMS_DISPUTES_H
#define CLEARING_CLAIMS_DISPUTES_H

#include "clearing/claims/claims.h"

/* Numbers are those of the image. */
typedef enum {
    DISPUTE_OPEN = 0,
    DISPUTE_STANDS = 1, /* the line counts again */
    DISPUTE_FALLS = 2,  /* it stays out */
} dispute_state_t;

struct dispute {
    uint64_t seq;      /* of the event that disputes */
    uint64_t original; /* of the event whose line it is */
    claim_kind_t kind;
    store_t store;
    day_t booked;
    dispute_state_t state;
    uint32_t first_line; /* its lines lie side by side */
    uint32_t line_count; /* at least 1 */
};

struct dispute_line {
    uint32_t dispute; /* place */
    participant_t debtor;
    participant_t creditor;
    money_t amount; /* when it was disputed */
    money_t out;    /* of it, what is out of what is paid now: 0 once it stands */
    uint32_t next;  /* place + 1 of another line of the same original; 0: none */
};

struct disputes {
    struct dispute *list;
    uint32_t count;
    uint32_t capacity;
    struct dispute_line *lines;
    uint32_t line_count;
    uint32_t line_capacity;
    struct map by_seq;      /* -> place + 1 */
    struct map by_original; /* -> place of its last line + 1 */
    day_t *cycle_ends;      /* the last days of the closed cycles, rising */
    uint32_t cycle_end_count;
    uint32_t cycle_end_capacity;
    uint32_t open; /* how many have no answer */
};

/* Begin a dispute; its lines follow with disputes_add_line. */
void disputes_begin(struct disputes *disputes, const struct dispute *dispute);
void disputes_add_line(struct disputes *disputes, participant_t debtor, participant_t creditor,
                       money_t amount);

/* The dispute that an event made. NULL: none. */
struct dispute *disputes_find(const struct disputes *disputes, uint64_t seq);

/* The disputed line of an event between these two, in this direction, answered or not. NULL:
 * none. */
struct dispute_line *disputes_line(const struct disputes *disputes, uint64_t original,
                                   claim_kind_t kind, participant_t debtor,
                                   participant_t creditor);

/* End a dispute. What is out of lines that stand is in again: the caller has claimed it. */
void disputes_answer(struct disputes *disputes, struct dispute *dispute, bool stands);

/* A cycle has closed with this day. */
void disputes_note_close(struct disputes *disputes, day_t last_day);
/* The last day of the cycle in which a day lies. False: that is the open one. */
bool disputes_cycle_end(const struct disputes *disputes, day_t day, day_t *ret_last);

void disputes_deinit(struct disputes *disputes);

void disputes_save(const struct disputes *disputes, struct spool *spool);
/* False: the bytes are bad. */
bool disputes_load(struct disputes *disputes, struct reader *reader) MUST_USE;

#endif
