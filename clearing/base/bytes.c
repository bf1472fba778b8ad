#include "clearing/base/bytes.h"

#include <string.h>

void write_bytes(struct writer *writer, const void *bytes, size_t len)
{
    if (writer->full || writer->capacity - writer->len < len) {
        writer->full = true;
        return;
    }
    if (len > 0) {
        memcpy(writer->bytes + writer->len, bytes, len);
    }
    writer->len += len;
}

void write_u8(struct writer *writer, uint8_t value)
{
    write_bytes(writer, &value, 1);
}

void write_varint(struct writer *writer, uint64_t value)
{
    uint8_t bytes[10];
    size_t len = 0;

    while (value >= 0x80) {
        bytes[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[len++] = (uint8_t)value;
    write_bytes(writer, bytes, len);
}

void write_signed(struct writer *writer, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;

    write_varint(writer, ((uint64_t)value << 1) ^ sign);
}

void write_slice(struct writer *writer, slice_t slice)
{
    write_varint(writer, slice.len);
    write_bytes(writer, slice.text, slice.len);
}

uint8_t read_u8(struct reader *reader)
{
    if (reader->bad || reader->at == reader->len) {
        reader->bad = true;
        return 0;
    }
    return reader->bytes[reader->at++];
}

uint64_t read_varint(struct reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = read_u8(reader);
        bool last = (byte & 0x80) == 0;
        if (reader->bad || (shift == 63 && byte > 1) || (last && byte == 0 && shift > 0)) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (last) {
            return value;
        }
    }
    reader->bad = true;
    return 0;
}

uint64_t read_varint_max(struct reader *reader, uint64_t max)
{
    uint64_t value = read_varint(reader);

    if (value > max) {
        reader->bad = true;
        return 0;
    }
    return value;
}

uint32_t read_varint32(struct reader *reader)
{
    return (uint32_t)read_varint_max(reader, UINT32_MAX);
}

int64_t read_signed(struct reader *reader)
{
    uint64_t value = read_varint(reader);

    return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

slice_t read_slice(struct reader *reader)
{
    uint64_t len = read_varint(reader);

    if (reader->bad || len > reader->len - reader->at) {
        reader->bad = true;
        return (slice_t){NULL, 0};
    }
    slice_t slice = {(const char *)reader->bytes + reader->at, (uint32_t)len};
    reader->at += len;
    return slice;
}
