#include "clearing/terms/terms.h"

#include <check.h>
#include <string.h>

#include "clearing/base/memory.h"

static participant_t put(struct registry *registry, const char *code, role_t role)
{
    struct participant participant = {.role = role};

    participant.party = code_index_add(&registry->parties, slice_of(code));
    return registry_put_participant(registry, slice_of(code), &participant);
}

static void registry_fill(struct registry *registry)
{
    put(registry, "A", ROLE_FRANCHISE);
    put(registry, "HQ", ROLE_HQ);
    put(registry, "FUND", ROLE_FUND);
    for (const char *code = "A\0B\0"; *code != '\0'; code += 2) {
        struct store store = {.opened = DAY_MIN, .closed = DAY_MAX};
        registry_put_store(registry, slice_of(code), &store);
    }
}

static struct who participant_who(const char *code)
{
    return (struct who){WHO_PARTICIPANT, code_of(slice_of(code)), PARTICIPANT_NONE};
}

static void points_fill(struct product *product)
{
    struct multiplier *multiplier = &product->earn.multipliers[0];

    product->id = code_of(slice_of("points"));
    product->kind = PRODUCT_POINTS;
    product->model = MODEL_PF;
    product->fund = code_of(slice_of("FUND"));
    product->earn.given = true;
    product->earn.funder = (struct who){.kind = WHO_STORE};
    product->earn.multiplier_count = 1;
    multiplier->funder = participant_who("HQ");
    multiplier->store_count = 2;
    multiplier->stores = memory_zeroed(2, sizeof *multiplier->stores);
    multiplier->stores[0] = code_of(slice_of("B"));
    multiplier->stores[1] = code_of(slice_of("A"));
}

/* Products card (of headquarters' fee) and points; an offer, a discount, a campaign. */
static void terms_fill(struct terms *terms)
{
    *terms = (struct terms){.version = 1, .product_count = 2};
    terms->products = memory_zeroed(2, sizeof *terms->products);
    terms->products[0].id = code_of(slice_of("card"));
    terms->products[0].kind = PRODUCT_STORED_VALUE;
    terms->products[0].model = MODEL_F1;
    points_fill(&terms->products[1]);
    terms->offer_count = 1;
    terms->offers = memory_zeroed(1, sizeof *terms->offers);
    terms->offers[0].id = code_of(slice_of("500-100"));
    terms->offers[0].product = code_of(slice_of("card"));
    terms->offers[0].funders.count = 2;
    terms->offers[0].funders.list[0].who = participant_who("HQ");
    terms->offers[0].funders.list[1].who = (struct who){.kind = WHO_STORE};
    terms->discount_count = 1;
    terms->discounts = memory_zeroed(1, sizeof *terms->discounts);
    terms->discounts[0].id = code_of(slice_of("day"));
    terms->discounts[0].funders.count = 1;
    terms->discounts[0].funders.list[0].who = participant_who("A");
    terms->campaign_count = 1;
    terms->campaigns = memory_zeroed(1, sizeof *terms->campaigns);
    terms->campaigns[0].id = code_of(slice_of("spring"));
    terms->campaigns[0].funder = participant_who("HQ");
}

