#include "clearing/claims/positions.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

/* Participants have 20 bits: PARTICIPANTS_MAX holds that. */
_Static_assert(PARTICIPANTS_MAX < 1 << 20, "a cell's key packs participants in 20 bits each");

static uint64_t cell_key(const struct claim *claim)
{
    return (uint64_t)claim->debtor.n << 40 | (uint64_t)claim->creditor.n << 20 |
           (uint64_t)claim->kind << 1 | (claim->reversal ? 1U : 0U);
}

struct matrix_cell *positions_cell(struct positions *positions, const struct claim *claim)
{
    uint64_t *place = map_put(&positions->index, cell_key(claim));

    if (*place == 0) {
        MEMORY_GROW(positions->cells, positions->count, positions->capacity);
        positions->cells[positions->count++] = (struct matrix_cell){
            .debtor = claim->debtor,
            .creditor = claim->creditor,
            .kind = claim->kind,
            .reversal = claim->reversal,
        };
        *place = positions->count;
    }
    return &positions->cells[*place - 1];
}

struct store_sums *positions_store(struct positions *positions, store_t store)
{
    if (store.n >= positions->store_capacity) {
        uint32_t capacity = positions->store_capacity;
        while (store.n >= capacity) {
            capacity = capacity * 2 + 8;
        }
        positions->stores = memory_resize(positions->stores, capacity, sizeof *positions->stores);
        memset(positions->stores + positions->store_capacity,
               0,
               (capacity - positions->store_capacity) * sizeof *positions->stores);
        positions->store_capacity = capacity;
    }
    return &positions->stores[store.n];
}

void positions_post(struct positions *positions, store_t store, const struct claims *claims)
{
    for (uint32_t i = 0; i < claims->count; i++) {
        struct matrix_cell *cell = positions_cell(positions, &claims->list[i]);
        cell->count++;
        cell->amount = money_sum_add(cell->amount, claims->list[i].amount);
    }
    for (uint32_t i = 0; i < claims->memo_count; i++) {
        const struct memo *memo = &claims->memos[i];
        struct store_sums *sums = positions_store(positions, memo->store);
        sums->memos[memo->kind] = money_sum_add(sums->memos[memo->kind], memo->amount);
    }
    if (store.n != STORE_NONE.n) {
        positions_store(positions, store)->events++;
        positions->events++;
    }
}

void positions_by_participant(const struct positions *positions, struct participant_sums *ret_sums,
                              uint32_t count)
{
    memset(ret_sums, 0, count * sizeof *ret_sums);
    for (uint32_t i = 0; i < positions->count; i++) {
        const struct matrix_cell *cell = &positions->cells[i];
        CHECK(cell->debtor.n < count && cell->creditor.n < count);
        struct participant_sums *debtor = &ret_sums[cell->debtor.n];
        struct participant_sums *creditor = &ret_sums[cell->creditor.n];
        debtor->out = money_sum_join(debtor->out, cell->amount);
        creditor->in = money_sum_join(creditor->in, cell->amount);
    }
}

void positions_clear(struct positions *positions)
{
    positions_deinit(positions);
}

void positions_deinit(struct positions *positions)
{
    free(positions->cells);
    free(positions->stores);
    map_deinit(&positions->index);
    *positions = (struct positions){0};
}
