/* Opening: the parts of what members come over with, and the seal
 * (proto/allclear/v1/opening.proto), as plain structs. Texts point into the bytes that were read.
 * Reading is strict as decode.h is; opening_add_lot and opening_encode_seal are in the target
 * proto_encode. Which fields belong to a lot is for the rules to say. Any thread. */
#ifndef PROTO_CODEC_OPENING_H
#define PROTO_CODEC_OPENING_H

#include "clearing/base/check.h"
#include "clearing/facts/opening.h"
#include "proto/codec/decode.h"

#define OPENING_TOTALS_MAX 1024 /* three products of three hundred stores that issue their own */

struct opening_seal {
    uint32_t parts;
    const uint8_t *digest; /* DIGEST_LEN bytes */
    uint32_t count;
    struct opening_total totals[OPENING_TOTALS_MAX];
};

/* Append a lot to a part's encoding of *len bytes. Returns: false when it would exceed `cap` or has
 * a code that is too long; nothing is changed then. */
bool opening_add_lot(const struct opening_lot *lot, uint8_t *out, size_t cap, size_t *len) MUST_USE;
/* Returns: the length; 0 when it does not fit. */
size_t opening_encode_seal(const struct opening_seal *seal, uint8_t *out, size_t cap) MUST_USE;

/* Read the next lot of a part off `rest`, which begins as the whole part.
 * Returns: false with *ret_fault when it is malformed. Not at the end (rest->len 0). */
bool opening_next_lot(slice_t *rest, struct opening_lot *ret_lot,
                      struct decode_fault *ret_fault) MUST_USE;

/* Return: false with *ret_fault; the output is then undefined. */
bool opening_decode_part(slice_t bytes, uint32_t *ret_lots,
                         struct decode_fault *ret_fault) MUST_USE;
bool opening_decode_seal(slice_t bytes, struct opening_seal *ret_seal,
                         struct decode_fault *ret_fault) MUST_USE;

#endif
