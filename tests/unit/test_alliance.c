#include "tools/alliance/alliance.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every malformed file and its message is in tests/bad/alliance; here is what good ones give, and
 * that nothing at all makes the reader stumble. */

#define FILE_ROOM 8192

static struct complaints complaints;
static struct registry registry;
static struct terms terms;
static char folder[] = "/tmp/test_alliance.XXXXXX";
static char conf_path[64];
static char stores_path[64];

static const char good_stores[] = "store,participant,party,role,name,opened,closed\n"
                                  ",HQ,P0,hq,\xe6\x80\xbb\xe9\x83\xa8,,\n"
                                  ",FUND,P0,fund,,,\n"
                                  "A,A,,franchise,\"East, \"\"old\"\"\",2026-01-02,\n"
                                  "A2,A,P1,,,,2026-12-31\n"
                                  "B,B,,owned,,,\n";

static const char good_conf[] =
    "alliance = { id = \"demo\"; name = \"One \\\"card\\\"\"; zone = \"-03:30\";\n"
    "  day_start = \"04:30\"; max_late_days = 366; dispute_days = 0; stores = \"stores.csv\"; };\n"
    "products = (\n"
    "  { id = \"card\"; kind = \"stored_value\"; model = \"F1o\"; from = \"2026-01-01\"; },\n"
    "  { id = \"wash\"; kind = \"pack\"; model = \"F1\"; rate = \"90%\"; fee = \"0.6%\";\n"
    "    fee_payee = \"B\"; fee_refundable = true; commission = \"0.0001%\"; },\n"
    "  { id = \"points\"; kind = \"points\"; model = \"PF\"; issue_price = \"1.2\";\n"
    "    redeem_price = \"1.2\"; fund = \"FUND\"; beneficiary = \"HQ\"; valid_days = 36500;\n"
    "    earn = { rate = \"0.5\"; multipliers = (\n"
    "      { id = \"m1\"; times = \"1\"; },\n"
    "      { id = \"m2\"; times = \"100\"; funder = \"$home\"; to = \"2026-12-31\";\n"
    "        weekdays = [\"sun\", \"mon\"]; stores = (\"B\", \"A2\"); campaign = \"spring\"; } ); "
    "}; },\n"
    "  { id = \"gift\"; kind = \"points\"; model = \"PR\"; redeem_price = \"0\"; } );\n"
    "offers = ( { id = \"o\"; product = \"card\"; commission = \"0%\";\n"
    "  funders = ( { who = \"$issuer\"; share = \"0.0001%\"; }, { who = \"B\"; share = "
    "\"99.9999%\"; } );\n"
    "  tiers = ( { pay = \"0.01\"; bonus = \"1000%\"; }, { pay = \"500\"; bonus = \"0\"; every = "
    "true; } ); } );\n"
    "discounts = ( { id = \"d\"; funders = ( { who = \"$store\"; share = \"100%\"; } ); to = "
    "\"2026-02-28\"; } );\n"
    "campaigns = ( { id = \"spring\"; }, { id = \"autumn\"; funder = \"HQ\"; } );\n";

static void file_write(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static bool read_both(const char *conf, size_t conf_len, const char *stores, size_t stores_len)
{
    file_write(conf_path, conf, conf_len);
    file_write(stores_path, stores, stores_len);
    complaints = (struct complaints){0};
    return alliance_read(conf_path, &registry, &terms, &complaints);
}

static void release(void)
{
    terms_deinit(&terms);
    registry_deinit(&registry);
}

static void folder_make(void)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(conf_path, sizeof conf_path, "%s/alliance.conf", folder);
    (void)snprintf(stores_path, sizeof stores_path, "%s/stores.csv", folder);
}

static void folder_remove(void)
{
    release();
    (void)unlink(conf_path);
    (void)unlink(stores_path);
    (void)rmdir(folder);
}

static void read_good(void)
{
    bool good = read_both(good_conf, strlen(good_conf), good_stores, strlen(good_stores));

    complaints_write(&complaints, stderr);
    ck_assert(good);
    ck_assert_uint_eq(complaints_total(&complaints), 0);
}

