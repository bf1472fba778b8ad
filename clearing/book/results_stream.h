/* A batch record's results: what became of each event, and the effects of those that were accepted,
 * in the order of clearing.
 *
 *     offset  size
 *          0     2  count: events of the batch, big-endian
 *          2  2 * n  per event: outcome, and what it waits for (0 unless WAITING)
 *              8 * m  marks, one before every RESULTS_MARK-th event but the first: where the stream
 *                     was and how many events had been accepted, 4 bytes each, big-endian
 *                  4  length of the stream, big-endian
 *                     the stream, as much of it as the record holds; the rest follows in records of
 *                     kind RESULTS (payload: the batch record's index, 8 bytes big-endian)
 *
 * Of the stream nothing is kept for events that were not accepted. It is a string of items: a
 * varint tag, 0 an event of this batch, 1 an event that had waited and was released (then its
 * store's number, terminal, number and outcome follow), and a varint length with the results
 * (effects/results.h). */
#ifndef CLEARING_BOOK_RESULTS_STREAM_H
#define CLEARING_BOOK_RESULTS_STREAM_H

#include "clearing/apply/apply.h"
#include "clearing/journal/record.h"

/* Events between two marks: finding one event's results reads so many items at most. */
#define RESULTS_MARK 32

struct results_mark {
    uint32_t offset;
    uint32_t accepted; /* in this record before it, released ones included */
};

/* A close whose deadline accepted events has their stream whole in such continuation records; its
 * own results end with a head of no events (the foot), which has the stream's length. */
#define RESULTS_FOOT_LEN 6

/* Grows as results are added; one is reused for all batches. Zeroed memory is ready. */
struct results_stream {
    uint32_t count; /* events of the batch so far */
    uint8_t *pairs; /* outcome, waiting_for */
    uint32_t pair_capacity;
    struct results_mark *marks; /* [i]: before event (i + 1) * RESULTS_MARK */
    uint32_t accepted;
    struct writer bytes;
};

void results_stream_reset(struct results_stream *stream);
/* Add what became of an event (of the batch, or a released one). */
void results_stream_add(struct results_stream *stream, const struct cleared *cleared);
void results_stream_deinit(struct results_stream *stream);

/* Lay the results out for a record whose payload has a length: the head (everything that the
 * batch's own record holds) is written to `head`. Returns: how much of the stream is in it; the
 * rest goes into continuation records of RESULTS_PIECE_MAX bytes each. */
#define RESULTS_PIECE_MAX (RECORD_CONTENT_MAX - 8)
size_t results_stream_head(const struct results_stream *stream, size_t payload_len,
                           struct writer *head);

/* The foot of a close: the whole stream follows in continuation records. */
void results_stream_foot(const struct results_stream *stream, struct writer *writer);

/* An item met when a stream is read. */
struct results_item {
    bool released;
    store_t store;    /* released */
    slice_t terminal; /* released */
    uint64_t number;  /* released */
    slice_t results;
};

/* Read the next item. Returns: false at the end or when the bytes are bad (reader->bad). */
bool results_item_read(struct reader *reader, struct results_item *ret_item);

/* The parts of a batch record's results. */
struct results_head {
    uint32_t count;
    const uint8_t *pairs;
    const uint8_t *marks;
    uint32_t stream_len;
    slice_t piece; /* of the stream, in this record */
};
bool results_head_read(slice_t results, struct results_head *ret_head) MUST_USE;

/* The mark of a head before the place of an event (zeros for the first events). */
struct results_mark results_head_mark(const struct results_head *head, uint32_t place);

#endif
