#include "tools/bench/stock.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/encode.h"
#include "proto/codec/frame.h"
#include "tools/bench/figures.h"

/* The batch that is being filled. */
struct filling {
    struct stock *stock;
    const struct plan *plan;
    const struct arena *arena;
    uint32_t store;
    uint32_t events;
    uint32_t events_max;
    size_t len;
    uint8_t body[BATCH_BODY_LEN_MAX];
    uint8_t bytes[EVENT_BYTES_MAX];
    uint8_t frame[FRAME_BYTES_MAX];
    struct event event;
};

static void begin_batch(struct filling *filling)
{
    const struct stock_stream *stream = &filling->stock->streams[filling->store];
    struct batch batch = {.network = filling->arena->network,
                          .store = code_slice(&filling->arena->codes[filling->store]),
                          .sequence = stream->count + 1,
                          .previous = stream->last,
                          .created_ms = filling->plan->at_ms};

    filling->events = 0;
    filling->len = encode_batch_header(&batch, filling->body, sizeof filling->body);
    CHECK(filling->len > 0);
}

static void end_batch(struct filling *filling)
{
    struct stock_stream *stream = &filling->stock->streams[filling->store];
    const struct sign_key *key = filling->arena->keys[filling->store];
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];

    if (filling->events == 0) {
        return;
    }
    sign_key_public(key, public_key);
    sign_key_id(public_key, id);
    digest_sha256(filling->body, filling->len, stream->last);
    sign_digest(key, SIGN_BATCH, filling->arena->network, stream->last, signature);
    struct frame frame = {
        .type = FRAME_BATCH,
        .batch = {.body = {(const char *)filling->body, (uint32_t)filling->len},
                  .key_id = id,
                  .signature = signature}};
    size_t len = frame_encode(&frame, filling->frame, sizeof filling->frame);
    CHECK(len > 0);
    MEMORY_GROW(stream->batches, stream->count, stream->capacity);
    struct stock_batch *batch = &stream->batches[stream->count++];
    *batch = (struct stock_batch){.len = (uint32_t)len, .events = filling->events};
    batch->frame = memory_resize(NULL, len, 1);
    memcpy(batch->frame, filling->frame, len);
    begin_batch(filling);
}

static void add_event(struct filling *filling)
{
    size_t len = encode_event(&filling->event, filling->bytes, sizeof filling->bytes);
    slice_t bytes = {(const char *)filling->bytes, (uint32_t)len};

    CHECK(len > 0);
    if (filling->events == filling->events_max) {
        end_batch(filling);
    }
    if (!encode_batch_append(filling->body, sizeof filling->body, &filling->len, bytes)) {
        end_batch(filling); /* the body is full */
        CHECK(encode_batch_append(filling->body, sizeof filling->body, &filling->len, bytes));
    }
    filling->events++;
}

static void fill_warm(struct filling *filling, struct plan *plan)
{
    uint32_t members = plan_home_count(plan, filling->store);

    filling->events_max = BATCH_EVENTS_MAX;
    begin_batch(filling);
    for (uint32_t i = 0; i < members; i++) {
        plan_warm(plan, filling->store, i, &filling->event);
        add_event(filling);
    }
    end_batch(filling);
    filling->stock->streams[filling->store].warm = filling->stock->streams[filling->store].count;
    filling->stock->warm_events += members;
}

static bool fill_measured(struct filling *filling, struct plan *plan, struct fault *ret_fault)
{
    const struct bench_options *options = plan->options;
    uint64_t events = options->events / options->stores +
                      (filling->store < options->events % options->stores);

    filling->events_max = options->batch;
    plan_begin(plan, filling->store);
    begin_batch(filling);
    for (uint64_t i = 0; i < events; i++) {
        if (!plan_next(plan, &filling->event, ret_fault)) {
            return false;
        }
        add_event(filling);
    }
    end_batch(filling);
    filling->stock->events += events;
    return true;
}

bool stock_make(struct stock *stock, struct plan *plan, const struct arena *arena,
                struct fault *ret_fault)
{
    struct filling *filling = memory_zeroed(1, sizeof *filling);
    bool good = true;

    *stock = (struct stock){.stores = arena->stores};
    stock->streams = memory_zeroed(arena->stores, sizeof *stock->streams);
    filling->stock = stock;
    filling->plan = plan;
    filling->arena = arena;
    for (filling->store = 0; filling->store < arena->stores; filling->store++) {
        fill_warm(filling, plan);
    }
    for (filling->store = 0; good && filling->store < arena->stores; filling->store++) {
        good = fill_measured(filling, plan, ret_fault);
        figures_progress("signing", stock->events, plan->options->events);
    }
    free(filling);
    return good;
}

void stock_deinit(struct stock *stock)
{
    for (uint32_t i = 0; stock->streams != NULL && i < stock->stores; i++) {
        struct stock_stream *stream = &stock->streams[i];
        for (uint32_t j = 0; j < stream->count; j++) {
            free(stream->batches[j].frame);
        }
        free(stream->batches);
    }
    free(stock->streams);
    *stock = (struct stock){0};
}
