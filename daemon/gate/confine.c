#include "daemon/gate/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/gate/limits.h"

static bool close_others(int kept)
{
    unsigned int first = STDERR_FILENO + 1;

    return (kept == (int)first || close_range(first, (unsigned int)kept - 1, 0) == 0) &&
           close_range((unsigned int)kept + 1, ~0U, 0) == 0;
}

/* A terminal's Ctrl-C goes to the ledger as well, which ends the gate when it has said goodbye. */
static bool ignore_signals(void)
{
    return signal(SIGINT, SIG_IGN) != SIG_ERR && signal(SIGHUP, SIG_IGN) != SIG_ERR &&
           signal(SIGPIPE, SIG_IGN) != SIG_ERR;
}

static bool forbid_dumps(void)
{
    struct rlimit none = {0};

    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return false;
    }
#ifdef __SANITIZE_ADDRESS__
    /* the leak check traces the process */
    return true;
#else
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
}

static uint32_t take_fds(void)
{
    struct rlimit fds;

    if (getrlimit(RLIMIT_NOFILE, &fds) != 0) {
        return 0;
    }
    rlim_t wanted = fds.rlim_max < GATE_FDS_MAX ? fds.rlim_max : GATE_FDS_MAX;
    if (fds.rlim_cur != wanted) {
        fds.rlim_cur = wanted;
        if (setrlimit(RLIMIT_NOFILE, &fds) != 0) {
            return 0;
        }
    }
    return (uint32_t)wanted;
}

uint32_t confine_process(int kept)
{
    if (kept <= STDERR_FILENO) {
        errno = EBADF;
        return 0;
    }
    if (!close_others(kept) || !ignore_signals() || !forbid_dumps() ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return 0;
    }
    return take_fds();
}
