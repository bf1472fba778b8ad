/* Taking snapshots while serving, in a thread of their own that does what a start would do: load
 * the newest snapshot, apply the journal's records after it up to a checkpoint, and save. Nothing
 * is shared with the writer but the journal, which is only read: no pause, no copy of the state
 * held while it changes. (A fork's copy on write costs the writer as much again in page faults on
 * some machines, and pauses of a third of a second.) As the thread applies every record again and
 * compares its results, an error in the writer's memory does not stay unseen: the process ends.
 *
 * The thread has the lowest priority and rests between records: under full load snapshots come
 * later, and a start has a longer tail. It needs memory for a second state while it runs. All
 * functions belong to the writer's thread. */
#ifndef DAEMON_SNAPSHOTS_H
#define DAEMON_SNAPSHOTS_H

#include "clearing/ledger/ledger.h"

struct snapshots_options {
    const char *dir;
    const struct sign_key *key; /* the ledger's */
    struct ledger *ledger;
    uint64_t every; /* events between two; 0: none are taken */
};

struct snapshots;

/* Returns: NULL with ret_fault. */
struct snapshots *snapshots_new(const struct snapshots_options *options,
                                struct fault *ret_fault);
/* Stops the one under way. Accepts NULL. */
void snapshots_free(struct snapshots *snapshots);

/* After a group has been made durable: start one if enough has happened since the last.
 * Returns: false with ret_fault: a record's results are not what the rules give, and the process
 * must end. */
bool snapshots_tend(struct snapshots *snapshots, struct fault *ret_fault) MUST_USE;

/* Before the process ends: save the ledger's own book, if anything happened since the last. */
void snapshots_last(struct snapshots *snapshots);

#endif
