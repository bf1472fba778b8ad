/* Decode: the strict reader of batches and events (proto/allclear/v1/{batch,event}.proto). It
 * takes exactly the canonical encoding: fields in ascending order and once, shortest varints, no
 * default value written out, nothing unknown, nothing after the end, texts, numbers, enums and
 * counts within their limits. What it accepts, a protobuf library would write again byte for byte.
 * It allocates nothing; texts point into the given bytes and live as long as they do. Any thread.
 */
#ifndef PROTO_CODEC_DECODE_H
#define PROTO_CODEC_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/facts/event.h"

#define BATCH_VERSION 1
#define DIGEST_LEN    32
#define SIGNATURE_LEN 64

/* X(NAME, meaning) */
#define DECODE_ERRORS(X)                                                                           \
    X(TRUNCATED, "a field goes beyond the end")                                                    \
    X(VARINT, "a number is not in its shortest form or over 64 bits")                              \
    X(FIELD_UNKNOWN, "a field or wire type that the schema does not have")                         \
    X(FIELD_ORDER, "a field comes twice or out of order")                                          \
    X(FIELD_DEFAULT, "a default value is written out")                                             \
    X(FIELD_MISSING, "a field that is needed is missing")                                          \
    X(VALUE, "a value is not one of this field's")                                                 \
    X(LENGTH, "bytes or text have a wrong length")                                                 \
    X(TEXT, "a text is not UTF-8 that can be shown, or not a code")                                \
    X(COUNT, "too many entries")                                                                   \
    X(TOO_LARGE, "longer than its kind may be")                                                    \
    X(EVENT, "an event breaks the event contract")

typedef enum {
    DECODE_OK = 0,
#define DECODE_ENUM(name, meaning) DECODE_##name,
    DECODE_ERRORS(DECODE_ENUM)
#undef DECODE_ENUM
} decode_error_t;

/* Why and where decoding failed. */
struct decode_fault {
    decode_error_t error;
    uint32_t offset;    /* in the bytes given; of the byte after what was read last */
    const char *detail; /* DECODE_EVENT: the reason of policy_fault, else NULL */
};

/* "TRUNCATED", ...; "OK" */
const char *decode_error_name(decode_error_t error);
/* A short English sentence without a full stop. */
const char *decode_error_text(decode_error_t error);

/* A batch's header, and the undecoded rest. */
struct batch {
    const uint8_t *network; /* DIGEST_LEN bytes */
    slice_t store;
    uint64_t sequence;
    const uint8_t *previous; /* DIGEST_LEN bytes */
    int64_t created_ms;
    slice_t body;   /* all of it */
    slice_t events; /* the end of the body, from the first event's tag on */
};

struct signed_batch {
    slice_t body;
    const uint8_t *key_id;    /* DIGEST_LEN bytes */
    const uint8_t *signature; /* SIGNATURE_LEN bytes */
};

/* A walk over a batch's events. */
struct batch_cursor {
    slice_t body;
    uint32_t offset;     /* of the next event's tag in the body */
    uint32_t count;      /* events given so far */
    slice_t event_bytes; /* of the last event given, without tag and length */
};

typedef enum {
    CURSOR_EVENT,
    CURSOR_END,
    CURSOR_FAULT,
} cursor_result_t;

/* Read one event's message. Only counts and scalars are reset and only counted lines are written.
 * Returns: false with *ret_fault when it is malformed; *ret_event is then undefined. */
bool decode_event(slice_t bytes, struct event *ret_event, struct decode_fault *ret_fault) MUST_USE;

/* Read a batch's header; its events are found by a cursor and not yet looked at.
 * Returns: false with *ret_fault when the header is malformed, *ret_batch is then untouched. */
bool decode_batch_header(slice_t body, struct batch *ret_batch,
                         struct decode_fault *ret_fault) MUST_USE;

struct batch_cursor batch_cursor_of(const struct batch *batch);

/* Read the next event.
 * Returns: CURSOR_EVENT with *ret_event, CURSOR_END, or CURSOR_FAULT with *ret_fault (its offset is
 * in the body); after a fault the cursor must not be used again. */
cursor_result_t decode_next_event(struct batch_cursor *cursor, struct event *ret_event,
                                  struct decode_fault *ret_fault) MUST_USE;

/* Pass over the next event without looking at it, in a batch that was well formed before.
 * Returns: false at the end. */
bool batch_cursor_skip(struct batch_cursor *cursor);

/* Read a whole batch to see that it is well formed; `scratch` is overwritten.
 * Returns: false with *ret_fault. Out: the header and the number of events. */
bool decode_batch(slice_t body, struct event *scratch, struct batch *ret_batch, uint32_t *ret_count,
                  struct decode_fault *ret_fault) MUST_USE;

/* Read a signed batch; the body is only measured.
 * Returns: false with *ret_fault when it is malformed, *ret_signed is then untouched. */
bool decode_signed_batch(slice_t bytes, struct signed_batch *ret_signed,
                         struct decode_fault *ret_fault) MUST_USE;

#endif
