#include "clearing/apply/opening.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/apply/ruling.h"
#include "clearing/base/memory.h"
#include "proto/codec/opening.h"

struct opening_pass opening_begin(struct apply *apply)
{
    CHECK(apply->state->terms_count > 0 && !apply->state->sweep.runs);
    return (struct opening_pass){.apply = apply};
}

void opening_end(struct opening_pass *pass)
{
    code_index_deinit(&pass->packs);
    free(pass->sums);
    *pass = (struct opening_pass){0};
}

/* --- what a lot is --- */

/* A lot with its names looked up. */
struct found {
    const struct product *product;
    struct payers payers;
};

static const struct product *any_product(const struct ruling *ruling, slice_t code)
{
    static const product_kind_t kinds[] = {PRODUCT_STORED_VALUE, PRODUCT_PACK, PRODUCT_POINTS};
    const struct product *product = NULL;

    for (size_t i = 0; product == NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        product = terms_find_product(ruling->terms, &ruling->state->registry, code, kinds[i]);
    }
    return product;
}

static bool funder_of(const struct ruling *ruling, slice_t text, struct who *ret_who)
{
    static const char *const names[] = {"$store", "$issuer", "$home"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_equal(text, slice_of(names[i]))) {
            *ret_who = (struct who){.kind = WHO_STORE}; /* the seller's store is home */
            return true;
        }
    }
    participant_t participant = registry_find_participant(&ruling->state->registry, text);
    *ret_who = (struct who){.kind = WHO_PARTICIPANT, .participant = participant};
    return participant.n != PARTICIPANT_NONE.n;
}

/* Returns: NULL, or why the funders are none. */
static const char *find_payers(const struct ruling *ruling, const struct opening_lot *lot,
                               struct payers *ret_payers)
{
    struct funders funders = {.count = lot->funder_count};
    int64_t sum = 0;

    for (uint32_t i = 0; i < lot->funder_count; i++) {
        int64_t share = lot->funders[i].share;
        if (!funder_of(ruling, lot->funders[i].who, &funders.list[i].who)) {
            return "UNKNOWN_FUNDER: a funder is no participant, $store, $issuer or $home";
        }
        if (share <= 0 || share > MILLION) {
            return "BAD_SHARE: a funder's share is not above 0 and at most 100 %";
        }
        funders.list[i].share = (rate_t){share};
        sum += share;
    }
    if (lot->funder_count > 0 && sum != MILLION) {
        return "BAD_SHARE: the funders' shares do not sum to 100 %";
    }
    ruling_payers(ruling, &funders, ret_payers);
    return NULL;
}

static bool amount_or_none(int64_t amount)
{
    return amount >= 0 && amount <= AMOUNT_MAX;
}

static const char *stored_value_fault(const struct opening_lot *lot)
{
    if (!amount_or_none(lot->principal_fen) || !amount_or_none(lot->bonus_fen) ||
        lot->principal_fen + lot->bonus_fen == 0) {
        return "BAD_AMOUNT: principal and bonus are 0 or more, not both 0, at most 10^12 fen";
    }
    if (lot->units != 0 || lot->pack.len != 0 || lot->valid_to != DAY_MAX) {
        return "UNBALANCED: stored value has principal and bonus only, and does not expire";
    }
    if ((lot->bonus_fen > 0) != (lot->funder_count > 0)) {
        return "UNKNOWN_FUNDER: a bonus has funders, and nothing else has";
    }
    return NULL;
}

static const char *pack_fault(const struct opening_pass *pass, const struct opening_lot *lot)
{
    const struct members *members = &pass->apply->state->members;

    if (!amount_good(lot->units) || !amount_or_none(lot->principal_fen)) {
        return "BAD_AMOUNT: a pack has uses above 0, and what they are worth of its price";
    }
    if (lot->bonus_fen != 0 || lot->funder_count != 0 || lot->valid_to != DAY_MAX) {
        return "UNBALANCED: a pack has uses and principal only, and does not expire";
    }
    if (!code_valid(lot->pack)) {
        return "UNKNOWN_PACK: the pack's id is no code";
    }
    if (members_find_pack(members, lot->pack) != NULL ||
        code_index_find(&pass->packs, lot->pack) != CODE_NONE) {
        return "PACK_EXISTS: this pack is there already";
    }
    return NULL;
}

static const char *points_fault(const struct opening_pass *pass, const struct opening_lot *lot,
                                const struct product *product)
{
    if (!amount_good(lot->units) || !points_payable(product, lot->units)) {
        return "BAD_AMOUNT: points are above 0 and worth at most 10^12 fen";
    }
    if (lot->principal_fen != 0 || lot->bonus_fen != 0 || lot->pack.len != 0 ||
        lot->funder_count > 1) {
        return "UNBALANCED: points have their number, at most one funder and a last day only";
    }
    if (lot->valid_to < pass->apply->state->open_day) {
        return "EXPIRED: these points ended before the open day";
    }
    return NULL;
}

