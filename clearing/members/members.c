#include "clearing/members/members.h"

#include <stdlib.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

/* Slots before any growth; a power of two. */
#define MEMBERS_BITS_MIN 6
/* Past the end there are some slots more, so that probing never wraps and the order by hash
 * holds. */
#define MEMBERS_OVERRUN 4096

uint64_t members_slot_count(const struct members *members)
{
    return members->slots == NULL ? 0 : (1ULL << members->bits) + MEMBERS_OVERRUN;
}

static struct member *slot_of(const struct members *members, uint64_t id)
{
    struct member *slot = &members->slots[hash_u64(id) >> (64 - members->bits)];

    while (slot->id != 0 && slot->id != id) {
        slot++;
    }
    return slot;
}

struct member *members_find(const struct members *members, uint64_t id)
{
    if (members->slots == NULL || id == 0) {
        return NULL;
    }
    struct member *slot = slot_of(members, id);
    return slot->id == 0 ? NULL : slot;
}

/* How many events ahead a member's slot, first and second lot are asked for. */
enum { AHEAD_SLOT = 16, AHEAD_LOT = 10, AHEAD_NEXT = 5 };

void members_look_ahead(const struct members *members, const uint64_t *ids, uint32_t count,
                        uint32_t at)
{
    const struct lot *pool = members->lots.pool;

    if (members->slots == NULL || pool == NULL) {
        return;
    }
    if (at + AHEAD_SLOT < count && ids[at + AHEAD_SLOT] != 0) {
        __builtin_prefetch(
            &members->slots[hash_u64(ids[at + AHEAD_SLOT]) >> (64 - members->bits)]);
    }
    if (at + AHEAD_LOT < count && ids[at + AHEAD_LOT] != 0) {
        __builtin_prefetch(&pool[slot_of(members, ids[at + AHEAD_LOT])->lots]);
    }
    if (at + AHEAD_NEXT < count && ids[at + AHEAD_NEXT] != 0) {
        uint32_t first = slot_of(members, ids[at + AHEAD_NEXT])->lots;
        __builtin_prefetch(&pool[pool[first].next]);
    }
}

static void members_grow(struct members *members)
{
    struct members old = *members;

    members->bits = old.slots == NULL ? MEMBERS_BITS_MIN : old.bits + 1;
    members->slots =
        memory_zeroed((1ULL << members->bits) + MEMBERS_OVERRUN, sizeof *members->slots);
    if (old.slots == NULL) {
        return;
    }
    for (uint64_t i = 0; i < members_slot_count(&old); i++) {
        if (old.slots[i].id != 0) {
            *slot_of(members, old.slots[i].id) = old.slots[i];
        }
    }
    free(old.slots);
}

struct member *members_add(struct members *members, uint64_t id, store_t home)
{
    /* at most 5/8 full: runs stay short, far below the overrun */
    if (members->slots == NULL || members->count + 1 > (5ULL << members->bits) / 8) {
        members_grow(members);
    }
    struct member *slot = slot_of(members, id);
    CHECK(slot->id == 0 && slot < members->slots + members_slot_count(members) - 1);
    *slot = (struct member){.id = id, .home = home};
    members->count++;
    return slot;
}

struct pack *members_find_pack(const struct members *members, slice_t code)
{
    uint32_t number = code_index_find(&members->pack_codes, code);

    if (number == CODE_NONE || members->packs[number].member == 0) {
        return NULL;
    }
    return &members->packs[number];
}

struct pack *members_add_pack(struct members *members, slice_t code, uint64_t member,
                              product_t product)
{
    uint32_t number = code_index_add(&members->pack_codes, code);

    if (number >= members->pack_capacity) {
        members->pack_capacity = members->pack_codes.capacity;
        members->packs =
            memory_resize(members->packs, members->pack_capacity, sizeof *members->packs);
    }
    members->packs[number] = (struct pack){.member = member, .product = product};
    return &members->packs[number];
}

void members_deinit(struct members *members)
{
    free(members->slots);
    free(members->packs);
    code_index_deinit(&members->pack_codes);
    lots_deinit(&members->lots);
    *members = (struct members){0};
}
