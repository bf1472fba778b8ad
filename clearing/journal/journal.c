#include "clearing/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/inside.h"

#define TILE_KEY_LEN 9
#define PATH_LEN_MAX 4095

static const slice_t key_format = {"format", 6};
static const slice_t key_network = {"network", 7};
static const slice_t key_epoch = {"epoch", 5};

static slice_t slice_bytes(const uint8_t *bytes, uint32_t len)
{
    return (slice_t){(const char *)bytes, len};
}

static slice_t tile_key(uint8_t key[TILE_KEY_LEN], uint8_t level, uint64_t index)
{
    key[0] = level;
    bytes_put_u64(key + 1, index);
    return slice_bytes(key, TILE_KEY_LEN);
}

static bool shelf_read(void *context, uint8_t level, uint64_t index, uint8_t *ret_tile)
{
    struct journal *journal = context;
    uint8_t key[TILE_KEY_LEN];
    slice_t value = {0};
    enum store_found found;

    if (!store_view_begin(journal->view, &journal->fault)) {
        return false;
    }
    found = store_view_get(journal->view, STORE_TILES, tile_key(key, level, index), &value,
                           &journal->fault);
    bool good = found == STORE_FOUND && value.len == TILES_TILE_LEN;
    if (good) {
        memcpy(ret_tile, value.text, TILES_TILE_LEN);
    } else if (found != STORE_FAILED) {
        (void)fault_set(&journal->fault, FAULT_STORE,
                        "tile %u/%" PRIu64 " of the journal is lost: restore it from a backup",
                        level, index);
    }
    store_view_end(journal->view);
    return good;
}

static bool shelf_write(void *context, uint8_t level, uint64_t index, const uint8_t *tile)
{
    struct journal *journal = context;
    uint8_t key[TILE_KEY_LEN];
    slice_t value = slice_bytes(tile, TILES_TILE_LEN);

    return store_put(journal->store, STORE_TILES, tile_key(key, level, index), &value, 1,
                     &journal->fault);
}

static bool write_meta(struct journal *journal,
                       slice_t key,
                       const uint8_t *bytes,
                       uint32_t len,
                       struct fault *ret_fault)
{
    slice_t value = slice_bytes(bytes, len);

    return store_put(journal->store, STORE_META, key, &value, 1, ret_fault);
}

static bool write_new(struct journal *journal, const uint8_t *network, struct fault *ret_fault)
{
    uint8_t format[4];
    uint8_t epoch[8] = {0};

    bytes_put_u32(format, JOURNAL_FORMAT);
    return store_begin(journal->store, ret_fault) &&
           write_meta(journal, key_format, format, sizeof format, ret_fault) &&
           write_meta(journal, key_network, network, SIGN_NETWORK_LEN, ret_fault) &&
           write_meta(journal, key_epoch, epoch, sizeof epoch, ret_fault) &&
           store_commit(journal->store, ret_fault);
}

/* Read one row of meta that must be there with this length, in an open view. */
static bool read_meta(struct journal *journal,
                      slice_t key,
                      uint32_t len,
                      const uint8_t **ret_bytes,
                      struct fault *ret_fault)
{
    slice_t value = {0};
    enum store_found found = store_view_get(journal->view, STORE_META, key, &value, ret_fault);

    if (found == STORE_FAILED) {
        return false;
    }
    if (found == STORE_ABSENT || value.len != len) {
        (void)fault_set(ret_fault, FAULT_STORE,
                        "the journal has no valid %s: it was not made to the end, or is damaged",
                        key.text);
        return false;
    }
    *ret_bytes = (const uint8_t *)value.text;
    return true;
}

