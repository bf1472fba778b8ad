#include "tools/explain/saying.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/decode.h"

static char *keep(struct explaining *x, char *text)
{
    CHECK(text != NULL);
    MEMORY_GROW(x->texts, x->text_count, x->text_capacity);
    x->texts[x->text_count++] = text;
    return text;
}

__attribute__((format(printf, 1, 0))) static char *printed(const char *format, va_list arguments)
{
    char *text = NULL;

    CHECK(vasprintf(&text, format, arguments) >= 0);
    return text;
}

const char *x_text(struct explaining *x, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    char *text = printed(format, arguments);
    va_end(arguments);
    return keep(x, text);
}

static void add_line(struct explaining *x, char *text, bool under)
{
    struct step *step = &x->steps[x->step_count - 1];

    MEMORY_GROW(step->lines, step->line_count, step->line_capacity);
    step->lines[step->line_count++] = (struct said){keep(x, text), under};
}

void say(struct explaining *x, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_line(x, printed(format, arguments), false);
    va_end(arguments);
}

void say_under(struct explaining *x, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_line(x, printed(format, arguments), true);
    va_end(arguments);
}

void step_begin(struct explaining *x, const char *kind, const struct effect *effect)
{
    struct step step = {.kind = kind, .lot = "", .product = ""};

    if (effect != NULL && effect->kind != EFFECT_DISCOUNT && effect->kind != EFFECT_TENDER &&
        effect->kind != EFFECT_DISPUTE) {
        bool fee = effect->kind == EFFECT_FEE || effect->kind == EFFECT_SHORT; /* of no lot */
        const struct lot_class *class =
            fee ? NULL : lots_class_at(&x->state->members.lots, effect->class);
        step.lot = fee ? "" : x_lot(x, effect->lot);
        step.product = x_product(x, fee ? effect->product : class->product);
        step.terms_version = fee ? effect->terms_version : class->terms_version;
    } else if (effect != NULL) {
        step.terms_version =
            effect->kind == EFFECT_DISCOUNT ? effect->terms_version : x->effects->terms_version;
    }
    MEMORY_GROW(x->steps, x->step_count, x->step_capacity);
    x->steps[x->step_count++] = step;
}

/* --- names and figures --- */

const char *x_yuan(struct explaining *x, money_t amount)
{
    char text[MONEY_TEXT_SIZE];

    money_format_yuan(amount, text);
    return x_text(x, "%s", text);
}

const char *x_percent(struct explaining *x, rate_t rate)
{
    char text[RATE_TEXT_SIZE];

    rate_format_percent(rate, text);
    return x_text(x, "%s", text);
}

const char *x_price(struct explaining *x, point_price_t price)
{
    char text[RATE_TEXT_SIZE];

    point_price_format(price, text);
    return x_text(x, "%s", text);
}

const char *x_day(struct explaining *x, day_t day)
{
    char text[DAY_TEXT_SIZE];

    day_format(day, text);
    return x_text(x, "%s", text);
}

const char *x_who(const struct explaining *x, participant_t who)
{
    return registry_participant_code(&x->state->registry, who)->text;
}

const char *x_store(const struct explaining *x, store_t store)
{
    return registry_store_code(&x->state->registry, store)->text;
}

const char *x_product(const struct explaining *x, product_t product)
{
    return registry_product_code(&x->state->registry, product)->text;
}

/* --- the past --- */

static void decode_kept(struct explaining *x, slice_t bytes, struct event *ret_event)
{
    struct decode_fault fault;
    char *copy = keep(x, memory_zeroed(bytes.len + 1, 1));

    memcpy(copy, bytes.text, bytes.len);
    CHECK(decode_event((slice_t){copy, bytes.len}, ret_event, &fault)); /* it was accepted once */
}

void x_event_at(struct explaining *x, uint64_t seq, struct event *ret_event, struct past *ret_past)
{
    const struct history *history = &x->state->history;

    if (seq == x->cleared->seq) { /* the owner of the events may not show it yet */
        *ret_event = *x->cleared->event;
        *ret_past = (struct past){.seq = seq, .store = x->cleared->store};
        return;
    }
    history->at(history->context, seq, ret_past);
    decode_kept(x, ret_past->event, ret_event);
}

void x_effects_at(struct explaining *x, uint64_t seq, struct effects *ret_effects)
{
    const struct history *history = &x->state->history;
    outcome_t outcome = OUTCOME_NONE;
    outcome_t waiting_for = OUTCOME_NONE;
    struct past past;

    *ret_effects = (struct effects){0};
    history->at(history->context, seq, &past);
    struct reader reader = {(const uint8_t *)past.results.text, past.results.len, 0, false};
    CHECK(results_read(&reader, &outcome, &waiting_for, ret_effects));
}

const char *x_event(struct explaining *x, uint64_t seq)
{
    struct event event;
    struct past past;

    if (state_is_opening(x->state, seq)) {
        return x_text(x, "opening:%" PRIu64, seq - x->state->opening_first + 1);
    }
    x_event_at(x, seq, &event, &past);
    return x_text(x, "%s:%.*s:%" PRIu64, x_store(x, past.store), (int)event.terminal.len,
                  event.terminal.text, event.number);
}

const char *x_lot(struct explaining *x, lot_id_t lot)
{
    return x_text(x, "%s/%u", x_event(x, lot >> 16), (unsigned)(lot & 0xffff));
}

/* --- beginning and end --- */

/* What the refunds that stand have taken of a sale before this one: the chain of their results. */
static int64_t refunded_before(struct explaining *x)
{
    uint64_t seq = x->effects->previous_refund;
    int64_t sum = 0;

    while (seq != 0) {
        struct event event;
        struct past past;
        struct effects effects;
        x_event_at(x, seq, &event, &past);
        sum += event.amount_fen;
        x_effects_at(x, seq, &effects);
        seq = effects.previous_refund;
        effects_deinit(&effects);
    }
    return sum;
}

