/* Packed: a long answer as it goes over the wire, deflated (zlib, RFC 1950; Answer in
 * proto/allclear/v1/wire.proto). Any thread. */
#ifndef PROTO_CODEC_PACKED_H
#define PROTO_CODEC_PACKED_H

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "proto/codec/frame.h"

/* Returns: the bytes deflated, which the caller frees; NULL where they come to more than `max`, or
 * `bytes` to more than FRAME_INFLATED_MAX. */
char *packed_deflate(slice_t bytes, uint32_t max, uint32_t *ret_len);

/* The body of an answer, with a NUL behind it, which the caller frees.
 * Returns: NULL when it does not inflate to what it says. */
char *packed_body(const struct frame_answer *answer, uint32_t *ret_len);

#endif
