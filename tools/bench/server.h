/* The daemon of a bench, a child process, and what it and its gate have used. */
#ifndef TOOLS_BENCH_SERVER_H
#define TOOLS_BENCH_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

enum server_part { SERVER_DAEMON, SERVER_GATE, SERVER_BENCH, SERVER_PARTS };

struct server {
    const char *dir;
    pid_t pids[SERVER_PARTS]; /* SERVER_BENCH: ourselves */
    char address[256];        /* where its gate listens */
};

struct server_usage {
    uint64_t cpu_us[SERVER_PARTS];       /* so far */
    uint64_t peak_rss_kib[SERVER_PARTS]; /* so far */
};

/* Start the allcleard that lies beside this program on a data folder, with a port of its own, and
 * wait until it serves. Its log is DIR/allcleard.log. It ends when we do.
 * Returns: false with ret_fault. */
bool server_start(struct server *server, const char *dir, struct fault *ret_fault) MUST_USE;

/* Has the daemon not ended by itself? */
bool server_lives(const struct server *server);

/* Out: *ret_usage. Returns: false with ret_fault. */
bool server_usage(const struct server *server, struct server_usage *ret_usage,
                  struct fault *ret_fault) MUST_USE;

/* Ask it to end, and wait. Returns: false with ret_fault when it ended in another way. */
bool server_stop(struct server *server, struct fault *ret_fault) MUST_USE;

#endif
