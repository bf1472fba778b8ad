/* Publish: files into the outbox, the outbox to headquarters, receipts back. The engine of the
 * verbs `publish` and `outbox retry`. */
#ifndef TOOLS_NODE_PUBLISH_H
#define TOOLS_NODE_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/node/courier.h"
#include "tools/node/follow.h"
#include "tools/node/intake.h"
#include "tools/node/node.h"
#include "tools/node/tally.h"

#define PUBLISH_WAIT_S 30

/* What the progress line says. */
struct publish_progress {
    uint64_t read;
    uint64_t receipts;
    bool connected;
};

struct publish {
    struct node *node;
    struct tally tally;
    struct intake intake;
    struct courier courier;
    struct wire *wire; /* NULL: nothing is to be sent (--wait 0) */
    int lock;          /* the folder's, held by whoever sends; -1: another process has it */
    int wait_s;
    bool quiet;            /* no progress */
    struct follow *follow; /* of a watch, else NULL */
    int64_t began_ms;
    int64_t shown_ms;
    struct publish_progress shown;
    bool line_open; /* a progress line stands on the terminal */
};

/* Begin: connect, take the folder's lock where it is free, learn what became of waiting events.
 * The node's outbox is open. Returns: false with ret_fault set. */
bool publish_init(struct publish *publish, struct node *node, int wait_s,
                  struct fault *ret_fault) MUST_USE;

/* Read a file, "-" for stdin, or a folder's *.jsonl files, and with a mapping its *.csv files, in
 * the order of their names. */
bool publish_read(struct publish *publish, const char *path, struct fault *ret_fault) MUST_USE;

/* Follow files and folders until a signal (SIGINT, SIGTERM), sending all the while. A new line goes
 * out when the kernel tells of it; nothing wakes an idle watch but headquarters, and a look a
 * minute (follow.h). After the signal, receipts that are on their way are awaited for two
 * seconds. */
bool publish_watch(struct publish *publish, char *const *paths, int count,
                   struct fault *ret_fault) MUST_USE;

/* Send what is pending until all has its receipt, or nothing has moved for wait_s seconds, or
 * headquarters refuses, or a signal comes. Then settle the tally. */
bool publish_drain(struct publish *publish, struct fault *ret_fault) MUST_USE;

/* Say on stderr why something is still pending. */
void publish_explain(const struct publish *publish);

void publish_deinit(struct publish *publish);

/* Let SIGINT and SIGTERM end the waiting instead of the process. */
void publish_catch_signals(void);

#endif