START_TEST(nothing_is_found_in_empty_terms)
{
    struct terms terms = {0};
    struct registry registry = {0};

    ck_assert_ptr_null(terms_find_product(&terms, &registry, slice_of("card"), PRODUCT_PACK));
    ck_assert_ptr_null(terms_product(&terms, (product_t){0}));
    ck_assert_ptr_null(terms_product(&terms, PRODUCT_NONE));
    ck_assert_ptr_null(terms_find_offer(&terms, slice_of("500-100")));
    ck_assert_ptr_null(terms_find_discount(&terms, slice_of("day")));
    ck_assert_ptr_null(terms_find_campaign(&terms, slice_of("spring")));
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

START_TEST(lookups_take_code_and_kind)
{
    struct registry registry = {0};
    struct terms terms;

    registry_fill(&registry);
    terms_fill(&terms);
    terms_resolve(&terms, &registry);
    ck_assert_ptr_eq(terms_find_product(&terms, &registry, slice_of("card"), PRODUCT_STORED_VALUE),
                     &terms.products[0]);
    ck_assert_ptr_null(terms_find_product(&terms, &registry, slice_of("card"), PRODUCT_PACK));
    ck_assert_ptr_null(terms_find_product(&terms, &registry, slice_of("card"), PRODUCT_POINTS));
    ck_assert_ptr_null(
        terms_find_product(&terms, &registry, slice_of("Card"), PRODUCT_STORED_VALUE));
    ck_assert_ptr_null(
        terms_find_product(&terms, &registry, slice_of("car"), PRODUCT_STORED_VALUE));
    ck_assert_ptr_null(terms_find_product(&terms, &registry, (slice_t){"", 0}, PRODUCT_POINTS));
    ck_assert_ptr_eq(terms_find_offer(&terms, slice_of("500-100")), &terms.offers[0]);
    ck_assert_ptr_null(terms_find_offer(&terms, slice_of("card")));
    ck_assert_ptr_eq(terms_find_discount(&terms, slice_of("day")), &terms.discounts[0]);
    ck_assert_ptr_null(terms_find_discount(&terms, slice_of("spring")));
    ck_assert_ptr_eq(terms_find_campaign(&terms, slice_of("spring")), &terms.campaigns[0]);
    ck_assert_ptr_null(terms_find_campaign(&terms, slice_of("day")));
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

static void assert_resolved(const struct terms *terms)
{
    const struct product *card = &terms->products[0];
    const struct product *points = &terms->products[1];
    const struct multiplier *multiplier = &points->earn.multipliers[0];

    ck_assert_uint_eq(terms->hq.n, 1);
    ck_assert_uint_eq(card->fee_payee_participant.n, 1); /* the hq participant */
    ck_assert_uint_eq(card->fund_participant.n, PARTICIPANT_NONE.n);
    ck_assert_uint_eq(card->beneficiary_participant.n, PARTICIPANT_NONE.n);
    ck_assert_uint_eq(points->fund_participant.n, 2);
    ck_assert_uint_eq(points->beneficiary_participant.n, 2); /* the fund */
    ck_assert_uint_eq(points->earn.funder.participant.n, PARTICIPANT_NONE.n);
    ck_assert_uint_eq(multiplier->funder.participant.n, 1);
    ck_assert_uint_eq(multiplier->store_numbers[0].n, 1);
    ck_assert_uint_eq(multiplier->store_numbers[1].n, 0);
    ck_assert_uint_eq(terms->offers[0].product_number.n, 0);
    ck_assert_uint_eq(terms->offers[0].funders.list[0].who.participant.n, 1);
    ck_assert_uint_eq(terms->offers[0].funders.list[1].who.participant.n, PARTICIPANT_NONE.n);
    ck_assert_uint_eq(terms->discounts[0].funders.list[0].who.participant.n, 0);
    ck_assert_uint_eq(terms->campaigns[0].funder.participant.n, 1);
}

START_TEST(codes_become_numbers)
{
    struct registry registry = {0};
    struct terms terms;

    registry_fill(&registry);
    terms_fill(&terms);
    terms_resolve(&terms, &registry);
    assert_resolved(&terms);
    terms_resolve(&terms, &registry); /* again changes and leaks nothing */
    assert_resolved(&terms);
    ck_assert_uint_eq(registry.product_codes.count, 2);
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

START_TEST(named_payee_and_beneficiary_win)
{
    struct registry registry = {0};
    struct terms terms;

    registry_fill(&registry);
    terms_fill(&terms);
    terms.products[0].fee_payee = code_of(slice_of("A"));
    terms.products[1].beneficiary = code_of(slice_of("HQ"));
    terms_resolve(&terms, &registry);
    ck_assert_uint_eq(terms.products[0].fee_payee_participant.n, 0);
    ck_assert_uint_eq(terms.products[1].beneficiary_participant.n, 1);
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

/* Products keep their numbers over versions; each version knows its own only. */
START_TEST(versions_share_numbers)
{
    struct registry registry = {0};
    struct terms first;
    struct terms second;

    registry_fill(&registry);
    terms_fill(&first);
    terms_resolve(&first, &registry);
    terms_fill(&second);
    second.version = 2;
    second.products[0].id = code_of(slice_of("gold"));
    second.offers[0].product = code_of(slice_of("gold"));
    terms_resolve(&second, &registry);
    product_t card = registry_find_product(&registry, slice_of("card"));
    product_t points = registry_find_product(&registry, slice_of("points"));
    product_t gold = registry_find_product(&registry, slice_of("gold"));
    ck_assert_uint_eq(card.n, 0);
    ck_assert_uint_eq(points.n, 1);
    ck_assert_uint_eq(gold.n, 2);
    ck_assert_ptr_null(terms_product(&second, card));
    ck_assert_ptr_eq(terms_product(&second, points), &second.products[1]);
    ck_assert_ptr_eq(terms_product(&second, gold), &second.products[0]);
    ck_assert_ptr_null(terms_product(&first, gold));
    ck_assert_ptr_eq(terms_product(&first, card), &first.products[0]);
    ck_assert_uint_eq(second.offers[0].product_number.n, 2);
    terms_deinit(&first);
    terms_deinit(&second);
    registry_deinit(&registry);
}
END_TEST

START_TEST(spans_are_inclusive)
{
    struct span span = {10, 20};
    struct span always = {DAY_MIN, DAY_MAX};

    ck_assert(!span_has(&span, 9));
    ck_assert(span_has(&span, 10));
    ck_assert(span_has(&span, 20));
    ck_assert(!span_has(&span, 21));
    ck_assert(span_has(&always, DAY_MIN) && span_has(&always, 0) && span_has(&always, DAY_MAX));
}
END_TEST

START_TEST(models_have_names)
{
    ck_assert_str_eq(model_name(MODEL_F1), "F1");
    ck_assert_str_eq(model_name(MODEL_F1O), "F1o");
    ck_assert_str_eq(model_name(MODEL_F2), "F2");
    ck_assert_str_eq(model_name(MODEL_F4), "F4");
    ck_assert_str_eq(model_name(MODEL_PF), "PF");
    ck_assert_str_eq(model_name(MODEL_PR), "PR");
    ck_assert_ptr_null(model_name((model_t)0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terms");
    TCase *tcase = tcase_create("terms");

    tcase_add_test(tcase, nothing_is_found_in_empty_terms);
    tcase_add_test(tcase, lookups_take_code_and_kind);
    tcase_add_test(tcase, codes_become_numbers);
    tcase_add_test(tcase, named_payee_and_beneficiary_win);
    tcase_add_test(tcase, versions_share_numbers);
    tcase_add_test(tcase, spans_are_inclusive);
    tcase_add_test(tcase, models_have_names);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
