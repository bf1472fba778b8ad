/* Bytes written and read through cursors with a sticky error: after the first fault every later
 * call does nothing (reads give 0), and one test at the end is enough. */
#ifndef CLEARING_BASE_BYTES_H
#define CLEARING_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"

struct writer {
    uint8_t *bytes;
    size_t len;
    size_t capacity;
    bool full; /* something did not fit */
};

struct reader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool bad; /* the bytes ended early or were not what they should be */
};

static inline bool reader_done(const struct reader *reader)
{
    return !reader->bad && reader->at == reader->len;
}

void write_u8(struct writer *writer, uint8_t value);
/* LEB128, the shortest form. */
void write_varint(struct writer *writer, uint64_t value);
/* Zigzag, then varint. */
void write_signed(struct writer *writer, int64_t value);
/* A varint length, then the bytes. */
void write_slice(struct writer *writer, slice_t slice);
void write_bytes(struct writer *writer, const void *bytes, size_t len);

uint8_t read_u8(struct reader *reader);
/* A longer form than needed is bad: one value has one encoding. */
uint64_t read_varint(struct reader *reader);
/* A varint that must be at most `max`; more is bad. */
uint64_t read_varint_max(struct reader *reader, uint64_t max);
uint32_t read_varint32(struct reader *reader); /* at most UINT32_MAX */
int64_t read_signed(struct reader *reader);
/* Points into the reader's bytes. */
slice_t read_slice(struct reader *reader);

#endif
