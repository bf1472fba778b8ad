#include "tools/simulate/simulation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/apply/opening.h"
#include "clearing/base/memory.h"
#include "proto/codec/encode.h"
#include "proto/codec/opening.h"
#include "tools/lines/lines.h"

#define OPENING_PART_LOTS   1000
#define OPENING_LOT_LEN_MAX 1100

#define BLOCK_SIZE (1U << 20)

void simulation_init(struct simulation *simulation, struct registry *take_registry,
                     struct terms *take_terms)
{
    struct terms *terms = memory_zeroed(1, sizeof *terms);

    *simulation = (struct simulation){.from = DAY_MAX, .to = DAY_MIN};
    state_init(&simulation->state, 0, past_history(&simulation->past));
    simulation->state.registry = *take_registry;
    *take_registry = (struct registry){0};
    *terms = *take_terms;
    *take_terms = (struct terms){0};
    state_take_terms(&simulation->state, terms);
    simulation->past.registry = &simulation->state.registry;
    simulation->apply.state = &simulation->state;
}

/* --- reading --- */

static slice_t keep_bytes(struct simulation *simulation, const uint8_t *bytes, size_t len)
{
    if (simulation->block_count == 0 || simulation->block_used + len > BLOCK_SIZE) {
        MEMORY_GROW(simulation->blocks, simulation->block_count, simulation->block_capacity);
        simulation->blocks[simulation->block_count++] = memory_resize(NULL, BLOCK_SIZE, 1);
        simulation->block_used = 0;
    }
    uint8_t *at = simulation->blocks[simulation->block_count - 1] + simulation->block_used;
    memcpy(at, bytes, len);
    simulation->block_used += len;
    return (slice_t){(const char *)at, (uint32_t)len};
}

/* The terminal's next number, where an event names none. */
static void give_number(struct simulation *simulation, store_t store, struct event *event)
{
    const code_t *code = registry_store_code(&simulation->state.registry, store);
    uint64_t *highest = map_put(&simulation->highest,
                                waiting_key(code_slice(code), event->terminal, 0));

    if (event->number == 0) {
        event->number = *highest + 1;
    }
    if (event->number > *highest) {
        *highest = event->number;
    }
}

/* Returns: NULL, or why the line is a bad one. */
static const char *read_line(struct simulation *simulation, struct lines *lines,
                             struct simulated *simulated, slice_t line,
                             char reason[LINES_REASON_LEN])
{
    static uint8_t bytes[EVENT_BYTES_MAX];
    struct event event;

    if (!lines_parse(lines, line.text, line.len, &event, reason)) {
        return reason;
    }
    give_number(simulation, simulated->store, &event);
    size_t len = encode_event(&event, bytes, sizeof bytes);
    if (len == 0) {
        return "not an event of the contract";
    }
    const struct terms *terms = state_terms(&simulation->state, 0);
    simulated->day = business_day(&terms->days, event.at_ms);
    simulated->at_ms = event.at_ms;
    simulated->terminal = code_of(event.terminal);
    simulated->number = event.number;
    simulated->bytes = keep_bytes(simulation, bytes, len);
    MEMORY_GROW(simulation->events, simulation->count, simulation->capacity);
    simulation->events[simulation->count++] = *simulated;
    return NULL;
}

bool simulation_read(struct simulation *simulation, store_t store, const char *path,
                     FILE *complaints)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    ssize_t len = 0;
    struct lines lines = {0};
    char reason[LINES_REASON_LEN];
    struct simulated simulated = {.store = store, .file = simulation->files++};

    if (file == NULL) {
        return false;
    }
    while (errno = 0, (len = getline(&text, &size, file)) >= 0) {
        simulated.line++;
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
            len--;
        }
        if (len == 0) {
            continue;
        }
        const char *why =
            read_line(simulation, &lines, &simulated, (slice_t){text, (uint32_t)len}, reason);
        if (why != NULL) {
            fprintf(complaints, "%s:%u: BAD_LINE: %s\n", path, simulated.line, why);
            simulation->bad_lines++;
        }
    }
    int error = errno;
    bool good = ferror(file) == 0;
    free(text);
    lines_deinit(&lines);
    fclose(file);
    errno = error;
    return good;
}

