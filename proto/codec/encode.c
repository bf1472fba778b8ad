#include "proto/codec/encode.h"

#include <string.h>

#include "allclear/v1/batch.pb-c.h"
#include "allclear/v1/event.pb-c.h"
#include "clearing/base/check.h"
#include "proto/codec/binary.h"
#include "proto/codec/policy.h"

/* protobuf-c takes texts with a NUL at their end; ours have none, so they are copied here. A well
 * formed event's texts fit: a line has at most two, each of 32 bytes at most. */
#define TEXT_POOL_SIZE                                                                             \
    ((2 * PAY_LINES_MAX + DISCOUNTS_MAX + 2 * EARN_ENTRIES_MAX + CATEGORIES_MAX) *                 \
         (CODE_LEN_MAX + 1) +                                                                      \
     6 * (CODE_LEN_MAX + 1) + RECEIPT_LEN_MAX + REASON_LEN_MAX + 2)

/* A code with tag and length; a number with tag. */
#define CODE_BYTES   (CODE_LEN_MAX + 2)
#define NUMBER_BYTES 11
_Static_assert(SCHEME_LEN_MAX <= CODE_LEN_MAX, "the pool counts a scheme as a code");
_Static_assert(SUMS_MAX <= CATEGORIES_MAX, "an event with sums has no categories");
_Static_assert(PAY_LINES_MAX *(3 + 2 * CODE_BYTES + 3 * NUMBER_BYTES) +
                       DISCOUNTS_MAX * (3 + CODE_BYTES + NUMBER_BYTES) +
                       EARN_ENTRIES_MAX * (3 + 2 * CODE_BYTES + NUMBER_BYTES) +
                       CATEGORIES_MAX * (3 + CODE_BYTES + NUMBER_BYTES) + 4 * NUMBER_BYTES +
                       6 * CODE_BYTES + RECEIPT_LEN_MAX + REASON_LEN_MAX + 8 * NUMBER_BYTES <=
                   EVENT_BYTES_MAX,
               "an event fits");

/* All messages of one event, in one place on the stack. */
struct messages {
    Allclear__V1__Event event;
    union {
        Allclear__V1__Enrol enrol;
        Allclear__V1__TopUp topup;
        Allclear__V1__Sale sale;
        Allclear__V1__Refund refund;
        Allclear__V1__Void void_event;
        Allclear__V1__PackSale pack_sale;
        Allclear__V1__CashOut cashout;
        Allclear__V1__PointsGrant points_grant;
        Allclear__V1__DayTotal day_total;
        Allclear__V1__Hold hold;
        Allclear__V1__Release release;
        Allclear__V1__Dispute dispute;
    } what;
    Allclear__V1__EventRef of;
    Allclear__V1__PayLine pay[PAY_LINES_MAX];
    Allclear__V1__PayLine *pay_at[PAY_LINES_MAX];
    Allclear__V1__DiscountLine discounts[DISCOUNTS_MAX];
    Allclear__V1__DiscountLine *discounts_at[DISCOUNTS_MAX];
    Allclear__V1__EarnEntry earn[EARN_ENTRIES_MAX];
    Allclear__V1__EarnEntry *earn_at[EARN_ENTRIES_MAX];
    Allclear__V1__CategoryLine categories[CATEGORIES_MAX];
    Allclear__V1__CategoryLine *categories_at[CATEGORIES_MAX];
    Allclear__V1__Sum sums[SUMS_MAX];
    Allclear__V1__Sum *sums_at[SUMS_MAX];
    char pool[TEXT_POOL_SIZE];
    size_t pool_used;
};

static char *text_of(struct messages *m, slice_t text)
{
    char *copy = m->pool + m->pool_used;

    CHECK(m->pool_used + text.len + 1 <= sizeof m->pool);
    if (text.len != 0) {
        memcpy(copy, text.text, text.len);
    }
    copy[text.len] = '\0';
    m->pool_used += text.len + 1;
    return copy;
}

/* Empty texts keep protobuf-c's own empty string, so that they are left out and cost no room. */
static void text_put(struct messages *m, char **field, slice_t text)
{
    if (text.len != 0) {
        *field = text_of(m, text);
    }
}

static void put_pay(struct messages *m, const struct pay_line *lines, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        Allclear__V1__PayLine *line = &m->pay[i];
        allclear__v1__pay_line__init(line);
        line->with = (Allclear__V1__Means)lines[i].with;
        text_put(m, &line->product, lines[i].product);
        text_put(m, &line->pack, lines[i].pack);
        text_put(m, &line->item, lines[i].item);
        text_put(m, &line->scheme, lines[i].scheme);
        line->amount_fen = lines[i].amount_fen;
        line->units = lines[i].units;
        m->pay_at[i] = line;
    }
}

static void put_earn(struct messages *m, const struct event *event)
{
    for (uint32_t i = 0; i < event->earn_count; i++) {
        Allclear__V1__EarnEntry *entry = &m->earn[i];
        allclear__v1__earn_entry__init(entry);
        text_put(m, &entry->product, event->earn[i].product);
        text_put(m, &entry->campaign, event->earn[i].campaign);
        entry->points = event->earn[i].points;
        m->earn_at[i] = entry;
    }
}

