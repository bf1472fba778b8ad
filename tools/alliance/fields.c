#include "tools/alliance/fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "tools/alliance/hint.h"
#include "tools/text.h"

#define PATH_SIZE  200
#define FOUND_MAX  48
#define FOUND_SIZE 128

static bool place_subtree(config_setting_t *setting, const struct scan *scan, uint32_t *at)
{
    int count = config_setting_is_aggregate(setting) ? config_setting_length(setting) : 0;

    for (int i = 0; i < count; i++) {
        config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
        if (*at == scan->count) {
            return false;
        }
        config_setting_set_hook(child, &scan->nodes[(*at)++]);
        if (!place_subtree(child, scan, at)) { /* as deep as the scan allows */
            return false;
        }
    }
    return true;
}

bool fields_place(const config_setting_t *root, const struct scan *scan)
{
    uint32_t at = 0;

    return place_subtree(root->config->root, scan, &at) && at == scan->count;
}

static struct place place_of(const struct config *reader, const config_setting_t *setting)
{
    const struct scan_node *node = config_setting_get_hook(setting);

    return node == NULL ? (struct place){reader->source->path, 1, 1} /* the file itself */
                        : source_place(reader->source, node->at);
}

/* "products.card.fee": list elements by their id where they have one, else by "[2]", from 1. */
static void path_write(const config_setting_t *setting, char path[PATH_SIZE])
{
    const config_setting_t *parent = config_setting_parent(setting);
    const char *id = NULL;

    if (parent == NULL) {
        path[0] = '\0';
        return;
    }
    path_write(parent, path); /* as deep as the scan allows */
    size_t len = strlen(path);
    const char *dot = len == 0 ? "" : ".";
    if (config_setting_name(setting) != NULL) {
        (void)snprintf(path + len, PATH_SIZE - len, "%s%.40s", dot, config_setting_name(setting));
    } else if (config_setting_is_group(setting) &&
               config_setting_lookup_string(setting, "id", &id) && code_valid(slice_of(id))) {
        (void)snprintf(path + len, PATH_SIZE - len, "%s%s", dot, id);
    } else {
        (void)snprintf(path + len, PATH_SIZE - len, "[%d]", config_setting_index(setting) + 1);
    }
}

void field_complain(const struct config *reader, const config_setting_t *setting,
                    const char *format, ...)
{
    char path[PATH_SIZE];
    char text[COMPLAINT_TEXT_SIZE];
    va_list arguments;

    if (reader->complaints->count == COMPLAINTS_MAX) {
        reader->complaints->left_out++; /* its place is a way through the file that nobody needs */
        return;
    }
    struct place place = place_of(reader, setting);
    path_write(setting, path);
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    complaints_add(reader->complaints, &place, "%s%s%s", path, path[0] == '\0' ? "" : ": ", text);
}

/* What stands there, as written. */
static void found_write(const struct config *reader, const config_setting_t *setting,
                        char text[FOUND_SIZE])
{
    const struct scan_node *node = config_setting_get_hook(setting);
    slice_t raw = {reader->source->text + node->value_at, node->value_len};
    uint32_t shown = utf8_cut(raw, FOUND_MAX);
    const char *more = shown < raw.len ? "..." : "";

    if (config_setting_is_group(setting)) {
        (void)snprintf(text, FOUND_SIZE, "%s", _("a group"));
    } else if (config_setting_is_aggregate(setting)) {
        (void)snprintf(text, FOUND_SIZE, "%s", _("a list"));
    } else if (config_setting_is_number(setting)) {
        (void)snprintf(text, FOUND_SIZE, _("the number %.*s%s"), (int)shown, raw.text, more);
    } else {
        (void)snprintf(text, FOUND_SIZE, "%.*s%s", (int)shown, raw.text, more);
    }
}

void field_refuse(const struct config *reader, const config_setting_t *setting,
                  const char *expected)
{
    char found[FOUND_SIZE];

    found_write(reader, setting, found);
    field_complain(reader, setting, _("%s (found %s)"), expected, found);
}