static struct ruling ruling_of(struct apply *apply, store_t store, uint64_t member)
{
    struct state *state = apply->state;

    return (struct ruling){
        .apply = apply,
        .state = state,
        .here = {.store = store, .owner = registry_owner(&state->registry, store)},
        .occurred = state->open_day,
        .came = state->open_day,
        .terms = state_terms(state, state->open_day),
        .member = members_find(&state->members, member),
    };
}

/* Returns: NULL, or why the lot cannot be. */
static const char *find(const struct opening_pass *pass, const struct ruling *ruling,
                        const struct opening_lot *lot, struct found *ret_found)
{
    const char *fault = NULL;

    ret_found->product = any_product(ruling, lot->product);
    if (ret_found->product == NULL) {
        return "UNKNOWN_PRODUCT: the terms have no such product";
    }
    switch (ret_found->product->kind) {
    case PRODUCT_STORED_VALUE:
        fault = stored_value_fault(lot);
        break;
    case PRODUCT_PACK:
        fault = pack_fault(pass, lot);
        break;
    case PRODUCT_POINTS:
        fault = points_fault(pass, lot, ret_found->product);
        break;
    }
    return fault != NULL ? fault : find_payers(ruling, lot, &ret_found->payers);
}

static struct lot_class class_of(const struct ruling *ruling, const struct found *found)
{
    const struct product *product = found->product;

    if (product->kind == PRODUCT_POINTS) {
        return ruling_points_class(ruling, product,
                                   found->payers.count > 0 ? found->payers.list[0]
                                                           : ruling->here.owner);
    }
    struct lot_class class = ruling_class(ruling, product);
    class.bonus_rate = found->payers.count > 0 ? product->bonus_rate : (rate_t){0};
    for (uint32_t i = 0; i < found->payers.count; i++) {
        class.debtors[class.debtor_count] = found->payers.list[i];
        class.shares[class.debtor_count++] = found->payers.shares[i];
    }
    return class;
}

/* --- checking --- */

static void add_sum(struct opening_pass *pass, const struct lot_class *class,
                    const struct opening_lot *lot)
{
    uint32_t at = 0;

    while (at < pass->count && (pass->sums[at].issuer.n != class->issuer.n ||
                                pass->sums[at].product.n != class->product.n)) {
        at++;
    }
    if (at == pass->count) {
        MEMORY_GROW(pass->sums, pass->count, pass->capacity);
        pass->sums[pass->count++] =
            (struct opening_sum){.issuer = class->issuer, .product = class->product};
    }
    struct opening_sum *sum = &pass->sums[at];
    sum->lots++;
    sum->principal += lot->principal_fen;
    sum->bonus += lot->bonus_fen;
    sum->points += class->kind == PRODUCT_POINTS ? lot->units : 0;
    sum->uses += class->kind == PRODUCT_PACK ? lot->units : 0;
}

static bool waits(const struct opening_pass *pass, uint64_t member)
{
    struct waiting_places places = {0};

    waiting_find(&pass->apply->state->waiting, member, 0, &places);
    free(places.list);
    return places.count > 0;
}

/* Returns: NULL, or why. */
static const char *fault_of(struct opening_pass *pass, const struct opening_lot *lot)
{
    struct apply *apply = pass->apply;
    struct found found = {0};
    store_t store = registry_find_store(&apply->state->registry, lot->store);

    if (lot->member == 0 || lot->member > MEMBER_MAX) {
        return "UNKNOWN_MEMBER: a member has 1 to 19 digits";
    }
    if (store.n == STORE_NONE.n) {
        return "UNKNOWN_STORE: the alliance has no such store";
    }
    struct ruling ruling = ruling_of(apply, store, lot->member);
    if (ruling.member != NULL || waits(pass, lot->member)) {
        return "MEMBER_HAS_EVENTS: the member has begun here already";
    }
    const char *fault = find(pass, &ruling, lot, &found);
    if (fault == NULL) {
        struct lot_class class = class_of(&ruling, &found);
        add_sum(pass, &class, lot);
        if (lot->pack.len > 0) {
            (void)code_index_add(&pass->packs, lot->pack);
        }
    }
    return fault;
}

bool opening_check(struct opening_pass *pass, const struct opening_lot *lot,
                   struct fault *ret_fault)
{
    const char *fault = fault_of(pass, lot);

    pass->lots++;
    return fault == NULL || fault_set(ret_fault, FAULT_FORMAT, "lot %llu: %s",
                                      (unsigned long long)pass->lots, fault);
}

