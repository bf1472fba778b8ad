/* The journal: records in their order, the truth of everything. It is appended in groups that are
 * on the disk before anyone is told, and read by index.
 *
 * Two kinds of handles: a struct journal belongs to one thread (the journal thread: it submits,
 * reaps, proves); each reader has a struct journal_reader of its own, in any thread. Readers are
 * freed before the journal is closed.
 *
 * Call sequence of a group: journal_submit, journal_reap; on JOURNAL_DURABLE sign a checkpoint of
 * journal_root at journal_size, write it (checkpoint_slots_write), and only then answer. On
 * anything else end the process: the stores send again, and the next start finds out what was
 * written.
 *
 * On disk: DIR/journal/data.mdb, three tables.
 *     records  index (u64) -> leaf hash (32 bytes) || record (record.h)
 *     tiles    tile level (u8) || index (u64) -> 256 hashes (tiles.h)
 *     meta     "format" -> u32, 1;  "network" -> 32 bytes;  "epoch" -> u64
 * Integers are big-endian. The leaf hash is beside its record because LMDB has no checksums: every
 * read compares the two. */
#ifndef CLEARING_JOURNAL_JOURNAL_H
#define CLEARING_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/journal/checkpoint.h"
#include "clearing/journal/merkle.h"
#include "clearing/journal/record.h"

#define JOURNAL_FORMAT          1
#define JOURNAL_GROUP_COUNT_MAX 1024 /* records: half of what an LMDB transaction holds unspilled */

struct journal_options {
    const char *dir;        /* the data folder, which exists */
    const uint8_t *network; /* 32 bytes; to create: required; to open: NULL takes any */
    uint64_t map_size;      /* 0: the store's default, 256 GiB of address space */
    bool create;            /* make a new one; refused where there is one */
    bool read_only;         /* for copies at rest: no claim, no submit */
};

struct journal;

/* Open the journal and look at its end: it refuses a file cut short, a folder in use, a remote file
 * system, a tail that is damaged or not numbered to the last index, and tiles that are missing.
 * Returns: NULL with ret_fault set; the caller closes. */
struct journal *journal_open(const struct journal_options *options, struct fault *ret_fault);
void journal_close(struct journal *journal); /* accepts NULL */

/* Returns: what the operator should know about where the journal lies, "" for nothing. */
const char *journal_warning(const struct journal *journal);

/* Returns: how many records are durable; the next record's index. */
uint64_t journal_size(const struct journal *journal);

/* Returns: the last epoch claimed, 0 for none. */
uint64_t journal_epoch(const struct journal *journal);

const uint8_t *journal_network(const struct journal *journal); /* 32 bytes, as the journal lives */

/* Become the writer: durably take the next epoch, which fences all who claimed before.
 * Out: ret_epoch. Returns: false with ret_fault set; then end the process. */
MUST_USE bool journal_claim(struct journal *journal, uint64_t *ret_epoch, struct fault *ret_fault);

/* Compare the journal with the newest checkpoint of its slots, whose signature the caller has
 * verified; NULL when no slot was ever written. The journal must reach it, have its root there and
 * its network; without a checkpoint it must be empty.
 * Returns: false with ret_fault set: the journal must not be served. */
MUST_USE bool journal_check_anchor(struct journal *journal,
                                   const struct checkpoint *newest,
                                   struct fault *ret_fault);

/* Encoded records, 1 to JOURNAL_GROUP_COUNT_MAX of them. Their indices go on from journal_size,
 * their epoch is the group's. The bytes stay in place until the group is reaped. */
struct journal_group {
    const slice_t *records;
    uint32_t count;
    uint64_t epoch;
};

enum journal_outcome {
    JOURNAL_DURABLE, /* on the disk */
    JOURNAL_FENCED,  /* somebody claimed a later epoch: nothing was written */
    JOURNAL_UNKNOWN, /* written or not: only a new start can tell; all later groups get this too */
};

/* Hand a group in. At most one is under way. (This implementation does all the work here.) */
void journal_submit(struct journal *journal, const struct journal_group *group);

/* Wait for the group under way. Out: ret_fault, for what is not JOURNAL_DURABLE. */
MUST_USE enum journal_outcome journal_reap(struct journal *journal, struct fault *ret_fault);

/* The root of the first size records; size <= journal_size. O(log size). */
MUST_USE bool journal_root(struct journal *journal,
                           uint64_t size,
                           uint8_t ret_root[MERKLE_HASH_LEN],
                           struct fault *ret_fault);

/* The inclusion path of a record in the tree of a size; index < size <= journal_size. */
MUST_USE bool journal_prove(struct journal *journal,
                            uint64_t index,
                            uint64_t size,
                            struct merkle_path *ret_path,
                            struct fault *ret_fault);

/* The consistency path of two sizes; 0 < old_size <= new_size <= journal_size. */
MUST_USE bool journal_prove_consistency(struct journal *journal,
                                        uint64_t old_size,
                                        uint64_t new_size,
                                        struct merkle_path *ret_path,
                                        struct fault *ret_fault);

/* Copy the journal and its checkpoint slots of the data folder `dir` into the folder `dest` (made
 * where it is missing; one that has a journal is refused), while writing goes on. The slots are
 * copied first: the journal's copy reaches them. The copy is opened and compared with its
 * checkpoint before this returns. Any thread, as long as the journal is open.
 * Returns: false with ret_fault set; what lies in dest then is not a backup.
 * Out: ret_records, how many the copy has. */
MUST_USE bool journal_backup(struct journal *journal,
                             const char *dir,
                             const char *dest,
                             uint64_t *ret_records,
                             struct fault *ret_fault);

struct journal_reader;

/* Read from an index on. The reader copies ahead in its own buffer (up to 1 MiB) and holds nothing
 * of the store between calls, so it may rest for as long as it likes. The caller frees. */
struct journal_reader *journal_reader_new(struct journal *journal, uint64_t index);
void journal_reader_free(struct journal_reader *reader); /* accepts NULL */
void journal_reader_seek(struct journal_reader *reader, uint64_t index);

struct journal_entry {
    slice_t bytes; /* the whole record */
    struct record record;
    uint8_t leaf[MERKLE_HASH_LEN];
};

enum journal_step {
    JOURNAL_ENTRY,
    JOURNAL_END,     /* no record of this index yet: ask again later */
    JOURNAL_DAMAGED, /* ret_fault says where; the reader stays at this index */
};

/* Read one record and go on to the next; its hash, form and index have been checked. Out:
 * ret_entry, whose slices are valid until the next call. */
MUST_USE enum journal_step journal_reader_next(struct journal_reader *reader,
                                               struct journal_entry *ret_entry,
                                               struct fault *ret_fault);

/* The same for a record that must be there: its absence is a fault, too. */
MUST_USE bool journal_reader_need(struct journal_reader *reader,
                                  struct journal_entry *ret_entry,
                                  struct fault *ret_fault);

#endif
