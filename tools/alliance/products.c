#include "tools/alliance/products.h"

#include <stdlib.h>

#include "clearing/base/memory.h"
#include "tools/text.h"

static const rate_t whole = {MILLION};

static const char *const value_names[] = {"F1", "F1o", "F2", "F4", NULL};
static const model_t value_models[] = {MODEL_F1, MODEL_F1O, MODEL_F2, MODEL_F4};
static const char *const points_names[] = {"PF", "PR", NULL};
static const model_t points_models[] = {MODEL_PF, MODEL_PR};

static void model_read(const struct config *reader, const config_setting_t *group,
                       const char *const *names, const model_t *models, model_t *ret_model)
{
    int choice = choice_read(reader, group, "model", names);

    if (choice >= 0) {
        *ret_model = models[choice];
    }
}

/* What stored value and packs have in common. */
static void value_read(const struct config *reader, const config_setting_t *group,
                       struct product *product)
{
    model_read(reader, group, value_names, value_models, &product->model);
    rate_read(reader, group, "fee", &product->fee);
    participant_read(reader, group, "fee_payee", OPTIONAL, &product->fee_payee);
    bool_read(reader, group, "fee_refundable", &product->fee_refundable);
    const config_setting_t *commission =
        rate_read(reader, group, "commission", &product->commission);
    if (commission != NULL && product->commission.millionths > 0 && product->model != 0 &&
        product->model != MODEL_F1) {
        field_complain(reader, commission, _("a commission is paid only under model \"F1\""));
    }
}

/* Who bears a shortfall, and how much in a line at most: both or neither. */
static void shortfall_read(const struct config *reader, const config_setting_t *group,
                           struct product *product)
{
    static const char *const names[] = {"store", "issuer", "hq", NULL};
    static const shortfall_t bearers[] = {SHORTFALL_STORE, SHORTFALL_ISSUER, SHORTFALL_HQ};
    const config_setting_t *bearer = config_setting_get_member(group, "shortfall");
    const config_setting_t *limit = config_setting_get_member(group, "floor_limit");

    if (bearer == NULL && limit == NULL) {
        return;
    }
    if (bearer == NULL || limit == NULL) {
        field_complain(reader, bearer == NULL ? limit : bearer,
                       _("shortfall and floor_limit stand together or not at all"));
        return;
    }
    int choice = choice_read(reader, group, "shortfall", names);
    if (choice >= 0) {
        product->shortfall = bearers[choice];
    }
    if (money_read(reader, group, "floor_limit", &product->floor_limit) != NULL &&
        money_is_zero(product->floor_limit)) {
        field_complain(reader, limit, _("must be more than 0"));
    }
}

static void stored_value_read(const struct config *reader, const config_setting_t *group,
                              struct product *product)
{
    static const char *const keys[] = {
        "id",        "kind",           "from",       "to",
        "model",     "principal_rate", "bonus_rate", "fee",
        "fee_payee", "fee_refundable", "commission", "unlinked_refund",
        "shortfall", "floor_limit",    "hold_days",  NULL};

    group_check(reader, group, keys);
    product->principal_rate = whole;
    product->bonus_rate = whole;
    value_read(reader, group, product);
    rate_read(reader, group, "principal_rate", &product->principal_rate);
    rate_read(reader, group, "bonus_rate", &product->bonus_rate);
    bool_read(reader, group, "unlinked_refund", &product->unlinked_refund);
    shortfall_read(reader, group, product);
    integer_read(reader, group, "hold_days", 1, HOLD_DAYS_MAX, &product->hold_days);
}

static void pack_read(const struct config *reader, const config_setting_t *group,
                      struct product *product)
{
    static const char *const keys[] = {
        "id",  "kind",      "from",           "to",         "model", "rate",
        "fee", "fee_payee", "fee_refundable", "commission", NULL};

    group_check(reader, group, keys);
    product->principal_rate = whole;
    value_read(reader, group, product);
    rate_read(reader, group, "rate", &product->principal_rate);
}