bool group_check(const struct config *reader, const config_setting_t *group,
                 const char *const *keys)
{
    char hint[HINT_SIZE];

    if (!config_setting_is_group(group)) {
        field_refuse(reader, group, _("must be a group { ... }"));
        return false;
    }
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        const char *const *key = keys;
        while (*key != NULL && strcmp(*key, child->name) != 0) {
            key++;
        }
        if (*key == NULL) {
            hint_write(slice_of(child->name), keys, hint);
            field_complain(reader, child, _("unknown key%s"), hint);
        }
    }
    return true;
}

const config_setting_t *field_find(const struct config *reader, const config_setting_t *group,
                                   const char *key, presence_t presence)
{
    const config_setting_t *setting = config_setting_get_member(group, key);

    if (setting == NULL && presence == REQUIRED) {
        field_complain(reader, group, _("the key \"%s\" is missing"), key);
    }
    return setting;
}

const config_setting_t *list_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, presence_t presence, uint32_t count_max)
{
    const config_setting_t *list = field_find(reader, group, key, presence);

    if (list == NULL) {
        return NULL;
    }
    if (!config_setting_is_list(list) && !config_setting_is_array(list)) {
        field_refuse(reader, list, _("must be a list ( ... )"));
        return NULL;
    }
    if (presence == REQUIRED && config_setting_length(list) == 0) {
        field_complain(reader, list, _("at least one must be there"));
        return NULL;
    }
    if (count_max > 0 && (uint32_t)config_setting_length(list) > count_max) {
        field_complain(reader, list, _("at most %" PRIu32 " may be there (found %d)"), count_max,
                       config_setting_length(list));
        return NULL;
    }
    return list;
}

bool text_of(const struct config *reader, const config_setting_t *setting, const char *expected,
             slice_t *ret_text)
{
    if (config_setting_type(setting) != CONFIG_TYPE_STRING) {
        field_refuse(reader, setting, expected);
        return false;
    }
    *ret_text = slice_of(config_setting_get_string(setting));
    return true;
}

int choice_of(const struct config *reader, const config_setting_t *setting,
              const char *const *names)
{
    char hint[HINT_SIZE];
    slice_t text = {0};

    if (!text_of(reader, setting, _("must be a string"), &text)) {
        return -1;
    }
    for (int i = 0; names[i] != NULL; i++) {
        if (slice_equal(text, slice_of(names[i]))) {
            return i;
        }
    }
    hint_write(text, names, hint);
    field_complain(reader, setting, _("\"%.*s\" is not known%s"), (int)utf8_cut(text, FOUND_MAX),
                   text.text, hint);
    return -1;
}

int choice_read(const struct config *reader, const config_setting_t *group, const char *key,
                const char *const *names)
{
    const config_setting_t *setting = field_find(reader, group, key, REQUIRED);

    return setting == NULL ? -1 : choice_of(reader, setting, names);
}

const config_setting_t *code_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, presence_t presence, code_t *ret_code)
{
    const config_setting_t *setting = field_find(reader, group, key, presence);
    const char *expected = _("a code is a string of 1 to 32 letters, digits, _ and -, "
                             "the first a letter or digit");
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return NULL;
    }
    if (!code_valid(text)) {
        field_refuse(reader, setting, expected);
        return NULL;
    }
    *ret_code = code_of(text);
    return setting;
}

static bool participant_check(const struct config *reader, const config_setting_t *setting,
                              const code_t *code)
{
    if (!reader->registry_good ||
        registry_find_participant(reader->registry, code_slice(code)).n != PARTICIPANT_NONE.n) {
        return true;
    }
    field_complain(reader, setting, _("there is no participant \"%s\" in the stores' file"),
                   code->text);
    return false;
}

const config_setting_t *participant_read(const struct config *reader, const config_setting_t *group,
                                         const char *key, presence_t presence, code_t *ret_code)
{
    code_t code = {0};
    const config_setting_t *setting = code_read(reader, group, key, presence, &code);

    if (setting == NULL || !participant_check(reader, setting, &code)) {
        return NULL;
    }
    *ret_code = code;
    return setting;
}

