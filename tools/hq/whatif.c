#include "tools/hq/whatif.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"
#include "clearing/ledger/replay.h"
#include "proto/codec/terms_codec.h"
#include "tools/hq/inquire.h"

/* A record as it would have been, in the file; 0 bytes: nobody asks for it. */
struct as_if {
    uint64_t offset;
    uint32_t len;
};

/* The second reading. From record `base` on the records are numbered on their own: their results
 * may take more or fewer records than in the journal. */
struct run {
    struct view *view;
    struct whatif *trial;
    const struct registry *registry;
    const struct terms *terms;
    struct batch_door door;
    uint32_t own_terms; /* versions up to the tried one; 0: not in force yet */
    uint32_t rules_seen;
    uint64_t base;
    FILE *file;
    uint64_t file_len;
    struct as_if *records; /* from base on */
    uint32_t count;
    uint32_t capacity;
    bool broken; /* the file could not be written or read */
    uint8_t bytes[RECORD_LEN_MAX];
    uint8_t results[RECORD_LEN_MAX];
};

/* --- the figures of a cycle --- */

static void side_deinit(struct whatif_side *side)
{
    free(side->participants);
    free(side->nets);
    free(side->refused.list);
    *side = (struct whatif_side){0};
}

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct whatif_side *side = context;

    side_deinit(side);
    side->cycle = cycle->id;
    side->from = cycle->from;
    side->to = cycle->to;
    side->first_record = cycle->first_record;
    side->close_record = cycle->close_record;
    side->count = report->participant_count;
    side->participants = memory_zeroed(side->count, sizeof *side->participants);
    side->nets = memory_zeroed(side->count, sizeof *side->nets);
    for (uint32_t i = 0; i < side->count; i++) {
        const struct report_participant *row = &report->participants[i];
        side->participants[i] = *registry_participant_code(report->registry, row->participant);
        side->nets[i] = row->net;
    }
    for (uint32_t i = 0; i < report->refused.count; i++) {
        report_events_add(&side->refused, &report->refused.list[i]);
    }
}

/* --- the records as they would have been --- */

static slice_t fetch(void *context, uint64_t index)
{
    struct run *run = context;

    if (index < run->base) {
        return view_fetch(run->view, index);
    }
    const struct as_if *as_if = &run->records[index - run->base];
    if (fseeko(run->file, (off_t)as_if->offset, SEEK_SET) != 0 ||
        fread(run->bytes, 1, as_if->len, run->file) != as_if->len) {
        /* written a moment ago: the disk gives something else now */
        fprintf(stderr, "allclear: %s\n", strerror(errno));
        CHECK(false);
    }
    return (slice_t){(const char *)run->bytes, as_if->len};
}

static void keep(struct run *run, const struct record *record)
{
    size_t len = 0;

    MEMORY_GROW(run->records, run->count, run->capacity);
    if (record != NULL) {
        CHECK(record_encode(run->bytes, sizeof run->bytes, record, &len));
        run->broken = run->broken || fseeko(run->file, (off_t)run->file_len, SEEK_SET) != 0 ||
                      fwrite(run->bytes, 1, len, run->file) != len;
    }
    run->records[run->count++] = (struct as_if){run->file_len, (uint32_t)len};
    run->file_len += len;
}

/* Keep a record of events with the results that it would have had. */
static void keep_events(struct run *run, const struct record *record)
{
    struct book *book = &run->view->book;
    const struct writer *stream = &book->results.bytes;
    struct writer head = {.bytes = run->results, .capacity = sizeof run->results};
    struct record own = *record;
    uint8_t number[8];

    size_t done = results_stream_head(&book->results, record->payload.len, &head);
    own.index = book->records - 1;
    own.results = (slice_t){(const char *)head.bytes, (uint32_t)head.len};
    keep(run, &own);
    bytes_put_u64(number, own.index);
    while (done < stream->len) {
        size_t rest = stream->len - done;
        size_t piece = rest < RESULTS_PIECE_MAX ? rest : RESULTS_PIECE_MAX;
        own.kind = RECORD_RESULTS;
        own.index = book->records++;
        own.payload = (slice_t){(const char *)number, sizeof number};
        own.results = (slice_t){(const char *)stream->bytes + done, (uint32_t)piece};
        keep(run, &own);
        done += piece;
    }
}

/* --- the rules --- */

static bool impose_stores(struct run *run, struct fault *ret_fault)
{
    struct registry_place place = {0};
    struct decode_fault why;

    while (!registry_place_at_end(run->registry, &place)) {
        size_t len = terms_codec_encode_registry(run->registry, &place, run->results,
                                                 sizeof run->results);
        CHECK(len > 0); /* a row is far smaller than a record */
        if (!terms_codec_decode_registry((slice_t){(const char *)run->results, (uint32_t)len},
                                         &run->view->book.state.registry, &why)) {
            return fault_set(ret_fault, FAULT_FORMAT, "the stores do not fit those of the cycle");
        }
    }
    return true;
}

