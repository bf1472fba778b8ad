#include "tools/person/details.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "clearing/crypto/member_token.h"
#include "tools/hq/home.h"

#define FORMAT   "allclear-details/1"
#define SALT_LEN 32
#define FILE_MAX 65536

bool subject_read(const char *dir, const char *text, struct subject *ret_subject,
                  struct fault *ret_fault)
{
    uint8_t key[MEMBER_TOKEN_KEY_LEN];
    bool has_key = false;
    size_t digits = strspn(text, "0123456789");

    *ret_subject = (struct subject){0};
    if (text[digits] == '\0' && digits > 0 && digits < 20 && text[0] != '0') {
        ret_subject->member = strtoull(text, NULL, 10);
        if (!home_token_key(dir, key, &has_key, ret_fault)) {
            return false;
        }
        if (has_key) {
            ret_subject->member = member_token_of(key, ret_subject->member);
        }
        explicit_bzero(key, sizeof key);
        (void)snprintf(ret_subject->code, sizeof ret_subject->code, "%" PRIu64,
                       ret_subject->member);
        return true;
    }
    if (!code_valid(slice_of(text))) {
        return fault_set(ret_fault, FAULT_FORMAT,
                         "%.40s: write a member's number of 1 to 19 digits, or a participant's code",
                         text);
    }
    (void)snprintf(ret_subject->code, sizeof ret_subject->code, "%s", text);
    return true;
}

static bool path_of(const char *dir, const struct subject *subject, char ret_path[FILES_PATH_MAX],
                    struct fault *ret_fault)
{
    char name[DETAILS_SUBJECT_SIZE + 24];

    (void)snprintf(name, sizeof name, "details/%c-%s.json", subject->member != 0 ? 'm' : 'p',
                   subject->code);
    return files_path(dir, name, ret_path, ret_fault);
}

static void digest_of(const uint8_t salt[SALT_LEN], const json_t *fields,
                      uint8_t ret_digest[DIGEST_LEN])
{
    char *text = json_dumps(fields, JSON_COMPACT | JSON_SORT_KEYS);

    CHECK(text != NULL);
    const slice_t parts[] = {{(const char *)salt, SALT_LEN}, slice_of(text)};
    digest_parts(parts, 2, ret_digest);
    explicit_bzero(text, strlen(text));
    free(text);
}

json_t *details_read(const char *dir, const struct subject *subject,
                     uint8_t ret_digest[DIGEST_LEN], struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    uint8_t salt[SALT_LEN];
    char *text = NULL;
    size_t len = 0;

    if (!path_of(dir, subject, path, ret_fault) || access(path, F_OK) != 0 ||
        !files_read(path, FILE_MAX, &text, &len, ret_fault)) {
        return NULL;
    }
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    explicit_bzero(text, len);
    free(text);
    const char *hex = json_string_value(json_object_get(root, "salt"));
    json_t *fields = json_incref(json_object_get(root, "fields"));
    if (hex == NULL || !hex_read(hex, salt, sizeof salt) || !json_is_object(fields)) {
        (void)fault_set(ret_fault, FAULT_FORMAT, "%s: is damaged: set the details again", path);
        json_decref(fields);
        fields = NULL;
    } else {
        digest_of(salt, fields, ret_digest);
    }
    json_decref(root);
    return fields;
}

bool details_write(const char *dir, const struct subject *subject, const json_t *fields,
                   uint8_t ret_digest[DIGEST_LEN], struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];
    uint8_t salt[SALT_LEN];
    char hex[2 * SALT_LEN + 1];

    if (!files_path(dir, "details", folder, ret_fault) || !files_make_dir(folder, ret_fault) ||
        !path_of(dir, subject, path, ret_fault)) {
        return false;
    }
    member_token_key(salt); /* as random as a key */
    hex_write(salt, sizeof salt, hex);
    json_t *root = json_pack("{s:s,s:s,s:s,s:O}", "format", FORMAT, "subject", subject->code, "salt",
                             hex, "fields", fields);
    char *text = json_dumps(root, JSON_INDENT(1));
    json_decref(root);
    CHECK(text != NULL);
    bool good = files_write(path, text, strlen(text), ret_fault);
    explicit_bzero(text, strlen(text));
    free(text);
    digest_of(salt, fields, ret_digest);
    return good;
}

bool details_are_there(const char *dir, const struct subject *subject, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    return path_of(dir, subject, path, ret_fault) &&
           (access(path, F_OK) == 0 ||
            fault_set(ret_fault, FAULT_FORMAT, "there are no details of %s", subject->code));
}

bool details_remove(const char *dir, const struct subject *subject, struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];

    if (!path_of(dir, subject, path, ret_fault) ||
        !files_path(dir, "details", folder, ret_fault)) {
        return false;
    }
    if (unlink(path) != 0) {
        return fault_set_errno(ret_fault, errno, "%s: cannot be removed", path);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return good || fault_set_errno(ret_fault, errno, "%s: cannot be synced", folder);
}
