/* The parts of a mapping file that say where a key comes from: columns, conditions, fields and
 * entries of lists. For mapping.c only. */
#ifndef TOOLS_TILLS_FIELDS_H
#define TOOLS_TILLS_FIELDS_H

#include "tools/tills/mapping.h"

#define MAPPING_KEYS_MAX 96 /* keys of a group, rules of a file, entries of a rule */

struct mapping_reader {
    struct config config;
    struct mapping *mapping;
};

extern const char *const mapping_units[]; /* by unit_t, NULL at the end */

/* Memory that lives as long as the mapping. */
void *mapping_block(struct mapping *mapping, size_t count, size_t size);

/* The contract's types that are built, NULL at the end; and the type of such a name. */
void mapping_type_names(const char *names[MAPPING_KEYS_MAX]);
event_type_t mapping_type_of(const char *name);
/* "when", "type" and the keys of the tables, NULL at the end. */
void mapping_key_names(const struct key *const *tables, const char *names[MAPPING_KEYS_MAX]);

/* A column by its name (or letters) in a string. Returns: false after a complaint. */
bool mapping_column(struct mapping_reader *reader, const config_setting_t *setting,
                    uint32_t *ret_column) MUST_USE;
/* The group's key `when`. */
void mapping_conditions_read(struct mapping_reader *reader, const config_setting_t *group,
                             struct conditions *ret_conditions);
/* The key `skip` of the file. */
void mapping_skip_read(struct mapping_reader *reader, const config_setting_t *root);
/* The keys of a group that are single values, as fields. */
void mapping_fields_read(struct mapping_reader *reader, const config_setting_t *group,
                         const struct key *const *tables, struct field *fields,
                         uint32_t *ret_count);
/* The keys of a group that are lists, as entries. */
void mapping_entries_read(struct mapping_reader *reader, const config_setting_t *group,
                          const struct key *const *tables, struct entry *entries,
                          uint32_t *ret_count);

#endif
