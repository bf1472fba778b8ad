#include "tools/node/retry.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clearing/base/memory.h"
#include "proto/codec/decode.h"
#include "tools/text.h"

/* The events that are chosen. An entry's texts live only during its visit, and the outbox may not
 * be changed meanwhile. */
struct choice {
    const struct retry *retry;
    slice_t store;
    struct tally *tally;
    bool *found; /* by named event */
    struct tally_line *lines;
    uint64_t count;
    uint64_t capacity;
};

static bool is_named(struct choice *choice, const struct outbox_entry *entry)
{
    bool named = choice->retry->event_count == 0;

    for (uint32_t i = 0; i < choice->retry->event_count; i++) {
        const struct event_ref *event = &choice->retry->events[i];
        if (event->number == entry->number && slice_equal(event->terminal, entry->terminal) &&
            slice_equal(event->store, choice->store)) {
            choice->found[i] = true;
            named = true;
        }
    }
    return named;
}

/* Did the till ask before the goods left? Then a refusal was the end of it: nothing happened that
 * could be sent again, unless somebody says that it did, by its name. */
static bool is_settled(const struct choice *choice, const struct outbox_entry *entry)
{
    static _Thread_local struct event event;
    struct decode_fault why;

    return choice->retry->event_count == 0 && decode_event(entry->bytes, &event, &why) && event.ask;
}

static bool choose(void *context, const struct outbox_entry *entry)
{
    struct choice *choice = context;
    outcome_t reason = choice->retry->reason;

    if ((reason == OUTCOME_NONE || reason == entry->outcome) && is_named(choice, entry) &&
        !is_settled(choice, entry)) {
        MEMORY_GROW(choice->lines, choice->count, choice->capacity);
        choice->lines[choice->count++] = (struct tally_line){
            .id = entry->id,
            .file = tally_add_file(choice->tally, entry->file),
            .line = entry->line,
            .terminal = code_of(entry->terminal),
            .number = entry->number,
        };
    }
    return true;
}

static bool all_found(const struct choice *choice, struct fault *ret_fault)
{
    for (uint32_t i = 0; i < choice->retry->event_count; i++) {
        const struct event_ref *event = &choice->retry->events[i];
        if (!choice->found[i]) {
            return fault_set(ret_fault, FAULT_FORMAT,
                             _("%.*s:%.*s:%" PRIu64 " is not among the refused events asked for: "
                               "nothing was sent (`allclear outbox` lists them)"),
                             (int)event->store.len, event->store.text, (int)event->terminal.len,
                             event->terminal.text, event->number);
        }
    }
    return true;
}

/* In a transaction. */
static bool queue(struct outbox *outbox, const struct choice *choice, struct fault *ret_fault)
{
    struct outbox_event event;

    for (uint64_t i = 0; i < choice->count; i++) {
        if (!outbox_requeue_event(outbox, choice->lines[i].id, ret_fault) ||
            !outbox_find_event(outbox, choice->lines[i].id, &event, ret_fault)) {
            return false;
        }
        tally_event(choice->tally, &choice->lines[i], &event);
    }
    return true;
}

bool retry_queue(struct publish *publish, const struct retry *retry, struct fault *ret_fault)
{
    struct outbox *outbox = publish->node->outbox;
    struct choice choice = {
        .retry = retry,
        .store = code_slice(&publish->node->kit.store),
        .tally = &publish->tally,
        .found = memory_zeroed(retry->event_count + 1, sizeof *choice.found),
    };

    bool good = outbox_begin(outbox, ret_fault);
    if (good) {
        good = outbox_walk(outbox, OUTBOX_REFUSED, 0, UINT32_MAX, choose, &choice, ret_fault) &&
               all_found(&choice, ret_fault) && queue(outbox, &choice, ret_fault);
        if (good) {
            good = outbox_commit(outbox, ret_fault);
        } else {
            outbox_rollback(outbox);
        }
    }
    free(choice.found);
    free(choice.lines);
    return good;
}
