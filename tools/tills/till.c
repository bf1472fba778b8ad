#include "tools/tills/till.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"
#include "tools/text.h"

#define READ_STEP (256U * 1024)

/* What a receipt of a terminal is known by: its number; where there is none, its text. */
struct till_seen {
    slice_t terminal;
    slice_t receipt;
    uint64_t number;
    uint32_t line;
};

static bool read_all(FILE *file, const char *name, char **ret_bytes, uint32_t *ret_len,
                     struct fault *ret_fault)
{
    size_t size = READ_STEP;
    size_t len = 0;
    size_t got = 0;
    char *bytes = memory_zeroed(size + 1, 1);

    while ((got = fread(bytes + len, 1, size - len, file)) > 0) {
        len += got;
        if (len == size) {
            size *= 2;
            bytes = memory_resize(bytes, size + 1, 1);
        }
        if (len > SHEET_LEN_MAX) {
            free(bytes);
            return fault_set(ret_fault, FAULT_LIMIT, "%.200s: over %u MB", name,
                             SHEET_LEN_MAX / (1024 * 1024));
        }
    }
    if (ferror(file) != 0) {
        int error = errno == 0 ? EIO : errno;
        free(bytes);
        return fault_set_errno(ret_fault, error, "%s: cannot read", name);
    }
    bytes[len] = '\0';
    *ret_bytes = bytes;
    *ret_len = (uint32_t)len;
    return true;
}

bool till_open(struct till *till, const struct mapping *mapping, FILE *file, const char *name,
               struct fault *ret_fault)
{
    struct flaw flaw = {0};
    char *bytes = NULL;
    uint32_t len = 0;

    if (!read_all(file, name, &bytes, &len, ret_fault)) {
        return false;
    }
    memset(till, 0, sizeof *till);
    till->refused = !sheet_open(&till->sheet, mapping, bytes, len, &flaw);
    if (till->refused) {
        flaws_add(&till->flaws, &flaw);
        till->line = flaw.line;
    }
    return true;
}

static bool same_number(const struct till_seen *a, const struct till_seen *b)
{
    return slice_equal(a->terminal, b->terminal) && a->number == b->number &&
           (a->number != 0 || slice_equal(a->receipt, b->receipt));
}

/* Has this file said the event's number already? */
static void twice_judge(struct till *till, const struct making_rule *rule)
{
    const struct event *event = &till->event;
    struct till_seen seen = {event->terminal, event->receipt, event->number, till->line};
    struct flaw flaw = {.kind = FLAW_TWICE, .line = till->line, .column = FLAW_ROW};

    uint64_t key = hash_bytes(seen.terminal.text, seen.terminal.len) ^
                   (seen.number != 0 ? hash_u64(seen.number)
                                     : ~hash_bytes(seen.receipt.text, seen.receipt.len));
    uint64_t *place = map_put(&till->seen, key == 0 ? 1 : key);
    if (*place == 0) {
        MEMORY_GROW(till->all, till->all_count, till->all_capacity);
        till->all[till->all_count++] = seen;
        *place = till->all_count;
        return;
    }
    const struct till_seen *known = &till->all[*place - 1];
    if (!same_number(known, &seen)) {
        return; /* two numbers of one hash */
    }
    for (uint32_t i = 0; i < rule->field_count; i++) {
        const struct field *field = &rule->fields[i];
        bool asked = field->key->kind == KEY_NUMBER ||
                     (seen.number == 0 && strcmp(field->key->name, "receipt") == 0);
        if (asked && field->column_count > 0) {
            flaw.column = till->sheet.places[field->columns[0]];
        }
    }
    const struct sheet_row *row =
        &till->sheet.rows[till->sheet.order[till->sheet.receipts[till->next - 1].first]];
    if (flaw.column != FLAW_ROW) {
        flaw.header = till->sheet.headers[flaw.column];
        flaw.cell = till->sheet.cells[row->first + flaw.column].text;
    }
    (void)snprintf(flaw.extra, sizeof flaw.extra, _("line %" PRIu32), known->line);
    flaws_add(&till->flaws, &flaw);
}

/* By line, then the row as a whole, then its cells from left to right. */
static int flaws_compare(const void *a, const void *b)
{
    const struct flaw *first = a;
    const struct flaw *second = b;
    uint32_t columns[2] = {first->column + 1, second->column + 1}; /* FLAW_ROW becomes 0 */

    if (first->line != second->line) {
        return first->line < second->line ? -1 : 1;
    }
    return (columns[0] > columns[1]) - (columns[0] < columns[1]);
}

till_result_t till_next(struct till *till)
{
    if (till->refused) {
        till->refused = false;
        return TILL_BAD;
    }
    till->flaws.count = 0;
    till->flaws.bad = false;
    if (till->next == till->sheet.receipt_count) {
        return TILL_END;
    }
    const struct sheet_receipt *receipt = &till->sheet.receipts[till->next++];
    till->line = till->sheet.rows[till->sheet.order[receipt->first]].line;
    const struct making_rule *rule =
        making_event(&till->sheet, receipt, &till->event, &till->flaws);
    if (rule != NULL) {
        twice_judge(till, rule);
    }
    if (till->flaws.count > 1) {
        qsort(till->flaws.list, till->flaws.count, sizeof *till->flaws.list, flaws_compare);
    }
    return till->flaws.bad ? TILL_BAD : TILL_EVENT;
}

void till_close(struct till *till)
{
    sheet_close(&till->sheet);
    flaws_deinit(&till->flaws);
    map_deinit(&till->seen);
    free(till->all);
    till->all = NULL;
}
