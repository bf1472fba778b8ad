/* Rules as labelled texts: what `diff` compares and says. Labels are the alliance file's keys. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "tools/hq/changes.h"

/* The next fact, empty. */
static char *fact(struct facts *facts, const char *label)
{
    CHECK(facts->count < FACTS_MAX);
    struct fact *next = &facts->list[facts->count++];
    next->label = label;
    next->text[0] = '\0';
    return next->text;
}

__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...)
{
    size_t len = strlen(text);
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text + len, FACT_TEXT_SIZE - len, format, args);
    va_end(args);
}

static void put_percent(struct facts *facts, const char *label, rate_t rate)
{
    char text[RATE_TEXT_SIZE];

    rate_format_percent(rate, text);
    add(fact(facts, label), "%s", text);
}

static void put_code(struct facts *facts, const char *label, const code_t *code)
{
    add(fact(facts, label), "%s", code->len == 0 ? "-" : code->text);
}

static void put_flag(struct facts *facts, const char *label, bool flag)
{
    add(fact(facts, label), "%s", flag ? "true" : "false");
}

static void put_day(char *text, day_t day, day_t without)
{
    char date[DAY_TEXT_SIZE];

    if (day == without) {
        add(text, "-");
        return;
    }
    day_format(day, date);
    add(text, "%s", date);
}

static void put_span(struct facts *facts, const struct span *span)
{
    put_day(fact(facts, "from"), span->from, DAY_MIN);
    put_day(fact(facts, "to"), span->to, DAY_MAX);
}

static const char *who_text(const struct who *who)
{
    switch (who->kind) {
    case WHO_PARTICIPANT:
        return who->code.text;
    case WHO_STORE:
        return "$store";
    case WHO_ISSUER:
        return "$issuer";
    case WHO_HOME:
        return "$home";
    }
    return "?";
}

static void put_funders(struct facts *facts, const struct funders *funders)
{
    char *text = fact(facts, "funders");

    for (uint32_t i = 0; i < funders->count; i++) {
        char share[RATE_TEXT_SIZE];
        rate_format_percent(funders->list[i].share, share);
        add(text, "%s%s %s", i == 0 ? "" : ", ", who_text(&funders->list[i].who), share);
    }
}

static void put_multiplier(char *text, const struct multiplier *multiplier)
{
    char times[RATE_TEXT_SIZE];

    rate_format_number(multiplier->times, times);
    add(text, "; %s x%s by %s ", multiplier->id.text, times, who_text(&multiplier->funder));
    put_day(text, multiplier->span.from, DAY_MIN);
    add(text, "..");
    put_day(text, multiplier->span.to, DAY_MAX);
    if (multiplier->weekdays != 0) {
        add(text, " days %02x", multiplier->weekdays);
    }
    for (uint32_t i = 0; i < multiplier->store_count; i++) {
        add(text, "%s%s", i == 0 ? " at " : ",", multiplier->stores[i].text);
    }
    if (multiplier->campaign.len > 0) {
        add(text, " campaign %s", multiplier->campaign.text);
    }
}

static void put_earning(struct facts *facts, const struct earning *earn)
{
    char *text = fact(facts, "earn");
    char rate[RATE_TEXT_SIZE];

    if (!earn->given) {
        add(text, "-");
        return;
    }
    rate_format_number(earn->rate, rate);
    add(text, "%s by %s", rate, who_text(&earn->funder));
    for (uint32_t i = 0; i < earn->multiplier_count; i++) {
        put_multiplier(text, &earn->multipliers[i]);
    }
}

static void put_price(struct facts *facts, const char *label, point_price_t price)
{
    char text[RATE_TEXT_SIZE];

    point_price_format(price, text);
    add(fact(facts, label), "%s", text);
}

