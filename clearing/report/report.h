/* The settlement report as data: everything that the contract's JSON shows, sorted, from the state
 * of a cycle and the lists of its events. Renderers (tools/render) only write it down. */
#ifndef CLEARING_REPORT_REPORT_H
#define CLEARING_REPORT_REPORT_H

#include "clearing/apply/state.h"
#include "clearing/base/limits.h"

/* An event by name, with what a list says of it. */
struct report_event {
    code_t store;
    code_t terminal;
    uint64_t number;
    outcome_t outcome; /* refused: why; waiting: for what; late: ACCEPTED */
    day_t occurred;
    day_t booked;
};

/* A growing list of them. Zeroed memory is empty. */
struct report_events {
    struct report_event *list;
    uint32_t count;
    uint32_t capacity;
};

void report_events_add(struct report_events *events, const struct report_event *event);
/* By store, terminal (bytes), number. */
void report_events_sort(struct report_events *events);
/* The order of two struct report_event. Returns: <0, 0, >0. */
int report_event_compare(const void *left, const void *right);

/* An event by name is the longest. */
#define REPORT_ABOUT_MAX 96

/* What two people at headquarters have added to a cycle. */
struct report_adjustment {
    participant_t debtor;
    participant_t creditor;
    money_t amount;
    day_t booked;
    code_t person; /* who proposed it */
    claim_kind_t kind; /* KIND_ADJUST; KIND_SUSPENSE, KIND_DISPUTE: of the event in `about` */
    char about[REPORT_ABOUT_MAX + 1];
    char reason[REASON_LEN_MAX + 1];
};

/* A growing list of them, in the order of their records. Zeroed memory is empty. */
struct report_adjustments {
    struct report_adjustment *list;
    uint32_t count;
    uint32_t capacity;
};

void report_adjustments_add(struct report_adjustments *adjustments,
                            const struct report_adjustment *adjustment);

struct report_participant {
    participant_t participant;
    money_sum_t in;
    money_sum_t out;
    money_sum_t net;
};

/* What an issuer owes members of one product. */
struct report_outstanding {
    participant_t issuer;
    product_t product;
    uint64_t lots;
    money_sum_t principal;
    money_sum_t bonus;
    int128_t points;
    int128_t uses;
};

struct report {
    const char *cycle; /* the caller's */
    day_t from;        /* first and last booked day */
    day_t to;
    const struct registry *registry;
    const struct positions *positions;
    struct report_participant *participants; /* all, by code */
    uint32_t participant_count;
    struct matrix_cell *matrix; /* by debtor, creditor, kind (names' bytes), reversal */
    uint32_t matrix_count;
    store_t *stores; /* all, by code; their sums are in positions */
    uint32_t store_count;
    struct report_events refused; /* borrowed, sorted */
    struct report_events late;    /* likewise */
    struct report_events waiting; /* from the state */
    struct report_adjustments adjustments; /* borrowed: the caller's to set */
    uint32_t missing;       /* what the cycle was closed over (board.h); the caller's to set */
    const char *incomplete; /* why it closed all the same; "" or NULL: nothing was missing */
    struct report_outstanding *outstanding; /* by issuer, product */
    uint32_t outstanding_count;
};

/* Build the report of the state's open cycle. The two lists are sorted in place and borrowed; the
 * state must outlive the report. cycle, from, to, adjustments, missing and incomplete are the
 * caller's to set. While a sweep runs (clearing/apply/state.h), breakage and outstanding lots lag
 * together; a close comes after it.
 * Guarantee: the nets sum to zero (a CHECK). */
void report_build(const struct state *state, struct report_events *refused,
                  struct report_events *late, struct report *ret_report);

void report_deinit(struct report *report);

#endif
