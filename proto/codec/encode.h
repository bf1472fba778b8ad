/* Encode: events and batches to their canonical bytes, by protobuf-c. Any thread. */
#ifndef PROTO_CODEC_ENCODE_H
#define PROTO_CODEC_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/limits.h"
#include "clearing/facts/event.h"
#include "proto/codec/decode.h"

/* An event never takes more (asserted against the limits in encode.c). */
#define EVENT_BYTES_MAX 8192
/* A signed batch never takes more. */
#define SIGNED_BATCH_BYTES_MAX (BATCH_BODY_LEN_MAX + 128)
/* A batch's header never takes more. */
#define BATCH_HEADER_BYTES_MAX 160

/* Write an event's message.
 * Returns: its length; 0 when the event is not well formed (policy_fault says why) or longer than
 * `cap`, `out` is then untouched. */
size_t encode_event(const struct event *event, uint8_t *out, size_t cap) MUST_USE;

/* Begin a batch's body: version, network, store, sequence, previous and created_ms of `batch`.
 * Returns: its length; 0 when a field is out of its limits or `cap` is too small. */
size_t encode_batch_header(const struct batch *batch, uint8_t *out, size_t cap) MUST_USE;

/* Append an event's bytes (as encode_event wrote them) to a body of *len bytes.
 * Returns: false when the body would exceed `cap` or BATCH_BODY_LEN_MAX; nothing is changed then:
 * the batch is full. */
bool encode_batch_append(uint8_t *body, size_t cap, size_t *len, slice_t event_bytes) MUST_USE;

/* Wrap a signed body.
 * Returns: the length; 0 when the body is empty or over BATCH_BODY_LEN_MAX or `cap` too small. */
size_t encode_signed_batch(const struct signed_batch *signed_batch, uint8_t *out,
                           size_t cap) MUST_USE;

#endif