START_TEST(registry_is_filled)
{
    read_good();
    ck_assert_uint_eq(registry.participant_codes.count, 4);
    ck_assert_uint_eq(registry.store_codes.count, 3);
    ck_assert_uint_eq(registry.product_codes.count, 0); /* terms_resolve brings them */
    participant_t hq = registry_find_participant(&registry, slice_of("HQ"));
    participant_t a = registry_find_participant(&registry, slice_of("A"));
    participant_t b = registry_find_participant(&registry, slice_of("B"));
    ck_assert_uint_eq(hq.n, 0);
    ck_assert_uint_eq(a.n, 2);
    ck_assert_uint_eq(registry_hq(&registry).n, 0);
    ck_assert_str_eq(registry.participants[0].name, "\xe6\x80\xbb\xe9\x83\xa8");
    ck_assert_int_eq(registry.participants[1].role, ROLE_FUND);
    ck_assert_uint_eq(registry.participants[1].party, registry.participants[0].party);
    ck_assert_str_eq(registry.parties.codes[registry.participants[a.n].party].text, "P1");
    ck_assert_str_eq(registry.parties.codes[registry.participants[b.n].party].text, "B");
    ck_assert_int_eq(registry.participants[a.n].role, ROLE_FRANCHISE);
    const struct store *east = &registry.stores[0];
    const struct store *other = &registry.stores[1];
    ck_assert_str_eq(east->name, "East, \"old\"");
    ck_assert_uint_eq(east->participant.n, a.n);
    ck_assert_int_eq(east->opened, 20455);
    ck_assert_int_eq(east->closed, DAY_MAX);
    ck_assert_uint_eq(other->participant.n, a.n);
    ck_assert_int_eq(other->opened, DAY_MIN);
    ck_assert_int_eq(other->closed, 20818);
}
END_TEST

START_TEST(head_and_products_are_filled)
{
    read_good();
    ck_assert_uint_eq(terms.version, 1);
    ck_assert_int_eq(terms.from, DAY_MIN);
    ck_assert_str_eq(terms.alliance.text, "demo");
    ck_assert_str_eq(terms.name, "One \"card\"");
    ck_assert_int_eq(terms.days.zone_min, -210);
    ck_assert_int_eq(terms.days.start_min, 270);
    ck_assert_int_eq(terms.max_late_days, 366);
    ck_assert_int_eq(terms.dispute_days, 0);
    ck_assert_uint_eq(terms.product_count, 4);
    const struct product *card = &terms.products[0];
    ck_assert_int_eq(card->kind, PRODUCT_STORED_VALUE);
    ck_assert_int_eq(card->model, MODEL_F1O);
    ck_assert_int_eq(card->span.from, 20454);
    ck_assert_int_eq(card->span.to, DAY_MAX);
    ck_assert_int_eq(card->principal_rate.millionths, MILLION);
    ck_assert_int_eq(card->bonus_rate.millionths, MILLION);
    ck_assert_int_eq(card->fee.millionths, 0);
    ck_assert_uint_eq(card->fee_payee.len, 0);
    ck_assert(!card->fee_refundable && !card->unlinked_refund);
    const struct product *wash = &terms.products[1];
    ck_assert_int_eq(wash->kind, PRODUCT_PACK);
    ck_assert_int_eq(wash->principal_rate.millionths, 900000);
    ck_assert_int_eq(wash->fee.millionths, 6000);
    ck_assert_str_eq(wash->fee_payee.text, "B");
    ck_assert(wash->fee_refundable);
    ck_assert_int_eq(wash->commission.millionths, 1);
    const struct product *gift = &terms.products[3];
    ck_assert_int_eq(gift->model, MODEL_PR);
    ck_assert_int_eq(gift->redeem_price.thousandths, 0);
    ck_assert_int_eq(gift->valid_days, 0);
    ck_assert(!gift->earn.given);
}
END_TEST