static Allclear__V1__EventRef *put_ref(struct messages *m, const struct event_ref *ref)
{
    if (ref->number == 0) {
        return NULL;
    }
    allclear__v1__event_ref__init(&m->of);
    text_put(m, &m->of.store, ref->store);
    text_put(m, &m->of.terminal, ref->terminal);
    m->of.number = ref->number;
    return &m->of;
}

static void put_topup(struct messages *m, const struct event *event)
{
    Allclear__V1__TopUp *topup = &m->what.topup;

    allclear__v1__top_up__init(topup);
    text_put(m, &topup->product, event->product);
    topup->principal_fen = event->amount_fen;
    topup->bonus_fen = event->bonus_fen;
    text_put(m, &topup->offer, event->offer);
    topup->card_kind = (Allclear__V1__CardKind)event->card_kind;
    put_pay(m, event->pay, event->pay_count);
    topup->n_pay = event->pay_count;
    topup->pay = m->pay_at;
    put_earn(m, event);
    topup->n_earn = event->earn_count;
    topup->earn = m->earn_at;
    m->event.topup = topup;
}

static void put_sale(struct messages *m, const struct event *event)
{
    Allclear__V1__Sale *sale = &m->what.sale;

    allclear__v1__sale__init(sale);
    sale->gross_fen = event->amount_fen;
    for (uint32_t i = 0; i < event->discount_count; i++) {
        allclear__v1__discount_line__init(&m->discounts[i]);
        text_put(m, &m->discounts[i].rule, event->discounts[i].rule);
        m->discounts[i].amount_fen = event->discounts[i].amount_fen;
        m->discounts_at[i] = &m->discounts[i];
    }
    for (uint32_t i = 0; i < event->category_count; i++) {
        allclear__v1__category_line__init(&m->categories[i]);
        text_put(m, &m->categories[i].category, event->categories[i].category);
        m->categories[i].amount_fen = event->categories[i].amount_fen;
        m->categories_at[i] = &m->categories[i];
    }
    put_pay(m, event->pay, event->pay_count);
    put_earn(m, event);
    sale->n_discounts = event->discount_count;
    sale->discounts = m->discounts_at;
    sale->n_pay = event->pay_count;
    sale->pay = m->pay_at;
    sale->n_earn = event->earn_count;
    sale->earn = m->earn_at;
    sale->n_lines = event->category_count;
    sale->lines = m->categories_at;
    if (event->type == EVENT_CAPTURE) {
        sale->hold = put_ref(m, &event->of);
        m->event.capture = sale;
    } else {
        m->event.sale = sale;
    }
}

static void put_refund(struct messages *m, const struct event *event)
{
    Allclear__V1__Refund *refund = &m->what.refund;

    allclear__v1__refund__init(refund);
    refund->of = put_ref(m, &event->of);
    refund->amount_fen = event->amount_fen;
    put_pay(m, event->back, event->back_count);
    refund->n_back = event->back_count;
    refund->back = m->pay_at;
    m->event.refund = refund;
}

static void put_pack_sale(struct messages *m, const struct event *event)
{
    Allclear__V1__PackSale *sale = &m->what.pack_sale;

    allclear__v1__pack_sale__init(sale);
    text_put(m, &sale->product, event->product);
    text_put(m, &sale->pack, event->pack);
    sale->price_fen = event->amount_fen;
    sale->uses = event->units;
    put_pay(m, event->pay, event->pay_count);
    sale->n_pay = event->pay_count;
    sale->pay = m->pay_at;
    m->event.pack_sale = sale;
}

static void put_points_grant(struct messages *m, const struct event *event)
{
    Allclear__V1__PointsGrant *grant = &m->what.points_grant;

    allclear__v1__points_grant__init(grant);
    text_put(m, &grant->product, event->product);
    grant->points = event->units;
    text_put(m, &grant->reason, event->reason);
    text_put(m, &grant->campaign, event->campaign);
    m->event.points_grant = grant;
}

static void put_day_total(struct messages *m, const struct event *event)
{
    Allclear__V1__DayTotal *total = &m->what.day_total;

    allclear__v1__day_total__init(total);
    text_put(m, &total->date, event->date);
    total->count = event->count;
    for (uint32_t i = 0; i < event->sum_count; i++) {
        allclear__v1__sum__init(&m->sums[i]);
        text_put(m, &m->sums[i].key, event->sums[i].key);
        m->sums[i].amount_fen = event->sums[i].amount_fen;
        m->sums_at[i] = &m->sums[i];
    }
    total->n_sums = event->sum_count;
    total->sums = m->sums_at;
    m->event.day_total = total;
}

