#include "clearing/members/members.h"

#include <stdlib.h>
#include <string.h>

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
enum { AHEAD_SLOT = 24, AHEAD_LOT = 14, AHEAD_NEXT = 6 };

/* A run of slots may go on in the next line of the cache. */
static void ask_for_slots(const struct member *slot)
{
    __builtin_prefetch(slot);
    __builtin_prefetch(slot + 2);
}

/* A lot may lie across two lines of the cache. */
static void ask_for_lot(const struct lot *lot)
{
    __builtin_prefetch(lot);
    __builtin_prefetch(&lot->next);
}

void members_look_ahead(const struct members *members, const uint64_t *ids, uint32_t count,
                        uint32_t at)
{
    const struct lot *pool = members->lots.pool;

    if (members->slots == NULL || pool == NULL) {
        return;
    }
    if (at + AHEAD_SLOT < count && ids[at + AHEAD_SLOT] != 0) {
        ask_for_slots(&members->slots[hash_u64(ids[at + AHEAD_SLOT]) >> (64 - members->bits)]);
    }
    if (at + AHEAD_LOT < count && ids[at + AHEAD_LOT] != 0) {
        ask_for_lot(&pool[slot_of(members, ids[at + AHEAD_LOT])->lots]);
    }
    if (at + AHEAD_NEXT < count && ids[at + AHEAD_NEXT] != 0) {
        uint32_t first = slot_of(members, ids[at + AHEAD_NEXT])->lots;
        ask_for_lot(&pool[pool[first].next]);
    }
}

static uint64_t slot_number(const struct members *members, uint64_t id)
{
    return hash_u64(id) >> (64 - members->bits);
}

/* A walk brings the lots of so many slots near at a time, so far into each list. */
enum { WALK_BLOCK = 32, WALK_DEPTH = 16 };

/* The lists of a block are followed side by side: their waits for memory overlap. Only what the
 * processor keeps near changes. */
static void walk_ahead(const struct members *members, uint64_t slot)
{
    const struct lot *pool = members->lots.pool;
    uint64_t end = members_slot_count(members);
    uint32_t at[WALK_BLOCK];
    uint32_t count = 0;

    for (; count < WALK_BLOCK && slot + count < end; count++) {
        at[count] = members->slots[slot + count].lots;
    }
    for (uint32_t depth = 0; pool != NULL && depth < WALK_DEPTH; depth++) {
        uint32_t more = 0;
        for (uint32_t i = 0; i < count; i++) {
            ask_for_lot(&pool[at[i]]);
        }
        for (uint32_t i = 0; i < count; i++) {
            at[i] = at[i] == 0 ? 0 : pool[at[i]].next;
            more |= at[i];
        }
        if (more == 0) {
            return;
        }
    }
}

struct members_walk members_walk_from(const struct members *members, uint64_t first, uint64_t last)
{
    struct members_walk walk = {.members = members, .last = last};

    if (members->slots == NULL) {
        return walk;
    }
    walk.slot = first >> (64 - members->bits);
    while (members->slots[walk.slot].id != 0 && hash_u64(members->slots[walk.slot].id) < first) {
        walk.slot++; /* of the range before, moved up by its run */
    }
    return walk;
}

struct member *members_walk_next(struct members_walk *walk)
{
    const struct members *members = walk->members;
    uint64_t end = members_slot_count(members);

    for (; walk->slot < end; walk->slot++) {
        struct member *member = &members->slots[walk->slot];
        if (walk->slot >= walk->near) {
            walk_ahead(members, walk->slot);
            walk->near = walk->slot + WALK_BLOCK;
        }
        if (member->id != 0) {
            walk->slot++;
            return hash_u64(member->id) <= walk->last ? member : NULL;
        }
        if (walk->slot > walk->last >> (64 - members->bits)) {
            return NULL;
        }
    }
    return NULL;
}

static void members_resize(struct members *members, uint32_t bits)
{
    struct members old = *members;
    uint64_t next = 0; /* the first slot that is free for whoever comes next in order */

    members->bits = bits;
    members->slots = memory_zeroed((1ULL << bits) + MEMBERS_OVERRUN, sizeof *members->slots);
    for (uint64_t i = 0; i < members_slot_count(&old); i++) {
        if (old.slots[i].id != 0) {
            uint64_t home = slot_number(members, old.slots[i].id);
            next = home > next ? home : next;
            CHECK(next < members_slot_count(members) - 1);
            members->slots[next++] = old.slots[i];
        }
    }
    free(old.slots);
}

