/* The counter: one store behind the door. A thread of its own has the store's outbox, connection
 * and courier, so that a store whose headquarters or disk is slow holds no other.
 *
 * What a till sends is put into the outbox, on the disk, and goes out at once in a batch of all
 * that came meanwhile: one commit does for the lines and their batch. A told event stays in the
 * outbox whatever happens. An asked event goes in only together with the signed batch that carries
 * it to a headquarters that is connected; where that cannot be within the wait, it does not go in
 * at all, and is answered UNSENT: it will never be sent as if the sale had happened. Once in a
 * batch it cannot be called back, and is PENDING until its outcome has come.
 *
 * Answers rest on receipts only, which headquarters gives after its commit. */
#ifndef TOOLS_DOOR_COUNTER_H
#define TOOLS_DOOR_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/fault.h"
#include "tools/http/http.h"
#include "tools/door/route.h"
#include "tools/door/sheet.h"
#include "tools/node/node.h"

struct counter;

/* One request on its way. Made by whoever takes it, the counter's from counter_take until the
 * request is answered. */
struct job {
    struct counter *counter; /* whose it is to be */
    struct http_request *request;
    struct route route;
    code_t terminal;    /* the token's */
    struct sheet sheet; /* ROUTE_EVENTS */

    /* the counter's own */
    struct job *next;
    int64_t deadline_ms;
    bool seen;                 /* its first look at the outbox is done */
    uint64_t query;            /* the id of the question that it waits for; 0: none */
    uint32_t query_generation; /* of the connection that it was put on */
    int64_t query_again_ms;
    bool answered; /* answer and refusal are there */
    char *answer;
    uint32_t answer_len;
    char refusal[141];
};

/* Frees a job that no counter has. Accepts NULL. */
void job_free(struct job *job);

/* Open a store's folder and begin to work for it. `wait_ms` is how long an answer is waited for.
 * Returns: NULL with ret_fault set; the caller calls counter_stop, counter_join, counter_close. */
struct counter *counter_open(const char *dir, int wait_ms, struct fault *ret_fault);

/* Let the counter answer what it has, and take no more. */
void counter_stop(struct counter *counter);
/* Wait until it has answered. Jobs that come later are refused. */
void counter_join(struct counter *counter);
/* Free it: no job comes any more. */
void counter_close(struct counter *counter);

const char *counter_dir(const struct counter *counter);
const struct kit *counter_kit(const struct counter *counter);

/* Hand a job over. Any thread. It is answered in any case. */
void counter_take(struct counter *counter, struct job *job);

#endif
