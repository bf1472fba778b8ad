#include "tools/bench/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/store.h"

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    (void)context;
    (void)events;
    figures_progress("replaying", records, of);
}

/* --- the nets --- */

static void check_net(struct figures *figures, const struct state *state,
                      const struct participant_sums *sums, slice_t code, int64_t predicted)
{
    participant_t who = registry_find_participant(&state->registry, code);
    char text[MONEY_TEXT_SIZE];
    char expected[MONEY_TEXT_SIZE];

    CHECK(who.n != PARTICIPANT_NONE.n);
    (void)money_sum_format_fen(money_sum_less(sums[who.n].in, sums[who.n].out), text);
    (void)snprintf(expected, sizeof expected, "%" PRId64, predicted);
    if (strcmp(text, expected) != 0) {
        figures_void(figures,
                     "the replay gives %.*s a net of %s fen, the prediction was %s",
                     (int)code.len,
                     code.text,
                     text,
                     expected);
    }
}

static void check_nets(struct figures *figures, const struct arena *arena,
                       const struct plan *plan, const struct state *state)
{
    uint32_t count = state->registry.participant_codes.count;
    struct participant_sums *sums = memory_zeroed(count, sizeof *sums);

    positions_by_participant(&state->positions, sums, count);
    for (uint32_t i = 0; i < arena->stores; i++) {
        check_net(figures, state, sums, code_slice(&arena->codes[i]), plan->store_nets[i]);
    }
    check_net(figures, state, sums, slice_of(ARENA_HQ), plan->hq_net);
    check_net(figures, state, sums, slice_of(ARENA_FUND), plan->fund_net);
    free(sums);
}

/* The warm-up ended before anything measured was sent: the newest checkpoint of its receipts is
 * over all of its records. */
static uint64_t records_of_warm_up(const struct stock *stock)
{
    uint64_t records = 0;

    for (uint32_t i = 0; i < stock->stores; i++) {
        for (uint32_t j = 0; j < stock->streams[i].warm; j++) {
            uint64_t size = stock->streams[i].batches[j].checkpoint;
            records = size > records ? size : records;
        }
    }
    return records;
}

struct view *proof_replay(const struct arena *arena, const struct plan *plan,
                          const struct stock *stock, uint64_t in_receipts, struct figures *figures,
                          struct fault *ret_fault)
{
    struct view_options options = {.dir = arena->dir, .progress = on_progress};
    struct view *view = view_open(&options, ret_fault);

    if (view == NULL) {
        return NULL;
    }
    const struct state *state = &view->book.state;
    figures->accepted =
        state->accepted > stock->warm_events ? state->accepted - stock->warm_events : 0;
    figures->records = view->records - records_of_warm_up(stock);
    if (figures->accepted < figures->events - figures->events / 1000) {
        figures_void(figures, "under 99.9 percent of the events were accepted");
    }
    if (figures->accepted != in_receipts) {
        figures_void(figures,
                     "the replay accepts %" PRIu64 " events, the receipts say %" PRIu64,
                     figures->accepted,
                     in_receipts);
    }
    check_nets(figures, arena, plan, state);
    return view;
}

/* --- the plain append --- */

struct raw {
    slice_t *records; /* owned, each */
    uint64_t count;
    uint64_t capacity;
    uint64_t group;
};

static bool raw_load(struct raw *raw, struct view *view, uint64_t first, struct fault *ret_fault)
{
    struct journal_entry entry;
    enum journal_step step = JOURNAL_ENTRY;

    journal_reader_seek(view->reader, first);
    while ((step = journal_reader_next(view->reader, &entry, ret_fault)) == JOURNAL_ENTRY) {
        char *copy = memory_resize(NULL, entry.bytes.len, 1);
        memcpy(copy, entry.bytes.text, entry.bytes.len);
        MEMORY_GROW(raw->records, raw->count, raw->capacity);
        raw->records[raw->count++] = (slice_t){copy, entry.bytes.len};
    }
    return step == JOURNAL_END;
}

static void raw_deinit(struct raw *raw)
{
    for (uint64_t i = 0; i < raw->count; i++) {
        free((void *)(uintptr_t)raw->records[i].text);
    }
    free(raw->records);
}

static bool append_group(struct store *store, const struct raw *raw, uint64_t from, uint64_t to,
                         struct fault *ret_fault)
{
    uint8_t key[8];

    if (!store_begin(store, ret_fault)) {
        return false;
    }
    for (uint64_t i = from; i < to; i++) {
        bytes_put_u64(key, i);
        if (!store_put(store,
                       STORE_RECORDS,
                       (slice_t){(const char *)key, sizeof key},
                       &raw->records[i],
                       1,
                       ret_fault)) {
            return false;
        }
    }
    return store_commit(store, ret_fault);
}

static bool append_all(struct store *store, const struct raw *raw, uint64_t *ret_us,
                       struct fault *ret_fault)
{
    struct timespec began;
    struct timespec ended;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &began) == 0);
    for (uint64_t i = 0; i < raw->count; i += raw->group) {
        uint64_t to = raw->count - i < raw->group ? raw->count : i + raw->group;
        if (!append_group(store, raw, i, to, ret_fault)) {
            return false;
        }
    }
    CHECK(clock_gettime(CLOCK_MONOTONIC, &ended) == 0);
    *ret_us = (uint64_t)((ended.tv_sec - began.tv_sec) * 1000000 +
                         (ended.tv_nsec - began.tv_nsec) / 1000);
    return true;
}

bool proof_append_raw(struct view *view, const struct arena *arena, struct figures *figures,
                      struct fault *ret_fault)
{
    struct raw raw = {0};
    char path[FILES_PATH_MAX];
    uint64_t commits = figures->commits > 0 ? figures->commits : 1;

    raw.group = (figures->records + commits - 1) / commits;
    bool good = files_path(arena->dir, "raw", path, ret_fault) &&
                files_make_dir(path, ret_fault) &&
                raw_load(&raw, view, view->records - figures->records, ret_fault);
    struct store_options options = {.dir = path, .create = true};
    struct store *store = good ? store_open(&options, ret_fault) : NULL;
    good = store != NULL && append_all(store, &raw, &figures->raw_us, ret_fault);
    store_close(store);
    raw_deinit(&raw);
    return good;
}