START_TEST(points_are_filled)
{
    read_good();
    const struct product *points = &terms.products[2];
    ck_assert_int_eq(points->model, MODEL_PF);
    ck_assert_int_eq(points->issue_price.thousandths, 1200);
    ck_assert_int_eq(points->redeem_price.thousandths, 1200);
    ck_assert_str_eq(points->fund.text, "FUND");
    ck_assert_str_eq(points->beneficiary.text, "HQ");
    ck_assert_int_eq(points->valid_days, 36500);
    ck_assert(points->earn.given);
    ck_assert_int_eq(points->earn.rate.millionths, 500000);
    ck_assert_int_eq(points->earn.funder.kind, WHO_STORE);
    ck_assert_uint_eq(points->earn.multiplier_count, 2);
    const struct multiplier *plain = &points->earn.multipliers[0];
    ck_assert_int_eq(plain->times.millionths, MILLION);
    ck_assert_int_eq(plain->funder.kind, WHO_STORE);
    ck_assert_uint_eq(plain->weekdays, 0);
    ck_assert_uint_eq(plain->store_count, 0);
    ck_assert_uint_eq(plain->campaign.len, 0);
    ck_assert(span_has(&plain->span, DAY_MIN) && span_has(&plain->span, DAY_MAX));
    const struct multiplier *full = &points->earn.multipliers[1];
    ck_assert_int_eq(full->times.millionths, 100 * MILLION);
    ck_assert_int_eq(full->funder.kind, WHO_HOME);
    ck_assert_uint_eq(full->weekdays, 1U << 6 | 1U);
    ck_assert_uint_eq(full->store_count, 2);
    ck_assert_str_eq(full->stores[0].text, "B");
    ck_assert_str_eq(full->stores[1].text, "A2");
    ck_assert_str_eq(full->campaign.text, "spring");
    ck_assert_int_eq(full->span.to, 20818);
}
END_TEST

START_TEST(offers_discounts_campaigns_are_filled)
{
    read_good();
    const struct offer *offer = &terms.offers[0];
    ck_assert_uint_eq(terms.offer_count, 1);
    ck_assert(offer->has_commission);
    ck_assert_int_eq(offer->commission.millionths, 0);
    ck_assert_uint_eq(offer->funders.count, 2);
    ck_assert_int_eq(offer->funders.list[0].who.kind, WHO_ISSUER);
    ck_assert_int_eq(offer->funders.list[0].share.millionths, 1);
    ck_assert_int_eq(offer->funders.list[1].who.kind, WHO_PARTICIPANT);
    ck_assert_str_eq(offer->funders.list[1].who.code.text, "B");
    ck_assert_uint_eq(offer->tier_count, 2);
    ck_assert_int_eq(money_fen(offer->tiers[0].pay), 1);
    ck_assert(offer->tiers[0].percent && !offer->tiers[0].every);
    ck_assert_int_eq(offer->tiers[0].bonus_rate.millionths, 10 * MILLION);
    ck_assert_int_eq(money_fen(offer->tiers[1].pay), 50000);
    ck_assert(!offer->tiers[1].percent && offer->tiers[1].every);
    ck_assert_int_eq(money_fen(offer->tiers[1].bonus), 0);
    ck_assert_uint_eq(terms.discount_count, 1);
    ck_assert_int_eq(terms.discounts[0].funders.list[0].who.kind, WHO_STORE);
    ck_assert_int_eq(terms.discounts[0].span.to, 20512);
    ck_assert_uint_eq(terms.campaign_count, 2);
    ck_assert_int_eq(terms.campaigns[0].funder.kind, WHO_STORE);
    ck_assert_str_eq(terms.campaigns[1].funder.code.text, "HQ");
}
END_TEST

START_TEST(what_is_read_resolves)
{
    read_good();
    terms_resolve(&terms, &registry);
    ck_assert_uint_eq(registry.product_codes.count, 4);
    ck_assert_ptr_nonnull(terms_find_offer(&terms, slice_of("o")));
    ck_assert_uint_eq(terms.products[2].earn.multipliers[1].store_numbers[0].n, 2);
}
END_TEST

START_TEST(defaults_of_the_head)
{
    static const char conf[] = "alliance = { id = \"d\"; stores = \"stores.csv\"; };\n"
                               "products = ( { id = \"w\"; kind = \"pack\"; model = \"F4\"; } );\n";

    ck_assert(read_both(conf, strlen(conf), good_stores, strlen(good_stores)));
    ck_assert_int_eq(terms.days.zone_min, 480);
    ck_assert_int_eq(terms.days.start_min, 0);
    ck_assert_int_eq(terms.max_late_days, 30);
    ck_assert_int_eq(terms.dispute_days, 10);
    ck_assert_str_eq(terms.name, "");
    ck_assert_uint_eq(terms.offer_count + terms.discount_count + terms.campaign_count, 0);
}
END_TEST

