#include "proto/codec/decode.h"

#include <string.h>

#include "proto/codec/policy.h"
#include "proto/codec/wire.h"

/* The head of struct event: all but the lines, which the counts say nothing of. */
#define EVENT_HEAD_SIZE offsetof(struct event, pay)

const char *decode_error_name(decode_error_t error)
{
    switch (error) {
    case DECODE_OK:
        return "OK";
#define DECODE_NAME(name, meaning)                                                                 \
    case DECODE_##name:                                                                            \
        return #name;
        DECODE_ERRORS(DECODE_NAME)
#undef DECODE_NAME
    }
    return "unknown";
}

const char *decode_error_text(decode_error_t error)
{
    switch (error) {
    case DECODE_OK:
        return "well formed";
#define DECODE_TEXT_OF(name, meaning)                                                              \
    case DECODE_##name:                                                                            \
        return meaning;
        DECODE_ERRORS(DECODE_TEXT_OF)
#undef DECODE_TEXT_OF
    }
    return "unknown";
}

static bool read_means(struct wire *r, means_t *ret_with)
{
    uint32_t number = 0;

    if (!wire_enum(r, MEANS_COUNT - 1, &number)) {
        return false;
    }
    *ret_with = (means_t)number;
    return number != 4 || wire_fail(r, DECODE_VALUE); /* 4 is kept for coupons */
}

static bool read_pay_line(struct wire *r, struct pay_line *line)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    memset(line, 0, sizeof *line);
    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_VARINT(1):
            ok = read_means(r, &line->with);
            break;
        case TAG_BYTES(2):
            ok = wire_bytes(r, &line->product);
            break;
        case TAG_BYTES(3):
            ok = wire_bytes(r, &line->pack);
            break;
        case TAG_BYTES(4):
            ok = wire_bytes(r, &line->item);
            break;
        case TAG_BYTES(5):
            ok = wire_bytes(r, &line->scheme);
            break;
        case TAG_VARINT(6):
            ok = wire_s64(r, &line->amount_fen);
            break;
        case TAG_VARINT(7):
            ok = wire_s64(r, &line->units);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (wire_done(r) && line->with == 0) {
        return wire_fail(r, DECODE_FIELD_MISSING);
    }
    return wire_done(r);
}

static bool read_pay(struct wire *r, struct pay_line *lines, uint32_t *count)
{
    const uint8_t *outer = NULL;

    if (*count == PAY_LINES_MAX) {
        return wire_fail(r, DECODE_COUNT);
    }
    if (!wire_enter(r, &outer) || !read_pay_line(r, &lines[*count])) {
        return false;
    }
    wire_leave(r, outer);
    (*count)++;
    return true;
}

/* DiscountLine, CategoryLine and Sum have one shape: a code and an amount. */
static bool read_code_amount(struct wire *r, slice_t *code, int64_t *amount_fen)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = wire_enter(r, &outer);

    *code = (slice_t){0};
    *amount_fen = 0;
    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_BYTES(1):
            ok = wire_bytes(r, code);
            break;
        case TAG_VARINT(2):
            ok = wire_s64(r, amount_fen);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

static bool read_discount(struct wire *r, struct event *event)
{
    if (event->discount_count == DISCOUNTS_MAX) {
        return wire_fail(r, DECODE_COUNT);
    }
    struct discount_line *line = &event->discounts[event->discount_count++];
    return read_code_amount(r, &line->rule, &line->amount_fen);
}

static bool read_category(struct wire *r, struct event *event)
{
    if (event->category_count == CATEGORIES_MAX) {
        return wire_fail(r, DECODE_COUNT);
    }
    struct category_line *line = &event->categories[event->category_count++];
    return read_code_amount(r, &line->category, &line->amount_fen);
}

static bool read_earn(struct wire *r, struct event *event)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;

    if (event->earn_count == EARN_ENTRIES_MAX) {
        return wire_fail(r, DECODE_COUNT);
    }
    struct earn_entry *entry = &event->earn[event->earn_count++];
    bool ok = wire_enter(r, &outer);
    memset(entry, 0, sizeof *entry);
    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_BYTES(1):
            ok = wire_bytes(r, &entry->product);
            break;
        case TAG_BYTES(2):
            ok = wire_bytes(r, &entry->campaign);
            break;
        case TAG_VARINT(3):
            ok = wire_s64(r, &entry->points);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

