/* Ask: one question to headquarters over the wire, and its answer. */
#ifndef TOOLS_NODE_ASK_H
#define TOOLS_NODE_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/node/node.h"

#define ASK_TEXT_MAX 511

enum ask_result {
    ASK_ANSWERED,
    ASK_REFUSED, /* headquarters says no: the text says why */
    ASK_DENIED,  /* it does not let this transport key in */
    ASK_SILENT,  /* no answer within the time */
};

struct ask {
    const char *verb; /* code */
    slice_t body;
    const struct frame *hello; /* said first on every connection; NULL: none (an invite's key) */
    int wait_ms;
};

/* Ask until there is an answer or the time is over. Waiting does not end by itself on ASK_DENIED
 * before two hand-shakes have failed. One thread. Out: the answer's body, which the caller frees
 * (NUL behind it), on ASK_ANSWERED; else text. */
enum ask_result ask(struct wire *wire, const struct ask *what, char **ret_body, uint32_t *ret_len,
                    char ret_text[ASK_TEXT_MAX + 1]);

/* Say what a result other than ASK_ANSWERED means on stderr. Returns: the exit code for it. */
int ask_complain(const char *verb, enum ask_result result, const char *text);

/* Ask what became of the outbox's waiting events, and write it down. Headquarters' question is
 * "events" with one reference a line; its answer {"events":[{"event","outcome","reason"}]}.
 * Out: *ret_result; ret_text where it is not ASK_ANSWERED.
 * Returns: false with ret_fault set when the outbox fails. */
bool ask_waiting(struct node *node, struct wire *wire, int wait_ms, enum ask_result *ret_result,
                 char ret_text[ASK_TEXT_MAX + 1], struct fault *ret_fault) MUST_USE;

/* Write down what headquarters has answered to "events"; for whoever asks in another way than by
 * ask_waiting. Returns: false with ret_fault set when the outbox fails. */
bool ask_settle(struct node *node, const char *body, uint32_t len,
                struct fault *ret_fault) MUST_USE;

#endif
