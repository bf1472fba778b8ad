#include "proto/codec/hq.h"

#include <string.h>

#include "proto/codec/opening.h"
#include "proto/codec/wire.h"

const char *hq_type_name(hq_type_t type)
{
    switch (type) {
    case HQ_INIT:
        return "init";
    case HQ_APPLY:
        return "apply";
    case HQ_KEY_APPROVE:
        return "key_approve";
    case HQ_KEY_REVOKE:
        return "key_revoke";
    case HQ_FREEZE:
        return "freeze";
    case HQ_UNFREEZE:
        return "unfreeze";
    case HQ_CYCLE_CLOSE:
        return "cycle_close";
    case HQ_CLOCK_SET:
        return "clock_set";
    case HQ_OPERATOR:
        return "operator";
    case HQ_ADJUST:
        return "adjust";
    case HQ_REVERSE:
        return "reverse";
    case HQ_OPENING_PART:
        return "opening_part";
    case HQ_OPENING:
        return "opening";
    case HQ_SUSPENSE:
        return "suspense";
    case HQ_DISPUTE:
        return "dispute";
    case HQ_MEMBER:
        return "member";
    case HQ_DETAILS:
        return "details";
    }
    return "unknown";
}

/* A share for the creditor himself, or two of one debtor, say nothing that one does not. */
bool hq_suspense_whole(const struct hq_suspense *suspense)
{
    bool assigned = suspense->way == SUSPENSE_ASSIGN;

    if (suspense->way < SUSPENSE_RETRY || suspense->way > SUSPENSE_RETURN ||
        suspense->share_count > SUSPENSE_SHARES_MAX || (suspense->share_count != 0) != assigned ||
        (assigned ? !code_valid(suspense->creditor) : suspense->creditor.len != 0)) {
        return false;
    }
    for (uint32_t i = 0; i < suspense->share_count; i++) {
        const struct hq_share *share = &suspense->shares[i];
        bool good = code_valid(share->debtor) && share->amount_fen > 0 &&
                    !slice_equal(share->debtor, suspense->creditor);
        for (uint32_t j = 0; good && j < i; j++) {
            good = !slice_equal(share->debtor, suspense->shares[j].debtor);
        }
        if (!good) {
            return false;
        }
    }
    return true;
}

static bool read_record_field(struct wire *r, uint32_t tag, struct hq_record *record)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &record->body);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &record->key_id);
    case TAG_BYTES(3):
        return wire_fixed(r, SIGNATURE_LEN, &record->signature);
    case TAG_BYTES(4):
        return wire_fixed(r, DIGEST_LEN, &record->second_key_id);
    case TAG_BYTES(5):
        return wire_fixed(r, SIGNATURE_LEN, &record->second_signature);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

bool hq_decode_record(slice_t bytes, struct hq_record *ret_record, struct decode_fault *ret_fault)
{
    struct wire r = wire_of(bytes);
    struct hq_record record = {0};
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = true;

    while (ok && wire_tag(&r, 0, &last, &tag)) {
        ok = read_record_field(&r, tag, &record);
    }
    if (wire_done(&r) &&
        (record.body.len == 0 || record.key_id == NULL || record.signature == NULL ||
         (record.second_key_id == NULL) != (record.second_signature == NULL))) {
        (void)wire_fail(&r, DECODE_FIELD_MISSING);
    }
    if (wire_done(&r) && record.body.len > HQ_BODY_LEN_MAX) {
        (void)wire_fail(&r, DECODE_TOO_LARGE);
    }
    if (!wire_done(&r)) {
        return wire_fault(&r, bytes.text, ret_fault);
    }
    *ret_record = record;
    return true;
}

