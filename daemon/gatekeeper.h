/* The gatekeeper: starts the gate process, feeds it keys and credits, and starts another when it
 * dies.
 * What the gate says is never believed beyond its bytes. Writer's thread. */
#ifndef DAEMON_GATEKEEPER_H
#define DAEMON_GATEKEEPER_H

#include <sys/types.h>

#include "clearing/book/book.h"
#include "daemon/link.h"

#define GATE_CREDITS 256

struct gatekeeper {
    const char *program; /* to start as `program --gate FD` */
    const char *dir;     /* the data folder: invites/ is read for keys */
    const char *address;
    uint8_t secret[LINK_KEY_LEN];
    const struct book *book;
    int end;        /* of the link; -1: no gate */
    pid_t pid;
    uint32_t life;  /* of the gate: counts starts; a reply goes only to the one that asked */
    int64_t started_ms;
    uint16_t port;  /* bound; 0: not yet */
    bool stopping;
    bool keys_due;  /* the allow-list has to be sent */
    uint32_t owed;  /* credits to give back */
    uint8_t *buffer;
};

/* Start a gate. Returns: false with ret_fault. */
bool gatekeeper_start(struct gatekeeper *keeper, int64_t now_ms, struct fault *ret_fault) MUST_USE;

/* Send what is due (keys, credits). Call after every turn of the loop. */
void gatekeeper_tend(struct gatekeeper *keeper);

/* Receive one message. LINK_GONE: the gate has died (it was reaped, `end` is -1). */
link_result_t gatekeeper_receive(struct gatekeeper *keeper, struct link_message *ret_message);

/* Send a reply to a frame of this life; dropped (and that is no loss: a resend gets it again) when
 * the gate does not read. */
void gatekeeper_reply(struct gatekeeper *keeper, uint32_t slot, uint32_t generation,
                      slice_t frame);

/* Let it end, and wait for it. */
void gatekeeper_stop(struct gatekeeper *keeper);

#endif
