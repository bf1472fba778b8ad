/* The outbox's batches. */
#include <string.h>

#include "clearing/crypto/digest.h"
#include "clearing/facts/event.h"
#include "tools/node/outbox_inside.h"

/* A row of BATCH_COLUMNS. Out: *ret_batch, zeros without a row. */
static bool take_batch(struct outbox *outbox, sqlite3_stmt *statement,
                       struct outbox_batch *ret_batch, struct fault *ret_fault)
{
    struct outbox_batch batch = {0};
    bool row = false;

    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    if (row) {
        slice_t hash = outbox_column_blob(statement, 1);
        slice_t previous = outbox_column_blob(statement, 4);
        if (hash.len != DIGEST_LEN || previous.len != DIGEST_LEN) {
            return outbox_damaged(outbox, "a batch's hash", ret_fault);
        }
        batch.sequence = outbox_column_u64(statement, 0);
        memcpy(batch.hash, hash.text, DIGEST_LEN);
        memcpy(batch.previous, previous.text, DIGEST_LEN);
        batch.receipted = sqlite3_column_int(statement, 2) != 0;
        batch.event_count = (uint32_t)outbox_column_u64(statement, 3);
    }
    (void)sqlite3_reset(statement);
    *ret_batch = batch;
    return true;
}

#define BATCH_COLUMNS                                                                              \
    "SELECT sequence, hash, receipt IS NOT NULL, event_count, previous FROM batch "

bool outbox_head(struct outbox *outbox, struct outbox_batch *ret_batch, struct fault *ret_fault)
{
    static const char get[] = BATCH_COLUMNS "ORDER BY sequence DESC LIMIT 1";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);

    return statement != NULL && take_batch(outbox, statement, ret_batch, ret_fault);
}

bool outbox_last_receipted(struct outbox *outbox, struct outbox_batch *ret_batch,
                           struct fault *ret_fault)
{
    static const char get[] =
        BATCH_COLUMNS "WHERE receipt IS NOT NULL ORDER BY sequence DESC LIMIT 1";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);

    return statement != NULL && take_batch(outbox, statement, ret_batch, ret_fault);
}

bool outbox_find_batch(struct outbox *outbox, uint64_t sequence, struct outbox_batch *ret_batch,
                       struct fault *ret_fault)
{
    static const char get[] = BATCH_COLUMNS "WHERE sequence = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);

    if (statement == NULL) {
        return false;
    }
    if (sequence > INT64_MAX) {
        *ret_batch = (struct outbox_batch){0};
        return true;
    }
    outbox_bind_u64(statement, 1, sequence);
    return take_batch(outbox, statement, ret_batch, ret_fault);
}

bool outbox_next_batch(struct outbox *outbox, uint64_t after, struct outbox_batch *ret_batch,
                       struct fault *ret_fault)
{
    static const char get[] =
        BATCH_COLUMNS "WHERE receipt IS NULL AND sequence > ? ORDER BY sequence LIMIT 1";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, after);
    return take_batch(outbox, statement, ret_batch, ret_fault);
}

/* A batch being cut. */
struct cutting {
    uint8_t body[BATCH_BODY_LEN_MAX];
    size_t len;
    uint32_t count;
    int64_t ids[BATCH_EVENTS_MAX];
};

static bool gather(struct outbox *outbox, struct cutting *cutting, struct fault *ret_fault)
{
    static const char get[] = "SELECT id, bytes FROM event WHERE outcome = 0 AND sequence = 0"
                              " ORDER BY id LIMIT ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = true;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, BATCH_EVENTS_MAX);
    while (row) {
        if (!outbox_step(outbox, statement, &row, ret_fault)) {
            return false;
        }
        row = row && encode_batch_append(cutting->body, sizeof cutting->body, &cutting->len,
                                         outbox_column_blob(statement, 1));
        if (row) {
            cutting->ids[cutting->count++] = sqlite3_column_int64(statement, 0);
        }
    }
    (void)sqlite3_reset(statement);
    return true;
}