bool x_claim_shown(const struct explaining *x, const struct claim *claim)
{
    return x->only.n == PARTICIPANT_NONE.n || claim->debtor.n == x->only.n ||
           claim->creditor.n == x->only.n;
}

bool x_effect_shown(struct explaining *x, const struct effect *effect)
{
    struct effects one = *x->effects;
    bool shown = x->only.n == PARTICIPANT_NONE.n;

    if (!shown) {
        one.list = (struct effect *)(uintptr_t)effect; /* only looked at */
        one.count = 1;
        claims_derive(&x->state->members.lots, &one, &x->scratch);
    }
    for (uint32_t i = 0; !shown && i < x->scratch.count; i++) {
        shown = x_claim_shown(x, &x->scratch.list[i]);
    }
    return shown;
}

void explaining_init(struct explaining *x, const struct state *state, const struct cleared *cleared,
                     participant_t only)
{
    struct past past;

    memset(x, 0, sizeof *x);
    x->state = state;
    x->cleared = cleared;
    x->effects = cleared->effects;
    x->only = only;
    if (!outcome_accepted(cleared->outcome) || x->effects->original == 0) {
        return;
    }
    x_event_at(x, x->effects->original, &x->past_event, &past);
    x_effects_at(x, x->effects->original, &x->past);
    x->has_past = true;
    x->has_plan = cleared->event->type == EVENT_REFUND && event_is_sale(x->past_event.type);
    if (x->has_plan) {
        int64_t before = refunded_before(x);
        refund_plan_sale(&x->past_event, before, before + cleared->event->amount_fen, &x->plan);
    }
}

void explaining_deinit(struct explaining *x)
{
    for (uint32_t i = 0; i < x->step_count; i++) {
        free(x->steps[i].lines);
    }
    free(x->steps);
    for (uint32_t i = 0; i < x->text_count; i++) {
        free(x->texts[i]);
    }
    free(x->texts);
    effects_deinit(&x->past);
    claims_deinit(&x->scratch);
    memset(x, 0, sizeof *x);
}

/* --- formulas --- */

const char *x_telescope(struct explaining *x, int64_t whole, int64_t before, int64_t after,
                        int64_t total)
{
    if (before == 0 || total == 0) {
        return x_text(x, "floor(%" PRId64 " × %" PRId64 " / %" PRId64 ")", whole, after,
                      total == 0 ? 1 : total);
    }
    return x_text(x,
                  "floor(%" PRId64 " × %" PRId64 " / %" PRId64 ") − floor(%" PRId64 " × %" PRId64
                  " / %" PRId64 ")",
                  whole, after, total, whole, before, total);
}

void say_owes(struct explaining *x, bool back, const struct share *debtor, participant_t creditor,
              const char *formula)
{
    const char *amount = x_yuan(x, debtor->amount);
    const char *figure = formula[0] == '\0' ? amount : x_text(x, "%s = %s", formula, amount);

    if (debtor->who.n == creditor.n) {
        say_under(x, _("%s itself bears: %s (no claim)"), x_who(x, creditor), figure);
    } else if (back) {
        say_under(x, _("%s owes %s back: %s"), x_who(x, creditor), x_who(x, debtor->who), figure);
    } else {
        say_under(x, _("%s owes %s: %s"), x_who(x, debtor->who), x_who(x, creditor), figure);
    }
}

/* The formula of one debtor of several: each but the last telescopes its share of what those before
 * it leave, the last takes the rest (rule 6). */
static const char *peel_text(struct explaining *x, const struct settling *s, uint32_t place,
                             const money_t *before, const money_t *after)
{
    int64_t weights = 0;
    int64_t left_before = 0;
    int64_t left_after = 0;

    if (place + 1 == s->count) {
        return _("the rest");
    }
    for (uint32_t i = place; i < s->count; i++) {
        weights += money_fen(s->weights[i]);
        left_before += money_fen(before[i]);
        left_after += money_fen(after[i]);
    }
    return x_telescope(x, money_fen(s->weights[place]), left_before, left_after, weights);
}

void say_settling(struct explaining *x, const struct settling *s)
{
    money_t before[DEBTORS_MAX];
    money_t after[DEBTORS_MAX];
    money_t whole = money(0);
    money_t settled = money(0);

    for (uint32_t i = 0; i < s->count; i++) {
        whole = money_add(whole, s->weights[i]);
        settled = money_add(settled, s->shares[i].amount);
    }
    if (money_is_zero(whole)) {
        return;
    }
    money_t cum_before = money_telescope(whole, s->before, s->total);
    money_t cum_after = s->emptied ? whole : money_telescope(whole, s->after, s->total);
    const char *formula =
        s->emptied ? x_text(x, "%" PRId64 " − %" PRId64, money_fen(whole), money_fen(cum_before))
                   : x_telescope(x, money_fen(whole), s->before, s->after, s->total);
    if (s->count == 1) {
        say(x, _("To settle of the %s:"), s->title);
        say_owes(x, s->back, &s->shares[0], s->creditor, formula);
        return;
    }
    say(x, _("To settle of the %s: %s = %s, of which"), s->title, formula, x_yuan(x, settled));
    money_peel(cum_before, s->weights, s->count, before);
    money_peel(cum_after, s->weights, s->count, after);
    for (uint32_t i = 0; i < s->count; i++) {
        say_owes(x, s->back, &s->shares[i], s->creditor, peel_text(x, s, i, before, after));
    }
}
