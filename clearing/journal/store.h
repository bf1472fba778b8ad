/* The store: the one door to LMDB. Three tables of byte strings in one environment, written by
 * whole transactions that are on the disk when they are committed, read by short views.
 *
 * What LMDB does not promise is kept here: any failed write or commit makes the store refuse all
 * later calls (the outcome is unknown until it is opened again), a file cut short is found before
 * it is touched, and only one process or handle at a time may write. */
#ifndef CLEARING_JOURNAL_STORE_H
#define CLEARING_JOURNAL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"

/* Address space, not memory or disk: the file grows by use. */
#define STORE_MAP_SIZE ((uint64_t)256 << 30)

enum store_table {
    STORE_RECORDS, /* keys only grow */
    STORE_TILES,   /* never overwritten */
    STORE_META,    /* overwritten in place */
    STORE_TABLE_COUNT
};

struct store_options {
    const char *dir;   /* holds data.mdb and lock.mdb */
    uint64_t map_size; /* 0: STORE_MAP_SIZE */
    bool create;       /* make a new one; refused where there is one */
    bool read_only;    /* for copies at rest; several may read */
};

/* Created by one thread; writes by one thread at a time; views by any. */
struct store;

/* Open or make a store and lock it for this handle.
 * Returns: NULL with ret_fault set; the caller closes it with store_close. */
struct store *store_open(const struct store_options *options, struct fault *ret_fault);

/* Give up what is not committed, and close. All views were freed before. Accepts NULL. */
void store_close(struct store *store);

/* Returns: what the operator should know about where the store lies, "" for nothing. Lives as
 * long as the store. */
const char *store_warning(const struct store *store);

enum store_place {
    STORE_PLACE_GOOD,
    STORE_PLACE_VOLATILE, /* loses or hides data in ways that people should know about */
    STORE_PLACE_REMOTE,   /* locks and maps are not to be trusted: refused */
};

/* Judge a file system by its statfs f_type. Out: ret_name, its name where it is not good. */
enum store_place store_judge_place(uint64_t type, const char **ret_name);

/* Begin the write transaction; there is none open. */
MUST_USE bool store_begin(struct store *store, struct fault *ret_fault);

/* Write one value, in parts, into the open transaction. A key of STORE_RECORDS that is not above
 * all others, or one of STORE_TILES that is there, is a fault. */
MUST_USE bool store_put(struct store *store,
                        enum store_table table,
                        slice_t key,
                        const slice_t *parts,
                        size_t count,
                        struct fault *ret_fault);

enum store_found { STORE_FOUND, STORE_ABSENT, STORE_FAILED };

/* Read within the open transaction. Out: ret_value, valid until the next put or the commit. */
MUST_USE enum store_found store_get(struct store *store,
                                    enum store_table table,
                                    slice_t key,
                                    slice_t *ret_value,
                                    struct fault *ret_fault);

/* Commit: true means on the disk. false means unknown, for ever: every later call fails. */
MUST_USE bool store_commit(struct store *store, struct fault *ret_fault);

/* Give the open transaction up. Nothing of it was written. */
void store_abort(struct store *store);

/* Copy what is committed into a folder that exists and has no data.mdb, while writing goes on:
 * after true the copy is whole and on the disk under its name, after false there is none. Any
 * thread. */
MUST_USE bool store_copy(struct store *store, const char *dir, struct fault *ret_fault);

/* A view reads what was committed when it began. Views begin, read and end within milliseconds,
 * because pages cannot be used again while they are seen. One thread at a time each. */
struct store_view;
struct store_view *store_view_new(struct store *store); /* the caller frees */
void store_view_free(struct store_view *view);          /* accepts NULL */
MUST_USE bool store_view_begin(struct store_view *view, struct fault *ret_fault);
void store_view_end(struct store_view *view);

/* Out: ret_value, valid until store_view_end. */
MUST_USE enum store_found store_view_get(struct store_view *view,
                                         enum store_table table,
                                         slice_t key,
                                         slice_t *ret_value,
                                         struct fault *ret_fault);

/* The greatest key of a table. Out: ret_key, valid until store_view_end. */
MUST_USE enum store_found store_view_last(struct store_view *view,
                                          enum store_table table,
                                          slice_t *ret_key,
                                          struct fault *ret_fault);

/* How many keys a table has. */
MUST_USE bool store_view_count(struct store_view *view,
                               enum store_table table,
                               uint64_t *ret_count,
                               struct fault *ret_fault);

#endif
