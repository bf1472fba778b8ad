/* The checker: a thread that looks at batches before the writer takes them: bytes, hashes and
 * signatures only. Batches leave in the order in which they came. All functions belong to the
 * writer's thread. */
#ifndef DAEMON_CHECKER_H
#define DAEMON_CHECKER_H

#include "clearing/book/door.h"
#include "proto/codec/encode.h"

/* Batches that may be in it at once: more than a commit's time takes. */
#define CHECKER_SLOTS 32

struct check_slot {
    uint64_t route; /* who asked; the caller's */
    int64_t arrived_ns; /* the caller's */
    struct batch_door door;
    uint8_t key[SIGN_PUBLIC_LEN]; /* to verify with */
    uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    uint64_t members[BATCH_EVENTS_MAX];
};

struct checker;
struct checker *checker_new(struct fault *ret_fault); /* NULL with ret_fault */
void checker_free(struct checker *checker);           /* accepts NULL */

/* Readable when a batch may have been checked. */
int checker_fd(const struct checker *checker);

/* The slot to fill next; NULL: all are in use. door.members points into it. */
struct check_slot *checker_free_slot(struct checker *checker);
/* Hand the filled slot in. */
void checker_submit(struct checker *checker);

/* The oldest batch, once it has been checked; NULL: none yet. */
struct check_slot *checker_done_slot(struct checker *checker);
/* It has been taken: its slot is free. */
void checker_release(struct checker *checker);

bool checker_is_empty(const struct checker *checker);

#endif
