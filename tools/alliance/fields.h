/* The values of the alliance file, each read with its check and, where it is wrong, a complaint
 * with its place and the way to mend it. A value that is refused, or absent where it may be, leaves
 * the output untouched: callers put the default there first. */
#ifndef TOOLS_ALLIANCE_FIELDS_H
#define TOOLS_ALLIANCE_FIELDS_H

#include <libconfig.h>

#include "clearing/terms/terms.h"
#include "tools/alliance/scan.h"

struct config {
    const struct source *source;
    struct complaints *complaints;
    const struct registry *registry;
    bool registry_good; /* false: stores.csv had complaints, names are not looked up in it */
    const struct code_index *campaigns; /* of this file */
};

typedef enum {
    OPTIONAL = 0,
    REQUIRED = 1,
} presence_t;

/* Give every setting its node (as its hook). Returns: false when tree and scan differ. */
bool fields_place(const config_setting_t *root, const struct scan *scan) MUST_USE;

/* Complain about a setting: its place and its name come in front. */
void field_complain(const struct config *reader, const config_setting_t *setting,
                    const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Complain "EXPECTED (found VALUE)". */
void field_refuse(const struct config *reader, const config_setting_t *setting,
                  const char *expected);

/* Is the setting a group with no other keys than these (NULL-terminated)? Complains about each. */
bool group_check(const struct config *reader, const config_setting_t *group,
                 const char *const *keys);
/* A list of at most count_max elements (0: without limit); "[ ]" counts as one.
 * Returns: NULL when it is absent or, after a complaint, no such list. */
const config_setting_t *list_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, presence_t presence, uint32_t count_max);
/* The setting of that key; NULL when there is none (a complaint, where it is required). */
const config_setting_t *field_find(const struct config *reader, const config_setting_t *group,
                                   const char *key, presence_t presence);
/* The text of a string setting. Returns: false after a complaint that says what was expected. */
bool text_of(const struct config *reader, const config_setting_t *setting, const char *expected,
             slice_t *ret_text) MUST_USE;
/* One of the names (NULL-terminated). Returns: its place, -1 after a complaint. */
int choice_of(const struct config *reader, const config_setting_t *setting,
              const char *const *names);
/* As choice_of, of a key. */
int choice_read(const struct config *reader, const config_setting_t *group, const char *key,
                const char *const *names);

/* Returns: the setting when its value has been read, else NULL. */
const config_setting_t *code_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, presence_t presence, code_t *ret_code);
const config_setting_t *participant_read(const struct config *reader, const config_setting_t *group,
                                         const char *key, presence_t presence, code_t *ret_code);
const config_setting_t *money_read(const struct config *reader, const config_setting_t *group,
                                   const char *key, money_t *ret_money);
/* A rate of 0 % to 100 %. */
const config_setting_t *rate_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, rate_t *ret_rate);
/* A required plain number from min to max (millionths). */
const config_setting_t *number_read(const struct config *reader, const config_setting_t *group,
                                    const char *key, rate_t min, rate_t max, rate_t *ret_number);
const config_setting_t *point_price_read(const struct config *reader, const config_setting_t *group,
                                         const char *key, presence_t presence,
                                         point_price_t *ret_price);
const config_setting_t *bool_read(const struct config *reader, const config_setting_t *group,
                                  const char *key, bool *ret_value);
const config_setting_t *integer_read(const struct config *reader, const config_setting_t *group,
                                     const char *key, int32_t min, int32_t max, int32_t *ret_value);
/* `from` and `to`. */
void span_read(const struct config *reader, const config_setting_t *group, struct span *ret_span);
/* One funder: a participant, "$store", "$issuer" or "$home". */
void who_read(const struct config *reader, const config_setting_t *group, const char *key,
              presence_t presence, struct who *ret_who);
/* `funders`: required, their shares sum to 100 %. */
void funders_read(const struct config *reader, const config_setting_t *group,
                  struct funders *ret_funders);

#endif
