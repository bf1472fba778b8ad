#include "clearing/ledger/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"

#define BLOCK      4096U
#define PIECE      (1U << 20)
#define KEPT       2
#define NAME_LEN   (20 + sizeof ".snapshot" - 1)
#define FOUND_MAX  16

enum {
    AT_LEN = 16,
    AT_DIGEST = 24,
    AT_CHECKPOINT = 56,
    AT_SIGNATURE = AT_CHECKPOINT + CHECKPOINT_SIGNED_LEN,
    SEAL_LEN = AT_SIGNATURE + SIGN_SIGNATURE_LEN,
};

static const char magic[16] = {'a', 'l', 'l', 'c', 'l', 'e', 'a', 'r',
                               ' ', 's', 't', 'a', 't', 'e', ' ', '1'};

struct snapshot {
    int fd;
    char folder[PATH_MAX];
    uint8_t network[SIGN_NETWORK_LEN];
    uint64_t index;
    uint8_t *piece; /* PIECE bytes, aligned for direct writes */
    size_t filled;
    uint64_t len;     /* of the book's bytes so far */
    uint64_t written; /* to the file */
    struct digest *digest;
    snapshot_pace_t *pace;
    void *context;
    int error; /* errno of the first write that failed */
};

/* --- writing --- */

static void path_of(const char *folder, uint64_t index, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%.4000s/%020" PRIu64 ".snapshot", folder, index);
}

static void new_path(const char *folder, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%.4000s/new", folder);
}

static void write_whole(struct snapshot *snapshot, const uint8_t *bytes, size_t len)
{
    while (len > 0 && snapshot->error == 0) {
        ssize_t done = pwrite(snapshot->fd, bytes, len, (off_t)snapshot->written);
        if (done < 0 && errno != EINTR) {
            snapshot->error = errno;
        } else if (done > 0) {
            snapshot->written += (uint64_t)done;
            bytes += done;
            len -= (size_t)done;
        }
    }
}

/* Write the piece, with zeros up to whole blocks: only the last is not full. */
static void write_piece(struct snapshot *snapshot)
{
    size_t whole = (snapshot->filled + BLOCK - 1) / BLOCK * BLOCK;

    memset(snapshot->piece + snapshot->filled, 0, whole - snapshot->filled);
    write_whole(snapshot, snapshot->piece, whole);
    snapshot->filled = 0;
    if (snapshot->pace != NULL && snapshot->error == 0) {
        snapshot->pace(snapshot->context, whole);
    }
}

static void take_bytes(void *context, slice_t bytes)
{
    struct snapshot *snapshot = context;

    digest_add(snapshot->digest, bytes.text, bytes.len);
    snapshot->len += bytes.len;
    while (bytes.len > 0) {
        uint32_t room = PIECE - (uint32_t)snapshot->filled;
        uint32_t part = bytes.len < room ? bytes.len : room;
        memcpy(snapshot->piece + snapshot->filled, bytes.text, part);
        snapshot->filled += part;
        bytes = (slice_t){bytes.text + part, bytes.len - part};
        if (snapshot->filled == PIECE) {
            write_piece(snapshot);
        }
    }
}

static bool open_new(struct snapshot *snapshot, struct fault *ret_fault)
{
    char path[PATH_MAX];

    new_path(snapshot->folder, path);
    (void)unlink(path);
    snapshot->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_DIRECT, 0600);
    if (snapshot->fd < 0 && errno == EINVAL) { /* this file system has no direct writes */
        snapshot->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    return snapshot->fd >= 0 || fault_set_errno(ret_fault, errno, "cannot make %s", path);
}

struct snapshot *snapshot_begin(const char *dir, const struct book *book, snapshot_pace_t *pace,
                                void *context, struct fault *ret_fault)
{
    struct snapshot *snapshot = memory_zeroed(1, sizeof *snapshot);

    *snapshot = (struct snapshot){.fd = -1, .index = book->records, .pace = pace,
                                  .context = context};
    (void)snprintf(snapshot->folder, sizeof snapshot->folder, "%.4000s/state", dir);
    memcpy(snapshot->network, book->network, sizeof snapshot->network);
    if ((mkdir(snapshot->folder, 0700) != 0 && errno != EEXIST) ||
        !open_new(snapshot, ret_fault)) {
        fault_set_errno(ret_fault, errno, "cannot write in %.400s", snapshot->folder);
        snapshot_abandon(snapshot);
        return NULL;
    }
    snapshot->digest = digest_new();
    snapshot->piece = aligned_alloc(BLOCK, PIECE);
    CHECK(snapshot->piece != NULL);
    struct spool spool = {
        .writer = {.bytes = memory_resize(NULL, 2 * (size_t)SPOOL_ROOM_MAX, 1),
                   .capacity = 2 * (size_t)SPOOL_ROOM_MAX},
        .context = snapshot,
        .empty = take_bytes,
    };
    book_save(book, &spool);
    free(spool.writer.bytes);
    if (snapshot->filled > 0) {
        write_piece(snapshot);
    }
    if (snapshot->error != 0) {
        fault_set_errno(ret_fault, snapshot->error, "cannot write in %.400s", snapshot->folder);
        snapshot_abandon(snapshot);
        return NULL;
    }
    return snapshot;
}

