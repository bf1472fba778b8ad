#include "clearing/book/correct.h"

#include <string.h>

#include "clearing/book/answer.h"
#include "clearing/book/move.h"
#include "clearing/book/opening.h"
#include "clearing/book/settle.h"
#include "proto/codec/encode.h"
#include "proto/codec/policy.h"

#define AMOUNT_TEXT "1000000000000" /* AMOUNT_MAX */

/* --- adjustments --- */

static bool party_of(const struct hq_door *door, slice_t code, participant_t *ret_participant,
                     struct fault *ret_fault)
{
    *ret_participant = registry_find_participant(&door->book->state.registry, code);
    return ret_participant->n != PARTICIPANT_NONE.n ||
           fault_set(ret_fault,
                     FAULT_FORMAT,
                     "adjust: the alliance has no participant %.*s",
                     (int)code.len,
                     code.text);
}

static bool adjustment_of(const struct hq_door *door, struct report_adjustment *ret_adjustment,
                          struct fault *ret_fault)
{
    const struct hq_adjust *adjust = &door->body.adjust;
    struct report_adjustment adjustment = {0};

    if (door->book->state.terms_count == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "adjust: there are no terms yet");
    }
    if (!party_of(door, adjust->debtor, &adjustment.debtor, ret_fault) ||
        !party_of(door, adjust->creditor, &adjustment.creditor, ret_fault)) {
        return false;
    }
    if (adjustment.debtor.n == adjustment.creditor.n) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "adjust: debtor and creditor are the same participant");
    }
    if (adjust->amount_fen > AMOUNT_MAX) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "adjust: the amount is above " AMOUNT_TEXT " fen");
    }
    if (door->body.reason.len == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "adjust: the record gives no reason");
    }
    adjustment.kind = KIND_ADJUST;
    adjustment.amount = money(adjust->amount_fen);
    adjustment.booked = door->book->state.open_day;
    adjustment.person = code_of(door->body.person);
    memcpy(adjustment.reason, door->body.reason.text, door->body.reason.len);
    if (adjust->about.len > 0) {
        memcpy(adjustment.about, adjust->about.text, adjust->about.len);
    }
    *ret_adjustment = adjustment;
    return true;
}

bool correct_check_adjust(const struct hq_door *door, struct fault *ret_fault)
{
    struct report_adjustment adjustment;

    return adjustment_of(door, &adjustment, ret_fault);
}

bool correct_adjust(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;
    struct report_adjustment adjustment;
    struct part part = {.product = PRODUCT_NONE, .sold = STORE_NONE, .used = STORE_NONE};

    if (!adjustment_of(door, &adjustment, ret_fault)) {
        return false;
    }
    struct claim claim = {.kind = KIND_ADJUST,
                          .debtor = adjustment.debtor,
                          .creditor = adjustment.creditor,
                          .amount = adjustment.amount};
    claims_single(&claim, &part, &book->apply.claims);
    positions_post(&book->state.positions, STORE_NONE, &book->apply.claims);
    report_adjustments_add(&book->adjustments, &adjustment);
    return true;
}

/* --- reversals --- */

bool book_compose_reversal(struct book *book, const struct event_ref *of, int64_t at_ms,
                           struct hq_reverse *ret_reverse, struct fault *ret_fault)
{
    static _Thread_local struct event event;
    static _Thread_local uint8_t bytes[EVENT_BYTES_MAX];
    store_t store = STORE_NONE;

