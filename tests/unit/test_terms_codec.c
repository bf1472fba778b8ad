/* Terms and registry rows: to and fro, refusals, and mutants: what is read is written again to the
 * same bytes and can be resolved. */
#include "proto/codec/terms_codec.h"

#include <check.h>
#include <stdlib.h>

#include "allclear/v1/terms.pb-c.h"
#include "clearing/base/memory.h"
#include "mutate.h"

#define MUTANTS 40000

static struct random rng;
static struct tree tree;
static uint8_t mutant[MUTANT_MAX];
static uint8_t bytes[65536];
static uint8_t again[MUTANT_MAX];

static slice_t bytes_of(const void *data, size_t len)
{
    return (slice_t){data, (uint32_t)len};
}

static code_t code(const char *text)
{
    return code_of(slice_of(text));
}

static void make_registry(struct registry *registry)
{
    static const struct {
        const char *code;
        role_t role;
    } rows[] = {{"A", ROLE_OWNED}, {"B", ROLE_FRANCHISE}, {"HQ", ROLE_HQ}, {"FUND", ROLE_FUND}};

    memset(registry, 0, sizeof *registry);
    /* parties need not come in the order of the participants */
    (void)code_index_add(&registry->parties, slice_of("P2"));
    (void)code_index_add(&registry->parties, slice_of("P1"));
    for (size_t i = 0; i < 4; i++) {
        struct participant participant = {.party = (uint32_t)(i + 1) % 2, .role = rows[i].role};
        strcpy(participant.name, i == 1 ? "" : "\xe4\xb9\x99\xe5\xba\x97");
        (void)registry_put_participant(registry, slice_of(rows[i].code), &participant);
    }
    struct store store = {.participant = {0}, .opened = DAY_MIN, .closed = DAY_MAX};
    (void)registry_put_store(registry, slice_of("A1"), &store);
    store = (struct store){.participant = {1}, .opened = 0, .closed = 20000, .name = "B one"};
    (void)registry_put_store(registry, slice_of("B1"), &store);
}

static struct funders two_funders(void)
{
    return (struct funders){
        .count = 2,
        .list = {{{.kind = WHO_PARTICIPANT, .code = code("HQ")}, {400000}},
                 {{.kind = WHO_STORE}, {600000}}},
    };
}

static void make_products(struct terms *terms)
{
    terms->product_count = 2;
    terms->products = memory_zeroed(2, sizeof *terms->products);
    terms->products[0] = (struct product){
        .id = code("card"),
        .kind = PRODUCT_STORED_VALUE,
        .model = MODEL_F1,
        .span = {DAY_MIN, 20000},
        .principal_rate = {MILLION},
        .bonus_rate = {500000},
        .fee = {6000},
        .fee_payee = code("B"),
        .fee_refundable = true,
        .commission = {10000},
        .unlinked_refund = true,
        .shortfall = SHORTFALL_ISSUER,
        .floor_limit = {20000},
        .hold_days = 7,
    };
    terms->products[1] = (struct product){
        .id = code("points"),
        .kind = PRODUCT_POINTS,
        .model = MODEL_PF,
        .span = {0, DAY_MAX},
        .issue_price = {1200},
        .redeem_price = {1000},
        .fund = code("FUND"),
        .beneficiary = code("A"),
        .valid_days = 365,
    };
    struct earning *earn = &terms->products[1].earn;
    *earn = (struct earning){
        .given = true, .rate = {MILLION}, .funder = {.kind = WHO_STORE}, .multiplier_count = 1};
    earn->multipliers[0] = (struct multiplier){
        .id = code("double"),
        .times = {2 * MILLION},
        .funder = {.kind = WHO_HOME},
        .span = {10, 20},
        .weekdays = 5,
        .store_count = 2,
        .campaign = code("spring"),
    };
    earn->multipliers[0].stores = memory_zeroed(2, sizeof(code_t));
    earn->multipliers[0].stores[0] = code("B1");
    earn->multipliers[0].stores[1] = code("A1");
}

