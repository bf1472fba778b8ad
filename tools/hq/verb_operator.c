/* allclear operator: who acts for headquarters. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "tools/hq/args.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/render/table.h"
#include "tools/text.h"

#define REQUEST_LEN (SIGN_PUBLIC_LEN + SIGN_SIGNATURE_LEN)

static const char *usage(void)
{
    return _("Usage: allclear operator add PERSON --role ROLE[,ROLE...] [--request HEX] --dir DIR\n"
             "       allclear operator leave PERSON --reason TEXT --dir DIR\n"
             "       allclear operator list [--json] --dir DIR\n"
             "       allclear operator roles\n"
             "       allclear operator key PERSON --network HEX --out FILE\n"
             "\n"
             "Headquarters' key appoints people: maker, checker, auditor, operator. From the first "
             "one on it\n"
             "does nothing else, and every other record needs a person whose role allows it "
             "(--as PERSON).\n"
             "`add` makes keys/people/PERSON.pem; `key` makes one elsewhere and prints the "
             "request to add\n"
             "it with; whoever is there already gets other roles.\n"
             "\n"
             "Example:\n"
             "  allclear operator add li --role maker,operator --dir D\n"
             "  allclear operator add wang --role checker --dir D\n");
}

struct operator_options {
    const char *dir;
    const char *roles;
    const char *request;
    const char *reason;
    const char *network;
    const char *out;
    bool json;
};

/* --- the table --- */

static void roles_words(uint32_t roles, const char *none, char *ret_words, size_t size)
{
    size_t len = 0;

    (void)snprintf(ret_words, size, "%s", none);
    for (uint32_t bit = 1; bit <= HQ_ROLES_ALL; bit <<= 1) {
        if ((roles & bit) != 0 && len < size) {
            len += (size_t)snprintf(
                ret_words + len, size - len, "%s%s", len == 0 ? "" : ",", role_bit_name(bit));
        }
    }
}

static int show_roles(void)
{
    const struct table_column columns[] = {
        {_("Record"), COLUMN_TEXT}, {_("Signs or proposes"), COLUMN_TEXT},
        {_("Approves"), COLUMN_TEXT}};
    struct look look = look_of(stdout);
    struct table table;
    size_t count = 0;
    const struct role_rule *rules = roles_table(&count);

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < count; i++) {
        char words[64];
        table_text(&table, hq_type_name(rules[i].type));
        roles_words(rules[i].first, _("headquarters' key"), words, sizeof words);
        table_text(&table, words);
        roles_words(rules[i].second, "", words, sizeof words);
        table_text(&table, words);
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
    return EX_OK;
}

/* --- the list --- */

static json_t *people_of(const char *dir, struct fault *ret_fault)
{
    json_t *head = inquire(dir, "head", ret_fault);
    json_t *rows = json_incref(
        json_object_get(json_object_get(head, "people"), "operators"));

    json_decref(head);
    return rows;
}

static void list_row(struct table *table, const json_t *row)
{
    const json_t *names = json_object_get(row, "roles");
    const json_t *name = NULL;
    char words[64] = "";
    size_t len = 0;
    size_t i = 0;

    json_array_foreach(names, i, name)
    {
        if (len < sizeof words) {
            len += (size_t)snprintf(words + len, sizeof words - len, "%s%s",
                                    len == 0 ? "" : ",", json_string_value(name));
        }
    }
    table_text(table, json_string_value(json_object_get(row, "person")));
    table_text(table, json_is_true(json_object_get(row, "left")) ? _("has left") : words);
    table_text(table, json_string_value(json_object_get(row, "key_id")));
}

