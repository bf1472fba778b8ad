/* The courier's batches: where the chain stands, what a receipt proves, the window. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/node/courier_inside.h"
#include "tools/text.h"

static void stop_forked(struct courier *courier, uint64_t sequence)
{
    courier_warn(courier,
                 _("headquarters' batch %" PRIu64 " is not the one that its receipt named: it shows"
                   " another history. Nothing is sent; keep this folder as evidence"),
                 sequence);
    courier->state = COURIER_STOPPED;
}

/* The chain goes on from the batch that headquarters has last, or from our last where that is
 * later and known to follow it. */
static bool go_on(struct courier *courier, uint64_t taken, const uint8_t *last,
                  const struct outbox_batch *ours)
{
    if (ours->sequence > taken) {
        courier->head = ours->sequence;
        memcpy(courier->head_hash, ours->hash, DIGEST_LEN);
    } else {
        courier->head = taken;
        memcpy(courier->head_hash, last, DIGEST_LEN);
    }
    courier->state = COURIER_GOING;
    courier->doubt = false;
    courier->flight_count = 0;
    courier->cursor = 0;
    courier->resend_at_ms = 0;
    return true;
}

/* Headquarters has our batches up to `taken`. Later ones that have receipts were lost there. */
static bool sync_same(struct courier *courier, uint64_t taken, const uint8_t *last,
                      const struct outbox_batch *ours, struct fault *ret_fault)
{
    uint64_t lost = 0;

    if (!outbox_forget_receipts(courier->node->outbox, taken + 1, &lost, ret_fault)) {
        return false;
    }
    if (lost > 0) {
        courier_warn(courier,
                     _("headquarters has lost %" PRIu64 " batches from number %" PRIu64
                       " on, for which it had given receipts (restored from a backup?); they are"
                       " sent again. Tell headquarters"),
                     lost, taken + 1);
    }
    return go_on(courier, taken, last, ours);
}

/* The chains part: what we have from `from` on cannot follow what is there. The batches are broken
 * up, and their events go again in new ones; the numbers of those that are in keep them single. */
static bool sync_broken(struct courier *courier, uint64_t taken, const uint8_t *last, uint64_t from,
                        struct fault *ret_fault)
{
    const struct outbox_batch none = {0};

    if (!outbox_break_batches(courier->node->outbox, from, ret_fault)) {
        return false;
    }
    courier_warn(courier,
                 _("headquarters goes on from batch %" PRIu64 ", which does not fit this outbox:"
                   " the events from batch %" PRIu64 " on are sent in new batches"),
                 taken + 1, from);
    return go_on(courier, taken, last, &none);
}

/* What the outbox has around the place that headquarters names. */
struct place {
    struct outbox_batch ours;      /* our last */
    struct outbox_batch receipted; /* our last with a receipt */
    struct outbox_batch open;      /* our first without one */
    struct outbox_batch at;        /* the last that headquarters has */
    struct outbox_batch next;
};

static bool find_place(struct outbox *outbox, uint64_t taken, struct place *ret_place,
                       struct fault *ret_fault)
{
    return outbox_head(outbox, &ret_place->ours, ret_fault) &&
           outbox_last_receipted(outbox, &ret_place->receipted, ret_fault) &&
           outbox_next_batch(outbox, 0, &ret_place->open, ret_fault) &&
           outbox_find_batch(outbox, taken, &ret_place->at, ret_fault) &&
           outbox_find_batch(outbox, taken + 1, &ret_place->next, ret_fault);
}

bool courier_sync(struct courier *courier, const struct frame_expect *expect,
                  struct fault *ret_fault)
{
    static const uint8_t zeros[DIGEST_LEN];
    uint64_t taken = expect->sequence - 1;
    const uint8_t *last = taken == 0 ? zeros : expect->last;
    struct place place;

    if (expect->sequence == 0 || expect->sequence >= INT64_MAX || last == NULL) {
        return true; /* it does not know: hello is said again after a while */
    }
    if (!find_place(courier->node->outbox, taken, &place, ret_fault)) {
        return false;
    }
    if (place.receipted.sequence > taken && !courier->doubt) {
        courier->doubt = true; /* a receipt may have overtaken this answer: ask once more */
        courier_ask_again(courier);
        return true;
    }
    if (place.at.sequence != 0 && memcmp(place.at.hash, last, DIGEST_LEN) != 0) {
        if (place.at.receipted || place.open.sequence == 0 || place.open.sequence > taken) {
            stop_forked(courier, taken);
            return true;
        }
        return sync_broken(courier, taken, last, place.open.sequence, ret_fault);
    }
    if (place.ours.sequence <= taken ||
        (place.next.sequence != 0 && memcmp(place.next.previous, last, DIGEST_LEN) == 0)) {
        return sync_same(courier, taken, last, &place.ours, ret_fault);
    }
    return sync_broken(courier, taken, last, taken + 1, ret_fault);
}

