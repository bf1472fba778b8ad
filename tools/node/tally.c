#include "tools/node/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

const char *tally_outcome_name(outcome_t outcome)
{
    static char names[UINT8_MAX + 1][16];
    uint8_t number = (uint8_t)outcome;

    if (outcome <= OUTCOME_LAST) {
        return outcome_name(outcome);
    }
    (void)snprintf(names[number], sizeof names[number], "OUTCOME_%u", number);
    return names[number];
}

outcome_t tally_outcome_named(const char *name)
{
    for (int i = 1; name != NULL && i <= OUTCOME_LAST; i++) {
        if (outcome_exists((outcome_t)i) && strcmp(outcome_name((outcome_t)i), name) == 0) {
            return (outcome_t)i;
        }
    }
    return OUTCOME_NONE;
}

uint32_t tally_add_file(struct tally *tally, const char *name)
{
    for (uint32_t i = 0; i < tally->file_count; i++) {
        if (strcmp(tally->files[i], name) == 0) {
            return i;
        }
    }
    MEMORY_GROW(tally->files, tally->file_count, tally->file_capacity);
    tally->files[tally->file_count] = strdup(name);
    CHECK(tally->files[tally->file_count] != NULL);
    return tally->file_count++;
}

static void add_refusal(struct tally *tally, const struct tally_refusal *refusal)
{
    MEMORY_GROW(tally->refusals, tally->refusal_count, tally->refusal_capacity);
    tally->refusals[tally->refusal_count++] = *refusal;
    tally->refused++;
}

void tally_bad(struct tally *tally, uint32_t file, uint32_t line, const char *detail)
{
    struct tally_refusal refusal = {.file = file, .line = line, .reason = "BAD_LINE"};

    tally->read++;
    refusal.detail = strdup(detail);
    CHECK(refusal.detail != NULL);
    add_refusal(tally, &refusal);
}

static void add_refused_event(struct tally *tally, const struct tally_line *line, outcome_t outcome)
{
    const struct tally_refusal refusal = {
        .file = line->file,
        .line = line->line,
        .terminal = line->terminal,
        .number = line->number,
        .reason = tally_outcome_name(outcome),
    };

    add_refusal(tally, &refusal);
}

void tally_event(struct tally *tally, const struct tally_line *line,
                 const struct outbox_event *event)
{
    uint64_t *followed = map_find(&tally->known, (uint64_t)event->id);

    tally->read++;
    if (outcome_accepted(event->outcome) || event->outcome == OUTCOME_WAITING ||
        event->outcome == OUTCOME_DUPLICATE) {
        tally->already++;
    } else if (event->outcome != OUTCOME_NONE) {
        add_refused_event(tally, line, event->outcome);
    } else if (followed != NULL && *followed == 1) {
        tally->already++; /* the same event twice in what was read */
    } else {
        *map_put(&tally->known, (uint64_t)event->id) = 1;
        MEMORY_GROW(tally->open, tally->open_count, tally->open_capacity);
        tally->open[tally->open_count] = *line;
        tally->open[tally->open_count++].id = event->id;
    }
}

void tally_total(struct tally *tally, const struct tally_line *line)
{
    if (tally->totals == NULL) {
        tally->totals = memory_zeroed(TALLY_TOTALS_MAX, sizeof *tally->totals);
    }
    if (tally->total_count == TALLY_TOTALS_MAX) { /* the last ones are kept */
        memmove(tally->totals, tally->totals + 1,
                (TALLY_TOTALS_MAX - 1) * sizeof *tally->totals);
        tally->total_count--;
    }
    tally->totals[tally->total_count++] = *line;
}

static void settle(struct tally *tally, const struct tally_line *line, outcome_t outcome)
{
    if (outcome_accepted(outcome)) {
        tally->accepted++;
    } else if (outcome == OUTCOME_WAITING) {
        tally->waiting++;
    } else if (outcome == OUTCOME_DUPLICATE) {
        tally->already++; /* it is in, from an earlier life of this folder */
    } else {
        add_refused_event(tally, line, outcome);
    }
}

bool tally_settle(struct tally *tally, struct outbox *outbox, struct fault *ret_fault)
{
    struct outbox_event event;
    uint64_t kept = 0;

    for (uint64_t i = 0; i < tally->open_count; i++) {
        struct tally_line *line = &tally->open[i];
        if (!outbox_find_event(outbox, line->id, &event, ret_fault)) {
            return false;
        }
        if (event.outcome == OUTCOME_NONE) {
            tally->open[kept++] = *line;
        } else {
            settle(tally, line, event.outcome);
            *map_put(&tally->known, (uint64_t)line->id) = 0;
        }
    }
    tally->open_count = kept;
    tally->pending = kept;
    return true;
}

void tally_deinit(struct tally *tally)
{
    for (uint32_t i = 0; i < tally->file_count; i++) {
        free(tally->files[i]);
    }
    for (uint64_t i = 0; i < tally->refusal_count; i++) {
        free(tally->refusals[i].detail);
    }
    free(tally->files);
    free(tally->refusals);
    free(tally->open);
    free(tally->totals);
    map_deinit(&tally->known);
    *tally = (struct tally){0};
}