const config_setting_t *money_read(const struct config *reader, const config_setting_t *group,
                                   const char *key, money_t *ret_money)
{
    const config_setting_t *setting = field_find(reader, group, key, REQUIRED);
    const char *expected = _("money is a string in yuan such as \"500.00\", "
                             "at most 10000000000.00");
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return NULL;
    }
    if (!money_parse_yuan(text, ret_money)) {
        field_refuse(reader, setting, expected);
        return NULL;
    }
    return setting;
}

const config_setting_t *rate_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, rate_t *ret_rate)
{
    const config_setting_t *setting = field_find(reader, group, key, OPTIONAL);
    const char *expected = _("a rate is a string such as \"0.6%\", at most four decimals");
    slice_t text = {0};
    rate_t rate = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return NULL;
    }
    if (!rate_parse_percent(text, &rate)) {
        field_refuse(reader, setting, expected);
        return NULL;
    }
    if (rate.millionths > MILLION) {
        field_refuse(reader, setting, _("must be from 0% to 100%"));
        return NULL;
    }
    *ret_rate = rate;
    return setting;
}

const config_setting_t *number_read(const struct config *reader, const config_setting_t *group,
                                    const char *key, rate_t min, rate_t max, rate_t *ret_number)
{
    const config_setting_t *setting = field_find(reader, group, key, REQUIRED);
    const char *expected = _("must be a string with a plain number such as \"1.5\", "
                             "at most six decimals");
    char bounds[2][RATE_TEXT_SIZE];
    slice_t text = {0};
    rate_t number = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return NULL;
    }
    if (!rate_parse_number(text, &number)) {
        field_refuse(reader, setting, expected);
        return NULL;
    }
    if (number.millionths < min.millionths || number.millionths > max.millionths) {
        rate_format_number(min, bounds[0]);
        rate_format_number(max, bounds[1]);
        field_complain(reader, setting, _("must be from %s to %s (found \"%.*s\")"), bounds[0],
                       bounds[1], (int)utf8_cut(text, FOUND_MAX), text.text);
        return NULL;
    }
    *ret_number = number;
    return setting;
}

const config_setting_t *point_price_read(const struct config *reader, const config_setting_t *group,
                                         const char *key, presence_t presence,
                                         point_price_t *ret_price)
{
    const config_setting_t *setting = field_find(reader, group, key, presence);
    const char *expected = _("a point's price is a string in fen such as \"1.2\", "
                             "at most three decimals, at most 1000000");
    slice_t text = {0};

    if (setting == NULL || !text_of(reader, setting, expected, &text)) {
        return NULL;
    }
    if (!point_price_parse(text, ret_price)) {
        field_refuse(reader, setting, expected);
        return NULL;
    }
    return setting;
}

const config_setting_t *bool_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, bool *ret_value)
{
    const config_setting_t *setting = field_find(reader, group, key, OPTIONAL);

    if (setting == NULL) {
        return NULL;
    }
    if (config_setting_type(setting) != CONFIG_TYPE_BOOL) {
        field_refuse(reader, setting, _("must be true or false, without quotes"));
        return NULL;
    }
    *ret_value = config_setting_get_bool(setting) == CONFIG_TRUE;
    return setting;
}

const config_setting_t *integer_read(const struct config *reader, const config_setting_t *group,
                                     const char *key, int32_t min, int32_t max, int32_t *ret_value)
{
    const config_setting_t *setting = field_find(reader, group, key, OPTIONAL);
    char expected[160];

    if (setting == NULL) {
        return NULL;
    }
    int type = config_setting_type(setting);
    long long value = config_setting_get_int64(setting); /* 0 of other types */
    if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || value < min || value > max) {
        (void)snprintf(expected, sizeof expected,
                       _("must be a whole number from %" PRId32 " to %" PRId32 ", without quotes"),
                       min, max);
        field_refuse(reader, setting, expected);
        return NULL;
    }
    *ret_value = (int32_t)value;
    return setting;
}

