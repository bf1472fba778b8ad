/* The journal's record: an envelope, the bytes somebody signed, and what became of them.
 *
 *     offset  size
 *          0     2  format, 1
 *          2     2  kind
 *          4     8  index, the record's place in the journal, from 0
 *         12     8  received_at, ms since 1970-01-01T00:00Z, below 2^63
 *         20     8  epoch of the writer
 *         28     4  length of the payload
 *         32     4  length of the results
 *         36        payload, verbatim
 *                   results
 *
 * Integers are big-endian. The whole is at most RECORD_LEN_MAX bytes, and the leaf of the Merkle
 * tree is over the whole: a node that has its own payload rebuilds it from the envelope (the first
 * 36 bytes) and the results that its receipt carries. */
#ifndef CLEARING_JOURNAL_RECORD_H
#define CLEARING_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "clearing/base/limits.h"

#define RECORD_FORMAT       1
#define RECORD_ENVELOPE_LEN 36
#define RECORD_CONTENT_MAX  (RECORD_LEN_MAX - RECORD_ENVELOPE_LEN) /* payload + results */

/* Numbers are for ever: a new meaning gets a new one. */
enum record_kind {
    RECORD_BATCH = 1,    /* a store's signed batch, its results */
    RECORD_RESULTS = 2,  /* results that did not fit the record before, same commit */
    RECORD_HQ = 3,       /* what headquarters signed: registry, terms, keys, approvals, closes */
    RECORD_DAY_END = 4,  /* the daemon's: a business day ends */
    RECORD_SWEEP = 5,    /* the daemon's: members rolled forward */
    RECORD_EVIDENCE = 6, /* two signed bodies for one sequence */
    RECORD_CYCLE = 7,    /* the daemon's: a step of a cycle */
    RECORD_CLOCK = 8,    /* a test network's clock was set */
    RECORD_INIT = 9,     /* the first record: what this network is */
};

/* Payload and results belong to somebody else. */
struct record {
    enum record_kind kind;
    uint64_t index;
    int64_t received_at_ms; /* not negative */
    uint64_t epoch;
    slice_t payload;
    slice_t results;
};

/* Returns: the kind's name ("batch"), "unknown" for no kind. Static. */
const char *record_kind_name(enum record_kind kind);

/* Write the envelope only, for a record whose contents are elsewhere. The contents fit. */
void record_encode_envelope(const struct record *record, uint8_t ret_bytes[RECORD_ENVELOPE_LEN]);

/* Write a record. Out: ret_len, the record's length. Any thread.
 * Returns: false when it takes more than capacity or RECORD_LEN_MAX; then nothing is written. */
MUST_USE bool
record_encode(uint8_t *buffer, size_t capacity, const struct record *record, size_t *ret_len);

/* Read a record that is exactly these bytes: every length fits, no byte is left over. Out:
 * ret_record, whose slices point into bytes. Any thread.
 * Returns: false with ret_fault set; ret_record is untouched then. */
MUST_USE bool record_decode(slice_t bytes, struct record *ret_record, struct fault *ret_fault);

#endif
