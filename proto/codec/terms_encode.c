/* The writing side of terms_codec.h. */
#include "proto/codec/terms_codec.h"

#include <stdlib.h>
#include <string.h>

#include "allclear/v1/terms.pb-c.h"
#include "clearing/base/memory.h"
#include "proto/codec/binary.h"

/* What protobuf-c's messages point to while they are being built; all freed at once. */
struct pool {
    void **blocks;
    uint32_t count;
    uint32_t capacity;
    bool bad; /* a day that has no text */
};

static void *pool_take(struct pool *pool, size_t count, size_t size)
{
    MEMORY_GROW(pool->blocks, pool->count, pool->capacity);
    pool->blocks[pool->count] = memory_zeroed(count == 0 ? 1 : count, size);
    return pool->blocks[pool->count++];
}

static void pool_free(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        free(pool->blocks[i]);
    }
    free(pool->blocks);
}

static void put_text(struct pool *pool, char **field, slice_t text)
{
    if (text.len != 0) {
        *field = pool_take(pool, text.len + 1, 1);
        memcpy(*field, text.text, text.len);
    }
}

static void put_code(struct pool *pool, char **field, const code_t *code)
{
    put_text(pool, field, code_slice(code));
}

static void put_day(struct pool *pool, char **field, day_t day, day_t without)
{
    static const day_t last = 2932896; /* 9999-12-31 */

    if (day == without) {
        return;
    }
    if (day < 0 || day > last) {
        pool->bad = true;
        return;
    }
    *field = pool_take(pool, DAY_TEXT_SIZE, 1);
    day_format(day, *field);
}

static Allclear__V1__Span *put_span(struct pool *pool, const struct span *span)
{
    if (span->from == DAY_MIN && span->to == DAY_MAX) {
        return NULL;
    }
    Allclear__V1__Span *message = pool_take(pool, 1, sizeof *message);
    allclear__v1__span__init(message);
    put_day(pool, &message->from, span->from, DAY_MIN);
    put_day(pool, &message->to, span->to, DAY_MAX);
    return message;
}

static void put_who(struct pool *pool, char **field, const struct who *who)
{
    switch (who->kind) {
    case WHO_PARTICIPANT:
        put_code(pool, field, &who->code);
        break;
    case WHO_STORE:
        put_text(pool, field, slice_of("$store"));
        break;
    case WHO_ISSUER:
        put_text(pool, field, slice_of("$issuer"));
        break;
    case WHO_HOME:
        put_text(pool, field, slice_of("$home"));
        break;
    }
}

static Allclear__V1__Funder **put_funders(struct pool *pool, const struct funders *funders,
                                          size_t *ret_count)
{
    Allclear__V1__Funder **list = pool_take(pool, funders->count, sizeof *list);

    for (uint32_t i = 0; i < funders->count; i++) {
        list[i] = pool_take(pool, 1, sizeof **list);
        allclear__v1__funder__init(list[i]);
        put_who(pool, &list[i]->who, &funders->list[i].who);
        list[i]->share = funders->list[i].share.millionths;
    }
    *ret_count = funders->count;
    return list;
}

static Allclear__V1__Multiplier *put_multiplier(struct pool *pool,
                                                const struct multiplier *multiplier)
{
    Allclear__V1__Multiplier *message = pool_take(pool, 1, sizeof *message);

    allclear__v1__multiplier__init(message);
    put_code(pool, &message->id, &multiplier->id);
    message->times = multiplier->times.millionths;
    put_who(pool, &message->funder, &multiplier->funder);
    message->span = put_span(pool, &multiplier->span);
    message->weekdays = multiplier->weekdays;
    message->n_stores = multiplier->store_count;
    message->stores = pool_take(pool, multiplier->store_count, sizeof *message->stores);
    for (uint32_t i = 0; i < multiplier->store_count; i++) {
        put_code(pool, &message->stores[i], &multiplier->stores[i]);
    }
    put_code(pool, &message->campaign, &multiplier->campaign);
    return message;
}

static Allclear__V1__Earning *put_earning(struct pool *pool, const struct earning *earn)
{
    if (!earn->given) {
        return NULL;
    }
    Allclear__V1__Earning *message = pool_take(pool, 1, sizeof *message);
    allclear__v1__earning__init(message);
    message->rate = earn->rate.millionths;
    put_who(pool, &message->funder, &earn->funder);
    message->n_multipliers = earn->multiplier_count;
    message->multipliers = pool_take(pool, earn->multiplier_count, sizeof *message->multipliers);
    for (uint32_t i = 0; i < earn->multiplier_count; i++) {
        message->multipliers[i] = put_multiplier(pool, &earn->multipliers[i]);
    }
    return message;
}

