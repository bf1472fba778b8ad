#include "tools/alliance/alliance.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/alliance/fields.h"
#include "tools/alliance/products.h"
#include "tools/alliance/stores.h"
#include "tools/alliance/tree.h"
#include "tools/text.h"

#define ZONE_MIN_MAX (14 * 60) /* no zone on earth is farther from UTC */
#define ENTRIES_MAX  65536     /* offers, discounts, campaigns: each; far above any use */

struct alliance {
    struct config reader;
    struct registry registry;
    struct terms terms;
};

/* Two digits. Returns: -1 when something else stands there. */
static int32_t two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return -1;
    }
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/* "HH:MM" as minutes. Returns: -1 when it is no such time. */
static int32_t minutes_parse(const char *text, uint32_t len)
{
    if (len != 5 || text[2] != ':') {
        return -1;
    }
    int32_t hours = two_digits(text);
    int32_t minutes = two_digits(text + 3);
    return hours < 0 || hours > 23 || minutes < 0 || minutes > 59 ? -1 : hours * 60 + minutes;
}

static void zone_read(const struct config *reader, const config_setting_t *group,
                      int32_t *ret_zone_min)
{
    const config_setting_t *setting = field_find(reader, group, "zone", OPTIONAL);
    const char *expected = _("a zone is a string with an offset such as \"+08:00\", "
                             "at most 14:00");
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return;
    }
    bool sign = text.len == 6 && (text.text[0] == '+' || text.text[0] == '-');
    int32_t minutes = sign ? minutes_parse(text.text + 1, 5) : -1;
    if (minutes < 0 || minutes > ZONE_MIN_MAX) {
        field_refuse(reader, setting, expected);
        return;
    }
    *ret_zone_min = text.text[0] == '-' ? -minutes : minutes;
}

static void day_start_read(const struct config *reader, const config_setting_t *group,
                           int32_t *ret_start_min)
{
    const config_setting_t *setting = field_find(reader, group, "day_start", OPTIONAL);
    const char *expected = _("a time is a string \"HH:MM\" from \"00:00\" to \"23:59\"");
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return;
    }
    int32_t minutes = minutes_parse(text.text, text.len);
    if (minutes < 0) {
        field_refuse(reader, setting, expected);
        return;
    }
    *ret_start_min = minutes;
}

static void name_read(const struct config *reader, const config_setting_t *group,
                      char ret_name[NAME_LEN_MAX + 1])
{
    const config_setting_t *setting = field_find(reader, group, "name", OPTIONAL);
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, _("must be a string"), &text)) {
        return;
    }
    if (!utf8_printable(text)) {
        field_complain(reader, setting, _("a name has no control characters"));
        return;
    }
    if (text.len > NAME_LEN_MAX) {
        field_complain(reader, setting, _("a name has at most %d bytes (found %" PRIu32 ")"),
                       NAME_LEN_MAX, text.len);
        return;
    }
    memcpy(ret_name, text.text, text.len);
    ret_name[text.len] = '\0';
}

/* The path of a file beside another one. The caller frees. */
static char *path_beside(const char *path, slice_t name)
{
    const char *slash = strrchr(path, '/');
    size_t dir = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *beside = memory_zeroed(dir + name.len + 1, 1);

    memcpy(beside, path, dir);
    memcpy(beside + dir, name.text, name.len);
    return beside;
}

static void stores_file_read(struct alliance *alliance, const config_setting_t *group)
{
    struct config *reader = &alliance->reader;
    const config_setting_t *setting = field_find(reader, group, "stores", REQUIRED);
    const char *expected = _("must be the name of a CSV file beside this one");
    slice_t name = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &name)) {
        return;
    }
    if (!utf8_printable(name) || name.len == 0 || name.len > 255 ||
        memchr(name.text, '/', name.len) != NULL || slice_equal(name, slice_of(".")) ||
        slice_equal(name, slice_of(".."))) {
        field_refuse(reader, setting, expected);
        return;
    }
    char *path = path_beside(reader->source->path, name);
    reader->registry_good = stores_read(path, &alliance->registry, reader->complaints);
    free(path);
}