static bool read_sum(struct wire *r, struct event *event)
{
    if (event->sum_count == SUMS_MAX) {
        return wire_fail(r, DECODE_COUNT);
    }
    struct total_sum *sum = &event->sums[event->sum_count++];
    return read_code_amount(r, &sum->key, &sum->amount_fen);
}

/* A reference that is there names something: number 0 means "none" and must be left out. */
static bool read_ref(struct wire *r, struct event_ref *ref)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = wire_enter(r, &outer);

    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_BYTES(1):
            ok = wire_bytes(r, &ref->store);
            break;
        case TAG_BYTES(2):
            ok = wire_bytes(r, &ref->terminal);
            break;
        case TAG_VARINT(3):
            ok = wire_u64(r, &ref->number);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return ref->number != 0 || wire_fail(r, DECODE_FIELD_MISSING);
}

static bool read_enrol(struct wire *r, struct event *event, uint32_t tag)
{
    return tag == TAG_VARINT(1) ? wire_u64(r, &event->referrer)
                                : wire_fail(r, DECODE_FIELD_UNKNOWN);
}

static bool read_card_kind(struct wire *r, struct event *event)
{
    uint32_t kind = 0;
    bool ok = wire_enum(r, CARD_KIND_ANONYMOUS, &kind);

    event->card_kind = (card_kind_t)kind;
    return ok;
}

