#include "proto/codec/policy.h"

#include <string.h>

/* What must never stand in a text that people read: C1 controls and what turns, hides or breaks
 * a line (Trojan source). */
static bool code_point_shown(uint32_t c)
{
    return !(c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
             (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff);
}

/* The code point at text[0] (RFC 3629). Returns its length, 0: not UTF-8. */
static uint32_t code_point(const unsigned char *text, uint32_t len, uint32_t *ret_c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t lead = text[0];
    uint32_t n = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

    if (n == 0 || n > len || lead > 0xf4) {
        return 0;
    }
    uint32_t c = n == 1 ? lead : lead & (0x7fU >> n);
    for (uint32_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (text[i] & 0x3fU);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }
    *ret_c = c;
    return n;
}

bool policy_text_valid(slice_t text)
{
    const unsigned char *at = (const unsigned char *)text.text;
    uint32_t left = text.len;

    while (left > 0) {
        uint32_t c = 0;
        uint32_t n = code_point(at, left, &c);
        if (n == 0 || !code_point_shown(c)) {
            return false;
        }
        at += n;
        left -= n;
    }
    return true;
}

static const char *line_fault(const struct pay_line *line)
{
    bool product = line->product.len != 0;
    bool pack = line->pack.len != 0;
    bool item = line->item.len != 0;
    bool scheme = line->scheme.len != 0;

    switch (line->with) {
    case MEANS_STORED_VALUE:
        return pack || item || scheme || line->units != 0 ? "with: stored_value has other keys"
                                                          : NULL;
    case MEANS_POINTS:
        return pack || scheme ? "with: points has other keys" : NULL;
    case MEANS_PACK:
        return product || item || scheme || line->amount_fen != 0 ? "with: pack has other keys"
                                                                  : NULL;
    case MEANS_CASH:
    case MEANS_CARD:
    case MEANS_WECHAT:
    case MEANS_ALIPAY:
    case MEANS_OTHER:
        if (product || pack || item || line->units != 0) {
            return "with: a tender has other keys";
        }
        return !scheme || policy_text_valid(line->scheme) ? NULL
                                                          : "scheme: not UTF-8 that can be shown";
    }
    return "with: unknown";
}

static const char *lines_fault(const struct pay_line *lines, uint32_t count)
{
    const char *fault = NULL;

    for (uint32_t i = 0; fault == NULL && i < count; i++) {
        fault = line_fault(&lines[i]);
    }
    return fault;
}

const char *policy_fault(const struct event *event)
{
    const char *fault = lines_fault(event->pay, event->pay_count);

    if (fault == NULL) {
        fault = lines_fault(event->back, event->back_count);
    }
    if (fault != NULL) {
        return fault;
    }
    if (event->at_ms >= POLICY_AT_MS_END) {
        return "at: after year 9999";
    }
    if (event->receipt.len != 0 && !policy_text_valid(event->receipt)) {
        return "receipt: not UTF-8 that can be shown";
    }
    if (event->reason.len != 0 && !policy_text_valid(event->reason)) {
        return "reason: not UTF-8 that can be shown";
    }
    return event_fault(event);
}
