#include "tools/node/kit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/hex.h"
#include "clearing/crypto/member_token.h"
#include "tools/node/files.h"

static bool take_text(const json_t *root, const char *key, char *ret_text, size_t max,
                      struct fault *ret_fault)
{
    const json_t *value = json_object_get(root, key);

    if (!json_is_string(value) || json_string_length(value) == 0 ||
        json_string_length(value) > max || strlen(json_string_value(value)) == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "%s: not a text of 1 to %zu bytes", key, max);
    }
    memcpy(ret_text, json_string_value(value), json_string_length(value) + 1);
    return true;
}

static bool take_key(const json_t *root, const char *key, uint8_t ret_bytes[KIT_KEY_LEN],
                     struct fault *ret_fault)
{
    const char *text = json_string_value(json_object_get(root, key));

    return (text != NULL && hex_read(text, ret_bytes, KIT_KEY_LEN)) ||
           fault_set(ret_fault, FAULT_FORMAT, "%s: not 64 hex digits", key);
}

static bool take_store(const json_t *root, code_t *ret_store, struct fault *ret_fault)
{
    const char *text = json_string_value(json_object_get(root, "store"));

    if (text == NULL || !code_valid(slice_of(text))) {
        return fault_set(ret_fault, FAULT_FORMAT, "store: not a store's code");
    }
    *ret_store = code_of(slice_of(text));
    return true;
}

static bool take_invite(const json_t *root, struct kit *kit, struct fault *ret_fault)
{
    kit->has_invite = json_object_get(root, "invite_secret") != NULL;
    return !kit->has_invite || (take_key(root, "invite_public", kit->invite_public, ret_fault) &&
                                take_key(root, "invite_secret", kit->invite_secret, ret_fault));
}

static bool take_token_key(const json_t *root, struct kit *kit, struct fault *ret_fault)
{
    kit->has_token_key = json_object_get(root, "token_key") != NULL;
    return !kit->has_token_key || take_key(root, "token_key", kit->token_key, ret_fault);
}

static bool take_kit(const json_t *root, struct kit *kit, struct fault *ret_fault)
{
    const char *format = json_string_value(json_object_get(root, "format"));

    if (format == NULL || strcmp(format, KIT_FORMAT) != 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "format: not \"" KIT_FORMAT "\"");
    }
    kit->test = json_is_true(json_object_get(root, "test"));
    return take_key(root, "network", kit->network, ret_fault) &&
           take_text(root, "alliance", kit->alliance, KIT_ALLIANCE_MAX, ret_fault) &&
           take_store(root, &kit->store, ret_fault) &&
           take_text(root, "address", kit->address, KIT_ADDRESS_MAX, ret_fault) &&
           take_key(root, "server_key", kit->server_key, ret_fault) &&
           take_key(root, "ledger_key", kit->ledger_key, ret_fault) &&
           take_token_key(root, kit, ret_fault) && take_invite(root, kit, ret_fault);
}

bool kit_read(const char *path, struct kit *ret_kit, struct fault *ret_fault)
{
    struct kit kit = {0};
    struct fault why = {0};
    json_error_t error;
    char *text = NULL;
    size_t len = 0;

    if (!files_read(path, KIT_FILE_LEN_MAX, &text, &len, ret_fault)) {
        return false;
    }
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    explicit_bzero(text, len);
    free(text);
    if (root == NULL) {
        return fault_set(ret_fault, FAULT_FORMAT, "%s: line %d: %s", path, error.line, error.text);
    }
    bool good = take_kit(root, &kit, &why);
    json_decref(root);
    if (!good) {
        return fault_set(ret_fault, why.category, "%s: %s", path, why.text);
    }
    *ret_kit = kit;
    return true;
}

static void put_key(json_t *root, const char *key, const uint8_t bytes[KIT_KEY_LEN])
{
    char text[2 * KIT_KEY_LEN + 1];

    hex_write(bytes, KIT_KEY_LEN, text);
    (void)json_object_set_new(root, key, json_string(text));
}

bool kit_write(const struct kit *kit, const char *path, struct fault *ret_fault)
{
    json_t *root = json_object();

    (void)json_object_set_new(root, "format", json_string(KIT_FORMAT));
    put_key(root, "network", kit->network);
    (void)json_object_set_new(root, "alliance", json_string(kit->alliance));
    (void)json_object_set_new(root, "store", json_string(kit->store.text));
    (void)json_object_set_new(root, "address", json_string(kit->address));
    put_key(root, "server_key", kit->server_key);
    put_key(root, "ledger_key", kit->ledger_key);
    if (kit->has_token_key) {
        put_key(root, "token_key", kit->token_key);
    }
    (void)json_object_set_new(root, "test", json_boolean(kit->test));
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    CHECK(text != NULL);
    bool good = files_write(path, text, strlen(text), ret_fault);
    explicit_bzero(text, strlen(text));
    free(text);
    return good;
}

static uint64_t hidden(const struct kit *kit, uint64_t member)
{
    return kit->has_token_key ? member_token_of(kit->token_key, member) : member;
}

void kit_hide_members(const struct kit *kit, struct event *event)
{
    event->member = hidden(kit, event->member);
    event->referrer = hidden(kit, event->referrer);
}

void kit_hide_member(const struct kit *kit, const char *text, char ret_text[KIT_MEMBER_SIZE])
{
    size_t len = strspn(text, "0123456789");
    bool is_number = len > 0 && len < KIT_MEMBER_SIZE - 1 && text[len] == '\0';

    if (is_number) {
        (void)snprintf(ret_text, KIT_MEMBER_SIZE, "%" PRIu64,
                       hidden(kit, strtoull(text, NULL, 10)));
    } else {
        (void)snprintf(ret_text, KIT_MEMBER_SIZE, "%s", text);
    }
}
