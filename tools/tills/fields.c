#include "tools/tills/fields.h"

#include <stdio.h>
#include <string.h>

#include "tools/text.h"
#include "tools/tills/cell.h"

#define VALUES_MAX 200

const char *const mapping_units[] = {"yuan", "fen", NULL};

static const char *const condition_keys[] = {"column", "is", "empty", NULL};
static const char *const field_keys[] = {"column",  "value", "values",   "prefix", "unit",
                                         "negated", "sum",   "required", "when",   NULL};

void mapping_type_names(const char *names[MAPPING_KEYS_MAX])
{
    size_t count = 0;

    for (const struct key_name *name = keys_common[0].names; name->name != NULL; name++) {
        /* a day's total is no row of an export: it comes as a line of its own */
        if (name->number != KEY_LATER && name->number != EVENT_DAY_TOTAL) {
            names[count++] = name->name;
        }
    }
    names[count] = NULL;
}

event_type_t mapping_type_of(const char *name)
{
    const struct key_name *type = keys_common[0].names;

    while (strcmp(type->name, name) != 0) {
        type++; /* it is one of these */
    }
    return (event_type_t)type->number;
}

void mapping_key_names(const struct key *const *tables, const char *names[MAPPING_KEYS_MAX])
{
    size_t count = 0;

    names[count++] = "when";
    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            CHECK(count < MAPPING_KEYS_MAX - 1);
            names[count++] = key->name;
        }
    }
    names[count] = NULL;
}

static bool letters_valid(slice_t name)
{
    bool good = name.len >= 1 && name.len <= 2;

    for (uint32_t i = 0; good && i < name.len; i++) {
        good = name.text[i] >= 'A' && name.text[i] <= 'Z';
    }
    return good;
}

bool mapping_column(struct mapping_reader *reader, const config_setting_t *setting,
                    uint32_t *ret_column)
{
    struct mapping *mapping = reader->mapping;
    const char *expected = mapping->header
                               ? _("must be a string with the column's name in the header")
                               : _("must be a string with the column's letters, such as \"C\"");
    slice_t name = {0};

    if (!text_of(&reader->config, setting, expected, &name)) {
        return false;
    }
    if (mapping->header ? name.len == 0 : !letters_valid(name)) {
        field_refuse(&reader->config, setting, expected);
        return false;
    }
    uint32_t column = 0;
    while (column < mapping->column_count && !slice_equal(mapping->columns[column], name)) {
        column++;
    }
    if (column == MAPPING_COLUMNS_MAX) {
        field_complain(&reader->config, setting, _("at most %d columns may be named"),
                       MAPPING_COLUMNS_MAX);
        return false;
    }
    mapping->columns[column] = name;
    mapping->column_count += column == mapping->column_count ? 1 : 0;
    *ret_column = column;
    return true;
}

static void condition_values_read(struct mapping_reader *reader, const config_setting_t *group,
                                  struct condition *condition)
{
    const config_setting_t *list = list_read(&reader->config, group, "is", OPTIONAL, VALUES_MAX);

    if (list == NULL) {
        return;
    }
    uint32_t count = (uint32_t)config_setting_length(list);
    slice_t *values = mapping_block(reader->mapping, count, sizeof *values);
    for (uint32_t i = 0; i < count; i++) {
        const config_setting_t *value = config_setting_get_elem(list, i);
        if (!text_of(&reader->config, value, _("must be a string"), &values[i])) {
            return;
        }
    }
    condition->values = values;
    condition->value_count = count;
}

static void condition_read(struct mapping_reader *reader, const config_setting_t *group,
                           struct condition *condition)
{
    if (!group_check(&reader->config, group, condition_keys)) {
        return;
    }
    const config_setting_t *column = field_find(&reader->config, group, "column", REQUIRED);
    if (column != NULL && !mapping_column(reader, column, &condition->column)) {
        return;
    }
    condition_values_read(reader, group, condition);
    const config_setting_t *empty = bool_read(&reader->config, group, "empty", &condition->empty);
    if ((config_setting_get_member(group, "is") == NULL) == (empty == NULL)) {
        field_complain(&reader->config, group,
                       _("a condition has either \"is\" with values or \"empty\""));
    }
}

/* One condition, or a list of them. */
static void conditions_of(struct mapping_reader *reader, const config_setting_t *setting,
                          struct conditions *ret_conditions)
{
    bool one = config_setting_is_group(setting);
    uint32_t count = one ? 1 : (uint32_t)config_setting_length(setting);

