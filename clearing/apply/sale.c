/* A sale: any mix of means, atomic (rules 11, 15 to 18). */
#include "clearing/apply/ruling.h"

static outcome_t sale_check_amounts(const struct ruling *ruling)
{
    const struct event *event = ruling->event;

    REFUSE_IF(event->amount_fen < 0 || event->amount_fen > AMOUNT_MAX, BAD_AMOUNT);
    for (uint32_t i = 0; i < event->discount_count; i++) {
        REFUSE_IF(!amount_good(event->discounts[i].amount_fen), BAD_AMOUNT);
    }
    for (uint32_t i = 0; i < event->pay_count; i++) {
        const struct pay_line *line = &event->pay[i];
        bool by_units = line->with == MEANS_POINTS || line->with == MEANS_PACK;
        REFUSE_IF(by_units && !amount_good(line->units), BAD_AMOUNT);
        REFUSE_IF(line->with != MEANS_PACK && !amount_good(line->amount_fen), BAD_AMOUNT);
    }
    for (uint32_t i = 0; i < event->category_count; i++) {
        REFUSE_IF(!amount_good(event->categories[i].amount_fen), BAD_AMOUNT);
    }
    return earn_check_amounts(ruling);
}

static outcome_t sale_check_products(const struct ruling *ruling)
{
    const struct event *event = ruling->event;

    for (uint32_t i = 0; i < event->pay_count; i++) {
        const struct pay_line *line = &event->pay[i];
        if (line->with == MEANS_STORED_VALUE || line->with == MEANS_POINTS) {
            product_kind_t kind =
                line->with == MEANS_POINTS ? PRODUCT_POINTS : PRODUCT_STORED_VALUE;
            REFUSE_IF(terms_find_product(ruling->terms,
                                         &ruling->state->registry,
                                         line->product,
                                         kind) == NULL,
                      UNKNOWN_PRODUCT);
        }
    }
    return earn_check_products(ruling);
}

/* Rule 34: is the member needed here, and not one yet? */
static bool member_unknown(const struct ruling *ruling)
{
    const struct event *event = ruling->event;

    if (event->member == 0 || ruling->member != NULL) {
        return false;
    }
    if (event->earn_count == 0) {
        return true;
    }
    for (uint32_t i = 0; i < event->pay_count; i++) {
        if (!means_is_tender(event->pay[i].with)) {
            return true;
        }
    }
    return false;
}

static outcome_t sale_check_known(const struct ruling *ruling)
{
    const struct event *event = ruling->event;

    for (uint32_t i = 0; i < event->discount_count; i++) {
        REFUSE_IF(terms_find_discount(ruling->terms, event->discounts[i].rule) == NULL,
                  UNKNOWN_RULE);
    }
    REFUSE_UNLESS_NONE(earn_check_campaigns(ruling));
    REFUSE_IF(member_unknown(ruling), UNKNOWN_MEMBER);
    REFUSE_UNLESS_NONE(capture_check_known(ruling));
    for (uint32_t i = 0; i < event->pay_count; i++) {
        if (event->pay[i].with == MEANS_PACK) {
            const struct pack *pack =
                members_find_pack(&ruling->state->members, event->pay[i].pack);
            REFUSE_IF(pack == NULL || pack->member != ruling->member->id, UNKNOWN_PACK);
        }
    }
    for (uint32_t i = 0; i < event->discount_count; i++) {
        const struct discount *rule =
            terms_find_discount(ruling->terms, event->discounts[i].rule);
        REFUSE_IF(!span_has(&rule->span, ruling->occurred), NOT_IN_FORCE);
    }
    return earn_check_in_force(ruling);
}

static bool same_source(const struct pay_line *a, const struct pay_line *b)
{
    if (means_is_tender(a->with) || means_is_tender(b->with)) {
        return false;
    }
    if (a->with == MEANS_PACK || b->with == MEANS_PACK) {
        return a->with == b->with && slice_equal(a->pack, b->pack);
    }
    return slice_equal(a->product, b->product);
}

/* Tenders and stored value, bonus included (rule 18). */
static int64_t earning_base(const struct event *event)
{
    int64_t base = 0;

    for (uint32_t i = 0; i < event->pay_count; i++) {
        if (means_is_tender(event->pay[i].with) || event->pay[i].with == MEANS_STORED_VALUE) {
            base += event->pay[i].amount_fen;
        }
    }
    return base;
}

