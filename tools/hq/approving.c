#include "tools/hq/approving.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/base/code.h"
#include "clearing/base/hex.h"
#include "tools/csv/csv.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/node/files.h"
#include "tools/text.h"

#define LIST_LEN_MAX (4U << 20)

/* --- requests --- */

const json_t *approving_row(const json_t *head, const char *list, const char *store)
{
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(head, list), i, row)
    {
        const char *code = json_string_value(json_object_get(row, "store"));
        if (code != NULL && strcmp(code, store) == 0) {
            return row;
        }
    }
    return NULL;
}

/* A request's key id in hex. Returns: false when the request is none. */
static bool asked_id(const json_t *join, char ret_print[PRINT_TEXT_SIZE])
{
    const char *text = json_string_value(json_object_get(join, "public"));
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t id[SIGN_KEY_ID_LEN];

    if (text == NULL || !hex_read(text, public_key, sizeof public_key)) {
        return false;
    }
    sign_key_id(public_key, id);
    hex_write(id, sizeof id, ret_print);
    return true;
}

static const char *used_id(const json_t *head, const char *store)
{
    return json_string_value(json_object_get(approving_row(head, "stores", store), "key_id"));
}

bool approving_pending(const json_t *head, const char *store, char ret_print[PRINT_TEXT_SIZE])
{
    const json_t *join = approving_row(head, "joins", store);
    const char *used = used_id(head, store);

    return join != NULL && asked_id(join, ret_print) &&
           (used == NULL || strcmp(used, ret_print) != 0);
}

bool approving_matches(const char *given, const char *print)
{
    size_t digits = 0;

    for (; *given != '\0'; given++) {
        if (*given == ' ') {
            continue;
        }
        if (print[digits] == '\0' || tolower((unsigned char)*given) != print[digits]) {
            return false;
        }
        digits++;
    }
    return digits >= PRINT_LEN;
}

/* --- approving --- */

static bool read_request(const json_t *join, uint8_t ret_public[32], uint8_t ret_transport[32],
                         uint8_t ret_possession[64])
{
    const char *public_key = json_string_value(json_object_get(join, "public"));
    const char *transport = json_string_value(json_object_get(join, "transport"));
    const char *possession = json_string_value(json_object_get(join, "possession"));

    return public_key != NULL && transport != NULL && possession != NULL &&
           hex_read(public_key, ret_public, 32) && hex_read(transport, ret_transport, 32) &&
           hex_read(possession, ret_possession, 64);
}

/* A request that was answered here is done with; a daemon keeps its own. */
static void forget_request(const char *dir, const char *store)
{
    char path[FILES_PATH_MAX];
    char name[CODE_LEN_MAX + 8];

    (void)snprintf(name, sizeof name, "joins/%s", store);
    if (!inquire_is_running(dir) && files_path(dir, name, path, NULL)) {
        (void)unlink(path);
    }
}

static bool put(struct submit *submit, const json_t *head, const char *store,
                struct fault *ret_fault)
{
    uint8_t public_key[32];
    uint8_t transport[32];
    uint8_t possession[64];
    struct hq_body body = {
        .type = HQ_KEY_APPROVE,
        .key_approve = {slice_of(store), public_key, transport, possession},
    };

    if (!read_request(
            approving_row(head, "joins", store), public_key, transport, possession)) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "the request of %s is damaged: join again", store);
    }
    return submit_put(submit, &body, ret_fault);
}

bool approving_one(const char *dir, const json_t *head, const char *store,
                   struct fault *ret_fault)
{
    struct submit *submit = submit_open(dir, NULL, ret_fault);
    bool good = submit != NULL && put(submit, head, store, ret_fault) &&
                submit_finish(submit, ret_fault);

    submit_close(submit);
    if (good) {
        forget_request(dir, store);
    }
    return good;
}

bool approving_all(const char *dir, const json_t *head, struct approving_tally *ret_tally,
                   struct fault *ret_fault)
{
    struct submit *submit = submit_open(dir, NULL, ret_fault);
    char print[PRINT_TEXT_SIZE];
    bool good = submit != NULL;
    const json_t *row = NULL;
    size_t i = 0;

    *ret_tally = (struct approving_tally){0};
    json_array_foreach(json_object_get(head, "joins"), i, row)
    {
        const char *store = json_string_value(json_object_get(row, "store"));
        if (good && store != NULL && approving_pending(head, store, print)) {
            good = put(submit, head, store, ret_fault);
            ret_tally->approved += good;
        }
    }
    good = good && submit_finish(submit, ret_fault);
    submit_close(submit);
    json_array_foreach(json_object_get(head, "joins"), i, row)
    {
        const char *store = json_string_value(json_object_get(row, "store"));
        if (good && store != NULL) {
            forget_request(dir, store);
        }
    }
    return good;
}

/* --- a list --- */

struct approving_list {
    const json_t *head;
    const char *path;
    struct submit *submit;
    struct approving_tally *tally;
    json_t *seen; /* stores of the rows so far */
    uint32_t store_column;
    uint32_t print_column;
};

