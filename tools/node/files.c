#include "tools/node/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"

#define LINES_SUFFIX  ".jsonl"
#define EXPORT_SUFFIX ".csv"

bool files_path(const char *dir, const char *name, char ret_path[FILES_PATH_MAX],
                struct fault *ret_fault)
{
    int len = snprintf(ret_path, FILES_PATH_MAX, "%s/%s", dir, name);

    if (len < 0 || len >= FILES_PATH_MAX) {
        return fault_set(ret_fault, FAULT_IO, "%.200s/%s: the path is too long", dir, name);
    }
    return true;
}

bool files_make_dir(const char *path, struct fault *ret_fault)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return fault_set_errno(ret_fault, errno, "%s: cannot make the folder", path);
    }
    return true;
}

/* A name is on the disk only when its folder is. */
static bool sync_parent(const char *path)
{
    char copy[FILES_PATH_MAX + 8];
    bool good = false;

    (void)snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        good = fsync(fd) == 0;
        (void)close(fd);
    }
    return good;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        if (done > 0) {
            bytes += done;
            len -= (size_t)done;
        }
    }
    return fsync(fd) == 0;
}

bool files_write(const char *path, const void *bytes, size_t len, struct fault *ret_fault)
{
    char draft[FILES_PATH_MAX + 8];

    if (strlen(path) >= FILES_PATH_MAX) {
        return fault_set(ret_fault, FAULT_IO, "%.200s: the path is too long", path);
    }
    (void)snprintf(draft, sizeof draft, "%s.XXXXXX", path);
    int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return fault_set_errno(ret_fault, errno, "%s: cannot write", path);
    }
    bool good = write_all(fd, bytes, len);
    good = close(fd) == 0 && good;
    good = good && rename(draft, path) == 0 && sync_parent(path);
    if (!good) {
        int error = errno;
        (void)unlink(draft);
        return fault_set_errno(ret_fault, error, "%s: cannot write", path);
    }
    return true;
}

bool files_read(const char *path, size_t max, char **ret_bytes, size_t *ret_len,
                struct fault *ret_fault)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    char *bytes = memory_zeroed(max + 2, 1);
    size_t len = fread(bytes, 1, max + 1, file);
    int error = ferror(file) ? (errno != 0 ? errno : EIO) : 0;
    (void)fclose(file);
    if (error != 0 || len > max) {
        free(bytes);
        return error != 0 ? fault_set_errno(ret_fault, error, "%s: cannot read", path)
                          : fault_set(ret_fault, FAULT_LIMIT, "%s: over %zu bytes", path, max);
    }
    *ret_bytes = bytes;
    *ret_len = len;
    return true;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name);

    return len > strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0;
}

bool files_is_lines(const char *name)
{
    return ends_with(name, LINES_SUFFIX);
}

bool files_is_export(const char *name)
{
    return ends_with(name, EXPORT_SUFFIX);
}

bool files_is_events(const char *name)
{
    return name[0] != '.' && (files_is_lines(name) || files_is_export(name));
}

bool files_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int is_events_entry(const struct dirent *entry)
{
    return files_is_events(entry->d_name);
}

bool files_walk(const char *path, files_visit_t *visit, void *context, struct fault *ret_fault)
{
    char file[FILES_PATH_MAX];
    struct dirent **entries = NULL;
    bool good = true;

    if (!files_is_folder(path)) {
        return visit(context, path, ret_fault);
    }
    int count = scandir(path, &entries, is_events_entry, alphasort);
    if (count < 0) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    for (int i = 0; i < count; i++) {
        good = good && files_path(path, entries[i]->d_name, file, ret_fault) &&
               visit(context, file, ret_fault);
        free(entries[i]);
    }
    free(entries);
    return good;
}
