/* Hashes for tables in memory: the same on every machine, because the order of the members' table
 * is part of the journal (sweeps). Not for anything that an adversary's figures are judged by. */
#ifndef CLEARING_BASE_HASH_H
#define CLEARING_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* A bijection on 64 bits whose output bits all depend on all input bits (murmur3's finaliser). */
static inline uint64_t hash_u64(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    x ^= x >> 33;
    return x;
}

/* FNV-1a with a final mix. */
static inline uint64_t hash_bytes(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325ULL;

    for (size_t i = 0; i < len; i++) {
        h = (h ^ (uint8_t)bytes[i]) * 0x100000001b3ULL;
    }
    return hash_u64(h);
}

#endif
