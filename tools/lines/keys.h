/* Keys: the event contract's keys as tables, for the reader and the printer of lines alike. */
#ifndef TOOLS_LINES_KEYS_H
#define TOOLS_LINES_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/facts/calendar.h"
#include "clearing/facts/event.h"

typedef enum {
    KEY_CODE,    /* slice_t */
    KEY_TEXT,    /* slice_t */
    KEY_INTEGER, /* int64_t */
    KEY_NUMBER,  /* uint64_t, 0: absent */
    KEY_COUNT,   /* uint64_t, 0 is a value */
    KEY_MEMBER,  /* uint64_t, 0: absent; a string of digits */
    KEY_INSTANT, /* int64_t, milliseconds */
    KEY_REF,     /* struct event_ref */
    KEY_NAME,    /* an enum as one of `names`, 0: absent */
    KEY_BOOL,    /* bool, false: absent */
    KEY_LIST,    /* objects as `list` says */
    KEY_SUMS,    /* an object of amounts by name: the event's sums */
} key_kind_t;

/* A name of the contract whose meaning is not built yet. */
#define KEY_LATER (-1)

struct key_name {
    const char *name; /* NULL ends the list */
    int number;
};

struct key;

struct key_list {
    size_t count_offset; /* of the uint32_t number of entries */
    size_t size;         /* of an entry */
    uint32_t max;
    const struct key *const *tables;          /* keys of an entry, NULL ends the list */
    const struct key *const *const *by_means; /* instead: by the number of `with` */
};

struct key {
    const char *name; /* NULL ends the table */
    key_kind_t kind;
    bool required;
    size_t offset;  /* of the value in struct event or in the entry */
    uint32_t limit; /* KEY_TEXT: bytes */
    const struct key_name *names;
    const struct key_list *list;
};

/* Keys of every event; the first is `type`. */
extern const struct key keys_common[];
/* The first key of every pay line: `with`. */
extern const struct key keys_with[];

/* Returns: the tables of a type's keys, common ones first, NULL at the end. */
const struct key *const *keys_of_type(event_type_t type);

#endif
