#include "clearing/members/moves.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

const struct move *moves_find(const struct moves *moves, uint64_t from)
{
    const uint64_t *place = from == 0 ? NULL : map_find(&moves->by_from, from);

    return place == NULL ? NULL : &moves->list[*place - 1];
}

static void append(struct moves *moves, const struct move *move)
{
    MEMORY_GROW(moves->list, moves->count, moves->capacity);
    CHECK(moves->list != NULL); /* the analyser cannot know that it has grown */
    moves->list[moves->count++] = *move;
    *map_put(&moves->by_from, move->from) = moves->count;
}

void moves_add(struct moves *moves, const struct move *move)
{
    for (uint32_t i = 0; i < moves->count; i++) {
        if (moves->list[i].into == move->from) {
            moves->list[i].into = move->into;
        }
    }
    append(moves, move);
}

void moves_deinit(struct moves *moves)
{
    free(moves->list);
    map_deinit(&moves->by_from);
    *moves = (struct moves){0};
}

void moves_save(const struct moves *moves, struct spool *spool)
{
    write_varint(spool_room(spool, 16), moves->count);
    for (uint32_t i = 0; i < moves->count; i++) {
        const struct move *move = &moves->list[i];
        struct writer *writer = spool_room(spool, 48);
        write_varint(writer, move->from);
        write_varint(writer, move->into);
        write_signed(writer, move->day);
        write_u8(writer, move->replaced ? 1 : 0);
    }
}

bool moves_load(struct moves *moves, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, UINT32_MAX);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct move move = {.from = read_varint(reader), .into = read_varint(reader)};
        move.day = read_day(reader);
        move.replaced = read_u8(reader) == 1;
        reader->bad = reader->bad || move.from == 0 || move.into == 0 || move.from == move.into ||
                      moves_find(moves, move.from) != NULL;
        if (!reader->bad) {
            append(moves, &move);
        }
    }
    for (uint32_t i = 0; i < moves->count && !reader->bad; i++) {
        reader->bad = moves_find(moves, moves->list[i].into) != NULL;
    }
    return !reader->bad;
}
