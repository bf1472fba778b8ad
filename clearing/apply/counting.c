/* Day totals: what each event adds to its terminal's day, and the till's own report of it (rule
 * 50a in clearing/CHOICES.md). */
#include "clearing/apply/ruling.h"

static uint32_t terminal_of(const struct ruling *ruling)
{
    struct numbers *numbers = &ruling->state->numbers;
    const struct terminal *terminal =
        numbers_terminal(numbers, ruling->here.store, ruling->event->terminal);

    return (uint32_t)(terminal - numbers->terminals);
}

static void add(struct till_day *day, total_key_t key, int sign, int64_t fen)
{
    money_t amount = money(fen);

    day->sums[key] = sign > 0 ? money_sum_add(day->sums[key], amount)
                              : money_sum_sub(day->sums[key], amount);
}

static void add_means(struct till_day *day, means_t with, int sign, int64_t fen)
{
    static const total_key_t keys[MEANS_COUNT] = {
        [MEANS_STORED_VALUE] = TOTAL_STORED_VALUE,
        [MEANS_POINTS] = TOTAL_POINTS,
        [MEANS_CASH] = TOTAL_CASH,
        [MEANS_CARD] = TOTAL_CARD,
        [MEANS_WECHAT] = TOTAL_WECHAT,
        [MEANS_ALIPAY] = TOTAL_ALIPAY,
        [MEANS_OTHER] = TOTAL_OTHER,
    };

    if (with != MEANS_PACK) { /* uses are no money */
        add(day, keys[with], sign, fen);
    }
}

static void add_lines(struct till_day *day, const struct pay_line *lines, uint32_t count, int sign)
{
    for (uint32_t i = 0; i < count; i++) {
        add_means(day, lines[i].with, sign, lines[i].amount_fen);
    }
}

/* What an event says by itself. A refund's means are what it writes: where it writes none they
 * follow from its original. */
static void add_written(struct till_day *day, const struct event *event, int sign)
{
    switch (event->type) {
    case EVENT_TOPUP:
        add(day, TOTAL_TOPUP, sign, event->amount_fen);
        break;
    case EVENT_SALE:
    case EVENT_CAPTURE:
        add(day, TOTAL_SALE, sign, event->amount_fen);
        break;
    case EVENT_PACK_SALE:
        add(day, TOTAL_PACK_SALE, sign, event->amount_fen);
        break;
    case EVENT_CASHOUT:
        add(day, TOTAL_CASHOUT, sign, event->amount_fen);
        break;
    case EVENT_REFUND:
        add(day, TOTAL_REFUND, sign, event->amount_fen);
        break;
    case EVENT_ENROL:
    case EVENT_VOID:
    case EVENT_POINTS_GRANT:
    case EVENT_DAY_TOTAL:
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        return;
    }
    add_lines(day, event->pay, event->pay_count, sign);
    add_lines(day, event->back, event->back_count, -sign);
}

/* What a sale gives back, between two cumulative amounts, by its means. */
static void add_given_back(struct till_day *day, const struct event *sale, int64_t before,
                           int64_t after, int sign)
{
    struct refund_plan plan;

    refund_plan_sale(sale, before, after, &plan);
    for (uint32_t i = 0; i < sale->pay_count; i++) {
        int64_t back = money_fen(money_sub(plan.pay_after[i], plan.pay_before[i]));
        add_means(day, sale->pay[i].with, -sign, back);
    }
}

static void add_refund(struct till_day *day, const struct ruling *ruling)
{
    const struct event *refund = ruling->event;
    int64_t before = money_fen(ruling->touched.refunded);

    if (refund->of.number == 0 || !event_is_sale(ruling->apply->past_event.type)) {
        add_written(day, refund, 1);
        return;
    }
    add(day, TOTAL_REFUND, 1, refund->amount_fen);
    add_given_back(day, &ruling->apply->past_event, before, before + refund->amount_fen, 1);
}

