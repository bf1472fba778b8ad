#include "tools/tills/making.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/codec/policy.h"
#include "tools/text.h"
#include "tools/tills/inside.h"

/* --- keys of the event --- */

static const struct field *rule_field(const struct making_rule *rule, const char *name, size_t len)
{
    for (uint32_t i = 0; i < rule->field_count; i++) {
        if (slice_equal(slice_of(rule->fields[i].key->name), (slice_t){name, (uint32_t)len})) {
            return &rule->fields[i];
        }
    }
    return NULL;
}

/* Where a till has running numbers, each receipt has one; where it has none, each has its text. */
static bool must_be_there(const struct making_rule *rule, const struct field *field)
{
    bool receipt = strcmp(field->key->name, "receipt") == 0;

    return field->key->required || field->required || field->key->kind == KEY_NUMBER ||
           (receipt && rule_field(rule, "number", 6) == NULL);
}

/* What the rows of a receipt have said of a key. */
struct said {
    bool found;
    bool bad;
    slice_t text; /* the first */
    uint32_t line;
};

static void field_take_row(struct making *making, const struct field *field,
                           const struct sheet_row *row, struct said *said)
{
    _Alignas(max_align_t) char value[VALUE_SIZE];
    char *to = (char *)making->event + field->key->offset;
    char extra[FLAW_EXTRA_SIZE];
    slice_t text = {0};
    taken_t taken = making_read(making, field, row, value, &text);

    said->bad = said->bad || taken == BAD;
    if (taken != TAKEN) {
        return;
    }
    if (said->found && field->sum) {
        int64_t parts[2];
        memcpy(&parts[0], to, sizeof parts[0]);
        memcpy(&parts[1], value, sizeof parts[1]);
        parts[0] += parts[1]; /* 10^12 at most a row, and the rows fit into a file */
        memcpy(to, &parts[0], sizeof parts[0]);
    } else if (said->found && !slice_equal(text, said->text)) {
        (void)snprintf(extra, sizeof extra, _("line %" PRIu32 " says \"%.*s\""), said->line,
                       (int)(said->text.len < 60 ? said->text.len : 60), said->text.text);
        making_column_flaw(making, row, field->columns[0], FLAW_DIFFERS, extra);
        said->bad = true;
    } else if (!said->found) {
        memcpy(to, value, making_value_size(field->key));
        *said = (struct said){true, said->bad, text, row->line};
    }
}

static void field_take(struct making *making, const struct field *field)
{
    const struct sheet_row *first = NULL;
    struct said said = {0};

    for (uint32_t i = 0; i < making->receipt->count; i++) {
        const struct sheet_row *row = making_row(making, i);
        if (sheet_meets(making->sheet, row, &field->when)) {
            first = first == NULL ? row : first;
            field_take_row(making, field, row, &said);
        }
    }
    if (said.found || said.bad || !must_be_there(making->rule, field)) {
        return;
    }
    if (first != NULL && field->column_count > 0) {
        making_column_flaw(making, first, field->columns[0], FLAW_MISSING, "");
    } else if (!making->flaws->bad) { /* else it may be another row that is to be mended */
        making_row_flaw(making, making_row(making, 0), FLAW_MISSING, field->key->name);
    }
}

/* --- values that conditions know --- */

/* Is this one of the values of the column in these conditions? Those known go to extra. */
static void values_look(const struct conditions *conditions, uint32_t column, slice_t text,
                        bool *known, char extra[FLAW_EXTRA_SIZE])
{
    for (uint32_t i = 0; i < conditions->count; i++) {
        const struct condition *condition = &conditions->list[i];
        for (uint32_t k = 0; condition->column == column && k < condition->value_count; k++) {
            *known = *known || slice_equal(condition->values[k], text);
            making_list(extra, condition->values[k]);
        }
    }
}

static void column_look(struct making *making, const struct sheet_row *row, uint32_t column)
{
    const struct mapping *mapping = making->sheet->mapping;
    char extra[FLAW_EXTRA_SIZE] = "";
    bool known = false;
    slice_t text = {0};

    const struct sheet_cell *cell = sheet_cell(making->sheet, row, column);
    slice_t raw = cell == NULL ? (slice_t){"", 0} : sheet_text(making->sheet, cell);
    for (uint32_t i = 0; i < mapping->rule_count; i++) {
        const struct making_rule *rule = &mapping->rules[i];
        values_look(&rule->when, column, raw, &known, extra);
        for (uint32_t k = 0; k < rule->field_count; k++) {
            values_look(&rule->fields[k].when, column, raw, &known, extra);
        }
        for (uint32_t k = 0; k < rule->entry_count; k++) {
            values_look(&rule->entries[k].when, column, raw, &known, extra);
        }
    }
    if (extra[0] == '\0' || known || making_cell_text(making, row, column, &text) != TAKEN) {
        return; /* no condition asks; or it is known, empty, or bad already */
    }
    making_column_flaw(making, row, column, FLAW_UNKNOWN, extra);
}

static void rows_look(struct making *making)
{
    for (uint32_t i = 0; i < making->receipt->count; i++) {
        for (uint32_t column = 0; column < making->sheet->mapping->column_count; column++) {
            column_look(making, making_row(making, i), column);
        }
    }
}

/* Does an entry or a field look at this row? *ret_column is the first column that is asked for. */
static bool row_is_used(const struct making *making, const struct sheet_row *row,
                        uint32_t *ret_column)
{
    const struct making_rule *rule = making->rule;
    bool asked = false;

    for (uint32_t i = 0; i < rule->entry_count + rule->field_count; i++) {
        const struct conditions *when = i < rule->entry_count
                                            ? &rule->entries[i].when
                                            : &rule->fields[i - rule->entry_count].when;
        if (when->count > 0 && sheet_meets(making->sheet, row, when)) {
            return true;
        }
        if (when->count > 0 && !asked) {
            *ret_column = when->list[0].column;
            asked = true;
        }
    }
    return !asked;
}

