#include "tools/recon/compare.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/text.h"

const char *difference_name(difference_class_t class)
{
    static const char *const names[] = {"missing", "timing", "rule", "theirs"};

    return names[class];
}

/* A row of theirs, understood. */
struct their_row {
    const struct old_row *row;
    uint32_t line;
    store_t store;
    figure_t figure;
    int64_t amount;
};

static struct recon_cell *cell_of(struct recon *recon, store_t store, figure_t figure)
{
    return &recon->cells[(size_t)store.n * FIGURE_COUNT + figure];
}

/* Note a difference that explains `explains` of theirs - ours. */
static void note(struct recon *recon, const struct difference *difference, int64_t explains)
{
    MEMORY_GROW(recon->differences, recon->count, recon->capacity);
    recon->differences[recon->count++] = *difference;
    cell_of(recon, difference->store, difference->figure)->explained += explains;
}

static bool in_period(const struct recon *recon, day_t day)
{
    return day == DAY_MAX || (day >= recon->from && day <= recon->to);
}

/* Does it count in the period? */
static bool counts(const struct recon *recon, const struct our_event *event)
{
    return in_period(recon, event->booked) && event->undone > recon->to;
}

static bool understand(struct recon *recon, const struct rows *rows, uint32_t i,
                       struct complaints *complaints, struct their_row *ret_row)
{
    const struct old_row *row = &rows->old[i];
    struct place place = {rows->source.path, rows->lines[i], 1};
    store_t store = registry_find_store(recon->registry, row->store);
    figure_t figure = FIGURE_TOPUP;

    if (store.n >= recon->store_count) {
        complaints_add(complaints, &place, _("the alliance has no store \"%.*s\""),
                       (int)row->store.len, row->store.text);
        return false;
    }
    if (!figure_parse(row->figure, &figure)) {
        complaints_add(complaints, &place, _("\"%.*s\" is no figure (see --help)"),
                       (int)row->figure.len, row->figure.text);
        return false;
    }
    if ((figure_is_money(figure) ? row->units : row->amount_fen) != 0) {
        complaints_add(complaints, &place,
                       figure_is_money(figure) ? _("%s: write yuan under amount, nothing under units")
                                               : _("%s: write a number under units, no amount"),
                       figure_name(figure));
        return false;
    }
    *ret_row = (struct their_row){row, rows->lines[i], store, figure,
                                  figure_is_money(figure) ? row->amount_fen : row->units};
    return true;
}

static struct difference difference_of(const struct their_row *their, difference_class_t class)
{
    return (struct difference){
        .class = class,
        .store = their->store,
        .figure = their->figure,
        .event = their->row->event.len > 0 ? their->row->event.text : NULL,
        .event_len = their->row->event.len,
        .line = their->line,
        .theirs = their->amount,
        .their_day = their->row->date,
        .our_day = DAY_MAX,
    };
}

static void take_total(struct recon *recon, const struct their_row *their)
{
    struct recon_cell *cell = cell_of(recon, their->store, their->figure);

    if (!cell->has_total) {
        cell->has_total = true;
        cell->total = their->amount;
        cell->total_line = their->line;
        return;
    }
    struct difference twice = difference_of(their, DIFFERENCE_THEIRS);
    twice.ours = cell->total; /* what they said before */
    note(recon, &twice, 0);
}

