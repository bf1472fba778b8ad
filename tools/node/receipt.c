#include "tools/node/receipt.h"

#include <inttypes.h>
#include <string.h>

#include "clearing/facts/outcome.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/record.h"

/* The head of a batch record's results (clearing/book/results_stream.h): a count, then a pair of
 * outcome and reason for each event. */
static bool read_results(slice_t results, uint32_t event_count,
                         struct receipt_outcomes *ret_outcomes, struct fault *ret_fault)
{
    const uint8_t *at = (const uint8_t *)results.text;

    if (results.len < 2 + 2 * (size_t)event_count || bytes_get_u16(at) != event_count) {
        return fault_set(ret_fault, FAULT_FORMAT, "the results are not of %u events", event_count);
    }
    for (uint32_t i = 0; i < event_count; i++) {
        ret_outcomes->outcomes[i] = at[2 + 2 * (size_t)i];
        ret_outcomes->reasons[i] = at[3 + 2 * (size_t)i];
        if (ret_outcomes->outcomes[i] == 0) {
            return fault_set(ret_fault, FAULT_FORMAT, "the results of event %u are not there", i);
        }
    }
    ret_outcomes->count = event_count;
    return true;
}

/* Out: ret_leaf of the record that the receipt speaks of. */
static bool rebuild_leaf(const struct frame_receipt *receipt, const struct receipt_basis *basis,
                         uint8_t ret_leaf[MERKLE_HASH_LEN], struct fault *ret_fault)
{
    uint8_t bytes[RECORD_LEN_MAX];
    struct record record;
    size_t len = (size_t)receipt->envelope.len + basis->signed_batch.len + receipt->results.len;

    if (receipt->envelope.len != RECORD_ENVELOPE_LEN || len > sizeof bytes) {
        return fault_set(ret_fault, FAULT_FORMAT, "the envelope has %u bytes, the record %zu",
                         receipt->envelope.len, len);
    }
    uint8_t *at = mempcpy(bytes, receipt->envelope.text, receipt->envelope.len);
    at = mempcpy(at, basis->signed_batch.text, basis->signed_batch.len);
    if (receipt->results.len > 0) {
        memcpy(at, receipt->results.text, receipt->results.len);
    }
    if (!record_decode((slice_t){(const char *)bytes, (uint32_t)len}, &record, ret_fault)) {
        return false;
    }
    if (record.kind != RECORD_BATCH || record.index != receipt->index ||
        record.payload.len != basis->signed_batch.len) {
        return fault_set(ret_fault, FAULT_FORMAT, "the envelope is not that of our batch");
    }
    merkle_hash_leaf((slice_t){(const char *)bytes, (uint32_t)len}, ret_leaf);
    return true;
}

bool receipt_verify(const struct frame_receipt *receipt, const struct receipt_basis *basis,
                    struct receipt_outcomes *ret_outcomes, struct checkpoint *ret_checkpoint,
                    struct fault *ret_fault)
{
    uint8_t leaf[MERKLE_HASH_LEN];
    struct merkle_path path = {.count = receipt->path_count};
    struct checkpoint checkpoint;

    CHECK(basis->event_count <= BATCH_EVENTS_MAX);
    if (receipt->sequence != basis->sequence || receipt->path_count > MERKLE_PATH_MAX) {
        return fault_set(ret_fault, FAULT_FORMAT, "a receipt for batch %" PRIu64,
                         receipt->sequence);
    }
    for (uint32_t i = 0; i < receipt->path_count; i++) {
        memcpy(path.hashes[i], receipt->path[i], MERKLE_HASH_LEN);
    }
    if (!rebuild_leaf(receipt, basis, leaf, ret_fault) ||
        !checkpoint_verify(receipt->checkpoint, basis->ledger_key, basis->network, &checkpoint,
                           ret_fault)) {
        return false;
    }
    if (!merkle_inclusion_verify(receipt->index, checkpoint.size, leaf, &path, checkpoint.root)) {
        return fault_set(ret_fault, FAULT_CRYPTO,
                         "the Merkle path of record %" PRIu64 " does not lead to the signed root",
                         receipt->index);
    }
    if (!read_results(receipt->results, basis->event_count, ret_outcomes, ret_fault)) {
        return false;
    }
    *ret_checkpoint = checkpoint;
    return true;
}
