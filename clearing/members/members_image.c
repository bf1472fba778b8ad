/* Members as bytes: the classes in the order of their numbers, the members in the order of the
 * table, each with its lots as they queue, then the packs, the holds and the moves. Places in the
 * pool are not kept: reading back lays each member's lots side by side. */
#include "clearing/base/memory.h"
#include "clearing/members/members.h"

#define DEBTOR_ROOM 20 /* of a number and an amount */
#define CLASS_ROOM  (160 + DEBTORS_MAX * DEBTOR_ROOM)
#define LOT_ROOM    (96 + DEBTORS_MAX * DEBTOR_ROOM)

/* --- classes --- */

static void class_save(const struct lot_class *class, struct spool *spool)
{
    struct writer *writer = spool_room(spool, CLASS_ROOM);

    write_varint(writer, class->product.n);
    write_u8(writer, (uint8_t)class->kind);
    write_u8(writer, (uint8_t)class->model);
    write_varint(writer, class->terms_version);
    write_varint(writer, class->store.n);
    write_varint(writer, class->seller.n);
    write_varint(writer, class->issuer.n);
    write_varint(writer, class->fund.n);
    write_varint(writer, class->beneficiary.n);
    write_signed(writer, class->principal_rate.millionths);
    write_signed(writer, class->bonus_rate.millionths);
    write_signed(writer, class->commission.millionths);
    write_signed(writer, class->redeem_price.thousandths);
    write_u8(writer, (uint8_t)class->principal_count);
    write_u8(writer, (uint8_t)class->debtor_count);
    for (uint32_t i = 0; i < class->debtor_count; i++) {
        write_varint(writer, class->debtors[i].n);
        write_signed(writer, class->shares[i].millionths);
    }
}

static bool class_load(struct lots *lots, uint32_t number, struct reader *reader)
{
    struct lot_class class;

    __builtin_memset(&class, 0, sizeof class); /* classes are compared as bytes */
    class.product.n = read_varint32(reader);
    class.kind = (product_kind_t)read_u8(reader);
    class.model = (model_t)read_u8(reader);
    class.terms_version = read_varint32(reader);
    class.store.n = read_varint32(reader);
    class.seller.n = read_varint32(reader);
    class.issuer.n = read_varint32(reader);
    class.fund.n = read_varint32(reader);
    class.beneficiary.n = read_varint32(reader);
    class.principal_rate.millionths = read_signed(reader);
    class.bonus_rate.millionths = read_signed(reader);
    class.commission.millionths = read_signed(reader);
    class.redeem_price.thousandths = read_signed(reader);
    class.principal_count = read_u8(reader);
    class.debtor_count = read_u8(reader);
    if (class.debtor_count > DEBTORS_MAX || class.principal_count > class.debtor_count) {
        reader->bad = true;
        return false;
    }
    for (uint32_t i = 0; i < class.debtor_count; i++) {
        class.debtors[i].n = read_varint32(reader);
        class.shares[i].millionths = read_signed(reader);
    }
    return !reader->bad && lots_class(lots, &class) == number;
}

/* --- lots: class << 1 | own; class 0 ends a list --- */

static void lots_save(const struct lots *lots, uint32_t at, struct spool *spool)
{
    for (; at != 0; at = lots->pool[at].next) {
        const struct lot *lot = &lots->pool[at];
        struct writer *writer = spool_room(spool, LOT_ROOM);
        write_varint(writer, (uint64_t)lot->class << 1 | (lot->own != 0));
        write_varint(writer, lot->id >> 16);
        write_varint(writer, lot->id & 0xffff);
        write_varint(writer, (uint64_t)lot->units);
        write_varint(writer, (uint64_t)lot->drawn);
        write_signed(writer, money_fen(lot->principal));
        write_varint(writer, lot->valid_to == DAY_MAX ? 0 : (uint64_t)(lot->valid_to + 1));
        if (lot->own != 0) {
            const struct lot_own *own = &lots->owns[lot->own];
            write_varint(writer, own->topup);
            write_signed(writer, money_fen(own->topup_principal));
            for (uint32_t i = 0; i < lots->classes[lot->class].debtor_count; i++) {
                write_signed(writer, money_fen(own->owed[i]));
            }
        }
    }
    write_varint(spool_room(spool, 16), 0);
}

static void own_load(const struct lot_class *class, struct reader *reader, struct lot_own *ret_own)
{
    *ret_own = (struct lot_own){0};
    ret_own->topup = read_varint(reader);
    ret_own->topup_principal = money(read_signed(reader));
    for (uint32_t i = 0; i < class->debtor_count; i++) {
        ret_own->owed[i] = money(read_signed(reader));
    }
}