/* A row of a receipt that nothing looks at would be lost without a word. */
static void unused_look(struct making *making)
{
    uint32_t column = 0;

    for (uint32_t i = 0; making->sheet->mapping->group_count > 0 && i < making->receipt->count;
         i++) {
        const struct sheet_row *row = making_row(making, i);
        slice_t text = {0};
        if (row_is_used(making, row, &column)) {
            continue;
        }
        taken_t taken = making_cell_text(making, row, column, &text);
        if (taken != BAD) {
            making_column_flaw(making, row, column, taken == EMPTY ? FLAW_MISSING : FLAW_UNKNOWN,
                               "");
        }
    }
}

/* --- the whole --- */

static const struct making_rule *rule_choose(struct making *making)
{
    const struct mapping *mapping = making->sheet->mapping;
    const struct sheet_row *first = making_row(making, 0);
    slice_t text = {0};

    for (uint32_t i = 0; i < mapping->rule_count; i++) {
        if (sheet_meets(making->sheet, first, &mapping->rules[i].when)) {
            return &mapping->rules[i];
        }
    }
    uint32_t column = mapping->rules[0].when.list[0].column; /* it was not met */
    taken_t taken = making_cell_text(making, first, column, &text);
    if (taken != BAD) {
        making_column_flaw(making, first, column, taken == EMPTY ? FLAW_MISSING : FLAW_UNKNOWN, "");
    }
    return NULL;
}

/* What the cells alone do not say; a receipt without a number is judged as if it had one. */
static void event_judge(struct making *making)
{
    struct event *event = making->event;
    bool numbered = event->number != 0;

    event->number = numbered ? event->number : 1;
    const char *fault = policy_fault(event);
    event->number = numbered ? event->number : 0;
    if (fault == NULL) {
        return;
    }
    const struct field *field = rule_field(making->rule, fault, strcspn(fault, ":"));
    if (field != NULL && field->column_count > 0) {
        making_column_flaw(making, making_row(making, 0), field->columns[0],
                           strstr(fault, ": missing") != NULL ? FLAW_MISSING : FLAW_EVENT, fault);
    } else {
        making_row_flaw(making, making_row(making, 0), FLAW_EVENT, fault);
    }
}

/* Rules 15 and 46: a sale's gross amount is what was paid and what was taken off; the payments of a
 * top-up or a pack may be left out. */
static void sum_judge(struct making *making)
{
    const struct event *event = making->event;
    bool priced = event->type == EVENT_TOPUP || event->type == EVENT_PACK_SALE;
    char extra[FLAW_EXTRA_SIZE];
    int64_t sum = 0;

    for (uint32_t i = 0; i < event->discount_count; i++) {
        sum += event->discounts[i].amount_fen;
    }
    for (uint32_t i = 0; i < event->pay_count; i++) {
        sum += event->pay[i].amount_fen;
    }
    if (sum != event->amount_fen &&
        (event_is_sale(event->type) || (priced && event->pay_count > 0))) {
        (void)snprintf(extra, sizeof extra, _("they make %" PRId64 " fen instead of %" PRId64), sum,
                       event->amount_fen);
        making_row_flaw(making, making_row(making, 0), FLAW_SUM, extra);
    }
}

/* Rows that are none. Returns: can the cells be read at all? */
static bool rows_judge(struct making *making)
{
    char extra[FLAW_EXTRA_SIZE];
    bool good = true;

    for (uint32_t i = 0; i < making->receipt->count; i++) {
        const struct sheet_row *row = making_row(making, i);
        extra[0] = '\0';
        if (row->flaw == FLAW_CELLS) {
            (void)snprintf(extra, sizeof extra, _("%" PRIu32 " cells, the header %" PRIu32),
                           row->count, making->sheet->width);
        }
        if (row->flaw != FLAW_NONE) {
            making_row_flaw(making, row, row->flaw, extra);
            good = false;
        }
        if (row->beside != 0) {
            (void)snprintf(extra, sizeof extra, _("line %" PRIu32), row->beside);
            making_row_flaw(making, row, FLAW_BESIDE, extra);
        }
    }
    return good;
}

static void group_judge(struct making *making)
{
    const struct mapping *mapping = making->sheet->mapping;
    const struct sheet_row *row = making_row(making, 0);
    slice_t text = {0};

    for (uint32_t i = 0; i < mapping->group_count; i++) {
        if (making_cell_text(making, row, mapping->group[i], &text) == EMPTY) {
            making_column_flaw(making, row, mapping->group[i], FLAW_MISSING, "");
        }
    }
}

const struct making_rule *making_event(struct sheet *sheet, const struct sheet_receipt *receipt,
                                       struct event *ret_event, struct flaws *flaws)
{
    struct making making = {sheet, receipt, NULL, ret_event, flaws};

    memset(ret_event, 0, sizeof *ret_event);
    if (!rows_judge(&making)) {
        return NULL;
    }
    group_judge(&making);
    rows_look(&making);
    making.rule = rule_choose(&making);
    if (making.rule == NULL) {
        return NULL;
    }
    ret_event->type = making.rule->type;
    for (uint32_t i = 0; i < making.rule->field_count; i++) {
        field_take(&making, &making.rule->fields[i]);
    }
    for (uint32_t i = 0; i < making.rule->entry_count; i++) {
        making_take_entry(&making, &making.rule->entries[i]);
    }
    unused_look(&making);
    if (!flaws->bad) {
        event_judge(&making);
    }
    if (!flaws->bad) {
        sum_judge(&making);
    }
    return flaws->bad ? NULL : making.rule;
}