static void make_terms(struct terms *terms)
{
    memset(terms, 0, sizeof *terms);
    terms->version = 3;
    terms->from = 20513;
    terms->alliance = code("demo");
    strcpy(terms->name, "One card");
    terms->days = (struct day_rule){480, 240};
    terms->max_late_days = 30;
    terms->day_totals_required = true;
    terms->dispute_days = 0; /* which is not the same as left out */
    make_products(terms);
    terms->offer_count = 1;
    terms->offers = memory_zeroed(1, sizeof *terms->offers);
    terms->offers[0] = (struct offer){
        .id = code("500-100"),
        .product = code("card"),
        .span = {DAY_MIN, DAY_MAX},
        .funders = two_funders(),
        .has_commission = true,
        .commission = {0},
        .tier_count = 2,
        .tiers = {{.pay = {50000}, .bonus = {10000}, .every = true},
                  {.pay = {100000}, .percent = true, .bonus_rate = {250000}}},
    };
    terms->discount_count = 1;
    terms->discounts = memory_zeroed(1, sizeof *terms->discounts);
    terms->discounts[0] =
        (struct discount){.id = code("d"), .span = {1, 2}, .funders = two_funders()};
    terms->campaign_count = 1;
    terms->campaigns = memory_zeroed(1, sizeof *terms->campaigns);
    terms->campaigns[0] = (struct campaign){
        .id = code("spring"), .span = {DAY_MIN, DAY_MAX}, .funder = {.kind = WHO_ISSUER}};
}

static void check_product(const struct product *a, const struct product *b)
{
    ck_assert(slice_equal(code_slice(&a->id), code_slice(&b->id)) && a->kind == b->kind &&
              a->model == b->model && a->span.from == b->span.from && a->span.to == b->span.to &&
              a->principal_rate.millionths == b->principal_rate.millionths &&
              a->bonus_rate.millionths == b->bonus_rate.millionths &&
              a->fee.millionths == b->fee.millionths &&
              slice_equal(code_slice(&a->fee_payee), code_slice(&b->fee_payee)) &&
              a->fee_refundable == b->fee_refundable &&
              a->commission.millionths == b->commission.millionths &&
              a->unlinked_refund == b->unlinked_refund && a->shortfall == b->shortfall &&
              money_compare(a->floor_limit, b->floor_limit) == 0 &&
              a->hold_days == b->hold_days &&
              a->issue_price.thousandths == b->issue_price.thousandths &&
              a->redeem_price.thousandths == b->redeem_price.thousandths &&
              slice_equal(code_slice(&a->fund), code_slice(&b->fund)) &&
              slice_equal(code_slice(&a->beneficiary), code_slice(&b->beneficiary)) &&
              a->valid_days == b->valid_days && a->earn.given == b->earn.given &&
              a->earn.multiplier_count == b->earn.multiplier_count);
}