    if (!config_setting_is_aggregate(setting) || count > MAPPING_SKIP_MAX) {
        field_refuse(&reader->config, setting,
                     _("must be a condition { column = ...; is = ( ... ); } or a list of at most "
                       "16 of them"));
        return;
    }
    struct condition *list = mapping_block(reader->mapping, count, sizeof *list);
    for (uint32_t i = 0; i < count; i++) {
        condition_read(reader, one ? setting : config_setting_get_elem(setting, i), &list[i]);
    }
    *ret_conditions = (struct conditions){list, count};
}

void mapping_conditions_read(struct mapping_reader *reader, const config_setting_t *group,
                             struct conditions *ret_conditions)
{
    const config_setting_t *setting = config_setting_get_member(group, "when");

    if (setting != NULL) {
        conditions_of(reader, setting, ret_conditions);
    }
}

void mapping_skip_read(struct mapping_reader *reader, const config_setting_t *root)
{
    const config_setting_t *setting = config_setting_get_member(root, "skip");

    if (setting != NULL) {
        conditions_of(reader, setting, &reader->mapping->skip);
    }
}

/* Is this a value that the field may have? */
static void value_check(const struct mapping_reader *reader, const config_setting_t *setting,
                        const struct field *field, slice_t value)
{
    _Alignas(max_align_t) char scratch[sizeof(struct event_ref)];
    char extra[FLAW_EXTRA_SIZE] = "";
    char text[FLAW_TEXT_SIZE];
    struct field plain = *field;

    plain.negated = false;
    struct flaw flaw = {.kind = cell_flaw(value), .column = FLAW_ROW};
    if (value.len == 0) {
        flaw.kind = FLAW_MISSING;
    }
    if (flaw.kind == FLAW_NONE) {
        flaw.kind = cell_read(reader->mapping, &plain, value, scratch, extra);
    }
    if (flaw.kind != FLAW_NONE && !flaw_is_warning(flaw.kind)) {
        flaw_write(&flaw, text);
        field_refuse(&reader->config, setting, text);
    }
}

/* ( ( "现金", "cash" ), ... ) */
static void meanings_read(struct mapping_reader *reader, const config_setting_t *group,
                          struct field *field)
{
    const config_setting_t *list =
        list_read(&reader->config, group, "values", OPTIONAL, VALUES_MAX);
    const char *expected = _("must be a pair of strings: what the cell says, and what it means");

    if (list == NULL) {
        return;
    }
    uint32_t count = (uint32_t)config_setting_length(list);
    struct meaning *meanings = mapping_block(reader->mapping, count, sizeof *meanings);
    for (uint32_t i = 0; i < count; i++) {
        const config_setting_t *pair = config_setting_get_elem(list, i);
        if (!config_setting_is_aggregate(pair) || config_setting_is_group(pair) ||
            config_setting_length(pair) != 2) {
            field_refuse(&reader->config, pair, expected);
            continue;
        }
        const config_setting_t *value = config_setting_get_elem(pair, 1);
        if (text_of(&reader->config, config_setting_get_elem(pair, 0), expected,
                    &meanings[i].cell) &&
            text_of(&reader->config, value, expected, &meanings[i].value)) {
            value_check(reader, value, field, meanings[i].value);
        }
    }
    field->meanings = meanings;
    field->meaning_count = count;
}

/* One column, or a list of those that are joined. */
static void columns_read(struct mapping_reader *reader, const config_setting_t *setting,
                         struct field *field)
{
    if (!config_setting_is_list(setting)) {
        field->column_count = mapping_column(reader, setting, &field->columns[0]) ? 1 : 0;
        return;
    }
    int count = config_setting_length(setting);
    if (count < 1 || count > MAPPING_JOINED_MAX) {
        field_refuse(&reader->config, setting, _("1 to 3 columns may be joined"));
        return;
    }
    for (int i = 0; i < count; i++) {
        const config_setting_t *column = config_setting_get_elem(setting, (unsigned)i);
        if (mapping_column(reader, column, &field->columns[field->column_count])) {
            field->column_count++;
        }
    }
}

static void unit_read(struct mapping_reader *reader, const config_setting_t *group,
                      struct field *field)
{
    static const char *const numbers[] = {"unit", "negated", "sum", NULL};
    const config_setting_t *setting = config_setting_get_member(group, "unit");
    int unit = setting == NULL ? -1 : choice_of(&reader->config, setting, mapping_units);

    field->unit = unit < 0 ? reader->mapping->unit : (unit_t)unit;
    (void)bool_read(&reader->config, group, "negated", &field->negated);
    (void)bool_read(&reader->config, group, "sum", &field->sum);
    for (size_t i = 0; field->key->kind != KEY_INTEGER && numbers[i] != NULL; i++) {
        setting = config_setting_get_member(group, numbers[i]);
        if (setting != NULL) {
            field_complain(&reader->config, setting, _("only an amount or a count has this key"));
        }
    }
}

