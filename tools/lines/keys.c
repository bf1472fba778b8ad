#include "tools/lines/keys.h"

/* Enums are read and printed as int. */
_Static_assert(sizeof(event_type_t) == sizeof(int) && sizeof(means_t) == sizeof(int) &&
                   sizeof(channel_t) == sizeof(int) && sizeof(card_kind_t) == sizeof(int),
               "enums are ints");

#define MUST true
#define MAY  false

/* clang-format off */
static const struct key_name type_names[] = {
    {"enrol", EVENT_ENROL},
    {"topup", EVENT_TOPUP},
    {"sale", EVENT_SALE},
    {"refund", EVENT_REFUND},
    {"void", EVENT_VOID},
    {"pack_sale", EVENT_PACK_SALE},
    {"cashout", EVENT_CASHOUT},
    {"points_grant", EVENT_POINTS_GRANT},
    {"day_total", EVENT_DAY_TOTAL},
    {"hold", EVENT_HOLD},
    {"capture", EVENT_CAPTURE},
    {"release", EVENT_RELEASE},
    {"dispute", EVENT_DISPUTE},
    {"coupon_issue", KEY_LATER},
    {"coupon_void", KEY_LATER},
    {"membership_sale", KEY_LATER},
    {"membership_cancel", KEY_LATER},
    {"points_transfer", KEY_LATER},
    {"benefit", KEY_LATER},
    {NULL, 0},
};

static const struct key_name means_names[] = {
    {"stored_value", MEANS_STORED_VALUE},
    {"points", MEANS_POINTS},
    {"pack", MEANS_PACK},
    {"cash", MEANS_CASH},
    {"card", MEANS_CARD},
    {"wechat", MEANS_WECHAT},
    {"alipay", MEANS_ALIPAY},
    {"other", MEANS_OTHER},
    {"coupon", KEY_LATER},
    {NULL, 0},
};

static const struct key_name channel_names[] = {
    {"pos", CHANNEL_POS},
    {"handheld", CHANNEL_HANDHELD},
    {"qr", CHANNEL_QR},
    {"wechat", CHANNEL_WECHAT},
    {"web", CHANNEL_WEB},
    {NULL, 0},
};

static const struct key_name card_kind_names[] = {
    {"named", CARD_KIND_NAMED},
    {"anonymous", CARD_KIND_ANONYMOUS},
    {NULL, 0},
};

/* Entries of lists. */

const struct key keys_with[] = {
    {"with", KEY_NAME, MUST, .offset = offsetof(struct pay_line, with), .names = means_names},
    {0},
};

static const struct key stored_value_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct pay_line, product)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct pay_line, amount_fen)},
    {0},
};

static const struct key points_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct pay_line, product)},
    {"points", KEY_INTEGER, MUST, .offset = offsetof(struct pay_line, units)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct pay_line, amount_fen)},
    {"item", KEY_CODE, MAY, .offset = offsetof(struct pay_line, item)},
    {0},
};

static const struct key pack_keys[] = {
    {"pack", KEY_CODE, MUST, .offset = offsetof(struct pay_line, pack)},
    {"uses", KEY_INTEGER, MUST, .offset = offsetof(struct pay_line, units)},
    {0},
};

static const struct key tender_keys[] = {
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct pay_line, amount_fen)},
    {"scheme", KEY_TEXT, MAY, .offset = offsetof(struct pay_line, scheme), .limit = SCHEME_LEN_MAX},
    {0},
};

static const struct key *const stored_value_line[] = {keys_with, stored_value_keys, NULL};
static const struct key *const points_line[] = {keys_with, points_keys, NULL};
static const struct key *const pack_line[] = {keys_with, pack_keys, NULL};
static const struct key *const tender_line[] = {keys_with, tender_keys, NULL};

static const struct key *const *const pay_by_means[MEANS_COUNT] = {
    [MEANS_STORED_VALUE] = stored_value_line,
    [MEANS_POINTS] = points_line,
    [MEANS_PACK] = pack_line,
    [MEANS_CASH] = tender_line,
    [MEANS_CARD] = tender_line,
    [MEANS_WECHAT] = tender_line,
    [MEANS_ALIPAY] = tender_line,
    [MEANS_OTHER] = tender_line,
};

