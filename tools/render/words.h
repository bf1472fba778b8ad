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