/* Read a list of lots. Returns: its head, 0 for an empty one or with reader->bad. */
static uint32_t lots_load(struct lots *lots, struct reader *reader)
{
    uint32_t head = 0;
    uint32_t last = 0;

    for (;;) {
        uint64_t tag = read_varint(reader);
        struct lot lot = {.class = (uint32_t)(tag >> 1)};
        struct lot_own own;
        if (tag == 0 || reader->bad || tag >> 1 == 0 || tag >> 1 >= lots->class_count) {
            reader->bad = reader->bad || tag != 0;
            return head;
        }
        lot.id = read_varint(reader) << 16;
        lot.id |= read_varint_max(reader, 0xffff);
        lot.units = (int64_t)read_varint_max(reader, INT64_MAX);
        lot.drawn = (int64_t)read_varint_max(reader, INT64_MAX);
        lot.principal = money(read_signed(reader));
        uint64_t valid_to = read_varint_max(reader, DAY_MAX);
        lot.valid_to = valid_to == 0 ? DAY_MAX : (day_t)(valid_to - 1);
        if ((tag & 1) != 0) {
            own_load(lots_class_at(lots, lot.class), reader, &own);
        }
        if (reader->bad || lot.units <= lot.drawn) {
            reader->bad = true;
            return head;
        }
        uint32_t place = lots_new(lots, &lot, (tag & 1) != 0 ? &own : NULL);
        *(last == 0 ? &head : &lots->pool[last].next) = place;
        last = place;
    }
}

/* --- members and packs --- */

/* How many slots ahead a member's first and second lot are asked for. */
enum { AHEAD_FIRST = 24, AHEAD_SECOND = 12 };

static void look_ahead(const struct members *members, uint64_t slot)
{
    const struct lot *pool = members->lots.pool;

    if (pool == NULL || slot + AHEAD_FIRST >= members_slot_count(members)) {
        return;
    }
    __builtin_prefetch(&pool[members->slots[slot + AHEAD_FIRST].lots]);
    __builtin_prefetch(&pool[pool[members->slots[slot + AHEAD_SECOND].lots].next]);
}

void members_save(const struct members *members, struct spool *spool)
{
    const struct lots *lots = &members->lots;
    uint64_t slots = members_slot_count(members);
    uint32_t classes = lots->class_count == 0 ? 0 : lots->class_count - 1;

    write_varint(spool_room(spool, 16), classes);
    for (uint32_t i = 1; i <= classes; i++) {
        class_save(&lots->classes[i], spool);
    }
    write_varint(spool_room(spool, 16), members->count);
    for (uint64_t i = 0; i < slots; i++) {
        look_ahead(members, i);
        if (members->slots[i].id != 0) {
            struct writer *writer = spool_room(spool, 32);
            write_varint(writer, members->slots[i].id);
            write_varint(writer, members->slots[i].home.n);
            lots_save(lots, members->slots[i].lots, spool);
        }
    }
    write_varint(spool_room(spool, 16), members->pack_codes.count);
    for (uint32_t i = 0; i < members->pack_codes.count; i++) {
        const struct pack *pack = &members->packs[i];
        struct writer *writer = spool_room(spool, 64 + CODE_LEN_MAX);
        write_slice(writer, code_slice(&members->pack_codes.codes[i]));
        write_varint(writer, pack->member);
        write_varint(writer, pack->product.n);
        lots_save(lots, pack->lots, spool);
    }
    holds_save(&members->holds, spool);
    moves_save(&members->moves, spool);
}

static bool rows_load(struct members *members, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    if (!reader->bad && count > 0) {
        members_reserve(members, count);
    }
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        uint64_t id = read_varint(reader);
        store_t home = {read_varint32(reader)};
        if (id == 0 || members_find(members, id) != NULL) {
            reader->bad = true;
            return false;
        }
        members_add(members, id, home)->lots = lots_load(&members->lots, reader);
    }
    return !reader->bad;
}

static bool packs_load(struct members *members, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        slice_t code = read_slice(reader);
        uint64_t member = read_varint(reader);
        product_t product = {read_varint32(reader)};
        if (reader->bad || !code_valid(code)) {
            reader->bad = true;
            return false;
        }
        struct pack *pack = members_add_pack(members, code, member, product);
        pack->lots = lots_load(&members->lots, reader);
    }
    return !reader->bad;
}

bool members_load(struct members *members, struct reader *reader)
{
    uint64_t classes = read_varint_max(reader, reader->len);

    for (uint32_t i = 1; i <= classes && !reader->bad; i++) {
        reader->bad = !class_load(&members->lots, i, reader);
    }
    return !reader->bad && rows_load(members, reader) && packs_load(members, reader) &&
           holds_load(&members->holds, reader) && moves_load(&members->moves, reader);
}
