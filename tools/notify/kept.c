#include "tools/notify/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clearing/base/check.h"
#include "tools/notify/notices.h"

#define FORMAT        1
#define MEMORY_MAX    ((size_t)64 << 20)
#define MEMORY_SHAPED JSON_COMPACT | JSON_SORT_KEYS

static bool take_lock(struct kept *kept, const char *folder, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    if (!files_path(folder, "lock", path, ret_fault)) {
        return false;
    }
    kept->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (kept->lock < 0) {
        return fault_set_errno(ret_fault, errno, "%s: cannot open", path);
    }
    return flock(kept->lock, LOCK_EX | LOCK_NB) == 0 ||
           fault_set(ret_fault, FAULT_IO,
                     "%s: another allclear notify tells of this ledger: stop that one first", path);
}

static bool load(struct kept *kept, json_t **ret_memory, struct fault *ret_fault)
{
    size_t len = 0;

    if (access(kept->path, F_OK) != 0) {
        *ret_memory = notices_memory_new();
        return true;
    }
    if (!files_read(kept->path, MEMORY_MAX, &kept->saved, &len, ret_fault)) {
        return false;
    }
    json_t *memory = json_loadb(kept->saved, len, JSON_REJECT_DUPLICATES, NULL);
    if (notices_integer(memory, "format") != FORMAT ||
        !json_is_object(json_object_get(memory, "marks")) ||
        !json_is_array(json_object_get(memory, "waiting"))) {
        json_decref(memory);
        return fault_set(ret_fault, FAULT_FORMAT,
                         "%s is not what allclear notify writes: move it away, and it begins anew",
                         kept->path);
    }
    *ret_memory = memory;
    return true;
}

bool kept_open(struct kept *kept, const char *dir, json_t **ret_memory, struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];

    *kept = (struct kept){.lock = -1};
    if (files_path(dir, "notify", folder, ret_fault) && files_make_dir(folder, ret_fault) &&
        files_path(folder, "state.json", kept->path, ret_fault) &&
        take_lock(kept, folder, ret_fault) && load(kept, ret_memory, ret_fault)) {
        return true;
    }
    kept_close(kept);
    return false;
}

void kept_close(struct kept *kept)
{
    free(kept->saved);
    kept->saved = NULL;
    if (kept->lock >= 0) {
        (void)close(kept->lock);
        kept->lock = -1;
    }
}

bool kept_save(struct kept *kept, const json_t *memory, struct fault *ret_fault)
{
    json_t *whole = json_copy((json_t *)(uintptr_t)memory);

    (void)json_object_set_new(whole, "format", json_integer(FORMAT));
    char *text = json_dumps(whole, MEMORY_SHAPED);
    json_decref(whole);
    CHECK(text != NULL);
    bool same = kept->saved != NULL && strcmp(kept->saved, text) == 0;
    if (!same && !files_write(kept->path, text, strlen(text), ret_fault)) {
        free(text);
        return false;
    }
    free(kept->saved);
    kept->saved = text;
    return true;
}
