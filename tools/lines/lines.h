/* Lines: events as people and tills write them, one JSON object a line (the event contract), to and
 * from struct event. Equal objects give equal events, whatever the order of their keys and the way
 * their numbers and texts are written; an empty list is the same as none. */
#ifndef TOOLS_LINES_LINES_H
#define TOOLS_LINES_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "clearing/facts/event.h"

#define LINES_LEN_MAX    65536
#define LINES_REASON_LEN 128

/* Holds the texts of the event read last. Zeroed memory is a fresh one. One thread. */
struct lines {
    void *root; /* the line's JSON value */
};

/* Read one line (without its end). The event's texts live in `lines` until the next call or
 * lines_deinit. `number` may be absent where `receipt` is there: it is then 0, and the caller
 * assigns one before the event goes further.
 * Returns: false when the line is a bad one, `reason` then says why, beginning with the key where
 * one is at fault ("pay[0].amount_fen: not an integer"); *ret_event is then undefined. */
bool lines_parse(struct lines *lines, const char *line, size_t len, struct event *ret_event,
                 char reason[LINES_REASON_LEN]) MUST_USE;

/* Read "store:terminal:number". Returns: false when it is none, *ret_ref untouched. */
bool lines_parse_ref(slice_t text, struct event_ref *ret_ref) MUST_USE;

void lines_deinit(struct lines *lines);

/* Write an event as one JSON object without a line end: the contract's keys in a fixed order, times
 * in the zone given, what is empty or zero and optional left out. lines_parse reads it back to an
 * equal event. */
void lines_print(const struct event *event, int32_t zone_min, FILE *out);

#endif