/* --- clearing --- */

static const struct registry *sorting_registry; /* qsort has no context; one thread */

static int simulated_compare(const void *left, const void *right)
{
    const struct simulated *a = left;
    const struct simulated *b = right;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms ? -1 : 1;
    }
    int order = slice_compare(code_slice(registry_store_code(sorting_registry, a->store)),
                              code_slice(registry_store_code(sorting_registry, b->store)));
    if (order == 0) {
        order = slice_compare(code_slice(&a->terminal), code_slice(&b->terminal));
    }
    if (order == 0) {
        order = (a->number > b->number) - (a->number < b->number);
    }
    if (order == 0) { /* the same number twice: as read */
        order = a->file != b->file ? (a->file > b->file) - (a->file < b->file)
                                   : (a->line > b->line) - (a->line < b->line);
    }
    return order;
}

static struct report_event event_row(const struct simulation *simulation,
                                     const struct cleared *cleared)
{
    return (struct report_event){
        .store = *registry_store_code(&simulation->state.registry, cleared->store),
        .terminal = code_of(cleared->event->terminal),
        .number = cleared->event->number,
        .outcome = cleared->outcome,
        .occurred = cleared->occurred,
        .booked = cleared->booked,
    };
}

static void on_cleared(void *context, const struct cleared *cleared)
{
    struct simulation *simulation = context;
    struct report_event row = event_row(simulation, cleared);

    past_note(&simulation->past, cleared);
    if (outcome_accepted(cleared->outcome)) {
        if (row.booked > row.occurred) {
            report_events_add(&simulation->late, &row);
        }
    } else if (cleared->outcome != OUTCOME_WAITING && cleared->outcome != OUTCOME_DUPLICATE) {
        report_events_add(&simulation->refused, &row);
    }
    if (simulation->listener.cleared != NULL) {
        simulation->listener.cleared(simulation->listener.context, cleared);
    }
}

static void on_expired(void *context, const struct expired *expired)
{
    struct simulation *simulation = context;

    if (simulation->listener.expired != NULL) {
        simulation->listener.expired(simulation->listener.context, expired);
    }
}

/* End the days before `day`, one after another where something ends, so that what ends is told in
 * the order of the days. */
static void end_days(struct simulation *simulation, day_t day)
{
    const struct state *state = &simulation->state;
    struct swept swept;

    while (state->open_day < day) {
        day_t ends = state->next_expiry > state->open_day ? state->next_expiry : state->open_day;
        apply_day_end(&simulation->apply, ends < day ? ends + 1 : day);
        apply_sweep(&simulation->apply, state_sweep_left(state), &swept);
    }
}

bool simulation_read_opening(struct simulation *simulation, const char *path, FILE *complaints)
{
    static struct complaints found;
    bool good = rows_read_lots(&simulation->opening, path, &found);

    complaints_sort(&found);
    complaints_write(&found, complaints);
    return good;
}

/* Are all lots what the rules take? */
static bool opening_is_good(struct simulation *simulation)
{
    const struct rows *rows = &simulation->opening;
    struct opening_pass pass = opening_begin(&simulation->apply);
    struct fault fault = {0};
    uint32_t bad = 0;

    for (uint32_t i = 0; i < rows->count; i++) {
        if (!opening_check(&pass, &rows->lots[i], &fault)) {
            fprintf(stderr, "%s:%u: %s\n", rows->source.path, rows->lines[i], fault.text);
            bad++;
        }
    }
    opening_end(&pass);
    simulation->bad_lines += bad;
    return bad == 0;
}

