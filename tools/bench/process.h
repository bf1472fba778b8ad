/* What the system says of a process. */
#ifndef TOOLS_BENCH_PROCESS_H
#define TOOLS_BENCH_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clearing/base/check.h"

struct process {
    pid_t parent;
    uint64_t cpu_us;       /* so far, all threads */
    uint64_t peak_rss_kib; /* so far, files that are mapped included */
    uint64_t anon_kib;     /* resident now, without files; some hundred KiB may not be in yet */
};

/* Out: *ret_process. Returns: false: there is no such process (any more). */
bool process_read(pid_t pid, struct process *ret_process) MUST_USE;

/* What this process has resident without files, page for page. */
uint64_t process_anon_kib(void);

/* A child of that process, as long as it is not reaped; 0: it has none. */
pid_t process_child_of(pid_t parent);

#endif
