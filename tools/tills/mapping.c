#include "tools/tills/mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/csv/csv.h"
#include "tools/text.h"
#include "tools/tills/cell.h"
#include "tools/tills/fields.h"
#include "tools/tills/pattern.h"

#define ZONE_DEFAULT_MIN (8 * 60)
#define SKIP_LINES_MAX   1000

void *mapping_block(struct mapping *mapping, size_t count, size_t size)
{
    MEMORY_GROW(mapping->blocks, mapping->block_count, mapping->block_capacity);
    void *block = memory_zeroed(count == 0 ? 1 : count, size);
    mapping->blocks[mapping->block_count++] = block;
    return block;
}

static void coding_read(struct mapping_reader *reader, const config_setting_t *root)
{
    static const char *const codings[] = {"UTF-8", "GB18030", NULL};
    static const char *const separators[] = {"comma", "semicolon", "tab", NULL};
    static const char signs[] = {',', ';', '\t'};
    const struct config *config = &reader->config;
    int coding = choice_read(config, root, "encoding", codings);
    const config_setting_t *setting = field_find(config, root, "separator", OPTIONAL);
    int separator = setting == NULL ? 0 : choice_of(config, setting, separators);

    reader->mapping->coding = coding == 1 ? CODING_GB18030 : CODING_UTF8;
    reader->mapping->separator = signs[separator < 0 ? 0 : separator];
}

static void layout_read(struct mapping_reader *reader, const config_setting_t *root)
{
    struct mapping *mapping = reader->mapping;
    const struct config *config = &reader->config;
    int32_t cells = 0;
    int32_t skip_lines = 0;

    mapping->header = true;
    (void)bool_read(config, root, "header", &mapping->header);
    (void)bool_read(config, root, "trim", &mapping->trim);
    const config_setting_t *setting = integer_read(config, root, "cells", 1, CSV_CELLS_MAX, &cells);
    (void)integer_read(config, root, "skip_lines", 0, SKIP_LINES_MAX, &skip_lines);
    mapping->skip_lines = (uint32_t)skip_lines;
    mapping->cells = (uint32_t)cells;
    if (!mapping->header && config_setting_get_member(root, "cells") == NULL) {
        field_complain(config, root,
                       _("without a header the key \"cells\" says how many cells a row has"));
    }
    if (mapping->header && setting != NULL) {
        field_complain(config, setting, _("the header says how many cells a row has"));
    }
}

static void times_read(struct mapping_reader *reader, const config_setting_t *root)
{
    struct mapping *mapping = reader->mapping;
    const struct config *config = &reader->config;
    const config_setting_t *zone = field_find(config, root, "zone", OPTIONAL);
    const config_setting_t *list = list_read(config, root, "times", REQUIRED, MAPPING_TIMES_MAX);
    const char *expected = _("must be a string with a pattern such as \"%Y-%m-%d %H:%M:%S\"");
    slice_t text = {0};

    mapping->zone_min = ZONE_DEFAULT_MIN;
    if (zone != NULL && text_of(config, zone, _("must be a string such as \"+08:00\""), &text) &&
        !pattern_read_offset(text, &mapping->zone_min)) {
        field_refuse(config, zone, _("must be a string such as \"+08:00\""));
    }
    for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
        const config_setting_t *setting = config_setting_get_elem(list, (unsigned)i);
        if (!text_of(config, setting, expected, &text)) {
            continue;
        }
        const char *fault = pattern_fault(text);
        if (fault != NULL) {
            field_refuse(config, setting, fault);
        } else {
            mapping->times[mapping->time_count++] = text;
        }
    }
}

static void money_unit_read(struct mapping_reader *reader, const config_setting_t *root)
{
    int unit = choice_read(&reader->config, root, "money", mapping_units);

    reader->mapping->unit = unit == 1 ? UNIT_FEN : UNIT_YUAN;
}

static void group_read(struct mapping_reader *reader, const config_setting_t *root)
{
    struct mapping *mapping = reader->mapping;
    const config_setting_t *list =
        list_read(&reader->config, root, "group", OPTIONAL, MAPPING_JOINED_MAX);

    for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
        const config_setting_t *setting = config_setting_get_elem(list, (unsigned)i);
        if (mapping_column(reader, setting, &mapping->group[mapping->group_count])) {
            mapping->group_count++;
        }
    }
}

