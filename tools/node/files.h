/* Small files of the node's folder: written whole or not at all, for their owner's eyes only; and
 * the walk over files of events. */
#ifndef TOOLS_NODE_FILES_H
#define TOOLS_NODE_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

#define FILES_PATH_MAX 1024

/* dir + "/" + name. Returns: false with ret_fault set when that is too long. */
bool files_path(const char *dir, const char *name, char ret_path[FILES_PATH_MAX],
                struct fault *ret_fault) MUST_USE;

/* Make a folder, mode 0700, where there is none. */
bool files_make_dir(const char *path, struct fault *ret_fault) MUST_USE;

/* Replace or make a file, mode 0600: after success it is on the disk under its name; after a
 * failure or a crash the old one is there. */
bool files_write(const char *path, const void *bytes, size_t len, struct fault *ret_fault) MUST_USE;

/* Read a file of at most `max` bytes whole. Out: *ret_bytes, NUL-terminated, which the caller
 * frees, and *ret_len. Returns: false with ret_fault set. */
bool files_read(const char *path, size_t max, char **ret_bytes, size_t *ret_len,
                struct fault *ret_fault) MUST_USE;

/* Called for a file. Returns: false with ret_fault set to end the walk. */
typedef bool files_visit_t(void *context, const char *path, struct fault *ret_fault);

/* Returns: is this the name of a file of events (*.jsonl, *.csv, not hidden)? */
bool files_is_events(const char *name);
/* Returns: is this the name of JSON Lines (*.jsonl)? of a till's export (*.csv)? */
bool files_is_lines(const char *name);
bool files_is_export(const char *name);

/* Returns: is there a folder of this name? */
bool files_is_folder(const char *path);

/* Visit a folder's files of events in the order of their names; or the file itself, of whatever
 * name. Returns: false with ret_fault set when the folder cannot be read or a visit ends the
 * walk. */
bool files_walk(const char *path, files_visit_t *visit, void *context,
                struct fault *ret_fault) MUST_USE;

#endif
