#include "tools/simulate/past.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

/* The key of an event in by_ref: the first that is its own or free. Accidents of the hash go on
 * with the next key. */
static uint64_t ref_key(const struct past_memory *past, store_t store, slice_t terminal,
                        uint64_t number)
{
    const code_t *code = registry_store_code(past->registry, store);
    uint64_t key = waiting_key(code_slice(code), terminal, number);

    for (;; key += 2) {
        const uint64_t *place = map_find(&past->by_ref, key);
        if (place == NULL) {
            return key;
        }
        const struct past_entry *entry = &past->entries[*place - 1];
        if (entry->store.n == store.n && entry->number == number &&
            slice_equal(code_slice(&entry->terminal), terminal)) {
            return key;
        }
    }
}

static struct past past_of(const struct past_entry *entry)
{
    return (struct past){
        .seq = entry->seq,
        .store = entry->store,
        .event = entry->event,
        .results = {(const char *)entry->results, entry->result_len},
    };
}

static bool past_find(void *context, store_t store, slice_t terminal, uint64_t number,
                      struct past *ret_past)
{
    const struct past_memory *past = context;
    const uint64_t *place = map_find(&past->by_ref, ref_key(past, store, terminal, number));

    if (place == NULL || past->entries[*place - 1].event.len == 0) {
        return false;
    }
    *ret_past = past_of(&past->entries[*place - 1]);
    return true;
}

const struct past_entry *past_at(const struct past_memory *past, uint64_t seq)
{
    const uint64_t *place = map_find(&past->by_seq, seq);

    CHECK(place != NULL);
    return &past->entries[*place - 1];
}

static void past_at_seq(void *context, uint64_t seq, struct past *ret_past)
{
    *ret_past = past_of(past_at(context, seq));
}

struct history past_history(struct past_memory *past)
{
    return (struct history){past, past_find, past_at_seq};
}

static void keep_results(struct past_entry *entry, const struct cleared *cleared)
{
    struct writer writer = {.capacity = 1024};

    do {
        writer.capacity *= 4;
        writer.bytes = memory_resize(writer.bytes, writer.capacity, 1);
        writer.len = 0;
        writer.full = false;
        results_write(&writer, cleared->outcome, cleared->waiting_for, cleared->effects);
    } while (writer.full);
    free(entry->results);
    entry->results = memory_resize(writer.bytes, writer.len, 1);
    entry->result_len = (uint32_t)writer.len;
}

void past_note(struct past_memory *past, const struct cleared *cleared)
{
    bool kept = outcome_accepted(cleared->outcome) || cleared->outcome == OUTCOME_WAITING;

    if (!kept && !cleared->released) {
        return;
    }
    uint64_t key =
        ref_key(past, cleared->store, cleared->event->terminal, cleared->event->number);
    uint64_t *place = map_put(&past->by_ref, key);
    if (*place == 0) {
        MEMORY_GROW(past->entries, past->count, past->capacity);
        past->entries[past->count++] = (struct past_entry){
            .store = cleared->store,
            .terminal = code_of(cleared->event->terminal),
            .number = cleared->event->number,
        };
        *place = past->count;
    }
    struct past_entry *entry = &past->entries[*place - 1];
    entry->seq = cleared->seq;
    if (!kept) {
        entry->event = (slice_t){NULL, 0};
        return;
    }
    if (!cleared->released) { /* a released event's bytes are the waiting list's, gone soon */
        entry->event = cleared->bytes;
    }
    keep_results(entry, cleared);
    if (outcome_accepted(cleared->outcome)) {
        *map_put(&past->by_seq, cleared->seq) = (uint64_t)(entry - past->entries) + 1;
    }
}

void past_deinit(struct past_memory *past)
{
    for (uint32_t i = 0; i < past->count; i++) {
        free(past->entries[i].results);
    }
    free(past->entries);
    map_deinit(&past->by_ref);
    map_deinit(&past->by_seq);
    *past = (struct past_memory){0};
}
