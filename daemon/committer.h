/* The committer: the thread that makes groups durable while the writer gathers the next one. One
 * group at a time; the writer is woken through a file descriptor. */
#ifndef DAEMON_COMMITTER_H
#define DAEMON_COMMITTER_H

#include "clearing/ledger/ledger.h"

struct committer;

/* Start the thread. Returns: NULL with ret_fault. */
struct committer *committer_new(struct ledger *ledger, struct fault *ret_fault);
/* Wait for the group under way and end the thread. Accepts NULL. */
void committer_free(struct committer *committer);

/* Readable when a group is done. */
int committer_fd(const struct committer *committer);

/* Hand a sealed group in; none is under way. `now_ms` is the checkpoint's time. */
void committer_start(struct committer *committer, struct ledger_group *group, int64_t now_ms);
bool committer_busy(const struct committer *committer);

typedef enum {
    COMMITTER_NOTHING, /* still at it, or nothing to do */
    COMMITTER_DURABLE, /* *ret_group may be answered and released */
    COMMITTER_FAILED,  /* the process must end; nobody is answered */
} committer_result_t;

committer_result_t committer_reap(struct committer *committer, struct ledger_group **ret_group,
                                  struct fault *ret_fault);

#endif
