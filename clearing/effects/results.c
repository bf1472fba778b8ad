#include "clearing/effects/results.h"

#include <string.h>

#include "clearing/base/memory.h"

/* The optional fields of an effect, in the order of their presence bits. A field of 0 is left
 * out. */
enum { FIELD_COUNT = 18, SHARES_BIT = FIELD_COUNT };

static void effect_fields(const struct effect *effect, int64_t fields[FIELD_COUNT])
{
    fields[0] = effect->line;
    fields[1] = (int64_t)effect->lot;
    fields[2] = (int64_t)effect->made;
    fields[3] = effect->class;
    fields[4] = effect->product.n == UINT32_MAX ? 0 : (int64_t)effect->product.n + 1;
    fields[5] = effect->terms_version;
    fields[6] = effect->units;
    fields[7] = money_fen(effect->principal);
    fields[8] = money_fen(effect->bonus);
    fields[9] = money_fen(effect->money);
    fields[10] = effect->lot_units;
    fields[11] = effect->lot_drawn;
    fields[12] = money_fen(effect->lot_principal);
    fields[13] = effect->valid_to == DAY_MAX ? 0 : (int64_t)effect->valid_to + 1;
    fields[14] = effect->own;
    fields[15] = money_fen(effect->topup_principal);
    fields[16] = (int64_t)effect->topup;
    fields[17] = effect->rule;
}

/* False: a field is out of its range or not as effect_fields would give it. */
static bool effect_of_fields(const int64_t fields[FIELD_COUNT], struct effect *ret_effect)
{
    int64_t again[FIELD_COUNT];

    ret_effect->line = (uint8_t)fields[0];
    ret_effect->lot = (lot_id_t)fields[1];
    ret_effect->made = (lot_id_t)fields[2];
    ret_effect->class = (uint32_t)fields[3];
    ret_effect->product.n = fields[4] == 0 ? UINT32_MAX : (uint32_t)((uint64_t)fields[4] - 1);
    ret_effect->terms_version = (uint32_t)fields[5];
    ret_effect->units = fields[6];
    ret_effect->principal = money(fields[7]);
    ret_effect->bonus = money(fields[8]);
    ret_effect->money = money(fields[9]);
    ret_effect->lot_units = fields[10];
    ret_effect->lot_drawn = fields[11];
    ret_effect->lot_principal = money(fields[12]);
    ret_effect->valid_to = fields[13] == 0 ? DAY_MAX : (day_t)((uint64_t)fields[13] - 1);
    ret_effect->own = fields[14] != 0;
    ret_effect->topup_principal = money(fields[15]);
    ret_effect->topup = (lot_id_t)fields[16];
    ret_effect->rule = (uint32_t)fields[17];
    effect_fields(ret_effect, again);
    return memcmp(again, fields, sizeof again) == 0;
}

static void write_effect(struct writer *writer, const struct effects *effects,
                         const struct effect *effect)
{
    int64_t fields[FIELD_COUNT];
    uint64_t present = 0;

    effect_fields(effect, fields);
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        present |= (uint64_t)(fields[i] != 0) << i;
    }
    present |= (uint64_t)(effect->share_count > 0) << SHARES_BIT;
    write_u8(writer,
             (uint8_t)((unsigned)effect->kind | (effect->sign < 0 ? 0x20U : 0U) |
                       (effect->reversal ? 0x40U : 0U)));
    write_varint(writer, present);
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if (fields[i] != 0) {
            write_signed(writer, fields[i]);
        }
    }
    if (effect->share_count == 0) {
        return;
    }
    write_varint(writer, effect->share_count);
    for (uint32_t i = 0; i < effect->share_count; i++) {
        const struct share *share = effect_shares(effects, effect) + i;
        write_varint(writer, share->who.n);
        write_signed(writer, money_fen(share->amount));
    }
}

static void write_place(struct writer *writer, struct site place)
{
    write_varint(writer, place.store.n);
    write_varint(writer, place.owner.n);
}