static void drop_last_terms(struct state *state)
{
    struct terms *last = state->terms[--state->terms_count];

    terms_deinit(last);
    free(last);
}

/* Bring the tried rules into force, in the place of any that began, or were to begin, later: no
 * event has been cleared under those. */
static bool impose(struct run *run, struct fault *ret_fault)
{
    struct book *book = &run->view->book;
    struct state *state = &book->state;
    struct terms tried = *run->terms; /* shallow: only to be written */
    struct decode_fault why;

    if (state->terms_count == 0 || (run->own_terms > 0 && run->rules_seen == book->rule_count)) {
        return true;
    }
    run->rules_seen = book->rule_count;
    while (run->own_terms > 0 && state->terms_count > run->own_terms) {
        drop_last_terms(state);
    }
    if (!impose_stores(run, ret_fault)) {
        return false;
    }
    if (run->own_terms > 0) {
        return true;
    }
    tried.from = book->cycle_from;
    tried.version = 1;
    while (state->terms_count > 1 && state->terms[state->terms_count - 1]->from > tried.from) {
        drop_last_terms(state);
    }
    size_t len = terms_codec_encode(&tried, run->results, sizeof run->results);
    struct terms *kept = memory_zeroed(1, sizeof *kept);
    if (len == 0 || !terms_codec_decode((slice_t){(const char *)run->results, (uint32_t)len},
                                        &state->registry, kept, &why)) {
        free(kept);
        return fault_set(ret_fault, FAULT_FORMAT, "the rules do not fit the stores of the cycle");
    }
    state_take_terms(state, kept);
    run->own_terms = state->terms_count;
    return true;
}

/* --- applying --- */

static struct writer scratch(struct run *run)
{
    return (struct writer){.bytes = run->results, .capacity = sizeof run->results};
}

/* A sweep is not cut into the journal's ranges: under other rules it may not even have run. */
static void sweep(struct run *run, const struct record *record)
{
    struct book *book = &run->view->book;
    struct writer results = scratch(run);

    if (book_sweeps(book)) {
        book_apply_sweep(book, state_sweep_left(&book->state), record->received_at_ms, &results);
        keep(run, NULL);
    }
}

static bool take_door(struct run *run, const struct record *record, struct fault *ret_fault)
{
    int reason = 0;

    if (!door_read(record->payload, &run->door, ret_fault)) {
        return false;
    }
    door_check(&run->door, &run->view->book.event);
    return book_admit(&run->view->book, &run->door, &reason, ret_fault);
}

static bool take_hq(struct run *run, const struct record *record, struct fault *ret_fault)
{
    struct book *book = &run->view->book;
    struct writer results = scratch(run);
    struct fault why = {0};
    struct hq_record hq;
    struct hq_body body;
    struct decode_fault bad;

    if (book_apply_hq(book, record->payload, record->received_at_ms, &results, &why)) {
        struct record own = *record; /* later ones may read it: an opening's seal its parts */
        own.index = book->records - 1;
        if (book->events_in_hq) {
            keep_events(run, record);
        } else {
            keep(run, &own);
        }
        return impose(run, ret_fault);
    }
    if (record->kind != RECORD_HQ || !hq_decode_record(record->payload, &hq, &bad) ||
        !hq_decode_body(hq.body, &body, &bad)) {
        return fault_set(ret_fault, FAULT_STORE, "record %" PRIu64 ": %s", record->index, why.text);
    }
    if (body.type == HQ_CYCLE_CLOSE) {
        return fault_set(ret_fault, FAULT_FORMAT, "the cycle would not have closed: %s", why.text);
    }
    run->trial->dropped += body.type != HQ_APPLY ? 1 : 0;
    book->hq_number = body.number > 0 ? body.number : book->hq_number;
    book->clock_ms = record->received_at_ms;
    book->records++;
    keep(run, NULL);
    return true;
}

static bool take(struct run *run, const struct record *record, struct fault *ret_fault)
{
    struct book *book = &run->view->book;
    struct writer results = scratch(run);

    switch (record->kind) {
    case RECORD_BATCH:
        sweep(run, record);
        if (!take_door(run, record, ret_fault)) {
            return false;
        }
        book_apply_batch(book, &run->door, record->received_at_ms);
        keep_events(run, record);
        return true;
    case RECORD_EVIDENCE:
        if (!take_door(run, record, ret_fault)) {
            return false;
        }
        book_apply_evidence(book, &run->door, record->received_at_ms);
        keep(run, NULL);
        return true;
    case RECORD_DAY_END:
        sweep(run, record);
        book_apply_day_end(book, (day_t)bytes_get_u32((const uint8_t *)record->payload.text),
                           record->received_at_ms, &results);
        keep(run, NULL);
        return true;
    case RECORD_INIT:
    case RECORD_HQ:
        if (book_hq_after_sweep(record->payload)) {
            sweep(run, record);
        }
        return take_hq(run, record, ret_fault);
    case RECORD_RESULTS:
    case RECORD_SWEEP:
    case RECORD_CYCLE:
    case RECORD_CLOCK:
        break; /* its own results and sweeps take their place */
    }
    return true;
}