static void field_read(struct mapping_reader *reader, const config_setting_t *group,
                       const struct key *key, struct field *field)
{
    const struct config *config = &reader->config;

    field->key = key;
    if (!group_check(config, group, field_keys)) {
        return;
    }
    const config_setting_t *column = config_setting_get_member(group, "column");
    const config_setting_t *value = config_setting_get_member(group, "value");
    const config_setting_t *prefix = config_setting_get_member(group, "prefix");
    if ((column == NULL) == (value == NULL)) {
        field_complain(config, group, _("either a \"column\" or a \"value\" must be there"));
        return;
    }
    unit_read(reader, group, field);
    (void)bool_read(config, group, "required", &field->required);
    mapping_conditions_read(reader, group, &field->when);
    if (value != NULL && text_of(config, value, _("must be a string"), &field->value)) {
        value_check(reader, value, field, field->value);
    }
    if (column != NULL) {
        columns_read(reader, column, field);
    }
    if (prefix != NULL && !text_of(config, prefix, _("must be a string"), &field->prefix)) {
        return;
    }
    meanings_read(reader, group, field);
}

void mapping_fields_read(struct mapping_reader *reader, const config_setting_t *group,
                         const struct key *const *tables, struct field *fields, uint32_t *ret_count)
{
    uint32_t count = 0;

    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            const config_setting_t *setting = config_setting_get_member(group, key->name);
            if (setting != NULL && key->kind != KEY_LIST && key != &keys_common[0]) {
                field_read(reader, setting, key, &fields[count++]);
            }
        }
    }
    *ret_count = count;
}

/* The keys that an entry may have: those of its list; of a pay line those of its means, or of all
 * of them where a column says which. Returns: the tables, NULL at the end. */
static const struct key *const *entry_tables(const struct key *list, const config_setting_t *group)
{
    /* stored_value has product, points its own, pack its own, a tender scheme: each key once */
    static const struct key *any[MEANS_COUNT * 2];
    const config_setting_t *with = config_setting_get_member(group, "with");
    const char *value = NULL;

    if (list->list->by_means == NULL) {
        return list->list->tables;
    }
    if (with != NULL && config_setting_is_group(with)) {
        (void)config_setting_lookup_string(with, "value", &value);
    }
    for (const struct key_name *name = keys_with[0].names; value != NULL && name->name != NULL;
         name++) {
        if (strcmp(name->name, value) == 0 && name->number != KEY_LATER) {
            return list->list->by_means[name->number];
        }
    }
    any[0] = keys_with;
    any[1] = list->list->by_means[MEANS_POINTS][1];
    any[2] = list->list->by_means[MEANS_PACK][1];
    any[3] = list->list->by_means[MEANS_CASH][1] + 1; /* its scheme; the amount is there */
    any[4] = NULL;
    return any;
}

static void entry_read(struct mapping_reader *reader, const config_setting_t *group,
                       struct entry *entry)
{
    struct field *fields = mapping_block(reader->mapping, MAPPING_KEYS_MAX, sizeof *fields);
    const char *names[MAPPING_KEYS_MAX];

    if (!config_setting_is_group(group)) {
        field_refuse(&reader->config, group, _("must be a group { ... }"));
        return;
    }
    const struct key *const *tables = entry_tables(entry->key, group);
    mapping_key_names(tables, names);
    group_check(&reader->config, group, names);
    mapping_conditions_read(reader, group, &entry->when);
    mapping_fields_read(reader, group, tables, fields, &entry->field_count);
    entry->fields = fields;
    if (entry->key->list->by_means != NULL && config_setting_get_member(group, "with") == NULL) {
        field_complain(&reader->config, group, _("the key \"%s\" is missing"), "with");
    }
}

void mapping_entries_read(struct mapping_reader *reader, const config_setting_t *group,
                          const struct key *const *tables, struct entry *entries,
                          uint32_t *ret_count)
{
    uint32_t count = 0;

    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            const config_setting_t *list =
                key->kind == KEY_LIST
                    ? list_read(&reader->config, group, key->name, OPTIONAL, key->list->max)
                    : NULL;
            for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
                CHECK(count < MAPPING_KEYS_MAX); /* all lists of the contract are shorter */
                entries[count].key = key;
                entry_read(reader, config_setting_get_elem(list, (unsigned)i), &entries[count++]);
            }
        }
    }
    *ret_count = count;
}
