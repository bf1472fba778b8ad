/* A view: the ledger of a folder at rest (a backup, or a data folder without a daemon) read again
 * from its first record. Nothing is believed: every record's hash, the Merkle root, the
 * checkpoint's signature and every result are compared. Nothing is written. One thread. */
#ifndef TOOLS_HQ_VIEW_H
#define TOOLS_HQ_VIEW_H

#include "clearing/book/book.h"
#include "clearing/journal/journal.h"
#include "tools/hq/home.h"

struct view_options {
    const char *dir;
    bool signatures; /* verify those of the stores' batches, too */
    /* Told now and then, and at the end; may be NULL. */
    void (*progress)(void *context, uint64_t records, uint64_t of, uint64_t events);
    /* Told of each closed cycle (struct book's on_close); may be NULL. */
    void (*on_close)(void *context, const struct cycle *cycle, const struct report *report);
    void *context;
    struct book_listener listener; /* of the book, with a context of its own */
};

struct view {
    struct book book;
    struct journal *journal;
    struct journal_reader *fetches; /* of the book */
    struct checkpoint checkpoint;
    uint8_t root[MERKLE_HASH_LEN];  /* of all records */
    uint64_t records;
    uint64_t events; /* in batches */
};

/* Can the folder be read at all: is there a journal, and does nobody write it?
 * Returns: false with ret_fault: nothing is said about what it holds. */
bool view_ready(const char *dir, struct fault *ret_fault) MUST_USE;

/* Read it. Returns: NULL with ret_fault, which names the record where one is to blame: what the
 * folder holds is not what its ledger signed or the rules give. The caller closes. */
struct view *view_open(const struct view_options *options, struct fault *ret_fault);
void view_close(struct view *view); /* accepts NULL */

/* A record of the view by its index, as a record_source's fetch: the view is the context. */
slice_t view_fetch(void *view, uint64_t index);

#endif