static bool load_meta(struct journal *journal, const uint8_t *network, struct fault *ret_fault)
{
    const uint8_t *bytes = NULL;

    if (!read_meta(journal, key_format, 4, &bytes, ret_fault)) {
        return false;
    }
    if (bytes_get_u32(bytes) != JOURNAL_FORMAT) {
        return fault_set(ret_fault, FAULT_STORE,
                         "journal format %" PRIu32 " is not known: a newer AllClear wrote it",
                         bytes_get_u32(bytes));
    }
    if (!read_meta(journal, key_network, SIGN_NETWORK_LEN, &bytes, ret_fault)) {
        return false;
    }
    memcpy(journal->network, bytes, SIGN_NETWORK_LEN);
    if (network != NULL && memcmp(network, journal->network, SIGN_NETWORK_LEN) != 0) {
        return fault_set(ret_fault, FAULT_STORE, "the journal is of another network");
    }
    if (!read_meta(journal, key_epoch, 8, &bytes, ret_fault)) {
        return false;
    }
    journal->epoch = bytes_get_u64(bytes);
    return true;
}

/* The indices are 0 to count - 1 when the greatest is count - 1, for they are distinct. */
static bool load_counts(struct journal *journal, struct fault *ret_fault)
{
    uint64_t count = 0;
    uint64_t tiles = 0;
    uint64_t tiles_due = 0;
    slice_t last = {0};

    if (!store_view_count(journal->view, STORE_RECORDS, &count, ret_fault) ||
        !store_view_count(journal->view, STORE_TILES, &tiles, ret_fault)) {
        return false;
    }
    enum store_found found = store_view_last(journal->view, STORE_RECORDS, &last, ret_fault);
    if (found == STORE_FAILED) {
        return false;
    }
    bool numbered = found == STORE_ABSENT
                        ? count == 0
                        : last.len == 8 && bytes_get_u64((const uint8_t *)last.text) == count - 1;
    for (uint64_t nodes = count / TILES_WIDTH; nodes > 0; nodes /= TILES_WIDTH) {
        tiles_due += nodes;
    }
    if (!numbered || tiles != tiles_due) {
        return fault_set(ret_fault, FAULT_STORE,
                         "the journal's %" PRIu64 " records are not numbered to the last, or some "
                         "of their hashes are lost: restore it from a backup",
                         count);
    }
    journal->size = count;
    return true;
}

/* Read the last records back, which also proves the newest ones whole. */
static bool load_tail(struct journal *journal, struct fault *ret_fault)
{
    uint64_t full = journal->size / TILES_WIDTH * TILES_WIDTH;
    struct journal_reader *reader;
    struct journal_entry entry;
    bool good;

    if (!tiles_restore(journal->tiles, full)) {
        return fault_set(ret_fault, journal->fault.category, "%s", journal->fault.text);
    }
    if (journal->size == 0) {
        return true;
    }
    reader = journal_reader_new(journal, full < journal->size ? full : journal->size - 1);
    do {
        good = journal_reader_need(reader, &entry, ret_fault);
        if (good && entry.record.index >= full) {
            good = tiles_append(journal->tiles, entry.leaf);
        }
    } while (good && entry.record.index < journal->size - 1);
    journal_reader_free(reader);
    return good;
}

static bool load(struct journal *journal, const uint8_t *network, struct fault *ret_fault)
{
    bool good;

    if (!store_view_begin(journal->view, ret_fault)) {
        return false;
    }
    good = load_meta(journal, network, ret_fault) && load_counts(journal, ret_fault);
    store_view_end(journal->view);
    return good && load_tail(journal, ret_fault);
}

struct journal *journal_open(const struct journal_options *options, struct fault *ret_fault)
{
    char path[PATH_LEN_MAX + 1];
    int len = snprintf(path, sizeof path, "%s/journal", options->dir);
    struct store_options store_options = {
        .dir = path,
        .map_size = options->map_size,
        .create = options->create,
        .read_only = options->read_only,
    };
    struct journal *journal;

