/* The control socket (DIR/run/control): headquarters' verbs talk to the running daemon through it.
 * One JSON object a line in, one out, then the connection ends. Who can open the socket is
 * headquarters: the folder is its owner's. Records are signed all the same.
 *
 *   {"verb":"head"}        what the daemon stands for: network, days, stores, joins
 *   {"verb":"record","record":HEX}
 *                          journal a signed headquarters' record, answered when it is durable
 *   {"verb":"invite","store":S,"public":HEX}
 *                          let a transport key ask to join as store S
 *   {"verb":"terms"}       registry rows and terms in force, encoded, hex
 *   {"verb":"positions"}, {"verb":"report","cycle":ID},
 *   {"verb":"statement","participant":P,"cycle":ID}
 *   {"verb":"standing","record":HEX,"as":PERSON}, {"verb":"reversal","of":EVENT,"at_ms":N}
 *                          of proposals (tools/people/standing.h)
 *   {"verb":"board"}       stores by days of the open cycle, and what is missing for a close
 *   {"verb":"health"}      the disk: {"disk":{"state":"ok"|"low"|"full","free_bytes"}}
 *   {"verb":"digest"}      of the whole state; nobody is served meanwhile
 *   {"verb":"backup","to":DIR} */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

#define CONTROL_CLIENTS_MAX 32
#define CONTROL_LINE_MAX    (1U << 20)

struct control_client {
    int fd; /* -1: free */
    char *line;
    size_t len;
    bool asked;    /* its line has been handed over */
    uint64_t came; /* how many had come before */
    char *answer;  /* to be sent; NULL: not yet */
    size_t answer_len;
    size_t sent;
};

struct control {
    int listener;
    uint64_t came;
    struct control_client clients[CONTROL_CLIENTS_MAX];
};

/* Make the socket. Returns: false with ret_fault. */
bool control_open(struct control *control, const char *dir, struct fault *ret_fault) MUST_USE;
void control_close(struct control *control, const char *dir);

/* Take new connections and bytes; call for every client with a whole line: the request is
 * borrowed. */
void control_serve(struct control *control,
                   void (*request)(void *context, uint32_t client, const json_t *request),
                   void *context);

/* Answer a client (takes the answer over). */
void control_answer(struct control *control, uint32_t client, json_t *take_answer);

#endif
