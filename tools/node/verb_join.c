/* allclear join: a store's keys are made on the spot, and headquarters is asked to take them. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tools/node/ask.h"
#include "clearing/base/hex.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/text.h"

#define FINGERPRINT_BYTES 32
#define ASK_MS            10000
#define POLL_MS           2000
#define REQUEST_LEN       (2 * WIRE_KEY_LEN + SIGN_SIGNATURE_LEN)

static void usage(FILE *out)
{
    fputs(
        _("Usage: allclear join KIT.json --dir DIR [--wait SECONDS]\n"
          "\n"
          "Join an alliance: make this store's keys in DIR, and ask headquarters to approve them.\n"
          "Read the fingerprint that is shown to headquarters by telephone.\n"
          "\n"
          "  --dir DIR       the store's folder (or ALLCLEAR_DIR)\n"
          "  --wait SECONDS  wait for the approval\n"
          "\n"
          "Without a connection the request is left in DIR/join-request.json, to be sent by mail.\n"
          "Running it again is fine: keys that are there stay.\n"
          "\n"
          "Exit: 0 asked or approved, 75 headquarters not reached or not approved in time,\n"
          "77 refused, 65 or 66 the kit cannot be read, 64 usage.\n"
          "\n"
          "Example:\n"
          "  allclear join kit-A.json --dir /var/lib/allclear-store\n"),
        out);
}

/* Sixteen groups of four, in two lines: what a voice can carry. */
static void show_fingerprint(const struct node *node)
{
    char text[2 * FINGERPRINT_BYTES + 1];

    hex_write(node->key_id, FINGERPRINT_BYTES, text);
    printf(_("Store %s of \"%s\"%s. Read this fingerprint to headquarters by telephone:\n"),
           node->kit.store.text, node->kit.alliance, node->kit.test ? _(" (TEST)") : "");
    for (size_t i = 0; i < 2 * FINGERPRINT_BYTES; i += 4) {
        printf("%s%.4s", i % 32 == 0 ? "\n    " : " ", text + i);
    }
    printf("\n\n");
    (void)fflush(stdout);
}

static void make_request(const struct node *node, uint8_t ret_bytes[REQUEST_LEN])
{
    memcpy(ret_bytes, node->public_key, SIGN_PUBLIC_LEN);
    memcpy(ret_bytes + SIGN_PUBLIC_LEN, node->transport_public, WIRE_KEY_LEN);
    sign_message(node->key, SIGN_JOIN, node->kit.network,
                 (slice_t){(const char *)ret_bytes, SIGN_PUBLIC_LEN + WIRE_KEY_LEN},
                 ret_bytes + SIGN_PUBLIC_LEN + WIRE_KEY_LEN);
}

static void set_hex(json_t *root, const char *key, const uint8_t *bytes, size_t len)
{
    char text[2 * SIGN_SIGNATURE_LEN + 1];

    CHECK(len <= SIGN_SIGNATURE_LEN);
    hex_write(bytes, len, text);
    (void)json_object_set_new(root, key, json_string(text));
}

static bool write_request(const struct node *node, const uint8_t request[REQUEST_LEN],
                          struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    json_t *root = json_object();

    (void)json_object_set_new(root, "format", json_string("allclear-join/1"));
    set_hex(root, "network", node->kit.network, KIT_KEY_LEN);
    (void)json_object_set_new(root, "store", json_string(node->kit.store.text));
    set_hex(root, "public", request, SIGN_PUBLIC_LEN);
    set_hex(root, "transport_public", request + SIGN_PUBLIC_LEN, WIRE_KEY_LEN);
    set_hex(root, "signature", request + SIGN_PUBLIC_LEN + WIRE_KEY_LEN, SIGN_SIGNATURE_LEN);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    CHECK(text != NULL);
    bool good = files_path(node->dir, "join-request.json", path, ret_fault) &&
                files_write(path, text, strlen(text), ret_fault);
    free(text);
    return good;
}

/* Out: *ret_approved. */
static enum ask_result ask_invited(const struct kit *kit, const uint8_t request[REQUEST_LEN],
                                   int wait_ms, bool *ret_approved, char text[ASK_TEXT_MAX + 1])
{
    const struct wire_options options = {kit->address, kit->server_key, kit->invite_public,
                                         kit->invite_secret};
    const struct ask what = {"join", {(const char *)request, REQUEST_LEN}, NULL, wait_ms};
    struct fault fault = {0};
    struct wire *wire = wire_open(&options, &fault);
    char *body = NULL;
    uint32_t len = 0;

    if (wire == NULL) {
        (void)snprintf(text, ASK_TEXT_MAX + 1, "%s", fault.text);
        return ASK_SILENT;
    }
    enum ask_result result = ask(wire, &what, &body, &len, text);
    wire_close(wire);
    if (result == ASK_ANSWERED) {
        json_t *root = json_loadb(body, len, 0, NULL);
        const char *state = json_string_value(json_object_get(root, "state"));
        *ret_approved = state != NULL && strcmp(state, "approved") == 0;
        json_decref(root);
        free(body);
    }
    return result;
}

