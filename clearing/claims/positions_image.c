/* Positions as bytes: the cells in the order of their first claim, then the stores by number up to
 * the last that has anything. */
#include "clearing/claims/positions.h"

/* A sum: zigzag of its low half when the high half is only its sign (nearly always), else both. */
static void sum_save(money_sum_t sum, struct writer *writer)
{
    int64_t low = (int64_t)money_sum_low(sum);
    bool small = money_sum_high(sum) == (low < 0 ? UINT64_MAX : 0);

    write_u8(writer, small ? 0 : 1);
    write_signed(writer, low);
    if (!small) {
        write_varint(writer, money_sum_high(sum));
    }
}

static money_sum_t sum_load(struct reader *reader)
{
    uint8_t halves = read_u8(reader);
    int64_t low = read_signed(reader);
    uint64_t sign = low < 0 ? UINT64_MAX : 0;
    uint64_t high = halves == 1 ? read_varint(reader) : sign;

    reader->bad = reader->bad || halves > 1 || (halves == 1 && high == sign);
    return money_sum_of_halves(high, (uint64_t)low);
}

static bool sums_empty(const struct store_sums *sums)
{
    bool empty = sums->events == 0;

    for (uint32_t k = 0; k < KIND_COUNT; k++) {
        empty = empty && money_sum_sign(sums->memos[k]) == 0;
    }
    return empty;
}

void positions_save(const struct positions *positions, struct spool *spool)
{
    uint32_t stores = positions->store_capacity;

    write_varint(spool_room(spool, 16), positions->events);
    write_varint(spool_room(spool, 16), positions->count);
    for (uint32_t i = 0; i < positions->count; i++) {
        const struct matrix_cell *cell = &positions->cells[i];
        struct writer *writer = spool_room(spool, 64);
        write_varint(writer, cell->debtor.n);
        write_varint(writer, cell->creditor.n);
        write_u8(writer, (uint8_t)((unsigned)cell->kind << 1 | (cell->reversal ? 1U : 0U)));
        write_varint(writer, cell->count);
        sum_save(cell->amount, writer);
    }
    while (stores > 0 && sums_empty(&positions->stores[stores - 1])) {
        stores--;
    }
    write_varint(spool_room(spool, 16), stores);
    for (uint32_t i = 0; i < stores; i++) {
        struct writer *writer = spool_room(spool, 16 + KIND_COUNT * 24);
        write_varint(writer, positions->stores[i].events);
        for (uint32_t k = 0; k < KIND_COUNT; k++) {
            sum_save(positions->stores[i].memos[k], writer);
        }
    }
}

static bool cell_load(struct positions *positions, struct reader *reader)
{
    struct claim claim = {0};

    claim.debtor.n = (uint32_t)read_varint_max(reader, PARTICIPANTS_MAX);
    claim.creditor.n = (uint32_t)read_varint_max(reader, PARTICIPANTS_MAX);
    uint8_t kind = read_u8(reader);
    claim.kind = (claim_kind_t)(kind >> 1);
    claim.reversal = (kind & 1) != 0;
    if (reader->bad || kind >> 1 >= KIND_COUNT) {
        reader->bad = true;
        return false;
    }
    struct matrix_cell *cell = positions_cell(positions, &claim);
    cell->count = read_varint(reader);
    cell->amount = sum_load(reader);
    return !reader->bad;
}

bool positions_load(struct positions *positions, struct reader *reader)
{
    positions->events = read_varint(reader);
    uint64_t cells = read_varint_max(reader, reader->len);
    for (uint64_t i = 0; i < cells && !reader->bad; i++) {
        reader->bad = !cell_load(positions, reader);
    }
    uint64_t stores = read_varint_max(reader, reader->len);
    for (uint32_t i = 0; i < stores && !reader->bad; i++) {
        struct store_sums *sums = positions_store(positions, (store_t){i});
        sums->events = read_varint(reader);
        for (uint32_t k = 0; k < KIND_COUNT; k++) {
            sums->memos[k] = sum_load(reader);
        }
    }
    return !reader->bad;
}
