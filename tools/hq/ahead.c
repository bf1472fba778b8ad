#include "tools/hq/ahead.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/hq.h"

#define SLOTS 32

struct slot {
    bool good;
    struct fault fault; /* not good: why */
    struct ahead_record read;
    uint8_t bytes[RECORD_LEN_MAX];
    uint64_t members[BATCH_EVENTS_MAX];
};

/* A key that a record has named; whether it was approved the book says. */
struct named_key {
    uint8_t id[SIGN_KEY_ID_LEN];
    uint8_t key[SIGN_PUBLIC_LEN];
};

struct ahead {
    struct ahead_options options;
    pthread_t thread;
    /* the thread's */
    struct journal_reader *reader;
    struct merkle_range range;
    uint64_t epoch;
    struct event scratch;
    struct named_key *keys;
    uint32_t key_count;
    uint32_t key_capacity;
    /* under `mutex` */
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    uint64_t filled;
    uint64_t taken; /* the slots before are free */
    bool stop;
    struct slot slots[SLOTS];
};

/* --- the thread --- */

static const struct named_key *find_key(const struct ahead *ahead, const uint8_t *id)
{
    for (uint32_t i = ahead->key_count; i-- > 0;) {
        if (digest_equal(ahead->keys[i].id, id)) {
            return &ahead->keys[i];
        }
    }
    return NULL;
}

static void learn_key(struct ahead *ahead, const struct record *record)
{
    struct hq_record hq;
    struct hq_body body;
    struct decode_fault fault;

    if (hq_decode_record(record->payload, &hq, &fault) &&
        hq_decode_body(hq.body, &body, &fault) && body.type == HQ_KEY_APPROVE) {
        MEMORY_GROW(ahead->keys, ahead->key_count, ahead->key_capacity);
        struct named_key *named = &ahead->keys[ahead->key_count++];
        memcpy(named->key, body.key_approve.public_key, sizeof named->key);
        sign_key_id(named->key, named->id);
    }
}

static void look_at_batch(struct ahead *ahead, struct slot *slot)
{
    struct batch_door *door = &slot->read.door;

    door->members = slot->members;
    slot->read.is_read = door_read(slot->read.record.payload, door, NULL);
    if (!slot->read.is_read) {
        return; /* whoever applies it says what is wrong */
    }
    door_check(door, &ahead->scratch);
    const struct named_key *named = find_key(ahead, door->signed_batch.key_id);
    if (ahead->options.signatures && named != NULL) {
        door_verify(door, named->key);
    }
}

static bool root_fits(struct ahead *ahead, struct fault *ret_fault)
{
    uint8_t root[MERKLE_HASH_LEN];

    if (ahead->range.size != ahead->options.checkpoint.size) {
        return true;
    }
    merkle_range_root(&ahead->range, root);
    return digest_equal(root, ahead->options.checkpoint.root) ||
           fault_set(ret_fault,
                     FAULT_STORE,
                     "record %" PRIu64 ": the records up to it have another root than was signed",
                     ahead->range.size == 0 ? 0 : ahead->range.size - 1);
}

static bool read_one(struct ahead *ahead, uint64_t index, struct slot *slot)
{
    struct journal_entry entry;

    if (!journal_reader_need(ahead->reader, &entry, &slot->fault)) {
        return false;
    }
    if (entry.record.epoch < ahead->epoch) {
        return fault_set(
            &slot->fault, FAULT_STORE, "record %" PRIu64 ": its epoch runs backwards", index);
    }
    ahead->epoch = entry.record.epoch;
    merkle_range_append(&ahead->range, entry.leaf);
    if (!root_fits(ahead, &slot->fault)) {
        return false;
    }
    memcpy(slot->bytes, entry.bytes.text, entry.bytes.len);
    slice_t copy = {(const char *)slot->bytes, entry.bytes.len};
    CHECK(record_decode(copy, &slot->read.record, NULL)); /* the reader has just done it */
    slot->read.is_read = false;
    if (slot->read.record.kind == RECORD_BATCH || slot->read.record.kind == RECORD_EVIDENCE) {
        look_at_batch(ahead, slot);
    } else if (slot->read.record.kind == RECORD_HQ) {
        learn_key(ahead, &slot->read.record);
    }
    return true;
}

/* Wait for a free slot. Returns: NULL when told to stop. */
static struct slot *next_slot(struct ahead *ahead)
{
    struct slot *slot = NULL;

    pthread_mutex_lock(&ahead->mutex);
    while (ahead->filled - ahead->taken == SLOTS && !ahead->stop) {
        pthread_cond_wait(&ahead->moved, &ahead->mutex);
    }
    if (!ahead->stop) {
        slot = &ahead->slots[ahead->filled % SLOTS];
    }
    pthread_mutex_unlock(&ahead->mutex);
    return slot;
}

static void *work(void *context)
{
    struct ahead *ahead = context;
    struct slot *slot = NULL;
    bool good = true;

    for (uint64_t i = 0; i < ahead->options.records && good &&
                         (slot = next_slot(ahead)) != NULL; i++) {
        slot->fault = (struct fault){0};
        (void)read_one(ahead, i, slot);
        good = slot->fault.category == FAULT_NONE;
        slot->good = good;
        pthread_mutex_lock(&ahead->mutex);
        ahead->filled++;
        pthread_cond_signal(&ahead->moved);
        pthread_mutex_unlock(&ahead->mutex);
    }
    return NULL;
}

/* --- whoever applies --- */

struct ahead *ahead_new(const struct ahead_options *options)
{
    struct ahead *ahead = memory_zeroed(1, sizeof *ahead);

    ahead->options = *options;
    ahead->reader = journal_reader_new(options->journal, 0);
    pthread_mutex_init(&ahead->mutex, NULL);
    pthread_cond_init(&ahead->moved, NULL);
    CHECK(pthread_create(&ahead->thread, NULL, work, ahead) == 0);
    return ahead;
}

struct ahead_record *ahead_next(struct ahead *ahead, struct fault *ret_fault)
{
    pthread_mutex_lock(&ahead->mutex);
    while (ahead->filled == ahead->taken) {
        pthread_cond_wait(&ahead->moved, &ahead->mutex);
    }
    struct slot *slot = &ahead->slots[ahead->taken % SLOTS];
    pthread_mutex_unlock(&ahead->mutex);
    if (!slot->good) {
        *ret_fault = slot->fault;
        return NULL;
    }
    return &slot->read;
}

void ahead_release(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->mutex);
    ahead->taken++;
    pthread_cond_signal(&ahead->moved);
    pthread_mutex_unlock(&ahead->mutex);
}

void ahead_root(const struct ahead *ahead, uint8_t ret_root[MERKLE_HASH_LEN])
{
    merkle_range_root(&ahead->range, ret_root);
}

void ahead_free(struct ahead *ahead)
{
    if (ahead == NULL) {
        return;
    }
    pthread_mutex_lock(&ahead->mutex);
    ahead->stop = true;
    pthread_cond_signal(&ahead->moved);
    pthread_mutex_unlock(&ahead->mutex);
    pthread_join(ahead->thread, NULL);
    pthread_mutex_destroy(&ahead->mutex);
    pthread_cond_destroy(&ahead->moved);
    journal_reader_free(ahead->reader);
    free(ahead->keys);
    free(ahead);
}
