#include "clearing/terms/terms.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

const char *model_name(model_t model)
{
    switch (model) {
    case MODEL_F1:
        return "F1";
    case MODEL_F1O:
        return "F1o";
    case MODEL_F2:
        return "F2";
    case MODEL_F4:
        return "F4";
    case MODEL_PF:
        return "PF";
    case MODEL_PR:
        return "PR";
    }
    return NULL;
}

static participant_t participant_of(const struct registry *registry, const code_t *code)
{
    participant_t participant = registry_find_participant(registry, code_slice(code));

    CHECK(participant.n != PARTICIPANT_NONE.n);
    return participant;
}

static void who_resolve(struct who *who, const struct registry *registry)
{
    who->participant = PARTICIPANT_NONE;
    if (who->kind == WHO_PARTICIPANT) {
        who->participant = participant_of(registry, &who->code);
    }
}

static void funders_resolve(struct funders *funders, const struct registry *registry)
{
    CHECK(funders->count >= 1 && funders->count <= FUNDERS_MAX);
    for (uint32_t i = 0; i < funders->count; i++) {
        who_resolve(&funders->list[i].who, registry);
    }
}

static void multiplier_resolve(struct multiplier *multiplier, const struct registry *registry)
{
    who_resolve(&multiplier->funder, registry);
    free(multiplier->store_numbers);
    multiplier->store_numbers = NULL;
    if (multiplier->store_count == 0) {
        return;
    }
    multiplier->store_numbers =
        memory_zeroed(multiplier->store_count, sizeof *multiplier->store_numbers);
    for (uint32_t i = 0; i < multiplier->store_count; i++) {
        store_t store = registry_find_store(registry, code_slice(&multiplier->stores[i]));
        CHECK(store.n != STORE_NONE.n);
        multiplier->store_numbers[i] = store;
    }
}

static void earning_resolve(struct earning *earn, const struct registry *registry)
{
    if (!earn->given) {
        return;
    }
    CHECK(earn->multiplier_count <= MULTIPLIERS_MAX);
    who_resolve(&earn->funder, registry);
    for (uint32_t i = 0; i < earn->multiplier_count; i++) {
        multiplier_resolve(&earn->multipliers[i], registry);
    }
}

static void product_resolve(struct product *product, participant_t hq,
                            const struct registry *registry)
{
    product->fee_payee_participant =
        product->fee_payee.len == 0 ? hq : participant_of(registry, &product->fee_payee);
    product->fund_participant =
        product->fund.len == 0 ? PARTICIPANT_NONE : participant_of(registry, &product->fund);
    product->beneficiary_participant = product->beneficiary.len == 0
                                           ? product->fund_participant
                                           : participant_of(registry, &product->beneficiary);
    earning_resolve(&product->earn, registry);
}

/* Give every product its number and build the way back from numbers to places. */
static void products_number(struct terms *terms, struct registry *registry)
{
    for (uint32_t i = 0; i < terms->product_count; i++) {
        code_index_add(&registry->product_codes, code_slice(&terms->products[i].id));
    }
    free(terms->product_at);
    terms->product_at = NULL;
    terms->product_at_count = registry->product_codes.count;
    if (terms->product_at_count == 0) {
        return;
    }
    terms->product_at = memory_zeroed(terms->product_at_count, sizeof *terms->product_at);
    for (uint32_t i = 0; i < terms->product_at_count; i++) {
        terms->product_at[i] = UINT32_MAX;
    }
    for (uint32_t i = 0; i < terms->product_count; i++) {
        product_t product = registry_find_product(registry, code_slice(&terms->products[i].id));
        CHECK(terms->product_at[product.n] == UINT32_MAX); /* ids are unique */
        terms->product_at[product.n] = i;
    }
}

/* A code's place in the file is its number in the index only while the codes are unique. */
static void code_place(struct code_index *index, const code_t *code, uint32_t place)
{
    CHECK(code_index_add(index, code_slice(code)) == place);
}

static void indexes_build(struct terms *terms)
{
    code_index_deinit(&terms->offer_codes);
    code_index_deinit(&terms->discount_codes);
    code_index_deinit(&terms->campaign_codes);
    for (uint32_t i = 0; i < terms->offer_count; i++) {
        code_place(&terms->offer_codes, &terms->offers[i].id, i);
    }
    for (uint32_t i = 0; i < terms->discount_count; i++) {
        code_place(&terms->discount_codes, &terms->discounts[i].id, i);
    }
    for (uint32_t i = 0; i < terms->campaign_count; i++) {
        code_place(&terms->campaign_codes, &terms->campaigns[i].id, i);
    }
}

void terms_resolve(struct terms *terms, struct registry *registry)
{
    terms->hq = registry_hq(registry);
    CHECK(terms->hq.n != PARTICIPANT_NONE.n);
    products_number(terms, registry);
    indexes_build(terms);
    for (uint32_t i = 0; i < terms->product_count; i++) {
        product_resolve(&terms->products[i], terms->hq, registry);
    }
    for (uint32_t i = 0; i < terms->offer_count; i++) {
        struct offer *offer = &terms->offers[i];
        offer->product_number = registry_find_product(registry, code_slice(&offer->product));
        CHECK(terms_product(terms, offer->product_number) != NULL);
        funders_resolve(&offer->funders, registry);
    }
    for (uint32_t i = 0; i < terms->discount_count; i++) {
        funders_resolve(&terms->discounts[i].funders, registry);
    }
    for (uint32_t i = 0; i < terms->campaign_count; i++) {
        who_resolve(&terms->campaigns[i].funder, registry);
    }
}

const struct product *terms_find_product(const struct terms *terms, const struct registry *registry,
                                         slice_t code, product_kind_t kind)
{
    const struct product *product = terms_product(terms, registry_find_product(registry, code));

    return product != NULL && product->kind == kind ? product : NULL;
}

const struct product *terms_product(const struct terms *terms, product_t product)
{
    /* Products that later terms brought have numbers beyond the table. */
    if (product.n >= terms->product_at_count || terms->product_at[product.n] == UINT32_MAX) {
        return NULL;
    }
    return &terms->products[terms->product_at[product.n]];
}

const struct offer *terms_find_offer(const struct terms *terms, slice_t code)
{
    uint32_t at = code_index_find(&terms->offer_codes, code);

    return at == CODE_NONE ? NULL : &terms->offers[at];
}

const struct discount *terms_find_discount(const struct terms *terms, slice_t code)
{
    uint32_t at = code_index_find(&terms->discount_codes, code);

    return at == CODE_NONE ? NULL : &terms->discounts[at];
}

const struct campaign *terms_find_campaign(const struct terms *terms, slice_t code)
{
    uint32_t at = code_index_find(&terms->campaign_codes, code);

    return at == CODE_NONE ? NULL : &terms->campaigns[at];
}

void terms_deinit(struct terms *terms)
{
    for (uint32_t i = 0; i < terms->product_count; i++) {
        struct earning *earn = &terms->products[i].earn;
        for (uint32_t k = 0; k < earn->multiplier_count; k++) {
            free(earn->multipliers[k].stores);
            free(earn->multipliers[k].store_numbers);
        }
    }
    free(terms->products);
    free(terms->offers);
    free(terms->discounts);
    free(terms->campaigns);
    free(terms->product_at);
    code_index_deinit(&terms->offer_codes);
    code_index_deinit(&terms->discount_codes);
    code_index_deinit(&terms->campaign_codes);
    *terms = (struct terms){0};
}
