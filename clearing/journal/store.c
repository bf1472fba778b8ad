#include "clearing/journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <lmdb.h>

#include "clearing/base/memory.h"

#define DATA_FILE    "data.mdb"
#define READERS_MAX  512
#define MAP_UNIT     65536 /* a multiple of every page size in use */
#define DIR_LEN_MAX  400   /* so that a fault's text holds it */
#define FILE_LEN_MIN 8192  /* the two meta pages */

struct store {
    MDB_env *env;
    MDB_dbi tables[STORE_TABLE_COUNT];
    MDB_txn *write;
    int dir_fd; /* carries the lock */
    bool read_only;
    atomic_bool broken; /* set by the writer, seen by all views */
    char dir[DIR_LEN_MAX + 1];
    char warning[160];
};

struct store_view {
    struct store *store;
    MDB_txn *txn; /* kept between uses, reset */
    bool open;
};

static const char *const table_names[STORE_TABLE_COUNT] = {"records", "tiles", "meta"};
static const unsigned put_flags[STORE_TABLE_COUNT] = {
    [STORE_RECORDS] = MDB_APPEND,
    [STORE_TILES] = MDB_NOOVERWRITE,
    [STORE_META] = 0,
};

static bool lmdb_fault(const struct store *store, const char *what, int rc, struct fault *ret_fault)
{
    const char *hint = "";

    if (rc == MDB_MAP_FULL) {
        hint = "; restart with a larger map";
    } else if (rc == ENOSPC || rc == EIO || rc == EDQUOT) {
        hint = "; free space or check the disk, then restart";
    }
    return fault_set(ret_fault, FAULT_STORE, "%s/%s: %s: %s%s", store->dir, DATA_FILE, what,
                     mdb_strerror(rc), hint);
}

/* What failed in a write leaves the outcome unknown: from here on nothing is read or written. */
static bool doubt(struct store *store, const char *what, int rc, struct fault *ret_fault)
{
    store->broken = true;
    return lmdb_fault(store, what, rc, ret_fault);
}

static bool usable(const struct store *store, struct fault *ret_fault)
{
    if (store->broken) {
        return fault_set(ret_fault, FAULT_STORE, "%s/%s is in doubt after a failed write: restart",
                         store->dir, DATA_FILE);
    }
    return true;
}

enum store_place store_judge_place(uint64_t type, const char **ret_name)
{
    static const struct {
        uint32_t type;
        enum store_place place;
        const char *name;
    } places[] = {
        {0x00006969, STORE_PLACE_REMOTE, "NFS"},
        {0x0000517b, STORE_PLACE_REMOTE, "SMB"},
        {0xff534d42, STORE_PLACE_REMOTE, "CIFS"},
        {0xfe534d42, STORE_PLACE_REMOTE, "SMB2"},
        {0x65735546, STORE_PLACE_REMOTE, "FUSE"},
        {0x01021997, STORE_PLACE_REMOTE, "9p"},
        {0x00c36400, STORE_PLACE_REMOTE, "Ceph"},
        {0x5346414f, STORE_PLACE_REMOTE, "AFS"},
        {0x6b414653, STORE_PLACE_REMOTE, "AFS"},
        {0x73757245, STORE_PLACE_REMOTE, "Coda"},
        {0x0000564c, STORE_PLACE_REMOTE, "NCP"},
        {0x0bd00bd0, STORE_PLACE_REMOTE, "Lustre"},
        {0x786f4256, STORE_PLACE_REMOTE, "vboxsf"},
        {0x47504653, STORE_PLACE_REMOTE, "GPFS"},
        {0x01161970, STORE_PLACE_REMOTE, "GFS2"},
        {0x7461636f, STORE_PLACE_REMOTE, "OCFS2"},
        {0x794c7630, STORE_PLACE_VOLATILE, "overlayfs"},
        {0x01021994, STORE_PLACE_VOLATILE, "tmpfs"},
        {0x858458f6, STORE_PLACE_VOLATILE, "ramfs"},
    };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].type == (uint32_t)type) {
            *ret_name = places[i].name;
            return places[i].place;
        }
    }
    return STORE_PLACE_GOOD;
}

static bool check_place(struct store *store, struct fault *ret_fault)
{
    struct statfs status;
    const char *name = "";

    if (fstatfs(store->dir_fd, &status) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot tell the file system of %s", store->dir);
    }
    switch (store_judge_place((uint64_t)status.f_type, &name)) {
    case STORE_PLACE_GOOD:
        break;
    case STORE_PLACE_VOLATILE:
        (void)snprintf(store->warning, sizeof store->warning,
                       "the journal lies on %s, which does not keep it as a disk would", name);
        break;
    case STORE_PLACE_REMOTE:
        return fault_set(ret_fault, FAULT_STORE,
                         "%s is on %s, where a journal is not safe: use a local disk", store->dir,
                         name);
    }
    return true;
}

