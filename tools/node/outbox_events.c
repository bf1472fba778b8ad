/* The outbox's events. */
#include <string.h>

#include "clearing/facts/event.h"
#include "tools/node/outbox_inside.h"

/* The statements below say 1, 2 and 3; what is above is a refusal, but for 40. */
_Static_assert(OUTCOME_ACCEPTED == 1 && OUTCOME_WAITING == 2 && OUTCOME_DUPLICATE == 3 &&
                   OUTCOME_ACCEPTED_SHORT == 40,
               "as the statements have it");

static outcome_t column_outcome(sqlite3_stmt *statement, int column)
{
    uint64_t value = outbox_column_u64(statement, column);

    return value > UINT8_MAX ? OUTCOME_NONE : (outcome_t)value;
}

static void read_event(sqlite3_stmt *statement, struct outbox_event *event)
{
    event->id = sqlite3_column_int64(statement, 0);
    event->sequence = outbox_column_u64(statement, 1);
    event->outcome = column_outcome(statement, 2);
    event->reason = column_outcome(statement, 3);
}

bool outbox_find_same(struct outbox *outbox, slice_t terminal, uint64_t number, slice_t bytes,
                      struct outbox_event *ret_event, struct fault *ret_fault)
{
    static const char get[] = "SELECT id, sequence, outcome, reason FROM event"
                              " WHERE terminal = ? AND number = ? AND bytes = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, terminal);
    outbox_bind_u64(statement, 2, number);
    outbox_bind_blob(statement, 3, bytes.text, bytes.len);
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    *ret_event = (struct outbox_event){0};
    if (row) {
        read_event(statement, ret_event);
    }
    (void)sqlite3_reset(statement);
    return true;
}

bool outbox_find_number(struct outbox *outbox, slice_t terminal, uint64_t number,
                        struct outbox_event *ret_event, struct fault *ret_fault)
{
    static const char get[] = "SELECT id, sequence, outcome, reason FROM event"
                              " WHERE terminal = ? AND number = ?"
                              " ORDER BY outcome > 3 AND outcome <> 40, id DESC LIMIT 1";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, terminal);
    outbox_bind_u64(statement, 2, number);
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    *ret_event = (struct outbox_event){0};
    if (row) {
        read_event(statement, ret_event);
    }
    (void)sqlite3_reset(statement);
    return true;
}

bool outbox_withdraw(struct outbox *outbox, int64_t id, struct fault *ret_fault)
{
    static const char put[] = "DELETE FROM event WHERE id = ? AND outcome = 0 AND sequence = 0";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, (uint64_t)id);
    return outbox_run(outbox, statement, ret_fault);
}

bool outbox_pending(struct outbox *outbox, uint64_t *ret_count, int64_t *ret_since_s,
                    struct fault *ret_fault)
{
    static const char get[] =
        "SELECT count(*), coalesce((SELECT added FROM event WHERE outcome = 0 ORDER BY id LIMIT 1),"
        " 0) FROM event WHERE outcome = 0";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL || !outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    *ret_count = outbox_column_u64(statement, 0);
    *ret_since_s = sqlite3_column_int64(statement, 1);
    (void)sqlite3_reset(statement);
    return true;
}

static bool supersede(struct outbox *outbox, slice_t terminal, uint64_t number,
                      struct fault *ret_fault)
{
    static const char put[] = "UPDATE event SET superseded = 1"
                              " WHERE terminal = ? AND number = ? AND outcome > 2"
                              " AND outcome <> 40";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, terminal);
    outbox_bind_u64(statement, 2, number);
    return outbox_run(outbox, statement, ret_fault);
}

bool outbox_add_event(struct outbox *outbox, slice_t terminal, uint64_t number, slice_t bytes,
                      const struct outbox_source *source, struct outbox_event *ret_event,
                      struct fault *ret_fault)
{
    static const char put[] =
        "INSERT INTO event (terminal, number, bytes, file, line, superseded, added)"
        " VALUES (?, ?, ?, ?, ?, ?, unixepoch())";
    struct outbox_event event = {0};

