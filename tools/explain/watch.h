/* A watch: explains one event as it is cleared, by whoever clears it again (a simulation, the
 * journal), with what later events do to it. One thread. */
#ifndef TOOLS_EXPLAIN_WATCH_H
#define TOOLS_EXPLAIN_WATCH_H

#include <stdio.h>

#include "clearing/base/check.h"
#include "tools/explain/explain.h"

/* An accepted event that names the watched one in `of`. */
struct watch_later {
    char event[3 * CODE_LEN_MAX];
    event_type_t type;
    day_t booked;
};

struct watch {
    const char *text;       /* the event or line as it was asked for */
    struct event_ref event; /* points into it */
    claim_kind_t kind;      /* of a line; 0: the whole event */
    uint32_t lines;         /* claims of it that were found */
    bool json;
    struct look look;
    FILE *out;      /* collected, so that nothing is printed of a run that fails */
    char *collected;
    size_t len;
    uint32_t found; /* explanations written */
    uint64_t member; /* whose card it names; 0: none */
    uint64_t seq;   /* its sequence once it is accepted; 0: not yet */
    struct watch_later *later;
    uint32_t later_count;
    uint32_t later_capacity;
};

/* Begin to watch for what `text` names: an event, "store:terminal:number", or a line of it,
 * "store:terminal:number/kind". The text lives as long. Returns: false when it names none. */
bool watch_init(struct watch *watch, const char *text, bool json) MUST_USE;
void watch_deinit(struct watch *watch);

/* To be told of everything, in order. */
void watch_cleared(struct watch *watch, const struct state *state, const struct cleared *cleared);
void watch_expired(struct watch *watch, const struct state *state, const struct expired *expired);

/* Has what was asked for been found? */
bool watch_has_found(const struct watch *watch);

/* Nothing more comes. Write what was found: as text, or as {"event","history":[...],"later":
 * [{"event","type","booked"}]} without the closing brace, so that more keys can follow. In the
 * history of a line its claims follow its event's explanation (explain.h). */
void watch_write(struct watch *watch, FILE *out);

#endif
