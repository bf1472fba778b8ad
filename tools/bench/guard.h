/* The guard: a bench runs in a process of its own, and whatever becomes of it (an error, a failed
 * check, Ctrl-C), none of the processes that it started stays behind. */
#ifndef TOOLS_BENCH_GUARD_H
#define TOOLS_BENCH_GUARD_H

#include <stdbool.h>

struct guard {
    /* In the child; what it returns is the child's exit code. */
    int (*work)(void *context);
    /* Here, when every process has ended. `code` is what guard_run is about to return, and `signal`
     * what ended us: 0 where nobody did. */
    void (*clean)(void *context, int code, int signal);
    void *context;
    bool gently; /* let what is still running end by itself (SIGTERM), not at once */
};

/* Run `work`, then end what it left running, then `clean`. SIGINT, SIGTERM and SIGHUP (unless they
 * are ignored) end the child, and after `clean` ourselves.
 * Returns: the exit code of `work`; EX_SOFTWARE when its process was ended by a signal, EX_OSERR
 * when it could not start. */
int guard_run(const struct guard *guard);

#endif
