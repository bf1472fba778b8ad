/* What a simulation keeps of its input under DIR/input, so that `explain` can run it again:
 *
 *     alliance/NAME     the alliance file and the stores' file that it names, under their own names
 *     events/N.jsonl    the event files in the order of the command line
 *     opening.csv       what members came over with, if anything
 *     deadlines         the days at whose ends what waits met its deadline, a line each, if any
 *     manifest.json     {"format":"allclear-simulation/1","alliance":NAME,
 *                        "events":[{"store","file","from"}...]} ("from": the path as given)
 */
#ifndef TOOLS_EXPLAIN_KEPT_H
#define TOOLS_EXPLAIN_KEPT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "clearing/apply/apply.h"

#define DEADLINES_MAX 64

#define KEPT_REASON_SIZE (PATH_MAX + 256)

struct kept_events {
    char *store; /* code */
    char *path;  /* of the copy */
};

struct kept {
    char *alliance; /* path of the copy */
    char *opening;  /* likewise; NULL: there was none */
    struct kept_events *events;
    uint32_t event_count;
    day_t deadlines[DEADLINES_MAX];
    uint32_t deadline_count;
};

/* Begin DIR/input (directories are made where they are missing) with a copy of the alliance file
 * and of the stores' file. Returns: false with *reason written when it cannot. */
bool kept_begin(const char *dir, const char *alliance, char reason[KEPT_REASON_SIZE]);

/* Copy the n-th (from 0) event file. Out: ret_copy, its path, to be read instead of `path`
 * where that can be read only once. Returns: false with *reason written. */
bool kept_copy_events(const char *dir, uint32_t n, const char *path, char ret_copy[PATH_MAX],
                      char reason[KEPT_REASON_SIZE]);

/* Copy the opening's lots. Returns: false with *reason written. */
bool kept_copy_opening(const char *dir, const char *path, char reason[KEPT_REASON_SIZE]);

/* Keep the deadlines. Returns: false with *reason written. */
bool kept_put_deadlines(const char *dir, const day_t *days, uint32_t count,
                        char reason[KEPT_REASON_SIZE]);

/* Write the manifest. stores[i] and froms[i] belong to the i-th event file. */
bool kept_finish(const char *dir, const char *alliance, const char *const *stores,
                 const char *const *froms, uint32_t count, char reason[KEPT_REASON_SIZE]);

/* Read the manifest of a directory. Returns: false with *reason written, *ret_kept untouched.
 * Out: to be given to kept_deinit. */
bool kept_read(const char *dir, struct kept *ret_kept, char reason[KEPT_REASON_SIZE]);

void kept_deinit(struct kept *kept);

#endif
