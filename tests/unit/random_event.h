/* Random events for the tests of the codec and of the lines: well formed, all types, every field
 * used now and then, numbers at their boundaries. The same seed gives the same events. */
#ifndef TESTS_UNIT_RANDOM_EVENT_H
#define TESTS_UNIT_RANDOM_EVENT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "clearing/facts/event.h"
#include "proto/codec/policy.h"

struct random {
    uint64_t state;
    char pool[16384]; /* texts of the event made last */
    size_t used;
};

static inline uint64_t random_next(struct random *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static inline uint32_t random_below(struct random *r, uint32_t n)
{
    return (uint32_t)(random_next(r) % n);
}

static inline slice_t random_code(struct random *r)
{
    static const char first[] = "AZaz09bCx";
    static const char rest[] = "AZaz09-_qP";
    uint32_t len = random_below(r, 8) == 0 ? CODE_LEN_MAX : 1 + random_below(r, 6);
    char *text = r->pool + r->used;

    text[0] = first[random_below(r, sizeof first - 1)];
    for (uint32_t i = 1; i < len; i++) {
        text[i] = rest[random_below(r, sizeof rest - 1)];
    }
    r->used += len;
    return (slice_t){text, len};
}

static inline slice_t random_code_or_none(struct random *r)
{
    return random_below(r, 3) == 0 ? random_code(r) : (slice_t){0};
}

static inline slice_t random_text(struct random *r, uint32_t max)
{
    static const char *const bits[] = {
        "a", "Z", "\"", "\\", "/", " ", "\xc3\xa9", "\xe7\xbb\x93", "\xf0\x9f\x98\x80", "7"};
    char *text = r->pool + r->used;
    uint32_t len = 0;
    uint32_t want = 1 + random_below(r, max);

    for (;;) {
        const char *bit = bits[random_below(r, 10)];
        uint32_t n = (uint32_t)strlen(bit);
        if (len + n > want) {
            break;
        }
        memcpy(text + len, bit, n);
        len += n;
    }
    if (len == 0) {
        text[len++] = 'x';
    }
    r->used += len;
    return (slice_t){text, len};
}

static inline int64_t random_amount(struct random *r)
{
    static const int64_t edges[] = {0,         1,         -1,         63,          64,
                                    -64,       -65,       AMOUNT_MAX, -AMOUNT_MAX, AMOUNT_MAX + 1,
                                    INT64_MAX, INT64_MIN, 8191,       8192};

    if (random_below(r, 4) == 0) {
        return edges[random_below(r, 14)];
    }
    return (int64_t)(random_next(r) % 1000000);
}

static inline uint64_t random_number(struct random *r, uint64_t max)
{
    switch (random_below(r, 4)) {
    case 0:
        return 1;
    case 1:
        return max;
    case 2:
        return 1 + random_next(r) % 300;
    default:
        return 1 + random_next(r) % max;
    }
}

static inline struct pay_line random_pay_line(struct random *r, bool tender)
{
    static const means_t all[] = {MEANS_CASH,  MEANS_CARD,         MEANS_WECHAT, MEANS_ALIPAY,
                                  MEANS_OTHER, MEANS_STORED_VALUE, MEANS_POINTS, MEANS_PACK};
    struct pay_line line = {.with = all[random_below(r, tender ? 5 : 8)]};

    if (means_is_tender(line.with)) {
        line.amount_fen = random_amount(r);
        if (random_below(r, 3) == 0) {
            line.scheme = random_text(r, SCHEME_LEN_MAX);
        }
        return line;
    }
    if (line.with == MEANS_PACK) {
        line.pack = random_code(r);
        line.units = random_amount(r);
        return line;
    }
    line.product = random_code(r);
    line.amount_fen = random_amount(r);
    if (line.with == MEANS_POINTS) {
        line.units = random_amount(r);
        line.item = random_code_or_none(r);
    }
    return line;
}

static inline uint32_t random_count(struct random *r, uint32_t max)
{
    return random_below(r, 20) == 0 ? max : random_below(r, 4);
}

static inline uint32_t random_pay(struct random *r, struct pay_line *lines, uint32_t least,
                                  bool tender)
{
    uint32_t count = random_count(r, PAY_LINES_MAX);

    count = count < least ? least : count;
    for (uint32_t i = 0; i < count; i++) {
        lines[i] = random_pay_line(r, tender);
    }
    return count;
}

static inline void random_earn(struct random *r, struct event *e)
{
    e->earn_count = random_count(r, EARN_ENTRIES_MAX);
    for (uint32_t i = 0; i < e->earn_count; i++) {
        e->earn[i] = (struct earn_entry){
            .product = random_code(r),
            .campaign = random_code_or_none(r),
            .points = random_amount(r),
        };
    }
}

static inline struct event_ref random_ref(struct random *r)
{
    return (struct event_ref){
        .store = random_code(r),
        .terminal = random_code(r),
        .number = random_number(r, NUMBER_MAX),
    };
}

static inline void random_sale(struct random *r, struct event *e)
{
    e->amount_fen = random_amount(r);
    e->pay_count = random_pay(r, e->pay, 0, false);
    e->discount_count = random_count(r, DISCOUNTS_MAX);
    for (uint32_t i = 0; i < e->discount_count; i++) {
        e->discounts[i] = (struct discount_line){random_code(r), random_amount(r)};
    }
    e->category_count = random_count(r, CATEGORIES_MAX);
    for (uint32_t i = 0; i < e->category_count; i++) {
        e->categories[i] = (struct category_line){random_code(r), random_amount(r)};
    }
    random_earn(r, e);
}

static inline void random_day_total(struct random *r, struct event *e)
{
    static const char *const days[] = {"2026-03-01", "2024-02-29", "1970-01-01", "9999-12-31"};

    e->date = slice_of(days[random_below(r, 4)]);
    e->count = random_below(r, 3) == 0 ? 0 : random_number(r, NUMBER_MAX);
    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        if (random_below(r, 2) == 0) {
            e->sums[e->sum_count++] = (struct total_sum){
                slice_of(total_key_name((total_key_t)key)), random_amount(r)};
        }
    }
}