/* Open the folder and take the lock, which ends with the descriptor. */
static bool
open_dir(struct store *store, const struct store_options *options, struct fault *ret_fault)
{
    int how = options->read_only ? LOCK_SH : LOCK_EX;

    if (options->create && mkdir(store->dir, 0700) != 0 && errno != EEXIST) {
        return fault_set_errno(ret_fault, errno, "cannot make %s", store->dir);
    }
    store->dir_fd = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->dir_fd < 0) {
        return fault_set_errno(ret_fault, errno, "cannot open the journal's folder %s", store->dir);
    }
    if (flock(store->dir_fd, how | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return fault_set_errno(ret_fault, errno, "cannot lock %s", store->dir);
        }
        return fault_set(ret_fault, FAULT_STORE, "%s is in use by another process: stop it first",
                         store->dir);
    }
    return true;
}

static bool check_file(const struct store *store, bool create, struct fault *ret_fault)
{
    struct stat status;

    if (fstatat(store->dir_fd, DATA_FILE, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT && create) {
            return true;
        }
        return fault_set_errno(ret_fault, errno, "no journal: %s/%s", store->dir, DATA_FILE);
    }
    if (create) {
        return fault_set(ret_fault, FAULT_STORE,
                         "%s/%s is there already: a new journal needs an empty folder", store->dir,
                         DATA_FILE);
    }
    if (!S_ISREG(status.st_mode) || status.st_size < FILE_LEN_MIN) {
        return fault_set(ret_fault, FAULT_STORE, "%s/%s is cut short: restore it from a backup",
                         store->dir, DATA_FILE);
    }
    return true;
}

/* Reading a page behind the file's end would kill the process. */
static bool check_length(const struct store *store, struct fault *ret_fault)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat status;
    mdb_filehandle_t fd;

    CHECK(mdb_env_info(store->env, &info) == 0);
    CHECK(mdb_env_stat(store->env, &stat) == 0);
    CHECK(mdb_env_get_fd(store->env, &fd) == 0);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fstat(fd, &status) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot examine %s/%s", store->dir, DATA_FILE);
    }
    /* Pages 0 and 1 are the metas; a new file has no others yet. */
    uint64_t pages = (uint64_t)info.me_last_pgno + 1;
    uint64_t here = (uint64_t)status.st_size / stat.ms_psize;
    if (here < pages) {
        return fault_set(ret_fault, FAULT_STORE,
                         "%s/%s is cut short: it has %" PRIu64 " of %" PRIu64
                         " pages; restore it from a backup",
                         store->dir, DATA_FILE, here, pages);
    }
    return true;
}

static bool
open_env(struct store *store, const struct store_options *options, struct fault *ret_fault)
{
    uint64_t map_size = options->map_size == 0 ? STORE_MAP_SIZE : options->map_size;
    unsigned flags = MDB_NOTLS;
    int dead = 0;
    int rc;

    if (options->read_only) {
        flags |= MDB_RDONLY | MDB_NOLOCK; /* our lock keeps writers out */
    }
    map_size = (map_size + MAP_UNIT - 1) / MAP_UNIT * MAP_UNIT;
    CHECK(mdb_env_create(&store->env) == 0);
    CHECK(mdb_env_set_mapsize(store->env, map_size) == 0);
    CHECK(mdb_env_set_maxreaders(store->env, READERS_MAX) == 0);
    CHECK(mdb_env_set_maxdbs(store->env, STORE_TABLE_COUNT) == 0);
    rc = mdb_env_open(store->env, store->dir, flags, 0600);
    if (rc != 0) {
        return lmdb_fault(store, "cannot open", rc, ret_fault);
    }
    if (!check_length(store, ret_fault)) {
        return false;
    }
    if (!options->read_only) {
        rc = mdb_reader_check(store->env, &dead);
        if (rc != 0) {
            return lmdb_fault(store, "cannot clear its readers", rc, ret_fault);
        }
    }
    return true;
}