/* Compare a receipt's checkpoint with the last one: headquarters must not show two histories.
 * Returns: false with ret_fault set. */
static bool check_history(const struct checkpoint *old, const struct checkpoint *now,
                          struct fault *ret_fault)
{
    if (now->size == old->size && memcmp(now->root, old->root, MERKLE_HASH_LEN) != 0) {
        return fault_set(ret_fault, FAULT_CRYPTO,
                         "headquarters has signed two journals of %" PRIu64 " records", now->size);
    }
    if (now->size > old->size && now->epoch < old->epoch) {
        return fault_set(ret_fault, FAULT_CRYPTO,
                         "an earlier writer (epoch %" PRIu64 ") goes on after a later one (%" PRIu64
                         ")",
                         now->epoch, old->epoch);
    }
    return true;
}

/* Keep the furthest checkpoint. Returns: COURIER_MARKED when this one is in line with it. */
static enum courier_verdict keep_checkpoint(struct courier *courier, slice_t bytes,
                                            const struct checkpoint *now, struct fault *ret_fault)
{
    struct outbox *outbox = courier->node->outbox;
    uint8_t old_bytes[OUTBOX_CHECKPOINT_MAX];
    struct checkpoint old = {0};
    uint32_t len = 0;

    if (!outbox_checkpoint(outbox, old_bytes, &len, ret_fault)) {
        return COURIER_FAILED;
    }
    if (len > 0 &&
        !checkpoint_decode((slice_t){(const char *)old_bytes, len}, &old, NULL, ret_fault)) {
        return COURIER_FAILED;
    }
    if (len > 0 && !check_history(&old, now, ret_fault)) {
        return COURIER_FALSE;
    }
    /* A smaller journal of a later writer was restored from a backup: it counts from here. */
    bool further = now->size > old.size || now->epoch > old.epoch;
    if ((len == 0 || further) && !outbox_set_checkpoint(outbox, bytes, ret_fault)) {
        return COURIER_FAILED;
    }
    return COURIER_MARKED;
}

/* Try all signatures that were sent for this body: the first that arrived was journaled. */
static enum courier_verdict verify_any(struct courier *courier, const struct outbox_batch *batch,
                                       const struct frame_receipt *receipt,
                                       struct receipt_outcomes *ret_outcomes,
                                       struct checkpoint *ret_checkpoint, struct fault *ret_fault)
{
    struct outbox_signature signatures[OUTBOX_SIGNATURES_MAX];
    uint8_t body[BATCH_BODY_LEN_MAX];
    uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    uint32_t count = 0;
    uint32_t len = 0;

    if (!outbox_read_body(courier->node->outbox, batch->sequence, body, &len, ret_fault) ||
        !outbox_signatures(courier->node->outbox, batch->sequence, signatures, &count, ret_fault)) {
        return COURIER_FAILED;
    }
    (void)fault_set(ret_fault, FAULT_FORMAT, "the batch was never sent");
    for (uint32_t i = 0; i < count; i++) {
        const struct signed_batch signed_batch = {
            {(const char *)body, len}, signatures[i].key_id, signatures[i].signature};
        size_t bytes_len = encode_signed_batch(&signed_batch, bytes, sizeof bytes);
        CHECK(bytes_len > 0);
        const struct receipt_basis basis = {
            .network = courier->node->kit.network,
            .ledger_key = courier->node->kit.ledger_key,
            .signed_batch = {(const char *)bytes, (uint32_t)bytes_len},
            .sequence = batch->sequence,
            .event_count = batch->event_count,
        };
        if (receipt_verify(receipt, &basis, ret_outcomes, ret_checkpoint, ret_fault)) {
            return COURIER_MARKED;
        }
    }
    return COURIER_FALSE;
}

enum courier_verdict courier_accept(struct courier *courier, const struct frame_receipt *receipt,
                                    struct fault *ret_fault)
{
    static _Thread_local struct receipt_outcomes outcomes; /* large for a stack */
    static _Thread_local uint8_t kept[FRAME_BYTES_MAX];
    struct outbox *outbox = courier->node->outbox;
    struct frame frame = {.type = FRAME_RECEIPT, .receipt = *receipt};
    struct checkpoint checkpoint;
    struct outbox_batch batch;

