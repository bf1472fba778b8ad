/* The writing side of hq.h. Terms, registry rows and events are bytes already, so the bodies of
 * `apply`, `reverse`, `suspense` and the opening are put together here; all else is written by
 * protobuf-c. */
#include "proto/codec/hq.h"

#include <string.h>

#include "allclear/v1/hq.pb-c.h"
#include "proto/codec/binary.h"
#include "proto/codec/encode.h"
#include "proto/codec/policy.h"

/* The messages and texts of one body, on the stack. */
struct hq_messages {
    Allclear__V1__HqBody body;
    union {
        Allclear__V1__Init init;
        Allclear__V1__KeyApprove key_approve;
        Allclear__V1__KeyRevoke key_revoke;
        Allclear__V1__Freeze freeze;
        Allclear__V1__Unfreeze unfreeze;
        Allclear__V1__CycleClose cycle_close;
        Allclear__V1__ClockSet clock_set;
        Allclear__V1__Operator operator;
        Allclear__V1__Adjust adjust;
        Allclear__V1__Details details;
        Allclear__V1__DisputeAnswer answer;
        Allclear__V1__MemberMove member;
    } what;
    char person[CODE_LEN_MAX + 1];
    char code[CODE_LEN_MAX + 1];
    char creditor[CODE_LEN_MAX + 1];
    char terminal[CODE_LEN_MAX + 1];
    char reason[REASON_LEN_MAX + 1];
    char about[REASON_LEN_MAX + 1];
    char incomplete[REASON_LEN_MAX + 1];
};

size_t hq_encode_record(const struct hq_record *record, uint8_t *out, size_t cap)
{
    Allclear__V1__HqRecord message;

    if (record->body.len == 0 || record->body.len > HQ_BODY_LEN_MAX ||
        (record->second_key_id == NULL) != (record->second_signature == NULL)) {
        return 0;
    }
    allclear__v1__hq_record__init(&message);
    message.body = binary_of_slice(record->body);
    message.key_id = binary_of(record->key_id, DIGEST_LEN);
    message.signature = binary_of(record->signature, SIGNATURE_LEN);
    message.second_key_id = binary_of(record->second_key_id, DIGEST_LEN);
    message.second_signature = binary_of(record->second_signature, SIGNATURE_LEN);
    return binary_pack(&message.base, out, cap);
}

static bool put_code(struct hq_messages *m, char **field, slice_t code)
{
    if (!code_valid(code)) {
        return false;
    }
    binary_put_text(field, code, m->code, sizeof m->code);
    return true;
}

static bool put_init(struct hq_messages *m, const struct hq_init *init)
{
    Allclear__V1__Init *message = &m->what.init;

    allclear__v1__init__init(message);
    message->hq_key = binary_of(init->hq_key, DIGEST_LEN);
    message->ledger_key = binary_of(init->ledger_key, DIGEST_LEN);
    message->test_clock = init->test_clock;
    message->start = (uint64_t)init->start_ms;
    m->body.init = message;
    return init->test_clock == (init->start_ms > 0) &&
           put_code(m, &message->alliance, init->alliance);
}

static bool put_key_approve(struct hq_messages *m, const struct hq_key_approve *approve)
{
    Allclear__V1__KeyApprove *message = &m->what.key_approve;

    allclear__v1__key_approve__init(message);
    message->public_key = binary_of(approve->public_key, DIGEST_LEN);
    message->transport_key = binary_of(approve->transport_key, DIGEST_LEN);
    message->possession = binary_of(approve->possession, SIGNATURE_LEN);
    m->body.key_approve = message;
    return put_code(m, &message->store, approve->store);
}

static bool put_key_revoke(struct hq_messages *m, const struct hq_key_revoke *revoke)
{
    Allclear__V1__KeyRevoke *message = &m->what.key_revoke;

    allclear__v1__key_revoke__init(message);
    message->key_id = binary_of(revoke->key_id, DIGEST_LEN);
    m->body.key_revoke = message;
    return put_code(m, &message->store, revoke->store);
}