START_TEST(test_terms)
{
    struct registry registry;
    struct terms terms;
    struct terms read = {0};
    struct decode_fault fault = {0};

    make_registry(&registry);
    make_terms(&terms);
    size_t len = terms_codec_encode(&terms, bytes, sizeof bytes);
    ck_assert_uint_gt(len, 200);
    ck_assert_uint_eq(terms_codec_encode(&terms, again, len - 1), 0);
    ck_assert_msg(terms_codec_decode(bytes_of(bytes, len), &registry, &read, &fault), "%s: %s",
                  decode_error_name(fault.error), fault.detail);
    ck_assert_uint_eq(terms_codec_encode(&read, again, sizeof again), len);
    ck_assert_mem_eq(bytes, again, len);
    ck_assert(read.version == 3 && read.from == 20513 && read.days.zone_min == 480 &&
              read.days.start_min == 240 && read.max_late_days == 30 &&
              read.day_totals_required && read.dispute_days == 0);
    ck_assert_str_eq(read.name, "One card");
    for (uint32_t i = 0; i < 2; i++) {
        check_product(&read.products[i], &terms.products[i]);
    }
    const struct multiplier *multiplier = &read.products[1].earn.multipliers[0];
    ck_assert(multiplier->times.millionths == 2 * MILLION && multiplier->weekdays == 5 &&
              multiplier->store_count == 2 && multiplier->funder.kind == WHO_HOME);
    ck_assert_str_eq(multiplier->stores[1].text, "A1");
    ck_assert(read.offers[0].has_commission && read.offers[0].tiers[0].every &&
              read.offers[0].tiers[1].percent && read.offers[0].tiers[0].bonus.fen == 10000);
    ck_assert(read.discounts[0].funders.list[0].share.millionths == 400000);
    ck_assert(read.campaigns[0].funder.kind == WHO_ISSUER);
    terms_resolve(&read, &registry);
    terms_deinit(&read);
    terms.from = -1; /* before 1970 there is no text for a day */
    ck_assert_uint_eq(terms_codec_encode(&terms, bytes, sizeof bytes), 0);
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

/* What terms_resolve takes for granted. */
START_TEST(test_terms_refused)
{
    struct registry registry;
    struct registry empty = {0};
    struct terms terms;
    struct terms read = {0};
    struct decode_fault fault = {0};

    make_registry(&registry);
    for (int i = 0; i < 14; i++) {
        make_terms(&terms);
        switch (i) {
        case 0:
            terms.products[0].fee_payee = code("X");
            break;
        case 1:
            terms.offers[0].product = code("X");
            break;
        case 2:
            terms.offers[0].funders.list[0].who.code = code("X");
            break;
        case 3:
            terms.offers[0].funders.list[0].share.millionths++;
            break;
        case 4:
            terms.products[1].id = terms.products[0].id;
            break;
        case 5:
            terms.products[1].fund = (code_t){0};
            break;
        case 6:
            terms.products[1].earn.multipliers[0].stores[0] = code("X");
            break;
        case 7:
            terms.offers[0].tiers[1].pay = terms.offers[0].tiers[0].pay;
            break;
        case 8:
            terms.max_late_days = 0;
            break;
        case 9:
            terms.products[0].model = MODEL_PF;
            break;
        case 10:
            terms.discounts[0].funders.count = 0;
            break;
        case 11:
            terms.products[0].fee.millionths = -1;
            break;
        case 12:
            terms.days.zone_min = 15 * 60;
            break;
        default:
            terms.alliance = (code_t){0};
            break;
        }
        size_t len = terms_codec_encode(&terms, bytes, sizeof bytes);
        ck_assert_uint_gt(len, 0);
        ck_assert_msg(!terms_codec_decode(bytes_of(bytes, len), &registry, &read, &fault),
                      "case %d", i);
        ck_assert(fault.error == DECODE_VALUE && fault.detail != NULL);
        terms_deinit(&terms);
    }
    make_terms(&terms);
    size_t len = terms_codec_encode(&terms, bytes, sizeof bytes);
    ck_assert(!terms_codec_decode(bytes_of(bytes, len), &empty, &read, &fault));
    bytes[len] = 0;
    ck_assert(!terms_codec_decode(bytes_of(bytes, len + 1), &registry, &read, &fault));
    ck_assert(!terms_codec_decode(bytes_of(bytes, 0), &registry, &read, &fault));
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

START_TEST(test_terms_mutants)
{
    struct registry registry;
    struct terms terms;
    uint32_t accepted = 0;

    make_registry(&registry);
    make_terms(&terms);
    rng.state = 2;
    for (uint32_t i = 0; i < MUTANTS; i++) {
        struct terms read = {0};
        struct decode_fault fault = {0};
        size_t len = terms_codec_encode(&terms, bytes, sizeof bytes);
        len = mutate(&rng, &tree, &allclear__v1__terms__descriptor, bytes, len, mutant);
        if (!terms_codec_decode(bytes_of(mutant, len), &registry, &read, &fault)) {
            ck_assert_ptr_null(read.products);
            continue;
        }
        ck_assert_msg(terms_codec_encode(&read, again, sizeof again) == len, "mutant %u", i);
        ck_assert(memcmp(again, mutant, len) == 0);
        terms_resolve(&read, &registry);
        terms_deinit(&read);
        accepted++;
    }
    printf("terms mutants: %u accepted of %u\n", accepted, MUTANTS);
    ck_assert_uint_gt(accepted, MUTANTS / 100);
    ck_assert_uint_lt(accepted, MUTANTS / 2);
    terms_deinit(&terms);
    registry_deinit(&registry);
}
END_TEST

static void check_registry(const struct registry *a, const struct registry *b)
{
    ck_assert_uint_eq(a->parties.count, b->parties.count);
    ck_assert_uint_eq(a->participant_codes.count, b->participant_codes.count);
    ck_assert_uint_eq(a->store_codes.count, b->store_codes.count);
    for (uint32_t i = 0; i < a->parties.count; i++) {
        ck_assert_str_eq(a->parties.codes[i].text, b->parties.codes[i].text);
    }
    for (uint32_t i = 0; i < a->participant_codes.count; i++) {
        ck_assert_str_eq(a->participant_codes.codes[i].text, b->participant_codes.codes[i].text);
        ck_assert(a->participants[i].party == b->participants[i].party &&
                  a->participants[i].role == b->participants[i].role);
        ck_assert_str_eq(a->participants[i].name, b->participants[i].name);
    }
    for (uint32_t i = 0; i < a->store_codes.count; i++) {
        ck_assert_str_eq(a->store_codes.codes[i].text, b->store_codes.codes[i].text);
        ck_assert(a->stores[i].participant.n == b->stores[i].participant.n &&
                  a->stores[i].opened == b->stores[i].opened &&
                  a->stores[i].closed == b->stores[i].closed);
        ck_assert_str_eq(a->stores[i].name, b->stores[i].name);
    }
}

/* In pieces of every size: the same registry comes out. */
START_TEST(test_registry)
{
    struct registry registry;

    make_registry(&registry);
    for (size_t cap = 40; cap < 400; cap += 3) {
        struct registry read = {0};
        struct registry_place place = {0};
        struct decode_fault fault = {0};
        while (!registry_place_at_end(&registry, &place)) {
            size_t len = terms_codec_encode_registry(&registry, &place, bytes, cap);
            ck_assert_uint_gt(len, 0);
            ck_assert_uint_le(len, cap);
            ck_assert_msg(terms_codec_decode_registry(bytes_of(bytes, len), &read, &fault), "%s",
                          fault.detail);
            /* again: nothing changes */
            ck_assert(terms_codec_decode_registry(bytes_of(bytes, len), &read, &fault));
        }
        ck_assert_uint_eq(terms_codec_encode_registry(&registry, &place, bytes, cap), 0);
        check_registry(&registry, &read);
        registry_deinit(&read);
    }
    struct registry_place place = {0};
    ck_assert_uint_eq(terms_codec_encode_registry(&registry, &place, bytes, 3), 0);
    registry_deinit(&registry);
}
END_TEST

START_TEST(test_registry_mutants)
{
    struct registry registry;
    uint32_t accepted = 0;

    make_registry(&registry);
    rng.state = 8;
    for (uint32_t i = 0; i < MUTANTS; i++) {
        struct registry_place place = {0};
        struct registry read = {0};
        struct decode_fault fault = {0};
        size_t len = terms_codec_encode_registry(&registry, &place, bytes, sizeof bytes);
        len = mutate(&rng, &tree, &allclear__v1__registry__descriptor, bytes, len, mutant);
        bool ok = terms_codec_decode_registry(bytes_of(mutant, len), &read, &fault);
        if (ok) {
            place = (struct registry_place){0};
            ck_assert_uint_eq(terms_codec_encode_registry(&read, &place, again, sizeof again), len);
            ck_assert(memcmp(again, mutant, len) == 0);
        } else {
            ck_assert(read.parties.count == 0 && read.participant_codes.count == 0);
        }
        accepted += ok;
        registry_deinit(&read);
    }
    printf("registry mutants: %u accepted of %u\n", accepted, MUTANTS);
    ck_assert_uint_gt(accepted, MUTANTS / 100);
    ck_assert_uint_lt(accepted, MUTANTS / 2);
    registry_deinit(&registry);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terms_codec");
    TCase *tests = tcase_create("terms_codec");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_terms);
    tcase_add_test(tests, test_terms_refused);
    tcase_add_test(tests, test_terms_mutants);
    tcase_add_test(tests, test_registry);
    tcase_add_test(tests, test_registry_mutants);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
