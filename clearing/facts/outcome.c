#include "clearing/facts/outcome.h"

const char *outcome_name(outcome_t outcome)
{
    switch (outcome) {
#define OUTCOME_NAME(number, name)                                                                 \
    case OUTCOME_##name:                                                                           \
        return #name;
        OUTCOMES(OUTCOME_NAME)
#undef OUTCOME_NAME
    }
    return "NONE";
}

bool outcome_exists(outcome_t outcome)
{
    switch (outcome) {
#define OUTCOME_CASE(number, name) case OUTCOME_##name:
        OUTCOMES(OUTCOME_CASE)
#undef OUTCOME_CASE
        return true;
    }
    return false;
}

bool outcome_waits(outcome_t outcome)
{
    return outcome == OUTCOME_UNKNOWN_MEMBER || outcome == OUTCOME_UNKNOWN_ORIGINAL ||
           outcome == OUTCOME_UNKNOWN_PACK || outcome == OUTCOME_INSUFFICIENT_FUNDS ||
           outcome == OUTCOME_INSUFFICIENT_POINTS || outcome == OUTCOME_INSUFFICIENT_USES;
}