uint64_t snapshot_len(const struct snapshot *snapshot)
{
    return snapshot->len;
}

static void free_snapshot(struct snapshot *snapshot)
{
    if (snapshot->fd >= 0) {
        close(snapshot->fd);
    }
    digest_free(snapshot->digest);
    free(snapshot->piece);
    free(snapshot);
}

void snapshot_abandon(struct snapshot *snapshot)
{
    char path[PATH_MAX];

    if (snapshot == NULL) {
        return;
    }
    new_path(snapshot->folder, path);
    (void)unlink(path);
    free_snapshot(snapshot);
}

static void make_seal(struct snapshot *snapshot, const uint8_t *checkpoint,
                      const struct sign_key *key)
{
    uint8_t *seal = snapshot->piece;

    memset(seal, 0, BLOCK);
    memcpy(seal, magic, sizeof magic);
    bytes_put_u64(seal + AT_LEN, snapshot->len);
    digest_finish(snapshot->digest, seal + AT_DIGEST);
    memcpy(seal + AT_CHECKPOINT, checkpoint, CHECKPOINT_SIGNED_LEN);
    sign_message(key,
                 SIGN_STATE,
                 snapshot->network,
                 (slice_t){(const char *)seal, AT_SIGNATURE},
                 seal + AT_SIGNATURE);
}

/* Snapshots in the folder, newest first; more than FOUND_MAX are not looked at. */
static uint32_t find_names(const char *folder, uint64_t ret_indices[FOUND_MAX])
{
    DIR *listing = opendir(folder);
    uint32_t count = 0;

    for (struct dirent *entry = NULL; listing != NULL && (entry = readdir(listing)) != NULL;) {
        char *end = NULL;
        uint64_t index = strtoull(entry->d_name, &end, 10);
        if (strlen(entry->d_name) != NAME_LEN || strcmp(end, ".snapshot") != 0 ||
            count == FOUND_MAX) {
            continue;
        }
        uint32_t at = count++;
        for (; at > 0 && ret_indices[at - 1] < index; at--) {
            ret_indices[at] = ret_indices[at - 1];
        }
        ret_indices[at] = index;
    }
    if (listing != NULL) {
        closedir(listing);
    }
    return count;
}

/* Those that an earlier start has put aside: the last ones are enough to look into. */
static void forget_bad(const char *folder)
{
    DIR *listing = opendir(folder);

    for (struct dirent *entry = NULL; listing != NULL && (entry = readdir(listing)) != NULL;) {
        size_t len = strlen(entry->d_name);
        if (len == NAME_LEN + 4 && strcmp(entry->d_name + NAME_LEN, ".bad") == 0) {
            (void)unlinkat(dirfd(listing), entry->d_name, 0);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
}

static void prune(const char *folder)
{
    uint64_t indices[FOUND_MAX];
    uint32_t count = find_names(folder, indices);
    char path[PATH_MAX];

    for (uint32_t i = KEPT; i < count; i++) {
        path_of(folder, indices[i], path);
        (void)unlink(path);
    }
}

static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return good;
}

bool snapshot_seal(struct snapshot *snapshot, const uint8_t checkpoint[CHECKPOINT_SIGNED_LEN],
                   const struct sign_key *key, struct fault *ret_fault)
{
    struct checkpoint read;
    char fresh[PATH_MAX];
    char path[PATH_MAX];
    slice_t bytes = {(const char *)checkpoint, CHECKPOINT_SIGNED_LEN};

    if (!checkpoint_decode(bytes, &read, NULL, ret_fault) || read.size != snapshot->index) {
        fault_set(ret_fault, FAULT_INTERNAL, "a snapshot's checkpoint is of another size");
        snapshot_abandon(snapshot);
        return false;
    }
    make_seal(snapshot, checkpoint, key);
    write_whole(snapshot, snapshot->piece, BLOCK);
    new_path(snapshot->folder, fresh);
    path_of(snapshot->folder, snapshot->index, path);
    if (snapshot->error != 0 || fsync(snapshot->fd) != 0 || rename(fresh, path) != 0 ||
        !sync_folder(snapshot->folder)) {
        int error = snapshot->error != 0 ? snapshot->error : errno;
        fault_set_errno(ret_fault, error, "cannot finish %.400s", path);
        snapshot_abandon(snapshot);
        return false;
    }
    prune(snapshot->folder);
    free_snapshot(snapshot);
    return true;
}

/* --- reading --- */

struct candidate {
    const struct snapshot_place *place;
    uint64_t index;
    const uint8_t *bytes; /* the file, mapped */
    size_t len;
};

/* Does the seal fit the file, the key and the journal? */
static bool check_seal(const struct candidate *candidate, struct fault *ret_fault)
{
    const struct snapshot_place *place = candidate->place;
    const uint8_t *network = place->network;
    const uint8_t *seal = candidate->bytes + candidate->len - BLOCK;
    uint8_t root[MERKLE_HASH_LEN];
    struct checkpoint checkpoint;
    slice_t signed_part = {(const char *)seal, AT_SIGNATURE};
    slice_t anchor = {(const char *)seal + AT_CHECKPOINT, CHECKPOINT_SIGNED_LEN};

    if (memcmp(seal, magic, sizeof magic) != 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "it has no seal of this version");
    }
    if (!sign_verify_message(
            place->public_key, SIGN_STATE, network, signed_part, seal + AT_SIGNATURE)) {
        return fault_set(ret_fault, FAULT_CRYPTO, "its seal was not made by this ledger's key");
    }
    if (!checkpoint_verify(anchor, place->public_key, network, &checkpoint, ret_fault)) {
        return false;
    }
    if (checkpoint.size != candidate->index) {
        return fault_set(ret_fault, FAULT_FORMAT, "it covers other records than its name says");
    }
    if (checkpoint.size > place->records) {
        return fault_set(ret_fault, FAULT_STORE, "it is ahead of the journal");
    }
    if (place->root == NULL) {
        return true;
    }
    if (!place->root(place->context, checkpoint.size, root, ret_fault)) {
        return false;
    }
    return digest_equal(root, checkpoint.root) ||
           fault_set(ret_fault, FAULT_STORE, "it is of another journal");
}

