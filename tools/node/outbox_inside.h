/* Inside of a struct outbox, for outbox*.c only. */
#ifndef TOOLS_NODE_OUTBOX_INSIDE_H
#define TOOLS_NODE_OUTBOX_INSIDE_H

#include <sqlite3.h>

#include "tools/node/outbox.h"

#define OUTBOX_STATEMENTS_MAX 64

struct outbox {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[OUTBOX_STATEMENTS_MAX]; /* prepared at first use */
    const char *texts[OUTBOX_STATEMENTS_MAX];        /* whose they are: compared by address */
    uint32_t statement_count;
    bool light; /* in a transaction of outbox_begin_light */
    uint8_t scratch[EVENT_BYTES_MAX];
};

/* The statement of a text (a static string), reset and without bindings.
 * Returns: NULL with ret_fault set. */
sqlite3_stmt *outbox_statement(struct outbox *outbox, const char *text, struct fault *ret_fault);

/* Bind by place, from 1. The bytes live until the statement is reset. */
void outbox_bind_u64(sqlite3_stmt *statement, int place, uint64_t value);
void outbox_bind_text(sqlite3_stmt *statement, int place, slice_t text);
void outbox_bind_blob(sqlite3_stmt *statement, int place, const void *bytes, size_t len);

/* Step once. Out: *ret_row: is there a row? Returns: false with ret_fault set. */
bool outbox_step(struct outbox *outbox, sqlite3_stmt *statement, bool *ret_row,
                 struct fault *ret_fault) MUST_USE;

/* Step a statement without rows to its end. */
bool outbox_run(struct outbox *outbox, sqlite3_stmt *statement, struct fault *ret_fault) MUST_USE;

uint64_t outbox_column_u64(sqlite3_stmt *statement, int column);
slice_t outbox_column_text(sqlite3_stmt *statement, int column);
/* The bytes of a blob. */
slice_t outbox_column_blob(sqlite3_stmt *statement, int column);

/* Set ret_fault from the database's last error. Returns: false. */
bool outbox_fault(struct outbox *outbox, struct fault *ret_fault);

/* A value that the file should not hold. Returns: false. */
bool outbox_damaged(struct outbox *outbox, const char *what, struct fault *ret_fault);

#endif