/* In parts of OPENING_PART_LOTS, as a ledger has them in parts of a record's length. */
static void open_lots(struct simulation *simulation)
{
    const struct rows *rows = &simulation->opening;
    size_t cap = (size_t)OPENING_PART_LOTS * OPENING_LOT_LEN_MAX;
    uint8_t *part = memory_zeroed(cap, 1);
    size_t len = 0;

    for (uint32_t i = 0; i < rows->count; i++) {
        CHECK(opening_add_lot(&rows->lots[i], part, cap, &len));
        if ((i + 1) % OPENING_PART_LOTS == 0 || i + 1 == rows->count) {
            (void)opening_make(&simulation->apply, (slice_t){(const char *)part, (uint32_t)len});
            len = 0;
        }
    }
    free(part);
}

void simulation_set_deadlines(struct simulation *simulation, const day_t *days, uint32_t count)
{
    simulation->deadline_count = 0;
    for (uint32_t i = 0; i < count; i++) { /* insertion: they are few */
        uint32_t at = simulation->deadline_count;
        while (at > 0 && simulation->deadlines[at - 1] > days[i]) {
            at--;
        }
        if (at > 0 && simulation->deadlines[at - 1] == days[i]) {
            continue;
        }
        memmove(&simulation->deadlines[at + 1], &simulation->deadlines[at],
                (simulation->deadline_count - at) * sizeof *simulation->deadlines);
        simulation->deadlines[at] = days[i];
        simulation->deadline_count++;
    }
}

/* Let the deadlines before `day` pass that have not: each ends its day. */
static void pass_deadlines(struct simulation *simulation, day_t day, uint32_t *passed)
{
    for (; *passed < simulation->deadline_count; ++*passed) {
        day_t deadline = simulation->deadlines[*passed];
        if (deadline >= day) {
            return;
        }
        if (deadline < simulation->from) {
            continue; /* nothing can wait yet */
        }
        end_days(simulation, deadline);
        apply_deadline(&simulation->apply);
        simulation->to = deadline > simulation->to ? deadline : simulation->to;
    }
}

void simulation_run(struct simulation *simulation)
{
    struct state *state = &simulation->state;
    struct decode_fault fault;
    struct event event;
    uint32_t passed = 0;

    simulation->apply.sink = (struct apply_sink){simulation, on_cleared, on_expired, NULL};
    sorting_registry = &state->registry;
    if (simulation->count > 0) {
        qsort(simulation->events, simulation->count, sizeof *simulation->events, simulated_compare);
        state->open_day = simulation->events[0].day;
        simulation->from = simulation->events[0].day;
        simulation->to = simulation->events[simulation->count - 1].day;
    }
    if (opening_is_good(simulation)) {
        open_lots(simulation);
    }
    for (uint32_t i = 0; i < simulation->count; i++) {
        const struct simulated *simulated = &simulation->events[i];
        if (simulated->day > state->open_day) {
            pass_deadlines(simulation, simulated->day, &passed);
            end_days(simulation, simulated->day);
        }
        CHECK(decode_event(simulated->bytes, &event, &fault)); /* we have encoded it */
        apply_event(
            &simulation->apply, simulated->store, simulated->bytes, &event, simulated->at_ms);
    }
    if (simulation->count > 0) {
        pass_deadlines(simulation, DAY_MAX, &passed);
    }
}

void simulation_deinit(struct simulation *simulation)
{
    apply_deinit(&simulation->apply);
    state_deinit(&simulation->state);
    past_deinit(&simulation->past);
    rows_deinit(&simulation->opening);
    free(simulation->events);
    for (uint32_t i = 0; i < simulation->block_count; i++) {
        free(simulation->blocks[i]);
    }
    free(simulation->blocks);
    map_deinit(&simulation->highest);
    free(simulation->refused.list);
    free(simulation->late.list);
    *simulation = (struct simulation){0};
}