static bool read_again(struct run *run, struct fault *ret_fault)
{
    struct journal_reader *reader = journal_reader_new(run->view->journal, 0);
    struct journal_entry entry;
    struct replay replay;
    int64_t told = 0;
    bool good = true;

    replay_init(&replay, &run->view->book, false);
    for (uint64_t i = 0; good && i <= run->trial->was.close_record; i++) {
        good = journal_reader_need(reader, &entry, ret_fault);
        if (good && i < run->base) {
            good = replay_record(&replay, &entry.record, ret_fault);
        } else if (good) {
            good = (i > run->base || impose(run, ret_fault)) &&
                   take(run, &entry.record, ret_fault);
        }
        if (i % 256 == 255 || i == run->trial->was.close_record) {
            inquire_progress(&told, i + 1, run->trial->was.close_record + 1, replay.events);
        }
    }
    replay_deinit(&replay);
    journal_reader_free(reader);
    return good && (!run->broken || fault_set_errno(ret_fault, errno, "a temporary file"));
}

/* --- what differs --- */

static void count_refusal(struct whatif *trial, const struct report_event *event)
{
    for (uint32_t i = 0; i < trial->refused_count; i++) {
        if (trial->refused[i].reason == event->outcome) {
            trial->refused[i].count++;
            return;
        }
    }
    MEMORY_GROW(trial->refused, trial->refused_count, trial->refused_capacity);
    trial->refused[trial->refused_count++] =
        (struct whatif_refusal){.reason = event->outcome, .count = 1, .first = *event};
}

/* The order of two refused events, whatever the reasons. */
static int order_of(const struct report_event *was, const struct report_event *would)
{
    struct report_event same = *would;

    same.outcome = was->outcome;
    return report_event_compare(was, &same);
}

static void compare_refusals(struct whatif *trial)
{
    const struct report_events *was = &trial->was.refused;
    const struct report_events *would = &trial->would.refused;
    uint32_t i = 0;
    uint32_t j = 0;

    while (i < was->count || j < would->count) {
        int order = i == was->count     ? 1
                    : j == would->count ? -1
                                        : order_of(&was->list[i], &would->list[j]);
        if (order > 0) {
            count_refusal(trial, &would->list[j]);
        } else if (order < 0) {
            trial->taken++;
        }
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
}

money_sum_t whatif_was(const struct whatif *trial, uint32_t i)
{
    for (uint32_t k = 0; k < trial->was.count; k++) {
        if (slice_equal(code_slice(&trial->was.participants[k]),
                        code_slice(&trial->would.participants[i]))) {
            return trial->was.nets[k];
        }
    }
    return (money_sum_t){0};
}

static bool try_rules(struct run *run, struct fault *ret_fault)
{
    struct book *book = &run->view->book;

    run->file = tmpfile();
    if (run->file == NULL) {
        return fault_set_errno(ret_fault, errno, "a temporary file");
    }
    book_deinit(book); /* one book at a time */
    book_init(book, (struct record_source){run, fetch});
    book->on_close = on_close;
    book->on_close_context = &run->trial->would;
    run->base = run->trial->was.first_record;
    run->door.members = memory_resize(NULL, BATCH_EVENTS_MAX, sizeof(uint64_t));
    bool good = read_again(run, ret_fault);
    if (good) {
        compare_refusals(run->trial);
    }
    free(run->door.members);
    free(run->records);
    (void)fclose(run->file);
    return good;
}

bool whatif_run(const char *dir, const struct registry *registry, const struct terms *terms,
               struct whatif *ret_trial, struct fault *ret_fault)
{
    struct whatif trial = {0};
    struct view_options options = {.dir = dir, .on_close = on_close, .context = &trial.was};
    struct run *run = memory_zeroed(1, sizeof *run);
    bool good = true;

    run->view = inquire_view(&options, ret_fault);
    run->trial = &trial;
    run->registry = registry;
    run->terms = terms;
    good = run->view != NULL && (trial.was.cycle.len == 0 || try_rules(run, ret_fault));
    view_close(run->view);
    free(run);
    if (!good) {
        whatif_deinit(&trial);
        return false;
    }
    *ret_trial = trial;
    return true;
}

void whatif_deinit(struct whatif *trial)
{
    side_deinit(&trial->was);
    side_deinit(&trial->would);
    free(trial->refused);
    *trial = (struct whatif){0};
}
