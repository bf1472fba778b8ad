#include "clearing/book/settle.h"

#include <stdio.h>
#include <string.h>

#include "proto/codec/encode.h"
#include "proto/codec/frame.h"

static bool refuse(struct fault *ret_fault, const char *name, const struct event_ref *of,
                   const char *why)
{
    return fault_set(ret_fault,
                     FAULT_FORMAT,
                     "%s: %.*s:%.*s:%llu %s",
                     name,
                     (int)of->store.len,
                     of->store.text,
                     (int)of->terminal.len,
                     of->terminal.text,
                     (unsigned long long)of->number,
                     why);
}

/* --- the event of an item --- */

/* The last event of a store's batch under this number that was refused for this reason. */
static bool refused_in(const struct suspense_item *item, const struct record *record,
                       slice_t *ret_event)
{
    static _Thread_local struct event event;
    struct signed_batch signed_batch;
    struct results_head head;
    struct decode_fault fault;
    struct batch batch;
    bool found = false;

    if (record->kind != RECORD_BATCH ||
        !decode_signed_batch(record->payload, &signed_batch, &fault) ||
        !decode_batch_header(signed_batch.body, &batch, &fault) ||
        !results_head_read(record->results, &head) ||
        !slice_equal(batch.store, code_slice(&item->store))) {
        return false;
    }
    struct batch_cursor cursor = batch_cursor_of(&batch);
    while (cursor.count < head.count &&
           decode_next_event(&cursor, &event, &fault) == CURSOR_EVENT) {
        if (head.pairs[2 * (cursor.count - 1)] == item->reason && event.number == item->number &&
            slice_equal(event.terminal, code_slice(&item->terminal))) {
            *ret_event = cursor.event_bytes;
            found = true;
        }
    }
    return found;
}

/* Where it was refused at once, the record of its refusal has it; where it had waited, the record
 * in which it came. */
static bool event_of(struct book *book, const struct suspense_item *item, store_t store,
                     uint8_t ret_bytes[EVENT_BYTES_MAX], slice_t *ret_event)
{
    struct history *history = &book->state.history;
    slice_t bytes = book->past.source.fetch(book->past.source.context, item->record);
    slice_t event = {NULL, 0};
    struct record record;
    struct past past;

    CHECK(record_decode(bytes, &record, NULL));
    if (!refused_in(item, &record, &event)) {
        if (!history->find(history->context, store, code_slice(&item->terminal), item->number,
                           &past)) {
            return false;
        }
        event = past.event;
    }
    if (event.len > EVENT_BYTES_MAX) {
        return false;
    }
    memcpy(ret_bytes, event.text, event.len);
    *ret_event = (slice_t){(const char *)ret_bytes, event.len};
    return true;
}

bool book_compose_suspense(struct book *book, const struct event_ref *of,
                           struct hq_reverse *ret_item, struct fault *ret_fault)
{
    static _Thread_local uint8_t bytes[EVENT_BYTES_MAX];
    const struct state *state = &book->state;
    store_t store = registry_find_store(&state->registry, of->store);
    slice_t event = {NULL, 0};

    if (book_sweeps(book)) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "BUSY: the sweep of the last day-end has not ended: try again");
    }
    const struct suspense_item *item =
        store.n == STORE_NONE.n ? NULL
                                : suspense_find(&book->suspense,
                                                registry_store_code(&state->registry, store),
                                                of->terminal, of->number);
    if (item == NULL) {
        return refuse(ret_fault, "NOT_IN_SUSPENSE", of, "does not hang (allclear suspense list)");
    }
    if (numbers_state(&state->numbers, store, of->terminal, of->number, state->open_day,
                      INT32_MAX) == NUMBER_SPENT) {
        return refuse(ret_fault, "WAITING", of,
                      "was sent again and waits: it is accepted or refused at its deadline");
    }
    if (!event_of(book, item, store, bytes, &event)) {
        return refuse(ret_fault, "NOT_IN_SUSPENSE", of, "cannot be found in the journal");
    }
    *ret_item = (struct hq_reverse){
        .store = code_slice(registry_store_code(&state->registry, store)), .event = event};
    return true;
}

/* --- checking --- */

static participant_t party_of(const struct book *book, slice_t code, struct fault *ret_fault)
{
    participant_t party = registry_find_participant(&book->state.registry, code);

    if (party.n == PARTICIPANT_NONE.n) {
        (void)fault_set(ret_fault, FAULT_FORMAT, "suspense: the alliance has no participant %.*s",
                        (int)code.len, code.text);
    }
    return party;
}

/* Several debtors, one creditor, and no more than the till says has moved (0: it said nothing that
 * is an amount). */
static bool check_shares(const struct hq_door *door, const struct event_ref *of, money_t amount,
                         struct fault *ret_fault)
{
    const struct hq_suspense *suspense = &door->body.suspense;
    int64_t left = money_is_zero(amount) ? AMOUNT_MAX : money_fen(amount);

    if (party_of(door->book, suspense->creditor, ret_fault).n == PARTICIPANT_NONE.n) {
        return false;
    }
    for (uint32_t i = 0; i < suspense->share_count; i++) {
        const struct hq_share *share = &suspense->shares[i];
        if (party_of(door->book, share->debtor, ret_fault).n == PARTICIPANT_NONE.n) {
            return false;
        }
        if (share->amount_fen > left) {
            return refuse(ret_fault, "OVER_AMOUNT", of,
                          "has not moved so much: assign at most its amount");
        }
        left -= share->amount_fen;
    }
    return true;
}

