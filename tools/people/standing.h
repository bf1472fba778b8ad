/* What can be asked about people and proposals, as JSON: the same objects whether the daemon
 * answers from its book or the tool from a folder at rest. The caller gives each back with
 * json_decref. */
#ifndef TOOLS_PEOPLE_STANDING_H
#define TOOLS_PEOPLE_STANDING_H

#include <jansson.h>

#include "clearing/book/book.h"

/* {"operators":[{"person","roles":[...],"key_id","public_key","left"}],"next_ms",
 * "zone_min"}: next_ms is the instant to give the next proposal, later than that of any that has
 * counted. */
json_t *standing_people(const struct book *book, int64_t now_ms);

/* Would a proposal (a record with its first signature, hex) be applied now, if the person `as` (may
 * be NULL: whoever) approved it? {"stands","why"}: why not, beginning with the refusal's name. */
json_t *standing_of(struct book *book, const char *record, const char *as, int64_t now_ms);

/* The reversal of "store:terminal:number" for a proposal made at an instant: {"store","event":HEX},
 * or {"error"}, beginning with the outcome's name. */
json_t *standing_reversal(struct book *book, const char *of, int64_t at_ms);

/* The reversals of many events, each at an instant of its own from `at_ms` on: [{"of","at_ms",
 * "store","event":HEX} or {"of","error"}], in the order of `of` (JSON strings). */
json_t *standing_reversals(struct book *book, const json_t *of, int64_t at_ms);

/* The event "store:terminal:number" that hangs in suspense, as its store signed it: {"store",
 * "event":HEX}, or {"error"}, beginning with the refusal's name. */
json_t *standing_suspended(struct book *book, const char *of);

/* Which members' numbers have moved: {"moves":[{"from","into","day","replaced"}]}, in the order of
 * the records; `into` is where the value is now. */
json_t *standing_moves(const struct book *book);

#endif
