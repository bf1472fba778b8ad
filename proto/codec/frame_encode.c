/* The writing side of frame.h. */
#include "proto/codec/frame.h"

#include "allclear/v1/wire.pb-c.h"
#include "proto/codec/binary.h"
#include "proto/codec/policy.h"

_Static_assert((int)REASON_LAST == (int)ALLCLEAR__V1__REASON__REASON_CLOSED, "same reasons");

/* The messages and texts of one frame, on the stack. */
struct frame_messages {
    Allclear__V1__Frame frame;
    union {
        Allclear__V1__Hello hello;
        Allclear__V1__SignedBatch batch;
        Allclear__V1__Receipt receipt;
        Allclear__V1__Expect expect;
        Allclear__V1__Query query;
        Allclear__V1__Answer answer;
    } what;
    ProtobufCBinaryData path[FRAME_PATH_MAX];
    char code[CODE_LEN_MAX + 1];
    char text[FRAME_DETAIL_LEN_MAX + 1];
};

static bool text_fits(slice_t text, uint32_t len_max)
{
    return text.len <= len_max && policy_text_valid(text);
}

static bool put_hello(struct frame_messages *m, const struct frame_hello *hello)
{
    Allclear__V1__Hello *message = &m->what.hello;

    if (hello->version == 0 || !code_valid(hello->store) ||
        !text_fits(hello->agent, FRAME_AGENT_LEN_MAX)) {
        return false;
    }
    allclear__v1__hello__init(message);
    message->version = hello->version;
    message->network = binary_of(hello->network, DIGEST_LEN);
    binary_put_text(&message->store, hello->store, m->code, sizeof m->code);
    binary_put_text(&message->agent, hello->agent, m->text, sizeof m->text);
    m->frame.hello = message;
    return true;
}

static bool put_batch(struct frame_messages *m, const struct signed_batch *batch)
{
    Allclear__V1__SignedBatch *message = &m->what.batch;

    if (batch->body.len == 0 || batch->body.len > BATCH_BODY_LEN_MAX) {
        return false;
    }
    allclear__v1__signed_batch__init(message);
    message->body = binary_of_slice(batch->body);
    message->key_id = binary_of(batch->key_id, DIGEST_LEN);
    message->signature = binary_of(batch->signature, SIGNATURE_LEN);
    m->frame.batch = message;
    return true;
}

static bool put_receipt(struct frame_messages *m, const struct frame_receipt *receipt)
{
    Allclear__V1__Receipt *message = &m->what.receipt;

    if (receipt->envelope.len == 0 || receipt->envelope.len > FRAME_ENVELOPE_LEN_MAX ||
        receipt->results.len > RECORD_LEN_MAX || receipt->path_count > FRAME_PATH_MAX ||
        receipt->checkpoint.len == 0 || receipt->checkpoint.len > FRAME_CHECKPOINT_LEN_MAX ||
        receipt->sequence == 0) {
        return false;
    }
    allclear__v1__receipt__init(message);
    message->envelope = binary_of_slice(receipt->envelope);
    message->results = binary_of_slice(receipt->results);
    message->index = receipt->index;
    for (uint32_t i = 0; i < receipt->path_count; i++) {
        m->path[i] = binary_of(receipt->path[i], DIGEST_LEN);
    }
    message->n_path = receipt->path_count;
    message->path = m->path;
    message->checkpoint = binary_of_slice(receipt->checkpoint);
    message->sequence = receipt->sequence;
    m->frame.receipt = message;
    return true;
}

static bool put_expect(struct frame_messages *m, const struct frame_expect *expect)
{
    Allclear__V1__Expect *message = &m->what.expect;

    if ((int)expect->reason < 1 || expect->reason > REASON_LAST ||
        !text_fits(expect->detail, FRAME_DETAIL_LEN_MAX)) {
        return false;
    }
    allclear__v1__expect__init(message);
    message->sequence = expect->sequence;
    message->last = binary_of(expect->last, DIGEST_LEN);
    message->reason = (Allclear__V1__Reason)expect->reason;
    message->retry_after_ms = expect->retry_after_ms;
    binary_put_text(&message->detail, expect->detail, m->text, sizeof m->text);
    m->frame.expect = message;
    return true;
}

static bool put_query(struct frame_messages *m, const struct frame_query *query)
{
    Allclear__V1__Query *message = &m->what.query;

    if (query->id == 0 || !code_valid(query->verb)) {
        return false;
    }
    allclear__v1__query__init(message);
    message->id = query->id;
    binary_put_text(&message->verb, query->verb, m->code, sizeof m->code);
    message->body = binary_of_slice(query->body);
    m->frame.query = message;
    return true;
}

static bool put_answer(struct frame_messages *m, const struct frame_answer *answer)
{
    Allclear__V1__Answer *message = &m->what.answer;

    if (answer->id == 0 || !code_valid(answer->verb) ||
        !text_fits(answer->refusal, FRAME_DETAIL_LEN_MAX) ||
        answer->inflated > FRAME_INFLATED_MAX) {
        return false;
    }
    allclear__v1__answer__init(message);
    message->id = answer->id;
    binary_put_text(&message->verb, answer->verb, m->code, sizeof m->code);
    message->body = binary_of_slice(answer->body);
    binary_put_text(&message->refusal, answer->refusal, m->text, sizeof m->text);
    message->inflated = answer->inflated;
    m->frame.answer = message;
    return true;
}

static bool put_frame(struct frame_messages *m, const struct frame *frame)
{
    switch (frame->type) {
    case FRAME_HELLO:
        return put_hello(m, &frame->hello);
    case FRAME_BATCH:
        return put_batch(m, &frame->batch);
    case FRAME_RECEIPT:
        return put_receipt(m, &frame->receipt);
    case FRAME_EXPECT:
        return put_expect(m, &frame->expect);
    case FRAME_QUERY:
        return put_query(m, &frame->query);
    case FRAME_ANSWER:
        return put_answer(m, &frame->answer);
    }
    return false;
}

size_t frame_encode(const struct frame *frame, uint8_t *out, size_t cap)
{
    struct frame_messages m;

    allclear__v1__frame__init(&m.frame);
    m.frame.what_case = (Allclear__V1__Frame__WhatCase)frame->type;
    if (!put_frame(&m, frame)) {
        return 0;
    }
    return binary_pack(&m.frame.base, out, cap < FRAME_BYTES_MAX ? cap : FRAME_BYTES_MAX);
}
