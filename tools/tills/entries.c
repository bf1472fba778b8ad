#include "tools/tills/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/text.h"

/* What a row has said of an entry. */
struct entry_said {
    bool bad;
    bool amount;                  /* a column gives an amount or a count */
    bool amount_there;            /* and one of them is not zero */
    const struct field *unfilled; /* an empty cell of an amount */
    bool named;                   /* a column that says what it is about is filled */
    const char *given[16];        /* keys that are there */
    uint32_t given_count;
};

static bool key_is_given(const struct entry_said *said, const struct key *key)
{
    for (uint32_t i = 0; i < said->given_count; i++) {
        if (strcmp(said->given[i], key->name) == 0) {
            return true;
        }
    }
    return false;
}

/* The entry's key of this name as the tables have it; NULL: this entry has no such key. */
static const struct key *entry_key(const struct key *const *tables, const char *name)
{
    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            if (strcmp(key->name, name) == 0) {
                return key;
            }
        }
    }
    return NULL;
}

static void entry_field_take(struct making *making, const struct field *field,
                             const struct sheet_row *row, char *entry, struct entry_said *said)
{
    _Alignas(max_align_t) char value[VALUE_SIZE];
    slice_t text = {0};
    int64_t integer = 0;
    taken_t taken = making_read(making, field, row, value, &text);
    bool integers = field->key->kind == KEY_INTEGER && field->column_count > 0;

    said->bad = said->bad || taken == BAD;
    said->amount = said->amount || integers;
    if (integers && taken == EMPTY) {
        said->unfilled = field;
    }
    if (taken != TAKEN) {
        return;
    }
    memcpy(entry + field->key->offset, value, making_value_size(field->key));
    if (integers) {
        memcpy(&integer, value, sizeof integer);
        said->amount_there = said->amount_there || integer != 0;
    } else if (field->column_count > 0 && field->key->required) {
        said->named = true;
    }
    CHECK(said->given_count < sizeof said->given / sizeof said->given[0]);
    said->given[said->given_count++] = field->key->name;
}

static const struct field *entry_field(const struct entry *entry, const char *name)
{
    for (uint32_t i = 0; i < entry->field_count; i++) {
        if (strcmp(entry->fields[i].key->name, name) == 0) {
            return &entry->fields[i];
        }
    }
    return NULL;
}

/* Is everything there that an entry of these tables must have? */
static void entry_complete(struct making *making, const struct entry *entry,
                           const struct sheet_row *row, const struct key *const *tables,
                           struct entry_said *said)
{
    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            if (!key->required || key_is_given(said, key)) {
                continue;
            }
            const struct field *field = entry_field(entry, key->name);
            if (field != NULL && field->column_count > 0) {
                making_column_flaw(making, row, field->columns[0], FLAW_MISSING, "");
            } else {
                making_row_flaw(making, row, FLAW_EVENT, key->name);
            }
            said->bad = true;
        }
    }
}

static bool has_values(const struct conditions *conditions)
{
    for (uint32_t i = 0; i < conditions->count; i++) {
        if (conditions->list[i].values != NULL) {
            return true;
        }
    }
    return false;
}

/* Returns: is the entry there? One whose amounts are all empty or zero is not: a till writes a
 * column for every means. But where the row says what it is about, an empty amount is a flaw. */
static bool entry_is_there(struct making *making, const struct entry *entry,
                           const struct sheet_row *row, const struct entry_said *said)
{
    if (!said->amount || said->amount_there) {
        return true;
    }
    if (said->unfilled != NULL && (said->named || has_values(&entry->when))) {
        making_column_flaw(making, row, said->unfilled->columns[0], FLAW_MISSING, "");
    }
    return false;
}

static void entry_add(struct making *making, const struct entry *entry, const struct sheet_row *row,
                      const void *value)
{
    const struct key_list *list = entry->key->list;
    char *base = (char *)making->event;
    char extra[FLAW_EXTRA_SIZE];
    uint32_t count = 0;

    memcpy(&count, base + list->count_offset, sizeof count);
    if (count == list->max) {
        (void)snprintf(extra, sizeof extra, _("%s: at most %" PRIu32), entry->key->name, list->max);
        making_row_flaw(making, row, FLAW_MANY, extra);
        return;
    }
    memcpy(base + entry->key->offset + count * list->size, value, list->size);
    count++;
    memcpy(base + list->count_offset, &count, sizeof count);
}

/* A row without means has no amount either. */
static void no_means_look(struct making *making, const struct entry *entry,
                          const struct sheet_row *row)
{
    slice_t text = {0};

    for (uint32_t i = 1; i < entry->field_count; i++) {
        const struct field *field = &entry->fields[i];
        if (field->key->kind == KEY_INTEGER && field->column_count > 0 &&
            making_columns_text(making, field, row, &text) == TAKEN) {
            making_column_flaw(making, row, entry->fields[0].columns[0], FLAW_MISSING, "");
        }
    }
}

static void entry_take_row(struct making *making, const struct entry *entry,
                           const struct sheet_row *row)
{
    const struct key_list *list = entry->key->list;
    _Alignas(max_align_t) char value[sizeof(struct pay_line)] = {0};
    struct entry_said said = {0};
    const struct key *const *tables = list->tables;

    CHECK(list->size <= sizeof value);
    for (uint32_t i = 0; i < entry->field_count; i++) {
        const struct field *field = &entry->fields[i];
        if (tables != NULL && entry_key(tables, field->key->name) == NULL) {
            continue; /* a key of another means */
        }
        entry_field_take(making, field, row, value, &said);
        if (tables == NULL && said.given_count > 0) { /* `with` comes first */
            int with = 0;
            memcpy(&with, value, sizeof with);
            tables = list->by_means[with];
        } else if (tables == NULL) {
            if (!said.bad) {
                no_means_look(making, entry, row);
            }
            return;
        }
    }
    if (said.bad || !entry_is_there(making, entry, row, &said)) {
        return;
    }
    entry_complete(making, entry, row, tables, &said);
    if (!said.bad) {
        entry_add(making, entry, row, value);
    }
}

void making_take_entry(struct making *making, const struct entry *entry)
{
    for (uint32_t i = 0; i < making->receipt->count; i++) {
        const struct sheet_row *row = making_row(making, i);
        if (sheet_meets(making->sheet, row, &entry->when)) {
            entry_take_row(making, entry, row);
        }
    }
}
