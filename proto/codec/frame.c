#include "proto/codec/frame.h"

#include <string.h>

#include "proto/codec/wire.h"

const char *frame_reason_name(reason_t reason)
{
    switch (reason) {
#define REASON_NAME(number, name)                                                                  \
    case REASON_##name:                                                                            \
        return #name;
        REASONS(REASON_NAME)
#undef REASON_NAME
    }
    return "UNKNOWN";
}

static bool read_hello(struct wire *r, struct frame_hello *hello)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_VARINT(1):
            ok = wire_u32(r, &hello->version);
            break;
        case TAG_BYTES(2):
            ok = wire_fixed(r, DIGEST_LEN, &hello->network);
            break;
        case TAG_BYTES(3):
            ok = wire_code(r, &hello->store);
            break;
        case TAG_BYTES(4):
            ok = wire_text(r, FRAME_AGENT_LEN_MAX, &hello->agent);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    /* any version is read, so that another one can be answered by name */
    return (hello->version != 0 && hello->network != NULL && hello->store.len != 0) ||
           wire_fail(r, DECODE_FIELD_MISSING);
}

/* Bytes of 1..len_max. */
static bool read_sized(struct wire *r, uint32_t len_max, slice_t *ret_bytes)
{
    return wire_bytes(r, ret_bytes) &&
           (ret_bytes->len <= len_max || wire_fail(r, DECODE_TOO_LARGE));
}

static bool read_path(struct wire *r, struct frame_receipt *receipt)
{
    if (receipt->path_count == FRAME_PATH_MAX) {
        return wire_fail(r, DECODE_COUNT);
    }
    return wire_fixed(r, DIGEST_LEN, &receipt->path[receipt->path_count++]);
}

static bool read_receipt(struct wire *r, struct frame_receipt *receipt)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    while (ok && wire_tag(r, REPEATED(4), &last, &tag)) {
        switch (tag) {
        case TAG_BYTES(1):
            ok = read_sized(r, FRAME_ENVELOPE_LEN_MAX, &receipt->envelope);
            break;
        case TAG_BYTES(2):
            ok = read_sized(r, RECORD_LEN_MAX, &receipt->results);
            break;
        case TAG_VARINT(3):
            ok = wire_u64(r, &receipt->index);
            break;
        case TAG_BYTES(4):
            ok = read_path(r, receipt);
            break;
        case TAG_BYTES(5):
            ok = read_sized(r, FRAME_CHECKPOINT_LEN_MAX, &receipt->checkpoint);
            break;
        case TAG_VARINT(6):
            ok = wire_u64(r, &receipt->sequence);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    return (receipt->envelope.len != 0 && receipt->checkpoint.len != 0 && receipt->sequence != 0) ||
           wire_fail(r, DECODE_FIELD_MISSING);
}

static bool read_reason(struct wire *r, reason_t *ret_reason)
{
    uint32_t reason = 0;
    bool ok = wire_enum(r, REASON_LAST, &reason);

    *ret_reason = (reason_t)reason;
    return ok;
}

static bool read_expect(struct wire *r, struct frame_expect *expect)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_VARINT(1):
            ok = wire_u64(r, &expect->sequence);
            break;
        case TAG_BYTES(2):
            ok = wire_fixed(r, DIGEST_LEN, &expect->last);
            break;
        case TAG_VARINT(3):
            ok = read_reason(r, &expect->reason);
            break;
        case TAG_VARINT(4):
            ok = wire_u32(r, &expect->retry_after_ms);
            break;
        case TAG_BYTES(5):
            ok = wire_text(r, FRAME_DETAIL_LEN_MAX, &expect->detail);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    return expect->reason != 0 || wire_fail(r, DECODE_FIELD_MISSING);
}

/* Query and Answer share their first fields; a query has no refusal. */
static bool read_answer(struct wire *r, bool query, struct frame_answer *answer)
{
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_VARINT(1):
            ok = wire_u64(r, &answer->id);
            break;
        case TAG_BYTES(2):
            ok = wire_code(r, &answer->verb);
            break;
        case TAG_BYTES(3):
            ok = wire_bytes(r, &answer->body);
            break;
        case TAG_BYTES(4):
            ok = query ? wire_fail(r, DECODE_FIELD_UNKNOWN)
                       : wire_text(r, FRAME_DETAIL_LEN_MAX, &answer->refusal);
            break;
        case TAG_VARINT(5):
            ok = query ? wire_fail(r, DECODE_FIELD_UNKNOWN)
                       : wire_u32(r, &answer->inflated) &&
                             (answer->inflated <= FRAME_INFLATED_MAX || wire_fail(r, DECODE_VALUE));
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
            break;
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    return (answer->id != 0 && answer->verb.len != 0) || wire_fail(r, DECODE_FIELD_MISSING);
}

static bool read_query(struct wire *r, struct frame_query *query)
{
    struct frame_answer answer = {0};
    bool ok = read_answer(r, true, &answer);

    *query = (struct frame_query){.id = answer.id, .verb = answer.verb, .body = answer.body};
    return ok;
}

static bool read_frame(struct wire *r, struct frame *frame)
{
    switch (frame->type) {
    case FRAME_HELLO:
        return read_hello(r, &frame->hello);
    case FRAME_BATCH:
        return wire_signed_batch(r, &frame->batch);
    case FRAME_RECEIPT:
        return read_receipt(r, &frame->receipt);
    case FRAME_EXPECT:
        return read_expect(r, &frame->expect);
    case FRAME_QUERY:
        return read_query(r, &frame->query);
    case FRAME_ANSWER:
        return read_answer(r, false, &frame->answer);
    }
    return wire_fail(r, DECODE_FIELD_UNKNOWN);
}

bool frame_decode(slice_t bytes, struct frame *ret_frame, struct decode_fault *ret_fault)
{
    struct wire r = wire_of(bytes);
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;

    memset(ret_frame, 0, sizeof *ret_frame);
    bool ok = bytes.len <= FRAME_BYTES_MAX || wire_fail(&r, DECODE_TOO_LARGE);
    if (ok && !wire_tag(&r, 0, &last, &tag)) {
        ok = wire_done(&r) ? wire_fail(&r, DECODE_FIELD_MISSING) : false;
    }
    if (ok && (tag & 7) != 2) {
        ok = wire_fail(&r, DECODE_FIELD_UNKNOWN);
    }
    ret_frame->type = (frame_type_t)(tag >> 3);
    ok = ok && wire_enter(&r, &outer) && read_frame(&r, ret_frame);
    /* exactly one: nothing may follow */
    if (ok && r.end != outer) {
        ok = wire_fail(&r, DECODE_FIELD_ORDER);
    }
    return ok || wire_fault(&r, bytes.text, ret_fault);
}
