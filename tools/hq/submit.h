/* Headquarters' records on their way into the ledger: numbered, signed with the key of the person
 * who acts (keys/hq.pem as long as there are no people, and to appoint them), then given to the
 * daemon, or applied here where none runs (the folder's lock keeps daemons out meanwhile). */
#ifndef TOOLS_HQ_SUBMIT_H
#define TOOLS_HQ_SUBMIT_H

#include "clearing/ledger/ledger.h"
#include "tools/hq/home.h"
#include "tools/hq/proposals.h"

struct submit;

/* Begin with the ledger of a folder. `reason` (may be NULL, at most REASON_LEN_MAX bytes) goes into
 * every record, with the person who acts (home.h).
 * Returns: NULL with ret_fault; the caller ends with submit_close. */
struct submit *submit_open(const char *dir, const char *reason, struct fault *ret_fault);

/* Begin a new ledger: its first record is `init` (keys and created_ms are filled in from the
 * folder's keys). Out: ret_network, its id. */
struct submit *submit_create(const char *dir, const struct hq_init *init,
                             uint8_t ret_network[SIGN_NETWORK_LEN], struct fault *ret_fault);

/* Put one record: network, number, created_ms, person and reason of `body` are filled in.
 * Returns: false with ret_fault: it was refused, those before it stay. */
bool submit_put(struct submit *submit, struct hq_body *body, struct fault *ret_fault) MUST_USE;

/* Keep a body that needs two people as a proposal, if it would be applied with a second person's
 * signature: network, number, person and reason are filled in, and created_ms unless it is given
 * (people.next_ms of the head). Out: its id. */
bool submit_propose(struct submit *submit, struct hq_body *body, char ret_id[PROPOSAL_ID_SIZE],
                    struct fault *ret_fault) MUST_USE;

/* The same, and say on stdout what waits for a second person. */
bool submit_propose_aloud(struct submit *submit, struct hq_body *body,
                          struct fault *ret_fault) MUST_USE;

/* Sign a proposal as the second person and put it; its file stays. */
bool submit_approve(struct submit *submit, const struct proposal *proposal,
                    struct fault *ret_fault) MUST_USE;

/* After true all records put are durable (and the reports of cycles closed here are written). */
bool submit_finish(struct submit *submit, struct fault *ret_fault) MUST_USE;

/* NULL where a daemon runs. */
struct book *submit_book(struct submit *submit);

void submit_close(struct submit *submit); /* accepts NULL */

/* All in one for a single record. */
bool submit_one(const char *dir, const char *reason, struct hq_body *body,
                struct fault *ret_fault) MUST_USE;

#endif
