/* allclear key: which key may sign for which store. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/code.h"
#include "tools/hq/approving.h"
#include "tools/hq/args.h"
#include "tools/hq/evidence.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/inviting.h"
#include "tools/hq/submit.h"
#include "clearing/base/hex.h"
#include "tools/render/table.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear key list --dir DIR [--json]\n"
             "       allclear key approve STORE [FINGERPRINT | --all-pending] --dir DIR\n"
             "       allclear key approve --all-pending | --list FILE.csv --dir DIR\n"
             "       allclear key revoke STORE [--reason TEXT] --dir DIR\n"
             "       allclear key replace STORE [--out KIT.json] [--reason TEXT] --dir DIR\n"
             "       allclear key evidence STORE [--json] --dir DIR\n"
             "\n"
             "A store's key is made at the store (`allclear join`) and signs its batches once\n"
             "headquarters approves it. Compare the fingerprint with the store before: by "
             "telephone, not\n"
             "by mail. At least 16 digits of it are given here. A new key replaces the old one.\n"
             "\n"
             "`replace` is for a lost key, a stolen or dead PC: the old key is revoked and a new kit "
             "written,\n"
             "in one step (the daemon must run). The store goes on where the ledger has it.\n"
             "`evidence` shows why a store was frozen by itself: the two batches signed under one "
             "number side\n"
             "by side, and whether they look like a copied or restored PC or need a closer look.\n"
             "\n"
             "  --out FILE     where the kit goes (default STORE.kit.json)\n"
             "  --list FILE    approve many: a spreadsheet saved as CSV with the columns store "
             "and\n"
             "                 fingerprint; what does not match is named and left\n"
             "  --all-pending  approve what has asked, without comparing\n"
             "\n"
             "Exit: 0 done, 65 something could not be approved.\n"
             "\n"
             "Example:\n"
             "  allclear key approve A 3f0c9a7712b4d6e1 --dir /var/lib/allclear\n"
             "  allclear key approve --list fingerprints.csv --dir /var/lib/allclear\n");
}

/* In groups of four, as the store reads it out. */
static const char *grouped(const char *print, char ret_text[3 * SIGN_KEY_ID_LEN])
{
    char *at = ret_text;

    for (size_t i = 0; i < 2 * SIGN_KEY_ID_LEN && print[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0) {
            *at++ = ' ';
        }
        *at++ = print[i];
    }
    *at = '\0';
    return ret_text;
}

