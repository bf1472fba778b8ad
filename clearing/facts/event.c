#include "clearing/facts/event.h"

#include <stddef.h>

#include "clearing/facts/calendar.h"

const char *event_type_name(event_type_t type)
{
    switch (type) {
    case EVENT_ENROL:
        return "enrol";
    case EVENT_TOPUP:
        return "topup";
    case EVENT_SALE:
        return "sale";
    case EVENT_REFUND:
        return "refund";
    case EVENT_VOID:
        return "void";
    case EVENT_PACK_SALE:
        return "pack_sale";
    case EVENT_CASHOUT:
        return "cashout";
    case EVENT_POINTS_GRANT:
        return "points_grant";
    case EVENT_DAY_TOTAL:
        return "day_total";
    case EVENT_HOLD:
        return "hold";
    case EVENT_CAPTURE:
        return "capture";
    case EVENT_RELEASE:
        return "release";
    case EVENT_DISPUTE:
        return "dispute";
    }
    return "unknown";
}

const char *means_name(means_t means)
{
    switch (means) {
    case MEANS_STORED_VALUE:
        return "stored_value";
    case MEANS_POINTS:
        return "points";
    case MEANS_PACK:
        return "pack";
    case MEANS_CASH:
        return "cash";
    case MEANS_CARD:
        return "card";
    case MEANS_WECHAT:
        return "wechat";
    case MEANS_ALIPAY:
        return "alipay";
    case MEANS_OTHER:
        return "other";
    }
    return "unknown";
}

static bool code_or_empty(slice_t text)
{
    return text.len == 0 || code_valid(text);
}

/* Printable text: valid UTF-8 is the decoder's duty, control characters are refused here. */
static bool text_clean(slice_t text, uint32_t len_max)
{
    if (text.len > len_max) {
        return false;
    }
    for (uint32_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.text[i] < 0x20 || text.text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static const char *lines_fault(const struct pay_line *lines, uint32_t count, bool tenders_only)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct pay_line *line = &lines[i];
        if (tenders_only && !means_is_tender(line->with)) {
            return "pay: only tenders can pay for this";
        }
        if ((line->with == MEANS_STORED_VALUE || line->with == MEANS_POINTS) &&
            !code_valid(line->product)) {
            return "product: missing or not a code";
        }
        if (line->with == MEANS_PACK && !code_valid(line->pack)) {
            return "pack: missing or not a code";
        }
        if (!code_or_empty(line->item)) {
            return "item: not a code";
        }
        if (!text_clean(line->scheme, SCHEME_LEN_MAX)) {
            return "scheme: too long or with control characters";
        }
    }
    return NULL;
}

static bool pays_from_member(const struct event *event)
{
    for (uint32_t i = 0; i < event->pay_count; i++) {
        if (!means_is_tender(event->pay[i].with)) {
            return true;
        }
    }
    return false;
}

static const char *member_fault(const struct event *event)
{
    bool needed = false;

    switch (event->type) {
    case EVENT_ENROL:
    case EVENT_TOPUP:
    case EVENT_PACK_SALE:
    case EVENT_CASHOUT:
    case EVENT_POINTS_GRANT:
    case EVENT_HOLD:
    case EVENT_CAPTURE:
        needed = true;
        break;
    case EVENT_SALE:
        needed = pays_from_member(event);
        break;
    case EVENT_REFUND:
        needed = event->of.number == 0;
        break;
    case EVENT_VOID:
    case EVENT_DAY_TOTAL:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        break;
    }
    if (needed && event->member == 0) {
        return "member: missing";
    }
    return event->member > MEMBER_MAX || event->referrer > MEMBER_MAX ? "member: over 19 digits"
                                                                      : NULL;
}

static const char *common_fault(const struct event *event)
{
    if (!code_valid(event->terminal)) {
        return "terminal: missing or not a code";
    }
    if (event->number < 1 || event->number > NUMBER_MAX) {
        return "number: not in 1..2^53-1";
    }
    if (event->at_ms <= 0) {
        return "at: missing or before 1970";
    }
    if (!text_clean(event->receipt, RECEIPT_LEN_MAX)) {
        return "receipt: over 64 bytes or with control characters";
    }
    return code_or_empty(event->operator_code) ? NULL : "operator: not a code";
}