static bool read_init(struct wire *r, uint32_t tag, struct hq_init *init)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &init->alliance);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &init->hq_key);
    case TAG_BYTES(3):
        return wire_fixed(r, DIGEST_LEN, &init->ledger_key);
    case TAG_VARINT(4):
        return wire_bool(r, &init->test_clock);
    case TAG_VARINT(5):
        return wire_instant(r, &init->start_ms);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_apply(struct wire *r, uint32_t tag, struct hq_apply *apply)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_bytes(r, &apply->registry);
    case TAG_BYTES(2):
        return wire_bytes(r, &apply->terms);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_key_approve(struct wire *r, uint32_t tag, struct hq_key_approve *approve)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &approve->store);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &approve->public_key);
    case TAG_BYTES(3):
        return wire_fixed(r, DIGEST_LEN, &approve->transport_key);
    case TAG_BYTES(4):
        return wire_fixed(r, SIGNATURE_LEN, &approve->possession);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_key_revoke(struct wire *r, uint32_t tag, struct hq_key_revoke *revoke)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &revoke->store);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &revoke->key_id);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_freeze(struct wire *r, uint32_t tag, bool unfreeze, struct hq_freeze *freeze)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &freeze->store);
    case TAG_VARINT(2):
        return wire_u64(r, &freeze->sequence);
    case TAG_BYTES(3):
        return unfreeze ? wire_fixed(r, DIGEST_LEN, &freeze->previous)
                        : wire_fail(r, DECODE_FIELD_UNKNOWN);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_operator(struct wire *r, uint32_t tag, struct hq_operator *operator)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &operator->person);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &operator->public_key);
    case TAG_VARINT(3):
        return wire_u32(r, &operator->roles) &&
               (operator->roles <= HQ_ROLES_ALL || wire_fail(r, DECODE_VALUE));
    case TAG_BYTES(4):
        return wire_fixed(r, SIGNATURE_LEN, &operator->possession);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_adjust(struct wire *r, uint32_t tag, struct hq_adjust *adjust)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &adjust->debtor);
    case TAG_BYTES(2):
        return wire_code(r, &adjust->creditor);
    case TAG_VARINT(3):
        return wire_s64(r, &adjust->amount_fen) &&
               (adjust->amount_fen > 0 || wire_fail(r, DECODE_VALUE));
    case TAG_BYTES(4):
        return wire_text(r, REASON_LEN_MAX, &adjust->about);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_answer(struct wire *r, uint32_t tag, struct hq_answer *answer)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &answer->store);
    case TAG_BYTES(2):
        return wire_code(r, &answer->terminal);
    case TAG_VARINT(3):
        return wire_u64(r, &answer->number) &&
               (answer->number <= NUMBER_MAX || wire_fail(r, DECODE_VALUE));
    case TAG_VARINT(4):
        return wire_bool(r, &answer->stands);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_member(struct wire *r, uint32_t tag, struct hq_member *member)
{
    switch (tag) {
    case TAG_VARINT(1):
        return wire_u64(r, &member->from) &&
               (member->from <= MEMBER_MAX || wire_fail(r, DECODE_VALUE));
    case TAG_VARINT(2):
        return wire_u64(r, &member->into) &&
               (member->into <= MEMBER_MAX || wire_fail(r, DECODE_VALUE));
    case TAG_VARINT(3):
        return wire_bool(r, &member->replaced);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

/* The event, read for its form's sake only, and the way to it as if it were a batch's. */
static bool read_reversal(struct wire *r, struct hq_reverse *reverse)
{
    static _Thread_local struct event event;
    const uint8_t *outer = NULL;
    const char *tag = (const char *)r->at - 1; /* one byte: the field's number is below 16 */

    if (!wire_enter(r, &outer)) {
        return false;
    }
    const char *start = (const char *)r->at;
    if (!wire_event(r, &event)) {
        return false;
    }
    const char *end = (const char *)r->at;
    reverse->event = (slice_t){start, (uint32_t)(end - start)};
    reverse->batch.body = (slice_t){tag, (uint32_t)(end - tag)};
    reverse->batch.events = reverse->batch.body;
    wire_leave(r, outer);
    return true;
}

static bool read_reverse(struct wire *r, uint32_t tag, struct hq_reverse *reverse)
{
    switch (tag) {
    case TAG_BYTES(3):
        return wire_code(r, &reverse->store);
    case TAG_BYTES(7):
        reverse->batch.store = reverse->store;
        return read_reversal(r, reverse);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_share(struct wire *r, struct hq_share *share)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t tag = 0;
    bool ok = wire_enter(r, &outer);

    while (ok && wire_tag(r, 0, &last, &tag)) {
        if (tag == TAG_BYTES(1)) {
            ok = wire_code(r, &share->debtor);
        } else if (tag == TAG_VARINT(2)) {
            ok = wire_s64(r, &share->amount_fen) &&
                 (share->amount_fen > 0 || wire_fail(r, DECODE_VALUE));
        } else {
            ok = wire_fail(r, DECODE_FIELD_UNKNOWN);
        }
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return (share->debtor.len != 0 && share->amount_fen != 0) ||
           wire_fail(r, DECODE_FIELD_MISSING);
}

static bool read_way(struct wire *r, suspense_way_t *ret_way)
{
    uint32_t way = 0;

    if (!wire_u32(r, &way)) {
        return false;
    }
    *ret_way = (suspense_way_t)way;
    return way <= SUSPENSE_RETURN || wire_fail(r, DECODE_VALUE);
}

static bool read_suspense(struct wire *r, uint32_t tag, struct hq_suspense *suspense)
{
    switch (tag) {
    case TAG_BYTES(3):
    case TAG_BYTES(7):
        return read_reverse(r, tag, &suspense->item);
    case TAG_VARINT(8):
        return read_way(r, &suspense->way);
    case TAG_BYTES(9):
        return wire_code(r, &suspense->creditor);
    case TAG_BYTES(10):
        if (suspense->share_count == SUSPENSE_SHARES_MAX) {
            return wire_fail(r, DECODE_TOO_LARGE);
        }
        return read_share(r, &suspense->shares[suspense->share_count++]);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_details(struct wire *r, uint32_t tag, struct hq_details *details)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &details->participant);
    case TAG_VARINT(2):
        return wire_u64(r, &details->member) &&
               (details->member <= MEMBER_MAX || wire_fail(r, DECODE_VALUE));
    case TAG_BYTES(3):
        return wire_fixed(r, DIGEST_LEN, &details->digest);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_close(struct wire *r, uint32_t tag, struct hq_body *body)
{
    switch (tag) {
    case TAG_BYTES(1):
        return wire_code(r, &body->cycle);
    case TAG_BYTES(2):
        return wire_text(r, REASON_LEN_MAX, &body->incomplete);
    default:
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
}

static bool read_what_field(struct wire *r, uint32_t tag, struct hq_body *body)
{
    switch (body->type) {
    case HQ_INIT:
        return read_init(r, tag, &body->init);
    case HQ_APPLY:
        return read_apply(r, tag, &body->apply);
    case HQ_KEY_APPROVE:
        return read_key_approve(r, tag, &body->key_approve);
    case HQ_KEY_REVOKE:
        return read_key_revoke(r, tag, &body->key_revoke);
    case HQ_FREEZE:
        return read_freeze(r, tag, false, &body->freeze);
    case HQ_UNFREEZE:
        return read_freeze(r, tag, true, &body->freeze);
    case HQ_CYCLE_CLOSE:
        return read_close(r, tag, body);
    case HQ_CLOCK_SET:
        return tag == TAG_VARINT(1) ? wire_instant(r, &body->clock_ms)
                                    : wire_fail(r, DECODE_FIELD_UNKNOWN);
    case HQ_OPERATOR:
        return read_operator(r, tag, &body->operator);
    case HQ_ADJUST:
        return read_adjust(r, tag, &body->adjust);
    case HQ_REVERSE:
        return read_reverse(r, tag, &body->reverse);
    case HQ_OPENING_PART:
    case HQ_OPENING:
        break; /* read_opening takes it whole */
    case HQ_SUSPENSE:
        return read_suspense(r, tag, &body->suspense);
    case HQ_DISPUTE:
        return read_answer(r, tag, &body->answer);
    case HQ_MEMBER:
        return read_member(r, tag, &body->member);
    case HQ_DETAILS:
        return read_details(r, tag, &body->details);
    }
    return wire_fail(r, DECODE_FIELD_UNKNOWN);
}

/* Kept as bytes, once they have been read for their form's sake. */
static bool read_opening(struct wire *r, struct hq_body *body)
{
    static _Thread_local struct opening_seal seal;
    struct decode_fault fault;
    uint32_t lots = 0;

    if (!wire_bytes(r, &body->opening)) {
        return false;
    }
    bool good = body->type == HQ_OPENING ? opening_decode_seal(body->opening, &seal, &fault)
                                         : opening_decode_part(body->opening, &lots, &fault);
    return good || wire_fail(r, fault.error);
}

static bool read_what(struct wire *r, uint32_t tag, struct hq_body *body)
{
    const uint8_t *outer = NULL;
    uint32_t last = 0;
    uint32_t inner = 0;

    if (tag < TAG_BYTES(HQ_INIT) || tag > TAG_BYTES(HQ_DETAILS) || (tag & 7) != 2) {
        return wire_fail(r, DECODE_FIELD_UNKNOWN);
    }
    if (body->type != 0) {
        return wire_fail(r, DECODE_FIELD_ORDER);
    }
    body->type = (hq_type_t)(tag >> 3);
    if (body->type == HQ_OPENING_PART || body->type == HQ_OPENING) {
        return read_opening(r, body);
    }
    uint64_t repeated = body->type == HQ_SUSPENSE ? REPEATED(10) : 0;
    bool ok = wire_enter(r, &outer);
    while (ok && wire_tag(r, repeated, &last, &inner)) {
        ok = read_what_field(r, inner, body);
    }
    if (!wire_done(r)) {
        return false;
    }
    wire_leave(r, outer);
    return true;
}

static bool read_body_field(struct wire *r, uint32_t tag, struct hq_body *body, uint32_t *version)
{
    switch (tag) {
    case TAG_VARINT(1):
        return wire_u32(r, version);
    case TAG_BYTES(2):
        return wire_fixed(r, DIGEST_LEN, &body->network);
    case TAG_VARINT(3):
        return wire_u64(r, &body->number);
    case TAG_VARINT(4):
        return wire_instant(r, &body->created_ms);
    case TAG_BYTES(5):
        return wire_code(r, &body->person);
    case TAG_BYTES(6):
        return wire_text(r, REASON_LEN_MAX, &body->reason);
    default:
        return read_what(r, tag, body);
    }
}

/* Is everything there that the body's type needs? */
static bool what_complete(const struct hq_body *body)
{
    switch (body->type) {
    case HQ_INIT:
        return body->init.alliance.len != 0 && body->init.hq_key != NULL &&
               body->init.ledger_key != NULL && body->init.test_clock == (body->init.start_ms != 0);
    case HQ_APPLY:
        return body->apply.registry.len != 0 || body->apply.terms.len != 0;
    case HQ_KEY_APPROVE:
        return body->key_approve.store.len != 0 && body->key_approve.public_key != NULL &&
               body->key_approve.transport_key != NULL;
    case HQ_KEY_REVOKE:
        return body->key_revoke.store.len != 0 && body->key_revoke.key_id != NULL;
    case HQ_FREEZE:
        return body->freeze.store.len != 0 && body->freeze.sequence != 0;
    case HQ_UNFREEZE:
        return body->freeze.store.len != 0 && body->freeze.sequence != 0 &&
               body->freeze.previous != NULL;
    case HQ_CYCLE_CLOSE:
        return body->cycle.len != 0;
    case HQ_CLOCK_SET:
        return body->clock_ms != 0;
    case HQ_OPERATOR:
        return body->operator.person.len != 0 && body->operator.public_key != NULL &&
               (body->operator.roles != 0) == (body->operator.possession != NULL);
    case HQ_ADJUST:
        return body->adjust.debtor.len != 0 && body->adjust.creditor.len != 0 &&
               body->adjust.amount_fen != 0;
    case HQ_REVERSE:
        return body->reverse.store.len != 0 && body->reverse.event.len != 0;
    case HQ_OPENING_PART:
    case HQ_OPENING:
        return body->opening.len != 0;
    case HQ_SUSPENSE:
        return body->suspense.item.store.len != 0 && body->suspense.item.event.len != 0 &&
               hq_suspense_whole(&body->suspense);
    case HQ_DISPUTE:
        return body->answer.store.len != 0 && body->answer.terminal.len != 0 &&
               body->answer.number != 0;
    case HQ_MEMBER:
        return body->member.from != 0 && body->member.into != 0 &&
               body->member.from != body->member.into;
    case HQ_DETAILS:
        return (body->details.participant.len != 0) != (body->details.member != 0);
    }
    return false;
}

bool hq_decode_body(slice_t bytes, struct hq_body *ret_body, struct decode_fault *ret_fault)
{
    struct wire r = wire_of(bytes);
    uint32_t version = 0;
    uint32_t last = 0;
    uint32_t tag = 0;

    memset(ret_body, 0, sizeof *ret_body);
    bool ok = bytes.len <= HQ_BODY_LEN_MAX || wire_fail(&r, DECODE_TOO_LARGE);
    while (ok && wire_tag(&r, 0, &last, &tag)) {
        ok = read_body_field(&r, tag, ret_body, &version);
    }
    if (wire_done(&r) &&
        (version == 0 || ret_body->network == NULL ||
         ret_body->created_ms == 0 || ret_body->person.len == 0 || !what_complete(ret_body))) {
        (void)wire_fail(&r, DECODE_FIELD_MISSING);
    }
    if (wire_done(&r) && version != HQ_VERSION) {
        (void)wire_fail(&r, DECODE_VALUE);
    }
    return wire_done(&r) || wire_fault(&r, bytes.text, ret_fault);
}