static bool names(const struct opening_pass *pass, const struct opening_sum *sum,
                  const struct opening_total *total)
{
    const struct registry *registry = &pass->apply->state->registry;

    return slice_equal(code_slice(registry_participant_code(registry, sum->issuer)),
                       total->issuer) &&
           slice_equal(code_slice(registry_product_code(registry, sum->product)), total->product);
}

/* Compare the figures of one total; `sum` is all zero where no lot is of it. */
static bool figures_equal(const struct opening_sum *sum, const struct opening_total *total,
                          struct fault *ret_fault)
{
    const struct {
        const char *name;
        int128_t lots;
        int128_t given;
    } figures[] = {
        {"lots", (int128_t)sum->lots, (int128_t)total->lots},
        {"principal", sum->principal, total->principal_fen},
        {"bonus", sum->bonus, total->bonus_fen},
        {"points", sum->points, total->points},
        {"uses", sum->uses, total->uses},
    };

    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (figures[i].lots != figures[i].given) {
            return fault_set(ret_fault, FAULT_FORMAT,
                             "TOTALS_DIFFER: %.*s of %.*s: the lots have %s %lld, the totals %lld",
                             (int)total->product.len, total->product.text, (int)total->issuer.len,
                             total->issuer.text, figures[i].name, (long long)figures[i].lots,
                             (long long)figures[i].given);
        }
    }
    return true;
}

bool opening_sums_equal(const struct opening_pass *pass, const struct opening_total *totals,
                        uint32_t count, struct fault *ret_fault)
{
    const struct registry *registry = &pass->apply->state->registry;
    struct opening_sum none = {0};

    for (uint32_t i = 0; i < count; i++) {
        const struct opening_sum *sum = &none;
        for (uint32_t j = 0; j < i; j++) {
            if (slice_equal(totals[j].issuer, totals[i].issuer) &&
                slice_equal(totals[j].product, totals[i].product)) {
                return fault_set(ret_fault, FAULT_FORMAT, "TOTALS_DIFFER: %.*s of %.*s stands twice",
                                 (int)totals[i].product.len, totals[i].product.text,
                                 (int)totals[i].issuer.len, totals[i].issuer.text);
            }
        }
        for (uint32_t j = 0; j < pass->count; j++) {
            sum = names(pass, &pass->sums[j], &totals[i]) ? &pass->sums[j] : sum;
        }
        if (!figures_equal(sum, &totals[i], ret_fault)) {
            return false;
        }
    }
    for (uint32_t j = 0; j < pass->count; j++) {
        bool given = false;
        for (uint32_t i = 0; i < count; i++) {
            given = given || names(pass, &pass->sums[j], &totals[i]);
        }
        if (!given) {
            return fault_set(ret_fault, FAULT_FORMAT, "TOTALS_DIFFER: no total for %s of %s",
                             registry_product_code(registry, pass->sums[j].product)->text,
                             registry_participant_code(registry, pass->sums[j].issuer)->text);
        }
    }
    return true;
}

/* --- making --- */

static void make(struct ruling *ruling, const struct opening_lot *lot)
{
    const struct opening_pass nothing = {.apply = ruling->apply};
    struct found found = {0};

    CHECK(find(&nothing, ruling, lot, &found) == NULL); /* it has been checked */
    struct lot_class class = class_of(ruling, &found);
    bool points = class.kind == PRODUCT_POINTS;
    struct lot made = {
        .id = ruling_next_lot(ruling),
        .units = class.kind == PRODUCT_STORED_VALUE ? lot->principal_fen + lot->bonus_fen
                                                    : lot->units,
        .principal = points ? points_value_floor(lot->units, class.redeem_price)
                            : money(lot->principal_fen),
        .class = lots_class(&ruling->state->members.lots, &class),
        .valid_to = lot->valid_to,
    };
    if (ruling->member == NULL) {
        ruling->member = members_add(&ruling->state->members, lot->member, ruling->here.store);
    }
    if (class.kind == PRODUCT_PACK) {
        members_add_pack(&ruling->state->members, lot->pack, lot->member, class.product);
    }
    ruling_make_lot(ruling, &made, NULL, lot->pack);
}

uint32_t opening_make(struct apply *apply, slice_t part)
{
    struct state *state = apply->state;
    struct opening_lot lot;
    struct decode_fault why;
    uint32_t made = 0;
    uint64_t seq = ++state->accepted;

    state->opening_first = state->opening_last == 0 ? seq : state->opening_first;
    state->opening_last = seq;
    for (; part.len > 0; made++) {
        CHECK(opening_next_lot(&part, &lot, &why)); /* it was read when it came */
        store_t store = registry_find_store(&state->registry, lot.store);
        struct ruling ruling = ruling_of(apply, store, lot.member);
        ruling.seq = seq;
        ruling.lots_made = made;
        make(&ruling, &lot);
    }
    return made;
}
