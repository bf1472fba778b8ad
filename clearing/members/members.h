/* Members and packs in memory: where a member is at home and the lots that it has. The table is
 * ordered by the hash of the member number, however it grew, so that a sweep can go through it in
 * ranges of the hash and a snapshot of equal members has equal bytes. One thread (the writer). */
#ifndef CLEARING_MEMBERS_MEMBERS_H
#define CLEARING_MEMBERS_MEMBERS_H

#include "clearing/members/holds.h"
#include "clearing/members/lots.h"
#include "clearing/members/moves.h"

struct member {
    uint64_t id;   /* 0: free slot */
    store_t home;  /* of its first contact */
    uint32_t lots; /* first of its stored-value and points lots */
};

struct pack {
    uint64_t member; /* 0: the id is free (again) */
    product_t product;
    uint32_t lots;   /* the pack's own lot, then those given back */
    uint32_t next;   /* number + 1 of another pack on the same list; 0: last */
    uint64_t listed; /* the member on whose list it is, also while the id is free again */
};

struct members {
    struct member *slots; /* linear probing from the top bits of the hash, each run in order */
    uint64_t count;
    uint32_t bits; /* log2 of the slots */
    struct lots lots;
    struct holds holds;
    struct moves moves;
    struct code_index pack_codes;
    struct pack *packs; /* by number in pack_codes */
    uint32_t pack_capacity;
    struct map first_packs; /* member -> number + 1 of the newest pack on its list */
};

/* NULL: not a member. Valid until the next members_add. */
struct member *members_find(const struct members *members, uint64_t id);
/* A new member without lots (it must not be there yet). */
struct member *members_add(struct members *members, uint64_t id, store_t home);

/* Whose value is under this number now: its own, or that of the member into which it has moved. */
static inline uint64_t members_now(const struct members *members, uint64_t id)
{
    const struct move *move = members->moves.count == 0 ? NULL : moves_find(&members->moves, id);

    return move == NULL ? id : move->into;
}

/* Move all that a member has (lots, packs, holds) to another number, which becomes a member with
 * the same home where it is none yet. Both numbers have not moved; `from` is a member. */
void members_move(struct members *members, const struct move *move);

/* Make the table large enough for so many members. */
void members_reserve(struct members *members, uint64_t count);

/* NULL: no pack of that code has been sold (or its sale was voided). Valid until the next
 * members_add_pack. */
struct pack *members_find_pack(const struct members *members, slice_t code);
struct pack *members_add_pack(struct members *members, slice_t code, uint64_t member,
                              product_t product);

/* Walk a member's packs, the newest first. *at begins with 0. Out: the pack's number in pack_codes.
 * Returns: false at the end. */
bool members_next_pack(const struct members *members, uint64_t id, uint32_t *at,
                       uint32_t *ret_number) MUST_USE;

/* Before the event at place `at` of a batch is applied: ask the processor for what the next ones
 * will look at, so that memory is not waited for one event at a time. `ids` are the batch's
 * members, 0 for none. Changes nothing. */
void members_look_ahead(const struct members *members, const uint64_t *ids, uint32_t count,
                        uint32_t at);

/* A walk over the members whose hash lies in a range (bounds included), in the order of the hash:
 * which they are does not depend on how the table grew. No member may be added meanwhile. */
struct members_walk {
    const struct members *members;
    uint64_t slot;
    uint64_t near; /* slots before this one have been looked at ahead */
    uint64_t last; /* hash */
};

struct members_walk members_walk_from(const struct members *members, uint64_t first, uint64_t last);
/* NULL: the range is at its end. */
struct member *members_walk_next(struct members_walk *walk);

/* How many slots a walk over members->slots covers. */
uint64_t members_slot_count(const struct members *members);

void members_deinit(struct members *members);

/* Write the members, their lots and packs: equal members have equal bytes (members_image.c). */
void members_save(const struct members *members, struct spool *spool);
/* Read what members_save wrote into empty members. False: the bytes are bad. */
bool members_load(struct members *members, struct reader *reader) MUST_USE;

#endif
