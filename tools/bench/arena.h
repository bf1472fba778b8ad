/* The arena of a bench: a data folder with an alliance of N stores, each with its approved keys,
 * as `init`, `join` and `key approve` would have made it. */
#ifndef TOOLS_BENCH_ARENA_H
#define TOOLS_BENCH_ARENA_H

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/crypto/sign.h"

#define ARENA_HQ   "HQ"
#define ARENA_FUND "FUND"

struct arena {
    const char *dir;
    uint32_t stores;
    uint8_t network[SIGN_NETWORK_LEN];
    uint8_t ledger_key[SIGN_PUBLIC_LEN];
    uint8_t gate_key[32]; /* CURVE, public */
    /* by store; its participant has the same code */
    code_t *codes;
    struct sign_key **keys;
    uint8_t (*curve_public)[32];
    uint8_t (*curve_secret)[32];
};

/* Make everything in an empty folder. Returns: false with ret_fault; either way arena_deinit. */
bool arena_make(struct arena *arena, const char *dir, uint32_t stores,
                 struct fault *ret_fault) MUST_USE;
void arena_deinit(struct arena *arena);

#endif
