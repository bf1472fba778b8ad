/* Events that give a member something: enrolment, top-up, pack sale, points grant. */
#include "clearing/apply/ruling.h"

outcome_t enrol_check(struct ruling *ruling)
{
    (void)ruling;
    return OUTCOME_NONE;
}

void enrol_do(struct ruling *ruling)
{
    ruling_begin_member(ruling); /* a second enrolment changes nothing (rule 50) */
}

/* The tenders of a top-up or pack sale: good amounts. */
static outcome_t tenders_check_amounts(const struct event *event)
{
    for (uint32_t i = 0; i < event->pay_count; i++) {
        REFUSE_IF(!amount_good(event->pay[i].amount_fen), BAD_AMOUNT);
    }
    return OUTCOME_NONE;
}

/* Tenders, where they are listed, sum to the price (rule 46). */
static outcome_t tenders_check_sum(const struct event *event, int64_t price)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < event->pay_count; i++) {
        sum += event->pay[i].amount_fen;
    }
    REFUSE_IF(event->pay_count > 0 && sum != price, UNBALANCED);
    return OUTCOME_NONE;
}

static const struct product *named_product(const struct ruling *ruling, product_kind_t kind)
{
    return terms_find_product(
        ruling->terms, &ruling->state->registry, ruling->event->product, kind);
}

static const struct offer *named_offer(const struct ruling *ruling)
{
    return ruling->event->offer.len == 0 ? NULL
                                         : terms_find_offer(ruling->terms, ruling->event->offer);
}

/* Is this the bonus that an offer gives on a principal (rule 13)? */
static bool offer_gives(const struct offer *offer, int64_t principal_fen, int64_t bonus_fen)
{
    const struct tier *tier = NULL;

    for (uint32_t i = 0; i < offer->tier_count; i++) {
        if (money_fen(offer->tiers[i].pay) <= principal_fen) {
            tier = &offer->tiers[i];
        }
    }
    if (tier == NULL) {
        return bonus_fen == 0;
    }
    if (tier->percent) {
        return money_fen(rate_floor(money(principal_fen), tier->bonus_rate)) == bonus_fen;
    }
    int64_t times = tier->every ? principal_fen / money_fen(tier->pay) : 1;
    return (uint128_t)(uint64_t)money_fen(tier->bonus) * (uint64_t)times == (uint64_t)bonus_fen;
}

outcome_t topup_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;

    REFUSE_IF(!amount_good(event->amount_fen) || event->bonus_fen < 0 ||
                  event->bonus_fen > AMOUNT_MAX,
              BAD_AMOUNT);
    REFUSE_UNLESS_NONE(tenders_check_amounts(event));
    REFUSE_UNLESS_NONE(earn_check_amounts(ruling));

    const struct product *product = named_product(ruling, PRODUCT_STORED_VALUE);
    const struct offer *offer = named_offer(ruling);
    REFUSE_IF(product == NULL, UNKNOWN_PRODUCT);
    REFUSE_UNLESS_NONE(earn_check_products(ruling));
    REFUSE_IF(event->offer.len > 0 &&
                  (offer == NULL || !slice_equal(code_slice(&offer->product), event->product)),
              UNKNOWN_OFFER);
    REFUSE_UNLESS_NONE(earn_check_campaigns(ruling));

    REFUSE_IF(!span_has(&product->span, ruling->occurred), NOT_IN_FORCE);
    REFUSE_IF(offer != NULL && !span_has(&offer->span, ruling->occurred), NOT_IN_FORCE);
    REFUSE_UNLESS_NONE(earn_check_in_force(ruling));

    REFUSE_UNLESS_NONE(tenders_check_sum(event, event->amount_fen));
    REFUSE_UNLESS_NONE(earn_check_figures(ruling, event->amount_fen));
    bool right = offer == NULL ? event->bonus_fen == 0
                               : offer_gives(offer, event->amount_fen, event->bonus_fen);
    REFUSE_IF(!right, BONUS_MISMATCH);
    return OUTCOME_NONE;
}

/* The lot of a top-up or pack sale and its effect: principal, and commission on what is passed
 * on. */
