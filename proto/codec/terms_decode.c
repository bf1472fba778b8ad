/* The reading side of terms_codec.h. A helper that finds something wrong says so once in
 * `fault` and goes on harmlessly: terms are rare and small, and the first fault is what counts. */
#include "proto/codec/terms_codec.h"

#include <string.h>

#include "allclear/v1/terms.pb-c.h"
#include "clearing/base/memory.h"
#include "proto/codec/policy.h"
#include "proto/codec/strict.h"

#define ZONE_MIN_MAX (14 * 60)
#define RATE_MAX     (1000 * MILLION)

/* What the names are looked up in, and the first fault. */
struct taking {
    const struct registry *registry;
    const char *fault;
};

static bool refuse(struct taking *t, const char *fault)
{
    if (t->fault == NULL) {
        t->fault = fault;
    }
    return false;
}

static code_t take_code(struct taking *t, const char *text, const char *fault)
{
    slice_t code = slice_of(text);

    if (!code_valid(code)) {
        (void)refuse(t, fault);
        return (code_t){0};
    }
    return code_of(code);
}

static code_t take_code_or_none(struct taking *t, const char *text, const char *fault)
{
    return *text == '\0' ? (code_t){0} : take_code(t, text, fault);
}

/* A participant's code that the registry has. */
static code_t take_participant(struct taking *t, const char *text, const char *fault)
{
    code_t code = take_code(t, text, fault);

    if (registry_find_participant(t->registry, code_slice(&code)).n == PARTICIPANT_NONE.n) {
        (void)refuse(t, fault);
    }
    return code;
}

static code_t take_participant_or_none(struct taking *t, const char *text, const char *fault)
{
    return *text == '\0' ? (code_t){0} : take_participant(t, text, fault);
}

static rate_t take_rate(struct taking *t, int64_t millionths)
{
    if (millionths < 0 || millionths > RATE_MAX) {
        (void)refuse(t, "a rate out of its range");
    }
    return (rate_t){millionths};
}

static point_price_t take_price(struct taking *t, int64_t thousandths)
{
    if (thousandths < 0 || thousandths > AMOUNT_MAX) {
        (void)refuse(t, "a point price out of its range");
    }
    return (point_price_t){thousandths};
}

static money_t take_money(struct taking *t, int64_t fen)
{
    if (fen < 0 || fen > AMOUNT_MAX) {
        (void)refuse(t, "an amount out of its range");
    }
    return (money_t){fen};
}

static int32_t take_int(struct taking *t, int64_t value, int32_t least, int32_t most)
{
    if (value < least || value > most) {
        (void)refuse(t, "a number out of its range");
        return least;
    }
    return (int32_t)value;
}

static uint32_t take_count(struct taking *t, size_t count, uint32_t least, uint32_t most)
{
    if (count < least || count > most) {
        (void)refuse(t, "too many or too few entries in a list");
        return 0;
    }
    return (uint32_t)count;
}

static day_t take_day(struct taking *t, const char *text, day_t without)
{
    day_t day = without;

    if (*text != '\0' && !day_parse(slice_of(text), &day)) {
        (void)refuse(t, "a day that is none");
    }
    return day;
}

/* A span without limits is left out: an empty one is not canonical. */
static struct span take_span(struct taking *t, const Allclear__V1__Span *message)
{
    struct span span = {DAY_MIN, DAY_MAX};

    if (message != NULL) {
        span.from = take_day(t, message->from, DAY_MIN);
        span.to = take_day(t, message->to, DAY_MAX);
        if (span.from == DAY_MIN && span.to == DAY_MAX) {
            (void)refuse(t, "an empty span is written out");
        }
    }
    return span;
}

static struct who take_who(struct taking *t, const char *text)
{
    if (strcmp(text, "$store") == 0) {
        return (struct who){.kind = WHO_STORE};
    }
    if (strcmp(text, "$issuer") == 0) {
        return (struct who){.kind = WHO_ISSUER};
    }
    if (strcmp(text, "$home") == 0) {
        return (struct who){.kind = WHO_HOME};
    }
    return (struct who){
        .kind = WHO_PARTICIPANT,
        .code = take_participant(t, text, "a funder that is no participant"),
    };
}

