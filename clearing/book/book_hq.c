/* Headquarters' records in the book: each is checked whole before anything changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/book/answer.h"
#include "clearing/book/correct.h"
#include "clearing/book/network.h"
#include "clearing/book/move.h"
#include "clearing/book/opening.h"
#include "clearing/book/settle.h"
#include "proto/codec/terms_codec.h"

static bool refuse(struct fault *ret_fault, const char *text)
{
    return fault_set(ret_fault, FAULT_FORMAT, "%s", text);
}

/* --- init --- */

static bool apply_init(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;
    const struct hq_init *init = &door->body.init;
    uint8_t network[SIGN_NETWORK_LEN];

    if (book->begun || book->records != 0) {
        return refuse(ret_fault, "init: the journal has begun already");
    }
    network_id(init, door->body.created_ms, network);
    if (memcmp(network, door->body.network, sizeof network) != 0) {
        return refuse(ret_fault, "init: the network id is not that of its keys");
    }
    memcpy(book->network, network, sizeof network);
    memcpy(book->hq_key, init->hq_key, sizeof book->hq_key);
    memcpy(book->ledger_key, init->ledger_key, sizeof book->ledger_key);
    book->alliance = code_of(init->alliance);
    book->test_clock = init->test_clock;
    if (init->test_clock) {
        door->received_ms = init->start_ms;
    }
    book->begun = true;
    return true;
}

/* --- registry and terms --- */

static bool terms_keep(const struct terms *old, const struct terms *new, struct fault *ret_fault)
{
    for (uint32_t i = 0; i < old->product_count; i++) {
        const struct product *was = &old->products[i];
        const struct product *now = NULL;
        for (uint32_t j = 0; j < new->product_count; j++) {
            if (slice_equal(code_slice(&was->id), code_slice(&new->products[j].id))) {
                now = &new->products[j];
            }
        }
        if (now == NULL || now->kind != was->kind) {
            return fault_set(ret_fault,
                             FAULT_FORMAT,
                             "terms: product %s is %s; give it a last day (`to`) instead",
                             was->id.text,
                             now == NULL ? "missing" : "of another kind");
        }
    }
    if (old->days.zone_min != new->days.zone_min || old->days.start_min != new->days.start_min) {
        return refuse(ret_fault, "terms: the zone and the day's start cannot change");
    }
    return true;
}

static bool decode_terms(const struct hq_door *door, struct terms *ret_terms,
                         struct fault *ret_fault)
{
    struct decode_fault fault;

    return terms_codec_decode(
               door->body.apply.terms, &door->book->state.registry, ret_terms, &fault) ||
           fault_set(ret_fault,
                     FAULT_FORMAT,
                     "terms: %s",
                     fault.detail == NULL ? decode_error_text(fault.error) : fault.detail);
}

static bool decode_registry(const struct hq_door *door, struct fault *ret_fault)
{
    struct decode_fault fault;

    return terms_codec_decode_registry(
               door->body.apply.registry, &door->book->state.registry, &fault) ||
           fault_set(ret_fault,
                     FAULT_FORMAT,
                     "registry: %s",
                     fault.detail == NULL ? decode_error_text(fault.error) : fault.detail);
}

static void take_terms(struct state *state, const struct terms *terms)
{
    struct terms *kept = memory_zeroed(1, sizeof *kept);

    *kept = *terms;
    state_take_terms(state, kept);
}

static bool apply_terms(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;
    struct state *state = &book->state;
    struct terms terms = {0};

    if (!decode_terms(door, &terms, ret_fault)) {
        return false;
    }
    bool first = state->terms_count == 0;
    if (!first && terms.from <= state->open_day) {
        terms_deinit(&terms);
        return refuse(ret_fault, "terms: they must begin on a day after the open one");
    }
    if (!first && terms.from <= state->terms[state->terms_count - 1]->from) {
        terms_deinit(&terms);
        return refuse(ret_fault, "terms: they must begin after the last version's first day");
    }
    if (!first && !terms_keep(state->terms[state->terms_count - 1], &terms, ret_fault)) {
        terms_deinit(&terms);
        return false;
    }
    take_terms(state, &terms);
    if (first) {
        state->open_day = business_day(&terms.days, door->received_ms);
        book->cycle_from = state->open_day;
    }
    return true;
}

