/* The figures that a day total can name: types of events whose amounts a till adds up, and means of
 * payment. What each counts stands in clearing/CHOICES.md under rule 50a. */
#ifndef CLEARING_FACTS_TOTAL_KEY_H
#define CLEARING_FACTS_TOTAL_KEY_H

#include <stdbool.h>

#include "clearing/base/code.h"

/* In the order of their names' bytes. */
#define TOTAL_KEYS(X)                                                                              \
    X(ALIPAY, "alipay")                                                                            \
    X(CARD, "card")                                                                                \
    X(CASH, "cash")                                                                                \
    X(CASHOUT, "cashout")                                                                          \
    X(OTHER, "other")                                                                              \
    X(PACK_SALE, "pack_sale")                                                                      \
    X(POINTS, "points")                                                                            \
    X(REFUND, "refund")                                                                            \
    X(SALE, "sale")                                                                                \
    X(STORED_VALUE, "stored_value")                                                                \
    X(TOPUP, "topup")                                                                              \
    X(VOID, "void")                                                                                \
    X(WECHAT, "wechat")

typedef enum {
#define TOTAL_KEY_ENUM(key, name) TOTAL_##key,
    TOTAL_KEYS(TOTAL_KEY_ENUM)
#undef TOTAL_KEY_ENUM
} total_key_t;
#define TOTAL_KEY_COUNT 13

/* The name in events, reports and the contract. */
const char *total_key_name(total_key_t key);

/* Returns: false when a day total has no such figure; *ret_key is then untouched. */
bool total_key_parse(slice_t name, total_key_t *ret_key);

#endif