static int list_people(const struct operator_options *options)
{
    const struct table_column columns[] = {
        {_("Person"), COLUMN_TEXT}, {_("Roles"), COLUMN_TEXT}, {_("Key"), COLUMN_TEXT}};
    struct look look = look_of(stdout);
    struct fault fault = {0};
    json_t *rows = people_of(options->dir, &fault);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    if (rows == NULL) {
        return home_complain("operator", &fault);
    }
    if (options->json) {
        json_t *answer = json_pack("{s:O}", "operators", rows);
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        (void)fputc('\n', stdout);
        json_decref(answer);
    } else if (json_array_size(rows) == 0) {
        fputs(_("Nobody is appointed: headquarters' key signs whatever needs one person.\n"),
              stdout);
    } else {
        table_init(&table, columns, sizeof columns / sizeof columns[0]);
        json_array_foreach(rows, i, row)
        {
            list_row(&table, row);
        }
        table_write(&table, &look, stdout);
        table_deinit(&table);
    }
    json_decref(rows);
    return EX_OK;
}

/* --- keys --- */

/* Public key and its proof: what a person asks to be appointed with. */
static void request_of(const struct sign_key *key, const uint8_t network[SIGN_NETWORK_LEN],
                       slice_t person, uint8_t ret_request[REQUEST_LEN])
{
    uint8_t proof[PEOPLE_PROOF_MAX];

    sign_key_public(key, ret_request);
    size_t len = people_proof(ret_request, person, proof);
    sign_message(key,
                 SIGN_PERSON,
                 network,
                 (slice_t){(const char *)proof, (uint32_t)len},
                 ret_request + SIGN_PUBLIC_LEN);
}

/* The person's key in the folder, made when there is none. Returns: NULL with ret_fault. */
static struct sign_key *key_here(const char *dir, const char *person, struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];
    char name[CODE_LEN_MAX + 8];

    (void)snprintf(name, sizeof name, "%s.pem", person);
    if (!files_path(dir, "keys/people", folder, ret_fault) ||
        !files_make_dir(folder, ret_fault) || !files_path(folder, name, path, ret_fault)) {
        return NULL;
    }
    if (access(path, F_OK) == 0) {
        return sign_key_load(path, ret_fault);
    }
    struct sign_key *key = sign_key_new();
    if (!sign_key_save(key, path, ret_fault)) {
        sign_key_free(key);
        return NULL;
    }
    return key;
}

static int make_key(const struct operator_options *options, const char *person)
{
    uint8_t network[SIGN_NETWORK_LEN];
    uint8_t request[REQUEST_LEN];
    char hex[2 * REQUEST_LEN + 1];
    struct fault fault = {0};

    if (options->network == NULL || options->out == NULL ||
        !hex_read(options->network, network, sizeof network)) {
        fputs(_("allclear operator key: --network (64 hex digits, allclear status shows them) and "
                "--out FILE are needed\n"),
              stderr);
        return EX_USAGE;
    }
    struct sign_key *key = sign_key_new();
    bool good = sign_key_save(key, options->out, &fault);
    request_of(key, network, slice_of(person), request);
    sign_key_free(key);
    if (!good) {
        return home_complain("operator", &fault);
    }
    hex_write(request, sizeof request, hex);
    puts(hex);
    return EX_OK;
}

/* --- add and leave --- */

static uint32_t roles_of(const char *text)
{
    uint32_t roles = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        uint32_t role = role_bit_of((slice_t){text, (uint32_t)len});
        if (role == 0) {
            return 0;
        }
        roles |= role;
        text += len + (text[len] == ',');
    }
    return roles;
}

static bool request_here(const struct operator_options *options, const char *person,
                         uint8_t ret_request[REQUEST_LEN], struct fault *ret_fault)
{
    uint8_t network[SIGN_NETWORK_LEN];
    json_t *head = inquire(options->dir, "head", ret_fault);
    const char *hex = json_string_value(json_object_get(head, "network"));
    bool good = hex != NULL && hex_read(hex, network, sizeof network);

    json_decref(head);
    struct sign_key *key = good ? key_here(options->dir, person, ret_fault) : NULL;
    if (key == NULL) {
        return false;
    }
    request_of(key, network, slice_of(person), ret_request);
    sign_key_free(key);
    return true;
}