static void weekdays_read(const struct config *reader, const config_setting_t *group,
                          uint8_t *ret_weekdays)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
    const config_setting_t *list = list_read(reader, group, "weekdays", OPTIONAL, 0);
    unsigned weekdays = 0;

    if (list == NULL) {
        return;
    }
    if (config_setting_length(list) == 0) {
        field_complain(reader, list,
                       _("at least one day must be there; leave the key out for all"));
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *element = config_setting_get_elem(list, (unsigned)i);
        int day = choice_of(reader, element, names);
        if (day >= 0 && (weekdays & 1U << day) != 0) {
            field_complain(reader, element, _("\"%s\" stands here twice"), names[day]);
        } else if (day >= 0) {
            weekdays |= 1U << day;
        }
    }
    *ret_weekdays = (uint8_t)weekdays;
}

/* A store's code, known and new to the list. Returns: false after a complaint. */
static bool store_read(const struct config *reader, const config_setting_t *element,
                       struct code_index *seen)
{
    slice_t text = {0};

    if (!text_of(reader, element, _("must be a store's code"), &text)) {
        return false;
    }
    if (!code_valid(text)) {
        field_refuse(reader, element, _("must be a store's code"));
        return false;
    }
    if (reader->registry_good && registry_find_store(reader->registry, text).n == STORE_NONE.n) {
        field_complain(reader, element, _("there is no store \"%s\" in the stores' file"),
                       text.text);
        return false;
    }
    if (code_index_find(seen, text) != CODE_NONE) {
        field_complain(reader, element, _("\"%s\" stands here twice"), text.text);
        return false;
    }
    code_index_add(seen, text);
    return true;
}

static void stores_read(const struct config *reader, const config_setting_t *group,
                        struct multiplier *multiplier)
{
    const config_setting_t *list = list_read(reader, group, "stores", OPTIONAL, 0);
    struct code_index seen = {0};

    if (list == NULL) {
        return;
    }
    uint32_t count = (uint32_t)config_setting_length(list);
    if (count == 0) {
        field_complain(reader, list,
                       _("at least one store must be there; leave the key out for all"));
        return;
    }
    multiplier->stores = memory_zeroed(count, sizeof *multiplier->stores);
    for (uint32_t i = 0; i < count; i++) {
        if (store_read(reader, config_setting_get_elem(list, i), &seen)) {
            multiplier->stores[multiplier->store_count++] = seen.codes[seen.count - 1];
        }
    }
    code_index_deinit(&seen);
}

static void multiplier_read(const struct config *reader, const config_setting_t *group,
                            struct multiplier *multiplier)
{
    static const char *const keys[] = {"id",       "times",  "funder",   "from", "to",
                                       "weekdays", "stores", "campaign", NULL};

    multiplier->funder = (struct who){.kind = WHO_STORE, .participant = PARTICIPANT_NONE};
    multiplier->span = (struct span){DAY_MIN, DAY_MAX};
    if (!group_check(reader, group, keys)) {
        return;
    }
    code_read(reader, group, "id", REQUIRED, &multiplier->id);
    number_read(reader, group, "times", whole, (rate_t){100 * MILLION}, &multiplier->times);
    who_read(reader, group, "funder", OPTIONAL, &multiplier->funder);
    span_read(reader, group, &multiplier->span);
    weekdays_read(reader, group, &multiplier->weekdays);
    stores_read(reader, group, multiplier);
    const config_setting_t *campaign =
        code_read(reader, group, "campaign", OPTIONAL, &multiplier->campaign);
    if (campaign != NULL &&
        code_index_find(reader->campaigns, code_slice(&multiplier->campaign)) == CODE_NONE) {
        field_complain(reader, campaign, _("there is no campaign \"%s\" in this file"),
                       multiplier->campaign.text);
    }
}

static void multipliers_read(const struct config *reader, const config_setting_t *group,
                             struct earning *earn)
{
    const config_setting_t *list =
        list_read(reader, group, "multipliers", OPTIONAL, MULTIPLIERS_MAX);
    uint32_t count = list == NULL ? 0 : (uint32_t)config_setting_length(list);

