/* The ledger: a book that is written. Records are applied when they come, gathered in a group, and
 * made durable a group at a time; nothing about a record leaves before its group is durable and
 * anchored by a checkpoint.
 *
 * Two groups: one gathers while the other is being committed. Everything but ledger_commit belongs
 * to the writer's thread; ledger_commit may run in a thread of its own, one group at a time. */
#ifndef CLEARING_LEDGER_LEDGER_H
#define CLEARING_LEDGER_LEDGER_H

#include "clearing/book/book.h"
#include "clearing/journal/journal.h"

/* A group is sealed at GROUP_BYTES_FULL; beyond, there is room for what one batch may release. */
#define GROUP_BYTES_FULL  (6U << 20)
#define GROUP_BYTES_MAX   (64U << 20)
#define GROUP_ANSWERS_MAX 4096

/* Somebody who waits for a record to be durable. `tag` is the caller's. */
struct group_answer {
    uint64_t tag;
    uint64_t index;    /* of the record */
    uint64_t sequence; /* of the batch; 0: not a batch (no receipt, only "durable") */
    uint8_t *receipt;  /* after ledger_commit: a Receipt frame, FRAME_BYTES_MAX at most */
    size_t receipt_len;
};

struct ledger_group {
    uint8_t *bytes;
    size_t len;
    slice_t records[JOURNAL_GROUP_COUNT_MAX];
    uint32_t count;
    uint64_t first; /* index of records[0] */
    struct group_answer answers[GROUP_ANSWERS_MAX];
    uint32_t answer_count;
    uint8_t *receipts; /* the frames */
    size_t receipts_len;
    size_t receipts_capacity;
};

struct ledger;

struct ledger_options {
    const char *dir;                 /* the data folder */
    const struct sign_key *key;      /* signs checkpoints; outlives the ledger */
    bool create;                     /* make the journal of a new network */
    const uint8_t *network;          /* create: its id */
    uint64_t map_size;               /* 0: the journal's default */
};

/* Open the journal, check it against its checkpoint, load the newest good snapshot and apply the
 * records after it (without one: every record). Calls `progress` now and then (may be NULL).
 * Returns: NULL with ret_fault; the caller closes. */
struct ledger *ledger_open(const struct ledger_options *options,
                           void (*progress)(uint64_t records, uint64_t of),
                           struct fault *ret_fault);
void ledger_close(struct ledger *ledger); /* accepts NULL */

struct book *ledger_book(struct ledger *ledger);
const char *ledger_warning(const struct ledger *ledger);

/* How the opening went. */
struct ledger_opening {
    uint64_t snapshot; /* records that the snapshot covered; 0: there was none */
    uint64_t accepted; /* events accepted in them */
    uint64_t tail;     /* records applied after it */
    const char *passed_over; /* snapshots that were not good, and why; "" */
    bool slot_damaged;       /* a checkpoint slot: a crash within a write leaves one so */
    unsigned slot_number;    /* which */
};
struct ledger_opening ledger_opening(const struct ledger *ledger);

/* Is there room for one more batch or record in the gathering group? */
bool ledger_has_room(const struct ledger *ledger);
/* Records and answers in the gathering group. */
bool ledger_is_empty(const struct ledger *ledger);

typedef enum {
    LEDGER_GATHERED, /* an answer will follow with the group */
    LEDGER_EXPECT,   /* answer now: reason, and where the store stands */
} ledger_take_t;

/* What to tell a store whose batch was not taken. */
struct ledger_expect {
    int reason; /* reason_t */
    uint64_t sequence;
    uint8_t last[DIGEST_LEN];
    char detail[128];
};

/* Read a signed batch and find whose it is, so that it can be checked (door_check, door_verify with
 * *ret_key), in another thread if the caller likes. door->members is the caller's.
 * Returns: false: answer *ret_expect now. */
bool ledger_admit_batch(struct ledger *ledger, slice_t bytes, struct batch_door *door,
                        const uint8_t **ret_key, struct ledger_expect *ret_expect) MUST_USE;

/* Take a checked batch: a day-end that is due and a range of a sweep that runs first, then the
 * batch (or the answer to one taken before). An equivocation is journaled as evidence and answered
 * at once. `tag` comes back with the group. */
ledger_take_t ledger_take_door(struct ledger *ledger, struct batch_door *door, int64_t now_ms,
                               uint64_t tag, struct ledger_expect *ret_expect);

/* Admit, check and take in one. */
ledger_take_t ledger_take_batch(struct ledger *ledger, slice_t bytes, int64_t now_ms, uint64_t tag,
                                struct ledger_expect *ret_expect);

/* Where a store stands (the answer to Hello). */
void ledger_stand(struct ledger *ledger, store_t store, struct ledger_expect *ret_expect);

/* Take a headquarters' record, after what comes before it as before a batch, or the whole rest of
 * the sweep when it closes a cycle or undoes an event; it is answered with the group.
 * Returns: false with ret_fault: refused, it has changed nothing. */
bool ledger_take_hq(struct ledger *ledger, slice_t bytes, int64_t now_ms, uint64_t tag,
                    struct fault *ret_fault) MUST_USE;

/* Sweep one range further, when nothing else is to be done. The gathering group has room.
 * Returns: false: no sweep runs. */
bool ledger_sweep_on(struct ledger *ledger, int64_t now_ms);

/* Sweep all that is left, in one record: before the book is asked what an event would do. The
 * gathering group has room. */
void ledger_sweep_rest(struct ledger *ledger, int64_t now_ms);

/* The clock of the network: real time, or what a test network was told. */
int64_t ledger_now(struct ledger *ledger, int64_t real_ms);

/* Seal the gathering group and start the other (which must not be under way).
 * Returns: the sealed group, for ledger_commit, then ledger_release. */
struct ledger_group *ledger_seal(struct ledger *ledger);

/* Write the group, then a checkpoint over it, then make its receipts.
 * Returns: false with ret_fault: the process must end, and nobody must be answered. */
bool ledger_commit(struct ledger *ledger, struct ledger_group *group, int64_t now_ms,
                   struct fault *ret_fault) MUST_USE;

/* The journal, for readers of other threads. */
struct journal *ledger_journal(struct ledger *ledger);

/* Returns: the newest signed checkpoint. Only while nothing is under way. */
const uint8_t *ledger_checkpoint(const struct ledger *ledger);

/* Copy the journal and its checkpoint slots into a folder while writing goes on (journal_backup
 * says how). Any thread. */
bool ledger_backup(struct ledger *ledger, const char *dest, uint64_t *ret_records,
                   struct fault *ret_fault) MUST_USE;

/* The group's answers have been given: its room is free. */
void ledger_release(struct ledger *ledger, struct ledger_group *group);

/* Seal, commit and release in one: for tools without threads. */
bool ledger_flush(struct ledger *ledger, int64_t now_ms, struct fault *ret_fault) MUST_USE;

#endif
