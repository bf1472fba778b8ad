/* Every maximum of the system, with what it protects. */
#ifndef CLEARING_BASE_LIMITS_H
#define CLEARING_BASE_LIMITS_H

#define AMOUNT_MAX          1000000000000LL     /* fen, points or uses in one field: 10^12 */
#define MEMBER_MAX          9999999999999999999ULL /* 19 digits */
#define NUMBER_MAX          9007199254740991ULL /* 2^53-1: a running number that JSON keeps exact */
#define RECEIPT_LEN_MAX     64
#define REASON_LEN_MAX      64
#define SCHEME_LEN_MAX      32
#define NAME_LEN_MAX        140

#define PAY_LINES_MAX       32
#define DISCOUNTS_MAX       16
#define EARN_ENTRIES_MAX    8
#define CATEGORIES_MAX      32
#define SUMS_MAX            32

#define FUNDERS_MAX         8  /* of an offer or a discount */
#define TIERS_MAX           16
#define MULTIPLIERS_MAX     4
#define PRODUCTS_MAX        256
#define HOLD_DAYS_MAX       365
#define DISPUTE_DAYS        10 /* where the terms say nothing */
#define STORES_MAX          1000000
#define PARTICIPANTS_MAX    1000000 /* fits in 20 bits */

#define BATCH_BODY_LEN_MAX  49152 /* 48 KiB */
#define BATCH_EVENTS_MAX    8192  /* an event takes at least 6 bytes */
#define RECORD_LEN_MAX      65535 /* so that the log can be published as C2SP tiles */

#define FUTURE_MAX_MS       300000 /* an event may be this far ahead of the receive time */

#endif
