/* Binary: small helpers of the protobuf-c encoders of this folder. */
#ifndef PROTO_CODEC_BINARY_H
#define PROTO_CODEC_BINARY_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>
#include <string.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"

/* Bytes as protobuf-c takes them; NULL is "absent". Packing only reads, its type cannot say so. */
static inline ProtobufCBinaryData binary_of(const uint8_t *bytes, size_t len)
{
    union {
        const uint8_t *readable;
        uint8_t *field;
    } data = {.readable = bytes};

    return (ProtobufCBinaryData){.len = bytes == NULL ? 0 : len, .data = data.field};
}

static inline ProtobufCBinaryData binary_of_slice(slice_t bytes)
{
    return binary_of((const uint8_t *)bytes.text, bytes.len);
}

/* Point a text field at a copy with a NUL at its end; an empty text stays protobuf-c's own empty
 * one, which is left out. The caller has checked the length. */
static inline void binary_put_text(char **field, slice_t text, char *copy, size_t size)
{
    if (text.len == 0) {
        return;
    }
    CHECK(text.len < size);
    memcpy(copy, text.text, text.len);
    copy[text.len] = '\0';
    *field = copy;
}

/* Pack a message if it fits. Returns its length, 0: it does not. */
static inline size_t binary_pack(const ProtobufCMessage *message, uint8_t *out, size_t cap)
{
    size_t len = protobuf_c_message_get_packed_size(message);

    return len > cap ? 0 : protobuf_c_message_pack(message, out);
}

#endif