/* The samples lie beside the contract; this file's own path leads there. */
static void sample_path(const char *name, char path[4096])
{
    static const char here[] = "tests/unit/test_alliance.c";
    size_t root = strlen(__FILE__) - (sizeof here - 1);

    ck_assert_str_eq(__FILE__ + root, here);
    (void)snprintf(path, 4096, "%.*sdeploy/samples/%s/alliance.conf", (int)root, __FILE__, name);
}

START_TEST(samples_are_good)
{
    static const char *const names[] = {"f1", "f2"};
    static const model_t models[] = {MODEL_F1, MODEL_F2};
    static const int64_t commissions[] = {10000, 0};
    char path[4096];

    sample_path(names[_i], path);
    complaints = (struct complaints){0};
    bool good = alliance_read(path, &registry, &terms, &complaints);
    complaints_write(&complaints, stderr);
    ck_assert(good);
    terms_resolve(&terms, &registry);
    const struct product *card =
        terms_find_product(&terms, &registry, slice_of("card"), PRODUCT_STORED_VALUE);
    const struct product *wash =
        terms_find_product(&terms, &registry, slice_of("wash"), PRODUCT_PACK);
    const struct product *points =
        terms_find_product(&terms, &registry, slice_of("points"), PRODUCT_POINTS);
    const struct offer *offer = terms_find_offer(&terms, slice_of("500-100"));
    ck_assert(card != NULL && wash != NULL && points != NULL && offer != NULL);
    ck_assert_int_eq(card->model, models[_i]);
    ck_assert_int_eq(card->commission.millionths, commissions[_i]);
    ck_assert_int_eq(card->bonus_rate.millionths, 500000);
    ck_assert_int_eq(card->fee.millionths, 6000);
    ck_assert_int_eq(wash->model, models[_i]);
    ck_assert_int_eq(wash->fee.millionths + wash->commission.millionths, 0);
    ck_assert_int_eq(points->earn.rate.millionths, MILLION);
    ck_assert_int_eq(money_fen(offer->tiers[0].pay), 50000);
    ck_assert_int_eq(money_fen(offer->tiers[0].bonus), 10000);
    ck_assert_uint_eq(registry.participant_codes.count, 5);
    ck_assert_uint_eq(registry.store_codes.count, 3);
}
END_TEST

START_TEST(outputs_are_untouched_on_failure)
{
    terms.version = 77;
    registry.store_capacity = 0;
    ck_assert(!read_both("x", 1, good_stores, strlen(good_stores)));
    ck_assert_uint_eq(terms.version, 77);
    ck_assert_ptr_null(registry.stores);
    ck_assert_uint_eq(complaints.count, 1);
    ck_assert_str_eq(complaints.list[0].file, conf_path);
    terms.version = 0;
}
END_TEST

START_TEST(twenty_complaints_are_kept_in_order)
{
    char conf[FILE_ROOM];
    int len =
        snprintf(conf, sizeof conf, "%s", "alliance = { id = \"d\"; stores = \"stores.csv\"; };\n");

    for (int i = 0; i < 25; i++) {
        len += snprintf(conf + len, sizeof conf - (size_t)len, "unknown%d = 1;\n", i);
    }
    ck_assert(!read_both(conf, (size_t)len, good_stores, strlen(good_stores)));
    ck_assert_uint_eq(complaints.count, COMPLAINTS_MAX);
    ck_assert_uint_eq(complaints.left_out, 6); /* 25 keys, no products */
    for (uint32_t i = 0; i < COMPLAINTS_MAX; i++) {
        ck_assert_uint_eq(complaints.list[i].line, i + 2);
        ck_assert_uint_eq(complaints.list[i].column, 1);
    }
}
END_TEST

/* A broken header after a full list of complaints must not be taken for a good one. */
START_TEST(stores_are_not_read_behind_a_bad_header)
{
    char conf[FILE_ROOM];
    int len = 0;

    for (int i = 0; i < 25; i++) {
        len += snprintf(conf + len, sizeof conf - (size_t)len, "unknown%d = 1;\n", i);
    }
    len += snprintf(conf + len, sizeof conf - (size_t)len, "%s", good_conf);
    ck_assert(!read_both(conf, (size_t)len, "a,b\nA,A\n", 8));
    ck_assert(!read_both(conf, (size_t)len, good_stores + 6, strlen(good_stores) - 6));
}
END_TEST