    CHECK(number >= 1 && number <= NUMBER_MAX && bytes.len > 0);
    if (!outbox_find_same(outbox, terminal, number, bytes, &event, ret_fault)) {
        return false;
    }
    if (event.id == 0) {
        if (!supersede(outbox, terminal, number, ret_fault)) {
            return false;
        }
        sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);
        if (statement == NULL) {
            return false;
        }
        outbox_bind_text(statement, 1, terminal);
        outbox_bind_u64(statement, 2, number);
        outbox_bind_blob(statement, 3, bytes.text, bytes.len);
        outbox_bind_text(statement, 4, slice_of(source->file));
        outbox_bind_u64(statement, 5, source->line);
        outbox_bind_u64(statement, 6, source->ask ? 1 : 0);
        if (!outbox_run(outbox, statement, ret_fault)) {
            return false;
        }
        event.id = sqlite3_last_insert_rowid(outbox->db);
        event.fresh = true;
    }
    *ret_event = event;
    return true;
}

/* Out: *ret_number, 0 where the receipt has none. */
static bool find_number(struct outbox *outbox, slice_t terminal, slice_t receipt,
                        uint64_t *ret_number, struct fault *ret_fault)
{
    static const char get[] = "SELECT number FROM receipt_number"
                              " WHERE terminal = ? AND receipt = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, terminal);
    outbox_bind_text(statement, 2, receipt);
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    *ret_number = row ? outbox_column_u64(statement, 0) : 0;
    (void)sqlite3_reset(statement);
    return true;
}

static bool highest_number(struct outbox *outbox, slice_t terminal, uint64_t *ret_number,
                           struct fault *ret_fault)
{
    static const char get[] = "SELECT max("
                              "coalesce((SELECT max(number) FROM event WHERE terminal = ?1), 0), "
                              "coalesce((SELECT max(number) FROM receipt_number"
                              " WHERE terminal = ?1), 0))";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, terminal);
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    *ret_number = outbox_column_u64(statement, 0);
    (void)sqlite3_reset(statement);
    return true;
}

bool outbox_number(struct outbox *outbox, slice_t terminal, slice_t receipt, uint64_t *ret_number,
                   struct fault *ret_fault)
{
    static const char put[] = "INSERT INTO receipt_number VALUES (?, ?, ?)";
    uint64_t number = 0;

    if (!find_number(outbox, terminal, receipt, &number, ret_fault)) {
        return false;
    }
    if (number != 0) {
        *ret_number = number;
        return true;
    }
    if (!highest_number(outbox, terminal, &number, ret_fault)) {
        return false;
    }
    if (number >= NUMBER_MAX) {
        *ret_number = 0;
        return true;
    }
    number++;
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);
    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, terminal);
    outbox_bind_text(statement, 2, receipt);
    outbox_bind_u64(statement, 3, number);
    if (!outbox_run(outbox, statement, ret_fault)) {
        return false;
    }
    *ret_number = number;
    return true;
}

bool outbox_find_event(struct outbox *outbox, int64_t id, struct outbox_event *ret_event,
                       struct fault *ret_fault)
{
    static const char get[] = "SELECT sequence, outcome, reason FROM event WHERE id = ?";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    struct outbox_event event = {0};
    bool row = false;

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, (uint64_t)id);
    if (!outbox_step(outbox, statement, &row, ret_fault)) {
        return false;
    }
    if (row) {
        event.id = id;
        event.sequence = outbox_column_u64(statement, 0);
        event.outcome = column_outcome(statement, 1);
        event.reason = column_outcome(statement, 2);
    }
    (void)sqlite3_reset(statement);
    *ret_event = event;
    return true;
}

bool outbox_requeue_event(struct outbox *outbox, int64_t id, struct fault *ret_fault)
{
    static const char put[] = "UPDATE event SET sequence = 0, position = 0, outcome = 0,"
                              " reason = 0, superseded = 0 WHERE id = ? AND outcome > 0";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, (uint64_t)id);
    return outbox_run(outbox, statement, ret_fault);
}

bool outbox_settle_waiting(struct outbox *outbox, slice_t terminal, uint64_t number,
                           outcome_t outcome, outcome_t reason, struct fault *ret_fault)
{
    /* who says that it waits still need not say for what */
    static const char put[] = "UPDATE event SET outcome = ?1,"
                              " reason = iif(?1 = 2 AND ?2 = 0, reason, ?2)"
                              " WHERE terminal = ?3 AND number = ?4 AND outcome IN (2, 3)";
    sqlite3_stmt *statement = outbox_statement(outbox, put, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, (uint64_t)outcome);
    outbox_bind_u64(statement, 2, (uint64_t)reason);
    outbox_bind_text(statement, 3, terminal);
    outbox_bind_u64(statement, 4, number);
    return outbox_run(outbox, statement, ret_fault);
}

#define ENTRY_COLUMNS                                                                              \
    "SELECT id, terminal, number, sequence, outcome, reason, file, line, bytes, added FROM event"

