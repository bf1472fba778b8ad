#include "tools/recon/ours.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

#define NAME_SIZE 512

static char *copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memory_zeroed(size, 1);

    memcpy(copy, text, size);
    return copy;
}

static char *make_ref(slice_t store, slice_t terminal, uint64_t number)
{
    char text[NAME_SIZE];

    (void)snprintf(text, sizeof text, "%.*s:%.*s:%" PRIu64, (int)store.len, store.text,
                   (int)terminal.len, terminal.text, number);
    return copy_text(text);
}

static void add_name(struct ours *ours, char *take_text)
{
    MEMORY_GROW(ours->names, ours->name_count, ours->name_capacity);
    ours->names[ours->name_count++] = (struct our_name){take_text, ours->count};
}

static void add_undo(struct ours *ours, const struct cleared *cleared)
{
    const struct event_ref *of = &cleared->event->of;

    MEMORY_GROW(ours->undos, ours->undo_count, ours->undo_capacity);
    ours->undos[ours->undo_count++] =
        (struct our_undo){make_ref(of->store, of->terminal, of->number), cleared->booked};
}

void ours_add(struct ours *ours, const struct state *state, const struct cleared *cleared)
{
    const struct event *event = cleared->event;

    if (!outcome_accepted(cleared->outcome) || event->type == EVENT_DAY_TOTAL) {
        return;
    }
    if (event->type == EVENT_VOID) {
        add_undo(ours, cleared);
        return;
    }
    MEMORY_GROW(ours->events, ours->count, ours->capacity);
    struct our_event *ours_event = &ours->events[ours->count];
    code_t store = *registry_store_code(&state->registry, cleared->store);
    *ours_event = (struct our_event){
        .store = store, .number = cleared->store, .booked = cleared->booked, .undone = DAY_MAX};
    ours_event->ref = make_ref(code_slice(&store), event->terminal, event->number);
    figures_of(cleared, ours_event->amounts);
    add_name(ours, copy_text(ours_event->ref));
    if (event->receipt.len > 0) {
        char text[NAME_SIZE];
        (void)snprintf(text, sizeof text, "%s %.*s", store.text, (int)event->receipt.len,
                       event->receipt.text);
        add_name(ours, copy_text(text));
    }
    ours->count++;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct our_name *)a)->text, ((const struct our_name *)b)->text);
}

static struct our_event *find_text(const struct ours *ours, char *text)
{
    struct our_name key = {.text = text};
    const struct our_name *name =
        ours->name_count == 0
            ? NULL
            : bsearch(&key, ours->names, ours->name_count, sizeof key, by_text);

    return name == NULL ? NULL : &ours->events[name->event];
}

void ours_settle(struct ours *ours)
{
    if (ours->name_count > 0) {
        qsort(ours->names, ours->name_count, sizeof ours->names[0], by_text);
    }
    for (uint32_t i = 0; i < ours->undo_count; i++) {
        struct our_event *event = find_text(ours, ours->undos[i].ref);
        if (event != NULL) {
            event->undone = ours->undos[i].day;
        }
    }
}

struct our_event *ours_find(const struct ours *ours, slice_t store, slice_t name)
{
    static const char *const forms[] = {"", ":", " "}; /* between the store and the name */
    struct our_event *event = NULL;
    char text[NAME_SIZE];

    for (size_t i = 0; i < 3 && event == NULL; i++) {
        slice_t front = i == 0 ? (slice_t){"", 0} : store;
        (void)snprintf(text, sizeof text, "%.*s%s%.*s", (int)front.len, front.text, forms[i],
                       (int)name.len, name.text);
        event = find_text(ours, text);
    }
    return event != NULL && slice_equal(code_slice(&event->store), store) ? event : NULL;
}

void ours_deinit(struct ours *ours)
{
    for (uint32_t i = 0; i < ours->count; i++) {
        free(ours->events[i].ref);
    }
    for (uint32_t i = 0; i < ours->name_count; i++) {
        free(ours->names[i].text);
    }
    for (uint32_t i = 0; i < ours->undo_count; i++) {
        free(ours->undos[i].ref);
    }
    free(ours->events);
    free(ours->names);
    free(ours->undos);
    *ours = (struct ours){0};
}