static bool apply_rules(struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_apply *apply = &door->body.apply;
    struct book *book = door->book;

    if (apply->registry.len > 0 && apply->terms.len > 0) {
        return refuse(ret_fault, "apply: registry and terms come in records of their own");
    }
    if (apply->terms.len > 0 ? !apply_terms(door, ret_fault) : !decode_registry(door, ret_fault)) {
        return false;
    }
    MEMORY_GROW(book->rules, book->rule_count, book->rule_capacity);
    book->rules[book->rule_count++] = book->records;
    return true;
}

bool book_restore_rules(struct book *book, uint64_t index, struct fault *ret_fault)
{
    struct hq_door door = {.book = book};
    struct record record;
    struct decode_fault fault;
    struct terms terms = {0};

    if (!record_decode(
            book->past.source.fetch(book->past.source.context, index), &record, ret_fault)) {
        return false;
    }
    if (record.kind != RECORD_HQ || !hq_decode_record(record.payload, &door.record, &fault) ||
        !hq_decode_body(door.record.body, &door.body, &fault) || door.body.type != HQ_APPLY) {
        return refuse(ret_fault, "a record that should hold rules does not");
    }
    if (door.body.apply.terms.len == 0) {
        return decode_registry(&door, ret_fault);
    }
    if (!decode_terms(&door, &terms, ret_fault)) {
        return false;
    }
    take_terms(&book->state, &terms);
    return true;
}

/* --- keys and freezes --- */

static bool known_store(const struct hq_door *door, slice_t code, store_t *ret_store,
                        struct fault *ret_fault)
{
    store_t store = registry_find_store(&door->book->state.registry, code);

    if (store.n == STORE_NONE.n) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "the alliance has no store %.*s",
                         (int)code.len,
                         code.text);
    }
    *ret_store = store;
    return true;
}

static bool approve_key(struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_key_approve *approve = &door->body.key_approve;
    uint8_t id[SIGN_KEY_ID_LEN];
    uint8_t asked[64];
    store_t store = STORE_NONE;

    if (!known_store(door, approve->store, &store, ret_fault)) {
        return false;
    }
    memcpy(asked, approve->public_key, 32);
    memcpy(asked + 32, approve->transport_key, 32);
    if (!sign_public_valid(approve->public_key) || approve->possession == NULL ||
        !sign_verify_message(approve->public_key,
                             SIGN_JOIN,
                             door->book->network,
                             (slice_t){(const char *)asked, sizeof asked},
                             approve->possession)) {
        return refuse(ret_fault, "key: the store has not proven that it holds this key");
    }
    sign_key_id(approve->public_key, id);
    if (book_store_of_key(door->book, id).n != STORE_NONE.n) {
        return refuse(ret_fault, "key: it is in use already");
    }
    struct stream *stream = book_stream(door->book, store);
    stream->has_key = true;
    memcpy(stream->key_id, id, sizeof id);
    memcpy(stream->public_key, approve->public_key, 32);
    memcpy(stream->transport_key, approve->transport_key, 32);
    return true;
}

static bool revoke_key(struct hq_door *door, struct fault *ret_fault)
{
    store_t store = STORE_NONE;

    if (!known_store(door, door->body.key_revoke.store, &store, ret_fault)) {
        return false;
    }
    struct stream *stream = book_stream(door->book, store);
    if (!stream->has_key || !digest_equal(stream->key_id, door->body.key_revoke.key_id)) {
        return refuse(ret_fault, "key: the store does not use this key");
    }
    stream->has_key = false;
    return true;
}

