/* Inside of a struct journal, for this folder only: everyone else sees journal.h. */
#ifndef CLEARING_JOURNAL_INSIDE_H
#define CLEARING_JOURNAL_INSIDE_H

#include "clearing/journal/journal.h"
#include "clearing/journal/store.h"
#include "clearing/journal/tiles.h"

struct journal {
    struct store *store;
    struct store_view *view; /* of the journal's own thread */
    struct tiles *tiles;
    uint64_t size; /* durable records; the tiles may be ahead of it within a submit */
    uint64_t epoch;
    uint8_t network[SIGN_NETWORK_LEN];
    bool read_only;

    bool under_way;
    enum journal_outcome outcome; /* of the group under way */
    struct fault fault;           /* and why; also what the tiles' callbacks met */
};

#endif
