#include "clearing/book/answer.h"

#include <stdio.h>
#include <string.h>

static bool refuse(struct fault *ret_fault, const char *name, const struct hq_answer *answer,
                   const char *why)
{
    return fault_set(ret_fault,
                     FAULT_FORMAT,
                     "%s: %.*s:%.*s:%llu %s",
                     name,
                     (int)answer->store.len,
                     answer->store.text,
                     (int)answer->terminal.len,
                     answer->terminal.text,
                     (unsigned long long)answer->number,
                     why);
}

/* The open dispute that an answer names. NULL with ret_fault. */
static struct dispute *look(const struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_answer *answer = &door->body.answer;
    const struct state *state = &door->book->state;
    store_t store = registry_find_store(&state->registry, answer->store);
    struct past past;

    if (door->body.reason.len == 0) {
        (void)fault_set(ret_fault, FAULT_FORMAT, "dispute: the record gives no reason");
        return NULL;
    }
    bool known = store.n != STORE_NONE.n &&
                 state->history.find(state->history.context, store, answer->terminal,
                                     answer->number, &past);
    struct dispute *dispute = known ? disputes_find(&state->disputes, past.seq) : NULL;
    if (dispute == NULL) {
        (void)refuse(ret_fault, "UNKNOWN_DISPUTE", answer,
                     "is no accepted dispute (allclear dispute list)");
        return NULL;
    }
    if (dispute->state != DISPUTE_OPEN) {
        (void)refuse(ret_fault, "ANSWERED", answer,
                     dispute->state == DISPUTE_STANDS ? "was answered: the line stands"
                                                      : "was answered: the line falls");
        return NULL;
    }
    return dispute;
}

bool answer_check(const struct hq_door *door, struct fault *ret_fault)
{
    return look(door, ret_fault) != NULL;
}

/* What of the lines is still out is owed again. */
static void claim_again(struct hq_door *door, const struct dispute *dispute)
{
    const struct hq_answer *answer = &door->body.answer;
    struct book *book = door->book;
    struct claims *claims = &book->apply.claims;
    const struct part part = {.product = PRODUCT_NONE, .sold = STORE_NONE, .used = STORE_NONE};
    struct report_adjustment row = {
        .booked = book->state.open_day,
        .person = code_of(door->body.person),
        .kind = KIND_DISPUTE,
    };
    uint32_t count = 0;

    memcpy(row.reason, door->body.reason.text, door->body.reason.len);
    (void)snprintf(row.about, sizeof row.about, "%.*s:%.*s:%llu", (int)answer->store.len,
                   answer->store.text, (int)answer->terminal.len, answer->terminal.text,
                   (unsigned long long)answer->number);
    for (uint32_t i = 0; i < dispute->line_count; i++) {
        const struct dispute_line *line = &book->state.disputes.lines[dispute->first_line + i];
        const struct claim claim = {.kind = KIND_DISPUTE,
                                    .reversal = true,
                                    .debtor = line->debtor,
                                    .creditor = line->creditor,
                                    .amount = line->out};
        if (money_is_zero(line->out)) {
            continue; /* it was undone meanwhile */
        }
        row.debtor = line->debtor;
        row.creditor = line->creditor;
        row.amount = line->out;
        (count++ == 0 ? claims_single : claims_add)(&claim, &part, claims);
        report_adjustments_add(&book->adjustments, &row);
    }
    if (count > 0) {
        positions_post(&book->state.positions, STORE_NONE, claims);
    }
}

bool answer_apply(struct hq_door *door, struct fault *ret_fault)
{
    struct dispute *dispute = look(door, ret_fault);

    if (dispute == NULL) {
        return false;
    }
    if (door->body.answer.stands) {
        claim_again(door, dispute);
    }
    disputes_answer(&door->book->state.disputes, dispute, door->body.answer.stands);
    return true;
}