static bool check_bytes(const struct candidate *candidate, struct reader *ret_reader,
                        struct fault *ret_fault)
{
    const uint8_t *seal = candidate->bytes + candidate->len - BLOCK;
    uint64_t len = bytes_get_u64(seal + AT_LEN);
    size_t room = candidate->len - BLOCK;
    uint8_t digest[DIGEST_LEN];

    if (len > room || room - len >= BLOCK) {
        return fault_set(ret_fault, FAULT_FORMAT, "it has another length than its seal says");
    }
    digest_sha256(candidate->bytes, len, digest);
    if (!digest_equal(digest, seal + AT_DIGEST)) {
        return fault_set(ret_fault, FAULT_FORMAT, "its bytes are not those that were sealed");
    }
    *ret_reader = (struct reader){candidate->bytes, len, 0, false};
    return true;
}

static bool load_mapped(const struct candidate *candidate, struct book *book,
                        struct fault *ret_fault)
{
    struct reader reader;

    if (candidate->len < 2 * (size_t)BLOCK || candidate->len % BLOCK != 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "it has %zu bytes", candidate->len);
    }
    if (!check_seal(candidate, ret_fault) || !check_bytes(candidate, &reader, ret_fault)) {
        return false;
    }
    if (book_load(book, &reader, ret_fault)) {
        if (book->records == candidate->index) {
            return true;
        }
        fault_set(ret_fault, FAULT_FORMAT, "its name is not the number of its records");
    }
    book_deinit(book); /* as if nothing had been tried */
    book_init(book, candidate->place->source);
    return false;
}

static bool load_one(const struct snapshot_place *place, const char *path, uint64_t index,
                     struct book *book, struct fault *ret_fault)
{
    struct candidate candidate = {.place = place, .index = index};
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = false;

    if (fd < 0 || fstat(fd, &about) != 0 || about.st_size == 0) {
        fault_set_errno(ret_fault, errno, "it cannot be read");
    } else {
        candidate.len = (size_t)about.st_size;
        void *mapped = mmap(NULL, candidate.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapped == MAP_FAILED) {
            fault_set_errno(ret_fault, errno, "it cannot be read");
        } else {
            candidate.bytes = mapped;
            good = load_mapped(&candidate, book, ret_fault);
            munmap(mapped, candidate.len);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return good;
}

/* At a start: what was passed over must neither stand for a good one later, nor crowd one out. */
static void put_aside(const struct snapshot_place *place, const char *path)
{
    char bad[PATH_MAX + 8];

    if (place->root != NULL) {
        (void)snprintf(bad, sizeof bad, "%s.bad", path);
        (void)rename(path, bad);
    }
}

uint64_t snapshot_load(const struct snapshot_place *place, struct book *book,
                       struct fault *ret_notice)
{
    uint64_t indices[FOUND_MAX];
    char folder[PATH_MAX];
    char path[PATH_MAX];

    (void)snprintf(folder, sizeof folder, "%.4000s/state", place->dir);
    if (place->root != NULL) { /* at a start */
        new_path(folder, path);
        (void)unlink(path);
    }
    uint32_t count = find_names(folder, indices);
    *ret_notice = (struct fault){0};
    for (uint32_t i = 0; i < count; i++) {
        struct fault fault = {0};
        path_of(folder, indices[i], path);
        if (load_one(place, path, indices[i], book, &fault)) {
            return indices[i];
        }
        if (place->root != NULL && i == 0) {
            forget_bad(folder);
        }
        put_aside(place, path);
        char before[FAULT_TEXT_LEN_MAX + 1];
        memcpy(before, ret_notice->text, sizeof before);
        fault_set(ret_notice, FAULT_STORE, "%s%sstate/%020" PRIu64 ".snapshot: %.100s", before,
                  before[0] == '\0' ? "" : "; ", indices[i], fault.text);
    }
    return 0;
}
