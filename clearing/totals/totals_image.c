/* Day totals as bytes: terminals by their place up to the last that has a day, each with its days;
 * of a day only the figures that are not 0. */
#include "clearing/base/memory.h"
#include "clearing/totals/totals.h"

#define KEYS_MASK ((1ULL << TOTAL_KEY_COUNT) - 1)

static void day_save(const struct till_day *day, struct spool *spool)
{
    struct writer *writer = spool_room(spool, 64 + TOTAL_KEY_COUNT * 32);
    uint64_t present = 0;

    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        present |= (uint64_t)(money_sum_sign(day->sums[key]) != 0) << key;
    }
    write_signed(writer, day->date);
    write_varint(writer, day->count);
    write_varint(writer, present);
    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        if ((present >> key & 1) != 0) {
            write_varint(writer, money_sum_high(day->sums[key]));
            write_varint(writer, money_sum_low(day->sums[key]));
        }
    }
    write_u8(writer, day->report.given ? 1 : 0);
    if (!day->report.given) {
        return;
    }
    write_varint(writer, day->report.count);
    write_varint(writer, day->report.named);
    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        if ((day->report.named >> key & 1) != 0) {
            write_signed(writer, money_fen(day->report.sums[key]));
        }
    }
}

static void day_load(struct till_day *day, struct reader *reader)
{
    day->count = read_varint(reader);
    uint64_t present = read_varint_max(reader, KEYS_MASK);
    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        if ((present >> key & 1) != 0) {
            uint64_t high = read_varint(reader);
            day->sums[key] = money_sum_of_halves(high, read_varint(reader));
            reader->bad = reader->bad || money_sum_sign(day->sums[key]) == 0;
        }
    }
    day->report.given = read_u8(reader) == 1;
    if (!day->report.given) {
        return;
    }
    day->report.count = read_varint(reader);
    day->report.named = (uint32_t)read_varint_max(reader, KEYS_MASK);
    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        if ((day->report.named >> key & 1) != 0) {
            day->report.sums[key] = money(read_signed(reader));
        }
    }
}

void totals_save(const struct totals *totals, struct spool *spool)
{
    uint32_t count = totals->capacity;

    while (count > 0 && totals->tills[count - 1].count == 0) {
        count--;
    }
    write_signed(spool_room(spool, 16), totals->from);
    write_varint(spool_room(spool, 16), count);
    for (uint32_t i = 0; i < count; i++) {
        write_varint(spool_room(spool, 16), totals->tills[i].count);
        for (uint32_t k = 0; k < totals->tills[i].count; k++) {
            day_save(&totals->tills[i].days[k], spool);
        }
    }
}

bool totals_load(struct totals *totals, struct reader *reader)
{
    totals->from = read_day(reader);
    uint64_t count = read_varint_max(reader, reader->len);
    for (uint32_t i = 0; i < count && !reader->bad; i++) {
        uint64_t days = read_varint_max(reader, reader->len);
        for (uint64_t k = 0; k < days && !reader->bad; k++) {
            struct till_day *day = totals_day(totals, i, read_day(reader));
            if (day == NULL) {
                reader->bad = true;
                return false;
            }
            day_load(day, reader);
        }
    }
    return !reader->bad;
}