/* The names of a new file and of its folder must be on the disk as well. */
static bool sync_names(const struct store *store, struct fault *ret_fault)
{
    int parent = openat(store->dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = parent >= 0 && fsync(store->dir_fd) == 0 && fsync(parent) == 0;

    if (!good) {
        (void)fault_set_errno(ret_fault, errno, "cannot sync %s", store->dir);
    }
    if (parent >= 0) {
        (void)close(parent);
    }
    return good;
}

static bool open_tables(struct store *store, bool create, struct fault *ret_fault)
{
    unsigned flags = create ? MDB_CREATE : 0;
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, create ? 0 : MDB_RDONLY, &txn);

    if (rc != 0) {
        return lmdb_fault(store, "cannot begin", rc, ret_fault);
    }
    for (int i = 0; i < STORE_TABLE_COUNT; i++) {
        rc = mdb_dbi_open(txn, table_names[i], flags, &store->tables[i]);
        if (rc != 0) {
            mdb_txn_abort(txn);
            return lmdb_fault(store, "is not a journal", rc, ret_fault);
        }
    }
    rc = mdb_txn_commit(txn);
    if (rc != 0) {
        return lmdb_fault(store, "cannot commit", rc, ret_fault);
    }
    return !create || sync_names(store, ret_fault);
}

struct store *store_open(const struct store_options *options, struct fault *ret_fault)
{
    struct store *store;
    size_t len = strlen(options->dir);

    CHECK(!(options->create && options->read_only));
    if (len > DIR_LEN_MAX) {
        (void)fault_set(ret_fault, FAULT_LIMIT, "the journal's path is longer than %d",
                        DIR_LEN_MAX);
        return NULL;
    }
    store = memory_zeroed(1, sizeof *store);
    memcpy(store->dir, options->dir, len);
    store->dir_fd = -1;
    store->read_only = options->read_only;
    if (!open_dir(store, options, ret_fault) || !check_place(store, ret_fault) ||
        !check_file(store, options->create, ret_fault) || !open_env(store, options, ret_fault) ||
        !open_tables(store, options->create, ret_fault)) {
        store_close(store);
        return NULL;
    }
    return store;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    store_abort(store);
    if (store->env != NULL) {
        mdb_env_close(store->env);
    }
    if (store->dir_fd >= 0) {
        (void)close(store->dir_fd);
    }
    free(store);
}

const char *store_warning(const struct store *store)
{
    return store->warning;
}

bool store_begin(struct store *store, struct fault *ret_fault)
{
    int rc;

    CHECK(store->write == NULL);
    CHECK(!store->read_only);
    if (!usable(store, ret_fault)) {
        return false;
    }
    rc = mdb_txn_begin(store->env, NULL, 0, &store->write);
    if (rc != 0) {
        store->write = NULL;
        return doubt(store, "cannot begin", rc, ret_fault);
    }
    return true;
}

static MDB_val val_of(slice_t slice)
{
    return (MDB_val){slice.len, (void *)(uintptr_t)slice.text}; /* LMDB does not write to it */
}

static slice_t slice_of_val(MDB_val val)
{
    return (slice_t){val.mv_data, (uint32_t)val.mv_size};
}

bool store_put(struct store *store,
               enum store_table table,
               slice_t key,
               const slice_t *parts,
               size_t count,
               struct fault *ret_fault)
{
    MDB_val at = val_of(key);
    MDB_val value = {0, NULL};
    char *room;
    int rc;

    CHECK(table < STORE_TABLE_COUNT);
    if (!usable(store, ret_fault)) {
        return false;
    }
    CHECK(store->write != NULL);
    for (size_t i = 0; i < count; i++) {
        value.mv_size += parts[i].len;
    }
    rc = mdb_put(store->write, store->tables[table], &at, &value, put_flags[table] | MDB_RESERVE);
    if (rc != 0) {
        return doubt(store, "cannot write", rc, ret_fault);
    }
    room = value.mv_data;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(room, parts[i].text, parts[i].len);
            room += parts[i].len;
        }
    }
    return true;
}

static enum store_found get(const struct store *store,
                            MDB_txn *txn,
                            enum store_table table,
                            slice_t key,
                            slice_t *ret_value,
                            struct fault *ret_fault)
{
    MDB_val at = val_of(key);
    MDB_val value;
    int rc = mdb_get(txn, store->tables[table], &at, &value);

    if (rc == MDB_NOTFOUND) {
        return STORE_ABSENT;
    }
    if (rc != 0) {
        (void)lmdb_fault(store, "cannot read", rc, ret_fault);
        return STORE_FAILED;
    }
    *ret_value = slice_of_val(value);
    return STORE_FOUND;
}

enum store_found store_get(struct store *store,
                           enum store_table table,
                           slice_t key,
                           slice_t *ret_value,
                           struct fault *ret_fault)
{
    if (!usable(store, ret_fault)) {
        return STORE_FAILED;
    }
    CHECK(store->write != NULL);
    return get(store, store->write, table, key, ret_value, ret_fault);
}

bool store_commit(struct store *store, struct fault *ret_fault)
{
    MDB_txn *txn = store->write;
    int rc;

    if (!usable(store, ret_fault)) {
        return false;
    }
    CHECK(txn != NULL);
    store->write = NULL; /* LMDB frees it, whatever comes of it */
    rc = mdb_txn_commit(txn);
    if (rc != 0) {
        return doubt(store, "cannot commit", rc, ret_fault);
    }
    return true;
}

