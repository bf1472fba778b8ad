/* receipts STORE COPY: ask a running daemon for the receipts of a store's batches, as its node
 * would (COPY: a copy of the journal, for what was sent), and flip every bit of each as it came
 * over the wire. Each flip must be refused, or change nothing of what the node believes.
 *
 * Says what did not go as it must, then "N passed, M failed". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/journal/journal.h"
#include "tests/malformed/speaker.h"
#include "tools/node/node.h"
#include "tools/node/receipt.h"

#define RECEIPTS_MAX 2 /* of different batches; each has some thousand bits */
#define LEN_MAX      4096

struct trial {
    struct node node;
    struct speaker speaker;
    struct receipt_basis basis;
    struct receipt_outcomes good;
    struct checkpoint checkpoint;
    uint64_t good_index;
    uint8_t bytes[FRAME_BYTES_MAX]; /* of the receipt's frame, one bit of it flipped */
    uint32_t len;
    uint32_t passed;
    uint32_t failed;
};

/* Does the node believe these bytes, and the same as it believed of the good ones? */
enum belief { REFUSED, SAME, ANOTHER };

static enum belief believe(const struct trial *trial, slice_t bytes)
{
    static struct receipt_outcomes outcomes;
    struct checkpoint checkpoint;
    struct decode_fault why;
    struct fault fault = {0};
    struct frame frame;

    memset(&outcomes, 0, sizeof outcomes);
    if (!frame_decode(bytes, &frame, &why) || frame.type != FRAME_RECEIPT ||
        !receipt_verify(&frame.receipt, &trial->basis, &outcomes, &checkpoint, &fault)) {
        return REFUSED;
    }
    bool same = outcomes.count == trial->good.count &&
                memcmp(outcomes.outcomes, trial->good.outcomes, outcomes.count) == 0 &&
                memcmp(outcomes.reasons, trial->good.reasons, outcomes.count) == 0 &&
                frame.receipt.index == trial->good_index &&
                checkpoint.size == trial->checkpoint.size &&
                digest_equal(checkpoint.root, trial->checkpoint.root);
    return same ? SAME : ANOTHER;
}

static void count(struct trial *trial, bool good, const char *what, uint32_t at, uint32_t bit)
{
    if (good) {
        trial->passed++;
        return;
    }
    trial->failed++;
    printf("receipt of batch %" PRIu64 ": %s, byte %" PRIu32 " bit %" PRIu32
           ": believed, and another one\n",
           trial->basis.sequence, what, at, bit);
}

static void flip_all(struct trial *trial)
{
    slice_t bytes = {(const char *)trial->bytes, trial->len};

    count(trial, believe(trial, bytes) == SAME, "unchanged", 0, 0);
    for (uint32_t at = 0; at < trial->len; at++) {
        for (uint32_t bit = 0; bit < 8; bit++) {
            trial->bytes[at] ^= (uint8_t)(1U << bit);
            count(trial, believe(trial, bytes) != ANOTHER, "flipped", at, bit);
            trial->bytes[at] ^= (uint8_t)(1U << bit);
        }
    }
    for (uint32_t len = 0; len < trial->len; len++) {
        slice_t cut = {(const char *)trial->bytes, len};
        count(trial, believe(trial, cut) == REFUSED, "cut", len, 0);
    }
}

/* Send a batch again and take its receipt. Returns: false when there is none. */
static bool fetch(struct trial *trial)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct decode_fault why;
    struct fault fault = {0};
    struct frame frame = {.type = FRAME_BATCH};

    CHECK(decode_signed_batch(trial->basis.signed_batch, &frame.batch, &why));
    size_t len = frame_encode(&frame, bytes, sizeof bytes);
    CHECK(len > 0);
    if (!speaker_send(&trial->speaker, (slice_t){(const char *)bytes, (uint32_t)len}, false) ||
        !speaker_receive(&trial->speaker, SPEAKER_WAIT_MS, &frame) || frame.type != FRAME_RECEIPT ||
        !receipt_verify(&frame.receipt, &trial->basis, &trial->good, &trial->checkpoint, &fault)) {
        return false;
    }
    trial->good_index = frame.receipt.index;
    trial->len = trial->speaker.len;
    memcpy(trial->bytes, trial->speaker.bytes, trial->len);
    return trial->len <= LEN_MAX;
}

/* Returns: is it a batch of the store? Out: ret_basis, of bytes that live in the reader. */
static bool is_ours(const struct trial *trial, const struct journal_entry *entry,
                    struct receipt_basis *ret_basis)
{
    static struct event scratch;
    struct signed_batch signed_batch;
    struct batch batch;
    struct decode_fault why;
    uint32_t events = 0;

    if (entry->record.kind != RECORD_BATCH ||
        !decode_signed_batch(entry->record.payload, &signed_batch, &why) ||
        !decode_batch(signed_batch.body, &scratch, &batch, &events, &why) ||
        !slice_equal(batch.store, code_slice(&trial->node.kit.store))) {
        return false;
    }
    *ret_basis = (struct receipt_basis){
        .network = trial->node.kit.network,
        .ledger_key = trial->node.kit.ledger_key,
        .signed_batch = entry->record.payload,
        .sequence = batch.sequence,
        .event_count = events,
    };
    return true;
}

static void run(struct trial *trial, const char *copy)
{
    struct fault fault = {0};
    struct journal_options options = {.dir = copy, .read_only = true};
    struct journal *journal = journal_open(&options, &fault);
    struct journal_entry entry;
    uint32_t found = 0;

    CHECK(journal != NULL);
    struct journal_reader *reader = journal_reader_new(journal, 0);
    while (found < RECEIPTS_MAX && journal_reader_next(reader, &entry, &fault) == JOURNAL_ENTRY) {
        if (!is_ours(trial, &entry, &trial->basis)) {
            continue;
        }
        found++;
        if (fetch(trial)) {
            flip_all(trial);
        } else {
            trial->failed++;
            printf("batch %" PRIu64 ": no receipt that holds\n", trial->basis.sequence);
        }
    }
    if (found == 0) {
        trial->failed++;
        puts("there is no batch of the store");
    }
    journal_reader_free(reader);
    journal_close(journal);
}

int main(int argc, char **argv)
{
    struct trial *trial = memory_zeroed(1, sizeof *trial);
    struct fault fault = {0};

    if (argc != 3) {
        fputs("usage: receipts STORE COPY\n", stderr);
        return 64;
    }
    if (!node_open(argv[1], &trial->node, &fault)) {
        fprintf(stderr, "receipts: %s\n", fault.text);
        return 66;
    }
    const struct speaker_options options = {
        .address = trial->node.kit.address,
        .server_key = trial->node.kit.server_key,
        .public_key = trial->node.transport_public,
        .secret_key = trial->node.transport_secret,
    };
    speaker_open(&trial->speaker, &options);
    if (speaker_wait_up(&trial->speaker, SPEAKER_WAIT_MS)) {
        run(trial, argv[2]);
    } else {
        trial->failed++;
        puts("the gate does not let the store in");
    }
    speaker_close(&trial->speaker);
    printf("%" PRIu32 " passed, %" PRIu32 " failed\n", trial->passed, trial->failed);
    node_close(&trial->node);
    free(trial);
    return 0;
}
