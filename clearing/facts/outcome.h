/* What became of an event: the outcome names of the contract, in the order in which the first that
 * applies wins. The numbers go into the journal and never change; later issues add at the end. */
#ifndef CLEARING_FACTS_OUTCOME_H
#define CLEARING_FACTS_OUTCOME_H

#include <stdbool.h>

/* X(number, NAME) */
#define OUTCOMES(X)                                                                                \
    X(1, ACCEPTED)                                                                                 \
    X(2, WAITING)                                                                                  \
    X(3, DUPLICATE)                                                                                \
    X(4, NUMBER_REUSED)                                                                            \
    X(5, TOO_OLD)                                                                                  \
    X(6, FUTURE)                                                                                   \
    X(7, STORE_CLOSED)                                                                             \
    X(8, BAD_AMOUNT)                                                                               \
    X(9, UNKNOWN_PRODUCT)                                                                          \
    X(10, UNKNOWN_OFFER)                                                                           \
    X(11, UNKNOWN_RULE)                                                                            \
    X(12, UNKNOWN_CAMPAIGN)                                                                        \
    X(13, UNKNOWN_PLAN)                                                                            \
    X(14, UNKNOWN_MEMBER)                                                                          \
    X(15, UNKNOWN_ORIGINAL)                                                                        \
    X(16, UNKNOWN_COUPON)                                                                          \
    X(17, UNKNOWN_PACK)                                                                            \
    X(18, NOT_IN_FORCE)                                                                            \
    X(19, UNBALANCED)                                                                              \
    X(20, EARN_MISMATCH)                                                                           \
    X(21, BONUS_MISMATCH)                                                                          \
    X(22, PACK_EXISTS)                                                                             \
    X(23, COUPON_EXISTS)                                                                           \
    X(24, NOT_REFUNDABLE)                                                                          \
    X(25, NOT_ACCEPTED_HERE)                                                                       \
    X(26, VOIDED)                                                                                  \
    X(27, TOO_LATE)                                                                                \
    X(28, REFUNDED)                                                                                \
    X(29, REFUND_OVER_ORIGINAL)                                                                    \
    X(30, VALUE_USED)                                                                              \
    X(31, COUPON_USED)                                                                             \
    X(32, COUPON_VOID)                                                                             \
    X(33, COUPON_EXPIRED)                                                                          \
    X(34, LIMIT_EXCEEDED)                                                                          \
    X(35, CAP_REACHED)                                                                             \
    X(36, BUDGET_SPENT)                                                                            \
    X(37, INSUFFICIENT_FUNDS)                                                                      \
    X(38, INSUFFICIENT_POINTS)                                                                     \
    X(39, INSUFFICIENT_USES)                                                                       \
    X(40, ACCEPTED_SHORT)                                                                          \
    X(42, NO_SUCH_LINE)                                                                            \
    X(43, CARD_REPLACED)                                                                           \
    X(44, SETTLED_OTHERWISE)                                                                       \
    X(45, DISPUTED)

typedef enum {
#define OUTCOME_ENUM(number, name) OUTCOME_##name = number,
    OUTCOMES(OUTCOME_ENUM)
#undef OUTCOME_ENUM
} outcome_t;

#define OUTCOME_NONE ((outcome_t)0) /* no reason against the event has been found yet */
#define OUTCOME_LAST OUTCOME_DISPUTED

const char *outcome_name(outcome_t outcome);

/* Is this the number of an outcome? Up to OUTCOME_LAST some are not. */
bool outcome_exists(outcome_t outcome);

/* Has the event been cleared: whole, or short of value that somebody bears (rule 33a)? */
static inline bool outcome_accepted(outcome_t outcome)
{
    return outcome == OUTCOME_ACCEPTED || outcome == OUTCOME_ACCEPTED_SHORT;
}

/* May a told event wait for this to mend (rules 33a, 51)? */
bool outcome_waits(outcome_t outcome);

#endif