static int list_keys(const json_t *head, bool json)
{
    const struct table_column columns[] = {
        {_("Store"), COLUMN_TEXT}, {_("Key"), COLUMN_TEXT}, {_("Asks for"), COLUMN_TEXT}};
    struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    if (json) {
        json_t *keys = json_pack("{s:O,s:O}", "stores", json_object_get(head, "stores"), "joins",
                                 json_object_get(head, "joins"));
        (void)json_dumpf(keys, stdout, JSON_COMPACT);
        json_decref(keys);
        putchar('\n');
        return EX_OK;
    }
    table_init(&table, columns, 3);
    json_array_foreach(json_object_get(head, "stores"), i, row)
    {
        char pending[PRINT_TEXT_SIZE];
        char groups[3 * SIGN_KEY_ID_LEN];
        const char *store = json_string_value(json_object_get(row, "store"));
        const char *used = json_string_value(json_object_get(row, "key_id"));
        table_text(&table, store);
        table_text(&table, used == NULL ? _("none") : grouped(used, groups));
        bool asks = approving_pending(head, store, pending);
        table_text(&table, asks ? grouped(pending, groups) : "");
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
    return EX_OK;
}

/* --- changing --- */

static int approve_one(const char *dir, const json_t *head, char *const *words, bool all)
{
    char pending[PRINT_TEXT_SIZE];
    char groups[3 * SIGN_KEY_ID_LEN];
    struct fault fault = {0};
    const char *store = words[0];
    const char *print = words[1];

    if (!approving_pending(head, store, pending)) {
        fprintf(stderr,
                _("allclear key: store %s has not asked (allclear invite %s, then join at the "
                  "store)\n"),
                store,
                store);
        return EX_DATAERR;
    }
    if (print == NULL && !all) {
        fprintf(stderr,
                _("allclear key: store %s asks for the key %s\n"
                  "Compare it with the store, then: allclear key approve %s %.*s --dir %s\n"),
                store, grouped(pending, groups), store, PRINT_LEN, pending, dir);
        return EX_USAGE;
    }
    if (print != NULL && !approving_matches(print, pending)) {
        fprintf(stderr,
                _("allclear key: store %s asks for the key %s, which is not %s: nothing is "
                  "approved\n"),
                store, grouped(pending, groups), print);
        return EX_DATAERR;
    }
    if (!approving_one(dir, head, store, &fault)) {
        return home_complain("key", &fault);
    }
    printf(_("Store %s signs with %s from now on.\n"), store, grouped(pending, groups));
    return EX_OK;
}

static int approve_many(const char *dir, const json_t *head, const char *list)
{
    struct approving_tally tally = {0};
    struct fault fault = {0};
    bool good = list != NULL ? approving_list(dir, head, list, &tally, &fault)
                             : approving_all(dir, head, &tally, &fault);

    if (good || tally.approved > 0) {
        printf(_("Approved %u, already in use %u, not approved %u.\n"),
               tally.approved,
               tally.already,
               tally.refused);
    }
    if (!good) {
        return home_complain("key", &fault);
    }
    return tally.refused > 0 ? EX_DATAERR : EX_OK;
}

static int revoke_key(const char *dir, const json_t *head, const char *store, const char *reason)
{
    const char *used =
        json_string_value(json_object_get(approving_row(head, "stores", store), "key_id"));
    uint8_t id[SIGN_KEY_ID_LEN];
    struct fault fault = {0};
    struct hq_body body = {.type = HQ_KEY_REVOKE, .key_revoke = {slice_of(store), id}};

    if (used == NULL || !hex_read(used, id, sizeof id)) {
        fprintf(stderr, _("allclear key: store %s has no key\n"), store);
        return EX_DATAERR;
    }
    if (!submit_one(dir, reason, &body, &fault)) {
        return home_complain("key", &fault);
    }
    printf(_("Store %s has no key any more: nothing it signs is taken.\n"), store);
    return EX_OK;
}

/* First the old key goes: whoever has it must not win time when no kit can be written. What is
 * done already is not done twice, so it can be run again. */
static int replace_key(const char *dir, const json_t *head, const char *store, const char *reason,
                       const char *out)
{
    const json_t *row = approving_row(head, "stores", store);
    struct inviting inviting = {.dir = dir};
    struct fault fault = {0};
    char path[CODE_LEN_MAX + 16];

    if (row == NULL) {
        fprintf(stderr, _("allclear %s: the alliance has no store %s\n"), "key", store);
        return EX_DATAERR;
    }
    if (json_is_string(json_object_get(row, "key_id"))) {
        int code = revoke_key(dir, head, store, reason);
        if (code != EX_OK) {
            return code;
        }
    }
    (void)snprintf(path, sizeof path, "%s.kit.json", store);
    out = out != NULL ? out : path;
    bool good = inviting_begin(&inviting, &fault) && inviting_write(&inviting, store, out, &fault);
    json_decref(inviting.head);
    if (!good) {
        return inviting_complain(dir, "key", &fault);
    }
    printf(_("Wrote %s. At the store: allclear join %s --dir FOLDER; then here: allclear key "
             "approve %s\n"),
           out, out, store);
    if (json_is_true(json_object_get(row, "frozen"))) {
        printf(_("Store %s is frozen: after that, allclear unfreeze %s\n"), store, store);
    }
    return EX_OK;
}

struct key_options {
    const char *dir;
    const char *reason;
    const char *out;
    const char *list;
    bool all;
    bool json;
};

static int run(const struct key_options *options, const json_t *head, char **words, int count)
{
    CHECK(count > 0 && words[0] != NULL); /* args_read has seen to it */
    if (strcmp(words[0], "list") == 0 && count == 1) {
        return list_keys(head, options->json);
    }
    if (strcmp(words[0], "approve") == 0 && count == 1 &&
        options->all != (options->list != NULL)) {
        return approve_many(options->dir, head, options->list);
    }
    if (strcmp(words[0], "approve") == 0 && options->list == NULL &&
        (count == 2 || (count == 3 && !options->all))) {
        return approve_one(options->dir, head, words + 1, options->all);
    }
    if (strcmp(words[0], "revoke") == 0 && count == 2) {
        return revoke_key(options->dir, head, words[1], options->reason);
    }
    if (strcmp(words[0], "replace") == 0 && count == 2) {
        return replace_key(options->dir, head, words[1], options->reason, options->out);
    }
    if (strcmp(words[0], "evidence") == 0 && count == 2) {
        return evidence_show(options->dir, words[1], options->json);
    }
    fputs(_("allclear key: write list, or approve, revoke, replace or evidence and a STORE (see "
            "allclear key "
            "--help)\n"),
          stderr);
    return EX_USAGE;
}

int verb_key(int argc, char **argv)
{
    struct key_options options = {0};
    const char *dir = NULL;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"reason", &options.reason, NULL},
                               {"out", &options.out, NULL},
                               {"list", &options.list, NULL},
                               {"all-pending", NULL, &options.all},
                               {"json", NULL, &options.json}};
    struct args args = {"key", usage(), list, 6, 1, 3};
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;
    int count = 0;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    while (words[count] != NULL) {
        count++;
    }
    options.dir = home_dir(dir, "key");
    if (options.dir == NULL) {
        return EX_USAGE;
    }
    json_t *head = inquire(options.dir, "head", &fault);
    if (head == NULL) {
        return home_complain("key", &fault);
    }
    code = run(&options, head, words, count);
    json_decref(head);
    return code;
}
