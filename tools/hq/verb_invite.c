/* allclear invite: the kit that a store begins with. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "clearing/base/code.h"
#include "tools/hq/approving.h"
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
             "       allclear invite --all --into FOLDER [--address tcp://HOST:PORT] --dir DIR\n"
             "\n"
             "Write a kit for a store: the network, the daemon's address and keys, and a key that "
             "can\n"
             "do nothing but ask to join. Give it to the store as you would a password. The "
             "daemon must\n"
             "run. After `allclear join` at the store: allclear key approve STORE.\n"
             "\n"
             "  --out FILE         where the kit goes (default STORE.kit.json)\n"
             "  --all              a kit for every store that has no key and has not asked for one\n"
             "  --into FOLDER      where they go, as FOLDER/STORE.kit.json (made when missing)\n"
             "  --address ADDRESS  as the store reaches the daemon, where that differs\n"
             "\n"
             "Exit: 0 done, 69 no daemon runs.\n"
             "\n"
             "Example:\n"
             "  allclear invite A --out A.kit.json --dir /var/lib/allclear\n");
}

/* Where kits come from. */
struct inviting {
    const char *dir;
    const char *address; /* NULL: the daemon's own */
    json_t *head;
};

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

/* The key of members' tokens, where the alliance has one. */
static bool put_token_key(json_t *kit, const char *dir, struct fault *ret_fault)
{
    uint8_t key[MEMBER_TOKEN_KEY_LEN];
    char text[2 * MEMBER_TOKEN_KEY_LEN + 1];
    bool has_key = false;

    if (!home_token_key(dir, key, &has_key, ret_fault)) {
        return false;
    }
    if (has_key) {
        hex_write(key, sizeof key, text);
        json_object_set_new(kit, "token_key", json_string(text));
    }
    explicit_bzero(key, sizeof key);
    explicit_bzero(text, sizeof text);
    return true;
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

static bool invite(const struct inviting *inviting, const char *store, const char *path,
                   struct fault *ret_fault)
{
    uint8_t public_key[WIRE_KEY_LEN];
    uint8_t secret[WIRE_KEY_LEN];
    char public_text[2 * WIRE_KEY_LEN + 1];
    char secret_text[2 * WIRE_KEY_LEN + 1];

    wire_make_keys(public_key, secret);
    hex_write(public_key, sizeof public_key, public_text);
    hex_write(secret, sizeof secret, secret_text);
    json_t *kit = kit_of(inviting->head, store, inviting->address);
    json_object_set_new(kit, "invite_public", json_string(public_text));
    json_object_set_new(kit, "invite_secret", json_string(secret_text));
    json_object_set(kit, "test", json_object_get(inviting->head, "test"));
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(secret_text, sizeof secret_text);
    bool good = put_token_key(kit, inviting->dir, ret_fault) &&
                let_in(inviting->dir, store, public_text, ret_fault) == CONTROL_ANSWERED &&
                write_kit(kit, path, ret_fault);
    json_decref(kit);
    return good;
}

static int complain(const struct inviting *inviting, const struct fault *fault)
{
    if (fault->category == FAULT_NONE) {
        fprintf(stderr,
                _("allclear invite: no daemon runs on %s: start allcleard --dir %s\n"),
                inviting->dir,
                inviting->dir);
        return EX_UNAVAILABLE;
    }
    return home_complain("invite", fault);
}

static int invite_one(const struct inviting *inviting, const char *store, const char *out)
{
    char path[CODE_LEN_MAX + 16];
    struct fault fault = {0};

    (void)snprintf(path, sizeof path, "%s.kit.json", store);
    out = out != NULL ? out : path;
    if (!invite(inviting, store, out, &fault)) {
        return complain(inviting, &fault);
    }
    printf(_("Wrote %s. At the store: allclear join %s --dir FOLDER; then here: allclear key "
             "approve %s\n"),
           out,
           out,
           store);
    return EX_OK;
}

static int invite_all(const struct inviting *inviting, const char *into)
{
    char path[FILES_PATH_MAX];
    char name[CODE_LEN_MAX + 16];
    struct fault fault = {0};
    const json_t *row = NULL;
    uint32_t count = 0;
    size_t i = 0;

    if (mkdir(into, 0700) != 0 && errno != EEXIST) {
        (void)fault_set_errno(&fault, errno, "cannot make the folder %s", into);
        return home_complain("invite", &fault);
    }
    json_array_foreach(json_object_get(inviting->head, "stores"), i, row)
    {
        const char *store = json_string_value(json_object_get(row, "store"));
        bool keyed = json_is_string(json_object_get(row, "key_id"));
        if (store == NULL || keyed || approving_row(inviting->head, "joins", store) != NULL) {
            continue;
        }
        (void)snprintf(name, sizeof name, "%s.kit.json", store);
        if (!files_path(into, name, path, &fault) || !invite(inviting, store, path, &fault)) {
            return complain(inviting, &fault);
        }
        count++;
    }
    printf(_("Wrote %u kits into %s. At each store: allclear join KIT.json --dir FOLDER; then here: "
             "allclear key approve --list FILE.csv\n"),
           count,
           into);
    return EX_OK;
}

int verb_invite(int argc, char **argv)
{
    const char *option = NULL;
    const char *out = NULL;
    const char *into = NULL;
    struct inviting inviting = {0};
    bool all = false;
    const struct arg list[] = {{"dir", &option, NULL},
                               {"out", &out, NULL},
                               {"address", &inviting.address, NULL},
                               {"into", &into, NULL},
                               {"all", NULL, &all}};
    struct args args = {"invite", usage(), list, 5, 0, 1};
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    inviting.dir = home_dir(option, "invite");
    if (inviting.dir == NULL) {
        return EX_USAGE;
    }
    bool right = all ? words[0] == NULL && into != NULL && out == NULL
                     : words[0] != NULL && into == NULL && code_valid(slice_of(words[0]));
    if (!right ||
        (inviting.address != NULL && strncmp(inviting.address, "tcp://", 6) != 0)) {
        fputs(_("allclear invite: a store's code, or --all --into FOLDER; an address as "
                "tcp://HOST:PORT\n"),
              stderr);
        return EX_USAGE;
    }
    if (control_ask(inviting.dir, json_pack("{s:s}", "verb", "head"), &inviting.head, &fault) !=
        CONTROL_ANSWERED) {
        return complain(&inviting, &fault);
    }
    code = all ? invite_all(&inviting, into) : invite_one(&inviting, words[0], out);
    json_decref(inviting.head);
    return code;
}