static outcome_t sale_check_balance(const struct ruling *ruling)
{
    const struct event *event = ruling->event;
    int64_t sum = 0;

    for (uint32_t i = 0; i < event->discount_count; i++) {
        sum += event->discounts[i].amount_fen;
    }
    for (uint32_t i = 0; i < event->pay_count; i++) {
        sum += event->pay[i].with == MEANS_PACK ? 0 : event->pay[i].amount_fen;
        for (uint32_t j = 0; j < i; j++) {
            REFUSE_IF(same_source(&event->pay[i], &event->pay[j]), UNBALANCED);
        }
    }
    REFUSE_IF(sum != event->amount_fen, UNBALANCED);
    return earn_check_figures(ruling, earning_base(event));
}

/* What a pay line draws on. */
struct source {
    uint32_t *head; /* of the list of lots; NULL: nothing can be there */
    product_t product;
    int64_t wanted;
};

static struct source source_of(const struct ruling *ruling, const struct pay_line *line)
{
    struct source source = {NULL, PRODUCT_NONE, 0};

    if (line->with == MEANS_PACK) {
        struct pack *pack = members_find_pack(&ruling->state->members, line->pack);
        source = (struct source){&pack->lots, pack->product, line->units};
    } else if (!means_is_tender(line->with)) {
        source.head = &ruling->member->lots;
        source.product = registry_find_product(&ruling->state->registry, line->product);
        source.wanted = line->with == MEANS_POINTS ? line->units : line->amount_fen;
    }
    return source;
}

/* What is there for a line: of stored value beside what is held for others. */
static struct available available_for(const struct ruling *ruling, const struct pay_line *line,
                                      const struct source *source)
{
    return line->with == MEANS_STORED_VALUE
               ? hold_free(ruling, source->product, source->wanted)
               : draw_available(ruling, *source->head, source->product, source->wanted);
}

static outcome_t sale_check_value(const struct ruling *ruling)
{
    static const struct {
        means_t with;
        outcome_t outcome;
    } in_order[] = {
        {MEANS_STORED_VALUE, OUTCOME_INSUFFICIENT_FUNDS},
        {MEANS_POINTS, OUTCOME_INSUFFICIENT_POINTS},
        {MEANS_PACK, OUTCOME_INSUFFICIENT_USES},
    };
    bool missing[MEANS_COUNT] = {false};

    for (uint32_t i = 0; i < ruling->event->pay_count; i++) {
        const struct pay_line *line = &ruling->event->pay[i];
        struct source source = source_of(ruling, line);
        if (source.head == NULL) {
            continue;
        }
        struct available available = available_for(ruling, line, &source);
        if (available.here < source.wanted) {
            REFUSE_IF(available.everywhere >= source.wanted, NOT_ACCEPTED_HERE);
            missing[line->with] |=
                !draw_goes_short(ruling, line, source.wanted - available.here);
        }
    }
    for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++) {
        if (missing[in_order[i].with]) {
            return in_order[i].outcome;
        }
    }
    return OUTCOME_NONE;
}

outcome_t sale_check(struct ruling *ruling)
{
    REFUSE_UNLESS_NONE(sale_check_amounts(ruling));
    REFUSE_UNLESS_NONE(sale_check_products(ruling));
    REFUSE_UNLESS_NONE(sale_check_known(ruling));
    REFUSE_UNLESS_NONE(capture_check_named(ruling));
    REFUSE_UNLESS_NONE(sale_check_balance(ruling));
    REFUSE_UNLESS_NONE(capture_check_here(ruling));
    return sale_check_value(ruling);
}

/* The place of a participant among some by the byte order of their codes. */
static uint32_t payer_rank(const struct registry *registry, const struct payers *payers, uint32_t i)
{
    slice_t own = code_slice(registry_participant_code(registry, payers->list[i]));
    uint32_t rank = 0;

    for (uint32_t j = 0; j < payers->count; j++) {
        slice_t other = code_slice(registry_participant_code(registry, payers->list[j]));
        rank += slice_compare(other, own) < 0;
    }
    return rank;
}

