#include "tools/node/node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "tools/text.h"

#define HEX_LINE_LEN (2 * WIRE_KEY_LEN + 1)
#define AGENT        "allclear " ALLCLEAR_VERSION

const char *node_dir(const char *option, const char *verb)
{
    const char *dir = option != NULL ? option : getenv("ALLCLEAR_DIR");

    if (dir == NULL || *dir == '\0') {
        fprintf(stderr, _("allclear %s: say which folder: --dir DIR, or ALLCLEAR_DIR\n"), verb);
        return NULL;
    }
    return dir;
}

int node_complain(const char *verb, const struct fault *fault)
{
    fprintf(stderr, "allclear %s: %s\n", verb, fault->text);
    switch (fault->category) {
    case FAULT_FORMAT:
        return EX_DATAERR;
    case FAULT_CRYPTO:
    case FAULT_STORE:
        return EX_CONFIG;
    case FAULT_IO:
        return EX_IOERR;
    case FAULT_NONE:
    case FAULT_LIMIT:
    case FAULT_INTERNAL:
        return EX_SOFTWARE;
    }
    return EX_SOFTWARE;
}

int64_t node_clock_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool key_path(const char *dir, const char *name, char ret_path[FILES_PATH_MAX],
                     struct fault *ret_fault)
{
    char keys[FILES_PATH_MAX];

    return files_path(dir, "keys", keys, ret_fault) && files_path(keys, name, ret_path, ret_fault);
}

static bool read_hex_file(const char *dir, const char *name, uint8_t ret_bytes[WIRE_KEY_LEN],
                          struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char *text = NULL;
    size_t len = 0;

    if (!key_path(dir, name, path, ret_fault) ||
        !files_read(path, HEX_LINE_LEN, &text, &len, ret_fault)) {
        return false;
    }
    text[strcspn(text, "\n")] = '\0';
    bool good = hex_read(text, ret_bytes, WIRE_KEY_LEN);
    explicit_bzero(text, len);
    free(text);
    return good || fault_set(ret_fault, FAULT_CRYPTO, "%s: not a key of 64 hex digits", path);
}

static bool write_hex_file(const char *dir, const char *name, const uint8_t bytes[WIRE_KEY_LEN],
                           struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char text[HEX_LINE_LEN + 1];

    hex_write(bytes, WIRE_KEY_LEN, text);
    text[HEX_LINE_LEN - 1] = '\n';
    bool good =
        key_path(dir, name, path, ret_fault) && files_write(path, text, HEX_LINE_LEN, ret_fault);
    explicit_bzero(text, sizeof text);
    return good;
}

static bool read_keys(struct node *node, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    if (!key_path(node->dir, "store.pem", path, ret_fault)) {
        return false;
    }
    node->key = sign_key_load(path, ret_fault);
    if (node->key == NULL) {
        return false;
    }
    sign_key_public(node->key, node->public_key);
    sign_key_id(node->public_key, node->key_id);
    return read_hex_file(node->dir, "transport.pub", node->transport_public, ret_fault) &&
           read_hex_file(node->dir, "transport.key", node->transport_secret, ret_fault);
}

static bool exists(const char *dir, const char *name)
{
    char path[FILES_PATH_MAX];

    return key_path(dir, name, path, NULL) && access(path, F_OK) == 0;
}

/* The public half is written last: a folder with it has all. */
static bool make_keys(struct node *node, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    bool good = true;

    if (!exists(node->dir, "store.pem")) {
        struct sign_key *key = sign_key_new();
        good = key_path(node->dir, "store.pem", path, ret_fault) &&
               sign_key_save(key, path, ret_fault);
        sign_key_free(key);
    }
    if (good && !exists(node->dir, "transport.pub")) {
        wire_make_keys(node->transport_public, node->transport_secret);
        good = write_hex_file(node->dir, "transport.key", node->transport_secret, ret_fault) &&
               write_hex_file(node->dir, "transport.pub", node->transport_public, ret_fault);
    }
    return good;
}

static bool set_dir(struct node *node, const char *dir, char ret_config[FILES_PATH_MAX],
                    struct fault *ret_fault)
{
    if (!files_path(dir, "node.json", ret_config, ret_fault)) {
        return false;
    }
    memcpy(node->dir, dir, strlen(dir) + 1); /* shorter than the path, which fitted */
    return true;
}

bool node_open(const char *dir, struct node *ret_node, struct fault *ret_fault)
{
    struct node node = {0};
    char config[FILES_PATH_MAX];

    if (!set_dir(&node, dir, config, ret_fault)) {
        return false;
    }
    if (access(config, F_OK) != 0) {
        return fault_set(ret_fault, FAULT_IO,
                         _("%s has not joined an alliance yet: allclear join KIT.json --dir %s"),
                         dir, dir);
    }
    if (!kit_read(config, &node.kit, ret_fault) || !read_keys(&node, ret_fault)) {
        node_close(&node);
        return false;
    }
    *ret_node = node;
    return true;
}

bool node_open_outbox(struct node *node, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    if (!files_path(node->dir, "outbox.db", path, ret_fault)) {
        return false;
    }
    mode_t mask = umask(077); /* members' numbers are nobody else's business */
    node->outbox = outbox_open(path, node->kit.network, code_slice(&node->kit.store), ret_fault);
    (void)umask(mask);
    return node->outbox != NULL;
}

void node_close(struct node *node)
{
    outbox_close(node->outbox);
    sign_key_free(node->key);
    explicit_bzero(node, sizeof *node);
}

/* A folder belongs to one store of one network for ever: its outbox does. */
static bool check_same(const char *config, const struct kit *kit, struct fault *ret_fault)
{
    struct kit old;

    if (access(config, F_OK) != 0) {
        return true;
    }
    if (!kit_read(config, &old, ret_fault)) {
        return false;
    }
    if (memcmp(old.network, kit->network, KIT_KEY_LEN) != 0 ||
        !slice_equal(code_slice(&old.store), code_slice(&kit->store))) {
        return fault_set(ret_fault, FAULT_STORE,
                         _("%s is of store %s of \"%s\": take another folder for this kit"), config,
                         old.store.text, old.alliance);
    }
    return true;
}

bool node_make(const char *dir, const struct kit *kit, struct node *ret_node,
               struct fault *ret_fault)
{
    struct node node = {0};
    char config[FILES_PATH_MAX];
    char keys[FILES_PATH_MAX];

    if (!set_dir(&node, dir, config, ret_fault) || !files_make_dir(dir, ret_fault) ||
        !check_same(config, kit, ret_fault) || !files_path(dir, "keys", keys, ret_fault) ||
        !files_make_dir(keys, ret_fault)) {
        return false;
    }
    node.kit = *kit;
    node.kit.has_invite = false;
    explicit_bzero(node.kit.invite_secret, sizeof node.kit.invite_secret);
    if (!make_keys(&node, ret_fault) || !read_keys(&node, ret_fault) ||
        !kit_write(&node.kit, config, ret_fault)) {
        node_close(&node);
        return false;
    }
    *ret_node = node;
    return true;
}

struct wire *node_connect(const struct node *node, struct fault *ret_fault)
{
    const struct wire_options options = {
        .address = node->kit.address,
        .server_key = node->kit.server_key,
        .public_key = node->transport_public,
        .secret_key = node->transport_secret,
    };

    return wire_open(&options, ret_fault);
}

struct frame node_hello(const struct node *node)
{
    return (struct frame){
        .type = FRAME_HELLO,
        .hello = {FRAME_VERSION, node->kit.network, code_slice(&node->kit.store), slice_of(AGENT)},
    };
}