START_TEST(names_are_not_missed_when_the_stores_are_broken)
{
    ck_assert(!read_both(good_conf, strlen(good_conf), "store\n", 6));
    ck_assert_uint_eq(complaints.count, 6); /* the missing columns and nothing else */
    for (uint32_t i = 0; i < complaints.count; i++) {
        ck_assert_str_eq(complaints.list[i].file, stores_path);
    }
}
END_TEST

/* What a file cut anywhere, or with any byte changed, gives: complaints or a good reading. */
START_TEST(cut_files_are_refused)
{
    size_t conf_len = strlen(good_conf);
    size_t products_end = (size_t)(strstr(good_conf, "offers") - good_conf) - 3;

    for (size_t len = 0; len < conf_len; len++) {
        bool good = read_both(good_conf, len, good_stores, strlen(good_stores));
        ck_assert_msg(good == (complaints.count == 0), "cut at %zu", len);
        ck_assert_msg(!good || len >= products_end, "cut at %zu", len);
        release();
    }
    for (size_t len = 0; len < strlen(good_stores); len++) {
        bool good = read_both(good_conf, conf_len, good_stores, len);
        ck_assert_msg(good == (complaints.count == 0), "cut at %zu", len);
        release();
    }
}
END_TEST

START_TEST(changed_bytes_do_no_harm)
{
    static const char changes[] = {'"', '\0', '\n', '(', '}', ',', (char)0x80, '\\', '9'};
    static char text[FILE_ROOM];

    for (size_t i = 0; i < strlen(good_conf) * sizeof changes; i += 3) {
        size_t at = i / sizeof changes;
        memcpy(text, good_conf, sizeof good_conf);
        text[at] = changes[i % sizeof changes];
        bool good = read_both(text, strlen(good_conf), good_stores, strlen(good_stores));
        ck_assert_msg(good == (complaints.count == 0), "byte %zu", at);
        release();
    }
    for (size_t i = 0; i < strlen(good_stores) * sizeof changes; i++) {
        size_t at = i / sizeof changes;
        memcpy(text, good_stores, sizeof good_stores);
        text[at] = changes[i % sizeof changes];
        bool good = read_both(good_conf, strlen(good_conf), text, strlen(good_stores));
        ck_assert_msg(good == (complaints.count == 0), "byte %zu", at);
        release();
    }
}
END_TEST

START_TEST(complaints_show_file_line_column)
{
    char text[1024] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");
    struct place whole = {"b.csv", 0, 0};
    struct place late = {"a.conf", 12, 5};
    struct place early = {"a.conf", 12, 4};
    char longer[2 * COMPLAINT_FILE_SIZE];

    complaints = (struct complaints){0};
    complaints_add(&complaints, &late, "second %d", 2);
    complaints_add(&complaints, &whole, "whole");
    complaints_add(&complaints, &early, "first");
    complaints_sort(&complaints);
    complaints_write(&complaints, stream);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_str_eq(text, "a.conf:12:4: first\na.conf:12:5: second 2\nb.csv: whole\n");
    memset(longer, 'x', sizeof longer);
    memcpy(longer + sizeof longer - 4, "end", 4);
    complaints_add(&complaints, &(struct place){longer, 1, 1}, "long");
    ck_assert_uint_eq(strlen(complaints.list[3].file), COMPLAINT_FILE_SIZE - 1);
    ck_assert_str_eq(complaints.list[3].file + COMPLAINT_FILE_SIZE - 4, "end");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alliance");
    TCase *tcase = tcase_create("alliance");

    tcase_add_checked_fixture(tcase, folder_make, folder_remove);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, registry_is_filled);
    tcase_add_test(tcase, head_and_products_are_filled);
    tcase_add_test(tcase, points_are_filled);
    tcase_add_test(tcase, offers_discounts_campaigns_are_filled);
    tcase_add_test(tcase, what_is_read_resolves);
    tcase_add_test(tcase, defaults_of_the_head);
    tcase_add_loop_test(tcase, samples_are_good, 0, 2);
    tcase_add_test(tcase, outputs_are_untouched_on_failure);
    tcase_add_test(tcase, twenty_complaints_are_kept_in_order);
    tcase_add_test(tcase, stores_are_not_read_behind_a_bad_header);
    tcase_add_test(tcase, names_are_not_missed_when_the_stores_are_broken);
    tcase_add_test(tcase, cut_files_are_refused);
    tcase_add_test(tcase, changed_bytes_do_no_harm);
    tcase_add_test(tcase, complaints_show_file_line_column);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
