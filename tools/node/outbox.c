#include "tools/node/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/node/outbox_inside.h"

#define BUSY_MS 20000

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS event ("
    " id INTEGER PRIMARY KEY,"
    " terminal TEXT NOT NULL,"
    " number INTEGER NOT NULL,"
    " bytes BLOB NOT NULL,"
    " sequence INTEGER NOT NULL DEFAULT 0,"
    " position INTEGER NOT NULL DEFAULT 0,"
    " outcome INTEGER NOT NULL DEFAULT 0,"
    " reason INTEGER NOT NULL DEFAULT 0,"
    " superseded INTEGER NOT NULL DEFAULT 0,"
    " file TEXT NOT NULL,"
    " line INTEGER NOT NULL,"
    " added INTEGER NOT NULL DEFAULT 0);" /* seconds since 1970; 0: not known */
    "CREATE INDEX IF NOT EXISTS event_number ON event (terminal, number);"
    "CREATE INDEX IF NOT EXISTS event_batch ON event (sequence, position) WHERE sequence > 0;"
    "CREATE INDEX IF NOT EXISTS event_open ON event (id) WHERE outcome = 0;"
    "CREATE INDEX IF NOT EXISTS event_queue ON event (id) WHERE outcome = 0 AND sequence = 0;"
    "CREATE INDEX IF NOT EXISTS event_unsettled ON event (id) WHERE outcome > 1;"
    "CREATE TABLE IF NOT EXISTS receipt_number ("
    " terminal TEXT NOT NULL, receipt TEXT NOT NULL, number INTEGER NOT NULL,"
    " PRIMARY KEY (terminal, receipt)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS receipt_highest ON receipt_number (terminal, number);"
    "CREATE TABLE IF NOT EXISTS batch ("
    " sequence INTEGER PRIMARY KEY,"
    " hash BLOB NOT NULL,"
    " previous BLOB NOT NULL,"
    " body BLOB NOT NULL,"
    " event_count INTEGER NOT NULL,"
    " record_index INTEGER,"
    " receipt BLOB);"
    "CREATE INDEX IF NOT EXISTS batch_open ON batch (sequence) WHERE receipt IS NULL;"
    "CREATE TABLE IF NOT EXISTS signature ("
    " id INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, key_id BLOB NOT NULL,"
    " signature BLOB NOT NULL, UNIQUE (sequence, key_id));"
    "CREATE TABLE IF NOT EXISTS place ("
    " file TEXT PRIMARY KEY, offset INTEGER NOT NULL, line INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO meta VALUES ('format', 1);";

bool outbox_fault(struct outbox *outbox, struct fault *ret_fault)
{
    int code = sqlite3_extended_errcode(outbox->db);
    int category = code & 0xff;

    if (category == SQLITE_BUSY) {
        return fault_set(ret_fault, FAULT_IO,
                         "%s: another program has held the outbox for too long", outbox->path);
    }
    return fault_set(ret_fault, FAULT_IO, "%s: %s (%d)", outbox->path, sqlite3_errmsg(outbox->db),
                     code);
}

bool outbox_damaged(struct outbox *outbox, const char *what, struct fault *ret_fault)
{
    return fault_set(ret_fault, FAULT_STORE, "%s: %s: the file is damaged", outbox->path, what);
}

sqlite3_stmt *outbox_statement(struct outbox *outbox, const char *text, struct fault *ret_fault)
{
    sqlite3_stmt *statement = NULL;

    for (uint32_t i = 0; i < outbox->statement_count; i++) {
        if (outbox->texts[i] == text) {
            (void)sqlite3_reset(outbox->statements[i]);
            (void)sqlite3_clear_bindings(outbox->statements[i]);
            return outbox->statements[i];
        }
    }
    CHECK(outbox->statement_count < OUTBOX_STATEMENTS_MAX);
    if (sqlite3_prepare_v3(outbox->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK) {
        (void)outbox_fault(outbox, ret_fault);
        return NULL;
    }
    outbox->texts[outbox->statement_count] = text;
    outbox->statements[outbox->statement_count++] = statement;
    return statement;
}

void outbox_bind_u64(sqlite3_stmt *statement, int place, uint64_t value)
{
    CHECK(value <= INT64_MAX);
    CHECK(sqlite3_bind_int64(statement, place, (int64_t)value) == SQLITE_OK);
}

void outbox_bind_text(sqlite3_stmt *statement, int place, slice_t text)
{
    CHECK(sqlite3_bind_text(statement, place, text.text, (int)text.len, SQLITE_STATIC) ==
          SQLITE_OK);
}

void outbox_bind_blob(sqlite3_stmt *statement, int place, const void *bytes, size_t len)
{
    CHECK(sqlite3_bind_blob64(statement, place, bytes, len, SQLITE_STATIC) == SQLITE_OK);
}

bool outbox_step(struct outbox *outbox, sqlite3_stmt *statement, bool *ret_row,
                 struct fault *ret_fault)
{
    int code = sqlite3_step(statement);

    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return outbox_fault(outbox, ret_fault);
    }
    *ret_row = code == SQLITE_ROW;
    return true;
}

bool outbox_run(struct outbox *outbox, sqlite3_stmt *statement, struct fault *ret_fault)
{
    bool row = false;

    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    (void)sqlite3_reset(statement);
    return true;
}

uint64_t outbox_column_u64(sqlite3_stmt *statement, int column)
{
    int64_t value = sqlite3_column_int64(statement, column);

    return value < 0 ? 0 : (uint64_t)value;
}

slice_t outbox_column_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);

    return text == NULL ? (slice_t){"", 0}
                        : (slice_t){text, (uint32_t)sqlite3_column_bytes(statement, column)};
}

