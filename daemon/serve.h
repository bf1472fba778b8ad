/* Serve: the daemon's one loop. It takes frames from the gate and requests from the control socket,
 * gathers them in the ledger, hands sealed groups to the committer, and answers when they are
 * durable.
 *
 * A turn: 1. reap the committer and answer its group; 2. take what the link brings, batches into
 * the checker while it has room, and take the batches that it has checked while the gathering group
 * has; 3. take control requests; 4. seal and hand over, when nothing is under way and there is
 * something to hand over; 5. sleep until there is more. Queries see the state with
 * everything that was gathered, so their answers wait for the group that was gathering then. */
#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

#include "clearing/crypto/sign.h"
#include "clearing/ledger/ledger.h"
#include "daemon/gatekeeper.h"
#include "daemon/supervisor.h"

struct serve_options {
    const char *dir;
    const char *program; /* this executable: the gate is started from it */
    const char *address; /* to listen on */
    const uint8_t *transport_secret;
    const uint8_t *transport_public;
    const uint8_t *ledger_public;
    const struct sign_key *key; /* the ledger's */
    uint64_t snapshot_every;    /* events; 0: no snapshots */
    const char *metrics;        /* ADDRESS:PORT or PORT to answer at; NULL: nowhere */
    uint64_t disk_low;          /* bytes, or DISK_BY_DEFAULT (daemon/disk.h) */
    uint64_t disk_full;         /* likewise */
    struct supervisor *supervisor;
};

/* Serve until SIGTERM or SIGINT. Returns: the exit code. */
int serve(struct ledger *ledger, const struct serve_options *options);

#endif