void results_write(struct writer *writer, outcome_t outcome, outcome_t waiting_for,
                   const struct effects *effects)
{
    write_u8(writer, (uint8_t)outcome);
    if (outcome == OUTCOME_WAITING) {
        write_u8(writer, (uint8_t)waiting_for);
    }
    if (!outcome_accepted(outcome)) {
        return;
    }
    write_place(writer, effects->here);
    write_place(writer, effects->origin);
    write_varint(writer, effects->original);
    write_varint(writer, effects->previous_refund);
    write_varint(writer, effects->member);
    write_signed(writer, effects->occurred);
    write_signed(writer, effects->booked);
    write_varint(writer, effects->terms_version);
    write_varint(writer, effects->count);
    for (uint32_t i = 0; i < effects->count; i++) {
        write_effect(writer, effects, &effects->list[i]);
    }
}

static void read_shares(struct reader *reader, struct effects *effects)
{
    struct effect *effect = &effects->list[effects->count - 1];
    uint64_t count = read_varint_max(reader, 64);

    reader->bad = reader->bad || count == 0; /* the bit would not be set */
    effect->shares_at = effects->share_count;
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct share share = {
            .who = {(uint32_t)read_varint_max(reader, UINT32_MAX)},
            .amount = money(read_signed(reader)),
        };
        MEMORY_GROW(effects->shares, effects->share_count, effects->share_capacity);
        effects->shares[effects->share_count++] = share;
        effect->share_count++;
    }
}

static void read_effect(struct reader *reader, struct effects *effects)
{
    int64_t fields[FIELD_COUNT] = {0};
    struct effect effect = {0};
    uint8_t head = read_u8(reader);
    uint64_t present = read_varint_max(reader, (2ULL << SHARES_BIT) - 1);

    effect.kind = (effect_kind_t)(head & 0x1f);
    effect.sign = (head & 0x20) != 0 ? -1 : 1;
    effect.reversal = (head & 0x40) != 0;
    if ((head & 0x80) != 0 || effect.kind < EFFECT_LOT || effect.kind > EFFECT_DISPUTE) {
        reader->bad = true;
        return;
    }
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        if ((present >> i & 1) != 0) {
            fields[i] = read_signed(reader);
            reader->bad = reader->bad || fields[i] == 0;
        }
    }
    if (!effect_of_fields(fields, &effect)) {
        reader->bad = true;
    }
    effects_add(effects, &effect, NULL, 0);
    if ((present >> SHARES_BIT & 1) != 0) {
        read_shares(reader, effects);
    }
}

static struct site read_place(struct reader *reader)
{
    struct site place = {0};

    place.store.n = (uint32_t)read_varint_max(reader, UINT32_MAX);
    place.owner.n = (uint32_t)read_varint_max(reader, UINT32_MAX);
    return place;
}

bool results_read(struct reader *reader, outcome_t *ret_outcome, outcome_t *ret_waiting_for,
                  struct effects *effects)
{
    effects_reset(effects);
    uint8_t outcome = read_u8(reader);
    uint8_t waiting_for = outcome == OUTCOME_WAITING ? read_u8(reader) : 0;
    if (outcome < OUTCOME_ACCEPTED || outcome > OUTCOME_LAST || waiting_for > OUTCOME_LAST) {
        reader->bad = true;
    }
    if (!reader->bad && outcome_accepted((outcome_t)outcome)) {
        effects->here = read_place(reader);
        effects->origin = read_place(reader);
        effects->original = read_varint(reader);
        effects->previous_refund = read_varint(reader);
        effects->member = read_varint(reader);
        effects->occurred = read_day(reader);
        effects->booked = read_day(reader);
        effects->terms_version = (uint32_t)read_varint_max(reader, UINT32_MAX);
        uint64_t count = read_varint_max(reader, RECORD_LEN_MAX);
        for (uint64_t i = 0; i < count && !reader->bad; i++) {
            read_effect(reader, effects);
        }
    }
    if (reader->bad) {
        return false;
    }
    *ret_outcome = (outcome_t)outcome;
    *ret_waiting_for = (outcome_t)waiting_for;
    return true;
}