static void sell_lot(struct ruling *ruling, const struct lot_class *class, int64_t units,
                     money_t principal)
{
    bool passed_on = class->model == MODEL_F1;
    struct lot lot = {
        .id = ruling_next_lot(ruling),
        .units = units,
        .principal = principal,
        .class = lots_class(&ruling->state->members.lots, class),
        .valid_to = DAY_MAX,
    };
    struct effect effect = {
        .kind = EFFECT_LOT,
        .sign = 1,
        .lot = lot.id,
        .class = lot.class,
        .product = class->product,
        .units = units,
        .principal = principal,
        .bonus = class->kind == PRODUCT_PACK ? money(0) : money_sub(money(units), principal),
        .money = passed_on ? rate_half_up(principal, class->commission) : money(0),
        .valid_to = DAY_MAX,
    };

    ruling_make_lot(ruling, &lot, NULL, ruling->event->pack);
    effects_add(ruling->effects, &effect, NULL, 0);
}

void topup_do(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct product *product = named_product(ruling, PRODUCT_STORED_VALUE);
    const struct offer *offer = named_offer(ruling);
    struct lot_class class = ruling_class(ruling, product);
    struct payers payers = {0};

    class.commission = product->commission;
    if (offer != NULL) {
        if (offer->has_commission) {
            class.commission = offer->commission;
        }
        class.bonus_rate = product->bonus_rate;
        ruling_payers(ruling, &offer->funders, &payers);
    }
    if (event->bonus_fen > 0) {
        for (uint32_t i = 0; i < payers.count; i++) {
            class.debtors[class.debtor_count] = payers.list[i];
            class.shares[class.debtor_count++] = payers.shares[i];
        }
    }
    ruling_begin_member(ruling);
    sell_lot(ruling, &class, event->amount_fen + event->bonus_fen, money(event->amount_fen));
    earn_do(ruling, event->amount_fen);
}

outcome_t pack_sale_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;

    REFUSE_IF(!amount_good(event->amount_fen) || !amount_good(event->units), BAD_AMOUNT);
    REFUSE_UNLESS_NONE(tenders_check_amounts(event));
    const struct product *product = named_product(ruling, PRODUCT_PACK);
    REFUSE_IF(product == NULL, UNKNOWN_PRODUCT);
    REFUSE_IF(!span_has(&product->span, ruling->occurred), NOT_IN_FORCE);
    REFUSE_UNLESS_NONE(tenders_check_sum(event, event->amount_fen));
    REFUSE_IF(members_find_pack(&ruling->state->members, event->pack) != NULL, PACK_EXISTS);
    return OUTCOME_NONE;
}

void pack_sale_do(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct product *product = named_product(ruling, PRODUCT_PACK);
    struct lot_class class = ruling_class(ruling, product);

    class.commission = product->commission;
    uint64_t member = ruling_begin_member(ruling)->id;
    members_add_pack(&ruling->state->members, event->pack, member, class.product);
    sell_lot(ruling, &class, event->units, money(event->amount_fen));
}

outcome_t points_grant_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct campaign *campaign = NULL;

    REFUSE_IF(!amount_good(event->units), BAD_AMOUNT);
    const struct product *product = named_product(ruling, PRODUCT_POINTS);
    REFUSE_IF(product == NULL, UNKNOWN_PRODUCT);
    REFUSE_IF(!points_payable(product, event->units), BAD_AMOUNT);
    if (event->campaign.len > 0) {
        campaign = terms_find_campaign(ruling->terms, event->campaign);
        REFUSE_IF(campaign == NULL, UNKNOWN_CAMPAIGN);
    }
    REFUSE_IF(!span_has(&product->span, ruling->occurred), NOT_IN_FORCE);
    REFUSE_IF(campaign != NULL && !span_has(&campaign->span, ruling->occurred), NOT_IN_FORCE);
    return OUTCOME_NONE;
}

void points_grant_do(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct product *product = named_product(ruling, PRODUCT_POINTS);
    participant_t payer = ruling->here.owner;

    if (event->campaign.len > 0) {
        payer = ruling_who(ruling, &terms_find_campaign(ruling->terms, event->campaign)->funder);
    }
    ruling_begin_member(ruling);
    ruling_grant(ruling,
                 product,
                 payer,
                 event->units,
                 points_value_half_up(event->units, product->issue_price));
}
