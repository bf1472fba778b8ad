/* Frames: what a store's node and the gate say to each other (proto/allclear/v1/wire.proto), as
 * plain structs. Texts and bytes point into the frame that was read and live as long as it does.
 * frame_decode is strict as decode.h is and allocates nothing; frame_encode is in the target
 * proto_encode. Any thread. */
#ifndef PROTO_CODEC_FRAME_H
#define PROTO_CODEC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/codec/decode.h"

#define FRAME_VERSION            1
#define FRAME_BYTES_MAX          98304
#define FRAME_INFLATED_MAX       1048576 /* of an answer */
#define FRAME_AGENT_LEN_MAX      64
#define FRAME_DETAIL_LEN_MAX     140
#define FRAME_PATH_MAX           64
#define FRAME_CHECKPOINT_LEN_MAX 4096
#define FRAME_ENVELOPE_LEN_MAX   256

/* Numbers are those of the wire. */
typedef enum {
    FRAME_HELLO = 1,
    FRAME_BATCH = 2,
    FRAME_RECEIPT = 3,
    FRAME_EXPECT = 4,
    FRAME_QUERY = 5,
    FRAME_ANSWER = 6,
} frame_type_t;

/* X(number, NAME): why the daemon expects something else. Numbers are those of the wire. */
#define REASONS(X)                                                                                 \
    X(1, HELLO)                                                                                    \
    X(2, GAP)                                                                                      \
    X(3, BUSY)                                                                                     \
    X(4, FROZEN)                                                                                   \
    X(5, MALFORMED)                                                                                \
    X(6, UNKNOWN_KEY)                                                                              \
    X(7, WRONG_NETWORK)                                                                            \
    X(8, TOO_LARGE)                                                                                \
    X(9, BAD_SIGNATURE)                                                                            \
    X(10, WRONG_STORE)                                                                             \
    X(11, EQUIVOCATION)                                                                            \
    X(12, VERSION)                                                                                 \
    X(13, CLOSED)

typedef enum {
#define REASON_ENUM(number, name) REASON_##name = number,
    REASONS(REASON_ENUM)
#undef REASON_ENUM
} reason_t;
#define REASON_LAST REASON_CLOSED

struct frame_hello {
    uint32_t version;
    const uint8_t *network; /* DIGEST_LEN bytes */
    slice_t store;          /* code */
    slice_t agent;          /* may be empty */
};

struct frame_receipt {
    slice_t envelope; /* of the record */
    slice_t results;  /* may be empty */
    uint64_t index;   /* of the record, from 0 */
    uint32_t path_count;
    const uint8_t *path[FRAME_PATH_MAX]; /* DIGEST_LEN bytes each, leaf to root */
    slice_t checkpoint;
    uint64_t sequence; /* of the batch, from 1 */
};

struct frame_expect {
    uint64_t sequence;   /* 0: not known */
    const uint8_t *last; /* DIGEST_LEN bytes; NULL: none or not known */
    reason_t reason;
    uint32_t retry_after_ms;
    slice_t detail; /* may be empty */
};

struct frame_query {
    uint64_t id;  /* not 0 */
    slice_t verb; /* code */
    slice_t body; /* may be empty */
};

struct frame_answer {
    uint64_t id;
    slice_t verb;
    slice_t body;    /* may be empty */
    slice_t refusal; /* empty: none */
    uint32_t inflated; /* 0: body is plain; else it is deflated, and this long (packed.h) */
};

struct frame {
    frame_type_t type;
    union {
        struct frame_hello hello;
        struct signed_batch batch;
        struct frame_receipt receipt;
        struct frame_expect expect;
        struct frame_query query;
        struct frame_answer answer;
    };
};

/* "HELLO", "GAP", ...; "UNKNOWN" for a number that is none. */
const char *frame_reason_name(reason_t reason);

/* Returns: false with *ret_fault when the frame is malformed; *ret_frame is then undefined. */
bool frame_decode(slice_t bytes, struct frame *ret_frame, struct decode_fault *ret_fault) MUST_USE;

/* Write a frame.
 * Returns: its length; 0 when it breaks a limit of this header or is longer than `cap`. */
size_t frame_encode(const struct frame *frame, uint8_t *out, size_t cap) MUST_USE;

#endif
