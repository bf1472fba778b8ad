/* Tills: which tills of a store may come in through the door. DIR/tills.json keeps for each the
 * terminal that it speaks for and the hash of its token, never the token:
 *
 *     {"format":"allclear-tills/1",
 *      "tills":[{"terminal":"1","token_sha256":"<64 hex>","added":"2026-03-01T08:00:00Z"}]}
 *
 * A token is 32 random bytes in hex, so a plain hash of it cannot be turned back. */
#ifndef TOOLS_DOOR_TILLS_H
#define TOOLS_DOOR_TILLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/digest.h"

#define TILLS_TOKEN_LEN 64
#define TILLS_MAX       10000 /* of a store */
#define TILLS_ADDED_MAX 32

struct till {
    code_t terminal;
    uint8_t hash[DIGEST_LEN];
    char added[TILLS_ADDED_MAX + 1];
};

struct tills {
    struct till *list; /* in the order in which they were added */
    uint32_t count;
    uint32_t capacity;
};

/* Read a folder's tills; none where there is no file. The caller calls tills_deinit.
 * Returns: false with ret_fault set, which names the file; *ret_tills is untouched. */
bool tills_read(const char *dir, struct tills *ret_tills, struct fault *ret_fault) MUST_USE;
void tills_deinit(struct tills *tills);

/* Add a till, on the disk before this returns. Out: ret_token, for whoever sets the till up.
 * Returns: false with ret_fault set, also when the terminal has a token already. */
bool tills_add(const char *dir, slice_t terminal, char ret_token[TILLS_TOKEN_LEN + 1],
               struct fault *ret_fault) MUST_USE;

/* Take a terminal's token back. Returns: false with ret_fault set, also when it has none. */
bool tills_revoke(const char *dir, slice_t terminal, struct fault *ret_fault) MUST_USE;

/* Let a terminal's token speak for another terminal from now on: a till whose numbers began again.
 * Returns: false with ret_fault set, also when `from` has no token or `to` has one. */
bool tills_renumber(const char *dir, slice_t from, slice_t to, struct fault *ret_fault) MUST_USE;

/* Returns: false when the text is not in the form of a token. */
bool tills_hash(const char *token, uint8_t ret_hash[DIGEST_LEN]) MUST_USE;

/* What tells one state of the file from another: it is replaced whole. Zeros: there is none. */
struct tills_stamp {
    ino_t inode;
    int64_t changed_ns;
};
struct tills_stamp tills_stamp(const char *dir);

#endif
