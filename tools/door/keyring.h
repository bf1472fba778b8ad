/* The keyring: the tokens of all stores behind one door. It follows the stores' lists of tills, so
 * that a token that is taken back stops to work within KEYRING_LOOK_MS. One thread. */
#ifndef TOOLS_DOOR_KEYRING_H
#define TOOLS_DOOR_KEYRING_H

#include "clearing/base/bucket.h"
#include "tools/door/tills.h"

#define KEYRING_LOOK_MS 500

struct keyring_entry {
    uint8_t hash[DIGEST_LEN];
    code_t terminal;
    uint32_t store; /* its place in dirs */
    struct bucket bucket;
};

struct keyring {
    const char **dirs; /* owned list of the caller's texts */
    struct tills_stamp *stamps;
    uint32_t dir_count;
    struct keyring_entry *entries; /* by hash */
    uint32_t count;
    uint32_t capacity;
    int64_t look_ms; /* when to look next */
    bool unreadable; /* a list was, when it was last looked at */
};

/* Begin with these folders, whose names live as long. Returns: false with ret_fault set when a list
 * cannot be read. */
bool keyring_init(struct keyring *keyring, const char *const *dirs, uint32_t count,
                  struct fault *ret_fault) MUST_USE;
void keyring_deinit(struct keyring *keyring);

/* Look whether a list has changed, when it is time. A list that cannot be read leaves all as it is.
 * Returns: false with ret_fault set when that is news. */
bool keyring_look(struct keyring *keyring, int64_t now_ms, struct fault *ret_fault) MUST_USE;

/* Returns: whose token has this hash, NULL: nobody's. Valid until the next keyring_look. */
struct keyring_entry *keyring_find(const struct keyring *keyring, const uint8_t hash[DIGEST_LEN]);

#endif
