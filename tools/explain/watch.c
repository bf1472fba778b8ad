#include "tools/explain/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/render/words.h"
#include "tools/text.h"

/* Read "store:terminal:number", which ends with the text or at a slash. */
static bool read_ref(const char *text, struct event_ref *ret_ref, const char **ret_end)
{
    const char *first = strchr(text, ':');
    const char *second = first == NULL ? NULL : strchr(first + 1, ':');
    char *end = NULL;

    if (second == NULL || second[1] < '1' || second[1] > '9') {
        return false;
    }
    ret_ref->store = (slice_t){text, (uint32_t)(first - text)};
    ret_ref->terminal = (slice_t){first + 1, (uint32_t)(second - first - 1)};
    errno = 0;
    ret_ref->number = strtoull(second + 1, &end, 10);
    *ret_end = end;
    return errno == 0 && (*end == '\0' || *end == '/') && ret_ref->number <= NUMBER_MAX &&
           code_valid(ret_ref->store) && code_valid(ret_ref->terminal);
}

bool watch_init(struct watch *watch, const char *text, bool json)
{
    const char *end = NULL;

    *watch = (struct watch){.text = text, .json = json, .look = look_of(stdout)};
    if (!read_ref(text, &watch->event, &end)) {
        return false;
    }
    if (*end == '/' && !words_read_kind(end + 1, &watch->kind)) {
        return false;
    }
    watch->out = open_memstream(&watch->collected, &watch->len);
    CHECK(watch->out != NULL);
    return true;
}

void watch_deinit(struct watch *watch)
{
    if (watch->out != NULL) {
        (void)fclose(watch->out);
    }
    free(watch->collected);
    free(watch->later);
    *watch = (struct watch){0};
}

/* --- watching --- */

static bool names(const struct watch *watch, slice_t store, slice_t terminal, uint64_t number)
{
    return number == watch->event.number && slice_equal(terminal, watch->event.terminal) &&
           slice_equal(store, watch->event.store);
}

static void note_later(struct watch *watch, slice_t store, const struct cleared *cleared)
{
    const struct event *event = cleared->event;

    MEMORY_GROW(watch->later, watch->later_count, watch->later_capacity);
    struct watch_later *later = &watch->later[watch->later_count++];
    (void)snprintf(later->event, sizeof later->event, "%.*s:%.*s:%" PRIu64, (int)store.len,
                   store.text, (int)event->terminal.len, event->terminal.text, event->number);
    later->type = event->type;
    later->booked = cleared->booked;
}

static void separate(struct watch *watch)
{
    if (watch->found++ > 0) {
        fputs(watch->json ? "," : "\n", watch->out);
    }
}

static void write_line_of(struct watch *watch, const struct state *state,
                          const struct cleared *cleared)
{
    const struct explain_line line = {watch->kind, PARTICIPANT_NONE};

    for (uint32_t i = 0; i < cleared->claims->count; i++) {
        watch->lines += cleared->claims->list[i].kind == watch->kind ? 1 : 0;
    }
    if (watch->json) {
        separate(watch);
        explain_line_json(state, cleared, &line, watch->out);
    } else {
        explain_line_text(state, cleared, &line, &watch->look, watch->out);
    }
}

void watch_cleared(struct watch *watch, const struct state *state, const struct cleared *cleared)
{
    const struct event *event = cleared->event;
    slice_t store = code_slice(registry_store_code(&state->registry, cleared->store));

    if ((event->type == EVENT_REFUND || event->type == EVENT_VOID ||
         event->type == EVENT_DISPUTE) &&
        outcome_accepted(cleared->outcome) &&
        names(watch, event->of.store, event->of.terminal, event->of.number)) {
        note_later(watch, store, cleared);
    }
    if (!names(watch, store, event->terminal, event->number)) {
        return;
    }
    watch->member = event->member;
    separate(watch);
    if (watch->json) {
        explain_write_json(state, cleared, PARTICIPANT_NONE, watch->out);
    } else {
        explain_write_text(state, cleared, PARTICIPANT_NONE, &watch->look, watch->out);
    }
    if (cleared->outcome == OUTCOME_SETTLED_OTHERWISE && watch->kind == KIND_SUSPENSE) {
        watch->lines += cleared->claims->count; /* each is in the step above, and has no formula */
    }
    if (outcome_accepted(cleared->outcome)) {
        watch->seq = cleared->seq;
        if (watch->kind != 0) {
            write_line_of(watch, state, cleared);
        }
    }
}

void watch_expired(struct watch *watch, const struct state *state, const struct expired *expired)
{
    if (watch->seq == 0 || expired->lot->id >> 16 != watch->seq) {
        return;
    }
    separate(watch);
    if (watch->json) {
        explain_expired_json(state, expired, watch->out);
    } else {
        explain_expired_text(state, expired, &watch->look, watch->out);
    }
}

/* --- writing --- */

bool watch_has_found(const struct watch *watch)
{
    return watch->found > 0 && (watch->kind == 0 || watch->lines > 0);
}

static void write_later(const struct watch *watch, FILE *out)
{
    char day[DAY_TEXT_SIZE];

    for (uint32_t i = 0; i < watch->later_count; i++) {
        const struct watch_later *later = &watch->later[i];
        day_format(later->booked, day);
        if (watch->json) {
            fprintf(out, "%s{\"event\":\"%s\",\"type\":\"%s\",\"booked\":\"%s\"}",
                    i == 0 ? "" : ",", later->event, event_type_name(later->type), day);
        } else {
            fprintf(out, _("%sLater, on %s: %s %s\n"), i == 0 ? "\n" : "", day,
                    words_of_type(later->type), later->event);
        }
    }
}

void watch_write(struct watch *watch, FILE *out)
{
    CHECK(fflush(watch->out) == 0);
    if (watch->json) {
        fprintf(out, "{\"event\":\"%s\",\"history\":[", watch->text);
    }
    fwrite(watch->collected, 1, watch->len, out);
    if (watch->json) {
        fputs("],\"later\":[", out);
    }
    write_later(watch, out);
    if (watch->json) {
        fputs("]", out);
    }
}
