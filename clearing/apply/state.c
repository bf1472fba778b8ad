#include "clearing/apply/state.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

void state_init(struct state *state, day_t open_day, struct history history)
{
    *state = (struct state){.open_day = open_day, .next_expiry = DAY_MAX, .history = history};
}

void state_deinit(struct state *state)
{
    for (uint32_t i = 0; i < state->terms_count; i++) {
        terms_deinit(state->terms[i]);
        free(state->terms[i]);
    }
    free(state->terms);
    registry_deinit(&state->registry);
    members_deinit(&state->members);
    numbers_deinit(&state->numbers);
    waiting_deinit(&state->waiting);
    totals_deinit(&state->totals);
    free(state->originals.list);
    map_deinit(&state->originals.index);
    map_deinit(&state->originals.taken);
    map_deinit(&state->originals.cashed);
    map_deinit(&state->originals.returned);
    positions_deinit(&state->positions);
    disputes_deinit(&state->disputes);
    *state = (struct state){0};
}

void state_take_terms(struct state *state, struct terms *take_terms)
{
    MEMORY_GROW(state->terms, state->terms_count, state->terms_capacity);
    state->terms[state->terms_count++] = take_terms;
    take_terms->version = state->terms_count;
    terms_resolve(take_terms, &state->registry);
}

const struct terms *state_terms(const struct state *state, day_t day)
{
    uint32_t version = state->terms_count;

    CHECK(version > 0);
    while (version > 1 && state->terms[version - 1]->from > day) {
        version--;
    }
    return state->terms[version - 1];
}

uint64_t state_sweep_left(const struct state *state)
{
    return state->sweep.runs ? (1ULL << state->sweep.bits) - state->sweep.next : 0;
}

struct sweep_range state_sweep_range(const struct state *state, uint64_t ranges)
{
    const struct sweep *sweep = &state->sweep;
    uint64_t width = sweep->bits == 0 ? 0 : 1ULL << (64 - sweep->bits); /* 0: 2^64 */

    CHECK(ranges > 0 && ranges <= state_sweep_left(state));
    return (struct sweep_range){sweep->next * width, (sweep->next + ranges) * width - 1};
}

struct original *state_original(const struct state *state, uint64_t seq)
{
    const uint64_t *place = map_find(&state->originals.index, seq);

    return place == NULL ? NULL : &state->originals.list[*place - 1];
}

struct original *state_put_original(struct state *state, uint64_t seq)
{
    struct originals *originals = &state->originals;
    uint64_t *place = map_put(&originals->index, seq);

    if (*place == 0) {
        MEMORY_GROW(originals->list, originals->count, originals->capacity);
        originals->list[originals->count++] = (struct original){0};
        *place = originals->count;
    }
    return &originals->list[*place - 1];
}
