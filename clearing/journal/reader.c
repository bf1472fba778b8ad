#include "clearing/journal/journal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/inside.h"

#define BUFFER_LEN ((size_t)1 << 20)
#define AHEAD_MAX  1024 /* records copied in one view */

struct journal_reader {
    struct store_view *view;
    uint64_t index;  /* of the next record */
    uint32_t ahead;  /* how many to copy at once: doubles while reading goes on */
    uint32_t count;  /* values in the buffer */
    uint32_t at;     /* the next of them */
    size_t position; /* where it begins */
    uint32_t lens[AHEAD_MAX];
    uint8_t buffer[BUFFER_LEN];
};

static_assert(BUFFER_LEN >= MERKLE_HASH_LEN + RECORD_LEN_MAX, "any value fits the buffer");

struct journal_reader *journal_reader_new(struct journal *journal, uint64_t index)
{
    struct journal_reader *reader = memory_zeroed(1, sizeof *reader);

    reader->view = store_view_new(journal->store);
    journal_reader_seek(reader, index);
    return reader;
}

void journal_reader_free(struct journal_reader *reader)
{
    if (reader != NULL) {
        store_view_free(reader->view);
        free(reader);
    }
}

void journal_reader_seek(struct journal_reader *reader, uint64_t index)
{
    reader->index = index;
    reader->ahead = 1;
    reader->count = 0;
    reader->at = 0;
}

static bool damaged(uint64_t index, const char *what, struct fault *ret_fault)
{
    return fault_set(ret_fault, FAULT_STORE,
                     "journal record %" PRIu64 " %s: stop, and restore it from a backup", index,
                     what);
}

/* Copy one value behind the others. Returns: false where reading ahead ends; for the first value
 * of a view, with the step that says why. */
static bool copy_value(struct journal_reader *reader,
                       size_t *inout_used,
                       enum journal_step *ret_step,
                       struct fault *ret_fault)
{
    uint8_t key[8];
    slice_t value;
    enum store_found found;

    bytes_put_u64(key, reader->index + reader->count);
    found = store_view_get(reader->view, STORE_RECORDS, (slice_t){(const char *)key, sizeof key},
                           &value, ret_fault);
    if (found != STORE_FOUND) {
        *ret_step = found == STORE_ABSENT ? JOURNAL_END : JOURNAL_DAMAGED;
        return false;
    }
    if (value.len > MERKLE_HASH_LEN + RECORD_LEN_MAX) {
        (void)damaged(reader->index + reader->count, "is too long", ret_fault);
        *ret_step = JOURNAL_DAMAGED;
        return false;
    }
    if (*inout_used + value.len > BUFFER_LEN) {
        return false;
    }
    memcpy(reader->buffer + *inout_used, value.text, value.len);
    reader->lens[reader->count] = value.len;
    *inout_used += value.len;
    reader->count++;
    return true;
}

static enum journal_step refill(struct journal_reader *reader, struct fault *ret_fault)
{
    enum journal_step step = JOURNAL_END;
    size_t used = 0;

    reader->count = 0;
    reader->at = 0;
    reader->position = 0;
    if (!store_view_begin(reader->view, ret_fault)) {
        return JOURNAL_DAMAGED;
    }
    /* What stops the reading ahead is met again, and told, when the reader gets there. */
    while (reader->count < reader->ahead &&
           copy_value(reader, &used, &step, reader->count == 0 ? ret_fault : NULL)) {
    }
    store_view_end(reader->view);
    reader->ahead = reader->ahead * 2 < AHEAD_MAX ? reader->ahead * 2 : AHEAD_MAX;
    return reader->count > 0 ? JOURNAL_ENTRY : step;
}

static bool check_value(struct journal_reader *reader,
                        slice_t value,
                        struct journal_entry *ret_entry,
                        struct fault *ret_fault)
{
    struct journal_entry entry = {0};

    if (value.len < MERKLE_HASH_LEN) {
        return damaged(reader->index, "is too short", ret_fault);
    }
    entry.bytes = (slice_t){value.text + MERKLE_HASH_LEN, value.len - MERKLE_HASH_LEN};
    merkle_hash_leaf(entry.bytes, entry.leaf);
    if (!digest_equal(entry.leaf, (const uint8_t *)value.text)) {
        return damaged(reader->index, "is not what was written", ret_fault);
    }
    if (!record_decode(entry.bytes, &entry.record, ret_fault)) {
        return false;
    }
    if (entry.record.index != reader->index) {
        return damaged(reader->index, "has another index", ret_fault);
    }
    *ret_entry = entry;
    return true;
}

enum journal_step journal_reader_next(struct journal_reader *reader,
                                      struct journal_entry *ret_entry,
                                      struct fault *ret_fault)
{
    slice_t value;

    if (reader->at == reader->count) {
        enum journal_step step = refill(reader, ret_fault);
        if (step != JOURNAL_ENTRY) {
            return step;
        }
    }
    value.text = (const char *)reader->buffer + reader->position;
    value.len = reader->lens[reader->at];
    if (!check_value(reader, value, ret_entry, ret_fault)) {
        return JOURNAL_DAMAGED;
    }
    reader->position += value.len;
    reader->at++;
    reader->index++;
    return JOURNAL_ENTRY;
}

bool journal_reader_need(struct journal_reader *reader,
                         struct journal_entry *ret_entry,
                         struct fault *ret_fault)
{
    enum journal_step step = journal_reader_next(reader, ret_entry, ret_fault);

    if (step == JOURNAL_END) {
        return damaged(reader->index, "is missing", ret_fault);
    }
    return step == JOURNAL_ENTRY;
}