static int add(const struct operator_options *options, const char *person)
{
    uint8_t request[REQUEST_LEN];
    uint32_t roles = options->roles == NULL ? 0 : roles_of(options->roles);
    struct fault fault = {0};

    if (roles == 0) {
        fputs(_("allclear operator add: --role needs maker, checker, auditor or operator, several "
                "with commas\n"),
              stderr);
        return EX_USAGE;
    }
    if (options->request != NULL && !hex_read(options->request, request, sizeof request)) {
        fputs(_("allclear operator add: --request is what `allclear operator key` printed\n"), stderr);
        return EX_DATAERR;
    }
    if (options->request == NULL && !request_here(options, person, request, &fault)) {
        return home_complain("operator", &fault);
    }
    struct hq_body body = {
        .type = HQ_OPERATOR,
        .operator = {slice_of(person), request, roles, request + SIGN_PUBLIC_LEN}};
    if (!submit_one(options->dir, options->reason, &body, &fault)) {
        return home_complain("operator", &fault);
    }
    printf(_("%s is appointed: %s.\n"), person, options->roles);
    return EX_OK;
}

static int leave(const struct operator_options *options, const char *person)
{
    struct fault fault = {0};
    json_t *head = NULL;
    uint8_t public_key[SIGN_PUBLIC_LEN];
    bool known = false;

    if (options->reason == NULL) {
        fputs(_("allclear operator leave: say why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    head = inquire(options->dir, "head", &fault);
    if (head == NULL) {
        return home_complain("operator", &fault);
    }
    const json_t *rows = json_object_get(json_object_get(head, "people"), "operators");
    const json_t *row = NULL;
    size_t i = 0;
    json_array_foreach(rows, i, row)
    {
        const char *name = json_string_value(json_object_get(row, "person"));
        const char *hex = json_string_value(json_object_get(row, "public_key"));
        known = known || (name != NULL && hex != NULL && strcmp(name, person) == 0 &&
                          hex_read(hex, public_key, sizeof public_key));
    }
    json_decref(head);
    if (!known) {
        fprintf(stderr, _("allclear operator: %s was never appointed\n"), person);
        return EX_DATAERR;
    }
    struct hq_body body = {.type = HQ_OPERATOR,
                           .operator = {slice_of(person), public_key, 0, NULL}};
    if (!submit_one(options->dir, options->reason, &body, &fault)) {
        return home_complain("operator", &fault);
    }
    printf(_("%s has left.\n"), person);
    return EX_OK;
}

/* --- the verb --- */

static int with_person(const struct operator_options *options, const char *what,
                       const char *person)
{
    if (!code_valid(slice_of(person))) {
        fprintf(stderr, _("allclear operator: %s is no code (letters, digits, - and _)\n"), person);
        return EX_DATAERR;
    }
    if (strcmp(what, "key") == 0) {
        return make_key(options, person);
    }
    if (options->dir == NULL) {
        return EX_USAGE;
    }
    return strcmp(what, "add") == 0 ? add(options, person) : leave(options, person);
}

int verb_operator(int argc, char **argv)
{
    struct operator_options options = {0};
    const struct arg list[] = {
        {"dir", &options.dir, NULL},         {"role", &options.roles, NULL},
        {"request", &options.request, NULL}, {"reason", &options.reason, NULL},
        {"network", &options.network, NULL}, {"out", &options.out, NULL},
        {"json", NULL, &options.json}};
    struct args args = {"operator", usage(), list, 7, 1, 2};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    if (strcmp(words[0], "roles") == 0 && words[1] == NULL) {
        return show_roles();
    }
    if (strcmp(words[0], "key") != 0) {
        options.dir = home_dir(options.dir, "operator");
    }
    if (strcmp(words[0], "list") == 0 && words[1] == NULL) {
        return options.dir == NULL ? EX_USAGE : list_people(&options);
    }
    if (words[1] != NULL && (strcmp(words[0], "add") == 0 || strcmp(words[0], "leave") == 0 ||
                             strcmp(words[0], "key") == 0)) {
        return with_person(&options, words[0], words[1]);
    }
    fputs(_("allclear operator: write add PERSON, leave PERSON, list, roles or key PERSON (see "
            "allclear operator --help)\n"),
          stderr);
    return EX_USAGE;
}
