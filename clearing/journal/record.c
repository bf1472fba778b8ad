#include "clearing/journal/record.h"

#include <inttypes.h>
#include <string.h>

#include "clearing/journal/bytes.h"

#define AT_FORMAT   0
#define AT_KIND     2
#define AT_INDEX    4
#define AT_RECEIVED 12
#define AT_EPOCH    20
#define AT_PAYLOAD  28
#define AT_RESULTS  32

const char *record_kind_name(enum record_kind kind)
{
    switch (kind) {
    case RECORD_BATCH:
        return "batch";
    case RECORD_RESULTS:
        return "results";
    case RECORD_HQ:
        return "hq";
    case RECORD_DAY_END:
        return "day-end";
    case RECORD_SWEEP:
        return "sweep";
    case RECORD_EVIDENCE:
        return "evidence";
    case RECORD_CYCLE:
        return "cycle";
    case RECORD_CLOCK:
        return "clock";
    case RECORD_INIT:
        return "init";
    }
    return "unknown";
}

static bool kind_known(uint16_t kind)
{
    return kind >= RECORD_BATCH && kind <= RECORD_INIT;
}

void record_encode_envelope(const struct record *record, uint8_t ret_bytes[RECORD_ENVELOPE_LEN])
{
    CHECK(kind_known((uint16_t)record->kind));
    CHECK(record->received_at_ms >= 0);
    bytes_put_u16(ret_bytes + AT_FORMAT, RECORD_FORMAT);
    bytes_put_u16(ret_bytes + AT_KIND, (uint16_t)record->kind);
    bytes_put_u64(ret_bytes + AT_INDEX, record->index);
    bytes_put_u64(ret_bytes + AT_RECEIVED, (uint64_t)record->received_at_ms);
    bytes_put_u64(ret_bytes + AT_EPOCH, record->epoch);
    bytes_put_u32(ret_bytes + AT_PAYLOAD, record->payload.len);
    bytes_put_u32(ret_bytes + AT_RESULTS, record->results.len);
}

bool record_encode(uint8_t *buffer, size_t capacity, const struct record *record, size_t *ret_len)
{
    uint64_t content = (uint64_t)record->payload.len + record->results.len;
    uint8_t *at = buffer + RECORD_ENVELOPE_LEN;

    if (content > RECORD_CONTENT_MAX || content + RECORD_ENVELOPE_LEN > capacity) {
        return false;
    }
    record_encode_envelope(record, buffer);
    if (record->payload.len > 0) {
        memcpy(at, record->payload.text, record->payload.len);
    }
    if (record->results.len > 0) {
        memcpy(at + record->payload.len, record->results.text, record->results.len);
    }
    *ret_len = (size_t)(content + RECORD_ENVELOPE_LEN);
    return true;
}

bool record_decode(slice_t bytes, struct record *ret_record, struct fault *ret_fault)
{
    const uint8_t *at = (const uint8_t *)bytes.text;
    struct record record;

    if (bytes.len < RECORD_ENVELOPE_LEN || bytes.len > RECORD_LEN_MAX) {
        return fault_set(ret_fault, FAULT_FORMAT, "a record of %u bytes", bytes.len);
    }
    if (bytes_get_u16(at + AT_FORMAT) != RECORD_FORMAT) {
        return fault_set(ret_fault, FAULT_FORMAT,
                         "record format %u is not known: a newer AllClear wrote it",
                         bytes_get_u16(at + AT_FORMAT));
    }
    if (!kind_known(bytes_get_u16(at + AT_KIND))) {
        return fault_set(ret_fault, FAULT_FORMAT, "record kind %u is not known",
                         bytes_get_u16(at + AT_KIND));
    }
    if (bytes_get_u64(at + AT_RECEIVED) > INT64_MAX) {
        return fault_set(ret_fault, FAULT_FORMAT, "a record's receive time is out of range");
    }
    record.kind = (enum record_kind)bytes_get_u16(at + AT_KIND);
    record.index = bytes_get_u64(at + AT_INDEX);
    record.received_at_ms = (int64_t)bytes_get_u64(at + AT_RECEIVED);
    record.epoch = bytes_get_u64(at + AT_EPOCH);
    record.payload.len = bytes_get_u32(at + AT_PAYLOAD);
    record.results.len = bytes_get_u32(at + AT_RESULTS);
    if ((uint64_t)record.payload.len + record.results.len !=
        (uint64_t)bytes.len - RECORD_ENVELOPE_LEN) {
        return fault_set(ret_fault, FAULT_FORMAT,
                         "record %" PRIu64 " has %u bytes, its lengths say otherwise", record.index,
                         bytes.len);
    }
    record.payload.text = bytes.text + RECORD_ENVELOPE_LEN;
    record.results.text = record.payload.text + record.payload.len;
    *ret_record = record;
    return true;
}