static bool freeze(struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_freeze *order = &door->body.freeze;
    store_t store = STORE_NONE;

    if (!known_store(door, order->store, &store, ret_fault)) {
        return false;
    }
    struct stream *stream = book_stream(door->book, store);
    if (door->body.type == HQ_FREEZE) {
        if (order->sequence < stream->next) {
            return refuse(ret_fault, "freeze: that batch has been taken already");
        }
        stream->frozen_from = order->sequence;
        return true;
    }
    if (stream->frozen_from == 0) {
        return refuse(ret_fault, "unfreeze: the store is not frozen");
    }
    if (order->sequence < stream->next) {
        return refuse(ret_fault, "unfreeze: batches before that one have been taken");
    }
    if (order->sequence > stream->next) { /* skipped sequences were never taken */
        stream->first_sequence = order->sequence;
        stream->record_count = 0;
    }
    stream->frozen_from = 0;
    stream->evidence = 0;
    stream->next = order->sequence;
    memcpy(stream->last, order->previous, DIGEST_LEN);
    return true;
}

/* --- cycles --- */

/* The id asked for, with -2, -3, ... when a cycle has it already. */
static bool free_id(const struct book *book, slice_t asked, code_t *ret_id)
{
    char text[CODE_LEN_MAX + 16];

    for (uint32_t n = 1; n <= book->cycle_count + 1; n++) {
        int len = n == 1 ? snprintf(text, sizeof text, "%.*s", (int)asked.len, asked.text)
                         : snprintf(text, sizeof text, "%.*s-%u", (int)asked.len, asked.text, n);
        slice_t id = {text, (uint32_t)len};
        bool taken = false;
        for (uint32_t i = 0; i < book->cycle_count; i++) {
            taken = taken || slice_equal(code_slice(&book->cycles[i].id), id);
        }
        if (!taken) {
            if (!code_valid(id)) {
                return false;
            }
            *ret_id = code_of(id);
            return true;
        }
    }
    return false;
}

/* What the close record keeps: the id, the days, the events, and a digest of every participant's
 * net (by code: number, then the net in fen, a line each), which replay must give again. */
static void write_nets(struct writer *results, const struct cycle *cycle,
                       const struct report *report)
{
    struct digest *digest = digest_new();
    uint8_t nets[DIGEST_LEN];
    char line[MONEY_TEXT_SIZE + 16];

    for (uint32_t i = 0; i < report->participant_count; i++) {
        char text[MONEY_TEXT_SIZE];
        money_sum_format_fen(report->participants[i].net, text);
        int len = snprintf(
            line, sizeof line, "%u %s\n", report->participants[i].participant.n, text);
        digest_add(digest, line, (size_t)len);
    }
    digest_finish(digest, nets);
    digest_free(digest);
    write_slice(results, code_slice(&cycle->id));
    write_signed(results, cycle->from);
    write_signed(results, cycle->to);
    write_varint(results, report->positions->events);
    write_varint(results, report->participant_count);
    write_bytes(results, nets, sizeof nets);
    if (cycle->missing > 0) { /* else nothing: the results of a complete close are as ever */
        write_varint(results, cycle->missing);
        write_slice(results, (slice_t){cycle->incomplete, cycle->incomplete_len});
    }
}

static void clear_cycle(struct book *book)
{
    positions_clear(&book->state.positions);
    book->refused.count = 0;
    book->late.count = 0;
    book->adjustments.count = 0;
}

static const char *const missing_words[] = {
    [MISSING_TOTAL] = "no day total",
    [MISSING_MATCH] = "a day total that DIFFERS",
    [MISSING_NUMBERS] = "missing numbers",
    [MISSING_CAUSE] = "events that wait",
    [MISSING_STORE] = "no event",
    [MISSING_FROZEN] = "a freeze",
};