    for (uint32_t i = 0; i < count; i++) {
        const config_setting_t *element = config_setting_get_elem(list, i);
        struct multiplier *multiplier = &earn->multipliers[earn->multiplier_count++];
        multiplier_read(reader, element, multiplier);
        for (uint32_t k = 0; k < i && multiplier->id.len > 0; k++) {
            if (slice_equal(code_slice(&earn->multipliers[k].id), code_slice(&multiplier->id))) {
                field_complain(reader, config_setting_get_member(element, "id"),
                               _("\"%s\" is there already"), multiplier->id.text);
                break;
            }
        }
    }
}

static void earn_read(const struct config *reader, const config_setting_t *product,
                      struct earning *earn)
{
    static const char *const keys[] = {"rate", "funder", "multipliers", NULL};
    const config_setting_t *group = field_find(reader, product, "earn", OPTIONAL);

    if (group == NULL || !group_check(reader, group, keys)) {
        return;
    }
    earn->given = true;
    earn->funder = (struct who){.kind = WHO_STORE, .participant = PARTICIPANT_NONE};
    number_read(reader, group, "rate", (rate_t){1}, (rate_t){1000 * MILLION}, &earn->rate);
    who_read(reader, group, "funder", OPTIONAL, &earn->funder);
    multipliers_read(reader, group, earn);
}

/* What only a fund has. */
static void fund_read(const struct config *reader, const config_setting_t *group,
                      struct product *product)
{
    static const char *const keys[] = {"issue_price", "fund", "beneficiary", NULL};
    /* While the model is not known, nothing is missing and nothing too much. */
    presence_t presence = product->model == MODEL_PF ? REQUIRED : OPTIONAL;

    for (size_t i = 0; keys[i] != NULL && product->model == MODEL_PR; i++) {
        const config_setting_t *setting = config_setting_get_member(group, keys[i]);
        if (setting != NULL) {
            field_complain(reader, setting, _("is not allowed under model \"PR\""));
        }
    }
    if (product->model == MODEL_PR) {
        return;
    }
    bool issue_good =
        point_price_read(reader, group, "issue_price", presence, &product->issue_price) != NULL;
    participant_read(reader, group, "fund", presence, &product->fund);
    participant_read(reader, group, "beneficiary", OPTIONAL, &product->beneficiary);
    if (issue_good && product->redeem_price.thousandths > product->issue_price.thousandths) {
        field_refuse(reader, config_setting_get_member(group, "redeem_price"),
                     _("must not be above issue_price"));
    }
}

static void points_read(const struct config *reader, const config_setting_t *group,
                        struct product *product)
{
    static const char *const keys[] = {"id",          "kind",        "from",         "to",
                                       "model",       "issue_price", "redeem_price", "fund",
                                       "beneficiary", "valid_days",  "earn",         NULL};

    group_check(reader, group, keys);
    model_read(reader, group, points_names, points_models, &product->model);
    point_price_read(reader, group, "redeem_price", REQUIRED, &product->redeem_price);
    fund_read(reader, group, product);
    integer_read(reader, group, "valid_days", 1, 36500, &product->valid_days);
    earn_read(reader, group, &product->earn);
}

void product_read(const struct config *reader, const config_setting_t *group,
                  struct product *ret_product)
{
    static const char *const kinds[] = {"stored_value", "pack", "points", NULL};
    struct product product = {0};

    product.span = (struct span){DAY_MIN, DAY_MAX};
    product.fee_payee_participant = PARTICIPANT_NONE;
    product.fund_participant = PARTICIPANT_NONE;
    product.beneficiary_participant = PARTICIPANT_NONE;
    if (!config_setting_is_group(group)) {
        field_refuse(reader, group, _("must be a group { ... }"));
        return;
    }
    code_read(reader, group, "id", REQUIRED, &product.id);
    span_read(reader, group, &product.span);
    switch (choice_read(reader, group, "kind", kinds)) {
    case 0:
        product.kind = PRODUCT_STORED_VALUE;
        stored_value_read(reader, group, &product);
        break;
    case 1:
        product.kind = PRODUCT_PACK;
        pack_read(reader, group, &product);
        break;
    case 2:
        product.kind = PRODUCT_POINTS;
        points_read(reader, group, &product);
        break;
    }
    *ret_product = product;
}
