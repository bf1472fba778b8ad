/* Inside of the counter, for counter*.c only. */
#ifndef TOOLS_DOOR_COUNTER_INSIDE_H
#define TOOLS_DOOR_COUNTER_INSIDE_H

#include <pthread.h>

#include "tools/door/counter.h"
#include "tools/door/reply.h"
#include "tools/lines/lines.h"
#include "tools/node/courier.h"
#include "tools/node/follow.h"

struct counter {
    struct node node;
    int wait_ms;
    pthread_t thread;

    pthread_mutex_t mutex; /* inbox, stopping */
    struct job *inbox;     /* the newest first */
    bool stopping;
    int wake_fd; /* can be read when one of them has changed */

    /* the thread's own */
    struct wire *wire;
    struct courier courier;
    struct follow *follow; /* the bell of those who put lines into the outbox; NULL: no lock yet */
    int lock;              /* the folder's; -1: another process sends */
    struct lines lines;
    struct job *jobs;       /* in the order in which they came */
    uint64_t receipts_seen; /* of the courier, when jobs were last looked at */
    uint64_t queries;
    int64_t offline_ms;  /* since when; 0: connected */
    int64_t faulty_ms;   /* the outbox failed; nothing is done before */
    int64_t stopped_ms;  /* headquarters refuses; it is asked again then; 0: it does not */
    char told[COURIER_DETAIL_MAX + 1]; /* the last warning that was logged */
};

/* Say something of this store on stderr. */
void counter_log(const struct counter *counter, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns: is headquarters connected, and does it take batches? */
bool counter_is_connected(const struct counter *counter);

/* Returns: can a batch that is made now be sent now? */
bool counter_can_send(const struct counter *counter);

/* Take a job's request out of the counter and answer it. */
void counter_answer(struct counter *counter, struct job *job, const struct http_reply *reply);

/* Put what is new into the outbox, and see to all jobs. Returns: false with ret_fault set when the
 * outbox fails. */
bool counter_work(struct counter *counter, struct fault *ret_fault) MUST_USE;

/* See to all jobs: put the questions that are due to headquarters, answer what is done or overdue.
 * Returns: false with ret_fault set when the outbox fails. */
bool counter_settle(struct counter *counter, struct fault *ret_fault) MUST_USE;

/* An answer to a question of a job's. In the courier's transaction. */
void counter_take_answer(void *context, const struct frame_answer *answer);

/* Returns: in how many ms a job is overdue; below 0: there is none. */
int64_t counter_due_ms(const struct counter *counter);

/* Answer all jobs with what `refusal` makes; but how things stand is told as always. */
void counter_refuse_all(struct counter *counter, struct http_reply (*refusal)(void));

#endif