static bool day_read(const struct config *reader, const config_setting_t *group, const char *key,
                     day_t *ret_day)
{
    const config_setting_t *setting = field_find(reader, group, key, OPTIONAL);
    const char *expected = _("a date is a string \"YYYY-MM-DD\" of a day that exists");
    slice_t text = {0};

    if (setting == NULL) {
        return true;
    }
    if (!text_of(reader, setting, expected, &text)) {
        return false;
    }
    if (!day_parse(text, ret_day)) {
        field_refuse(reader, setting, expected);
        return false;
    }
    return true;
}

void span_read(const struct config *reader, const config_setting_t *group, struct span *ret_span)
{
    struct span span = {DAY_MIN, DAY_MAX};
    bool from_good = day_read(reader, group, "from", &span.from);
    bool to_good = day_read(reader, group, "to", &span.to);

    if (!from_good || !to_good) {
        return;
    }
    if (span.from > span.to) {
        field_refuse(reader, config_setting_get_member(group, "to"),
                     _("\"to\" is before \"from\""));
        return;
    }
    *ret_span = span;
}

static const struct {
    const char *name;
    who_kind_t kind;
} relations[] = {{"$store", WHO_STORE}, {"$issuer", WHO_ISSUER}, {"$home", WHO_HOME}};

static void who_of(const struct config *reader, const config_setting_t *setting,
                   struct who *ret_who)
{
    const char *expected = _("must be a participant's code, \"$store\", \"$issuer\" or \"$home\"");
    slice_t text = {0};

    if (!text_of(reader, setting, expected, &text)) {
        return;
    }
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        if (slice_equal(text, slice_of(relations[i].name))) {
            *ret_who = (struct who){.kind = relations[i].kind, .participant = PARTICIPANT_NONE};
            return;
        }
    }
    if (!code_valid(text)) {
        field_refuse(reader, setting, expected);
        return;
    }
    code_t code = code_of(text);
    if (participant_check(reader, setting, &code)) {
        *ret_who = (struct who){WHO_PARTICIPANT, code, PARTICIPANT_NONE};
    }
}

void who_read(const struct config *reader, const config_setting_t *group, const char *key,
              presence_t presence, struct who *ret_who)
{
    const config_setting_t *setting = field_find(reader, group, key, presence);

    if (setting != NULL) {
        who_of(reader, setting, ret_who);
    }
}

/* Returns: false when the share could not be read (then the sum says nothing). */
static bool funder_read(const struct config *reader, const config_setting_t *group,
                        struct funder *ret_funder)
{
    static const char *const keys[] = {"who", "share", NULL};

    if (!group_check(reader, group, keys)) {
        return false;
    }
    who_read(reader, group, "who", REQUIRED, &ret_funder->who);
    if (field_find(reader, group, "share", REQUIRED) == NULL) {
        return false;
    }
    const config_setting_t *share = rate_read(reader, group, "share", &ret_funder->share);
    if (share != NULL && ret_funder->share.millionths == 0) {
        field_refuse(reader, share, _("a share is more than 0%"));
        return false;
    }
    return share != NULL;
}

void funders_read(const struct config *reader, const config_setting_t *group,
                  struct funders *ret_funders)
{
    const config_setting_t *list = list_read(reader, group, "funders", REQUIRED, FUNDERS_MAX);
    struct funders funders = {0};
    rate_t sum = {0};
    char text[RATE_TEXT_SIZE];
    bool good = true;

    if (list == NULL) {
        return;
    }
    funders.count = (uint32_t)config_setting_length(list);
    for (uint32_t i = 0; i < funders.count; i++) {
        struct funder *funder = &funders.list[i];
        good = funder_read(reader, config_setting_get_elem(list, i), funder) && good;
        sum.millionths += funder->share.millionths;
    }
    if (good && sum.millionths != MILLION) {
        rate_format_percent(sum, text);
        field_complain(reader, list, _("the shares must sum to 100%% (found %s)"), text);
        return;
    }
    *ret_funders = funders;
}
