/* The comparison: an old system's sheet against our events of a period, each difference with its
 * class, each store's figure with what is left unexplained. */
#ifndef TOOLS_RECON_COMPARE_H
#define TOOLS_RECON_COMPARE_H

#include "tools/alliance/complaints.h"
#include "tools/opening/rows.h"
#include "tools/recon/ours.h"

typedef enum {
    DIFFERENCE_MISSING, /* one side has an event or a figure that the other has not */
    DIFFERENCE_TIMING,  /* the same event in another period */
    DIFFERENCE_RULE,    /* the same event with another amount */
    DIFFERENCE_THEIRS,  /* their sheet contradicts itself */
} difference_class_t;

/* "missing", "timing", "rule", "theirs" */
const char *difference_name(difference_class_t class);

struct difference {
    difference_class_t class;
    store_t store;
    figure_t figure;
    const char *event; /* ours, or as they write it; NULL: the store's total */
    uint32_t event_len;
    uint32_t line;     /* of their sheet; 0: they have none */
    int64_t theirs;
    int64_t ours;
    day_t their_day; /* DAY_MAX: not said */
    day_t our_day;   /* DAY_MAX: not there */
};

/* A store's figure. */
struct recon_cell {
    bool has_total;
    uint32_t total_line;
    uint32_t details; /* rows of events in the period */
    int64_t total;
    int64_t detailed; /* their sum */
    int64_t ours;
    int64_t explained; /* of theirs - ours */
};

struct recon {
    const struct registry *registry;
    struct ours ours;
    day_t from; /* booked days, inclusive */
    day_t to;
    bool in_scope[FIGURE_COUNT]; /* their sheet has it */
    struct recon_cell *cells;    /* by store number, then figure */
    uint32_t store_count;
    struct difference *differences;
    uint32_t count;
    uint32_t capacity;
};

/* Compare; ours are settled, registry, from and to are set. Returns: false after complaints: a row
 * names no store or no figure. */
bool recon_compare(struct recon *recon, const struct rows *rows, struct complaints *complaints)
    MUST_USE;

static inline const struct recon_cell *recon_cell(const struct recon *recon, uint32_t store,
                                                  uint32_t figure)
{
    return &recon->cells[(size_t)store * FIGURE_COUNT + figure];
}

/* What the sheet says: the total, or the sum of its events where it has none. */
static inline int64_t recon_theirs(const struct recon_cell *cell)
{
    return cell->has_total ? cell->total : cell->detailed;
}

static inline int64_t recon_unexplained(const struct recon_cell *cell)
{
    return recon_theirs(cell) - cell->ours - cell->explained;
}

void recon_deinit(struct recon *recon);

#endif
