#include "clearing/totals/totals.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

static struct till *till_at(struct totals *totals, uint32_t terminal)
{
    uint32_t capacity = totals->capacity;

    while (terminal >= capacity) {
        capacity = capacity * 2 + 8;
    }
    if (capacity > totals->capacity) {
        totals->tills = memory_resize(totals->tills, capacity, sizeof *totals->tills);
        memset(totals->tills + totals->capacity,
               0,
               (capacity - totals->capacity) * sizeof *totals->tills);
        totals->capacity = capacity;
    }
    return &totals->tills[terminal];
}

/* The place of the first day that is not before `date`; nearly always the last day is meant. */
static uint32_t place_of(const struct till *till, day_t date)
{
    uint32_t place = till->count;

    while (place > 0 && till->days[place - 1].date >= date) {
        place--;
    }
    return place;
}

struct till_day *totals_day(struct totals *totals, uint32_t terminal, day_t date)
{
    if (date < totals->from) {
        return NULL;
    }
    struct till *till = till_at(totals, terminal);
    uint32_t place = place_of(till, date);
    if (place < till->count && till->days[place].date == date) {
        return &till->days[place];
    }
    MEMORY_GROW(till->days, till->count, till->capacity);
    memmove(till->days + place + 1,
            till->days + place,
            (till->count - place) * sizeof *till->days);
    till->days[place] = (struct till_day){.date = date};
    till->count++;
    return &till->days[place];
}

const struct till_day *totals_find(const struct totals *totals, uint32_t terminal, day_t date)
{
    if (terminal >= totals->capacity) {
        return NULL;
    }
    const struct till *till = &totals->tills[terminal];
    uint32_t place = place_of(till, date);
    return place < till->count && till->days[place].date == date ? &till->days[place] : NULL;
}

bool totals_last(const struct totals *totals, uint32_t terminal, day_t *ret_date)
{
    const struct till *till = terminal < totals->capacity ? &totals->tills[terminal] : NULL;

    for (uint32_t i = till == NULL ? 0 : till->count; i > 0; i--) {
        if (till->days[i - 1].count > 0) {
            *ret_date = till->days[i - 1].date;
            return true;
        }
    }
    return false;
}

/* What a sum is in an amount's 64 bits; beyond them the nearest: no report says so much. */
static int64_t narrow(money_sum_t sum)
{
    if (money_sum_sign(money_sum_less(sum, money_sum_of(money(INT64_MAX)))) > 0) {
        return INT64_MAX;
    }
    if (money_sum_sign(money_sum_less(sum, money_sum_of(money(INT64_MIN)))) < 0) {
        return INT64_MIN;
    }
    return (int64_t)money_sum_low(sum);
}

bool till_day_figure(const struct till_day *day, uint32_t key, int64_t *ret_till,
                     int64_t *ret_ledger)
{
    if (key == TOTAL_KEY_COUNT) {
        *ret_till = (int64_t)day->report.count;
        *ret_ledger = (int64_t)day->count;
        return true;
    }
    if ((day->report.named >> key & 1) == 0) {
        return false;
    }
    *ret_till = money_fen(day->report.sums[key]);
    *ret_ledger = narrow(day->sums[key]);
    return true;
}

bool till_day_matches(const struct till_day *day)
{
    for (uint32_t key = 0; key <= TOTAL_KEY_COUNT; key++) {
        int64_t till = 0;
        int64_t ledger = 0;
        if (till_day_figure(day, key, &till, &ledger) && till != ledger) {
            return false;
        }
    }
    return true;
}

void totals_forget(struct totals *totals, day_t before)
{
    if (before <= totals->from) {
        return;
    }
    totals->from = before;
    for (uint32_t i = 0; i < totals->capacity; i++) {
        struct till *till = &totals->tills[i];
        uint32_t gone = place_of(till, before);
        if (gone > 0) {
            till->count -= gone;
            memmove(till->days, till->days + gone, till->count * sizeof *till->days);
        }
    }
}

void totals_deinit(struct totals *totals)
{
    for (uint32_t i = 0; i < totals->capacity; i++) {
        free(totals->tills[i].days);
    }
    free(totals->tills);
    *totals = (struct totals){0};
}