static void __attribute__((format(printf, 3, 4)))
complain(const struct approving_list *list, const struct csv_cell *cell, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "%s:%u:%u: ", list->path, cell->line, cell->column);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    list->tally->refused++;
}

/* Which columns hold the store and its fingerprint? */
static bool read_header(struct approving_list *list, const struct csv *csv,
                        struct fault *ret_fault)
{
    list->store_column = UINT32_MAX;
    list->print_column = UINT32_MAX;
    for (uint32_t i = 0; i < csv->cell_count && i < CSV_CELLS_MAX; i++) {
        if (slice_equal(csv->cells[i].text, slice_of("store"))) {
            list->store_column = i;
        } else if (slice_equal(csv->cells[i].text, slice_of("fingerprint"))) {
            list->print_column = i;
        }
    }
    return (list->store_column != UINT32_MAX && list->print_column != UINT32_MAX) ||
           fault_set(ret_fault, FAULT_FORMAT,
                     "%s:1: the header needs the columns store and fingerprint", list->path);
}

/* Approve one row. Returns: false with ret_fault when the ledger takes nothing more. */
static bool take_row(struct approving_list *list, const struct csv *csv, struct fault *ret_fault)
{
    static const struct csv_cell none;
    const struct csv_cell *code = list->store_column < csv->cell_count
                                      ? &csv->cells[list->store_column]
                                      : &csv->cells[0];
    const struct csv_cell *given =
        list->print_column < csv->cell_count ? &csv->cells[list->print_column] : &none;
    char store[CODE_LEN_MAX + 1];
    char fingerprint[4 * SIGN_KEY_ID_LEN];
    char pending[PRINT_TEXT_SIZE];

    if (!code_valid(code->text)) {
        complain(list, code, _("a store's code stands here, as in stores.csv"));
        return true;
    }
    (void)snprintf(store, sizeof store, "%.*s", (int)code->text.len, code->text.text);
    (void)snprintf(fingerprint, sizeof fingerprint, "%.*s", (int)given->text.len,
                   given->text.len == 0 ? "" : given->text.text);
    const char *used = used_id(list->head, store);
    if (approving_row(list->head, "stores", store) == NULL) {
        complain(list, code, _("the alliance has no store %s: look at stores.csv"), store);
    } else if (json_object_get(list->seen, store) != NULL) {
        complain(list, code, _("store %s stands in the list twice: remove one row"), store);
    } else if (used != NULL && approving_matches(fingerprint, used)) {
        list->tally->already++;
    } else if (!approving_pending(list->head, store, pending)) {
        complain(list, code, _("store %s has not asked: it joins first (allclear join)"), store);
    } else if (given->text.len == 0) {
        complain(list, code, _("the fingerprint of store %s is missing: ask the store"), store);
    } else if (!approving_matches(fingerprint, pending)) {
        complain(list,
                 given,
                 _("this is not the key that asks, %.32s: ask the store again, by telephone"),
                 pending);
    } else if (!put(list->submit, list->head, store, ret_fault)) {
        return false;
    } else {
        list->tally->approved++;
    }
    json_object_set_new(list->seen, store, json_true());
    return true;
}

/* Returns: false with ret_fault when no more can be done. */
static bool take_rows(struct approving_list *list, struct csv *csv, struct fault *ret_fault)
{
    csv_result_t result = csv_read(csv);

    if (result != CSV_ROW) {
        return fault_set(ret_fault, FAULT_FORMAT, "%s:1: the header with the columns store and "
                         "fingerprint is missing", list->path);
    }
    if (!read_header(list, csv, ret_fault)) {
        return false;
    }
    while ((result = csv_read(csv)) != CSV_END) {
        if (result == CSV_BROKEN) {
            struct csv_cell place = {.line = csv->fault_line, .column = csv->fault_column};
            complain(list, &place, _("the quotes do not match: save it as CSV again"));
            csv_resume(csv);
        } else if (!take_row(list, csv, ret_fault)) {
            return false;
        }
    }
    return true;
}

bool approving_list(const char *dir, const json_t *head, const char *path,
                    struct approving_tally *ret_tally, struct fault *ret_fault)
{
    struct approving_list list = {.head = head, .path = path, .tally = ret_tally};
    size_t len = 0;
    char *text = NULL;
    struct csv csv;

    *ret_tally = (struct approving_tally){0};
    if (!files_read(path, LIST_LEN_MAX, &text, &len, ret_fault)) {
        return false;
    }
    size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    csv_init(&csv, text + mark, (uint32_t)(len - mark), ',');
    list.seen = json_object();
    list.submit = submit_open(dir, NULL, ret_fault);
    bool good = list.submit != NULL && take_rows(&list, &csv, ret_fault) &&
                submit_finish(list.submit, ret_fault);
    submit_close(list.submit);
    json_decref(list.seen);
    csv_deinit(&csv);
    free(text);
    return good;
}