static bool assign(struct outbox *outbox, const struct cutting *cutting, uint64_t sequence,
                   struct fault *ret_fault)
{
    static const char put[] = "UPDATE event SET sequence = ?, position = ? WHERE id = ?";

    for (uint32_t i = 0; i < cutting->count; i++) {
        sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);
        if (statement == NULL) {
            return false;
        }
        outbox_bind_u64(statement, 1, sequence);
        outbox_bind_u64(statement, 2, i);
        outbox_bind_u64(statement, 3, (uint64_t)cutting->ids[i]);
        if (!outbox_run(outbox, statement, ret_fault)) {
            return false;
        }
    }
    return true;
}

static bool insert_batch(struct outbox *outbox, const struct outbox_batch *batch, slice_t body,
                         struct fault *ret_fault)
{
    static const char put[] = "INSERT INTO batch (sequence, hash, body, event_count, previous)"
                              " VALUES (?, ?, ?, ?, ?)";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, batch->sequence);
    outbox_bind_blob(statement, 2, batch->hash, DIGEST_LEN);
    outbox_bind_blob(statement, 3, body.text, body.len);
    outbox_bind_u64(statement, 4, batch->event_count);
    outbox_bind_blob(statement, 5, batch->previous, DIGEST_LEN);
    return outbox_run(outbox, statement, ret_fault);
}

bool outbox_cut_batch(struct outbox *outbox, const struct outbox_cut *cut,
                      struct outbox_batch *ret_batch, struct fault *ret_fault)
{
    static _Thread_local struct cutting cutting; /* large for a stack */
    const struct batch header = {
        .network = cut->network,
        .store = cut->store,
        .sequence = cut->sequence,
        .previous = cut->previous,
        .created_ms = cut->created_ms,
    };
    struct outbox_batch batch = {0};

    cutting.count = 0;
    cutting.len = encode_batch_header(&header, cutting.body, sizeof cutting.body);
    CHECK(cutting.len > 0);
    if (!gather(outbox, &cutting, ret_fault)) {
        return false;
    }
    if (cutting.count > 0) {
        batch.sequence = cut->sequence;
        batch.event_count = cutting.count;
        digest_sha256(cutting.body, cutting.len, batch.hash);
        memcpy(batch.previous, cut->previous, DIGEST_LEN);
        slice_t body = {(const char *)cutting.body, (uint32_t)cutting.len};
        if (!assign(outbox, &cutting, cut->sequence, ret_fault) ||
            !insert_batch(outbox, &batch, body, ret_fault)) {
            return false;
        }
    }
    *ret_batch = batch;
    return true;
}

bool outbox_read_body(struct outbox *outbox, uint64_t sequence, uint8_t *ret_body,
                      uint32_t *ret_len, struct fault *ret_fault)
{
    static const char get[] = "SELECT body FROM batch WHERE sequence = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, sequence);
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    slice_t body = row ? outbox_column_blob(statement, 0) : (slice_t){"", 0};
    if (body.len == 0 || body.len > BATCH_BODY_LEN_MAX) {
        return outbox_damaged(outbox, "a batch's body", ret_fault);
    }
    memcpy(ret_body, body.text, body.len);
    *ret_len = body.len;
    (void)sqlite3_reset(statement);
    return true;
}

bool outbox_add_signature(struct outbox *outbox, uint64_t sequence,
                          const struct outbox_signature *signature, struct fault *ret_fault)
{
    static const char put[] = "INSERT OR REPLACE INTO signature (sequence, key_id, signature)"
                              " VALUES (?, ?, ?)";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, sequence);
    outbox_bind_blob(statement, 2, signature->key_id, SIGN_KEY_ID_LEN);
    outbox_bind_blob(statement, 3, signature->signature, SIGN_SIGNATURE_LEN);
    return outbox_run(outbox, statement, ret_fault);
}