static void discount_do(struct ruling *ruling, uint32_t line)
{
    const struct discount_line *discount = &ruling->event->discounts[line];
    const struct discount *rule = terms_find_discount(ruling->terms, discount->rule);
    struct payers payers;
    uint32_t ranks[FUNDERS_MAX];
    money_t parts[FUNDERS_MAX];
    struct share shares[FUNDERS_MAX];

    ruling_payers(ruling, &rule->funders, &payers);
    for (uint32_t i = 0; i < payers.count; i++) {
        ranks[i] = payer_rank(&ruling->state->registry, &payers, i);
    }
    money_split_largest(
        money(discount->amount_fen), payers.shares, ranks, payers.count, parts);
    for (uint32_t i = 0; i < payers.count; i++) {
        shares[i] = (struct share){payers.list[i], parts[i]};
    }
    struct effect effect = {
        .kind = EFFECT_DISCOUNT,
        .sign = 1,
        .line = (uint8_t)line,
        .product = PRODUCT_NONE,
        .terms_version = ruling->terms->version,
        .rule = (uint32_t)(rule - ruling->terms->discounts),
        .money = money(discount->amount_fen),
        .valid_to = DAY_MAX,
    };
    effects_add(ruling->effects, &effect, shares, payers.count);
}

/* The base of each product's fee, in the order in which the products first appear among the
 * lines. */
struct fee_base {
    product_t product;
    money_t settled; /* from lots that another participant sold */
    int64_t units;   /* of all its lines */
};

static void fee_do(struct ruling *ruling, const struct fee_base *base)
{
    const struct product *product = terms_product(ruling->terms, base->product);
    money_t fee = rate_half_up(base->settled, product->fee);
    struct share payee = {product->fee_payee_participant, fee};
    struct effect effect = {
        .kind = EFFECT_FEE,
        .sign = 1,
        .product = base->product,
        .terms_version = ruling->terms->version,
        .units = base->units,
        .money = fee,
        .valid_to = DAY_MAX,
    };

    if (!money_is_zero(fee)) {
        effects_add(ruling->effects, &effect, &payee, 1);
    }
}

/* Who bears what is missing (rule 33a in clearing/CHOICES.md). */
static participant_t bearer_of(const struct ruling *ruling, const struct product *product)
{
    const struct registry *registry = &ruling->state->registry;

    switch (product->shortfall) {
    case SHORTFALL_ISSUER:
        return product->model == MODEL_F1 || product->model == MODEL_F1O
                   ? ruling->terms->hq
                   : registry_owner(registry, ruling->member->home);
    case SHORTFALL_HQ:
        return ruling->terms->hq;
    case SHORTFALL_STORE:
    case SHORTFALL_NONE:
        break;
    }
    return ruling->here.owner;
}

static void short_do(struct ruling *ruling, uint32_t line, product_t number, int64_t missing)
{
    const struct product *product = terms_product(ruling->terms, number);
    struct share bearer = {bearer_of(ruling, product), money(missing)};
    struct effect effect = {
        .kind = EFFECT_SHORT,
        .sign = 1,
        .line = (uint8_t)line,
        .product = number,
        .terms_version = ruling->terms->version,
        .units = missing,
        .money = bearer.amount,
        .valid_to = DAY_MAX,
    };

    effects_add(ruling->effects, &effect, &bearer, 1);
    ruling->is_short = true;
}

/* Draw what a line wants, or as far as it reaches where it goes short. Returns: the base of the
 * fee. */
static money_t line_do(struct ruling *ruling, uint32_t line, const struct source *source)
{
    int64_t reach = source->wanted;

    if (ruling->deadline) {
        reach = available_for(ruling, &ruling->event->pay[line], source).here;
    }
    money_t settled = draw_units(ruling, source->head, source->product, line, reach);
    if (reach < source->wanted) {
        short_do(ruling, line, source->product, source->wanted - reach);
    }
    return settled;
}

void sale_do(struct ruling *ruling)
{
    struct fee_base bases[PAY_LINES_MAX];
    uint32_t base_count = 0;

    for (uint32_t i = 0; i < ruling->event->pay_count; i++) {
        struct source source = source_of(ruling, &ruling->event->pay[i]);
        if (source.head == NULL) {
            continue;
        }
        uint32_t at = 0;
        while (at < base_count && bases[at].product.n != source.product.n) {
            at++;
        }
        if (at == base_count) {
            bases[base_count++] = (struct fee_base){source.product, money(0), 0};
        }
        money_t settled = line_do(ruling, i, &source);
        bases[at].settled = money_add(bases[at].settled, settled);
        bases[at].units += source.wanted;
    }
    for (uint32_t i = 0; i < ruling->event->discount_count; i++) {
        discount_do(ruling, i);
    }
    for (uint32_t i = 0; i < base_count; i++) {
        fee_do(ruling, &bases[i]);
    }
    earn_do(ruling, earning_base(ruling->event));
}