static struct funders take_funders(struct taking *t, Allclear__V1__Funder *const *list,
                                   size_t count)
{
    struct funders funders = {.count = take_count(t, count, 1, FUNDERS_MAX)};
    int64_t sum = 0;

    for (uint32_t i = 0; i < funders.count; i++) {
        funders.list[i].who = take_who(t, list[i]->who);
        funders.list[i].share = take_rate(t, list[i]->share);
        if (list[i]->share <= 0 || list[i]->share > MILLION) {
            (void)refuse(t, "a share out of its range");
            break;
        }
        sum += list[i]->share;
    }
    if (sum != MILLION) {
        (void)refuse(t, "shares that do not sum to 100 %");
    }
    return funders;
}

static void take_multiplier(struct taking *t, const Allclear__V1__Multiplier *message,
                            struct multiplier *multiplier)
{
    multiplier->id = take_code(t, message->id, "a multiplier without id");
    multiplier->times = take_rate(t, message->times);
    multiplier->funder = take_who(t, message->funder);
    multiplier->span = take_span(t, message->span);
    multiplier->weekdays = (uint8_t)take_int(t, message->weekdays, 0, 0x7f);
    multiplier->campaign = take_code_or_none(t, message->campaign, "a bad campaign");
    uint32_t count = take_count(t, message->n_stores, 0, STORES_MAX);
    if (count == 0) {
        return;
    }
    multiplier->store_count = count;
    multiplier->stores = memory_zeroed(count, sizeof *multiplier->stores);
    for (uint32_t i = 0; i < count; i++) {
        code_t code = take_code(t, message->stores[i], "a multiplier's bad store");
        if (registry_find_store(t->registry, code_slice(&code)).n == STORE_NONE.n) {
            (void)refuse(t, "a multiplier's unknown store");
        }
        multiplier->stores[i] = code;
    }
}

static void take_earning(struct taking *t, const Allclear__V1__Earning *message,
                         struct earning *earn)
{
    if (message == NULL) {
        return;
    }
    earn->given = true;
    earn->rate = take_rate(t, message->rate);
    earn->funder = take_who(t, message->funder);
    earn->multiplier_count = take_count(t, message->n_multipliers, 0, MULTIPLIERS_MAX);
    for (uint32_t i = 0; i < earn->multiplier_count; i++) {
        take_multiplier(t, message->multipliers[i], &earn->multipliers[i]);
    }
}

/* A kind has its models; one fund model needs a fund, the other allows none. */
static bool kind_fits(const struct product *product)
{
    switch (product->model) {
    case MODEL_F1:
    case MODEL_F1O:
    case MODEL_F2:
    case MODEL_F4:
        return product->kind == PRODUCT_STORED_VALUE || product->kind == PRODUCT_PACK;
    case MODEL_PF:
        return product->kind == PRODUCT_POINTS && product->fund.len != 0;
    case MODEL_PR:
        return product->kind == PRODUCT_POINTS && product->fund.len == 0;
    }
    return false;
}

/* A bearer and a limit, both or neither, and only of stored value. */
static void take_shortfall(struct taking *t, const Allclear__V1__Product *message,
                           struct product *product)
{
    product->shortfall = (shortfall_t)take_int(t, message->shortfall, 0, SHORTFALL_HQ);
    product->floor_limit = take_money(t, message->floor_limit_fen);
    if ((product->shortfall == SHORTFALL_NONE) != money_is_zero(product->floor_limit)) {
        (void)refuse(t, "a shortfall without its limit, or a limit without its bearer");
    }
    if (product->shortfall != SHORTFALL_NONE && product->kind != PRODUCT_STORED_VALUE) {
        (void)refuse(t, "a shortfall of what is no stored value");
    }
}

