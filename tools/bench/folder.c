#include "tools/bench/folder.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/node/files.h"
#include "tools/text.h"

#define FOLDERS_OPEN 16
#define LOG_MAX      ((size_t)64 << 20)
#define LINES_TOLD   12

/* Is the folder missing, or is nothing in it? */
static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    bool empty = true;

    if (folder == NULL) {
        return errno == ENOENT;
    }
    while (empty && (entry = readdir(folder)) != NULL) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    (void)closedir(folder);
    return empty;
}

bool folder_make(struct folder *folder, struct fault *ret_fault)
{
    if (folder->path == NULL) {
        memcpy(folder->made, FOLDER_DEFAULT, sizeof FOLDER_DEFAULT);
        folder->path = mkdtemp(folder->made);
        folder->is_ours = folder->path != NULL;
        return folder->is_ours ||
               fault_set_errno(ret_fault, errno, "cannot make a folder in /var/tmp");
    }
    if (!is_empty(folder->path)) {
        return fault_set(
            ret_fault, FAULT_IO, "%.200s: name a folder that is empty or missing", folder->path);
    }
    folder->is_ours = access(folder->path, F_OK) != 0;
    return files_make_dir(folder->path, ret_fault);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void folder_remove(const struct folder *folder)
{
    (void)nftw(folder->path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

void folder_tell_end(const struct folder *folder, const char *name)
{
    char path[FILES_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    int lines = 0;

    if (!files_path(folder->path, name, path, NULL) || access(path, R_OK) != 0 ||
        !files_read(path, LOG_MAX, &text, &len, NULL)) {
        return;
    }
    const char *at = text + len;
    while (at > text && (at == text + len || at[-1] != '\n' || ++lines < LINES_TOLD)) {
        at--;
    }
    fprintf(stderr, _("The end of %s:\n"), name);
    fputs(at, stderr);
    free(text);
}
