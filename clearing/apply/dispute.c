/* Disputes (rule 52 in clearing/CHOICES.md): a store takes lines of an event out of what is paid,
 * and what later undoes such a line finds it out already. */
#include "clearing/apply/ruling.h"

static bool kind_of(const struct event *event, claim_kind_t *ret_kind)
{
    return claim_kind_parse(event->claim_kind, ret_kind) && *ret_kind != KIND_DISPUTE;
}

/* The claims of the event named in `of`, in apply->claims. */
static const struct claims *past_claims(const struct ruling *ruling)
{
    struct apply *apply = ruling->apply;

    claims_derive(&ruling->state->members.lots, &apply->past_effects, &apply->claims);
    return &apply->claims;
}

/* Is this claim a line that the store at hand may dispute? */
static bool is_own(const struct ruling *ruling, const struct claim *claim, claim_kind_t kind)
{
    participant_t own = ruling->here.owner;

    return claim->kind == kind && (claim->debtor.n == own.n || claim->creditor.n == own.n);
}

static bool is_disputed(const struct ruling *ruling, const struct claim *claim)
{
    return disputes_line(&ruling->state->disputes, ruling->past_seq, claim->kind, claim->debtor,
                         claim->creditor) != NULL;
}

/* Was the original booked in a cycle that closed too long ago? */
static bool too_late(const struct ruling *ruling)
{
    const struct state *state = ruling->state;
    day_t last = 0;

    return disputes_cycle_end(&state->disputes, ruling->apply->past_effects.booked, &last) &&
           state->open_day - last > state_terms(state, state->open_day)->dispute_days;
}

outcome_t dispute_check(struct ruling *ruling)
{
    claim_kind_t kind = KIND_PRINCIPAL;
    uint32_t own = 0;
    uint32_t left = 0;

    REFUSE_IF(!ruling->has_past, UNKNOWN_ORIGINAL);
    REFUSE_IF(!kind_of(ruling->event, &kind), NO_SUCH_LINE);
    const struct claims *claims = past_claims(ruling);
    for (uint32_t i = 0; i < claims->count; i++) {
        if (is_own(ruling, &claims->list[i], kind)) {
            own++;
            left += is_disputed(ruling, &claims->list[i]) ? 0 : 1;
        }
    }
    REFUSE_IF(own == 0, NO_SUCH_LINE);
    REFUSE_IF(ruling->touched.voided, VOIDED);
    REFUSE_IF(ruling->touched.refunds > 0, REFUNDED);
    REFUSE_IF(left == 0, DISPUTED);
    REFUSE_IF(too_late(ruling), TOO_LATE);
    return OUTCOME_NONE;
}

/* Take so much of a line out (sign 1), or in again (-1). */
static void move_line(struct ruling *ruling, claim_kind_t kind, const struct dispute_line *line,
                      money_t amount, int8_t sign)
{
    const struct share parties[2] = {{line->debtor, money(0)}, {line->creditor, money(0)}};
    const struct effect effect = {
        .kind = EFFECT_DISPUTE,
        .sign = sign,
        .reversal = sign < 0,
        .line = (uint8_t)kind,
        .product = PRODUCT_NONE,
        .money = amount,
        .valid_to = DAY_MAX,
    };

    effects_add(ruling->effects, &effect, parties, 2);
}

void dispute_do(struct ruling *ruling)
{
    struct disputes *disputes = &ruling->state->disputes;
    const struct claims *claims = past_claims(ruling);
    struct dispute dispute = {
        .seq = ruling->seq,
        .original = ruling->past_seq,
        .store = ruling->here.store,
        .booked = ruling->state->open_day,
    };

    CHECK(kind_of(ruling->event, &dispute.kind)); /* the check has seen it */
    disputes_begin(disputes, &dispute);
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        if (is_own(ruling, claim, dispute.kind) && !is_disputed(ruling, claim)) {
            disputes_add_line(disputes, claim->debtor, claim->creditor, claim->amount);
            const struct dispute_line *line = &disputes->lines[disputes->line_count - 1];
            move_line(ruling, dispute.kind, line, line->amount, 1);
        }
    }
}

/* --- what undoes a disputed line --- */

static money_t lesser(money_t a, money_t b)
{
    return money_compare(a, b) < 0 ? a : b;
}

/* A claim of this event undoes a line of the original, or undoes that it was undone: the line is
 * in, or out, again by as much. */
static void follow_claim(struct ruling *ruling, uint64_t original, const struct claim *claim)
{
    const struct disputes *disputes = &ruling->state->disputes;
    struct dispute_line *undone =
        disputes_line(disputes, original, claim->kind, claim->creditor, claim->debtor);
    struct dispute_line *restored =
        disputes_line(disputes, original, claim->kind, claim->debtor, claim->creditor);

    if (undone != NULL && disputes->list[undone->dispute].state != DISPUTE_STANDS) {
        money_t amount = lesser(claim->amount, undone->out);
        undone->out = money_sub(undone->out, amount);
        move_line(ruling, claim->kind, undone, amount, -1);
    }
    if (restored != NULL && disputes->list[restored->dispute].state != DISPUTE_STANDS) {
        money_t amount = lesser(claim->amount, money_sub(restored->amount, restored->out));
        restored->out = money_add(restored->out, amount);
        move_line(ruling, claim->kind, restored, amount, 1);
    }
}

bool dispute_follow(struct ruling *ruling)
{
    struct apply *apply = ruling->apply;
    const struct claims *claims = &apply->claims;
    uint32_t before = ruling->effects->count;

    if (ruling->state->disputes.count == 0 || ruling->past_seq == 0 ||
        (ruling->event->type != EVENT_REFUND && ruling->event->type != EVENT_VOID)) {
        return false;
    }
    uint64_t behind = ruling->past_is_refund ? apply->past_effects.original : 0;
    for (uint32_t i = 0; i < claims->count; i++) {
        if (claims->list[i].reversal) {
            follow_claim(ruling, ruling->past_seq, &claims->list[i]);
            if (behind != 0) {
                follow_claim(ruling, behind, &claims->list[i]);
            }
        }
    }
    return ruling->effects->count > before;
}
