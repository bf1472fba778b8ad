/* The supervisor: whoever has started the daemon and watches it, by systemd's protocol
 * (sd_notify(3)): datagrams to the socket that $NOTIFY_SOCKET names. Nobody is told where there is
 * none, and a supervisor that does not listen is no reason to stop. Writer's thread. */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

struct supervisor {
    int fd;              /* -1: there is nobody to tell */
    int64_t interval_ms; /* a sign of life is due so often; 0: none is wanted */
    int64_t told_ms;     /* the last one */
    bool committed;      /* since then: a group has become durable, */
    bool taken;          /* a batch has been taken out of the checker */
};

/* Find out from the environment, which forgets it: no child may speak for the daemon. A sign of
 * life is due at half the time that $WATCHDOG_USEC gives, unless $WATCHDOG_PID is someone else. */
void supervisor_open(struct supervisor *supervisor);
void supervisor_close(struct supervisor *supervisor);

/* Tell lines of NAME=VALUE, as READY=1, STOPPING=1 or STATUS=text. */
void supervisor_tell(const struct supervisor *supervisor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the loop is at, after a turn of it. */
struct supervisor_turn {
    int64_t now_ms;  /* of a clock that does not jump */
    bool committing; /* a group is under way */
    bool checking;   /* batches are in the checker */
};

/* Give a sign of life if one is due and everything goes on: of what is under way now, something
 * must have ended since the last sign. A disk that hangs therefore ends the daemon.
 * Returns: was it given? */
bool supervisor_alive(struct supervisor *supervisor, struct supervisor_turn turn);

#endif