bool outbox_signatures(struct outbox *outbox, uint64_t sequence,
                       struct outbox_signature ret_signatures[OUTBOX_SIGNATURES_MAX],
                       uint32_t *ret_count, struct fault *ret_fault)
{
    static const char get[] = "SELECT key_id, signature FROM signature WHERE sequence = ?"
                              " ORDER BY id DESC LIMIT ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    uint32_t count = 0;
    bool row = true;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, sequence);
    outbox_bind_u64(statement, 2, OUTBOX_SIGNATURES_MAX);
    while (row) {
        if (!outbox_step(outbox, statement, &row, ret_fault)) {
            return false;
        }
        if (row) {
            slice_t key_id = outbox_column_blob(statement, 0);
            slice_t signature = outbox_column_blob(statement, 1);
            if (key_id.len != SIGN_KEY_ID_LEN || signature.len != SIGN_SIGNATURE_LEN) {
                return outbox_damaged(outbox, "a signature", ret_fault);
            }
            memcpy(ret_signatures[count].key_id, key_id.text, key_id.len);
            memcpy(ret_signatures[count].signature, signature.text, signature.len);
            count++;
        }
    }
    (void)sqlite3_reset(statement);
    *ret_count = count;
    return true;
}

static bool mark_events(struct outbox *outbox, const struct outbox_receipt *receipt,
                        struct fault *ret_fault)
{
    static const char put[] = "UPDATE event SET outcome = ?, reason = ?"
                              /* the second test lets SQLite see that the index will do */
                              " WHERE sequence = ? AND sequence > 0 AND position = ?";

    for (uint32_t i = 0; i < receipt->event_count; i++) {
        sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);
        if (statement == NULL) {
            return false;
        }
        outbox_bind_u64(statement, 1, receipt->outcomes[i]);
        outbox_bind_u64(statement, 2, receipt->reasons[i]);
        outbox_bind_u64(statement, 3, receipt->sequence);
        outbox_bind_u64(statement, 4, i);
        if (!outbox_run(outbox, statement, ret_fault)) {
            return false;
        }
    }
    return true;
}

bool outbox_mark(struct outbox *outbox, const struct outbox_receipt *receipt,
                 struct fault *ret_fault)
{
    static const char put[] = "UPDATE batch SET receipt = ?, record_index = ? WHERE sequence = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_blob(statement, 1, receipt->frame.text, receipt->frame.len);
    outbox_bind_u64(statement, 2, receipt->index);
    outbox_bind_u64(statement, 3, receipt->sequence);
    return outbox_run(outbox, statement, ret_fault) && mark_events(outbox, receipt, ret_fault);
}

/* Run a statement whose one parameter is a sequence. Out: *ret_count rows changed. */
static bool run_from(struct outbox *outbox, const char *text, uint64_t from, uint64_t *ret_count,
                     struct fault *ret_fault)
{
    sqlite3_stmt *statement = outbox_statement(outbox, text, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, from);
    if (!outbox_run(outbox, statement, ret_fault)) {
        return false;
    }
    *ret_count = (uint64_t)sqlite3_changes64(outbox->db);
    return true;
}

bool outbox_forget_receipts(struct outbox *outbox, uint64_t from, uint64_t *ret_count,
                            struct fault *ret_fault)
{
    static const char put[] = "UPDATE batch SET receipt = NULL, record_index = NULL"
                              " WHERE sequence >= ? AND receipt IS NOT NULL";

    return run_from(outbox, put, from, ret_count, ret_fault);
}

bool outbox_break_batches(struct outbox *outbox, uint64_t from, struct fault *ret_fault)
{
    static const char requeue[] = "UPDATE event SET sequence = 0, position = 0, outcome = 0,"
                                  " reason = 0 WHERE sequence > 0 AND sequence >= ?";
    static const char signatures[] = "DELETE FROM signature WHERE sequence >= ?";
    static const char batches[] = "DELETE FROM batch WHERE sequence >= ?";
    uint64_t count = 0;

    return run_from(outbox, requeue, from, &count, ret_fault) &&
           run_from(outbox, signatures, from, &count, ret_fault) &&
           run_from(outbox, batches, from, &count, ret_fault);
}