static bool put_freeze(struct hq_messages *m, const struct hq_freeze *freeze)
{
    Allclear__V1__Freeze *message = &m->what.freeze;

    allclear__v1__freeze__init(message);
    message->sequence = freeze->sequence;
    m->body.freeze = message;
    return freeze->sequence != 0 && put_code(m, &message->store, freeze->store);
}

static bool put_unfreeze(struct hq_messages *m, const struct hq_freeze *freeze)
{
    Allclear__V1__Unfreeze *message = &m->what.unfreeze;

    allclear__v1__unfreeze__init(message);
    message->sequence = freeze->sequence;
    message->previous = binary_of(freeze->previous, DIGEST_LEN);
    m->body.unfreeze = message;
    return freeze->sequence != 0 && put_code(m, &message->store, freeze->store);
}

static bool put_operator(struct hq_messages *m, const struct hq_operator *operator)
{
    Allclear__V1__Operator *message = &m->what.operator;

    allclear__v1__operator__init(message);
    message->public_key = binary_of(operator->public_key, DIGEST_LEN);
    message->roles = operator->roles;
    message->possession = binary_of(operator->possession, SIGNATURE_LEN);
    m->body.operator_ = message;
    return operator->roles <= HQ_ROLES_ALL &&
           (operator->roles != 0) == (operator->possession != NULL) &&
           put_code(m, &message->person, operator->person);
}

static bool put_adjust(struct hq_messages *m, const struct hq_adjust *adjust)
{
    Allclear__V1__Adjust *message = &m->what.adjust;

    if (!code_valid(adjust->creditor) || adjust->amount_fen <= 0 ||
        adjust->about.len > REASON_LEN_MAX || !policy_text_valid(adjust->about)) {
        return false;
    }
    allclear__v1__adjust__init(message);
    message->amount_fen = adjust->amount_fen;
    binary_put_text(&message->creditor, adjust->creditor, m->creditor, sizeof m->creditor);
    binary_put_text(&message->about, adjust->about, m->about, sizeof m->about);
    m->body.adjust = message;
    return put_code(m, &message->debtor, adjust->debtor);
}

static bool put_answer(struct hq_messages *m, const struct hq_answer *answer)
{
    Allclear__V1__DisputeAnswer *message = &m->what.answer;

    if (!code_valid(answer->terminal) || answer->number == 0 || answer->number > NUMBER_MAX) {
        return false;
    }
    allclear__v1__dispute_answer__init(message);
    message->number = answer->number;
    message->stands = answer->stands;
    binary_put_text(&message->terminal, answer->terminal, m->terminal, sizeof m->terminal);
    m->body.dispute = message;
    return put_code(m, &message->store, answer->store);
}

static bool put_member(struct hq_messages *m, const struct hq_member *member)
{
    allclear__v1__member_move__init(&m->what.member);
    m->what.member.from = member->from;
    m->what.member.into = member->into;
    m->what.member.replaced = member->replaced;
    m->body.member = &m->what.member;
    return member->from != 0 && member->from <= MEMBER_MAX && member->into != 0 &&
           member->into <= MEMBER_MAX && member->from != member->into;
}

static bool put_details(struct hq_messages *m, const struct hq_details *details)
{
    Allclear__V1__Details *message = &m->what.details;

    allclear__v1__details__init(message);
    message->member = details->member;
    message->digest = binary_of(details->digest, DIGEST_LEN);
    m->body.details = message;
    return details->participant.len == 0
               ? details->member != 0 && details->member <= MEMBER_MAX
               : details->member == 0 && put_code(m, &message->participant, details->participant);
}