static void take_product(struct taking *t, const Allclear__V1__Product *message,
                         struct product *product)
{
    product->id = take_code(t, message->id, "a product without id");
    product->kind = (product_kind_t)message->kind;
    product->model = (model_t)message->model;
    product->span = take_span(t, message->span);
    product->principal_rate = take_rate(t, message->principal_rate);
    product->bonus_rate = take_rate(t, message->bonus_rate);
    product->fee = take_rate(t, message->fee);
    product->fee_payee = take_participant_or_none(t, message->fee_payee, "an unknown fee payee");
    product->fee_refundable = message->fee_refundable != 0;
    product->commission = take_rate(t, message->commission);
    product->unlinked_refund = message->unlinked_refund != 0;
    product->issue_price = take_price(t, message->issue_price);
    product->redeem_price = take_price(t, message->redeem_price);
    product->fund = take_participant_or_none(t, message->fund, "an unknown fund");
    product->beneficiary =
        take_participant_or_none(t, message->beneficiary, "an unknown beneficiary");
    product->valid_days = take_int(t, message->valid_days, 0, 36500);
    take_earning(t, message->earn, &product->earn);
    take_shortfall(t, message, product);
    product->hold_days = take_int(t, message->hold_days, 0, HOLD_DAYS_MAX);
    if (product->hold_days > 0 && product->kind != PRODUCT_STORED_VALUE) {
        (void)refuse(t, "a hold on what is no stored value");
    }
    if (!kind_fits(product)) {
        (void)refuse(t, "a product whose kind, model and fund do not fit");
    }
}

static void take_tier(struct taking *t, const Allclear__V1__Tier *message, struct tier *tier)
{
    tier->pay = take_money(t, message->pay_fen);
    tier->percent = message->percent != 0;
    tier->bonus_rate = take_rate(t, message->bonus_rate);
    tier->bonus = take_money(t, message->bonus_fen);
    tier->every = message->every != 0;
    if (tier->percent ? message->bonus_fen != 0 || tier->every : message->bonus_rate != 0) {
        (void)refuse(t, "a tier that is percent and money at once");
    }
}

static bool has_product(const struct terms *terms, const code_t *code)
{
    for (uint32_t i = 0; i < terms->product_count; i++) {
        if (slice_equal(code_slice(&terms->products[i].id), code_slice(code))) {
            return true;
        }
    }
    return false;
}

static void take_offer(struct taking *t, const struct terms *terms,
                       const Allclear__V1__Offer *message, struct offer *offer)
{
    offer->id = take_code(t, message->id, "an offer without id");
    offer->product = take_code(t, message->product, "an offer without product");
    offer->span = take_span(t, message->span);
    offer->funders = take_funders(t, message->funders, message->n_funders);
    offer->has_commission = message->has_commission != 0;
    offer->commission = take_rate(t, message->commission);
    offer->tier_count = take_count(t, message->n_tiers, 1, TIERS_MAX);
    for (uint32_t i = 0; i < offer->tier_count; i++) {
        take_tier(t, message->tiers[i], &offer->tiers[i]);
        if (i > 0 && money_compare(offer->tiers[i].pay, offer->tiers[i - 1].pay) <= 0) {
            (void)refuse(t, "tiers that do not rise");
        }
    }
    if (!has_product(terms, &offer->product)) {
        (void)refuse(t, "an offer of an unknown product");
    }
}

/* Refuse a second entry of an id. */
static void take_unique(struct taking *t, struct code_index *met, const code_t *id)
{
    uint32_t before = met->count;

    if (code_index_add(met, code_slice(id)) != before) {
        (void)refuse(t, "an id twice in a list");
    }
}

static void *array_of(uint32_t count, size_t size)
{
    return count == 0 ? NULL : memory_zeroed(count, size);
}

static void take_products(struct taking *t, const Allclear__V1__Terms *message, struct terms *terms)
{
    struct code_index met = {0};
    uint32_t count = take_count(t, message->n_products, 1, PRODUCTS_MAX);

    terms->products = array_of(count, sizeof *terms->products);
    terms->product_count = count;
    for (uint32_t i = 0; i < count; i++) {
        take_product(t, message->products[i], &terms->products[i]);
        take_unique(t, &met, &terms->products[i].id);
    }
    code_index_deinit(&met);
}

