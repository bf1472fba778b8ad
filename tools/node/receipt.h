/* Receipts, verified before they are believed: the record is rebuilt from the receipt's envelope,
 * our own signed bytes and the receipt's results; its leaf and the Merkle path must give the root
 * of a checkpoint that the pinned ledger key signed for our network.
 *
 * Of the results of a batch's record a node reads the head (clearing/book/results_stream.h): a
 * big-endian u16 count of events, then for each event two bytes, its outcome (facts/outcome.h) and
 * what it waits for. */
#ifndef TOOLS_NODE_RECEIPT_H
#define TOOLS_NODE_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/base/limits.h"
#include "clearing/journal/checkpoint.h"
#include "proto/codec/frame.h"

struct receipt_outcomes {
    uint32_t count;
    uint8_t outcomes[BATCH_EVENTS_MAX];
    uint8_t reasons[BATCH_EVENTS_MAX]; /* 0 unless WAITING */
};

/* What a receipt is judged by. */
struct receipt_basis {
    const uint8_t *network;    /* pinned */
    const uint8_t *ledger_key; /* pinned */
    slice_t signed_batch;      /* the encoded SignedBatch that was sent */
    uint64_t sequence;         /* of it */
    uint32_t event_count;      /* of it */
};

/* Verify a receipt. Any thread. Out: *ret_outcomes, one for each event, and *ret_checkpoint.
 * Returns: false with ret_fault set: nothing is to be believed. */
bool receipt_verify(const struct frame_receipt *receipt, const struct receipt_basis *basis,
                    struct receipt_outcomes *ret_outcomes, struct checkpoint *ret_checkpoint,
                    struct fault *ret_fault) MUST_USE;

#endif
