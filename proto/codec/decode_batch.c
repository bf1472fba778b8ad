/* The batch side of decode.h: headers, the walk over the events, the signed wrapping. */
#include "proto/codec/decode.h"

#include "proto/codec/wire.h"

static bool read_batch_field(struct wire *r, struct batch *batch, uint32_t tag, uint32_t *version)
{
    switch (tag) {
    case TAG_VARINT(1):
        return wire_u32(r, version);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &batch->network);
    case TAG_BYTES(3):
        return wire_bytes(r, &batch->store);
    case TAG_VARINT(4):
        return wire_u64(r, &batch->sequence);
    case TAG_BYTES(5):
        return wire_fixed(r, DIGEST_LEN, &batch->previous);
    case TAG_VARINT(6):
        return wire_instant(r, &batch->created_ms);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool batch_header_check(struct wire *r, const struct batch *batch, uint32_t version)
{
    if (version == 0 || batch->network == NULL || batch->store.len == 0 || batch->sequence == 0 ||
        batch->previous == NULL || batch->created_ms == 0) {
        return wire_fail(r, DECODE_FIELD_MISSING);
    }
    if (version != BATCH_VERSION) {
        return wire_fail(r, DECODE_VALUE);
    }
    return code_valid(batch->store) || wire_fail(r, DECODE_TEXT);
}

bool decode_batch_header(slice_t body, struct batch *ret_batch, struct decode_fault *ret_fault)
{
    struct wire r = wire_of(body);
    struct batch batch = {.body = body};
    uint32_t version = 0;
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = body.len <= BATCH_BODY_LEN_MAX || wire_fail(&r, DECODE_TOO_LARGE);
    const uint8_t *events = r.at;

    while (ok && wire_tag(&r, 0, &last, &tag) && tag != TAG_BYTES(7)) {
        ok = read_batch_field(&r, &batch, tag, &version);
        events = r.at;
    }
    if (!wire_done(&r) || !batch_header_check(&r, &batch, version)) {
        return wire_fault(&r, body.text, ret_fault);
    }
    batch.events = (slice_t){(const char *)events, (uint32_t)(r.end - events)};
    *ret_batch = batch;
    return true;
}

struct batch_cursor batch_cursor_of(const struct batch *batch)
{
    return (struct batch_cursor){
        .body = batch->body,
        .offset = batch->body.len - batch->events.len,
    };
}

cursor_result_t decode_next_event(struct batch_cursor *cursor, struct event *ret_event,
                                  struct decode_fault *ret_fault)
{
    struct wire r = wire_of(cursor->body);
    const uint8_t *outer = NULL;
    uint32_t last = 7;
    uint32_t tag = 0;

    r.at += cursor->offset;
    if (!wire_tag(&r, REPEATED(7), &last, &tag)) {
        if (wire_done(&r)) {
            return CURSOR_END;
        }
        (void)wire_fault(&r, cursor->body.text, ret_fault);
        return CURSOR_FAULT;
    }
    bool ok = tag == TAG_BYTES(7) || wire_fail(&r, DECODE_FIELD_UNKNOWN);
    ok = ok && (cursor->count < BATCH_EVENTS_MAX || wire_fail(&r, DECODE_COUNT));
    ok = ok && wire_enter(&r, &outer);
    const uint8_t *start = r.at;
    if (!ok || !wire_event(&r, ret_event)) {
        (void)wire_fault(&r, cursor->body.text, ret_fault);
        return CURSOR_FAULT;
    }
    cursor->event_bytes = (slice_t){(const char *)start, (uint32_t)(r.at - start)};
    cursor->offset = (uint32_t)((const char *)r.at - cursor->body.text);
    cursor->count++;
    return CURSOR_EVENT;
}

bool batch_cursor_skip(struct batch_cursor *cursor)
{
    struct wire r = wire_of(cursor->body);
    const uint8_t *outer = NULL;
    uint32_t last = 7;
    uint32_t tag = 0;

    r.at += cursor->offset;
    if (!wire_tag(&r, REPEATED(7), &last, &tag) || !wire_enter(&r, &outer)) {
        return false;
    }
    cursor->event_bytes = (slice_t){(const char *)r.at, (uint32_t)(r.end - r.at)};
    cursor->offset = (uint32_t)((const char *)r.end - cursor->body.text);
    cursor->count++;
    return true;
}

bool decode_batch(slice_t body, struct event *scratch, struct batch *ret_batch, uint32_t *ret_count,
                  struct decode_fault *ret_fault)
{
    struct batch batch = {0};

    if (!decode_batch_header(body, &batch, ret_fault)) {
        return false;
    }
    struct batch_cursor cursor = batch_cursor_of(&batch);
    cursor_result_t result = CURSOR_EVENT;
    while (result == CURSOR_EVENT) {
        result = decode_next_event(&cursor, scratch, ret_fault);
    }
    if (result == CURSOR_FAULT) {
        return false;
    }
    *ret_batch = batch;
    *ret_count = cursor.count;
    return true;
}

bool wire_signed_batch(struct wire *r, struct signed_batch *batch)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_BYTES(1):
            ok = wire_bytes(r, &batch->body);
            break;
        case TAG_BYTES(2):
            ok = wire_fixed(r, DIGEST_LEN, &batch->key_id);
            break;
        case TAG_BYTES(3):
            ok = wire_fixed(r, SIGNATURE_LEN, &batch->signature);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    if (batch->body.len == 0 || batch->key_id == NULL || batch->signature == NULL) {
        return wire_fail(r, DECODE_FIELD_MISSING);
    }
    return batch->body.len <= BATCH_BODY_LEN_MAX || wire_fail(r, DECODE_TOO_LARGE);
}

bool decode_signed_batch(slice_t bytes, struct signed_batch *ret_signed,
                         struct decode_fault *ret_fault)
{
    struct wire r = wire_of(bytes);
    struct signed_batch batch = {0};

    if (!wire_signed_batch(&r, &batch)) {
        return wire_fault(&r, bytes.text, ret_fault);
    }
    *ret_signed = batch;
    return true;
}
