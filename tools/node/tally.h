/* The tally of one `publish`: each line read counts as exactly one of accepted, waiting, already,
 * refused or pending. Lines whose event is not answered yet are followed by their row. One
 * thread. */
#ifndef TOOLS_NODE_TALLY_H
#define TOOLS_NODE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/map.h"
#include "tools/node/outbox.h"

struct tally_refusal {
    uint32_t file;   /* in files */
    uint32_t line;   /* from 1 */
    code_t terminal; /* empty and number 0: a bad line, which names no event */
    uint64_t number;
    const char *reason; /* static: an outcome's name, "BAD_LINE" */
    char *detail;       /* owned, may be NULL */
};

struct tally_line {
    int64_t id; /* of the event's row */
    uint32_t file;
    uint32_t line;
    code_t terminal;
    uint64_t number;
};

#define TALLY_TOTALS_MAX 64

/* Zeroed memory is an empty tally. */
struct tally {
    char **files;
    uint32_t file_count;
    uint32_t file_capacity;
    uint64_t read;
    uint64_t accepted;
    uint64_t waiting;
    uint64_t already;
    uint64_t refused;
    uint64_t pending; /* after tally_settle */
    struct tally_refusal *refusals;
    uint64_t refusal_count;
    uint64_t refusal_capacity;
    struct tally_line *open; /* lines whose event has no answer yet */
    uint64_t open_count;
    uint64_t open_capacity;
    struct map known; /* rows that are among the open ones */
    struct tally_line *totals; /* day totals that were read, the last ones */
    uint32_t total_count;
};

/* Returns: the file's number for tally_bad and tally_event. */
uint32_t tally_add_file(struct tally *tally, const char *name);

/* A line that is no event. */
void tally_bad(struct tally *tally, uint32_t file, uint32_t line, const char *detail);

/* A line that is an event, as outbox_add_event found or made it (after a retry: queued again). */
void tally_event(struct tally *tally, const struct tally_line *line,
                 const struct outbox_event *event);

/* The event is a day total: headquarters has a verdict on it (totals.h). */
void tally_total(struct tally *tally, const struct tally_line *line);

/* Look what became of the lines that are open, and count those that have an answer.
 * Returns: false with ret_fault set. */
bool tally_settle(struct tally *tally, struct outbox *outbox, struct fault *ret_fault) MUST_USE;

void tally_deinit(struct tally *tally);

/* "UNKNOWN_OFFER"; an outcome of a newer ledger is "OUTCOME_77". Static. */
const char *tally_outcome_name(outcome_t outcome);
/* Returns: the outcome of this name, OUTCOME_NONE when there is none; name may be NULL. */
outcome_t tally_outcome_named(const char *name);

#endif