static bool read_topup(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->product);
    case TAG_VARINT(2):
        return wire_s64(r, &event->amount_fen);
    case TAG_VARINT(3):
        return wire_s64(r, &event->bonus_fen);
    case TAG_BYTES(4):
        return wire_bytes(r, &event->offer);
    case TAG_VARINT(5):
        return read_card_kind(r, event);
    case TAG_BYTES(6):
        return read_pay(r, event->pay, &event->pay_count);
    case TAG_BYTES(7):
        return read_earn(r, event);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_sale(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(6):
        return event->type == EVENT_CAPTURE ? read_ref(r, &event->of)
                                            : wire_fail(r, DECODE_FIELD_UNKNOWN);
    case TAG_VARINT(1):
        return wire_s64(r, &event->amount_fen);
    case TAG_BYTES(2):
        return read_discount(r, event);
    case TAG_BYTES(3):
        return read_pay(r, event->pay, &event->pay_count);
    case TAG_BYTES(4):
        return read_earn(r, event);
    case TAG_BYTES(5):
        return read_category(r, event);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_refund(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return read_ref(r, &event->of);
    case TAG_VARINT(2):
        return wire_s64(r, &event->amount_fen);
    case TAG_BYTES(3):
        return read_pay(r, event->back, &event->back_count);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_void(struct wire *r, struct event *event, uint32_t tag)
{
    return tag == TAG_BYTES(1) ? read_ref(r, &event->of) : wire_fail(r, DECODE_FIELD_UNKNOWN);
}

static bool read_pack_sale(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->product);
    case TAG_BYTES(2):
        return wire_bytes(r, &event->pack);
    case TAG_VARINT(3):
        return wire_s64(r, &event->amount_fen);
    case TAG_VARINT(4):
        return wire_s64(r, &event->units);
    case TAG_BYTES(5):
        return read_pay(r, event->pay, &event->pay_count);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_cashout(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->product);
    case TAG_VARINT(2):
        return wire_s64(r, &event->amount_fen);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_points_grant(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->product);
    case TAG_VARINT(2):
        return wire_s64(r, &event->units);
    case TAG_BYTES(3):
        return wire_bytes(r, &event->reason);
    case TAG_BYTES(4):
        return wire_bytes(r, &event->campaign);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_day_total(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->date);
    case TAG_VARINT(2):
        return wire_u64(r, &event->count);
    case TAG_BYTES(3):
        return read_sum(r, event);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_hold(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->product);
    case TAG_VARINT(2):
        return wire_s64(r, &event->amount_fen);
    case TAG_BYTES(3):
        return wire_bytes(r, &event->date);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_dispute(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return read_ref(r, &event->of);
    case TAG_BYTES(2):
        return wire_bytes(r, &event->claim_kind);
    case TAG_BYTES(3):
        return wire_bytes(r, &event->reason);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

/* Which fields of a type's message are repeated. */
static uint64_t repeated_of(event_type_t type)
{
    switch (type) {
    case EVENT_TOPUP:
        return REPEATED(6) | REPEATED(7);
    case EVENT_SALE:
    case EVENT_CAPTURE:
        return REPEATED(2) | REPEATED(3) | REPEATED(4) | REPEATED(5);
    case EVENT_REFUND:
    case EVENT_DAY_TOTAL:
        return REPEATED(3);
    case EVENT_PACK_SALE:
        return REPEATED(5);
    case EVENT_ENROL:
    case EVENT_VOID:
    case EVENT_CASHOUT:
    case EVENT_POINTS_GRANT:
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        return 0;
    }
    return 0;
}

static bool read_what_field(struct wire *r, struct event *event, uint32_t tag)
{
    switch (event->type) {
    case EVENT_ENROL:
        return read_enrol(r, event, tag);
    case EVENT_TOPUP:
        return read_topup(r, event, tag);
    case EVENT_SALE:
    case EVENT_CAPTURE:
        return read_sale(r, event, tag);
    case EVENT_REFUND:
        return read_refund(r, event, tag);
    case EVENT_VOID:
    case EVENT_RELEASE:
        return read_void(r, event, tag);
    case EVENT_PACK_SALE:
        return read_pack_sale(r, event, tag);
    case EVENT_CASHOUT:
        return read_cashout(r, event, tag);
    case EVENT_POINTS_GRANT:
        return read_points_grant(r, event, tag);
    case EVENT_DAY_TOTAL:
        return read_day_total(r, event, tag);
    case EVENT_HOLD:
        return read_hold(r, event, tag);
    case EVENT_DISPUTE:
        return read_dispute(r, event, tag);
    }
    return wire_fail(r, DECODE_FIELD_UNKNOWN);
}

/* The message of the oneof; tag is its tag in the event. */
static bool read_what(struct wire *r, struct event *event, uint32_t tag)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t inner = 0;

    if ((tag & 7) != 2 || tag < TAG_BYTES(EVENT_ENROL) || tag > TAG_BYTES(EVENT_DISPUTE)) {
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
    if (event->type != 0) {
        return wire_fail(r, DECODE_FIELD_ORDER); /* a second `what` */
    }
    event->type = (event_type_t)(tag >> 3);
    uint64_t repeated = repeated_of(event->type);
    bool ok = wire_enter(r, &outer);
    while (ok && wire_tag(r, repeated, &last, &inner)) {
        ok = read_what_field(r, event, inner);
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

static bool read_channel(struct wire *r, struct event *event)
{
    uint32_t channel = 0;
    bool ok = wire_enum(r, CHANNEL_WEB, &channel);

    event->channel = (channel_t)channel;
    return ok;
}

static bool read_event_field(struct wire *r, struct event *event, uint32_t tag)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &event->terminal);
    case TAG_VARINT(2):
        return wire_u64(r, &event->number);
    case TAG_VARINT(3):
        return wire_instant(r, &event->at_ms);
    case TAG_VARINT(4):
        return wire_u64(r, &event->member);
    case TAG_BYTES(5):
        return wire_bytes(r, &event->receipt);
    case TAG_VARINT(6):
        return read_channel(r, event);
    case TAG_BYTES(7):
        return wire_bytes(r, &event->operator_code);
    case TAG_VARINT(8):
        return wire_bool(r, &event->ask);
    default:
        return read_what(r, event, tag);
    }
}

bool wire_event(struct wire *r, struct event *event)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    memset(event, 0, EVENT_HEAD_SIZE);
    while (ok && wire_tag(r, 0, &last, &tag)) {
        ok = read_event_field(r, event, tag);
    }
    if (!wire_done(r)) {
        return false;
    }
    if (event->type == 0) {
        return wire_fail(r, DECODE_FIELD_MISSING);
    }
    r->detail = policy_fault(event);
    return r->detail == NULL || wire_fail(r, DECODE_EVENT);
}

bool decode_event(slice_t bytes, struct event *ret_event, struct decode_fault *ret_fault)
{
    struct wire r = wire_of(bytes);

    return wire_event(&r, ret_event) || wire_fault(&r, bytes.text, ret_fault);
}