    CHECK(!options->create || options->network != NULL);
    if (len < 0 || (size_t)len >= sizeof path) {
        (void)fault_set(ret_fault, FAULT_LIMIT, "the data folder's path is too long");
        return NULL;
    }
    journal = memory_zeroed(1, sizeof *journal);
    journal->read_only = options->read_only;
    journal->store = store_open(&store_options, ret_fault);
    if (journal->store == NULL) {
        journal_close(journal);
        return NULL;
    }
    journal->view = store_view_new(journal->store);
    journal->tiles = tiles_new(&(struct tiles_shelf){shelf_read, shelf_write, journal});
    if ((options->create && !write_new(journal, options->network, ret_fault)) ||
        !load(journal, options->network, ret_fault)) {
        journal_close(journal);
        return NULL;
    }
    return journal;
}

void journal_close(struct journal *journal)
{
    if (journal != NULL) {
        tiles_free(journal->tiles);
        store_view_free(journal->view);
        store_close(journal->store);
        free(journal);
    }
}

const char *journal_warning(const struct journal *journal)
{
    return store_warning(journal->store);
}

uint64_t journal_size(const struct journal *journal)
{
    return journal->size;
}

uint64_t journal_epoch(const struct journal *journal)
{
    return journal->epoch;
}

const uint8_t *journal_network(const struct journal *journal)
{
    return journal->network;
}

/* The epoch as the store has it, in the open write transaction. */
static bool epoch_now(struct journal *journal, uint64_t *ret_epoch, struct fault *ret_fault)
{
    slice_t value = {0};
    enum store_found found = store_get(journal->store, STORE_META, key_epoch, &value, ret_fault);

    if (found == STORE_FAILED) {
        return false;
    }
    if (found == STORE_ABSENT || value.len != 8) {
        return fault_set(ret_fault, FAULT_STORE, "the journal's epoch is damaged");
    }
    *ret_epoch = bytes_get_u64((const uint8_t *)value.text);
    return true;
}

bool journal_claim(struct journal *journal, uint64_t *ret_epoch, struct fault *ret_fault)
{
    uint64_t epoch = 0;
    uint8_t bytes[8];

    CHECK(!journal->read_only);
    CHECK(!journal->under_way);
    if (!store_begin(journal->store, ret_fault)) {
        return false;
    }
    if (!epoch_now(journal, &epoch, ret_fault)) {
        store_abort(journal->store);
        return false;
    }
    epoch++;
    bytes_put_u64(bytes, epoch);
    if (!write_meta(journal, key_epoch, bytes, sizeof bytes, ret_fault)) {
        store_abort(journal->store);
        return false;
    }
    if (!store_commit(journal->store, ret_fault)) {
        return false;
    }
    journal->epoch = epoch;
    *ret_epoch = epoch;
    return true;
}

static bool put_record(struct journal *journal, uint64_t index, slice_t bytes)
{
    uint8_t leaf[MERKLE_HASH_LEN];
    uint8_t key[8];

    merkle_hash_leaf(bytes, leaf);
    bytes_put_u64(key, index);
    slice_t parts[2] = {slice_bytes(leaf, sizeof leaf), bytes};
    return store_put(journal->store, STORE_RECORDS, slice_bytes(key, sizeof key), parts, 2,
                     &journal->fault) &&
           tiles_append(journal->tiles, leaf);
}

static void check_group(const struct journal *journal, const struct journal_group *group)
{
    CHECK(group->count > 0);
    CHECK(group->count <= JOURNAL_GROUP_COUNT_MAX);
    for (uint32_t i = 0; i < group->count; i++) {
        struct record record;
        CHECK(record_decode(group->records[i], &record, NULL));
        CHECK(record.index == journal->size + i);
        CHECK(record.epoch == group->epoch);
    }
}

static enum journal_outcome write_group(struct journal *journal, const struct journal_group *group)
{
    uint64_t epoch = 0;

