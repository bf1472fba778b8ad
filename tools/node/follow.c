#include "tools/node/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "clearing/base/hash.h"
#include "clearing/base/map.h"
#include "clearing/base/memory.h"
#include "tools/node/wire.h"

#define NOTICES_LEN 4096
/* Not IN_CLOSE_WRITE: each append would wake twice. */
#define GROWS   (IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF)
#define ARRIVES (IN_CREATE | IN_MOVED_TO)

struct followed {
    const char *path; /* the caller's */
    char parent[FILES_PATH_MAX];
    char name[NAME_MAX + 1]; /* in its parent */
    int watch;               /* its own; -1: it is not there */
    int parent_watch;        /* tells when another comes by this name */
    bool folder;
};

struct follow {
    struct followed *paths;
    int count;
    int fd; /* inotify; -1: nothing tells */
    int bell;
    bool rung;
    int64_t due_ms;    /* when all is looked at again */
    struct map stamps; /* of files, as they were before they were visited last */
    struct fault why;
    bool untold; /* why is news */
    files_visit_t *visit;
    void *context;
};

/* File systems that other machines write to, of which this kernel hears nothing. */
static bool is_remote(const char *path)
{
    static const uint32_t kinds[] = {
        NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, CEPH_SUPER_MAGIC,
        FUSE_SUPER_MAGIC, V9FS_MAGIC,      AFS_SUPER_MAGIC,  AFS_FS_MAGIC,     CODA_SUPER_MAGIC,
    };
    struct statfs info;

    if (statfs(path, &info) != 0) {
        return false; /* it is not there: the watch fails too */
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if ((uint32_t)info.f_type == kinds[i]) {
            return true;
        }
    }
    return false;
}

/* From now on everything is looked at again and again. */
static void give_up(struct follow *follow, const char *path, const char *what)
{
    (void)fault_set(&follow->why, FAULT_IO,
                    "%.200s: the system does not tell what is added (%s); it is looked at every"
                    " %d ms",
                    path, what, FOLLOW_LOOK_MS);
    follow->untold = true;
    if (follow->fd >= 0) {
        (void)close(follow->fd);
    }
    follow->fd = -1;
    follow->due_ms = 0;
}

/* Returns: the watch, -1 where there is nothing of this name or following was given up. */
static int add_watch(struct follow *follow, const char *path, uint32_t mask)
{
    if (follow->fd < 0) {
        return -1;
    }
    if (is_remote(path)) {
        give_up(follow, path, "a network file system");
        return -1;
    }
    int watch = inotify_add_watch(follow->fd, path, mask | IN_MASK_ADD);
    if (watch < 0 && errno != ENOENT && errno != ENOTDIR) {
        give_up(follow, path, strerror(errno));
    }
    return watch;
}

/* Two paths may share a watch: it goes when nobody has it any longer. */
static void drop_watch(struct follow *follow, int watch)
{
    for (int i = 0; i < follow->count; i++) {
        if (follow->paths[i].watch == watch || follow->paths[i].parent_watch == watch) {
            return;
        }
    }
    if (follow->fd >= 0 && watch >= 0 && watch != follow->bell) {
        (void)inotify_rm_watch(follow->fd, watch);
    }
}

/* Watch what is there now under a path. */
static void watch_path(struct follow *follow, struct followed *path)
{
    int before = path->watch;

    path->folder = files_is_folder(path->path);
    path->watch = add_watch(follow, path->path, path->folder ? GROWS | ARRIVES : GROWS);
    path->parent_watch = add_watch(follow, path->parent, ARRIVES);
    if (before != path->watch) {
        drop_watch(follow, before);
    }
}

static void split_path(const char *text, struct followed *ret_path)
{
    char copy[FILES_PATH_MAX];

    ret_path->path = text;
    (void)memccpy(copy, text, '\0', sizeof copy - 1);
    copy[sizeof copy - 1] = '\0'; /* a path that is too long is not opened either */
    (void)memccpy(ret_path->name, basename(copy), '\0', sizeof ret_path->name - 1);
    (void)memccpy(copy, text, '\0', sizeof copy - 1);
    (void)memccpy(ret_path->parent, dirname(copy), '\0', sizeof ret_path->parent - 1);
    ret_path->watch = -1;
    ret_path->parent_watch = -1;
}

struct follow *follow_open(char *const *paths, int count, const char *bell)
{
    struct follow *follow = memory_zeroed(1, sizeof *follow);

