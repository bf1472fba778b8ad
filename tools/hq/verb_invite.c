/* allclear invite: the kit that a store begins with. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/code.h"
#include "tools/hq/args.h"
#include "tools/hq/control.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "clearing/base/hex.h"
#include "tools/node/kit.h"
#include "tools/node/wire.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear invite STORE [--out KIT.json] [--address tcp://HOST:PORT] --dir DIR\n"
             "\n"
             "Write a kit for a store: the network, the daemon's address and keys, and a key that "
             "can\n"
             "do nothing but ask to join. Give it to the store as you would a password. The "
             "daemon must\n"
             "run. After `allclear join` at the store: allclear key approve STORE.\n"
             "\n"
             "  --out FILE         where the kit goes (default STORE.kit.json)\n"
             "  --address ADDRESS  as the store reaches the daemon, where that differs\n"
             "\n"
             "Exit: 0 done, 69 no daemon runs.\n"
             "\n"
             "Example:\n"
             "  allclear invite A --out A.kit.json --dir /var/lib/allclear\n");
}

/* Let this key ask to join as the store. */
static enum control_result let_in(const char *dir, const char *store, const char *public_key,
                                  struct fault *ret_fault)
{
    json_t *answer = NULL;
    json_t *request =
        json_pack("{s:s,s:s,s:s}", "verb", "invite", "store", store, "public", public_key);
    enum control_result result = control_ask(dir, request, &answer, ret_fault);

    json_decref(answer);
    return result;
}

static json_t *kit_of(const json_t *head, const char *store, const char *address)
{
    static const char *const from_head[] = {"network", "alliance"};
    static const char *const keys[] = {"server_key", "ledger_key"};
    json_t *kit = json_object();

    json_object_set_new(kit, "format", json_string(KIT_FORMAT));
    for (size_t i = 0; i < 2; i++) {
        json_object_set(kit, from_head[i], json_object_get(head, from_head[i]));
    }
    json_object_set_new(kit, "store", json_string(store));
    if (address != NULL) {
        json_object_set_new(kit, "address", json_string(address));
    } else {
        json_object_set(kit, "address", json_object_get(head, "address"));
    }
    for (size_t i = 0; i < 2; i++) {
        json_object_set(kit, keys[i], json_object_get(head, keys[i]));
    }
    return kit;
}

/* The kit holds a secret: a new file that only its owner may read. */
static bool write_kit(const json_t *kit, const char *path, struct fault *ret_fault)
{
    char *text = json_dumps(kit, JSON_INDENT(2));

    CHECK(text != NULL);
    bool good = files_write(path, text, strlen(text), ret_fault);
    explicit_bzero(text, strlen(text));
    free(text);
    return good;
}

static bool invite(const char *dir, const char *store, const char *address, const char *path,
                   struct fault *ret_fault)
{
    uint8_t public_key[WIRE_KEY_LEN];
    uint8_t secret[WIRE_KEY_LEN];
    char public_text[2 * WIRE_KEY_LEN + 1];
    char secret_text[2 * WIRE_KEY_LEN + 1];
    json_t *head = NULL;

    if (control_ask(dir, json_pack("{s:s}", "verb", "head"), &head, ret_fault) !=
        CONTROL_ANSWERED) {
        return false;
    }
    wire_make_keys(public_key, secret);
    hex_write(public_key, sizeof public_key, public_text);
    hex_write(secret, sizeof secret, secret_text);
    json_t *kit = kit_of(head, store, address);
    json_object_set_new(kit, "invite_public", json_string(public_text));
    json_object_set_new(kit, "invite_secret", json_string(secret_text));
    json_object_set(kit, "test", json_object_get(head, "test"));
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(secret_text, sizeof secret_text);
    bool good = let_in(dir, store, public_text, ret_fault) == CONTROL_ANSWERED &&
                write_kit(kit, path, ret_fault);
    json_decref(kit);
    json_decref(head);
    return good;
}

int verb_invite(int argc, char **argv)
{
    const char *option = NULL;
    const char *out = NULL;
    const char *address = NULL;
    const struct arg list[] = {
        {"dir", &option, NULL}, {"out", &out, NULL}, {"address", &address, NULL}};
    struct args args = {"invite", usage(), list, 3, 1, 1};
    char path[CODE_LEN_MAX + 16];
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    const char *dir = home_dir(option, "invite");
    if (dir == NULL) {
        return EX_USAGE;
    }
    if (!code_valid(slice_of(words[0])) ||
        (address != NULL && strncmp(address, "tcp://", 6) != 0)) {
        fputs(_("allclear invite: a store's code, and an address as tcp://HOST:PORT\n"), stderr);
        return EX_USAGE;
    }
    (void)snprintf(path, sizeof path, "%s.kit.json", words[0]);
    if (!invite(dir, words[0], address, out != NULL ? out : path, &fault)) {
        if (fault.category == FAULT_NONE) {
            fprintf(stderr,
                    _("allclear invite: no daemon runs on %s: start allcleard --dir %s\n"),
                    dir,
                    dir);
            return EX_UNAVAILABLE;
        }
        return home_complain("invite", &fault);
    }
    printf(_("Wrote %s. At the store: allclear join %s --dir FOLDER; then here: allclear key "
             "approve %s\n"),
           out != NULL ? out : path,
           out != NULL ? out : path,
           words[0]);
    return EX_OK;
}