    if (!store_begin(journal->store, &journal->fault)) {
        return JOURNAL_UNKNOWN;
    }
    if (!epoch_now(journal, &epoch, &journal->fault)) {
        store_abort(journal->store);
        return JOURNAL_UNKNOWN;
    }
    if (epoch != group->epoch) {
        store_abort(journal->store);
        (void)fault_set(&journal->fault, FAULT_STORE,
                        "another writer claimed epoch %" PRIu64 ", this one has %" PRIu64
                        ": it must stop",
                        epoch, group->epoch);
        return JOURNAL_FENCED;
    }
    for (uint32_t i = 0; i < group->count; i++) {
        if (!put_record(journal, journal->size + i, group->records[i])) {
            store_abort(journal->store);
            return JOURNAL_UNKNOWN;
        }
    }
    if (!store_commit(journal->store, &journal->fault)) {
        return JOURNAL_UNKNOWN;
    }
    journal->size += group->count;
    return JOURNAL_DURABLE;
}

void journal_submit(struct journal *journal, const struct journal_group *group)
{
    CHECK(!journal->read_only);
    CHECK(!journal->under_way);
    check_group(journal, group);
    journal->under_way = true;
    journal->outcome = write_group(journal, group);
}

enum journal_outcome journal_reap(struct journal *journal, struct fault *ret_fault)
{
    CHECK(journal->under_way);
    journal->under_way = false;
    if (journal->outcome != JOURNAL_DURABLE && ret_fault != NULL) {
        *ret_fault = journal->fault;
    }
    return journal->outcome;
}

/* Hand on what the tiles' callbacks met. */
static bool proved(struct journal *journal, bool good, struct fault *ret_fault)
{
    if (!good && ret_fault != NULL) {
        *ret_fault = journal->fault;
    }
    return good;
}

bool journal_root(struct journal *journal,
                  uint64_t size,
                  uint8_t ret_root[MERKLE_HASH_LEN],
                  struct fault *ret_fault)
{
    CHECK(size <= journal->size);
    return proved(journal, merkle_root_at(tiles_node, journal->tiles, size, ret_root), ret_fault);
}

bool journal_prove(struct journal *journal,
                   uint64_t index,
                   uint64_t size,
                   struct merkle_path *ret_path,
                   struct fault *ret_fault)
{
    CHECK(size <= journal->size);
    return proved(journal, merkle_inclusion_path(tiles_node, journal->tiles, index, size, ret_path),
                  ret_fault);
}

bool journal_prove_consistency(struct journal *journal,
                               uint64_t old_size,
                               uint64_t new_size,
                               struct merkle_path *ret_path,
                               struct fault *ret_fault)
{
    CHECK(new_size <= journal->size);
    return proved(journal,
                  merkle_consistency_path(tiles_node, journal->tiles, old_size, new_size, ret_path),
                  ret_fault);
}

bool journal_check_anchor(struct journal *journal,
                          const struct checkpoint *newest,
                          struct fault *ret_fault)
{
    uint8_t root[MERKLE_HASH_LEN];

    if (newest == NULL) {
        return journal->size == 0 ||
               fault_set(ret_fault, FAULT_STORE,
                         "the journal has %" PRIu64 " records but no checkpoint: put checkpoint.0 "
                         "and checkpoint.1 back",
                         journal->size);
    }
    if (memcmp(newest->network, journal->network, SIGN_NETWORK_LEN) != 0) {
        return fault_set(ret_fault, FAULT_STORE, "the checkpoint is of another network");
    }
    if (newest->size > journal->size || newest->epoch > journal->epoch) {
        return fault_set(ret_fault, FAULT_STORE,
                         "the journal is behind its checkpoint: it has %" PRIu64
                         " records of epoch %" PRIu64 ", signed were %" PRIu64 " of epoch %" PRIu64
                         "; acknowledged records are lost, restore a newer copy",
                         journal->size, journal->epoch, newest->size, newest->epoch);
    }
    if (!journal_root(journal, newest->size, root, ret_fault)) {
        return false;
    }
    if (!digest_equal(root, newest->root)) {
        return fault_set(ret_fault, FAULT_STORE,
                         "the journal is not what its checkpoint signed: its first %" PRIu64
                         " records have another root",
                         newest->size);
    }
    return true;
}