    if (book->state.terms_count == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "UNKNOWN_ORIGINAL: there are no events yet");
    }
    if (book_sweeps(book)) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "BUSY: the sweep of the last day-end has not ended: try again");
    }
    if (at_ms <= 0 || at_ms >= POLICY_AT_MS_END) {
        return fault_set(ret_fault, FAULT_FORMAT, "FUTURE: no event can be of that instant");
    }
    outcome_t outcome = apply_compose_reversal(&book->apply, of, at_ms, &store, &event);
    if (outcome != OUTCOME_NONE) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "%s: %.*s:%.*s:%llu cannot be reversed",
                         outcome_name(outcome),
                         (int)of->store.len,
                         of->store.text,
                         (int)of->terminal.len,
                         of->terminal.text,
                         (unsigned long long)of->number);
    }
    size_t len = encode_event(&event, bytes, sizeof bytes);
    CHECK(len > 0); /* its parts come from an event that was decoded */
    *ret_reverse = (struct hq_reverse){
        .store = code_slice(registry_store_code(&book->state.registry, store)),
        .event = {(const char *)bytes, (uint32_t)len},
    };
    return true;
}

static bool moved_on(struct fault *ret_fault, const char *why)
{
    return fault_set(ret_fault,
                     FAULT_FORMAT,
                     "MOVED_ON: what it would undo has changed since it was proposed (%.180s): "
                     "propose it again",
                     why);
}

bool correct_check_reverse(const struct hq_door *door, struct fault *ret_fault)
{
    static _Thread_local struct event event;
    const struct hq_reverse *reverse = &door->body.reverse;
    struct hq_reverse now = {0};
    struct decode_fault fault;
    struct fault why = {0};
    struct past past;
    struct history *history = &door->book->state.history;

    CHECK(decode_event(reverse->event, &event, &fault)); /* hq_decode_body has looked at it */
    if (door->body.reason.len == 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "reverse: the record gives no reason");
    }
    if (!book_compose_reversal(door->book, &event.of, door->body.created_ms, &now, &why)) {
        return moved_on(ret_fault, why.text);
    }
    if (!slice_equal(now.store, reverse->store) || !slice_equal(now.event, reverse->event)) {
        return moved_on(ret_fault, "it is another event now");
    }
    store_t store = registry_find_store(&door->book->state.registry, reverse->store);
    if (history->find(history->context, store, event.terminal, event.number, &past)) {
        return moved_on(ret_fault, "another reversal has its number");
    }
    return true;
}

bool correct_reverse(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;
    const struct hq_reverse *reverse = &door->body.reverse;
    struct decode_fault fault;

    if (!correct_check_reverse(door, ret_fault)) {
        return false;
    }
    results_stream_reset(&book->results);
    book->past.current =
        (struct past_current){true, book->records, reverse->batch, &book->results};
    CHECK(decode_event(reverse->event, &book->event, &fault));
    store_t store = registry_find_store(&book->state.registry, reverse->store);
    apply_reversal(&book->apply, store, reverse->event, &book->event);
    book->past.current = (struct past_current){0};
    book->events_in_hq = true;
    return true;
}

/* --- proposals --- */

bool book_check_proposal(struct book *book, slice_t bytes, const struct person *second,
                         int64_t received_ms, struct fault *ret_fault)
{
    struct hq_door door = {.book = book, .received_ms = received_ms};
    struct decode_fault fault;

    if (!hq_decode_record(bytes, &door.record, &fault) ||
        !hq_decode_body(door.record.body, &door.body, &fault) ||
        door.record.second_key_id != NULL) {
        return fault_set(ret_fault, FAULT_FORMAT, "MALFORMED: this is no proposal");
    }
    if (memcmp(door.body.network, book->network, SIGN_NETWORK_LEN) != 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "WRONG_NETWORK: it is for another network");
    }
    if (!hands_check_proposal(&door, second, ret_fault)) {
        return false;
    }
    return door.body.type == HQ_ADJUST     ? correct_check_adjust(&door, ret_fault)
           : door.body.type == HQ_OPENING  ? book_opening_check(&door, ret_fault)
           : door.body.type == HQ_SUSPENSE ? settle_check(&door, ret_fault)
           : door.body.type == HQ_DISPUTE  ? answer_check(&door, ret_fault)
           : door.body.type == HQ_MEMBER   ? move_check(&door, ret_fault)
                                           : correct_check_reverse(&door, ret_fault);
}
