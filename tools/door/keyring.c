#include "tools/door/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

static int by_hash(const void *a, const void *b)
{
    const struct keyring_entry *one = a;
    const struct keyring_entry *other = b;

    return memcmp(one->hash, other->hash, DIGEST_LEN);
}

/* The stamps are taken before the lists are read: a change meanwhile is seen the next time. */
static bool read_all(struct keyring *keyring, struct fault *ret_fault)
{
    struct keyring_entry *entries = NULL;
    uint32_t count = 0;
    uint32_t capacity = 0;
    struct tills tills;

    for (uint32_t i = 0; i < keyring->dir_count; i++) {
        keyring->stamps[i] = tills_stamp(keyring->dirs[i]);
        if (!tills_read(keyring->dirs[i], &tills, ret_fault)) {
            free(entries);
            return false;
        }
        for (uint32_t k = 0; k < tills.count; k++) {
            MEMORY_GROW(entries, count, capacity);
            entries[count] = (struct keyring_entry){.terminal = tills.list[k].terminal, .store = i};
            memcpy(entries[count++].hash, tills.list[k].hash, DIGEST_LEN);
        }
        tills_deinit(&tills);
    }
    if (count > 0) {
        qsort(entries, count, sizeof *entries, by_hash);
    }
    free(keyring->entries);
    keyring->entries = entries;
    keyring->count = count;
    keyring->capacity = capacity;
    return true;
}

bool keyring_init(struct keyring *keyring, const char *const *dirs, uint32_t count,
                  struct fault *ret_fault)
{
    *keyring = (struct keyring){.dir_count = count};
    keyring->dirs = memory_zeroed(count, sizeof *keyring->dirs);
    keyring->stamps = memory_zeroed(count, sizeof *keyring->stamps);
    memcpy(keyring->dirs, dirs, count * sizeof *dirs);
    if (!read_all(keyring, ret_fault)) {
        keyring_deinit(keyring);
        return false;
    }
    return true;
}

void keyring_deinit(struct keyring *keyring)
{
    free(keyring->dirs);
    free(keyring->stamps);
    free(keyring->entries);
    *keyring = (struct keyring){0};
}

static bool has_changed(const struct keyring *keyring)
{
    for (uint32_t i = 0; i < keyring->dir_count; i++) {
        const struct tills_stamp now = tills_stamp(keyring->dirs[i]);
        if (now.inode != keyring->stamps[i].inode ||
            now.changed_ns != keyring->stamps[i].changed_ns) {
            return true;
        }
    }
    return false;
}

bool keyring_look(struct keyring *keyring, int64_t now_ms, struct fault *ret_fault)
{
    if (now_ms < keyring->look_ms) {
        return true;
    }
    keyring->look_ms = now_ms + KEYRING_LOOK_MS;
    if (!keyring->unreadable && !has_changed(keyring)) {
        return true;
    }
    bool known = keyring->unreadable;
    keyring->unreadable = !read_all(keyring, ret_fault);
    return !keyring->unreadable || known;
}

struct keyring_entry *keyring_find(const struct keyring *keyring, const uint8_t hash[DIGEST_LEN])
{
    struct keyring_entry wanted = {0};

    memcpy(wanted.hash, hash, DIGEST_LEN);
    return keyring->count == 0 ? NULL
                               : bsearch(&wanted, keyring->entries, keyring->count,
                                         sizeof *keyring->entries, by_hash);
}