static void put_what(struct messages *m, const struct event *event)
{
    m->event.what_case = (Allclear__V1__Event__WhatCase)event->type;
    switch (event->type) {
    case EVENT_ENROL:
        allclear__v1__enrol__init(&m->what.enrol);
        m->what.enrol.referrer = event->referrer;
        m->event.enrol = &m->what.enrol;
        break;
    case EVENT_TOPUP:
        put_topup(m, event);
        break;
    case EVENT_SALE:
    case EVENT_CAPTURE:
        put_sale(m, event);
        break;
    case EVENT_REFUND:
        put_refund(m, event);
        break;
    case EVENT_VOID:
        allclear__v1__void__init(&m->what.void_event);
        m->what.void_event.of = put_ref(m, &event->of);
        m->event.void_ = &m->what.void_event;
        break;
    case EVENT_PACK_SALE:
        put_pack_sale(m, event);
        break;
    case EVENT_CASHOUT:
        allclear__v1__cash_out__init(&m->what.cashout);
        text_put(m, &m->what.cashout.product, event->product);
        m->what.cashout.amount_fen = event->amount_fen;
        m->event.cashout = &m->what.cashout;
        break;
    case EVENT_POINTS_GRANT:
        put_points_grant(m, event);
        break;
    case EVENT_DAY_TOTAL:
        put_day_total(m, event);
        break;
    case EVENT_HOLD:
        allclear__v1__hold__init(&m->what.hold);
        text_put(m, &m->what.hold.product, event->product);
        m->what.hold.amount_fen = event->amount_fen;
        text_put(m, &m->what.hold.until, event->date);
        m->event.hold = &m->what.hold;
        break;
    case EVENT_RELEASE:
        allclear__v1__release__init(&m->what.release);
        m->what.release.hold = put_ref(m, &event->of);
        m->event.release = &m->what.release;
        break;
    case EVENT_DISPUTE:
        allclear__v1__dispute__init(&m->what.dispute);
        m->what.dispute.of = put_ref(m, &event->of);
        text_put(m, &m->what.dispute.kind, event->claim_kind);
        text_put(m, &m->what.dispute.reason, event->reason);
        m->event.dispute = &m->what.dispute;
        break;
    }
}

size_t encode_event(const struct event *event, uint8_t *out, size_t cap)
{
    struct messages m;

    if (policy_fault(event) != NULL) {
        return 0;
    }
    m.pool_used = 0;
    allclear__v1__event__init(&m.event);
    text_put(&m, &m.event.terminal, event->terminal);
    m.event.number = event->number;
    m.event.at = (uint64_t)event->at_ms;
    m.event.member = event->member;
    text_put(&m, &m.event.receipt, event->receipt);
    m.event.channel = (Allclear__V1__Channel)event->channel;
    text_put(&m, &m.event.operator_, event->operator_code);
    m.event.ask = event->ask;
    put_what(&m, event);
    return binary_pack(&m.event.base, out, cap);
}

size_t encode_batch_header(const struct batch *batch, uint8_t *out, size_t cap)
{
    Allclear__V1__Batch message;
    code_t store;

    if (!code_valid(batch->store) || batch->sequence == 0 || batch->created_ms <= 0 ||
        batch->created_ms >= POLICY_AT_MS_END) {
        return 0;
    }
    store = code_of(batch->store);
    allclear__v1__batch__init(&message);
    message.version = BATCH_VERSION;
    message.network = binary_of(batch->network, DIGEST_LEN);
    message.store = store.text;
    message.sequence = batch->sequence;
    message.previous = binary_of(batch->previous, DIGEST_LEN);
    message.created = (uint64_t)batch->created_ms;
    return binary_pack(&message.base, out, cap);
}

bool encode_batch_append(uint8_t *body, size_t cap, size_t *len, slice_t event_bytes)
{
    uint8_t prefix[8] = {7 << 3 | 2};
    size_t n = 1;
    size_t max = cap < BATCH_BODY_LEN_MAX ? cap : BATCH_BODY_LEN_MAX;
    uint32_t left = event_bytes.len;

    for (; left >= 0x80; left >>= 7) {
        prefix[n++] = (uint8_t)(left | 0x80);
    }
    prefix[n++] = (uint8_t)left;
    if (event_bytes.len == 0 || event_bytes.len > max || *len > max - event_bytes.len ||
        n > max - event_bytes.len - *len) {
        return false;
    }
    memcpy(body + *len, prefix, n);
    memcpy(body + *len + n, event_bytes.text, event_bytes.len);
    *len += n + event_bytes.len;
    return true;
}

size_t encode_signed_batch(const struct signed_batch *signed_batch, uint8_t *out, size_t cap)
{
    Allclear__V1__SignedBatch message;

    if (signed_batch->body.len == 0 || signed_batch->body.len > BATCH_BODY_LEN_MAX) {
        return 0;
    }
    allclear__v1__signed_batch__init(&message);
    message.body = binary_of_slice(signed_batch->body);
    message.key_id = binary_of(signed_batch->key_id, DIGEST_LEN);
    message.signature = binary_of(signed_batch->signature, SIGNATURE_LEN);
    return binary_pack(&message.base, out, cap);
}
