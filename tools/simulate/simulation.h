/* A simulation: an alliance file and event files cleared in memory (rule 36). The same facts,
 * codec, rules and report as the daemon's; only the journal is missing. */
#ifndef TOOLS_SIMULATE_SIMULATION_H
#define TOOLS_SIMULATE_SIMULATION_H

#include <stdio.h>

#include "clearing/report/report.h"
#include "tools/explain/kept.h"
#include "tools/opening/rows.h"
#include "tools/simulate/past.h"

/* One event read from a file, encoded as a node would. */
struct simulated {
    day_t day;
    int64_t at_ms;
    store_t store;
    code_t terminal;
    uint64_t number;
    slice_t bytes;
    uint32_t file;
    uint32_t line;
};

/* Hears of everything that is cleared, in order (explain, the files of --out). May be all NULL. */
struct simulation_listener {
    void *context;
    void (*cleared)(void *context, const struct cleared *cleared);
    void (*expired)(void *context, const struct expired *expired);
};

struct simulation {
    struct state state;
    struct apply apply;
    struct past_memory past;
    struct simulated *events; /* in the order of clearing once run */
    uint32_t count;
    uint32_t capacity;
    uint8_t **blocks; /* the events' bytes */
    uint32_t block_count;
    uint32_t block_capacity;
    size_t block_used;
    uint32_t bad_lines;
    uint32_t files;
    day_t deadlines[DEADLINES_MAX]; /* rising */
    uint32_t deadline_count;
    struct rows opening; /* what members come over with; may be none */
    struct map highest; /* key of (store, terminal) -> highest number read */
    struct simulation_listener listener;
    struct report_events refused;
    struct report_events late;
    day_t from; /* first and last booked day */
    day_t to;
};

/* Take over a read alliance (registry and terms, which the simulation owns from now on). */
void simulation_init(struct simulation *simulation, struct registry *take_registry,
                     struct terms *take_terms);

/* Read a store's events. Bad lines are said on `complaints` as FILE:LINE: and counted.
 * Returns: false when the file cannot be read (errno says why). */
bool simulation_read(struct simulation *simulation, store_t store, const char *path,
                     FILE *complaints);

/* Read what members come over with before the first event. Bad cells are said on `complaints`.
 * Returns: false after one. */
bool simulation_read_opening(struct simulation *simulation, const char *path, FILE *complaints);

/* What waits meets its deadline at the end of these business days (at most DEADLINES_MAX, in any
 * order; the same twice counts once). */
void simulation_set_deadlines(struct simulation *simulation, const day_t *days, uint32_t count);

/* Bring the opening over, or say on stderr why not and count its bad lots as bad lines; then clear
 * everything that was read: by (business date, at, store, terminal, number), with a day-end
 * at each change of date, and at the deadlines set. Once. */
void simulation_run(struct simulation *simulation);

void simulation_deinit(struct simulation *simulation);

#endif
