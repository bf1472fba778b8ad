#include "clearing/order/numbers.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

static uint32_t terminal_hash(store_t store, slice_t code)
{
    return (uint32_t)hash_u64(hash_bytes(code.text, code.len) + store.n);
}

static bool terminal_is(const struct terminal *terminal, store_t store, slice_t code)
{
    return terminal->store.n == store.n && slice_equal(code_slice(&terminal->code), code);
}

/* The slot of a terminal, or the free one where it belongs. */
static uint32_t *terminal_slot(const struct numbers *numbers, store_t store, slice_t code)
{
    uint32_t at = terminal_hash(store, code) & numbers->mask;

    for (;; at = (at + 1) & numbers->mask) {
        uint32_t number = numbers->slots[at];
        if (number == 0) {
            return &numbers->slots[at];
        }
        if (terminal_is(&numbers->terminals[number - 1], store, code)) {
            return &numbers->slots[at];
        }
    }
}

static struct terminal *terminal_find(const struct numbers *numbers, store_t store, slice_t code)
{
    if (numbers->slots == NULL) {
        return NULL;
    }
    if (numbers->recent != 0 &&
        terminal_is(&numbers->terminals[numbers->recent - 1], store, code)) {
        return &numbers->terminals[numbers->recent - 1];
    }
    uint32_t number = *terminal_slot(numbers, store, code);
    return number == 0 ? NULL : &numbers->terminals[number - 1];
}

static void numbers_grow(struct numbers *numbers)
{
    numbers->capacity = numbers->capacity == 0 ? 64 : numbers->capacity * 2;
    numbers->terminals =
        memory_resize(numbers->terminals, numbers->capacity, sizeof *numbers->terminals);
    free(numbers->slots);
    numbers->slots = memory_zeroed((size_t)numbers->capacity * 2, sizeof *numbers->slots);
    numbers->mask = numbers->capacity * 2 - 1;
    for (uint32_t i = 0; i < numbers->count; i++) {
        const struct terminal *terminal = &numbers->terminals[i];
        *terminal_slot(numbers, terminal->store, code_slice(&terminal->code)) = i + 1;
    }
}

struct terminal *numbers_terminal(struct numbers *numbers, store_t store, slice_t code)
{
    struct terminal *known = terminal_find(numbers, store, code);

    if (known != NULL) {
        numbers->recent = (uint32_t)(known - numbers->terminals) + 1;
        return known;
    }
    if (numbers->count == numbers->capacity) {
        numbers_grow(numbers);
    }
    CHECK(numbers->terminals != NULL);
    *terminal_slot(numbers, store, code) = numbers->count + 1;
    struct terminal *terminal = &numbers->terminals[numbers->count++];
    *terminal = (struct terminal){.store = store, .code = code_of(code)};
    return terminal;
}

/* The first gap that ends at or after `number`; gap_count: none. */
static uint32_t gap_at(const struct terminal *terminal, uint64_t number)
{
    uint32_t low = 0;
    uint32_t high = terminal->gap_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (terminal->gaps[middle].last < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void gap_insert(struct terminal *terminal, uint32_t place, struct gap gap)
{
    MEMORY_GROW(terminal->gaps, terminal->gap_count, terminal->gap_capacity);
    memmove(terminal->gaps + place + 1,
            terminal->gaps + place,
            (terminal->gap_count - place) * sizeof gap);
    terminal->gaps[place] = gap;
    terminal->gap_count++;
}

number_state_t numbers_state(const struct numbers *numbers, store_t store, slice_t terminal_code,
                             uint64_t number, day_t open_day, int32_t max_late_days)
{
    const struct terminal *terminal = terminal_find(numbers, store, terminal_code);

    if (terminal == NULL || number > terminal->highest) {
        return NUMBER_OPEN;
    }
    uint32_t place = gap_at(terminal, number);
    if (place == terminal->gap_count || terminal->gaps[place].first > number) {
        return NUMBER_SPENT;
    }
    return open_day > terminal->gaps[place].since + max_late_days ? NUMBER_CLOSED : NUMBER_OPEN;
}

void numbers_spend(struct numbers *numbers, store_t store, slice_t terminal_code, uint64_t number,
                   day_t open_day)
{
    struct terminal *terminal = numbers_terminal(numbers, store, terminal_code);

    if (number > terminal->highest) {
        if (number > terminal->highest + 1) {
            gap_insert(terminal,
                       terminal->gap_count,
                       (struct gap){terminal->highest + 1, number - 1, open_day});
        }
        terminal->highest = number;
        return;
    }
    uint32_t place = gap_at(terminal, number);
    CHECK(place < terminal->gap_count && terminal->gaps[place].first <= number);
    struct gap whole = terminal->gaps[place];
    terminal->gap_count--;
    memmove(terminal->gaps + place,
            terminal->gaps + place + 1,
            (terminal->gap_count - place) * sizeof whole);
    if (number < whole.last) {
        gap_insert(terminal, place, (struct gap){number + 1, whole.last, whole.since});
    }
    if (number > whole.first) {
        gap_insert(terminal, place, (struct gap){whole.first, number - 1, whole.since});
    }
}

void numbers_reopen(struct numbers *numbers, store_t store, slice_t terminal_code,
                    uint64_t number, day_t open_day)
{
    struct terminal *terminal = terminal_find(numbers, store, terminal_code);

    CHECK(terminal != NULL && number <= terminal->highest);
    gap_insert(terminal, gap_at(terminal, number), (struct gap){number, number, open_day});
}

uint64_t numbers_highest(const struct numbers *numbers, store_t store, slice_t terminal_code)
{
    const struct terminal *terminal = terminal_find(numbers, store, terminal_code);

    return terminal == NULL ? 0 : terminal->highest;
}

void numbers_deinit(struct numbers *numbers)
{
    for (uint32_t i = 0; i < numbers->count; i++) {
        free(numbers->terminals[i].gaps);
    }
    free(numbers->terminals);
    free(numbers->slots);
    *numbers = (struct numbers){0};
}