static bool put_what(struct hq_messages *m, const struct hq_body *body)
{
    m->body.what_case = (Allclear__V1__HqBody__WhatCase)body->type;
    switch (body->type) {
    case HQ_INIT:
        return put_init(m, &body->init);
    case HQ_APPLY:
        /* appended by the caller, as the last field */
        m->body.what_case = ALLCLEAR__V1__HQ_BODY__WHAT__NOT_SET;
        return body->apply.registry.len != 0 || body->apply.terms.len != 0;
    case HQ_KEY_APPROVE:
        return put_key_approve(m, &body->key_approve);
    case HQ_KEY_REVOKE:
        return put_key_revoke(m, &body->key_revoke);
    case HQ_FREEZE:
        return put_freeze(m, &body->freeze);
    case HQ_UNFREEZE:
        return put_unfreeze(m, &body->freeze);
    case HQ_CYCLE_CLOSE:
        allclear__v1__cycle_close__init(&m->what.cycle_close);
        m->body.cycle_close = &m->what.cycle_close;
        if (body->incomplete.len > REASON_LEN_MAX || !policy_text_valid(body->incomplete)) {
            return false;
        }
        binary_put_text(&m->what.cycle_close.incomplete, body->incomplete, m->incomplete,
                        sizeof m->incomplete);
        return put_code(m, &m->what.cycle_close.id, body->cycle);
    case HQ_CLOCK_SET:
        allclear__v1__clock_set__init(&m->what.clock_set);
        m->what.clock_set.to = (uint64_t)body->clock_ms;
        m->body.clock_set = &m->what.clock_set;
        return body->clock_ms > 0 && body->clock_ms < POLICY_AT_MS_END;
    case HQ_OPERATOR:
        return put_operator(m, &body->operator);
    case HQ_ADJUST:
        return put_adjust(m, &body->adjust);
    case HQ_DETAILS:
        return put_details(m, &body->details);
    case HQ_DISPUTE:
        return put_answer(m, &body->answer);
    case HQ_MEMBER:
        return put_member(m, &body->member);
    case HQ_REVERSE:
        /* appended likewise */
        m->body.what_case = ALLCLEAR__V1__HQ_BODY__WHAT__NOT_SET;
        return code_valid(body->reverse.store) && body->reverse.event.len != 0;
    case HQ_OPENING_PART:
    case HQ_OPENING:
        /* likewise */
        m->body.what_case = ALLCLEAR__V1__HQ_BODY__WHAT__NOT_SET;
        return body->opening.len != 0;
    case HQ_SUSPENSE:
        /* likewise */
        m->body.what_case = ALLCLEAR__V1__HQ_BODY__WHAT__NOT_SET;
        return code_valid(body->suspense.item.store) && body->suspense.item.event.len != 0 &&
               hq_suspense_whole(&body->suspense);
    }
    return false;
}

static size_t put_varint(uint64_t value, uint8_t out[10])
{
    size_t n = 0;

    for (; value >= 0x80; value >>= 7) {
        out[n++] = (uint8_t)(value | 0x80);
    }
    out[n++] = (uint8_t)value;
    return n;
}

/* Tag and length of a block of bytes; nothing for none. */
static size_t block_head(uint32_t field, size_t len, uint8_t head[20])
{
    if (len == 0) {
        return 0;
    }
    size_t n = put_varint(field << 3 | 2U, head);
    return n + put_varint(len, head + n);
}

/* A field of bytes inside a message that is appended. */
struct block {
    uint32_t field;
    slice_t bytes; /* empty: left out */
};

/* Append a message of two blocks to a body of `len` bytes. Returns the new length, 0: it does not
 * fit. */
static size_t append_blocks(uint32_t field, const struct block blocks[2], uint8_t *out, size_t cap,
                            size_t len)
{
    uint8_t head[20];
    uint8_t heads[2][20];
    size_t head_len[2];
    size_t inner = 0;

    for (int i = 0; i < 2; i++) {
        head_len[i] = block_head(blocks[i].field, blocks[i].bytes.len, heads[i]);
        inner += head_len[i] + blocks[i].bytes.len;
    }
    size_t n = block_head(field, inner, head);
    if (cap - len < n + inner) {
        return 0;
    }
    uint8_t *at = mempcpy(out + len, head, n);
    for (int i = 0; i < 2; i++) {
        at = mempcpy(at, heads[i], head_len[i]);
        if (head_len[i] != 0) {
            at = mempcpy(at, blocks[i].bytes.text, blocks[i].bytes.len);
        }
    }
    return (size_t)(at - out);
}

