#include "tools/hq/rulebook.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/alliance/alliance.h"
#include "tools/node/files.h"

/* Other bytes that stand under the name get another one. */
static bool keep_before(const char *path, const char *bytes, size_t len, struct fault *ret_fault)
{
    char before[FILES_PATH_MAX];
    char *old = NULL;
    size_t old_len = 0;

    if (access(path, F_OK) != 0) {
        return true;
    }
    if (!files_read(path, ALLIANCE_LEN_MAX, &old, &old_len, ret_fault)) {
        return false;
    }
    bool same = old_len == len && memcmp(old, bytes, len) == 0;
    free(old);
    int made = snprintf(before, sizeof before, "%s.before", path);
    return same || (made < (int)sizeof before && rename(path, before) == 0) ||
           fault_set_errno(ret_fault, errno, "%.200s: cannot be kept as .before", path);
}

static bool copy_file(const char *from, const char *dir, const char *name, struct fault *ret_fault)
{
    char to[FILES_PATH_MAX];
    char resolved_from[PATH_MAX];
    char resolved_to[PATH_MAX];
    char *bytes = NULL;
    size_t len = 0;

    if (!files_path(dir, name, to, ret_fault)) {
        return false;
    }
    if (realpath(from, resolved_from) != NULL && realpath(to, resolved_to) != NULL &&
        strcmp(resolved_from, resolved_to) == 0) {
        return true;
    }
    if (!files_read(from, ALLIANCE_LEN_MAX, &bytes, &len, ret_fault)) {
        return false;
    }
    bool good =
        keep_before(to, bytes, len, ret_fault) && files_write(to, bytes, len, ret_fault);
    free(bytes);
    return good;
}

/* The value of `stores` in an alliance file that has been read without a complaint. */
static bool stores_name(const char *text, char ret_name[NAME_MAX + 1])
{
    for (const char *at = text; (at = strstr(at, "stores")) != NULL; at += 6) {
        int end = 0;
        if ((at == text || strchr(" \t\n{;", at[-1]) != NULL) &&
            sscanf(at, "stores%*[ \t]=%*[ \t]\"%255[^\"/]\"%n", ret_name, &end) == 1 && end > 0) {
            return true;
        }
    }
    return false;
}

bool rulebook_copy(const char *alliance, const char *dir, struct fault *ret_fault)
{
    char *text = NULL;
    size_t len = 0;
    char name[NAME_MAX + 1];
    char path[FILES_PATH_MAX];
    char folder[FILES_PATH_MAX];
    const char *slash = strrchr(alliance, '/');

    if (!files_read(alliance, ALLIANCE_LEN_MAX, &text, &len, ret_fault)) {
        return false;
    }
    bool known = stores_name(text, name);
    free(text);
    if (!known) {
        return fault_set(ret_fault, FAULT_FORMAT,
                         "%.200s: write `stores = \"NAME\";` on one line, a file beside it",
                         alliance);
    }
    (void)snprintf(folder, sizeof folder, "%.*s",
                   slash == NULL ? 1 : (int)(slash - alliance) + (slash == alliance),
                   slash == NULL ? "." : alliance);
    return copy_file(alliance, dir, "alliance.conf", ret_fault) &&
           files_path(folder, name, path, ret_fault) && copy_file(path, dir, name, ret_fault);
}
