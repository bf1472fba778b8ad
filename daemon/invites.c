#include "daemon/invites.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/hex.h"

/* Write a file whole or not at all: into a name of its own, synced, then renamed. */
static bool put_file(const char *dir, const char *folder, const char *name, const char *text,
                     struct fault *ret_fault)
{
    char path[PATH_MAX];
    char fresh[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, folder);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return fault_set_errno(ret_fault, errno, "cannot make %s", path);
    }
    int fit = snprintf(path, sizeof path, "%s/%s/%s", dir, folder, name);
    int fit_fresh = snprintf(fresh, sizeof fresh, "%s/%s/.new-%s", dir, folder, name);
    if (fit >= (int)sizeof path || fit_fresh >= (int)sizeof fresh) {
        return fault_set(ret_fault, FAULT_LIMIT, "the path of %s is too long", dir);
    }
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    size_t len = strlen(text);
    bool good = file >= 0 && write(file, text, len) == (ssize_t)len && fsync(file) == 0;
    if (file >= 0 && close(file) != 0) {
        good = false;
    }
    if (!good || rename(fresh, path) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot write %s", path);
    }
    return true;
}

/* Read the first line of a file, without its end. */
static bool first_line(const char *dir, const char *folder, const char *name, char *ret_text,
                       size_t size)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s/%s", dir, folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    bool good = fgets(ret_text, (int)size, file) != NULL;
    fclose(file);
    if (good) {
        ret_text[strcspn(ret_text, "\r\n")] = '\0';
    }
    return good;
}

static DIR *open_folder(const char *dir, const char *folder)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, folder);
    return opendir(path);
}

bool invites_put(const char *dir, slice_t store, const uint8_t curve[32], struct fault *ret_fault)
{
    char name[65];
    char text[CODE_LEN_MAX + 2];

    hex_write(curve, 32, name);
    snprintf(text, sizeof text, "%.*s\n", (int)store.len, store.text);
    return put_file(dir, "invites", name, text, ret_fault);
}

void invites_each(const char *dir,
                  void (*each)(void *context, slice_t store, const uint8_t curve[32]),
                  void *context)
{
    DIR *folder = open_folder(dir, "invites");
    const struct dirent *entry = NULL;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        uint8_t curve[32];
        char store[CODE_LEN_MAX + 2];
        if (hex_read(entry->d_name, curve, sizeof curve) &&
            first_line(dir, "invites", entry->d_name, store, sizeof store) &&
            code_valid(slice_of(store))) {
            each(context, slice_of(store), curve);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

bool joins_put(const char *dir, slice_t store, const uint8_t request[JOIN_LEN],
               struct fault *ret_fault)
{
    char text[2 * JOIN_LEN + 2];
    code_t code = code_of(store);

    hex_write(request, JOIN_LEN, text);
    text[2 * JOIN_LEN] = '\n';
    text[2 * JOIN_LEN + 1] = '\0';
    return put_file(dir, "joins", code.text, text, ret_fault);
}

void joins_each(const char *dir,
                void (*each)(void *context, slice_t store, const uint8_t request[JOIN_LEN]),
                void *context)
{
    DIR *folder = open_folder(dir, "joins");
    const struct dirent *entry = NULL;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        uint8_t request[JOIN_LEN];
        char text[2 * JOIN_LEN + 2];
        if (code_valid(slice_of(entry->d_name)) &&
            first_line(dir, "joins", entry->d_name, text, sizeof text) &&
            hex_read(text, request, sizeof request)) {
            each(context, slice_of(entry->d_name), request);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

void joins_remove(const char *dir, slice_t store)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/joins/%.*s", dir, (int)store.len, store.text);
    unlink(path);
}