static const char *list_text(enum outbox_list list)
{
    switch (list) {
    case OUTBOX_PENDING:
        return ENTRY_COLUMNS " WHERE outcome = 0 AND id > ? ORDER BY id LIMIT ?";
    case OUTBOX_WAITING:
        return ENTRY_COLUMNS " WHERE outcome > 1 AND outcome = 2 AND id > ? ORDER BY id LIMIT ?";
    case OUTBOX_UNSETTLED:
        return ENTRY_COLUMNS " WHERE outcome > 1 AND outcome <= 3 AND id > ? ORDER BY id LIMIT ?";
    case OUTBOX_REFUSED:
        return ENTRY_COLUMNS " WHERE outcome > 1 AND outcome > 3 AND outcome <> 40"
                             " AND superseded = 0 AND id > ? ORDER BY id LIMIT ?";
    }
    return NULL;
}

static void read_entry(sqlite3_stmt *statement, struct outbox_entry *entry)
{
    entry->id = sqlite3_column_int64(statement, 0);
    entry->terminal = outbox_column_text(statement, 1);
    entry->number = outbox_column_u64(statement, 2);
    entry->sequence = outbox_column_u64(statement, 3);
    entry->outcome = column_outcome(statement, 4);
    entry->reason = column_outcome(statement, 5);
    entry->file = outbox_column_text(statement, 6).text;
    entry->line = (uint32_t)outbox_column_u64(statement, 7);
    entry->bytes = outbox_column_blob(statement, 8);
    entry->added_s = sqlite3_column_int64(statement, 9);
}

static bool walk(struct outbox *outbox, sqlite3_stmt *statement, outbox_visit_t *visit,
                 void *context, struct fault *ret_fault)
{
    struct outbox_entry entry;
    bool row = false;

    do {
        if (!outbox_step(outbox, statement, &row, ret_fault)) {
            return false;
        }
        if (row) {
            read_entry(statement, &entry);
            row = visit(context, &entry);
        }
    } while (row);
    (void)sqlite3_reset(statement);
    return true;
}

bool outbox_walk(struct outbox *outbox, enum outbox_list list, int64_t after, uint32_t max,
                 outbox_visit_t *visit, void *context, struct fault *ret_fault)
{
    sqlite3_stmt *statement = outbox_statement(outbox, list_text(list), ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_u64(statement, 1, (uint64_t)after);
    outbox_bind_u64(statement, 2, max);
    return walk(outbox, statement, visit, context, ret_fault);
}

bool outbox_walk_file(struct outbox *outbox, const char *file, outbox_visit_t *visit, void *context,
                      struct fault *ret_fault)
{
    static const char get[] = ENTRY_COLUMNS
        " WHERE file = ?1 OR substr(file, -length(?1) - 1) = '/' || ?1 ORDER BY id";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);

    if (statement == NULL) {
        return false;
    }
    outbox_bind_text(statement, 1, slice_of(file));
    return walk(outbox, statement, visit, context, ret_fault);
}

static void add_count(struct outbox_counts *counts, outcome_t outcome, uint64_t count, bool sent)
{
    if (outcome == OUTCOME_NONE) {
        *(sent ? &counts->sent : &counts->queued) += count;
    } else if (outcome_accepted(outcome)) {
        counts->accepted += count;
    } else if (outcome == OUTCOME_WAITING) {
        counts->waiting += count;
    } else if (outcome == OUTCOME_DUPLICATE) {
        counts->duplicate += count;
    } else { /* every other outcome is a refusal, also those of a newer ledger */
        counts->refused += count;
    }
}

bool outbox_count(struct outbox *outbox, struct outbox_counts *ret_counts, struct fault *ret_fault)
{
    static const char get[] = "SELECT outcome, sequence > 0, count(*) FROM event"
                              " WHERE outcome <= 3 OR superseded = 0 GROUP BY 1, 2";
    sqlite3_stmt *statement = outbox_statement(outbox, get, ret_fault);
    struct outbox_counts counts = {0};
    bool row = true;

    if (statement == NULL) {
        return false;
    }
    while (row) {
        if (!outbox_step(outbox, statement, &row, ret_fault)) {
            return false;
        }
        if (row) {
            add_count(&counts, column_outcome(statement, 0), outbox_column_u64(statement, 2),
                      sqlite3_column_int(statement, 1) != 0);
        }
    }
    (void)sqlite3_reset(statement);
    *ret_counts = counts;
    return true;
}