slice_t outbox_column_blob(sqlite3_stmt *statement, int column)
{
    const char *bytes = sqlite3_column_blob(statement, column);

    return bytes == NULL ? (slice_t){"", 0}
                         : (slice_t){bytes, (uint32_t)sqlite3_column_bytes(statement, column)};
}

static bool run_text(struct outbox *outbox, const char *text, struct fault *ret_fault)
{
    return sqlite3_exec(outbox->db, text, NULL, NULL, NULL) == SQLITE_OK ||
           outbox_fault(outbox, ret_fault);
}


/* SQLite takes this between transactions only. */
static bool set_light(struct outbox *outbox, bool light, struct fault *ret_fault)
{
    const char *text = light ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL";

    if (outbox->light != light && !run_text(outbox, text, ret_fault)) {
        return false;
    }
    outbox->light = light;
    return true;
}

bool outbox_begin(struct outbox *outbox, struct fault *ret_fault)
{
    return set_light(outbox, false, ret_fault) && run_text(outbox, "BEGIN IMMEDIATE", ret_fault);
}

bool outbox_begin_light(struct outbox *outbox, struct fault *ret_fault)
{
    return set_light(outbox, true, ret_fault) && run_text(outbox, "BEGIN IMMEDIATE", ret_fault);
}

bool outbox_commit(struct outbox *outbox, struct fault *ret_fault)
{
    for (uint32_t i = 0; i < outbox->statement_count; i++) {
        (void)sqlite3_reset(outbox->statements[i]);
    }
    if (!run_text(outbox, "COMMIT", ret_fault)) {
        outbox_rollback(outbox);
        return false;
    }
    return true;
}