/* An invite ends with its approval: then the store's own key opens the door. */
static bool is_let_in(const struct node *node, int wait_ms)
{
    const struct frame hello = node_hello(node);
    int64_t end = wire_now_ms() + wait_ms;
    struct wire *wire = node_connect(node, NULL);
    struct frame frame;
    bool said = false;
    bool in = false;

    while (wire != NULL && !in && wire_now_ms() < end && wire_state(wire) != WIRE_DENIED) {
        if (wire_receive(wire, 100, &frame) && frame.type == FRAME_EXPECT) {
            in = frame.expect.reason == REASON_HELLO;
            end = 0;
        }
        if (!said && wire_state(wire) == WIRE_UP) {
            said = wire_send(wire, &hello);
        }
    }
    wire_close(wire);
    return in;
}

static enum ask_result ask_once(const struct node *node, const struct kit *kit,
                                const uint8_t request[REQUEST_LEN], int wait_ms, bool *ret_approved,
                                char text[ASK_TEXT_MAX + 1])
{
    enum ask_result result = ask_invited(kit, request, wait_ms, ret_approved, text);

    if ((result == ASK_DENIED || result == ASK_REFUSED) && is_let_in(node, wait_ms)) {
        *ret_approved = true;
        return ASK_ANSWERED;
    }
    return result;
}

static int request_by_mail(const struct node *node, const uint8_t request[REQUEST_LEN],
                           const char *text)
{
    struct fault fault = {0};

    if (!write_request(node, request, &fault)) {
        return node_complain("join", &fault);
    }
    fprintf(stderr,
            _("allclear join: %s. The request is in %s/join-request.json: send it to headquarters,"
              " or run this again later\n"),
            text, node->dir);
    return EX_TEMPFAIL;
}

/* Ask, and with a time to wait ask again until headquarters has approved. */
static int join(const struct node *node, const struct kit *kit, int wait_s)
{
    uint8_t request[REQUEST_LEN];
    char text[ASK_TEXT_MAX + 1] = "";
    int64_t end = wire_now_ms() + (int64_t)wait_s * 1000;
    int ask_ms = wait_s > 0 && wait_s * 1000 < ASK_MS ? wait_s * 1000 : ASK_MS;
    bool told = false;

    make_request(node, request);
    for (;;) {
        bool approved = false;
        enum ask_result result = ask_once(node, kit, request, ask_ms, &approved, text);
        if (result == ASK_SILENT && wire_now_ms() >= end) {
            return request_by_mail(node, request, text);
        }
        if (result == ASK_REFUSED || result == ASK_DENIED) {
            return ask_complain("join", result, text);
        }
        if (approved) {
            puts(_("Approved: this store can publish."));
            return EX_OK;
        }
        if (result == ASK_ANSWERED && !told) {
            puts(_("Asked. Headquarters has to approve the key."));
            (void)fflush(stdout);
            told = true;
        }
        if (wire_now_ms() >= end) {
            return wait_s > 0 ? EX_TEMPFAIL : EX_OK;
        }
        (void)usleep(wait_s < 10 ? POLL_MS * 1000U / 4 : POLL_MS * 1000U);
    }
}

int verb_join(int argc, char **argv)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"wait", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct fault fault = {0};
    const char *dir = NULL;
    struct node node = {0};
    struct kit kit;
    int wait_s = 0;
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            return EX_OK;
        }
        if (option == '?' || (option == 'w' && !options_seconds("join", optarg, &wait_s))) {
            return EX_USAGE;
        }
        dir = option == 'd' ? optarg : dir;
    }
    dir = node_dir(dir, "join");
    if (dir == NULL || optind + 1 != argc) {
        usage(stderr);
        return EX_USAGE;
    }
    if (!kit_read(argv[optind], &kit, &fault)) {
        int code = node_complain("join", &fault);
        return code == EX_IOERR ? EX_NOINPUT : code;
    }
    if (!kit.has_invite) {
        fprintf(stderr, _("allclear join: %s has no invite: ask headquarters for a new kit\n"),
                argv[optind]);
        return EX_DATAERR;
    }
    if (!node_make(dir, &kit, &node, &fault)) {
        return node_complain("join", &fault);
    }
    show_fingerprint(&node);
    int code = join(&node, &kit, wait_s);
    node_close(&node);
    explicit_bzero(&kit, sizeof kit);
    return code;
}
