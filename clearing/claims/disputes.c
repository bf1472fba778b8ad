#include "clearing/claims/disputes.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

void disputes_begin(struct disputes *disputes, const struct dispute *dispute)
{
    MEMORY_GROW(disputes->list, disputes->count, disputes->capacity);
    struct dispute *added = &disputes->list[disputes->count++];

    *added = *dispute;
    added->first_line = disputes->line_count;
    added->line_count = 0;
    *map_put(&disputes->by_seq, dispute->seq) = disputes->count;
    disputes->open += dispute->state == DISPUTE_OPEN ? 1 : 0;
}

void disputes_add_line(struct disputes *disputes, participant_t debtor, participant_t creditor,
                       money_t amount)
{
    struct dispute *dispute = &disputes->list[disputes->count - 1];
    uint64_t *last = map_put(&disputes->by_original, dispute->original);

    MEMORY_GROW(disputes->lines, disputes->line_count, disputes->line_capacity);
    disputes->lines[disputes->line_count++] = (struct dispute_line){
        .dispute = disputes->count - 1,
        .debtor = debtor,
        .creditor = creditor,
        .amount = amount,
        .out = amount,
        .next = (uint32_t)*last,
    };
    *last = disputes->line_count;
    dispute->line_count++;
}

struct dispute *disputes_find(const struct disputes *disputes, uint64_t seq)
{
    const uint64_t *place = map_find(&disputes->by_seq, seq);

    return place == NULL ? NULL : &disputes->list[*place - 1];
}

struct dispute_line *disputes_line(const struct disputes *disputes, uint64_t original,
                                   claim_kind_t kind, participant_t debtor, participant_t creditor)
{
    const uint64_t *last = map_find(&disputes->by_original, original);

    for (uint64_t at = last == NULL ? 0 : *last; at != 0; at = disputes->lines[at - 1].next) {
        struct dispute_line *line = &disputes->lines[at - 1];
        if (line->debtor.n == debtor.n && line->creditor.n == creditor.n &&
            disputes->list[line->dispute].kind == kind) {
            return line;
        }
    }
    return NULL;
}

void disputes_answer(struct disputes *disputes, struct dispute *dispute, bool stands)
{
    CHECK(dispute->state == DISPUTE_OPEN);
    dispute->state = stands ? DISPUTE_STANDS : DISPUTE_FALLS;
    disputes->open--;
    for (uint32_t i = 0; stands && i < dispute->line_count; i++) {
        disputes->lines[dispute->first_line + i].out = money(0);
    }
}

/* --- closed cycles --- */

void disputes_note_close(struct disputes *disputes, day_t last_day)
{
    MEMORY_GROW(disputes->cycle_ends, disputes->cycle_end_count, disputes->cycle_end_capacity);
    disputes->cycle_ends[disputes->cycle_end_count++] = last_day;
}

bool disputes_cycle_end(const struct disputes *disputes, day_t day, day_t *ret_last)
{
    uint32_t after = disputes->cycle_end_count; /* the first that ends on the day or later */

    while (after > 0 && disputes->cycle_ends[after - 1] >= day) {
        after--;
    }
    if (after == disputes->cycle_end_count) {
        return false;
    }
    *ret_last = disputes->cycle_ends[after];
    return true;
}

void disputes_deinit(struct disputes *disputes)
{
    free(disputes->list);
    free(disputes->lines);
    free(disputes->cycle_ends);
    map_deinit(&disputes->by_seq);
    map_deinit(&disputes->by_original);
    *disputes = (struct disputes){0};
}

/* --- as bytes: in the order in which they came --- */

void disputes_save(const struct disputes *disputes, struct spool *spool)
{
    write_varint(spool_room(spool, 16), disputes->cycle_end_count);
    for (uint32_t i = 0; i < disputes->cycle_end_count; i++) {
        write_signed(spool_room(spool, 16), disputes->cycle_ends[i]);
    }
    write_varint(spool_room(spool, 16), disputes->count);
    for (uint32_t i = 0; i < disputes->count; i++) {
        const struct dispute *dispute = &disputes->list[i];
        struct writer *writer = spool_room(spool, 64);
        write_varint(writer, dispute->seq);
        write_varint(writer, dispute->original);
        write_u8(writer, (uint8_t)dispute->kind);
        write_varint(writer, dispute->store.n);
        write_signed(writer, dispute->booked);
        write_u8(writer, (uint8_t)dispute->state);
        write_varint(writer, dispute->line_count);
        for (uint32_t j = 0; j < dispute->line_count; j++) {
            const struct dispute_line *line = &disputes->lines[dispute->first_line + j];
            writer = spool_room(spool, 64);
            write_varint(writer, line->debtor.n);
            write_varint(writer, line->creditor.n);
            write_signed(writer, money_fen(line->amount));
            write_signed(writer, money_fen(line->out));
        }
    }
}

static void line_load(struct disputes *disputes, struct reader *reader)
{
    participant_t debtor = {(uint32_t)read_varint_max(reader, PARTICIPANTS_MAX)};
    participant_t creditor = {(uint32_t)read_varint_max(reader, PARTICIPANTS_MAX)};
    int64_t amount = read_signed(reader);
    int64_t out = read_signed(reader);

    if (reader->bad || amount <= 0 || out < 0 || out > amount) {
        reader->bad = true;
        return;
    }
    disputes_add_line(disputes, debtor, creditor, money(amount));
    disputes->lines[disputes->line_count - 1].out = money(out);
}

static void dispute_load(struct disputes *disputes, struct reader *reader)
{
    struct dispute dispute = {.seq = read_varint(reader), .original = read_varint(reader)};
    dispute.kind = (claim_kind_t)read_u8(reader);
    dispute.store.n = (uint32_t)read_varint_max(reader, UINT32_MAX);
    dispute.booked = read_day(reader);
    dispute.state = (dispute_state_t)read_u8(reader);
    uint64_t lines = read_varint_max(reader, UINT32_MAX);

    reader->bad = reader->bad || dispute.seq == 0 || dispute.original == 0 || lines == 0 ||
                  dispute.kind >= KIND_COUNT || dispute.state > DISPUTE_FALLS;
    if (!reader->bad) {
        disputes_begin(disputes, &dispute);
    }
    for (uint64_t i = 0; i < lines && !reader->bad; i++) {
        line_load(disputes, reader);
    }
}

bool disputes_load(struct disputes *disputes, struct reader *reader)
{
    uint64_t ends = read_varint_max(reader, UINT32_MAX);

    for (uint64_t i = 0; i < ends && !reader->bad; i++) {
        disputes_note_close(disputes, read_day(reader));
    }
    uint64_t count = reader->bad ? 0 : read_varint_max(reader, UINT32_MAX);
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        dispute_load(disputes, reader);
    }
    return !reader->bad;
}
