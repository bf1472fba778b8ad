/* The trail of a simulation: the files that `--out DIR` leaves for people and for judges
 * (tests/model/FORMATS.md says what stands in cleared.jsonl and lots.jsonl). */
#ifndef TOOLS_SIMULATE_TRAIL_H
#define TOOLS_SIMULATE_TRAIL_H

#include "tools/simulate/simulation.h"

struct trail;

/* Begin DIR/cleared.jsonl and listen to a simulation that has not run yet. The directory is made
 * when it is missing. Returns: NULL with errno when it cannot. */
struct trail *trail_new(struct simulation *simulation, const char *dir);

/* Write what is left and DIR/lots.jsonl, and free the trail. Returns: false with errno when
 * something could not be written. */
bool trail_finish(struct trail *trail);

#endif