/* Must every till report its day before a cycle closes? */
static void day_totals_read(const struct config *reader, const config_setting_t *group,
                            bool *ret_required)
{
    static const char *const names[] = {"optional", "required", NULL};
    const config_setting_t *setting = field_find(reader, group, "day_totals", OPTIONAL);

    *ret_required = setting != NULL && choice_of(reader, setting, names) == 1;
}

static void head_read(struct alliance *alliance, const config_setting_t *root)
{
    static const char *const keys[] = {"id",     "name", "zone", "day_start", "max_late_days",
                                       "stores", "day_totals", "dispute_days", NULL};
    struct config *reader = &alliance->reader;
    struct terms *terms = &alliance->terms;
    const config_setting_t *group = field_find(reader, root, "alliance", REQUIRED);

    if (group == NULL || !group_check(reader, group, keys)) {
        return;
    }
    code_read(reader, group, "id", REQUIRED, &terms->alliance);
    name_read(reader, group, terms->name);
    zone_read(reader, group, &terms->days.zone_min);
    day_start_read(reader, group, &terms->days.start_min);
    integer_read(reader, group, "max_late_days", 1, 366, &terms->max_late_days);
    day_totals_read(reader, group, &terms->day_totals_required);
    integer_read(reader, group, "dispute_days", 0, 366, &terms->dispute_days);
    stores_file_read(alliance, group);
}

/* Refuse an id that an earlier element of the list has. */
static void id_check(const struct config *reader, const config_setting_t *element,
                     struct code_index *seen, const code_t *id)
{
    if (id->len == 0) {
        return;
    }
    if (code_index_find(seen, code_slice(id)) != CODE_NONE) {
        field_complain(reader, config_setting_get_member(element, "id"),
                       _("\"%s\" is there already"), id->text);
        return;
    }
    code_index_add(seen, code_slice(id));
}

static void campaigns_read(struct alliance *alliance, const config_setting_t *root,
                           struct code_index *seen)
{
    static const char *const keys[] = {"id", "funder", "from", "to", NULL};
    const struct config *reader = &alliance->reader;
    struct terms *terms = &alliance->terms;
    const config_setting_t *list = list_read(reader, root, "campaigns", OPTIONAL, ENTRIES_MAX);

    if (list == NULL || config_setting_length(list) == 0) {
        return;
    }
    terms->campaign_count = (uint32_t)config_setting_length(list);
    terms->campaigns = memory_zeroed(terms->campaign_count, sizeof *terms->campaigns);
    for (uint32_t i = 0; i < terms->campaign_count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, i);
        struct campaign *campaign = &terms->campaigns[i];
        campaign->span = (struct span){DAY_MIN, DAY_MAX};
        campaign->funder = (struct who){.kind = WHO_STORE, .participant = PARTICIPANT_NONE};
        if (group_check(reader, element, keys)) {
            code_read(reader, element, "id", REQUIRED, &campaign->id);
            who_read(reader, element, "funder", OPTIONAL, &campaign->funder);
            span_read(reader, element, &campaign->span);
            id_check(reader, element, seen, &campaign->id);
        }
    }
}

static void products_read(struct alliance *alliance, const config_setting_t *root)
{
    const struct config *reader = &alliance->reader;
    struct terms *terms = &alliance->terms;
    struct code_index seen = {0};
    const config_setting_t *list = list_read(reader, root, "products", REQUIRED, PRODUCTS_MAX);

    if (list == NULL) {
        return;
    }
    terms->product_count = (uint32_t)config_setting_length(list);
    terms->products = memory_zeroed(terms->product_count, sizeof *terms->products);
    for (uint32_t i = 0; i < terms->product_count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, i);
        product_read(reader, element, &terms->products[i]);
        id_check(reader, element, &seen, &terms->products[i].id);
    }
    code_index_deinit(&seen);
}