/* Out: the event, in static memory, and its store. */
static bool look(const struct hq_door *door, const struct event **ret_event, store_t *ret_store,
                 struct fault *ret_fault)
{
    static _Thread_local struct event event;
    const struct hq_suspense *suspense = &door->body.suspense;
    struct book *book = door->book;
    struct hq_reverse now = {0};
    struct decode_fault fault;

    CHECK(decode_event(suspense->item.event, &event, &fault)); /* hq_decode_body has read it */
    const struct event_ref of = {suspense->item.store, event.terminal, event.number};
    if (door->body.reason.len == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "suspense: the record gives no reason");
    }
    if (!book_compose_suspense(book, &of, &now, ret_fault)) {
        return false;
    }
    if (!slice_equal(now.event, suspense->item.event)) {
        return refuse(ret_fault, "MOVED_ON", &of,
                      "has come again with other bytes since: propose it again");
    }
    *ret_store = registry_find_store(&book->state.registry, suspense->item.store);
    *ret_event = &event;
    if (suspense->way == SUSPENSE_ASSIGN) {
        const struct suspense_item *item = suspense_find(
            &book->suspense, registry_store_code(&book->state.registry, *ret_store),
            event.terminal, event.number);
        return check_shares(door, &of, item->amount, ret_fault);
    }
    if (suspense->way == SUSPENSE_RETRY) {
        outcome_t outcome = apply_check_refused(&book->apply, *ret_store, &event);
        return outcome == OUTCOME_NONE ||
               refuse(ret_fault, outcome_name(outcome), &of, "would be refused again");
    }
    return true;
}

bool settle_check(const struct hq_door *door, struct fault *ret_fault)
{
    const struct event *event = NULL;
    store_t store = STORE_NONE;

    return look(door, &event, &store, ret_fault);
}

/* --- applying --- */

static void assign(struct hq_door *door, const struct event *event)
{
    const struct hq_suspense *suspense = &door->body.suspense;
    struct book *book = door->book;
    const struct registry *registry = &book->state.registry;
    struct claims *claims = &book->apply.claims;
    const struct part part = {.product = PRODUCT_NONE, .sold = STORE_NONE, .used = STORE_NONE};
    struct report_adjustment row = {
        .creditor = registry_find_participant(registry, suspense->creditor),
        .booked = book->state.open_day,
        .person = code_of(door->body.person),
        .kind = KIND_SUSPENSE,
    };

    memcpy(row.reason, door->body.reason.text, door->body.reason.len);
    (void)snprintf(row.about, sizeof row.about, "%.*s:%.*s:%llu", (int)suspense->item.store.len,
                   suspense->item.store.text, (int)event->terminal.len, event->terminal.text,
                   (unsigned long long)event->number);
    for (uint32_t i = 0; i < suspense->share_count; i++) {
        row.debtor = registry_find_participant(registry, suspense->shares[i].debtor);
        row.amount = money(suspense->shares[i].amount_fen);
        const struct claim claim = {.kind = KIND_SUSPENSE,
                                    .debtor = row.debtor,
                                    .creditor = row.creditor,
                                    .amount = row.amount};
        (i == 0 ? claims_single : claims_add)(&claim, &part, claims);
        report_adjustments_add(&book->adjustments, &row);
    }
    positions_post(&book->state.positions, STORE_NONE, claims);
}

/* The number is spent, and whoever listens hears that the event has come to its end. */
static void end_item(struct hq_door *door, store_t store, const struct event *event)
{
    struct book *book = door->book;
    struct state *state = &book->state;
    struct apply *apply = &book->apply;
    bool assigned = door->body.suspense.way == SUSPENSE_ASSIGN;

    if (assigned) {
        assign(door, event);
    }
    numbers_spend(&state->numbers, store, event->terminal, event->number, state->open_day);
    effects_reset(&apply->effects);
    const struct cleared cleared = {
        .event = event,
        .bytes = door->body.suspense.item.event,
        .store = store,
        .outcome = OUTCOME_SETTLED_OTHERWISE,
        .occurred = book_day(book, event->at_ms),
        .booked = state->open_day,
        .effects = &apply->effects,
        .claims = assigned ? &apply->claims : &apply->no_claims,
    };
    apply->sink.cleared(apply->sink.context, &cleared);
}

bool settle_apply(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;
    const struct hq_suspense *suspense = &door->body.suspense;
    const struct event *event = NULL;
    store_t store = STORE_NONE;

    if (!look(door, &event, &store, ret_fault)) {
        return false;
    }
    CHECK(event != NULL);
    results_stream_reset(&book->results);
    book->past.current =
        (struct past_current){true, book->records, suspense->item.batch, &book->results};
    if (suspense->way == SUSPENSE_RETRY) {
        apply_refused(&book->apply, store, suspense->item.event, event);
    } else {
        end_item(door, store, event);
    }
    book->past.current = (struct past_current){0};
    book->events_in_hq = true;
    return true;
}