/* A refund that is voided; past_event is what it had refunded (void.c), if anything. */
static void add_voided_refund(struct till_day *day, struct ruling *ruling)
{
    uint64_t behind = ruling->apply->past_effects.original;
    const struct event *past = &ruling->apply->past_event;
    int64_t amount = money_fen(ruling->past_amount);

    if (behind != 0 && event_is_sale(past->type)) {
        int64_t after = money_fen(state_original(ruling->state, behind)->refunded);
        add(day, TOTAL_REFUND, -1, amount);
        add_given_back(day, past, after - amount, after, -1);
        return;
    }
    if (behind != 0) {
        ruling_load_event(ruling, ruling->past_seq);
    }
    add_written(day, past, -1);
    if (behind != 0) {
        ruling_load_event(ruling, behind);
    }
}

/* A void takes its original out again, at the terminal that makes it. */
static void add_void(struct till_day *day, struct ruling *ruling)
{
    add(day, TOTAL_VOID, 1, money_fen(ruling->past_amount));
    if (ruling->past_is_refund) {
        add_voided_refund(day, ruling);
    } else {
        add_written(day, &ruling->apply->past_event, -1);
    }
}

/* A till's own reports and what a store disputes are nothing that a till has sold. */
static bool counts(event_type_t type)
{
    return type != EVENT_DAY_TOTAL && type != EVENT_DISPUTE;
}

void counting_waits(const struct ruling *ruling, int sign)
{
    if (!counts(ruling->event->type)) {
        return;
    }
    struct till_day *day =
        totals_day(&ruling->state->totals, terminal_of(ruling), ruling->occurred);

    if (day != NULL) {
        day->count += sign > 0 ? 1 : UINT64_MAX; /* one less */
        add_written(day, ruling->event, sign);
    }
}

void counting_accepted(struct ruling *ruling)
{
    if (!counts(ruling->event->type)) {
        return;
    }
    struct till_day *day =
        totals_day(&ruling->state->totals, terminal_of(ruling), ruling->occurred);
    if (day == NULL) {
        return;
    }
    day->count++;
    if (ruling->event->type == EVENT_REFUND) {
        add_refund(day, ruling);
    } else if (ruling->event->type == EVENT_VOID) {
        add_void(day, ruling);
    } else {
        add_written(day, ruling->event, 1);
    }
}

/* --- the till's report --- */

day_t counting_date(const struct event *event)
{
    day_t date = 0;

    CHECK(day_parse(event->date, &date)); /* it is well formed */
    return date;
}

outcome_t day_total_check(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    const struct state *state = ruling->state;
    day_t date = counting_date(event);

    REFUSE_IF(date < state->totals.from, TOO_OLD);
    for (uint32_t i = 0; i < event->sum_count; i++) {
        int64_t fen = event->sums[i].amount_fen;
        REFUSE_IF(fen > AMOUNT_MAX || fen < -AMOUNT_MAX, BAD_AMOUNT);
    }
    return OUTCOME_NONE;
}

void day_total_do(struct ruling *ruling)
{
    const struct event *event = ruling->event;
    struct till_day *day =
        totals_day(&ruling->state->totals, terminal_of(ruling), counting_date(event));

    CHECK(day != NULL); /* the check has seen that it is kept */
    day->report = (struct till_report){.given = true, .count = event->count};
    for (uint32_t i = 0; i < event->sum_count; i++) {
        total_key_t key = TOTAL_SALE;
        CHECK(total_key_parse(event->sums[i].key, &key));
        day->report.named |= 1U << key;
        day->report.sums[key] = money(event->sums[i].amount_fen);
    }
    for (uint32_t key = 0; key <= TOTAL_KEY_COUNT; key++) {
        struct effect effect = {.kind = EFFECT_TOTAL, .sign = 1, .line = (uint8_t)key};
        if (till_day_figure(day, key, &effect.units, &effect.lot_units)) {
            effects_add(ruling->effects, &effect, NULL, 0);
        }
    }
}