/* Money or a percentage. */
static void bonus_read(const struct config *reader, const config_setting_t *group,
                       struct tier *tier)
{
    const config_setting_t *setting = field_find(reader, group, "bonus", REQUIRED);
    const char *expected = _("a bonus is a string with money such as \"100.00\" "
                             "or a percentage from \"0%\" to \"1000%\"");
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return;
    }
    tier->percent = text.len > 0 && text.text[text.len - 1] == '%';
    bool good = tier->percent ? rate_parse_percent(text, &tier->bonus_rate) &&
                                    tier->bonus_rate.millionths <= 10 * MILLION
                              : money_parse_yuan(text, &tier->bonus);
    if (!good) {
        field_refuse(reader, setting, expected);
    }
}

static void tier_read(const struct config *reader, const config_setting_t *group,
                      const struct tier *below, struct tier *tier)
{
    static const char *const keys[] = {"pay", "bonus", "every", NULL};

    if (!group_check(reader, group, keys)) {
        return;
    }
    const config_setting_t *pay = money_read(reader, group, "pay", &tier->pay);
    if (pay != NULL && money_is_zero(tier->pay)) {
        field_refuse(reader, pay, _("must be more than 0"));
    } else if (pay != NULL && below != NULL && money_compare(tier->pay, below->pay) <= 0) {
        field_refuse(reader, pay, _("must be more than in the tier before"));
    }
    bonus_read(reader, group, tier);
    const config_setting_t *every = bool_read(reader, group, "every", &tier->every);
    if (every != NULL && tier->every && tier->percent) {
        field_complain(reader, every, _("goes with a bonus in money only"));
    }
}

/* The product that an offer tops up; NULL when the file has none of that id. */
static const struct product *product_find(const struct terms *terms, const code_t *id)
{
    for (uint32_t i = 0; i < terms->product_count; i++) {
        if (slice_equal(code_slice(&terms->products[i].id), code_slice(id))) {
            return &terms->products[i];
        }
    }
    return NULL;
}

static void offer_product_read(const struct alliance *alliance, const config_setting_t *group,
                               struct offer *offer)
{
    const struct config *reader = &alliance->reader;
    const config_setting_t *setting =
        code_read(reader, group, "product", REQUIRED, &offer->product);
    const struct product *product = NULL;

    if (setting != NULL) {
        product = product_find(&alliance->terms, &offer->product);
        if (product == NULL) {
            field_complain(reader, setting, _("there is no product \"%s\" in this file"),
                           offer->product.text);
        } else if (product->kind != PRODUCT_STORED_VALUE && product->kind != 0) {
            field_complain(reader, setting, _("\"%s\" is not stored value"), offer->product.text);
        }
    }
    const config_setting_t *commission = rate_read(reader, group, "commission", &offer->commission);
    offer->has_commission = commission != NULL;
    if (commission != NULL && offer->commission.millionths > 0 && product != NULL &&
        product->model != 0 && product->model != MODEL_F1) {
        field_complain(reader, commission, _("a commission is paid only under model \"F1\""));
    }
}

static void offer_read(const struct alliance *alliance, const config_setting_t *group,
                       struct offer *offer)
{
    static const char *const keys[] = {"id",      "product",    "from",  "to",
                                       "funders", "commission", "tiers", NULL};
    const struct config *reader = &alliance->reader;

    offer->span = (struct span){DAY_MIN, DAY_MAX};
    if (!group_check(reader, group, keys)) {
        return;
    }
    code_read(reader, group, "id", REQUIRED, &offer->id);
    span_read(reader, group, &offer->span);
    funders_read(reader, group, &offer->funders);
    offer_product_read(alliance, group, offer);
    const config_setting_t *list = list_read(reader, group, "tiers", REQUIRED, TIERS_MAX);
    offer->tier_count = list == NULL ? 0 : (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < offer->tier_count; i++) {
        tier_read(reader, config_setting_get_elem(list, i), i == 0 ? NULL : &offer->tiers[i - 1],
                  &offer->tiers[i]);
    }
}

