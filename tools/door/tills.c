#include "tools/door/tills.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "clearing/facts/calendar.h"
#include "tools/node/files.h"
#include "tools/node/node.h"
#include "tools/text.h"

#define FORMAT       "allclear-tills/1"
#define FILE_LEN_MAX 4194304
#define SECRET_LEN   32

static bool path_of(const char *dir, char ret_path[FILES_PATH_MAX], struct fault *ret_fault)
{
    return files_path(dir, "tills.json", ret_path, ret_fault);
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static bool read_row(const json_t *row, struct till *ret_till)
{
    const char *terminal = text_of(row, "terminal");
    const char *added = text_of(row, "added");
    struct till till = {0};

    if (!code_valid(slice_of(terminal)) || strlen(added) > TILLS_ADDED_MAX ||
        !hex_read(text_of(row, "token_sha256"), till.hash, DIGEST_LEN)) {
        return false;
    }
    till.terminal = code_of(slice_of(terminal));
    memcpy(till.added, added, strlen(added) + 1);
    *ret_till = till;
    return true;
}

static bool read_rows(const json_t *root, struct tills *tills)
{
    const json_t *rows = json_object_get(root, "tills");

    if (strcmp(text_of(root, "format"), FORMAT) != 0 || !json_is_array(rows) ||
        json_array_size(rows) > TILLS_MAX) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(rows); i++) {
        MEMORY_GROW(tills->list, tills->count, tills->capacity);
        if (!read_row(json_array_get(rows, i), &tills->list[tills->count])) {
            return false;
        }
        tills->count++;
    }
    return true;
}

bool tills_read(const char *dir, struct tills *ret_tills, struct fault *ret_fault)
{
    struct tills tills = {0};
    char path[FILES_PATH_MAX];
    char *text = NULL;
    size_t len = 0;

    if (!path_of(dir, path, ret_fault)) {
        return false;
    }
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        *ret_tills = tills;
        return true;
    }
    if (!files_read(path, FILE_LEN_MAX, &text, &len, ret_fault)) {
        return false;
    }
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    bool good = root != NULL && read_rows(root, &tills);
    json_decref(root);
    if (!good) {
        tills_deinit(&tills);
        return fault_set(ret_fault, FAULT_FORMAT,
                         _("%s: not a list of tills: bring it back from a backup, or delete it and"
                           " add the tills again"),
                         path);
    }
    *ret_tills = tills;
    return true;
}

void tills_deinit(struct tills *tills)
{
    free(tills->list);
    *tills = (struct tills){0};
}

static bool tills_write(const char *dir, const struct tills *tills, struct fault *ret_fault)
{
    json_t *root = json_object();
    json_t *rows = json_array();
    char hex[2 * DIGEST_LEN + 1];
    char path[FILES_PATH_MAX];

    for (uint32_t i = 0; i < tills->count; i++) {
        const struct till *till = &tills->list[i];
        json_t *row = json_object();
        hex_write(till->hash, DIGEST_LEN, hex);
        (void)json_object_set_new(row, "terminal", json_string(till->terminal.text));
        (void)json_object_set_new(row, "token_sha256", json_string(hex));
        (void)json_object_set_new(row, "added", json_string(till->added));
        (void)json_array_append_new(rows, row);
    }
    (void)json_object_set_new(root, "format", json_string(FORMAT));
    (void)json_object_set_new(root, "tills", rows);
    char *text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    CHECK(text != NULL);
    bool good = path_of(dir, path, ret_fault) && files_write(path, text, strlen(text), ret_fault);
    free(text);
    return good;
}

/* Those who change the file come one after the other. Returns: a descriptor to close; -1 with
 * ret_fault set. */
static int lock(const char *dir, struct fault *ret_fault)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        (void)fault_set_errno(ret_fault, errno, "%s", dir);
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

static uint32_t find(const struct tills *tills, slice_t terminal)
{
    uint32_t at = 0;

    while (at < tills->count && !slice_equal(code_slice(&tills->list[at].terminal), terminal)) {
        at++;
    }
    return at;
}

static void make_token(char ret_token[TILLS_TOKEN_LEN + 1])
{
    uint8_t secret[SECRET_LEN];

    CHECK(getrandom(secret, sizeof secret, 0) == (ssize_t)sizeof secret);
    hex_write(secret, sizeof secret, ret_token);
    explicit_bzero(secret, sizeof secret);
}

static bool is_terminal(slice_t text, struct fault *ret_fault)
{
    return code_valid(text) ||
           fault_set(ret_fault, FAULT_FORMAT,
                     _("\"%.*s\" is no terminal's code: up to 32 letters, digits, - and _"),
                     (int)text.len, text.text);
}

