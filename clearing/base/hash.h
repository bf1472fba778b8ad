/* Hashes for tables in memory: the same on every machine, because the order of the members' table
 * is part of the journal (sweeps). Not for anything that an adversary's figures are judged by. */
#ifndef CLEARING_BASE_HASH_H
#define CLEARING_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Eight bytes a step, each mixed in by a multiplication (FNV's shape with a wider step). */
static inline uint64_t hash_bytes(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325ULL ^ len;
    uint64_t word = 0;

    for (; len >= sizeof word; bytes += sizeof word, len -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 32;
    }
    word = 0;
    if (len > 0) {
        memcpy(&word, bytes, len);
    }
    return hash_u64((h ^ word) * 0x9e3779b97f4a7c15ULL);
}

#endif