static const struct key discount_keys[] = {
    {"rule", KEY_CODE, MUST, .offset = offsetof(struct discount_line, rule)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct discount_line, amount_fen)},
    {0},
};

static const struct key earn_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct earn_entry, product)},
    {"points", KEY_INTEGER, MUST, .offset = offsetof(struct earn_entry, points)},
    {"campaign", KEY_CODE, MAY, .offset = offsetof(struct earn_entry, campaign)},
    {0},
};

static const struct key category_keys[] = {
    {"category", KEY_CODE, MUST, .offset = offsetof(struct category_line, category)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct category_line, amount_fen)},
    {0},
};

static const struct key *const discount_entry[] = {discount_keys, NULL};
static const struct key *const earn_entry[] = {earn_keys, NULL};
static const struct key *const category_entry[] = {category_keys, NULL};

static const struct key_list pay_list = {
    .count_offset = offsetof(struct event, pay_count), .size = sizeof(struct pay_line),
    .max = PAY_LINES_MAX, .by_means = pay_by_means,
};
static const struct key_list back_list = {
    .count_offset = offsetof(struct event, back_count), .size = sizeof(struct pay_line),
    .max = PAY_LINES_MAX, .by_means = pay_by_means,
};
static const struct key_list discount_list = {
    .count_offset = offsetof(struct event, discount_count), .size = sizeof(struct discount_line),
    .max = DISCOUNTS_MAX, .tables = discount_entry,
};
static const struct key_list earn_list = {
    .count_offset = offsetof(struct event, earn_count), .size = sizeof(struct earn_entry),
    .max = EARN_ENTRIES_MAX, .tables = earn_entry,
};
static const struct key_list category_list = {
    .count_offset = offsetof(struct event, category_count), .size = sizeof(struct category_line),
    .max = CATEGORIES_MAX, .tables = category_entry,
};

/* Events. */

const struct key keys_common[] = {
    {"type", KEY_NAME, MUST, .offset = offsetof(struct event, type), .names = type_names},
    {"terminal", KEY_CODE, MUST, .offset = offsetof(struct event, terminal)},
    {"number", KEY_NUMBER, MAY, .offset = offsetof(struct event, number)},
    {"at", KEY_INSTANT, MUST, .offset = offsetof(struct event, at_ms)},
    {"member", KEY_MEMBER, MAY, .offset = offsetof(struct event, member)},
    {"receipt", KEY_TEXT, MAY, .offset = offsetof(struct event, receipt), .limit = RECEIPT_LEN_MAX},
    {"channel", KEY_NAME, MAY, .offset = offsetof(struct event, channel), .names = channel_names},
    {"operator", KEY_CODE, MAY, .offset = offsetof(struct event, operator_code)},
    {"ask", KEY_BOOL, MAY, .offset = offsetof(struct event, ask)},
    {0},
};

static const struct key enrol_keys[] = {
    {"referrer", KEY_MEMBER, MAY, .offset = offsetof(struct event, referrer)},
    {0},
};

static const struct key topup_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct event, product)},
    {"principal_fen", KEY_INTEGER, MUST, .offset = offsetof(struct event, amount_fen)},
    {"bonus_fen", KEY_INTEGER, MAY, .offset = offsetof(struct event, bonus_fen)},
    {"offer", KEY_CODE, MAY, .offset = offsetof(struct event, offer)},
    {"pay", KEY_LIST, MAY, .offset = offsetof(struct event, pay), .list = &pay_list},
    {"card_kind", KEY_NAME, MAY, .offset = offsetof(struct event, card_kind),
     .names = card_kind_names},
    {"earn", KEY_LIST, MAY, .offset = offsetof(struct event, earn), .list = &earn_list},
    {0},
};

static const struct key sale_keys[] = {
    {"gross_fen", KEY_INTEGER, MUST, .offset = offsetof(struct event, amount_fen)},
    {"discounts", KEY_LIST, MAY, .offset = offsetof(struct event, discounts),
     .list = &discount_list},
    {"pay", KEY_LIST, MUST, .offset = offsetof(struct event, pay), .list = &pay_list},
    {"earn", KEY_LIST, MAY, .offset = offsetof(struct event, earn), .list = &earn_list},
    {"lines", KEY_LIST, MAY, .offset = offsetof(struct event, categories), .list = &category_list},
    {0},
};

