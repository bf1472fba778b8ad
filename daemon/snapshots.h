/* Taking snapshots while serving. The process forks right after a group is sealed: the child has
 * the book as of the group's last record, by the kernel's copy on write, so nothing in the rules
 * knows about it and the writer goes on after some milliseconds. The child writes the book at a
 * bounded rate, waits to be told the checkpoint of the group once that is durable, seals the file
 * with it and ends; when this process ends before, so does the child, and nothing was taken. One
 * thread, the writer's. */
#ifndef DAEMON_SNAPSHOTS_H
#define DAEMON_SNAPSHOTS_H

#include <sys/types.h>

#include "clearing/ledger/ledger.h"

struct snapshots {
    const char *dir;
    const struct sign_key *key; /* the ledger's */
    uint64_t every;             /* events between two; 0: none are taken */
    uint64_t records;           /* that the newest covers, or the one under way */
    uint64_t accepted;          /* events accepted then */
    pid_t child;                /* 0: none is under way */
    int seal_end;               /* where the child is told its checkpoint; -1: it has been */
    int64_t started_ms;
};

/* Has enough happened since the last, and is none under way? */
bool snapshots_due(const struct snapshots *snapshots, const struct book *book);

/* Start one of the book as it stands, which is the end of the group just sealed. */
void snapshots_take(struct snapshots *snapshots, const struct book *book, int64_t now_ms);

/* The group is durable: its checkpoint. Does nothing when none waits for it. */
void snapshots_anchor(struct snapshots *snapshots,
                      const uint8_t checkpoint[CHECKPOINT_SIGNED_LEN]);

/* Look whether the child has ended, and say so in the log. */
void snapshots_tend(struct snapshots *snapshots, int64_t now_ms);

/* Before the process ends: wait for the one under way, then take a last one if anything happened
 * since. Nothing is under way in the ledger. */
void snapshots_finish(struct snapshots *snapshots, struct ledger *ledger, int64_t now_ms);

#endif