static const char *sale_fault(const struct event *event)
{
    for (uint32_t i = 0; i < event->discount_count; i++) {
        if (!code_valid(event->discounts[i].rule)) {
            return "discounts: rule is missing or not a code";
        }
    }
    for (uint32_t i = 0; i < event->category_count; i++) {
        if (!code_valid(event->categories[i].category)) {
            return "lines: category is missing or not a code";
        }
    }
    return NULL;
}

static const char *day_total_fault(const struct event *event)
{
    day_t date = 0;
    total_key_t key = TOTAL_SALE;

    if (!day_parse(event->date, &date)) {
        return "date: not a day such as 2026-03-01";
    }
    if (event->count > NUMBER_MAX) {
        return "count: over 2^53-1";
    }
    for (uint32_t i = 0; i < event->sum_count; i++) {
        if (!total_key_parse(event->sums[i].key, &key)) {
            return "sums: neither a type of event nor a means that a day total can name";
        }
        if (i > 0 && slice_compare(event->sums[i - 1].key, event->sums[i].key) >= 0) {
            return "sums: not in the order of their bytes, or twice";
        }
    }
    return NULL;
}

static const char *hold_fault(const struct event *event)
{
    day_t until = 0;

    if (event->date.len > 0 && !day_parse(event->date, &until)) {
        return "until: not a day such as 2026-03-01";
    }
    return code_valid(event->product) ? NULL : "product: missing or not a code";
}

static const char *reason_fault(const struct event *event)
{
    return event->reason.len == 0 || !text_clean(event->reason, REASON_LEN_MAX)
               ? "reason: missing, over 64 bytes or with control characters"
               : NULL;
}

static const char *dispute_fault(const struct event *event)
{
    if (event->of.number == 0) {
        return "of: missing";
    }
    return code_valid(event->claim_kind) ? reason_fault(event) : "kind: missing or not a code";
}

static const char *type_fault(const struct event *event)
{
    switch (event->type) {
    case EVENT_ENROL:
        return NULL;
    case EVENT_TOPUP:
        if (!code_or_empty(event->offer)) {
            return "offer: not a code";
        }
        return code_valid(event->product) ? NULL : "product: missing or not a code";
    case EVENT_SALE:
        return sale_fault(event);
    case EVENT_CAPTURE:
        return event->of.number == 0 ? "of: missing" : sale_fault(event);
    case EVENT_RELEASE:
        return event->of.number == 0 ? "of: missing" : NULL;
    case EVENT_HOLD:
        return hold_fault(event);
    case EVENT_REFUND:
        return event->of.number == 0 && event->back_count == 0
                   ? "back: needed where a refund has no `of`"
                   : NULL;
    case EVENT_VOID:
        return event->of.number == 0 ? "of: missing" : NULL;
    case EVENT_PACK_SALE:
        if (!code_valid(event->pack)) {
            return "pack: missing or not a code";
        }
        return code_valid(event->product) ? NULL : "product: missing or not a code";
    case EVENT_CASHOUT:
        return code_valid(event->product) ? NULL : "product: missing or not a code";
    case EVENT_POINTS_GRANT:
        if (!code_or_empty(event->campaign)) {
            return "campaign: not a code";
        }
        if (reason_fault(event) != NULL) {
            return reason_fault(event);
        }
        return code_valid(event->product) ? NULL : "product: missing or not a code";
    case EVENT_DISPUTE:
        return dispute_fault(event);
    case EVENT_DAY_TOTAL:
        return day_total_fault(event);
    }
    return "type: unknown";
}

const char *event_fault(const struct event *event)
{
    const char *fault = common_fault(event);

    if (fault == NULL) {
        fault = member_fault(event);
    }
    if (fault == NULL) {
        fault = type_fault(event);
    }
    if (fault == NULL) {
        bool tenders_only = !event_is_sale(event->type);
        fault = lines_fault(event->pay, event->pay_count, tenders_only);
    }
    if (fault == NULL) {
        fault = lines_fault(event->back, event->back_count, false);
    }
    for (uint32_t i = 0; fault == NULL && i < event->earn_count; i++) {
        if (!code_valid(event->earn[i].product) || !code_or_empty(event->earn[i].campaign)) {
            fault = "earn: product or campaign is not a code";
        }
    }
    if (fault == NULL && event->of.number != 0 &&
        (!code_valid(event->of.store) || !code_valid(event->of.terminal) ||
         event->of.number > NUMBER_MAX)) {
        fault = "of: not store:terminal:number";
    }
    return fault;
}
