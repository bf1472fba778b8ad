#include "proto/codec/strict.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/limits.h"
#include "clearing/base/memory.h"

static bool has_unknown(const ProtobufCMessage *message);

/* A field of message type at `member`: one pointer, or a count and an array of pointers. */
static bool field_has_unknown(const ProtobufCFieldDescriptor *field, const char *base)
{
    const void *member = base + field->offset;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
        ProtobufCMessage *const *list = *(ProtobufCMessage *const *const *)member;
        for (size_t i = 0; i < count; i++) {
            if (has_unknown(list[i])) {
                return true;
            }
        }
        return false;
    }
    const ProtobufCMessage *inner = *(ProtobufCMessage *const *)member;
    return inner != NULL && has_unknown(inner);
}

/* protobuf-c writes unknown fields again, so the comparison alone does not find them. The schemas
 * read here have no oneof, so every pointer of a message is its own. */
static bool has_unknown(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;

    if (message->n_unknown_fields != 0) {
        return true;
    }
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
            field_has_unknown(field, (const char *)message)) {
            return true;
        }
    }
    return false;
}

static bool same_again(const ProtobufCMessage *message, slice_t bytes)
{
    size_t len = protobuf_c_message_get_packed_size(message);

    if (len != bytes.len) {
        return false;
    }
    uint8_t *again = memory_zeroed(len + 1, 1);
    bool same =
        protobuf_c_message_pack(message, again) == len && memcmp(again, bytes.text, len) == 0;
    free(again);
    return same;
}

ProtobufCMessage *strict_unpack(const ProtobufCMessageDescriptor *descriptor, slice_t bytes,
                                struct decode_fault *ret_fault)
{
    *ret_fault = (struct decode_fault){.error = DECODE_TOO_LARGE};
    if (bytes.len == 0 || bytes.len > BATCH_BODY_LEN_MAX) {
        return NULL;
    }
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, NULL, bytes.len, (const uint8_t *)bytes.text);
    if (message == NULL) {
        ret_fault->error = DECODE_TRUNCATED;
        return NULL;
    }
    if (has_unknown(message) || !same_again(message, bytes)) {
        ret_fault->error = DECODE_FIELD_ORDER;
        ret_fault->detail = "not the canonical encoding";
        protobuf_c_message_free_unpacked(message, NULL);
        return NULL;
    }
    return message;
}