static void offers_read(struct alliance *alliance, const config_setting_t *root)
{
    const struct config *reader = &alliance->reader;
    struct terms *terms = &alliance->terms;
    struct code_index seen = {0};
    const config_setting_t *list = list_read(reader, root, "offers", OPTIONAL, ENTRIES_MAX);

    if (list == NULL || config_setting_length(list) == 0) {
        return;
    }
    terms->offer_count = (uint32_t)config_setting_length(list);
    terms->offers = memory_zeroed(terms->offer_count, sizeof *terms->offers);
    for (uint32_t i = 0; i < terms->offer_count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, i);
        offer_read(alliance, element, &terms->offers[i]);
        terms->offers[i].product_number = PRODUCT_NONE;
        id_check(reader, element, &seen, &terms->offers[i].id);
    }
    code_index_deinit(&seen);
}

static void discounts_read(struct alliance *alliance, const config_setting_t *root)
{
    static const char *const keys[] = {"id", "funders", "from", "to", NULL};
    const struct config *reader = &alliance->reader;
    struct terms *terms = &alliance->terms;
    struct code_index seen = {0};
    const config_setting_t *list = list_read(reader, root, "discounts", OPTIONAL, ENTRIES_MAX);

    if (list == NULL || config_setting_length(list) == 0) {
        return;
    }
    terms->discount_count = (uint32_t)config_setting_length(list);
    terms->discounts = memory_zeroed(terms->discount_count, sizeof *terms->discounts);
    for (uint32_t i = 0; i < terms->discount_count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, i);
        struct discount *discount = &terms->discounts[i];
        discount->span = (struct span){DAY_MIN, DAY_MAX};
        if (group_check(reader, element, keys)) {
            code_read(reader, element, "id", REQUIRED, &discount->id);
            funders_read(reader, element, &discount->funders);
            span_read(reader, element, &discount->span);
            id_check(reader, element, &seen, &discount->id);
        }
    }
    code_index_deinit(&seen);
}

static void root_read(struct alliance *alliance, const config_setting_t *root)
{
    static const char *const keys[] = {"alliance",  "products",  "offers",
                                       "discounts", "campaigns", NULL};
    struct code_index campaigns = {0};

    alliance->reader.campaigns = &campaigns;
    group_check(&alliance->reader, root, keys);
    head_read(alliance, root);
    campaigns_read(alliance, root, &campaigns);
    products_read(alliance, root);
    offers_read(alliance, root);
    discounts_read(alliance, root);
    alliance->reader.campaigns = NULL;
    code_index_deinit(&campaigns);
}

static void source_take(struct alliance *alliance, const struct source *source)
{
    struct tree tree;

    alliance->reader.source = source;
    const config_setting_t *root = tree_read(&tree, source, alliance->reader.complaints);
    if (root != NULL) {
        root_read(alliance, root);
    }
    tree_deinit(&tree);
}

bool alliance_read(const char *path, struct registry *ret_registry, struct terms *ret_terms,
                   struct complaints *complaints)
{
    struct alliance alliance = {0};
    struct source source = {0};
    bool clean = complaints->count == 0;

    alliance.reader.complaints = complaints;
    alliance.reader.registry = &alliance.registry;
    alliance.terms.version = 1;
    alliance.terms.from = DAY_MIN;
    alliance.terms.days.zone_min = 8 * 60;
    alliance.terms.max_late_days = 30;
    alliance.terms.dispute_days = DISPUTE_DAYS;
    CHECK(clean); /* complaints are how a refusal is known */
    if (source_read(&source, path, ALLIANCE_LEN_MAX, SOURCE_UTF8, complaints)) {
        source_take(&alliance, &source);
        source_deinit(&source);
    }
    complaints_sort(complaints);
    if (complaints->count > 0) {
        registry_deinit(&alliance.registry);
        terms_deinit(&alliance.terms);
        return false;
    }
    *ret_registry = alliance.registry;
    *ret_terms = alliance.terms;
    return true;
}