void members_reserve(struct members *members, uint64_t count)
{
    uint32_t bits = members->slots == NULL ? MEMBERS_BITS_MIN : members->bits;

    /* at most 5/8 full: runs stay short, far below the overrun */
    while (count > (5ULL << bits) / 8) {
        bits++;
    }
    if (members->slots == NULL || bits > members->bits) {
        members_resize(members, bits);
    }
}

struct member *members_add(struct members *members, uint64_t id, store_t home)
{
    members_reserve(members, members->count + 1);
    struct member *slot = &members->slots[slot_number(members, id)];
    while (slot->id != 0 && hash_u64(slot->id) < hash_u64(id)) {
        slot++;
    }
    CHECK(slot->id != id);
    struct member *end = slot; /* of the run: it moves up by one */
    while (end->id != 0) {
        end++;
    }
    CHECK(end < members->slots + members_slot_count(members) - 1);
    memmove(slot + 1, slot, (size_t)(end - slot) * sizeof *slot);
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

/* Take a pack off its list. */
static void unlist_pack(struct members *members, uint32_t number)
{
    struct pack *packs = members->packs;
    uint64_t *first = map_find(&members->first_packs, packs[number].listed);

    CHECK(first != NULL);
    if (*first == number + 1) {
        *first = packs[number].next;
        return;
    }
    uint32_t before = (uint32_t)*first - 1;
    while (packs[before].next != number + 1) {
        before = packs[before].next - 1;
    }
    packs[before].next = packs[number].next;
}

/* A pack that was voided when it was saved comes without a member: it is on no list. */
static void list_pack(struct members *members, uint32_t number, uint64_t member)
{
    if (member == 0) {
        return;
    }
    uint64_t *first = map_put(&members->first_packs, member);
    members->packs[number].next = (uint32_t)*first;
    members->packs[number].listed = member;
    *first = number + 1;
}

bool members_next_pack(const struct members *members, uint64_t id, uint32_t *at,
                       uint32_t *ret_number)
{
    const uint64_t *first = *at == 0 ? map_find(&members->first_packs, id) : NULL;
    uint32_t next = *at != 0 ? members->packs[*at - 1].next : first == NULL ? 0 : (uint32_t)*first;

    while (next != 0 && members->packs[next - 1].member != id) { /* voided, and free */
        next = members->packs[next - 1].next;
    }
    *at = next;
    *ret_number = next - 1;
    return next != 0;
}

struct pack *members_add_pack(struct members *members, slice_t code, uint64_t member,
                              product_t product)
{
    uint32_t known = members->pack_codes.count;
    uint32_t number = code_index_add(&members->pack_codes, code);

    if (number >= members->pack_capacity) {
        members->pack_capacity = members->pack_codes.capacity;
        members->packs =
            memory_resize(members->packs, members->pack_capacity, sizeof *members->packs);
    }
    if (number < known && members->packs[number].listed != 0) {
        unlist_pack(members, number);
    }
    members->packs[number] = (struct pack){.member = member, .product = product};
    list_pack(members, number, member);
    return &members->packs[number];
}

/* --- moves --- */

static void move_lots(struct members *members, struct member *from, struct member *into)
{
    uint32_t at = from->lots;

    from->lots = 0;
    while (at != 0) {
        uint32_t next = members->lots.pool[at].next;
        lots_insert(&members->lots, &into->lots, at);
        at = next;
    }
}

/* Free ids stay on the old list, where they are passed over. */
static void move_packs(struct members *members, uint64_t from, uint64_t into)
{
    uint32_t number = 0;
    uint32_t at = 0;

    while (members_next_pack(members, from, &at, &number)) {
        unlist_pack(members, number);
        members->packs[number].member = into;
        list_pack(members, number, into);
        at = 0; /* the list is another one now */
    }
}

void members_move(struct members *members, const struct move *move)
{
    struct member *from = members_find(members, move->from);

    CHECK(from != NULL);
    if (members_find(members, move->into) == NULL) {
        (void)members_add(members, move->into, from->home);
        from = members_find(members, move->from); /* the table may have grown */
    }
    struct member *into = members_find(members, move->into);
    CHECK(from != NULL && into != NULL);
    move_lots(members, from, into);
    move_packs(members, move->from, move->into);
    holds_move(&members->holds, move->from, move->into);
    moves_add(&members->moves, move);
}

void members_deinit(struct members *members)
{
    free(members->slots);
    free(members->packs);
    code_index_deinit(&members->pack_codes);
    map_deinit(&members->first_packs);
    lots_deinit(&members->lots);
    holds_deinit(&members->holds);
    moves_deinit(&members->moves);
    *members = (struct members){0};
}
