/* What has become of a card that an event names, where it was merged or replaced since (rule 53 in
 * clearing/CHOICES.md). One thread. */
#ifndef TOOLS_EXPLAIN_MOVED_H
#define TOOLS_EXPLAIN_MOVED_H

#include <jansson.h>
#include <stdio.h>

#include "clearing/apply/apply.h"

/* A line of its own; nothing where the card has not moved (or `member` is 0). */
void moved_text(const struct state *state, uint64_t member, FILE *out);

/* {"from","into","day","replaced"}, which the caller gives back; NULL where it has not. */
json_t *moved_json(const struct state *state, uint64_t member);

#endif
