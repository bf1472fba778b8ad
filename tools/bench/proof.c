#include "tools/bench/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/journal/store.h"
#include "tools/hq/answers.h"

#define REPORT_LEN_MAX ((size_t)256 << 20)

/* What the replay meets on its way. */
struct proof {
    const struct arena *arena;
    const struct plan *plan;
    struct figures *figures;
    uint32_t closed; /* cycles */
};

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    (void)context;
    (void)events;
    figures_progress("replaying", records, of);
}

/* --- the nets --- */

static void check_net(struct figures *figures, const struct report *report,
                      const money_sum_t *nets, slice_t code, int64_t predicted)
{
    participant_t who = registry_find_participant(report->registry, code);
    char text[MONEY_TEXT_SIZE];
    char expected[MONEY_TEXT_SIZE];

    CHECK(who.n != PARTICIPANT_NONE.n);
    (void)money_sum_format_fen(nets[who.n], text);
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

static void check_nets(const struct proof *proof, const struct report *report)
{
    const struct arena *arena = proof->arena;
    const struct plan *plan = proof->plan;
    uint32_t count = report->registry->participant_codes.count;
    money_sum_t *nets = memory_zeroed(count, sizeof *nets);

    for (uint32_t i = 0; i < report->participant_count; i++) {
        nets[report->participants[i].participant.n] = report->participants[i].net;
    }
    for (uint32_t i = 0; i < arena->stores; i++) {
        check_net(
            proof->figures, report, nets, code_slice(&arena->codes[i]), plan->store_nets[i]);
    }
    check_net(proof->figures, report, nets, slice_of(ARENA_HQ), plan->hq_net);
    check_net(proof->figures, report, nets, slice_of(ARENA_FUND), plan->fund_net);
    free(nets);
}

/* The report that the daemon gave out is that of the replay, byte for byte. */
static void check_report(const struct proof *proof, const struct cycle *cycle,
                         const struct report *report)
{
    char name[CODE_LEN_MAX + 32];
    char path[FILES_PATH_MAX];
    char *given = NULL;
    size_t given_len = 0;
    size_t len = 0;
    char *bytes = answers_report_bytes(report, &len);

    (void)snprintf(name, sizeof name, "reports/%s.json", cycle->id.text);
    if (!files_path(proof->arena->dir, name, path, NULL) ||
        !files_read(path, REPORT_LEN_MAX, &given, &given_len, NULL) || given_len != len ||
        memcmp(given, bytes, len) != 0) {
        figures_void(proof->figures, "%s is not what the replay gives", name);
    }
    free(given);
    free(bytes);
}

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct proof *proof = context;

    proof->figures->participants = report->participant_count;
    if (proof->closed++ == 0) { /* nothing is booked after it */
        check_nets(proof, report);
    }
    check_report(proof, cycle, report);
}

/* The newest checkpoint of the receipts of the warm-up, or of all: it is over all of their records,
 * and the warm-up ended before anything measured was sent. */
static uint64_t records_under(const struct stock *stock, bool warm)
{
    uint64_t records = 0;

    for (uint32_t i = 0; i < stock->stores; i++) {
        uint32_t end = warm ? stock->streams[i].warm : stock->streams[i].count;
        for (uint32_t j = 0; j < end; j++) {
            uint64_t size = stock->streams[i].batches[j].checkpoint;
            records = size > records ? size : records;
        }
    }
    return records;
}

static void check_counts(struct figures *figures, uint64_t in_receipts, const struct proof *proof)
{
    if (figures->accepted < figures->events - figures->events / 1000) {
        figures_void(figures, "under 99.9 percent of the events were accepted");
    }
    if (figures->accepted != in_receipts) {
        figures_void(figures,
                     "the replay accepts %" PRIu64 " events, the receipts say %" PRIu64,
                     figures->accepted,
                     in_receipts);
    }
    if (proof->closed != 1) {
        figures_void(figures, "the replay closes %u cycles, not one", proof->closed);
    }
}

struct view *proof_replay(const struct arena *arena, const struct plan *plan,
                          const struct stock *stock, uint64_t in_receipts, struct figures *figures,
                          struct fault *ret_fault)
{
    struct proof proof = {.arena = arena, .plan = plan, .figures = figures};
    struct view_options options = {.dir = arena->dir,
                                   .signatures = true,
                                   .progress = on_progress,
                                   .on_close = on_close,
                                   .context = &proof};
    int64_t began = now_us();
    struct view *view = view_open(&options, ret_fault);

    if (view == NULL) {
        return NULL;
    }
    figures->replay_us = (uint64_t)(now_us() - began);
    figures->replay_events = view->events;
    uint64_t accepted = view->book.state.accepted;
    figures->accepted = accepted > stock->warm_events ? accepted - stock->warm_events : 0;
    figures->records = records_under(stock, false) - records_under(stock, true);
    check_counts(figures, in_receipts, &proof);
    return view;
}

/* --- the plain append --- */

struct raw {
    slice_t *records; /* owned, each */
    uint64_t count;
    uint64_t capacity;
    uint64_t group;
};

static bool raw_load(struct raw *raw, struct view *view, uint64_t first, uint64_t count,
                     struct fault *ret_fault)
{
    struct journal_entry entry;

    journal_reader_seek(view->fetches, first);
    while (raw->count < count) {
        enum journal_step step = journal_reader_next(view->fetches, &entry, ret_fault);
        if (step != JOURNAL_ENTRY) {
            return step == JOURNAL_END &&
                   fault_set(ret_fault, FAULT_STORE, "the journal has fewer records than before");
        }
        char *copy = memory_resize(NULL, entry.bytes.len, 1);
        memcpy(copy, entry.bytes.text, entry.bytes.len);
        MEMORY_GROW(raw->records, raw->count, raw->capacity);
        raw->records[raw->count++] = (slice_t){copy, entry.bytes.len};
    }
    return true;
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
    int64_t began = now_us();

    for (uint64_t i = 0; i < raw->count; i += raw->group) {
        uint64_t to = raw->count - i < raw->group ? raw->count : i + raw->group;
        if (!append_group(store, raw, i, to, ret_fault)) {
            return false;
        }
    }
    *ret_us = (uint64_t)(now_us() - began);
    return true;
}

bool proof_append_raw(struct view *view, const struct arena *arena, const struct stock *stock,
                      struct figures *figures, struct fault *ret_fault)
{
    struct raw raw = {0};
    char path[FILES_PATH_MAX];
    uint64_t commits = figures->commits > 0 ? figures->commits : 1;

    raw.group = (figures->records + commits - 1) / commits;
    bool good = files_path(arena->dir, "raw", path, ret_fault) &&
                files_make_dir(path, ret_fault) &&
                raw_load(
                    &raw, view, records_under(stock, true), figures->records, ret_fault);
    struct store_options options = {.dir = path, .create = true};
    struct store *store = good ? store_open(&options, ret_fault) : NULL;
    good = store != NULL && append_all(store, &raw, &figures->raw_us, ret_fault);
    store_close(store);
    raw_deinit(&raw);
    return good;
}