void store_abort(struct store *store)
{
    if (store->write != NULL) {
        mdb_txn_abort(store->write);
        store->write = NULL;
    }
}

/* Write the copy under a name of its own, then give it its name: no half copy looks whole. */
static bool copy_into(struct store *store, int dir_fd, const char *dir, struct fault *ret_fault)
{
    static const char draft[] = ".data.mdb.new";
    int fd = openat(dir_fd, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc;

    if (fd < 0) {
        return fault_set_errno(ret_fault, errno, "cannot write into %s", dir);
    }
    rc = mdb_env_copyfd2(store->env, fd, 0);
    if (rc == 0 && fsync(fd) != 0) {
        rc = errno;
    }
    if (close(fd) != 0 && rc == 0) {
        rc = errno;
    }
    if (rc == 0 && (renameat(dir_fd, draft, dir_fd, DATA_FILE) != 0 || fsync(dir_fd) != 0)) {
        rc = errno;
    }
    if (rc != 0) {
        (void)unlinkat(dir_fd, draft, 0);
        return fault_set(ret_fault, FAULT_IO, "cannot copy %s/%s to %s: %s", store->dir, DATA_FILE,
                         dir, mdb_strerror(rc));
    }
    return true;
}

bool store_copy(struct store *store, const char *dir, struct fault *ret_fault)
{
    int dir_fd;
    bool good;

    if (!usable(store, ret_fault)) {
        return false;
    }
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return fault_set_errno(ret_fault, errno, "cannot open %s", dir);
    }
    if (faccessat(dir_fd, DATA_FILE, F_OK, 0) == 0) {
        good = fault_set(ret_fault, FAULT_IO, "%s/%s is there already: a copy needs a new folder",
                         dir, DATA_FILE);
    } else {
        good = copy_into(store, dir_fd, dir, ret_fault);
    }
    (void)close(dir_fd);
    return good;
}

struct store_view *store_view_new(struct store *store)
{
    struct store_view *view = memory_zeroed(1, sizeof *view);

    view->store = store;
    return view;
}

void store_view_free(struct store_view *view)
{
    if (view != NULL) {
        if (view->txn != NULL) {
            mdb_txn_abort(view->txn);
        }
        free(view);
    }
}

bool store_view_begin(struct store_view *view, struct fault *ret_fault)
{
    int rc;

    CHECK(!view->open);
    if (!usable(view->store, ret_fault)) {
        return false;
    }
    if (view->txn == NULL) {
        rc = mdb_txn_begin(view->store->env, NULL, MDB_RDONLY, &view->txn);
    } else {
        rc = mdb_txn_renew(view->txn);
    }
    if (rc != 0) {
        return lmdb_fault(view->store, "cannot begin to read", rc, ret_fault);
    }
    view->open = true;
    return true;
}

void store_view_end(struct store_view *view)
{
    CHECK(view->open);
    mdb_txn_reset(view->txn);
    view->open = false;
}

enum store_found store_view_get(struct store_view *view,
                                enum store_table table,
                                slice_t key,
                                slice_t *ret_value,
                                struct fault *ret_fault)
{
    CHECK(view->open);
    CHECK(table < STORE_TABLE_COUNT);
    return get(view->store, view->txn, table, key, ret_value, ret_fault);
}

enum store_found store_view_last(struct store_view *view,
                                 enum store_table table,
                                 slice_t *ret_key,
                                 struct fault *ret_fault)
{
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    int rc;

    CHECK(view->open);
    CHECK(table < STORE_TABLE_COUNT);
    rc = mdb_cursor_open(view->txn, view->store->tables[table], &cursor);
    if (rc == 0) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
        mdb_cursor_close(cursor);
    }
    if (rc == MDB_NOTFOUND) {
        return STORE_ABSENT;
    }
    if (rc != 0) {
        (void)lmdb_fault(view->store, "cannot read", rc, ret_fault);
        return STORE_FAILED;
    }
    *ret_key = slice_of_val(key);
    return STORE_FOUND;
}

bool store_view_count(struct store_view *view,
                      enum store_table table,
                      uint64_t *ret_count,
                      struct fault *ret_fault)
{
    MDB_stat stat;
    int rc;

    CHECK(view->open);
    CHECK(table < STORE_TABLE_COUNT);
    rc = mdb_stat(view->txn, view->store->tables[table], &stat);
    if (rc != 0) {
        return lmdb_fault(view->store, "cannot read", rc, ret_fault);
    }
    *ret_count = stat.ms_entries;
    return true;
}