/* Returns: false with ret_fault set when the terminal has a token. */
static bool is_free(const struct tills *tills, slice_t terminal, struct fault *ret_fault)
{
    return find(tills, terminal) == tills->count ||
           fault_set(ret_fault, FAULT_STORE,
                     _("terminal %.*s has a token: take it back first (allclear till revoke %.*s)"),
                     (int)terminal.len, terminal.text, (int)terminal.len, terminal.text);
}

/* Returns: false with ret_fault set when the terminal has no token. Out: *ret_at, its place. */
static bool find_one(const struct tills *tills, slice_t terminal, uint32_t *ret_at,
                     struct fault *ret_fault)
{
    *ret_at = find(tills, terminal);
    return *ret_at < tills->count ||
           fault_set(ret_fault, FAULT_STORE, _("terminal %.*s has no token"), (int)terminal.len,
                     terminal.text);
}

static bool add_locked(const char *dir, slice_t terminal, const char *token,
                       struct fault *ret_fault)
{
    struct tills tills;
    struct till till = {.terminal = code_of(terminal)};

    if (!tills_read(dir, &tills, ret_fault)) {
        return false;
    }
    bool good = tills.count < TILLS_MAX
                    ? is_free(&tills, terminal, ret_fault)
                    : fault_set(ret_fault, FAULT_LIMIT, _("a store has %d tills at most"),
                                TILLS_MAX);
    if (good) {
        CHECK(tills_hash(token, till.hash));
        instant_format(node_clock_ms(), 0, till.added);
        MEMORY_GROW(tills.list, tills.count, tills.capacity);
        tills.list[tills.count++] = till;
        good = tills_write(dir, &tills, ret_fault);
    }
    tills_deinit(&tills);
    return good;
}

bool tills_add(const char *dir, slice_t terminal, char ret_token[TILLS_TOKEN_LEN + 1],
               struct fault *ret_fault)
{
    char token[TILLS_TOKEN_LEN + 1];

    if (!is_terminal(terminal, ret_fault)) {
        return false;
    }
    int fd = lock(dir, ret_fault);
    if (fd < 0) {
        return false;
    }
    make_token(token);
    bool good = add_locked(dir, terminal, token, ret_fault);
    (void)close(fd);
    if (good) {
        memcpy(ret_token, token, sizeof token);
    }
    explicit_bzero(token, sizeof token);
    return good;
}

static bool revoke_locked(const char *dir, slice_t terminal, struct fault *ret_fault)
{
    struct tills tills;

    if (!tills_read(dir, &tills, ret_fault)) {
        return false;
    }
    uint32_t at = 0;
    bool good = find_one(&tills, terminal, &at, ret_fault);
    if (good) {
        CHECK(tills.list != NULL); /* it was found there */
        tills.count--;
        for (; at < tills.count; at++) { /* the others keep their order */
            tills.list[at] = tills.list[at + 1];
        }
        good = tills_write(dir, &tills, ret_fault);
    }
    tills_deinit(&tills);
    return good;
}

bool tills_revoke(const char *dir, slice_t terminal, struct fault *ret_fault)
{
    int fd = lock(dir, ret_fault);
    bool good = fd >= 0 && revoke_locked(dir, terminal, ret_fault);

    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

static bool renumber_locked(const char *dir, slice_t from, slice_t to, struct fault *ret_fault)
{
    struct tills tills;
    uint32_t at = 0;

    if (!tills_read(dir, &tills, ret_fault)) {
        return false;
    }
    bool good = find_one(&tills, from, &at, ret_fault) && is_free(&tills, to, ret_fault);
    if (good) {
        CHECK(tills.list != NULL); /* it was found there */
        tills.list[at].terminal = code_of(to);
        good = tills_write(dir, &tills, ret_fault);
    }
    tills_deinit(&tills);
    return good;
}

bool tills_renumber(const char *dir, slice_t from, slice_t to, struct fault *ret_fault)
{
    if (!is_terminal(to, ret_fault)) {
        return false;
    }
    int fd = lock(dir, ret_fault);
    bool good = fd >= 0 && renumber_locked(dir, from, to, ret_fault);

    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

bool tills_hash(const char *token, uint8_t ret_hash[DIGEST_LEN])
{
    uint8_t secret[SECRET_LEN];

    if (strlen(token) != TILLS_TOKEN_LEN || !hex_read(token, secret, sizeof secret)) {
        return false;
    }
    digest_sha256(secret, sizeof secret, ret_hash);
    explicit_bzero(secret, sizeof secret);
    return true;
}

struct tills_stamp tills_stamp(const char *dir)
{
    char path[FILES_PATH_MAX];
    struct stat info;

    if (!path_of(dir, path, NULL) || stat(path, &info) != 0) {
        return (struct tills_stamp){0};
    }
    return (struct tills_stamp){info.st_ino,
                                info.st_ctim.tv_sec * 1000000000 + info.st_ctim.tv_nsec};
}