static const struct field *field_of(const struct field *fields, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(fields[i].key->name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

/* The rule's own fields, and those of `common` that it does not give itself. */
static void common_add(struct mapping *mapping, struct making_rule *rule, struct field *fields)
{
    for (uint32_t i = 0; i < mapping->common_count; i++) {
        if (field_of(fields, rule->field_count, mapping->common[i].key->name) == NULL) {
            fields[rule->field_count++] = mapping->common[i];
        }
    }
    rule->fields = fields;
}

static bool has_entry(const struct making_rule *rule, const struct key *key)
{
    for (uint32_t i = 0; i < rule->entry_count; i++) {
        if (rule->entries[i].key == key) {
            return true;
        }
    }
    return false;
}

static void required_check(const struct mapping_reader *reader, const config_setting_t *group,
                           const struct making_rule *rule)
{
    for (const struct key *const *table = keys_of_type(rule->type); *table != NULL; table++) {
        for (const struct key *key = *table; key->name != NULL; key++) {
            bool there = key->kind == KEY_LIST
                             ? has_entry(rule, key)
                             : field_of(rule->fields, rule->field_count, key->name) != NULL;
            if (key->required && !there && key != &keys_common[0]) {
                field_complain(&reader->config, group, _("the key \"%s\" is missing"), key->name);
            }
        }
    }
    if (field_of(rule->fields, rule->field_count, "number") == NULL &&
        field_of(rule->fields, rule->field_count, "receipt") == NULL) {
        field_complain(&reader->config, group,
                       _("one of the keys \"number\" and \"receipt\" must be there"));
    }
}

static void rule_read(struct mapping_reader *reader, const config_setting_t *group,
                      struct making_rule *rule)
{
    const struct config *config = &reader->config;
    struct field *fields = mapping_block(reader->mapping, MAPPING_KEYS_MAX, sizeof *fields);
    struct entry *entries = mapping_block(reader->mapping, MAPPING_KEYS_MAX, sizeof *entries);
    const char *names[MAPPING_KEYS_MAX];
    const char *types[MAPPING_KEYS_MAX];

    if (!config_setting_is_group(group)) {
        field_refuse(config, group, _("must be a group { ... }"));
        return;
    }
    mapping_type_names(types);
    int type = choice_read(config, group, "type", types);
    if (type < 0) {
        return;
    }
    rule->type = mapping_type_of(types[type]);
    const struct key *const *tables = keys_of_type(rule->type);
    mapping_key_names(tables, names);
    group_check(config, group, names);
    mapping_conditions_read(reader, group, &rule->when);
    mapping_fields_read(reader, group, tables, fields, &rule->field_count);
    rule->entries = entries;
    mapping_entries_read(reader, group, tables, entries, &rule->entry_count);
    common_add(reader->mapping, rule, fields);
    required_check(reader, group, rule);
}

static void common_read(struct mapping_reader *reader, const config_setting_t *root)
{
    static const struct key *const tables[] = {keys_common, NULL};
    const config_setting_t *group = field_find(&reader->config, root, "common", OPTIONAL);
    struct field *fields = mapping_block(reader->mapping, MAPPING_KEYS_MAX, sizeof *fields);
    const char *names[MAPPING_KEYS_MAX];

    mapping_key_names(tables, names);
    if (group != NULL && group_check(&reader->config, group, names + 2)) { /* no type, no when */
        mapping_fields_read(reader, group, tables, fields, &reader->mapping->common_count);
    }
    reader->mapping->common = fields;
}

static void events_read(struct mapping_reader *reader, const config_setting_t *root)
{
    struct mapping *mapping = reader->mapping;
    const config_setting_t *list =
        list_read(&reader->config, root, "events", REQUIRED, MAPPING_KEYS_MAX);
    struct making_rule *rules = mapping_block(mapping, MAPPING_KEYS_MAX, sizeof *rules);

    for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
        rule_read(reader, config_setting_get_elem(list, (unsigned)i), &rules[i]);
        mapping->rule_count++;
    }
    mapping->rules = rules;
}

static void root_read(struct mapping_reader *reader, const config_setting_t *root)
{
    static const char *const keys[] = {"encoding", "separator", "header", "cells", "skip_lines",
                                       "trim",     "zone",      "times",  "money", "skip",
                                       "group",    "common",    "events", NULL};

    group_check(&reader->config, root, keys);
    coding_read(reader, root);
    layout_read(reader, root);
    times_read(reader, root);
    money_unit_read(reader, root);
    mapping_skip_read(reader, root);
    group_read(reader, root);
    common_read(reader, root);
    events_read(reader, root);
}

struct mapping *mapping_read(const char *path, struct complaints *complaints)
{
    struct mapping *mapping = memory_zeroed(1, sizeof *mapping);
    struct mapping_reader reader = {.mapping = mapping};

    reader.config.complaints = complaints;
    reader.config.source = &mapping->source;
    if (!source_read(&mapping->source, path, MAPPING_LEN_MAX, SOURCE_UTF8, complaints)) {
        free(mapping);
        return NULL;
    }
    const config_setting_t *root = tree_read(&mapping->tree, &mapping->source, complaints);
    if (root != NULL) {
        root_read(&reader, root);
    }
    complaints_sort(complaints);
    if (complaints->count > 0) {
        mapping_free(mapping);
        return NULL;
    }
    return mapping;
}

void mapping_free(struct mapping *mapping)
{
    if (mapping == NULL) {
        return;
    }
    for (uint32_t i = 0; i < mapping->block_count; i++) {
        free(mapping->blocks[i]);
    }
    free(mapping->blocks);
    tree_deinit(&mapping->tree);
    source_deinit(&mapping->source);
    free(mapping);
}
