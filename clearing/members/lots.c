#include "clearing/members/lots.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

static uint32_t class_number(struct lots *lots, const struct lot_class *class)
{
    uint64_t key = hash_bytes((const char *)class, sizeof *class) | 1;

    for (;; key += 2) {
        uint64_t *known = map_put(&lots->class_index, key);
        if (*known == 0) {
            if (lots->class_count == 0) {
                lots->class_count = 1;
            }
            while (lots->class_count >= lots->class_capacity) {
                lots->class_capacity = lots->class_capacity * 2 + 8;
                lots->classes =
                    memory_resize(lots->classes, lots->class_capacity, sizeof *lots->classes);
            }
            memcpy(&lots->classes[lots->class_count], class, sizeof *class);
            *known = lots->class_count;
            return lots->class_count++;
        }
        if (memcmp(&lots->classes[*known], class, sizeof *class) == 0) {
            return (uint32_t)*known;
        }
    }
}

uint32_t lots_class(struct lots *lots, const struct lot_class *class)
{
    uint32_t *recent = &lots->recent[(class->store.n * 4 + class->product.n) % LOTS_RECENT];

    if (*recent == 0 || memcmp(&lots->classes[*recent], class, sizeof *class) != 0) {
        *recent = class_number(lots, class);
    }
    return *recent;
}

static uint32_t own_new(struct lots *lots, const struct lot_own *own)
{
    uint32_t place = lots->own_free;

    if (place != 0) {
        lots->own_free = lots->owns[place].next_free;
    } else {
        if (lots->own_count == 0) {
            lots->own_count = 1;
        }
        if (lots->own_count >= lots->own_capacity) {
            lots->own_capacity = lots->own_capacity * 2 + 64;
            lots->owns = steady_grow(
                &lots->own_memory, (size_t)lots->own_capacity * sizeof *lots->owns);
        }
        place = lots->own_count++;
    }
    lots->owns[place] = *own;
    return place;
}

uint32_t lots_new(struct lots *lots, const struct lot *lot, const struct lot_own *own)
{
    uint32_t place = lots->free;

    CHECK(lot->units > 0 && lot->drawn >= 0 && lot->drawn < lot->units);
    if (place != 0) {
        lots->free = lots->pool[place].next;
    } else {
        if (lots->count == 0) {
            lots->count = 1;
        }
        if (lots->count >= lots->capacity) {
            CHECK(lots->capacity < UINT32_MAX / 2 - 1024);
            lots->capacity = lots->capacity * 2 + 1024;
            lots->pool = steady_grow(
                &lots->pool_memory, (size_t)lots->capacity * sizeof *lots->pool);
        }
        place = lots->count++;
    }
    lots->pool[place] = *lot;
    lots->pool[place].next = 0;
    lots->pool[place].own = own == NULL ? 0 : own_new(lots, own);
    return place;
}

void lots_free(struct lots *lots, uint32_t place)
{
    struct lot *lot = &lots->pool[place];

    if (lot->own != 0) {
        lots->owns[lot->own].next_free = lots->own_free;
        lots->own_free = lot->own;
    }
    memset(lot, 0, sizeof *lot);
    lot->next = lots->free;
    lots->free = place;
}

void lots_deinit(struct lots *lots)
{
    steady_free(&lots->pool_memory);
    steady_free(&lots->own_memory);
    free(lots->classes);
    map_deinit(&lots->class_index);
    *lots = (struct lots){0};
}

void lot_owed(const struct lots *lots, const struct lot *lot, money_t *ret_owed)
{
    const struct lot_class *class = lots_class_at(lots, lot->class);
    uint32_t funders = class->debtor_count - class->principal_count;

    if (lot->own != 0) {
        memcpy(ret_owed, lots->owns[lot->own].owed, class->debtor_count * sizeof *ret_owed);
        return;
    }
    /* every fund model built so far has one debtor of the principal */
    CHECK(class->principal_count == 1);
    ret_owed[0] = rate_floor(lot->principal, class->principal_rate);
    if (funders > 0) {
        money_t bonus = money(lot->units - money_fen(lot->principal));
        money_peel_shares(rate_floor(bonus, class->bonus_rate),
                          class->shares + class->principal_count,
                          funders,
                          ret_owed + class->principal_count);
    }
}

/* What of several debtors' wholes is settled once `cum` of `total` is drawn: telescoped as one
 * whole, then peeled. */
static void settle(const money_t *owed, uint32_t count, int64_t cum, int64_t total, money_t *ret)
{
    money_t whole = money(0);

    if (count == 1) {
        ret[0] = money_telescope(owed[0], cum, total);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        whole = money_add(whole, owed[i]);
    }
    if (count > 0) {
        money_peel(money_telescope(whole, cum, total), owed, count, ret);
    }
}

void lot_at(const struct lot_class *class, const struct lot *lot, const money_t *owed,
            int64_t units, struct lot_point *ret_point)
{
    uint32_t principals = class->principal_count;
    bool has_bonus = class->kind == PRODUCT_STORED_VALUE;

    if (units == lot->units) {
        /* the spend that empties the lot takes what is left, also where a part of it is 0 */
        ret_point->principal = lot->principal;
        ret_point->bonus = has_bonus ? money_sub(money(units), lot->principal) : money(0);
        memcpy(ret_point->settled, owed, class->debtor_count * sizeof *owed);
        return;
    }
    ret_point->principal = money_telescope(lot->principal, units, lot->units);
    ret_point->bonus =
        has_bonus ? money_sub(money(units), ret_point->principal) : money(0);
    settle(owed,
           principals,
           money_fen(ret_point->principal),
           money_fen(lot->principal),
           ret_point->settled);
    settle(owed + principals,
           class->debtor_count - principals,
           money_fen(ret_point->bonus),
           has_bonus ? lot->units - money_fen(lot->principal) : 0,
           ret_point->settled + principals);
}

bool lot_before(const struct lot_class *class, const struct lot *a, const struct lot *b)
{
    if (class->kind == PRODUCT_POINTS && a->valid_to != b->valid_to) {
        return a->valid_to < b->valid_to;
    }
    if (class->kind != PRODUCT_STORED_VALUE) {
        return a->id < b->id;
    }
    if ((a->own != 0) != (b->own != 0)) {
        return a->own != 0;
    }
    if (a->own != 0 && a->id >> 16 != b->id >> 16) {
        return a->id > b->id; /* given-back lots: the newest refund's first */
    }
    return a->id < b->id;
}

void lots_insert(struct lots *lots, uint32_t *head, uint32_t place)
{
    struct lot *lot = &lots->pool[place];
    const struct lot_class *class = lots_class_at(lots, lot->class);
    uint32_t *link = head;

    while (*link != 0) {
        const struct lot *other = &lots->pool[*link];
        uint32_t product = lots_class_at(lots, other->class)->product.n;
        if (product > class->product.n ||
            (product == class->product.n && lot_before(class, lot, other))) {
            break;
        }
        link = &lots->pool[*link].next;
    }
    lot->next = *link;
    *link = place;
}

void lots_remove(struct lots *lots, uint32_t *head, uint32_t place)
{
    uint32_t *link = head;

    while (*link != place) {
        CHECK(*link != 0);
        link = &lots->pool[*link].next;
    }
    *link = lots->pool[place].next;
    lots_free(lots, place);
}

uint32_t lots_find(const struct lots *lots, uint32_t head, lot_id_t id)
{
    while (head != 0 && lots->pool[head].id != id) {
        head = lots->pool[head].next;
    }
    return head;
}
