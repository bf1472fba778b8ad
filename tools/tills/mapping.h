/* A mapping: how one make of till writes its receipts into a CSV file, and what they mean as events
 * of the contract. Every key of the file is specified in deploy/tills/README.md. */
#ifndef TOOLS_TILLS_MAPPING_H
#define TOOLS_TILLS_MAPPING_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/facts/event.h"
#include "tools/alliance/tree.h"
#include "tools/lines/keys.h"

#define MAPPING_LEN_MAX     (1024 * 1024)
#define MAPPING_COLUMNS_MAX 128
#define MAPPING_TIMES_MAX   8
#define MAPPING_JOINED_MAX  3
#define MAPPING_SKIP_MAX    16

typedef enum {
    CODING_UTF8 = 0,
    CODING_GB18030 = 1,
} coding_t;

typedef enum {
    UNIT_YUAN = 0,
    UNIT_FEN = 1,
} unit_t;

/* What a row must have in one column. */
struct condition {
    uint32_t column;       /* of the mapping */
    bool empty;            /* without values: is the cell empty, or is it filled? */
    const slice_t *values; /* one of these; NULL: none given */
    uint32_t value_count;
};

struct conditions { /* all must hold; none: every row */
    const struct condition *list;
    uint32_t count;
};

/* A value of a column and what it means. */
struct meaning {
    slice_t cell;
    slice_t value;
};

/* Where a key of an event or of an entry of one of its lists comes from. */
struct field {
    const struct key *key;
    struct conditions when;               /* the rows to look at */
    uint32_t columns[MAPPING_JOINED_MAX]; /* of the mapping; joined by a space */
    uint32_t column_count;                /* 0: always `value` */
    slice_t value;
    slice_t prefix;
    const struct meaning *meanings; /* NULL: the cell as it is */
    uint32_t meaning_count;
    unit_t unit;   /* of amounts */
    bool negated;  /* the till writes it below zero */
    bool sum;      /* over all rows to look at */
    bool required; /* the cell must be filled although the contract does not ask for it */
};

/* An entry of a list: one for every row that meets its conditions. */
struct entry {
    const struct key *key; /* of the list */
    struct conditions when;
    const struct field *fields;
    uint32_t field_count;
};

/* What becomes an event of one type. */
struct making_rule {
    event_type_t type;
    struct conditions when;     /* of a receipt's first row */
    const struct field *fields; /* `common` included */
    uint32_t field_count;
    const struct entry *entries;
    uint32_t entry_count;
};

struct mapping {
    coding_t coding;
    char separator;
    bool header;
    bool trim;
    uint32_t skip_lines;
    uint32_t cells; /* of a row; 0: as many as the header has */
    int32_t zone_min;
    unit_t unit;
    slice_t times[MAPPING_TIMES_MAX];
    uint32_t time_count;
    slice_t columns[MAPPING_COLUMNS_MAX]; /* by their name in the header, or by their letters */
    uint32_t column_count;
    struct conditions skip;             /* a row that meets any of these is passed over */
    uint32_t group[MAPPING_JOINED_MAX]; /* rows that are equal here are one receipt */
    uint32_t group_count;               /* 0: each row is one */
    const struct field *common;
    uint32_t common_count;
    const struct making_rule *rules;
    uint32_t rule_count;

    struct source source; /* owned, as all below: texts point into them */
    struct tree tree;
    void **blocks;
    uint32_t block_count;
    uint32_t block_capacity;
};

/* Read a mapping file. Returns: NULL after complaints, which are sorted. The caller frees. */
struct mapping *mapping_read(const char *path, struct complaints *complaints);
void mapping_free(struct mapping *mapping); /* accepts NULL */

#endif
