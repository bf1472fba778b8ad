/* Strict: protobuf-c's reading made strict by writing again; for rare messages. */
#ifndef PROTO_CODEC_STRICT_H
#define PROTO_CODEC_STRICT_H

#include <protobuf-c/protobuf-c.h>

#include "clearing/base/code.h"
#include "proto/codec/decode.h"

/* Returns: the message, to be freed with protobuf_c_message_free_unpacked(m, NULL); NULL with
 * *ret_fault when the bytes are not the canonical encoding of such a message. */
ProtobufCMessage *strict_unpack(const ProtobufCMessageDescriptor *descriptor, slice_t bytes,
                                struct decode_fault *ret_fault) MUST_USE;

#endif