static const struct key refund_keys[] = {
    {"of", KEY_REF, MAY, .offset = offsetof(struct event, of)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct event, amount_fen)},
    {"back", KEY_LIST, MAY, .offset = offsetof(struct event, back), .list = &back_list},
    {0},
};

static const struct key void_keys[] = {
    {"of", KEY_REF, MUST, .offset = offsetof(struct event, of)},
    {0},
};

static const struct key pack_sale_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct event, product)},
    {"pack", KEY_CODE, MUST, .offset = offsetof(struct event, pack)},
    {"price_fen", KEY_INTEGER, MUST, .offset = offsetof(struct event, amount_fen)},
    {"uses", KEY_INTEGER, MUST, .offset = offsetof(struct event, units)},
    {"pay", KEY_LIST, MAY, .offset = offsetof(struct event, pay), .list = &pay_list},
    {0},
};

static const struct key cashout_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct event, product)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct event, amount_fen)},
    {0},
};

static const struct key points_grant_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct event, product)},
    {"points", KEY_INTEGER, MUST, .offset = offsetof(struct event, units)},
    {"reason", KEY_TEXT, MUST, .offset = offsetof(struct event, reason), .limit = REASON_LEN_MAX},
    {"campaign", KEY_CODE, MAY, .offset = offsetof(struct event, campaign)},
    {0},
};

static const struct key day_total_keys[] = {
    {"date", KEY_TEXT, MUST, .offset = offsetof(struct event, date), .limit = 10},
    {"count", KEY_COUNT, MUST, .offset = offsetof(struct event, count)},
    {"sums", KEY_SUMS, MUST, .offset = offsetof(struct event, sums)},
    {0},
};
static const struct key hold_keys[] = {
    {"product", KEY_CODE, MUST, .offset = offsetof(struct event, product)},
    {"amount_fen", KEY_INTEGER, MUST, .offset = offsetof(struct event, amount_fen)},
    {"until", KEY_TEXT, MAY, .offset = offsetof(struct event, date), .limit = 10},
    {0},
};

static const struct key dispute_keys[] = {
    {"of", KEY_REF, MUST, .offset = offsetof(struct event, of)},
    {"kind", KEY_CODE, MUST, .offset = offsetof(struct event, claim_kind)},
    {"reason", KEY_TEXT, MUST, .offset = offsetof(struct event, reason), .limit = REASON_LEN_MAX},
    {0},
};
/* clang-format on */

static const struct key *const enrol_tables[] = {keys_common, enrol_keys, NULL};
static const struct key *const topup_tables[] = {keys_common, topup_keys, NULL};
static const struct key *const sale_tables[] = {keys_common, sale_keys, NULL};
static const struct key *const refund_tables[] = {keys_common, refund_keys, NULL};
static const struct key *const void_tables[] = {keys_common, void_keys, NULL};
static const struct key *const pack_sale_tables[] = {keys_common, pack_sale_keys, NULL};
static const struct key *const cashout_tables[] = {keys_common, cashout_keys, NULL};
static const struct key *const points_grant_tables[] = {keys_common, points_grant_keys, NULL};
static const struct key *const day_total_tables[] = {keys_common, day_total_keys, NULL};
static const struct key *const hold_tables[] = {keys_common, hold_keys, NULL};
static const struct key *const dispute_tables[] = {keys_common, dispute_keys, NULL};
static const struct key *const capture_tables[] = {keys_common, void_keys, sale_keys, NULL};

const struct key *const *keys_of_type(event_type_t type)
{
    switch (type) {
    case EVENT_ENROL:
        return enrol_tables;
    case EVENT_TOPUP:
        return topup_tables;
    case EVENT_SALE:
        return sale_tables;
    case EVENT_REFUND:
        return refund_tables;
    case EVENT_VOID:
        return void_tables;
    case EVENT_PACK_SALE:
        return pack_sale_tables;
    case EVENT_CASHOUT:
        return cashout_tables;
    case EVENT_POINTS_GRANT:
        return points_grant_tables;
    case EVENT_DAY_TOTAL:
        return day_total_tables;
    case EVENT_HOLD:
        return hold_tables;
    case EVENT_CAPTURE:
        return capture_tables;
    case EVENT_RELEASE: /* it names its hold as a void its original */
        return void_tables;
    case EVENT_DISPUTE:
        return dispute_tables;
    }
    CHECK(!"an event type without keys");
    return enrol_tables;
}
