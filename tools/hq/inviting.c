#include "tools/hq/inviting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "tools/hq/control.h"
#include "tools/hq/home.h"
#include "tools/node/kit.h"
#include "tools/node/wire.h"
#include "tools/text.h"

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

bool inviting_write(const struct inviting *inviting, const char *store, const char *path,
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

bool inviting_begin(struct inviting *inviting, struct fault *ret_fault)
{
    return control_ask(inviting->dir, json_pack("{s:s}", "verb", "head"), &inviting->head,
                       ret_fault) == CONTROL_ANSWERED;
}

int inviting_complain(const char *dir, const char *verb, const struct fault *fault)
{
    if (fault->category == FAULT_NONE) {
        fprintf(stderr,
                _("allclear %s: no daemon runs on %s: start allcleard --dir %s\n"), verb, dir,
                dir);
        return EX_UNAVAILABLE;
    }
    return home_complain(verb, fault);
}