static void take_event(struct recon *recon, const struct their_row *their)
{
    struct recon_cell *cell = cell_of(recon, their->store, their->figure);
    struct our_event *event = ours_find(
        &recon->ours, code_slice(registry_store_code(recon->registry, their->store)),
        their->row->event);
    bool theirs_in = in_period(recon, their->row->date);
    int64_t theirs = theirs_in ? their->amount : 0;
    uint32_t bit = (uint32_t)1 << their->figure;

    cell->details += theirs_in ? 1 : 0;
    cell->detailed += theirs;
    if (event == NULL || event->undone <= recon->to) {
        if (theirs_in) {
            struct difference missing = difference_of(their, DIFFERENCE_MISSING);
            note(recon, &missing, theirs);
        }
        return;
    }
    int64_t ours = event->amounts[their->figure];
    bool twice = (event->taken & bit) != 0;
    bool ours_in = counts(recon, event);
    event->taken |= bit;
    if (!theirs_in && !ours_in) {
        return; /* neither counts it */
    }
    struct difference difference = difference_of(their, DIFFERENCE_THEIRS);
    difference.ours = ours;
    difference.our_day = event->booked;
    if (twice) {
        note(recon, &difference, theirs);
        return;
    }
    /* a difference of periods explains what one side does not count, one of amounts the rest; on
     * which day of the same period an event stands makes no figure another */
    if (theirs_in != ours_in) {
        difference.class = DIFFERENCE_TIMING;
        note(recon, &difference, theirs_in ? ours : -ours);
    }
    if (their->amount != ours) {
        difference.class = DIFFERENCE_RULE;
        note(recon, &difference, theirs_in ? their->amount - ours : 0);
    }
}

/* Ours that no row of theirs names, where the sheet lists that store's events of the figure. */
static void take_ours(struct recon *recon, const struct our_event *event)
{
    for (uint32_t f = 0; f < FIGURE_COUNT; f++) {
        struct recon_cell *cell = cell_of(recon, event->number, (figure_t)f);
        int64_t amount = event->amounts[f];
        if (amount == 0 || !recon->in_scope[f]) {
            continue;
        }
        cell->ours += amount;
        if ((event->taken >> f & 1) != 0 || (cell->details == 0 && cell->has_total)) {
            continue;
        }
        struct difference missing = {
            .class = DIFFERENCE_MISSING,
            .store = event->number,
            .figure = (figure_t)f,
            .event = event->ref,
            .event_len = (uint32_t)strlen(event->ref),
            .ours = amount,
            .their_day = DAY_MAX,
            .our_day = event->booked,
        };
        note(recon, &missing, -amount);
    }
}

/* Their total against the sum of their own events. */
static void check_sum(struct recon *recon, uint32_t at)
{
    struct recon_cell *cell = &recon->cells[at];

    if (!cell->has_total || cell->details == 0 || cell->total == cell->detailed) {
        return;
    }
    struct difference sum = {
        .class = DIFFERENCE_THEIRS,
        .store = {at / FIGURE_COUNT},
        .figure = (figure_t)(at % FIGURE_COUNT),
        .line = cell->total_line,
        .theirs = cell->total,
        .ours = cell->detailed,
        .their_day = DAY_MAX,
        .our_day = DAY_MAX,
    };
    note(recon, &sum, cell->total - cell->detailed);
}

bool recon_compare(struct recon *recon, const struct rows *rows, struct complaints *complaints)
{
    bool good = true;

    recon->store_count = recon->registry->store_codes.count;
    recon->cells = memory_zeroed((size_t)recon->store_count * FIGURE_COUNT + 1,
                                 sizeof recon->cells[0]);
    for (uint32_t i = 0; i < rows->count; i++) {
        struct their_row their;
        if (!understand(recon, rows, i, complaints, &their)) {
            good = false;
            continue;
        }
        recon->in_scope[their.figure] = true;
        (their.row->event.len > 0 ? take_event : take_total)(recon, &their);
    }
    for (uint32_t i = 0; i < recon->ours.count; i++) {
        if (counts(recon, &recon->ours.events[i])) {
            take_ours(recon, &recon->ours.events[i]);
        }
    }
    for (uint32_t at = 0; at < recon->store_count * FIGURE_COUNT; at++) {
        check_sum(recon, at);
    }
    return good;
}

void recon_deinit(struct recon *recon)
{
    ours_deinit(&recon->ours);
    free(recon->cells);
    free(recon->differences);
    *recon = (struct recon){0};
}
