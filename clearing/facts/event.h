/* Facts: one event as a store states it, decoded. Texts point into the bytes that the event was
 * decoded from and live as long as they do. Source of the shape: the event contract (JSON Lines and
 * proto/allclear/v1/event.proto say the same). */
#ifndef CLEARING_FACTS_EVENT_H
#define CLEARING_FACTS_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/base/limits.h"
#include "clearing/facts/total_key.h"

/* Numbers are those of the wire: the field numbers of the oneof in event.proto. */
typedef enum {
    EVENT_ENROL = 16,
    EVENT_TOPUP = 17,
    EVENT_SALE = 18,
    EVENT_REFUND = 19,
    EVENT_VOID = 20,
    EVENT_PACK_SALE = 21,
    EVENT_CASHOUT = 22,
    EVENT_POINTS_GRANT = 23,
    EVENT_DAY_TOTAL = 24,
    EVENT_HOLD = 25,
    EVENT_CAPTURE = 26, /* a sale that names a hold */
    EVENT_RELEASE = 27,
    EVENT_DISPUTE = 28,
} event_type_t;

/* Goods for means of payment. */
static inline bool event_is_sale(event_type_t type)
{
    return type == EVENT_SALE || type == EVENT_CAPTURE;
}

/* 0 is "not said". */
typedef enum {
    CHANNEL_NONE = 0,
    CHANNEL_POS = 1,
    CHANNEL_HANDHELD = 2,
    CHANNEL_QR = 3,
    CHANNEL_WECHAT = 4,
    CHANNEL_WEB = 5,
} channel_t;

typedef enum {
    CARD_KIND_NONE = 0,
    CARD_KIND_NAMED = 1,
    CARD_KIND_ANONYMOUS = 2,
} card_kind_t;

/* Means of payment. From MEANS_CASH on they are tenders. */
typedef enum {
    MEANS_STORED_VALUE = 1,
    MEANS_POINTS = 2,
    MEANS_PACK = 3,
    MEANS_CASH = 5, /* 4 is kept for coupons */
    MEANS_CARD = 6,
    MEANS_WECHAT = 7,
    MEANS_ALIPAY = 8,
    MEANS_OTHER = 9,
} means_t;
#define MEANS_COUNT 10

static inline bool means_is_tender(means_t means)
{
    return means >= MEANS_CASH;
}

/* store:terminal:number */
struct event_ref {
    slice_t store;
    slice_t terminal;
    uint64_t number; /* 0: no reference */
};

/* One line of `pay` or `back`. */
struct pay_line {
    means_t with;
    slice_t product;    /* stored_value, points */
    slice_t pack;       /* pack */
    slice_t item;       /* points, optional: the gift's code */
    slice_t scheme;     /* tenders, optional */
    int64_t amount_fen; /* all but packs */
    int64_t units;      /* points or uses */
};

struct discount_line {
    slice_t rule;
    int64_t amount_fen;
};

struct earn_entry {
    slice_t product;
    slice_t campaign; /* empty: none */
    int64_t points;
};

struct category_line {
    slice_t category;
    int64_t amount_fen;
};

/* One figure of a day total. */
struct total_sum {
    slice_t key; /* a name of total_key.h */
    int64_t amount_fen;
};

struct event {
    event_type_t type;
    slice_t terminal;
    uint64_t number;  /* 1..NUMBER_MAX */
    int64_t at_ms;    /* milliseconds since 1970-01-01T00:00:00Z */
    uint64_t member;  /* 0: none */
    slice_t receipt;
    slice_t operator_code;
    channel_t channel;
    bool ask;

    uint64_t referrer;      /* enrol: member, 0: none */
    card_kind_t card_kind;  /* topup */
    slice_t product;        /* topup, pack_sale, cashout, points_grant, hold */
    slice_t offer;          /* topup */
    slice_t pack;           /* pack_sale: the id of the new pack */
    slice_t campaign;       /* points_grant */
    slice_t reason;         /* points_grant, dispute */
    slice_t claim_kind;     /* dispute: of the lines */
    struct event_ref of;    /* refund (optional), void, dispute; capture, release: the hold */
    int64_t amount_fen;     /* principal, gross, refund's amount, pack's price, cash-out's amount,
                               what is held */
    int64_t bonus_fen;      /* topup */
    int64_t units;          /* pack_sale: uses; points_grant: points */
    slice_t date;           /* day_total: YYYY-MM-DD; hold: its last day, optional */
    uint64_t count;         /* day_total: events, at most NUMBER_MAX */

    uint32_t pay_count;
    uint32_t back_count;
    uint32_t discount_count;
    uint32_t earn_count;
    uint32_t category_count;
    uint32_t sum_count;
    struct pay_line pay[PAY_LINES_MAX];   /* in the order written */
    struct pay_line back[PAY_LINES_MAX];
    struct discount_line discounts[DISCOUNTS_MAX];
    struct earn_entry earn[EARN_ENTRIES_MAX];
    struct category_line categories[CATEGORIES_MAX];
    struct total_sum sums[SUMS_MAX]; /* keys rising by bytes */
};

/* The name that events, reports and the contract use ("sale", "stored_value", "wechat"). */
const char *event_type_name(event_type_t type);
const char *means_name(means_t means);

/* Check what the contract asks of one event beyond the presence of single keys: a member where the
 * type or a line needs one, ids that match their pattern, a `back` where a refund has no `of`.
 * The line reader and the decoder both end with this, so that an event either is one everywhere or
 * nowhere. Amounts are not judged here (that is BAD_AMOUNT, an outcome).
 * Returns: NULL when the event is well formed; otherwise a short English reason that names the key.
 * Any thread. */
const char *event_fault(const struct event *event);

#endif