/* Copy one slot; one that is not there stays away. */
static bool copy_slot(int from_fd, int to_fd, const char *name, struct fault *ret_fault)
{
    uint8_t bytes[4096];
    int from = openat(from_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (from < 0) {
        return errno == ENOENT || fault_set_errno(ret_fault, errno, "cannot read %s", name);
    }
    ssize_t len = read(from, bytes, sizeof bytes);
    int to = openat(to_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = len >= 0 && to >= 0 && write(to, bytes, (size_t)len) == len && fsync(to) == 0;
    if (!good) {
        (void)fault_set_errno(ret_fault, errno, "cannot copy %s", name);
    }
    (void)close(from);
    if (to >= 0) {
        (void)close(to);
    }
    return good;
}

/* The newest checkpoint of a copy. Returns: false where there is none, or none that is whole. */
static bool copied_checkpoint(const char *dest, struct checkpoint *ret_checkpoint,
                              struct fault *ret_fault)
{
    struct checkpoint_slots *slots = checkpoint_slots_open(dest, true, ret_fault);
    bool good = false;

    if (slots == NULL) {
        return false;
    }
    const uint8_t *newest = checkpoint_slots_newest(slots);
    if (newest == NULL) {
        (void)fault_set(ret_fault, FAULT_STORE, "there is no checkpoint to copy");
    } else {
        good = checkpoint_decode(slice_bytes(newest, CHECKPOINT_SIGNED_LEN), ret_checkpoint, NULL,
                                 ret_fault);
    }
    checkpoint_slots_close(slots);
    return good;
}

/* Copy both slots; again when the writer has been quicker than the copying of both. */
static bool copy_slots(const char *dir, const char *dest, struct checkpoint *ret_checkpoint,
                       struct fault *ret_fault)
{
    int from = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int to = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = from >= 0 && to >= 0;

    if (!good) {
        (void)fault_set_errno(ret_fault, errno, "cannot open %s", from < 0 ? dir : dest);
    }
    bool whole = false;
    for (int i = 0; good && !whole && i < 8; i++) {
        good = copy_slot(from, to, "checkpoint.0", ret_fault) &&
               copy_slot(from, to, "checkpoint.1", ret_fault);
        whole = good && copied_checkpoint(dest, ret_checkpoint, ret_fault);
    }
    if (whole && fsync(to) != 0) {
        whole = fault_set_errno(ret_fault, errno, "cannot sync %s", dest);
    }
    if (from >= 0) {
        (void)close(from);
    }
    if (to >= 0) {
        (void)close(to);
    }
    return whole;
}

static bool make_dir(const char *path, struct fault *ret_fault)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           fault_set_errno(ret_fault, errno, "cannot make %s", path);
}

bool journal_backup(struct journal *journal,
                    const char *dir,
                    const char *dest,
                    uint64_t *ret_records,
                    struct fault *ret_fault)
{
    struct journal_options options = {
        .dir = dest, .network = journal->network, .read_only = true};
    char path[PATH_LEN_MAX + 1];
    char data[PATH_LEN_MAX + 10];
    struct checkpoint checkpoint;
    int len = snprintf(path, sizeof path, "%s/journal", dest);

    if (len < 0 || (size_t)len >= sizeof path) {
        return fault_set(ret_fault, FAULT_LIMIT, "the backup's path is too long");
    }
    (void)snprintf(data, sizeof data, "%s/data.mdb", path);
    if (access(data, F_OK) == 0) { /* before its slots are overwritten */
        return fault_set(ret_fault, FAULT_IO, "%s is there already: a backup needs a new folder",
                         data);
    }
    if (!make_dir(dest, ret_fault) || !make_dir(path, ret_fault) ||
        !copy_slots(dir, dest, &checkpoint, ret_fault) ||
        !store_copy(journal->store, path, ret_fault)) {
        return false;
    }
    struct journal *copy = journal_open(&options, ret_fault);
    if (copy == NULL) {
        return false;
    }
    bool good = journal_check_anchor(copy, &checkpoint, ret_fault);
    if (good) {
        *ret_records = journal_size(copy);
    }
    journal_close(copy);
    return good;
}