static void take_offers(struct taking *t, const Allclear__V1__Terms *message, struct terms *terms)
{
    struct code_index met = {0};
    uint32_t count = (uint32_t)message->n_offers;

    terms->offers = array_of(count, sizeof *terms->offers);
    terms->offer_count = count;
    for (uint32_t i = 0; i < count; i++) {
        take_offer(t, terms, message->offers[i], &terms->offers[i]);
        take_unique(t, &met, &terms->offers[i].id);
    }
    code_index_deinit(&met);
}

static void take_discounts(struct taking *t, const Allclear__V1__Terms *message,
                           struct terms *terms)
{
    struct code_index met = {0};
    uint32_t count = (uint32_t)message->n_discounts;

    terms->discounts = array_of(count, sizeof *terms->discounts);
    terms->discount_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const Allclear__V1__Discount *row = message->discounts[i];
        terms->discounts[i].id = take_code(t, row->id, "a discount without id");
        terms->discounts[i].span = take_span(t, row->span);
        terms->discounts[i].funders = take_funders(t, row->funders, row->n_funders);
        take_unique(t, &met, &terms->discounts[i].id);
    }
    code_index_deinit(&met);
}

static void take_campaigns(struct taking *t, const Allclear__V1__Terms *message,
                           struct terms *terms)
{
    struct code_index met = {0};
    uint32_t count = (uint32_t)message->n_campaigns;

    terms->campaigns = array_of(count, sizeof *terms->campaigns);
    terms->campaign_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const Allclear__V1__Campaign *row = message->campaigns[i];
        terms->campaigns[i].id = take_code(t, row->id, "a campaign without id");
        terms->campaigns[i].span = take_span(t, row->span);
        terms->campaigns[i].funder = take_who(t, row->funder);
        take_unique(t, &met, &terms->campaigns[i].id);
    }
    code_index_deinit(&met);
}

static void take_terms(struct taking *t, const Allclear__V1__Terms *message, struct terms *terms)
{
    slice_t name = slice_of(message->name);

    terms->version = message->version;
    terms->from = take_day(t, message->from, DAY_MIN);
    terms->alliance = take_code(t, message->alliance, "terms without an alliance");
    if (name.len > NAME_LEN_MAX || !policy_text_valid(name)) {
        (void)refuse(t, "a bad name");
    } else {
        memcpy(terms->name, name.text, name.len + 1);
    }
    terms->days.zone_min = take_int(t, message->zone_min, -ZONE_MIN_MAX, ZONE_MIN_MAX);
    terms->days.start_min = take_int(t, message->start_min, 0, 24 * 60 - 1);
    terms->max_late_days = take_int(t, message->max_late_days, 1, 366);
    terms->day_totals_required = message->day_totals_required != 0;
    terms->dispute_days = DISPUTE_DAYS;
    if (message->dispute_days != 0) {
        terms->dispute_days = take_int(t, (int64_t)message->dispute_days - 1, 0, 366);
    }
    if (registry_hq(t->registry).n == PARTICIPANT_NONE.n) {
        (void)refuse(t, "no participant is headquarters");
    }
    take_products(t, message, terms);
    take_offers(t, message, terms);
    take_discounts(t, message, terms);
    take_campaigns(t, message, terms);
}

bool terms_codec_decode(slice_t bytes, const struct registry *registry, struct terms *ret_terms,
                        struct decode_fault *ret_fault)
{
    struct taking taking = {.registry = registry};
    struct terms terms = {0};
    ProtobufCMessage *message = strict_unpack(&allclear__v1__terms__descriptor, bytes, ret_fault);

    if (message == NULL) {
        return false;
    }
    take_terms(&taking, (const Allclear__V1__Terms *)message, &terms);
    protobuf_c_message_free_unpacked(message, NULL);
    *ret_fault = (struct decode_fault){
        .error = taking.fault == NULL ? DECODE_OK : DECODE_VALUE,
        .detail = taking.fault,
    };
    if (taking.fault != NULL) {
        terms_deinit(&terms);
        return false;
    }
    *ret_terms = terms;
    return true;
}