static Allclear__V1__Product *put_product(struct pool *pool, const struct product *product)
{
    Allclear__V1__Product *message = pool_take(pool, 1, sizeof *message);

    allclear__v1__product__init(message);
    put_code(pool, &message->id, &product->id);
    message->kind = (Allclear__V1__ProductKind)product->kind;
    message->model = (Allclear__V1__Model)product->model;
    message->span = put_span(pool, &product->span);
    message->principal_rate = product->principal_rate.millionths;
    message->bonus_rate = product->bonus_rate.millionths;
    message->fee = product->fee.millionths;
    put_code(pool, &message->fee_payee, &product->fee_payee);
    message->fee_refundable = product->fee_refundable;
    message->commission = product->commission.millionths;
    message->unlinked_refund = product->unlinked_refund;
    message->issue_price = product->issue_price.thousandths;
    message->redeem_price = product->redeem_price.thousandths;
    put_code(pool, &message->fund, &product->fund);
    put_code(pool, &message->beneficiary, &product->beneficiary);
    message->valid_days = product->valid_days;
    message->earn = put_earning(pool, &product->earn);
    message->shortfall = (Allclear__V1__Shortfall)product->shortfall;
    message->floor_limit_fen = money_fen(product->floor_limit);
    message->hold_days = product->hold_days;
    return message;
}

static Allclear__V1__Tier *put_tier(struct pool *pool, const struct tier *tier)
{
    Allclear__V1__Tier *message = pool_take(pool, 1, sizeof *message);

    allclear__v1__tier__init(message);
    message->pay_fen = money_fen(tier->pay);
    message->percent = tier->percent;
    message->bonus_rate = tier->bonus_rate.millionths;
    message->bonus_fen = money_fen(tier->bonus);
    message->every = tier->every;
    return message;
}

static Allclear__V1__Offer *put_offer(struct pool *pool, const struct offer *offer)
{
    Allclear__V1__Offer *message = pool_take(pool, 1, sizeof *message);

    allclear__v1__offer__init(message);
    put_code(pool, &message->id, &offer->id);
    put_code(pool, &message->product, &offer->product);
    message->span = put_span(pool, &offer->span);
    message->funders = put_funders(pool, &offer->funders, &message->n_funders);
    message->has_commission = offer->has_commission;
    message->commission = offer->commission.millionths;
    message->n_tiers = offer->tier_count;
    message->tiers = pool_take(pool, offer->tier_count, sizeof *message->tiers);
    for (uint32_t i = 0; i < offer->tier_count; i++) {
        message->tiers[i] = put_tier(pool, &offer->tiers[i]);
    }
    return message;
}

static Allclear__V1__Discount *put_discount(struct pool *pool, const struct discount *discount)
{
    Allclear__V1__Discount *message = pool_take(pool, 1, sizeof *message);

    allclear__v1__discount__init(message);
    put_code(pool, &message->id, &discount->id);
    message->span = put_span(pool, &discount->span);
    message->funders = put_funders(pool, &discount->funders, &message->n_funders);
    return message;
}

static Allclear__V1__Campaign *put_campaign(struct pool *pool, const struct campaign *campaign)
{
    Allclear__V1__Campaign *message = pool_take(pool, 1, sizeof *message);

    allclear__v1__campaign__init(message);
    put_code(pool, &message->id, &campaign->id);
    message->span = put_span(pool, &campaign->span);
    put_who(pool, &message->funder, &campaign->funder);
    return message;
}

static void put_lists(struct pool *pool, const struct terms *terms, Allclear__V1__Terms *message)
{
    message->n_products = terms->product_count;
    message->products = pool_take(pool, terms->product_count, sizeof *message->products);
    for (uint32_t i = 0; i < terms->product_count; i++) {
        message->products[i] = put_product(pool, &terms->products[i]);
    }
    message->n_offers = terms->offer_count;
    message->offers = pool_take(pool, terms->offer_count, sizeof *message->offers);
    for (uint32_t i = 0; i < terms->offer_count; i++) {
        message->offers[i] = put_offer(pool, &terms->offers[i]);
    }
    message->n_discounts = terms->discount_count;
    message->discounts = pool_take(pool, terms->discount_count, sizeof *message->discounts);
    for (uint32_t i = 0; i < terms->discount_count; i++) {
        message->discounts[i] = put_discount(pool, &terms->discounts[i]);
    }
    message->n_campaigns = terms->campaign_count;
    message->campaigns = pool_take(pool, terms->campaign_count, sizeof *message->campaigns);
    for (uint32_t i = 0; i < terms->campaign_count; i++) {
        message->campaigns[i] = put_campaign(pool, &terms->campaigns[i]);
    }
}

size_t terms_codec_encode(const struct terms *terms, uint8_t *out, size_t cap)
{
    struct pool pool = {0};
    Allclear__V1__Terms message;

    allclear__v1__terms__init(&message);
    message.version = terms->version;
    put_day(&pool, &message.from, terms->from, DAY_MIN);
    put_code(&pool, &message.alliance, &terms->alliance);
    put_text(&pool, &message.name, slice_of(terms->name));
    message.zone_min = terms->days.zone_min;
    message.start_min = terms->days.start_min;
    message.max_late_days = terms->max_late_days;
    message.day_totals_required = terms->day_totals_required;
    message.dispute_days =
        terms->dispute_days == DISPUTE_DAYS ? 0 : (uint32_t)terms->dispute_days + 1;
    put_lists(&pool, terms, &message);
    size_t len = pool.bad ? 0 : binary_pack(&message.base, out, cap);
    pool_free(&pool);
    return len;
}
