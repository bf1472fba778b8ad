/* The daemon of a bench, a child process, and what it and its gate have used. */
#ifndef TOOLS_BENCH_SERVER_H
#define TOOLS_BENCH_SERVER_H

#include "clearing/base/fault.h"
#include "tools/bench/process.h"

#define SERVER_LOG "allcleard.log" /* in the data folder */

enum server_part { SERVER_DAEMON, SERVER_GATE, SERVER_BENCH, SERVER_PARTS };

struct server {
    const char *dir;
    uint64_t snapshot_every;  /* events */
    pid_t pids[SERVER_PARTS]; /* SERVER_BENCH: ourselves */
    char address[256];        /* where its gate listens */
};

/* Start the allcleard that lies beside this program on a data folder, with a port of its own and a
 * snapshot every so many events, and wait until it serves. Its log is DIR/allcleard.log. It ends
 * when we do.
 * Returns: false with ret_fault. */
bool server_start(struct server *server, const char *dir, uint64_t snapshot_every,
                  struct fault *ret_fault) MUST_USE;

struct server_restart {
    uint64_t us;     /* from its start to its first answer on the control socket */
    bool has_tail;   /* does its log say how many records it has applied again? */
    uint64_t tail;
    uint64_t events; /* accepted, as it answers */
};

/* Kill it as a power cut would (SIGKILL) and start it again.
 * Out: *ret_restart. Returns: false with ret_fault. */
bool server_restart(struct server *server, struct server_restart *ret_restart,
                    struct fault *ret_fault) MUST_USE;

/* The number behind " NAME=" in the last line of a log that has " open records="; false: none. */
bool server_log_number(const char *log, const char *name, uint64_t *ret_value) MUST_USE;

/* Has the daemon not ended by itself? */
bool server_lives(const struct server *server);

/* Out: ret_usage[SERVER_PARTS]. Returns: false with ret_fault. */
bool server_usage(const struct server *server, struct process *ret_usage,
                  struct fault *ret_fault) MUST_USE;

/* Ask it to end, and wait. Returns: false with ret_fault when it ended in another way. */
bool server_stop(struct server *server, struct fault *ret_fault) MUST_USE;

#endif
