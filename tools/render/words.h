/* The words for what has a name in the contract: roles, kinds of claims, types of events, outcomes,
 * fund models; in the language chosen. */
#ifndef TOOLS_RENDER_WORDS_H
#define TOOLS_RENDER_WORDS_H

#include "clearing/claims/claims.h"
#include "clearing/facts/event.h"

const char *words_of_role(role_t role);
const char *words_of_kind(claim_kind_t kind);
const char *words_of_type(event_type_t type);
/* By their names in JSON; a name that is none stays. */
const char *words_of_kind_named(const char *name);
const char *words_of_type_named(const char *name);
/* A kind as people write it: its name, or its words ("service fee", "service_fee", 手续费).
 * Returns: false, nothing written, when it is none. */
bool words_read_kind(const char *text, claim_kind_t *ret_kind) MUST_USE;
/* A line, EVENT/KIND, with the kind's name in place of its words; any other text stays. */
void words_plain_line(const char *text, char *ret_line, size_t size);
const char *words_of_means(means_t means);
const char *words_of_total(total_key_t key);
/* Likewise by its name, "count" too. */
const char *words_of_total_named(const char *name);
const char *words_of_model(model_t model);
/* What the outcome means, in a few words. */
const char *words_of_outcome(outcome_t outcome);
/* A sentence each: what was checked and found, and what to do about it. */
const char *words_of_check(outcome_t outcome);
const char *words_of_advice(outcome_t outcome);

#endif