static inline void random_what(struct random *r, struct event *e)
{
    switch (e->type) {
    case EVENT_ENROL:
        e->referrer = random_below(r, 2) == 0 ? random_number(r, MEMBER_MAX) : 0;
        break;
    case EVENT_TOPUP:
        e->product = random_code(r);
        e->amount_fen = random_amount(r);
        e->bonus_fen = random_amount(r);
        e->offer = random_code_or_none(r);
        e->card_kind = (card_kind_t)random_below(r, 3);
        e->pay_count = random_pay(r, e->pay, 0, true);
        random_earn(r, e);
        break;
    case EVENT_SALE:
        random_sale(r, e);
        break;
    case EVENT_CAPTURE:
        random_sale(r, e);
        e->of = random_ref(r);
        break;
    case EVENT_HOLD:
        e->product = random_code(r);
        e->amount_fen = random_amount(r);
        e->date = random_below(r, 2) == 0 ? (slice_t){0} : slice_of("2026-03-01");
        break;
    case EVENT_RELEASE:
        e->of = random_ref(r);
        break;
    case EVENT_DISPUTE:
        e->of = random_ref(r);
        e->claim_kind = random_code(r);
        e->reason = random_text(r, REASON_LEN_MAX);
        break;
    case EVENT_REFUND:
        if (random_below(r, 3) != 0) {
            e->of = random_ref(r);
        }
        e->amount_fen = random_amount(r);
        e->back_count = random_pay(r, e->back, e->of.number == 0, false);
        break;
    case EVENT_VOID:
        e->of = random_ref(r);
        break;
    case EVENT_PACK_SALE:
        e->product = random_code(r);
        e->pack = random_code(r);
        e->amount_fen = random_amount(r);
        e->units = random_amount(r);
        e->pay_count = random_pay(r, e->pay, 0, true);
        break;
    case EVENT_CASHOUT:
        e->product = random_code(r);
        e->amount_fen = random_amount(r);
        break;
    case EVENT_POINTS_GRANT:
        e->product = random_code(r);
        e->units = random_amount(r);
        e->reason = random_text(r, REASON_LEN_MAX);
        e->campaign = random_code_or_none(r);
        break;
    case EVENT_DAY_TOTAL:
        random_day_total(r, e);
        break;
    }
}

