/* Earning: what a sale or a top-up must say that it earned (rule 18). */
#include "clearing/apply/ruling.h"

#define LIMBS 10

/* A natural number of 320 bits: the product of a base, a rate and four multipliers needs 176. */
struct wide {
    uint32_t limbs[LIMBS]; /* least significant first */
    int count;             /* those from here on are zero */
};

static void wide_multiply(struct wide *wide, uint64_t factor)
{
    uint128_t carry = 0;

    for (int i = 0; i < wide->count || carry != 0; i++) {
        CHECK(i < LIMBS);
        carry += (uint128_t)wide->limbs[i] * factor;
        wide->limbs[i] = (uint32_t)carry;
        carry >>= 32;
        wide->count = i < wide->count ? wide->count : i + 1;
    }
}

static void wide_divide(struct wide *wide, uint32_t divisor)
{
    uint64_t rest = 0;

    for (int i = wide->count - 1; i >= 0; i--) {
        rest = rest << 32 | wide->limbs[i];
        wide->limbs[i] = (uint32_t)(rest / divisor);
        rest %= divisor;
    }
}

/* The value, or INT64_MAX when it is larger: no event can write that many points. */
static int64_t wide_value(const struct wide *wide)
{
    for (int i = 2; i < wide->count; i++) {
        if (wide->limbs[i] != 0) {
            return INT64_MAX;
        }
    }
    uint64_t value = (uint64_t)wide->limbs[1] << 32 | wide->limbs[0];
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static bool multiplier_applies(const struct ruling *ruling, const struct multiplier *multiplier,
                               slice_t campaign)
{
    bool at_store = multiplier->store_count == 0;

    if (!span_has(&multiplier->span, ruling->occurred)) {
        return false;
    }
    if (multiplier->weekdays != 0 &&
        (multiplier->weekdays >> day_weekday(ruling->occurred) & 1) == 0) {
        return false;
    }
    for (uint32_t i = 0; i < multiplier->store_count && !at_store; i++) {
        at_store = multiplier->store_numbers[i].n == ruling->here.store.n;
    }
    return at_store && (multiplier->campaign.len == 0 ||
                        slice_equal(code_slice(&multiplier->campaign), campaign));
}

/* The points of each lot of an entry: the base's and each increase's, with who pays it. */
struct figures {
    uint32_t count;
    int64_t points[1 + MULTIPLIERS_MAX];
    participant_t payers[1 + MULTIPLIERS_MAX];
    int64_t total;
};

/* floor(base * rate * times...) after each multiplier. Dividing step by step is exact: the floor of
 * a floor by integers is the floor by their product. */
static struct figures figures_of(const struct ruling *ruling, const struct product *product,
                                 slice_t campaign, int64_t base_fen)
{
    const struct earning *earn = &product->earn;
    struct figures figures = {0};
    struct wide exact = {{1}, 1};
    uint32_t factors = 0; /* of a million in the denominator, beside the 100 fen of a yuan */

    if (!earn->given) {
        return figures;
    }
    wide_multiply(&exact, (uint64_t)base_fen);
    wide_multiply(&exact, (uint64_t)earn->rate.millionths);
    factors = 1;
    for (uint32_t i = 0; i <= earn->multiplier_count; i++) {
        const struct who *who = &earn->funder;
        if (i > 0) {
            const struct multiplier *multiplier = &earn->multipliers[i - 1];
            if (!multiplier_applies(ruling, multiplier, campaign)) {
                continue;
            }
            wide_multiply(&exact, (uint64_t)multiplier->times.millionths);
            factors++;
            who = &multiplier->funder;
        }
        struct wide floored = exact;
        wide_divide(&floored, 100);
        for (uint32_t f = 0; f < factors; f++) {
            wide_divide(&floored, MILLION);
        }
        int64_t total = wide_value(&floored);
        figures.points[figures.count] = total - figures.total;
        figures.payers[figures.count++] = ruling_who(ruling, who);
        figures.total = total;
    }
    return figures;
}

static const struct product *entry_product(const struct ruling *ruling,
                                           const struct earn_entry *entry)
{
    return terms_find_product(
        ruling->terms, &ruling->state->registry, entry->product, PRODUCT_POINTS);
}

bool points_payable(const struct product *product, int64_t points)
{
    int64_t price = product->issue_price.thousandths > product->redeem_price.thousandths
                        ? product->issue_price.thousandths
                        : product->redeem_price.thousandths;

    return (uint128_t)(uint64_t)points * (uint64_t)price <= (uint128_t)AMOUNT_MAX * 1000;
}

outcome_t earn_check_amounts(const struct ruling *ruling)
{
    for (uint32_t i = 0; i < ruling->event->earn_count; i++) {
        REFUSE_IF(!amount_good(ruling->event->earn[i].points), BAD_AMOUNT);
    }
    return OUTCOME_NONE;
}

outcome_t earn_check_products(const struct ruling *ruling)
{
    for (uint32_t i = 0; i < ruling->event->earn_count; i++) {
        REFUSE_IF(entry_product(ruling, &ruling->event->earn[i]) == NULL, UNKNOWN_PRODUCT);
    }
    return OUTCOME_NONE;
}

outcome_t earn_check_campaigns(const struct ruling *ruling)
{
    for (uint32_t i = 0; i < ruling->event->earn_count; i++) {
        slice_t campaign = ruling->event->earn[i].campaign;
        REFUSE_IF(campaign.len > 0 && terms_find_campaign(ruling->terms, campaign) == NULL,
                  UNKNOWN_CAMPAIGN);
    }
    return OUTCOME_NONE;
}

outcome_t earn_check_in_force(const struct ruling *ruling)
{
    for (uint32_t i = 0; i < ruling->event->earn_count; i++) {
        const struct earn_entry *entry = &ruling->event->earn[i];
        REFUSE_IF(!span_has(&entry_product(ruling, entry)->span, ruling->occurred), NOT_IN_FORCE);
        if (entry->campaign.len > 0) {
            const struct campaign *campaign = terms_find_campaign(ruling->terms, entry->campaign);
            REFUSE_IF(!span_has(&campaign->span, ruling->occurred), NOT_IN_FORCE);
        }
    }
    return OUTCOME_NONE;
}

outcome_t earn_check_figures(const struct ruling *ruling, int64_t base_fen)
{
    const struct event *event = ruling->event;

    REFUSE_IF(event->earn_count > 0 && event->member == 0, EARN_MISMATCH);
    for (uint32_t i = 0; i < event->earn_count; i++) {
        const struct earn_entry *entry = &event->earn[i];
        for (uint32_t j = 0; j < i; j++) {
            REFUSE_IF(slice_equal(event->earn[j].product, entry->product), EARN_MISMATCH);
        }
        const struct product *product = entry_product(ruling, entry);
        struct figures figures = figures_of(ruling, product, entry->campaign, base_fen);
        REFUSE_IF(figures.total != entry->points, EARN_MISMATCH);
        REFUSE_IF(!points_payable(product, entry->points), BAD_AMOUNT);
    }
    return OUTCOME_NONE;
}

/* What the k-th lot's payer owes for it: a payer pays one half-up amount an entry for all its lots
 * (rule 5), telescoped over them. */
static money_t issue_part(const struct product *product, const struct figures *figures, uint32_t k)
{
    int64_t before = 0;
    int64_t all = 0;

    for (uint32_t i = 0; i < figures->count; i++) {
        if (figures->payers[i].n == figures->payers[k].n) {
            all += figures->points[i];
            before += i < k ? figures->points[i] : 0;
        }
    }
    money_t whole = points_value_half_up(all, product->issue_price);
    return money_sub(money_telescope(whole, before + figures->points[k], all),
                     money_telescope(whole, before, all));
}

void earn_do(struct ruling *ruling, int64_t base_fen)
{
    for (uint32_t i = 0; i < ruling->event->earn_count; i++) {
        const struct earn_entry *entry = &ruling->event->earn[i];
        const struct product *product = entry_product(ruling, entry);
        struct figures figures = figures_of(ruling, product, entry->campaign, base_fen);
        ruling_begin_member(ruling);
        for (uint32_t k = 0; k < figures.count; k++) {
            money_t issue = issue_part(product, &figures, k);
            ruling_grant(ruling, product, figures.payers[k], figures.points[k], issue);
        }
    }
}