static void put_shortfall(struct facts *facts, const struct product *product)
{
    static const char *const names[] = {"none", "store", "issuer", "hq"};
    char limit[MONEY_TEXT_SIZE];

    add(fact(facts, "shortfall"), "%s", names[product->shortfall]);
    money_format_yuan(product->floor_limit, limit);
    add(fact(facts, "floor_limit"), "%s", limit);
}

void facts_of_product(const struct product *product, struct facts *ret_facts)
{
    ret_facts->count = 0;
    add(fact(ret_facts, "model"), "%s", model_name(product->model));
    put_span(ret_facts, &product->span);
    put_percent(ret_facts, product->kind == PRODUCT_PACK ? "rate" : "principal_rate",
                product->principal_rate);
    put_percent(ret_facts, "bonus_rate", product->bonus_rate);
    put_percent(ret_facts, "fee", product->fee);
    put_code(ret_facts, "fee_payee", &product->fee_payee);
    put_flag(ret_facts, "fee_refundable", product->fee_refundable);
    put_percent(ret_facts, "commission", product->commission);
    put_flag(ret_facts, "unlinked_refund", product->unlinked_refund);
    put_shortfall(ret_facts, product);
    add(fact(ret_facts, "hold_days"), "%" PRId32, product->hold_days);
    put_price(ret_facts, "issue_price", product->issue_price);
    put_price(ret_facts, "redeem_price", product->redeem_price);
    put_code(ret_facts, "fund", &product->fund);
    put_code(ret_facts, "beneficiary", &product->beneficiary);
    add(fact(ret_facts, "valid_days"), "%" PRId32, product->valid_days);
    put_earning(ret_facts, &product->earn);
}

static void put_tiers(struct facts *facts, const struct offer *offer)
{
    char *text = fact(facts, "tiers");

    for (uint32_t i = 0; i < offer->tier_count; i++) {
        const struct tier *tier = &offer->tiers[i];
        char pay[MONEY_TEXT_SIZE];
        char bonus[MONEY_TEXT_SIZE];
        money_format_yuan(tier->pay, pay);
        if (tier->percent) {
            rate_format_percent(tier->bonus_rate, bonus);
        } else {
            money_format_yuan(tier->bonus, bonus);
        }
        add(text, "%spay %s get %s%s", i == 0 ? "" : ", ", pay, bonus, tier->every ? " each" : "");
    }
}

void facts_of_offer(const struct offer *offer, struct facts *ret_facts)
{
    ret_facts->count = 0;
    put_code(ret_facts, "product", &offer->product);
    put_span(ret_facts, &offer->span);
    if (offer->has_commission) {
        put_percent(ret_facts, "commission", offer->commission);
    } else {
        add(fact(ret_facts, "commission"), "-");
    }
    put_funders(ret_facts, &offer->funders);
    put_tiers(ret_facts, offer);
}

void facts_of_discount(const struct discount *discount, struct facts *ret_facts)
{
    ret_facts->count = 0;
    put_span(ret_facts, &discount->span);
    put_funders(ret_facts, &discount->funders);
}

void facts_of_campaign(const struct campaign *campaign, struct facts *ret_facts)
{
    ret_facts->count = 0;
    put_span(ret_facts, &campaign->span);
    add(fact(ret_facts, "funder"), "%s", who_text(&campaign->funder));
}

void facts_of_terms(const struct terms *terms, struct facts *ret_facts)
{
    ret_facts->count = 0;
    put_code(ret_facts, "id", &terms->alliance);
    add(fact(ret_facts, "name"), "%s", terms->name);
    add(fact(ret_facts, "zone"), "%" PRId32, terms->days.zone_min);
    add(fact(ret_facts, "day_start"), "%" PRId32, terms->days.start_min);
    add(fact(ret_facts, "max_late_days"), "%" PRId32, terms->max_late_days);
    add(fact(ret_facts, "day_totals"), "%s",
        terms->day_totals_required ? "required" : "optional");
    add(fact(ret_facts, "dispute_days"), "%" PRId32, terms->dispute_days);
}