/* A well formed event; its texts live until the next call. */
static inline void random_event(struct random *r, struct event *e)
{
    memset(e, 0, sizeof *e);
    r->used = 0;
    e->type = (event_type_t)(EVENT_ENROL + random_below(r, 13));
    e->terminal = random_code(r);
    e->number = random_number(r, NUMBER_MAX);
    e->at_ms = random_below(r, 20) == 0 ? POLICY_AT_MS_END - 1
                                        : 1 + (int64_t)(random_next(r) % 2000000000000);
    e->member = random_number(r, MEMBER_MAX);
    e->receipt = random_below(r, 4) == 0 ? random_text(r, RECEIPT_LEN_MAX) : (slice_t){0};
    e->operator_code = random_code_or_none(r);
    e->channel = (channel_t)random_below(r, 6);
    e->ask = random_below(r, 4) == 0;
    random_what(r, e);
}

/* The same of their lines of pay and back, which are equally many. */
static inline const char *pay_difference(const struct event *a, const struct event *b)
{
    for (uint32_t i = 0; i < a->pay_count + a->back_count; i++) {
        bool back = i >= a->pay_count;
        const struct pay_line *p = back ? &a->back[i - a->pay_count] : &a->pay[i];
        const struct pay_line *q = back ? &b->back[i - a->pay_count] : &b->pay[i];
        if (p->with != q->with || !slice_equal(p->product, q->product) ||
            !slice_equal(p->pack, q->pack) || !slice_equal(p->item, q->item) ||
            !slice_equal(p->scheme, q->scheme) || p->amount_fen != q->amount_fen ||
            p->units != q->units) {
            return back ? "back" : "pay";
        }
    }
    return NULL;
}

/* Where two events differ, for messages; NULL: they are equal. */
static inline const char *event_difference(const struct event *a, const struct event *b)
{
#define DIFFERS_TEXT(field)                                                                        \
    if (!slice_equal(a->field, b->field)) {                                                        \
        return #field;                                                                             \
    }
#define DIFFERS(field)                                                                             \
    if (a->field != b->field) {                                                                    \
        return #field;                                                                             \
    }
    DIFFERS(type)
    DIFFERS_TEXT(terminal)
    DIFFERS(number)
    DIFFERS(at_ms)
    DIFFERS(member)
    DIFFERS_TEXT(receipt)
    DIFFERS_TEXT(operator_code)
    DIFFERS(channel)
    DIFFERS(ask)
    DIFFERS(referrer)
    DIFFERS(card_kind)
    DIFFERS_TEXT(product)
    DIFFERS_TEXT(offer)
    DIFFERS_TEXT(pack)
    DIFFERS_TEXT(campaign)
    DIFFERS_TEXT(claim_kind)
    DIFFERS_TEXT(reason)
    DIFFERS_TEXT(of.store)
    DIFFERS_TEXT(of.terminal)
    DIFFERS(of.number)
    DIFFERS(amount_fen)
    DIFFERS(bonus_fen)
    DIFFERS(units)
    DIFFERS(pay_count)
    DIFFERS(back_count)
    DIFFERS(discount_count)
    DIFFERS(earn_count)
    DIFFERS(category_count)
    DIFFERS_TEXT(date)
    DIFFERS(count)
    DIFFERS(sum_count)
    for (uint32_t i = 0; i < a->discount_count; i++) {
        DIFFERS_TEXT(discounts[i].rule)
        DIFFERS(discounts[i].amount_fen)
    }
    for (uint32_t i = 0; i < a->earn_count; i++) {
        DIFFERS_TEXT(earn[i].product)
        DIFFERS_TEXT(earn[i].campaign)
        DIFFERS(earn[i].points)
    }
    for (uint32_t i = 0; i < a->category_count; i++) {
        DIFFERS_TEXT(categories[i].category)
        DIFFERS(categories[i].amount_fen)
    }
    for (uint32_t i = 0; i < a->sum_count; i++) {
        DIFFERS_TEXT(sums[i].key)
        DIFFERS(sums[i].amount_fen)
    }
    return pay_difference(a, b);
#undef DIFFERS
#undef DIFFERS_TEXT
}

#endif