    if (!outbox_find_batch(outbox, receipt->sequence, &batch, ret_fault)) {
        return COURIER_FAILED;
    }
    if (batch.sequence == 0 || batch.receipted) {
        return COURIER_KNOWN;
    }
    enum courier_verdict verdict =
        verify_any(courier, &batch, receipt, &outcomes, &checkpoint, ret_fault);
    if (verdict == COURIER_MARKED) {
        verdict = keep_checkpoint(courier, receipt->checkpoint, &checkpoint, ret_fault);
    }
    if (verdict != COURIER_MARKED) {
        return verdict;
    }
    size_t len = frame_encode(&frame, kept, sizeof kept);
    CHECK(len > 0); /* it was decoded from as many bytes */
    const struct outbox_receipt mark = {
        .sequence = batch.sequence,
        .index = receipt->index,
        .frame = {(const char *)kept, (uint32_t)len},
        .event_count = outcomes.count,
        .outcomes = outcomes.outcomes,
        .reasons = outcomes.reasons,
    };
    return outbox_mark(outbox, &mark, ret_fault) ? COURIER_MARKED : COURIER_FAILED;
}

/* A batch has a signature of the current key; a later key signs the same body again. */
static bool sign_batch(struct courier *courier, const struct outbox_batch *batch,
                       struct fault *ret_fault)
{
    const struct node *node = courier->node;
    struct outbox_signature signatures[OUTBOX_SIGNATURES_MAX];
    struct outbox_signature mine;
    uint32_t count = 0;

    if (!outbox_signatures(node->outbox, batch->sequence, signatures, &count, ret_fault)) {
        return false;
    }
    if (count > 0 && memcmp(signatures[0].key_id, node->key_id, SIGN_KEY_ID_LEN) == 0) {
        return true;
    }
    memcpy(mine.key_id, node->key_id, SIGN_KEY_ID_LEN);
    sign_digest(node->key, SIGN_BATCH, node->kit.network, batch->hash, mine.signature);
    return outbox_add_signature(node->outbox, batch->sequence, &mine, ret_fault);
}

/* Out: *ret_batch, the next to send; sequence 0 for none. */
static bool next_batch(struct courier *courier, struct outbox_batch *ret_batch,
                       struct fault *ret_fault)
{
    const struct node *node = courier->node;
    const struct outbox_cut cut = {
        .network = node->kit.network,
        .store = code_slice(&node->kit.store),
        .sequence = courier->head + 1,
        .previous = courier->head_hash,
        .created_ms = node_clock_ms(),
    };

    /* With nothing in flight, whatever has no receipt is due. */
    uint64_t after = courier->flight_count == 0 ? 0 : courier->cursor;
    if (!outbox_next_batch(node->outbox, after, ret_batch, ret_fault)) {
        return false;
    }
    if (ret_batch->sequence != 0) {
        return true;
    }
    if (!outbox_cut_batch(node->outbox, &cut, ret_batch, ret_fault)) {
        return false;
    }
    if (ret_batch->sequence != 0) {
        courier->head = ret_batch->sequence;
        memcpy(courier->head_hash, ret_batch->hash, DIGEST_LEN);
    }
    return true;
}

bool courier_fill(struct courier *courier, struct fault *ret_fault)
{
    struct outbox_batch batch;

    while (courier->state == COURIER_GOING && courier->flight_count < COURIER_WINDOW &&
           wire_now_ms() >= courier->pause_ms) {
        if (!next_batch(courier, &batch, ret_fault)) {
            return false;
        }
        if (batch.sequence == 0) {
            return true;
        }
        if (!sign_batch(courier, &batch, ret_fault)) {
            return false;
        }
        courier->flights[courier->flight_count++] = (struct courier_flight){.batch = batch};
        courier->cursor = batch.sequence;
    }
    return true;
}

bool courier_send(struct courier *courier, struct fault *ret_fault)
{
    struct outbox *outbox = courier->node->outbox;
    struct outbox_signature signatures[OUTBOX_SIGNATURES_MAX];
    uint8_t body[BATCH_BODY_LEN_MAX];
    uint32_t count = 0;
    uint32_t len = 0;

    for (uint32_t i = 0; i < courier->flight_count; i++) {
        struct courier_flight *flight = &courier->flights[i];
        if (flight->sent) {
            continue;
        }
        if (!outbox_read_body(outbox, flight->batch.sequence, body, &len, ret_fault) ||
            !outbox_signatures(outbox, flight->batch.sequence, signatures, &count, ret_fault)) {
            return false;
        }
        CHECK(count > 0); /* courier_fill signed it */
        const struct frame frame = {
            .type = FRAME_BATCH,
            .batch = {{(const char *)body, len}, signatures[0].key_id, signatures[0].signature},
        };
        flight->sent = wire_send(courier->wire, &frame);
        flight->sent_ms = wire_now_ms();
    }
    return true;
}
