/* Asking about the ledger of a folder: the daemon where one runs, else the folder at rest, which is
 * then read and compared from its first record (view.h). */
#ifndef TOOLS_HQ_INQUIRE_H
#define TOOLS_HQ_INQUIRE_H

#include <jansson.h>

#include "tools/hq/view.h"

/* Inquire {"verb":VERB}: head, digest, positions, report (of the open cycle) or terms (answers.h).
 * Returns: NULL with ret_fault; the caller gives it back with json_decref. */
json_t *inquire(const char *dir, const char *verb, struct fault *ret_fault);

/* Inquire with a request of more words: standing, reversal (tools/people/standing.h). Takes the
 * request over. Returns: NULL with ret_fault, also when the answer is {"error"}. */
json_t *inquire_request(const char *dir, json_t *take_request, struct fault *ret_fault);

/* The bytes of a closed cycle's report, from the daemon, or made again from the journal: the file
 * reports/ID.json is not believed by itself.
 * Returns: NULL with ret_fault; the caller frees. Out: *ret_len. */
char *inquire_report(const char *dir, const char *cycle, size_t *ret_len, struct fault *ret_fault);

/* Read the ledger of a folder from its first record: the folder at rest, or a copy that the daemon
 * makes beside its socket and of which nothing is left on the disk. options->dir is the folder.
 * Returns: NULL with ret_fault; the caller closes. */
struct view *inquire_view(const struct view_options *options, struct fault *ret_fault);

/* Say on stderr now and then how far a reading is, once it takes longer than a second: a
 * view_options' progress. */
void inquire_progress(void *context, uint64_t records, uint64_t of, uint64_t events);

/* Does a daemon run on this folder? */
bool inquire_is_running(const char *dir);

#endif