/* The same for a message that is bytes already. */
static size_t append_message(uint32_t field, slice_t message, uint8_t *out, size_t cap, size_t len)
{
    uint8_t head[20];
    size_t n = block_head(field, message.len, head);

    if (cap - len < n + message.len) {
        return 0;
    }
    memcpy(mempcpy(out + len, head, n), message.text, message.len);
    return len + n + message.len;
}

/* The way, creditor and shares of a suspense record as they follow its event. Returns: the
 * length. */
static size_t suspense_tail(const struct hq_suspense *suspense, uint8_t *out)
{
    size_t len = 0;

    out[len++] = 8 << 3;
    out[len++] = (uint8_t)suspense->way;
    if (suspense->creditor.len != 0) {
        len += block_head(9, suspense->creditor.len, out + len);
        memcpy(out + len, suspense->creditor.text, suspense->creditor.len);
        len += suspense->creditor.len;
    }
    for (uint32_t i = 0; i < suspense->share_count; i++) {
        const struct hq_share *share = &suspense->shares[i];
        uint8_t inner[CODE_LEN_MAX + 32];
        size_t n = block_head(1, share->debtor.len, inner);
        memcpy(inner + n, share->debtor.text, share->debtor.len);
        n += share->debtor.len;
        inner[n++] = 2 << 3;
        n += put_varint((uint64_t)share->amount_fen << 1, inner + n); /* zigzag of what is > 0 */
        len += block_head(10, n, out + len);
        memcpy(out + len, inner, n);
        len += n;
    }
    return len;
}

static size_t append_suspense(const struct hq_suspense *suspense, uint8_t *out, size_t cap,
                              size_t len)
{
    uint8_t message[EVENT_BYTES_MAX + (SUSPENSE_SHARES_MAX + 3) * (CODE_LEN_MAX + 32)];
    size_t n = block_head(3, suspense->item.store.len, message);

    if (suspense->item.event.len > EVENT_BYTES_MAX) {
        return 0;
    }
    memcpy(message + n, suspense->item.store.text, suspense->item.store.len);
    n += suspense->item.store.len;
    n += block_head(7, suspense->item.event.len, message + n);
    memcpy(message + n, suspense->item.event.text, suspense->item.event.len);
    n += suspense->item.event.len;
    n += suspense_tail(suspense, message + n);
    slice_t whole = {(const char *)message, (uint32_t)n};
    return append_message(HQ_SUSPENSE, whole, out, cap, len);
}

size_t hq_encode_body(const struct hq_body *body, uint8_t *out, size_t cap)
{
    struct hq_messages m;

    if (body->created_ms <= 0 || body->created_ms >= POLICY_AT_MS_END ||
        !code_valid(body->person) || body->reason.len > REASON_LEN_MAX ||
        !policy_text_valid(body->reason)) {
        return 0;
    }
    cap = cap < HQ_BODY_LEN_MAX ? cap : HQ_BODY_LEN_MAX;
    allclear__v1__hq_body__init(&m.body);
    m.body.version = HQ_VERSION;
    m.body.network = binary_of(body->network, DIGEST_LEN);
    m.body.number = body->number;
    m.body.created = (uint64_t)body->created_ms;
    binary_put_text(&m.body.person, body->person, m.person, sizeof m.person);
    binary_put_text(&m.body.reason, body->reason, m.reason, sizeof m.reason);
    if (!put_what(&m, body)) {
        return 0;
    }
    size_t len = binary_pack(&m.body.base, out, cap);
    if (len != 0 && body->type == HQ_APPLY) {
        const struct block rules[2] = {{1, body->apply.registry}, {2, body->apply.terms}};
        return append_blocks(HQ_APPLY, rules, out, cap, len);
    }
    if (len != 0 && body->type == HQ_REVERSE) {
        const struct block reversal[2] = {{3, body->reverse.store}, {7, body->reverse.event}};
        return append_blocks(HQ_REVERSE, reversal, out, cap, len);
    }
    if (len != 0 && body->type == HQ_SUSPENSE) {
        return append_suspense(&body->suspense, out, cap, len);
    }
    if (len != 0 && (body->type == HQ_OPENING_PART || body->type == HQ_OPENING)) {
        return append_message((uint32_t)body->type, body->opening, out, cap, len);
    }
    return len;
}