/* What is missing is named, and closed over only with a reason. */
static bool complete_or_why(struct hq_door *door, struct cycle *cycle, struct fault *ret_fault)
{
    struct board board;

    book_board(door->book, &board);
    cycle->missing = board.blocking;
    for (uint32_t i = 0; door->body.incomplete.len == 0 && i < board.missing_count; i++) {
        const struct board_missing *missing = &board.missing[i];
        char day[DAY_TEXT_SIZE];
        if (missing->blocks) {
            day_format(missing->day, day);
            fault_set(ret_fault,
                      FAULT_FORMAT,
                      "close: %u missing, the first: %s of store %s on %s: see allclear cycle "
                      "checklist, or close with --incomplete REASON",
                      board.blocking,
                      missing_words[missing->kind],
                      registry_store_code(board.registry, missing->store)->text,
                      day);
            break;
        }
    }
    bool closes = cycle->missing == 0 || door->body.incomplete.len > 0;
    if (closes && door->book->listener.closing != NULL) {
        door->book->listener.closing(door->book->listener.context, cycle, &board);
    }
    board_deinit(&board);
    if (cycle->missing > 0) {
        cycle->incomplete_len = door->body.incomplete.len;
        memcpy(cycle->incomplete, door->body.incomplete.text, cycle->incomplete_len);
    }
    return closes;
}

/* What waits is asked for the last time. book->results has what was accepted. */
static void pass_deadline(struct book *book)
{
    results_stream_reset(&book->results);
    book->past.current =
        (struct past_current){.open = true, .index = book->records, .results = &book->results};
    book->deadline = true;
    apply_deadline(&book->apply);
    book->deadline = false;
    book->past.current = (struct past_current){0};
    book->results_follow = book->results.bytes.len > 0;
}

static bool close_cycle(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;
    struct cycle cycle = {
        .from = book->cycle_from,
        .to = book->state.open_day,
        .first_record = book->cycle_first_record,
        .close_record = book->records,
    };
    struct report report;
    struct swept swept;

    if (book->state.terms_count == 0) {
        return refuse(ret_fault, "close: there are no terms yet");
    }
    if (book->state.sweep.runs) {
        return refuse(ret_fault, "close: the sweep of the last day-end has not ended");
    }
    if (!free_id(book, door->body.cycle, &cycle.id)) {
        return refuse(ret_fault, "close: the cycle's id is no code");
    }
    if (!complete_or_why(door, &cycle, ret_fault)) {
        return false;
    }
    pass_deadline(book);
    apply_day_end(&book->apply, book->state.open_day + 1);
    /* what ends with the last day belongs to the cycle */
    apply_sweep(&book->apply, state_sweep_left(&book->state), &swept);
    report_build(&book->state, &book->refused, &book->late, &report);
    report.cycle = cycle.id.text;
    report.from = cycle.from;
    report.to = cycle.to;
    report.adjustments = book->adjustments;
    report.missing = cycle.missing;
    report.incomplete = cycle.incomplete;
    write_nets(door->results, &cycle, &report);
    if (book->results_follow) { /* else nothing, as ever */
        results_stream_foot(&book->results, door->results);
    }
    if (book->on_close != NULL) {
        book->on_close(book->on_close_context, &cycle, &report);
    }
    report_deinit(&report);
    clear_cycle(book);
    MEMORY_GROW(book->cycles, book->cycle_count, book->cycle_capacity);
    book->cycles[book->cycle_count++] = cycle;
    disputes_note_close(&book->state.disputes, cycle.to);
    book->cycle_from = book->state.open_day;
    book->cycle_first_record = book->records + 1;
    book_forget_totals(book);
    return true;
}

static bool set_clock(struct hq_door *door, struct fault *ret_fault)
{
    if (!door->book->test_clock) {
        return refuse(ret_fault, "clock: this network keeps real time");
    }
    if (door->body.clock_ms < door->book->clock_ms) {
        return refuse(ret_fault, "clock: time goes forward only");
    }
    door->received_ms = door->body.clock_ms;
    return true;
}

