/* Wire: the protobuf wire format, read strictly, for the decoders of this folder only. It
 * walks bytes from `at` to `end` (of the innermost message) and keeps the first error. All are
 * inline because decoding a batch runs through them a hundred thousand times a second. */
#ifndef PROTO_CODEC_WIRE_H
#define PROTO_CODEC_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "clearing/base/code.h"
#include "proto/codec/decode.h"
#include "proto/codec/policy.h"

struct wire {
    const uint8_t *at;
    const uint8_t *end;
    decode_error_t error;
    const char *detail;
};

/* A field's tag as it stands on the wire; the wire type is part of it, so that a switch over tags
 * checks both. */
#define TAG_VARINT(field) ((uint32_t)(field) << 3)
#define TAG_BYTES(field)  ((uint32_t)(field) << 3 | 2U)

/* Which fields of a message are repeated; no field has a number over 63. */
#define REPEATED(field) (UINT64_C(1) << (field))

static inline struct wire wire_of(slice_t bytes)
{
    const uint8_t *start = (const uint8_t *)bytes.text;

    return (struct wire){.at = start, .end = start == NULL ? NULL : start + bytes.len};
}

static inline bool wire_fail(struct wire *r, decode_error_t error)
{
    if (r->error == DECODE_OK) {
        r->error = error;
    }
    return false;
}

/* Write down where the walk stopped; `start` is where the caller's bytes begin. */
static inline bool wire_fault(const struct wire *r, const char *start,
                              struct decode_fault *ret_fault)
{
    *ret_fault = (struct decode_fault){
        .error = r->error,
        .offset = start == NULL ? 0 : (uint32_t)((const char *)r->at - start),
        .detail = r->detail,
    };
    return false;
}

static inline bool wire_long_varint(struct wire *r, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (uint32_t shift = 0; r->at < r->end; shift += 7) {
        uint8_t byte = *r->at++;
        /* the tenth byte has room for one bit */
        if (shift == 63 && byte > 1) {
            return wire_fail(r, DECODE_VARINT);
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            /* a last byte of 0 adds nothing: not the shortest form */
            return byte != 0 || shift == 0 || wire_fail(r, DECODE_VARINT);
        }
    }
    return wire_fail(r, DECODE_TRUNCATED);
}

/* Any varint; 0 is allowed (lengths). */
static inline bool wire_varint(struct wire *r, uint64_t *ret_value)
{
    if (r->at < r->end && *r->at < 0x80) {
        *ret_value = *r->at++;
        return true;
    }
    return wire_long_varint(r, ret_value);
}

/* A field's value: 0 is the default and must have been left out. */
static inline bool wire_u64(struct wire *r, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (!wire_varint(r, &value)) {
        return false;
    }
    *ret_value = value;
    return value != 0 || wire_fail(r, DECODE_FIELD_DEFAULT);
}

static inline bool wire_u32(struct wire *r, uint32_t *ret_value)
{
    uint64_t value = 0;

    if (!wire_u64(r, &value)) {
        return false;
    }
    *ret_value = (uint32_t)value;
    return value <= UINT32_MAX || wire_fail(r, DECODE_VALUE);
}

static inline bool wire_s64(struct wire *r, int64_t *ret_value)
{
    uint64_t zigzag = 0;

    if (!wire_u64(r, &zigzag)) {
        return false;
    }
    *ret_value = (int64_t)(zigzag >> 1 ^ (0 - (zigzag & 1)));
    return true;
}

static inline bool wire_bool(struct wire *r, bool *ret_value)
{
    uint64_t value = 0;

    if (!wire_u64(r, &value)) {
        return false;
    }
    *ret_value = true;
    return value == 1 || wire_fail(r, DECODE_VALUE);
}

/* Milliseconds since 1970 within the years that calendars know. */
static inline bool wire_instant(struct wire *r, int64_t *ret_ms)
{
    uint64_t ms = 0;

    if (!wire_u64(r, &ms)) {
        return false;
    }
    *ret_ms = (int64_t)ms;
    return ms < POLICY_AT_MS_END || wire_fail(r, DECODE_VALUE);
}

