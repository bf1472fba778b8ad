/* allclear key: which key may sign for which store. */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/code.h"
#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "clearing/base/hex.h"
#include "tools/render/table.h"
#include "tools/text.h"

#define PRINT_LEN 16 /* digits of a fingerprint that people compare at least */

static const char *usage(void)
{
    return _("Usage: allclear key list --dir DIR [--json]\n"
             "       allclear key approve STORE [FINGERPRINT | --all-pending] --dir DIR\n"
             "       allclear key revoke STORE [--reason TEXT] --dir DIR\n"
             "\n"
             "A store's key is made at the store (`allclear join`) and signs its batches once\n"
             "headquarters approves it. Compare the fingerprint with the store before: by "
             "telephone, not\n"
             "by mail. At least 16 digits of it are given here; --all-pending takes what has "
             "asked.\n"
             "A new key replaces the old one.\n"
             "\n"
             "Example:\n"
             "  allclear key approve A 3f0c9a7712b4d6e1 --dir /var/lib/allclear\n");
}

/* The row of a store in a list of the head. */
static const json_t *row_of(const json_t *head, const char *list, const char *store)
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
static bool asked_id(const json_t *join, char ret_text[2 * SIGN_KEY_ID_LEN + 1])
{
    const char *text = json_string_value(json_object_get(join, "public"));
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t id[SIGN_KEY_ID_LEN];

    if (text == NULL || !hex_read(text, public_key, sizeof public_key)) {
        return false;
    }
    sign_key_id(public_key, id);
    hex_write(id, sizeof id, ret_text);
    return true;
}

/* The key that a store has asked to use and does not use yet. */
static bool pending_id(const json_t *head, const char *store,
                       char ret_text[2 * SIGN_KEY_ID_LEN + 1])
{
    const json_t *join = row_of(head, "joins", store);
    const json_t *row = row_of(head, "stores", store);
    const char *used = json_string_value(json_object_get(row, "key_id"));

    return join != NULL && asked_id(join, ret_text) &&
           (used == NULL || strcmp(used, ret_text) != 0);
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

/* Is this the beginning of a fingerprint, with or without blanks, long enough to mean it? */
static bool print_matches(const char *given, const char *print)
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
        char pending[2 * SIGN_KEY_ID_LEN + 1];
        char groups[3 * SIGN_KEY_ID_LEN];
        const char *store = json_string_value(json_object_get(row, "store"));
        const char *used = json_string_value(json_object_get(row, "key_id"));
        table_text(&table, store);
        table_text(&table, used == NULL ? _("none") : grouped(used, groups));
        table_text(&table, pending_id(head, store, pending) ? grouped(pending, groups) : "");
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
    return EX_OK;
}

/* --- changing --- */

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

static bool approve(const char *dir, const json_t *head, const char *store,
                    struct fault *ret_fault)
{
    uint8_t public_key[32];
    uint8_t transport[32];
    uint8_t possession[64];
    struct hq_body body = {
        .type = HQ_KEY_APPROVE,
        .key_approve = {slice_of(store), public_key, transport, possession},
    };

    if (!read_request(row_of(head, "joins", store), public_key, transport, possession)) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "the request of %s is damaged: join again", store);
    }
    if (!submit_one(dir, NULL, &body, ret_fault)) {
        return false;
    }
    forget_request(dir, store);
    return true;
}

static int approve_one(const char *dir, const json_t *head, char *const *words, bool all)
{
    char pending[2 * SIGN_KEY_ID_LEN + 1];
    char groups[3 * SIGN_KEY_ID_LEN];
    struct fault fault = {0};
    const char *store = words[0];
    const char *print = words[1];

    if (!pending_id(head, store, pending)) {
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
    if (print != NULL && !print_matches(print, pending)) {
        fprintf(stderr,
                _("allclear key: store %s asks for the key %s, which is not %s: nothing is "
                  "approved\n"),
                store, grouped(pending, groups), print);
        return EX_DATAERR;
    }
    if (!approve(dir, head, store, &fault)) {
        return home_complain("key", &fault);
    }
    printf(_("Store %s signs with %s from now on.\n"), store, grouped(pending, groups));
    return EX_OK;
}

static int revoke_key(const char *dir, const json_t *head, const char *store, const char *reason)
{
    const char *used = json_string_value(json_object_get(row_of(head, "stores", store), "key_id"));
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

struct key_options {
    const char *dir;
    const char *reason;
    bool all;
    bool json;
};

static int run(const struct key_options *options, const json_t *head, char **words, int count)
{
    CHECK(count > 0 && words[0] != NULL); /* args_read has seen to it */
    if (strcmp(words[0], "list") == 0 && count == 1) {
        return list_keys(head, options->json);
    }
    if (strcmp(words[0], "approve") == 0 && (count == 2 || (count == 3 && !options->all))) {
        return approve_one(options->dir, head, words + 1, options->all);
    }
    if (strcmp(words[0], "revoke") == 0 && count == 2) {
        return revoke_key(options->dir, head, words[1], options->reason);
    }
    fputs(_("allclear key: write list, approve STORE or revoke STORE (see allclear key --help)\n"),
          stderr);
    return EX_USAGE;
}

int verb_key(int argc, char **argv)
{
    struct key_options options = {0};
    const char *dir = NULL;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"reason", &options.reason, NULL},
                               {"all-pending", NULL, &options.all},
                               {"json", NULL, &options.json}};
    struct args args = {"key", usage(), list, 4, 1, 3};
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