/* --- people's details --- */

/* The record is all there is: details are in no state, so erasing them changes no other figure. */
static bool note_details(struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_details *details = &door->body.details;
    const struct registry *registry = &door->book->state.registry;

    return details->participant.len == 0 ||
           registry_find_participant(registry, details->participant).n != PARTICIPANT_NONE.n ||
           fault_set(ret_fault,
                     FAULT_FORMAT,
                     "details: the alliance has no participant %.*s",
                     (int)details->participant.len,
                     details->participant.text);
}

/* --- the door --- */

static bool apply_body(struct hq_door *door, struct fault *ret_fault)
{
    switch (door->body.type) {
    case HQ_INIT:
        return apply_init(door, ret_fault);
    case HQ_APPLY:
        return apply_rules(door, ret_fault);
    case HQ_KEY_APPROVE:
        return approve_key(door, ret_fault);
    case HQ_KEY_REVOKE:
        return revoke_key(door, ret_fault);
    case HQ_FREEZE:
    case HQ_UNFREEZE:
        return freeze(door, ret_fault);
    case HQ_CYCLE_CLOSE:
        return close_cycle(door, ret_fault);
    case HQ_CLOCK_SET:
        return set_clock(door, ret_fault);
    case HQ_OPERATOR:
        return hands_apply_operator(door, ret_fault);
    case HQ_ADJUST:
        return correct_adjust(door, ret_fault);
    case HQ_REVERSE:
        return correct_reverse(door, ret_fault);
    case HQ_OPENING_PART:
        return book_opening_part(door, ret_fault);
    case HQ_OPENING:
        return book_opening(door, ret_fault);
    case HQ_SUSPENSE:
        return settle_apply(door, ret_fault);
    case HQ_DISPUTE:
        return answer_apply(door, ret_fault);
    case HQ_MEMBER:
        return move_apply(door, ret_fault);
    case HQ_DETAILS:
        return note_details(door, ret_fault);
    }
    return refuse(ret_fault, "a record of an unknown kind");
}

static void note_counted(const struct hq_door *door)
{
    struct counted counted = {.created_ms = door->body.created_ms};

    digest_sha256((const uint8_t *)door->record.body.text, door->record.body.len, counted.digest);
    people_count(&door->book->people, &counted, door->received_ms);
}

bool book_hq_after_sweep(slice_t bytes)
{
    struct hq_record record;
    struct hq_body body;
    struct decode_fault fault;

    return hq_decode_record(bytes, &record, &fault) &&
           hq_decode_body(record.body, &body, &fault) &&
           (body.type == HQ_CYCLE_CLOSE || body.type == HQ_REVERSE || body.type == HQ_OPENING ||
            body.type == HQ_SUSPENSE || body.type == HQ_MEMBER);
}

bool book_apply_hq(struct book *book, slice_t bytes, int64_t received_ms, struct writer *results,
                   struct fault *ret_fault)
{
    struct hq_door door = {.book = book, .received_ms = received_ms, .results = results};
    struct decode_fault fault;

    book->events_in_hq = false;
    book->results_follow = false;
    if (!hq_decode_record(bytes, &door.record, &fault) ||
        !hq_decode_body(door.record.body, &door.body, &fault)) {
        return refuse(ret_fault, decode_error_text(fault.error));
    }
    if (!book->begun && door.body.type != HQ_INIT) {
        return refuse(ret_fault, "the journal does not begin with init");
    }
    if (book->begun && memcmp(door.body.network, book->network, SIGN_NETWORK_LEN) != 0) {
        return refuse(ret_fault, "the record is for another network");
    }
    if (!hands_check(&door, ret_fault) || !apply_body(&door, ret_fault)) {
        return false;
    }
    if (door.body.number != 0) {
        book->hq_number = door.body.number;
    } else {
        note_counted(&door);
    }
    book->clock_ms = door.received_ms;
    book->records++;
    return true;
}