/* An enum's number in 1..last. */
static inline bool wire_enum(struct wire *r, uint32_t last, uint32_t *ret_value)
{
    return wire_u32(r, ret_value) && (*ret_value <= last || wire_fail(r, DECODE_VALUE));
}

/* A length and that many bytes of any kind, perhaps none (messages). */
static inline bool wire_block(struct wire *r, slice_t *ret_bytes)
{
    uint64_t len = 0;

    if (!wire_varint(r, &len)) {
        return false;
    }
    if (len > (uint64_t)(r->end - r->at)) {
        return wire_fail(r, DECODE_TRUNCATED);
    }
    *ret_bytes = (slice_t){(const char *)r->at, (uint32_t)len};
    r->at += len;
    return true;
}

/* Bytes or text of a field: empty is the default and must have been left out. */
static inline bool wire_bytes(struct wire *r, slice_t *ret_bytes)
{
    return wire_block(r, ret_bytes) && (ret_bytes->len != 0 || wire_fail(r, DECODE_FIELD_DEFAULT));
}

static inline bool wire_fixed(struct wire *r, uint32_t len, const uint8_t **ret_bytes)
{
    slice_t bytes = {0};

    if (!wire_bytes(r, &bytes)) {
        return false;
    }
    *ret_bytes = (const uint8_t *)bytes.text;
    return bytes.len == len || wire_fail(r, DECODE_LENGTH);
}

/* A code, not empty. */
static inline bool wire_code(struct wire *r, slice_t *ret_code)
{
    return wire_bytes(r, ret_code) && (code_valid(*ret_code) || wire_fail(r, DECODE_TEXT));
}

/* A text for people of 1..len_max bytes. */
static inline bool wire_text(struct wire *r, uint32_t len_max, slice_t *ret_text)
{
    if (!wire_bytes(r, ret_text)) {
        return false;
    }
    if (ret_text->len > len_max) {
        return wire_fail(r, DECODE_LENGTH);
    }
    return policy_text_valid(*ret_text) || wire_fail(r, DECODE_TEXT);
}

/* Go into a message: the walk ends where it ends. *ret_outer is for wire_leave. */
static inline bool wire_enter(struct wire *r, const uint8_t **ret_outer)
{
    uint64_t len = 0;

    if (!wire_varint(r, &len)) {
        return false;
    }
    if (len > (uint64_t)(r->end - r->at)) {
        return wire_fail(r, DECODE_TRUNCATED);
    }
    *ret_outer = r->end;
    r->end = r->at + len;
    return true;
}

static inline void wire_leave(struct wire *r, const uint8_t *outer)
{
    r->end = outer;
}

/* Read the next tag of the message and see that its field is in order.
 * Returns: false at the end of the message and on an error: wire_done tells which. */
static inline bool wire_tag(struct wire *r, uint64_t repeated, uint32_t *last, uint32_t *ret_tag)
{
    uint64_t tag = 0;

    if (r->at == r->end || !wire_varint(r, &tag)) {
        return false;
    }
    uint64_t field = tag >> 3;
    if (field == 0 || field > 63) {
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
    if (field < *last || (field == *last && (repeated >> field & 1) == 0)) {
        return wire_fail(r, DECODE_FIELD_ORDER);
    }
    *last = (uint32_t)field;
    *ret_tag = (uint32_t)tag;
    return true;
}

static inline bool wire_done(const struct wire *r)
{
    return r->error == DECODE_OK;
}

/* The fields of a SignedBatch up to `end` (decode_batch.c). */
bool wire_signed_batch(struct wire *r, struct signed_batch *batch) MUST_USE;

/* Read one event from `at` to `end` (decode.c). */
bool wire_event(struct wire *r, struct event *event) MUST_USE;

#endif
