/* The board: stores by business days of the open cycle. Has everybody reported? It says of each day
 * what the tills' totals give, which numbers and events are still open, and who is silent; and of
 * the whole what is missing for a close. All as of now. */
#ifndef CLEARING_REPORT_BOARD_H
#define CLEARING_REPORT_BOARD_H

#include "clearing/apply/state.h"

/* The open cycle's last days, at most so many. */
#define BOARD_DAYS_MAX 366

/* The worst of the store's terminals; later is worse. */
typedef enum {
    CELL_NOT_OPEN, /* before the store's first day or after its last */
    CELL_SILENT,   /* open, and no event of that day has come */
    CELL_MATCHED,  /* every terminal with an event has a total, and all agree */
    CELL_NO_TOTAL, /* a terminal with an event has none */
    CELL_DIFFERS,  /* a total does not agree */
} cell_state_t;

/* "not_open", "silent", "matched", "no_total", "differs" */
const char *cell_state_name(cell_state_t state);

struct board_cell {
    cell_state_t state;
    uint64_t events; /* of that business date */
    uint64_t gaps;   /* missing numbers that were passed on that day and may still come */
    uint64_t waiting; /* events that came on that day and wait */
};

/* A figure that differs. */
struct board_difference {
    store_t store;
    code_t terminal;
    day_t day;
    uint32_t key; /* total_key_t, or TOTAL_KEY_COUNT: the count */
    int64_t till;
    int64_t ledger;
};

typedef enum {
    MISSING_TOTAL,   /* a day total */
    MISSING_MATCH,   /* a total that agrees */
    MISSING_NUMBERS, /* gaps */
    MISSING_CAUSE,   /* what waiting events wait for */
    MISSING_STORE,   /* an open store was silent on a day that is over */
    MISSING_FROZEN,  /* a store is frozen */
} missing_kind_t;

/* "no_total", "differs", "gaps", "waiting", "silent", "frozen" */
const char *missing_kind_name(missing_kind_t kind);

struct board_missing {
    missing_kind_t kind;
    store_t store;
    day_t day;
    uint64_t count; /* numbers or events; else 1 */
    bool blocks;    /* a close must give a reason */
};

struct board {
    const struct registry *registry;
    day_t from; /* inclusive */
    day_t to;   /* the open day */
    bool required; /* the terms ask for day totals */
    uint32_t day_count;
    uint32_t store_count;
    store_t *stores;          /* by code */
    bool *frozen;             /* by store number */
    day_t *last_days;         /* by store number: of its last event; DAY_MIN: none is kept */
    struct board_cell *cells; /* by store number, then day */
    struct board_difference *differences; /* by terminal, then day */
    uint32_t difference_count;
    uint32_t difference_capacity;
    struct board_missing *missing; /* by store code, then day */
    uint32_t missing_count;
    uint32_t missing_capacity;
    uint32_t blocking; /* of them */
    uint32_t disputes; /* without an answer */
};

/* Build the board of the cycle that began on `from`. `frozen` says which stores are, by number, for
 * `frozen_count` of them. There are terms; the state must outlive the board. */
void board_build(const struct state *state, day_t from, const bool *frozen, uint32_t frozen_count,
                 struct board *ret_board);

static inline const struct board_cell *board_cell(const struct board *board, store_t store,
                                                  day_t day)
{
    return &board->cells[(size_t)store.n * board->day_count + (size_t)(day - board->from)];
}

void board_deinit(struct board *board);

#endif
