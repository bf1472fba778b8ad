/* Keys: the allow-list of CURVE public keys, with the store of each and what store and key have
 * taken of their shares. A new list comes in parts and replaces the old one as a whole. One thread.
 * Pointers into the list are valid until keys_end. */
#ifndef DAEMON_GATE_KEYS_H
#define DAEMON_GATE_KEYS_H

#include "clearing/base/bucket.h"
#include "clearing/base/code.h"
#include "daemon/link.h"

struct key_entry {
    uint8_t curve[LINK_KEY_LEN];
    uint32_t store;       /* number in keys.stores */
    uint16_t connections; /* that have sent a frame */
    bool invite;
    bool used; /* the place is taken */
    struct bucket handshakes;
};

struct key_share {
    struct bucket frames;
    struct bucket bytes;
    struct bucket invites;
};

struct key_list {
    struct key_entry *entries;
    uint32_t mask; /* capacity - 1; 0 with entries == NULL */
    uint32_t count;
};

/* Zeroed memory is an empty list, in which nobody is allowed. */
struct keys {
    struct key_list list;
    struct key_list coming; /* between keys_begin and keys_end */
    bool open;              /* likewise */
    bool complete;          /* there has been a list */
    struct code_index stores;
    struct key_share *shares; /* by store */
    uint32_t share_capacity;
};

void keys_deinit(struct keys *keys);

/* Begin a new list; one that was begun before is dropped. */
void keys_begin(struct keys *keys);

/* Add a key to the new list.
 * Returns: false when no list was begun, the key is in it already, or it has GATE_KEYS_MAX. */
bool keys_add(struct keys *keys, const struct link_key *key) MUST_USE;

/* Put the new list in place of the old one; connections are counted from 0 again.
 * Returns: false when none was begun. */
bool keys_end(struct keys *keys) MUST_USE;

/* Returns: the key's entry; NULL when it is not allowed. */
struct key_entry *keys_find(const struct keys *keys, const uint8_t *curve);

/* The store's code and share of an entry of keys_find. */
const code_t *keys_store(const struct keys *keys, const struct key_entry *entry);
struct key_share *keys_share(const struct keys *keys, const struct key_entry *entry);

#endif