void outbox_rollback(struct outbox *outbox)
{
    if (sqlite3_get_autocommit(outbox->db) == 0) {
        (void)sqlite3_exec(outbox->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* The value of a key is written once and must be the same at every later start. */
static bool claim_meta(struct outbox *outbox, const char *key, slice_t value,
                       struct fault *ret_fault)
{
    static const char put[] = "INSERT OR IGNORE INTO meta VALUES (?, ?)";
    static const char get[] = "SELECT value FROM meta WHERE key = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, slice_of(key));
    outbox_bind_blob(statement, 2, value.text, value.len);
    if (!outbox_run(outbox, statement, ret_fault)) {
        return false;
    }
    statement = outbox_statement(outbox, get, ret_fault);
    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, slice_of(key));
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    if (!row || !slice_equal(outbox_column_blob(statement, 0), value)) {
        return fault_set(ret_fault, FAULT_STORE, "%s is the outbox of another %s", outbox->path,
                         key);
    }
    (void)sqlite3_reset(statement);
    return true;
}

/* A later format would be read wrongly. */
static bool check_format(struct outbox *outbox, struct fault *ret_fault)
{
    static const char get[] = "SELECT value FROM meta WHERE key = 'format'";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL || !outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    if (!row || outbox_column_u64(statement, 0) != 1) {
        return fault_set(ret_fault, FAULT_STORE, "%s: a newer AllClear made this outbox",
                         outbox->path);
    }
    (void)sqlite3_reset(statement);
    return true;
}

/* Outboxes of before this column are given it. */
static bool add_column(struct outbox *outbox, struct fault *ret_fault)
{
    static const char get[] = "SELECT 1 FROM pragma_table_info('event') WHERE name = 'added'";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL || !outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    (void)sqlite3_reset(statement);
    return row || run_text(outbox, "ALTER TABLE event ADD COLUMN added INTEGER NOT NULL DEFAULT 0",
                           ret_fault);
}

static bool set_up(struct outbox *outbox, const uint8_t network[SIGN_NETWORK_LEN], slice_t store,
                   struct fault *ret_fault)
{
    (void)sqlite3_busy_timeout(outbox->db, BUSY_MS);
    if (!run_text(outbox, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", ret_fault) ||
        !outbox_begin(outbox, ret_fault)) {
        return false;
    }
    return run_text(outbox, schema, ret_fault) && check_format(outbox, ret_fault) &&
           add_column(outbox, ret_fault) &&
           claim_meta(outbox, "network", (slice_t){(const char *)network, SIGN_NETWORK_LEN},
                      ret_fault) &&
           claim_meta(outbox, "store", store, ret_fault) && outbox_commit(outbox, ret_fault);
}

struct outbox *outbox_open(const char *path, const uint8_t network[SIGN_NETWORK_LEN], slice_t store,
                           struct fault *ret_fault)
{
    struct outbox *outbox = memory_zeroed(1, sizeof *outbox);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

    outbox->path = strdup(path);
    CHECK(outbox->path != NULL);
    if (sqlite3_open_v2(path, &outbox->db, flags, NULL) != SQLITE_OK) {
        CHECK(outbox->db != NULL);
        (void)outbox_fault(outbox, ret_fault);
        outbox_close(outbox);
        return NULL;
    }
    if (!set_up(outbox, network, store, ret_fault)) {
        outbox_close(outbox);
        return NULL;
    }
    return outbox;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox == NULL) {
        return;
    }
    for (uint32_t i = 0; i < outbox->statement_count; i++) {
        (void)sqlite3_finalize(outbox->statements[i]);
    }
    outbox_rollback(outbox);
    (void)sqlite3_close(outbox->db);
    free(outbox->path);
    free(outbox);
}

bool outbox_find_place(struct outbox *outbox, const char *file, struct outbox_place *ret_place,
                       struct fault *ret_fault)
{
    static const char get[] = "SELECT offset, line FROM place WHERE file = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    struct outbox_place place = {0};
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, slice_of(file));
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    if (row) {
        place.offset = outbox_column_u64(statement, 0);
        place.line = (uint32_t)outbox_column_u64(statement, 1);
    }
    (void)sqlite3_reset(statement);
    *ret_place = place;
    return true;
}

bool outbox_set_place(struct outbox *outbox, const char *file, const struct outbox_place *place,
                      struct fault *ret_fault)
{
    static const char put[] = "INSERT OR REPLACE INTO place VALUES (?, ?, ?)";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, slice_of(file));
    outbox_bind_u64(statement, 2, place->offset);
    outbox_bind_u64(statement, 3, place->line);
    return outbox_run(outbox, statement, ret_fault);
}

bool outbox_checkpoint(struct outbox *outbox, uint8_t ret_bytes[OUTBOX_CHECKPOINT_MAX],
                       uint32_t *ret_len, struct fault *ret_fault)
{
    static const char get[] = "SELECT value FROM meta WHERE key = 'checkpoint'";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    slice_t bytes = {"", 0};
    bool row = false;

    if (statement == NULL || !outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    if (row) {
        bytes = outbox_column_blob(statement, 0);
    }
    if (bytes.len > OUTBOX_CHECKPOINT_MAX) {
        return outbox_damaged(outbox, "checkpoint", ret_fault);
    }
    memcpy(ret_bytes, bytes.text, bytes.len);
    *ret_len = bytes.len;
    (void)sqlite3_reset(statement);
    return true;
}

bool outbox_set_checkpoint(struct outbox *outbox, slice_t bytes, struct fault *ret_fault)
{
    static const char put[] = "INSERT OR REPLACE INTO meta VALUES ('checkpoint', ?)";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    CHECK(bytes.len <= OUTBOX_CHECKPOINT_MAX);
    if (statement == NULL) {
        return false;
    }
    outbox_bind_blob(statement, 1, bytes.text, bytes.len);
    return outbox_run(outbox, statement, ret_fault);
}
