#include "proto/codec/opening.h"

#include "proto/codec/wire.h"

static bool read_funder(struct wire *r, struct opening_funder *funder)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = wire_enter(r, &outer);

    *funder = (struct opening_funder){0};
    while (ok && wire_tag(r, 0, &last, &tag)) {
        switch (tag) {
        case TAG_BYTES(1):
            ok = wire_text(r, CODE_LEN_MAX, &funder->who);
            break;
        case TAG_VARINT(2):
            ok = wire_s64(r, &funder->share);
            break;
        default:
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

static bool read_valid_to(struct wire *r, day_t *ret_day)
{
    slice_t text = {0};

    return wire_bytes(r, &text) && (day_parse(text, ret_day) || wire_fail(r, DECODE_VALUE));
}

static bool read_lot_field(struct wire *r, uint32_t tag, struct opening_lot *lot)
{
    switch (tag) {
    case TAG_VARINT(1):
        return wire_u64(r, &lot->member);
    case TAG_BYTES(2):
        return wire_code(r, &lot->store);
    case TAG_BYTES(3):
        return wire_code(r, &lot->product);
    case TAG_VARINT(4):
        return wire_s64(r, &lot->principal_fen);
    case TAG_VARINT(5):
        return wire_s64(r, &lot->bonus_fen);
    case TAG_VARINT(6):
        return wire_s64(r, &lot->units);
    case TAG_BYTES(7):
        return wire_code(r, &lot->pack);
    case TAG_BYTES(8):
        if (lot->funder_count == FUNDERS_MAX) {
            return wire_fail(r, DECODE_TOO_LARGE);
        }
        return read_funder(r, &lot->funders[lot->funder_count++]);
    case TAG_BYTES(9):
        return read_valid_to(r, &lot->valid_to);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

/* A lot up to the end of its message. */
static bool read_lot(struct wire *r, struct opening_lot *lot)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = wire_enter(r, &outer);

    *lot = (struct opening_lot){.valid_to = DAY_MAX};
    while (ok && wire_tag(r, REPEATED(8), &last, &tag)) {
        ok = read_lot_field(r, tag, lot);
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

bool opening_next_lot(slice_t *rest, struct opening_lot *ret_lot, struct decode_fault *ret_fault)
{
    struct wire r = wire_of(*rest);
    uint32_t last = 0;
    uint32_t tag = 0;

    if (!wire_tag(&r, 0, &last, &tag) ||
        (tag != TAG_BYTES(1) && !wire_fail(&r, DECODE_FIELD_UNKNOWN)) ||
        !read_lot(&r, ret_lot)) {
        return wire_fault(&r, rest->text, ret_fault);
    }
    rest->len = (uint32_t)((const uint8_t *)rest->text + rest->len - r.at);
    rest->text = (const char *)r.at;
    return true;
}

bool opening_decode_part(slice_t bytes, uint32_t *ret_lots, struct decode_fault *ret_fault)
{
    struct opening_lot lot;
    slice_t rest = bytes;
    uint32_t lots = 0;

    for (; rest.len > 0; lots++) {
        if (!opening_next_lot(&rest, &lot, ret_fault)) {
            return false;
        }
    }
    *ret_lots = lots;
    return true;
}

static bool read_total_field(struct wire *r, uint32_t tag, struct opening_total *total)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &total->issuer);
    case TAG_BYTES(2):
        return wire_code(r, &total->product);
    case TAG_VARINT(3):
        return wire_u64(r, &total->lots);
    case TAG_VARINT(4):
        return wire_s64(r, &total->principal_fen);
    case TAG_VARINT(5):
        return wire_s64(r, &total->bonus_fen);
    case TAG_VARINT(6):
        return wire_s64(r, &total->points);
    case TAG_VARINT(7):
        return wire_s64(r, &total->uses);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_total(struct wire *r, struct opening_seal *seal)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;

    if (seal->count == OPENING_TOTALS_MAX) {
        return wire_fail(r, DECODE_TOO_LARGE);
    }
    struct opening_total *total = &seal->totals[seal->count++];
    bool ok = wire_enter(r, &outer);
    *total = (struct opening_total){0};
    while (ok && wire_tag(r, 0, &last, &tag)) {
        ok = read_total_field(r, tag, total);
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

bool opening_decode_seal(slice_t bytes, struct opening_seal *ret_seal,
                         struct decode_fault *ret_fault)
{
    struct wire r = wire_of(bytes);
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    ret_seal->parts = 0;
    ret_seal->digest = NULL;
    ret_seal->count = 0;
    while (ok && wire_tag(&r, REPEATED(3), &last, &tag)) {
        switch (tag) {
        case TAG_VARINT(1):
            ok = wire_u32(&r, &ret_seal->parts);
            break;
        case TAG_BYTES(2):
            ok = wire_fixed(&r, DIGEST_LEN, &ret_seal->digest);
            break;
        case TAG_BYTES(3):
            ok = read_total(&r, ret_seal);
            break;
        default:
            ok = wire_fail(&r, DECODE_FIELD_UNKNOWN);
        }
    }
    if (wire_done(&r) && (ret_seal->parts == 0 || ret_seal->digest == NULL)) {
        (void)wire_fail(&r, DECODE_FIELD_MISSING);
    }
    return wire_done(&r) || wire_fault(&r, bytes.text, ret_fault);
}