    follow->paths = memory_zeroed((size_t)count, sizeof *follow->paths);
    follow->count = count;
    follow->bell = -1;
    for (int i = 0; i < count; i++) {
        split_path(paths[i], &follow->paths[i]);
    }
    follow->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (follow->fd < 0) {
        give_up(follow, paths[0], strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        watch_path(follow, &follow->paths[i]);
    }
    if (bell != NULL) {
        follow->bell = add_watch(follow, bell, IN_MODIFY | IN_CLOSE_WRITE);
    }
    return follow;
}

void follow_close(struct follow *follow)
{
    if (follow == NULL) {
        return;
    }
    if (follow->fd >= 0) {
        (void)close(follow->fd);
    }
    map_deinit(&follow->stamps);
    free(follow->paths);
    free(follow);
}

int follow_fd(const struct follow *follow)
{
    return follow->fd;
}

int follow_wait_ms(const struct follow *follow)
{
    int64_t ms = follow->due_ms - wire_now_ms();

    return ms < 0 ? 0 : (int)ms;
}

bool follow_is_rung(struct follow *follow)
{
    bool rung = follow->rung;

    follow->rung = false;
    return rung;
}

bool follow_is_told(struct follow *follow, struct fault *ret_fault)
{
    if (!follow->untold) {
        return true;
    }
    follow->untold = false;
    *ret_fault = follow->why;
    return false;
}

/* Visit a file unless it is as it was. */
static bool look_at_file(void *context, const char *path, struct fault *ret_fault)
{
    struct follow *follow = context;
    uint64_t key = hash_bytes(path, strlen(path));
    struct stat info;

    if (stat(path, &info) != 0) {
        return true;
    }
    const int64_t facts[] = {(int64_t)info.st_dev, (int64_t)info.st_ino, (int64_t)info.st_size,
                             (int64_t)info.st_mtim.tv_sec, (int64_t)info.st_mtim.tv_nsec};
    uint64_t *stamp = map_put(&follow->stamps, key == 0 ? 1 : key);
    uint64_t now = hash_bytes((const char *)facts, sizeof facts) | 1; /* 0: never visited */
    if (*stamp == now) {
        return true;
    }
    *stamp = now;
    return follow->visit(follow->context, path, ret_fault);
}

static bool look_at_all(struct follow *follow, struct fault *ret_fault)
{
    bool good = true;

    for (int i = 0; good && i < follow->count; i++) {
        if (follow->fd >= 0) {
            watch_path(follow, &follow->paths[i]);
        }
        good = files_walk(follow->paths[i].path, look_at_file, follow, ret_fault);
    }
    follow->due_ms = wire_now_ms() + (follow->fd >= 0 ? FOLLOW_SURE_MS : FOLLOW_LOOK_MS);
    return good;
}

/* What was told of one path. */
static bool take_path(struct follow *follow, struct followed *path,
                      const struct inotify_event *event, struct fault *ret_fault)
{
    char file[FILES_PATH_MAX];
    bool own = event->wd == path->watch;

    if (own && path->folder && (event->mask & (IN_MODIFY | ARRIVES)) != 0) {
        return event->len == 0 || !files_is_events(event->name) ||
               (files_path(path->path, event->name, file, ret_fault) &&
                look_at_file(follow, file, ret_fault));
    }
    bool another = event->wd == path->parent_watch && (event->mask & ARRIVES) != 0 &&
                   strcmp(event->name, path->name) == 0;
    if (another || (own && (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0)) {
        watch_path(follow, path);
        return files_walk(path->path, look_at_file, follow, ret_fault);
    }
    return !own || (event->mask & IN_MODIFY) == 0 || look_at_file(follow, path->path, ret_fault);
}

static bool take_notice(struct follow *follow, const struct inotify_event *event,
                        struct fault *ret_fault)
{
    bool good = true;

    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        follow->due_ms = 0;
        follow->rung = true;
        return true;
    }
    follow->rung = follow->rung || event->wd == follow->bell;
    for (int i = 0; good && i < follow->count; i++) {
        good = take_path(follow, &follow->paths[i], event, ret_fault);
    }
    return good;
}

static bool take_notices(struct follow *follow, struct fault *ret_fault)
{
    _Alignas(struct inotify_event) char bytes[NOTICES_LEN];
    ssize_t len = 0;
    bool good = true;

    while (good && follow->fd >= 0 && (len = read(follow->fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t at = 0; good && at < len;) {
            const struct inotify_event *event = (const void *)(bytes + at);
            good = take_notice(follow, event, ret_fault);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return good;
}

bool follow_look(struct follow *follow, files_visit_t *visit, void *context,
                 struct fault *ret_fault)
{
    follow->visit = visit;
    follow->context = context;
    return take_notices(follow, ret_fault) &&
           (follow_wait_ms(follow) > 0 || look_at_all(follow, ret_fault));
}

void follow_ring(const char *bell)
{
    int fd = open(bell, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (fd >= 0) {
        (void)close(fd);
    }
}
