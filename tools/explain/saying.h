/* Saying what happened: the steps of one explanation while they are being found, and the phrases
 * and formulas that all steps share. Internal to tools/explain.
 *
 * Formulas stand in fen, points and uses: floor(a × b / c), half-up(a × r). What follows "=" is
 * yuan. */
#ifndef TOOLS_EXPLAIN_SAYING_H
#define TOOLS_EXPLAIN_SAYING_H

#include "clearing/apply/ruling.h"
#include "tools/render/language.h"
#include "tools/render/words.h"

/* One line; `under`: it belongs to the line above. */
struct said {
    const char *text;
    bool under;
};

struct step {
    const char *kind; /* of the JSON */
    const char *lot;
    const char *product;
    uint32_t terms_version;
    struct said *lines;
    uint32_t line_count;
    uint32_t line_capacity;
};

struct explaining {
    const struct state *state;
    const struct cleared *cleared;
    const struct effects *effects;
    participant_t only; /* whose claims are shown; PARTICIPANT_NONE: all */
    struct claims scratch; /* of one effect */
    /* what a refund or void undoes; `plan` for refunds of sales */
    bool has_past;
    struct event past_event;
    struct effects past;
    bool has_plan;
    struct refund_plan plan;
    struct step *steps;
    uint32_t step_count;
    uint32_t step_capacity;
    char **texts; /* owned: everything that is said */
    uint32_t text_count;
    uint32_t text_capacity;
};

void explaining_init(struct explaining *x, const struct state *state,
                     const struct cleared *cleared, participant_t only);
void explaining_deinit(struct explaining *x);

/* Is a claim shown to whom it is explained? Does an effect make such a one? */
bool x_claim_shown(const struct explaining *x, const struct claim *claim);
bool x_effect_shown(struct explaining *x, const struct effect *effect);

/* Begin a step; `effect` (may be NULL) gives its lot, product and terms. */
void step_begin(struct explaining *x, const char *kind, const struct effect *effect);
/* Add a line to the step begun last, respectively one that belongs to the line above. */
void say(struct explaining *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_under(struct explaining *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A text that lives as long as the explanation. */
const char *x_text(struct explaining *x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- names and figures as texts --- */
const char *x_yuan(struct explaining *x, money_t amount);
const char *x_percent(struct explaining *x, rate_t rate);
const char *x_price(struct explaining *x, point_price_t price);
const char *x_day(struct explaining *x, day_t day);
const char *x_who(const struct explaining *x, participant_t who);
const char *x_store(const struct explaining *x, store_t store);
const char *x_product(const struct explaining *x, product_t product);
const char *x_event(struct explaining *x, uint64_t seq); /* store:terminal:number */
const char *x_lot(struct explaining *x, lot_id_t lot);   /* EVENT/k */

/* An accepted event by its sequence number. Its texts live as long as the explanation. */
void x_event_at(struct explaining *x, uint64_t seq, struct event *ret_event, struct past *ret_past);
/* What it did. Out: to be given to effects_deinit. */
void x_effects_at(struct explaining *x, uint64_t seq, struct effects *ret_effects);

/* --- formulas --- */

/* floor(whole × after / total) − floor(whole × before / total) */
const char *x_telescope(struct explaining *x, int64_t whole, int64_t before, int64_t after,
                        int64_t total);

/* What the debtors of one part of a draw (the principal's, or the bonus') settle of it: their
 * wholes together telescoped over `total`, then peeled. */
struct settling {
    const char *title;          /* "principal" */
    const struct share *shares; /* the result */
    const money_t *weights;     /* the wholes */
    uint32_t count;
    int64_t before;
    int64_t after;
    int64_t total;
    bool emptied; /* takes what is left, whatever the formula would say */
    participant_t creditor;
    bool back;
};
void say_settling(struct explaining *x, const struct settling *settling);

/* "DEBTOR owes CREDITOR ...", turned around where it goes back, or borne by oneself. `formula` may
 * be "". */
void say_owes(struct explaining *x, bool back, const struct share *debtor, participant_t creditor,
              const char *formula);

/* --- the steps --- */

/* making.c: lots made by a top-up, pack sale, grant, earning or refund without original. */
void explain_lot(struct explaining *x, const struct effect *effect);
void explain_unlinked(struct explaining *x, const struct effect *effect);
/* using.c: value drawn, discounts, fees. */
void explain_draw(struct explaining *x, const struct effect *effect);
void explain_discount(struct explaining *x, const struct effect *effect);
void explain_fee(struct explaining *x, const struct effect *effect);
void explain_short(struct explaining *x, const struct effect *effect);
void say_lot_origin(struct explaining *x, const struct effect *effect);
void say_discount_parts(struct explaining *x, const struct effect *effect);
/* undoing.c: refunds of sales, cash-outs, points taken back. */
void explain_plan(struct explaining *x);
void explain_draw_back(struct explaining *x, const struct effect *effect);
void explain_discount_back(struct explaining *x, const struct effect *effect);
void explain_fee_back(struct explaining *x, const struct effect *effect);
void explain_short_back(struct explaining *x, const struct effect *effect);
void explain_tender(struct explaining *x, const struct effect *effect);
void explain_take(struct explaining *x, const struct effect *effect);
void explain_end(struct explaining *x, const struct effect *effect);
/* voiding.c: an effect turned around by a void. */
void explain_undone(struct explaining *x, const struct effect *effect);
/* reporting.c: the figures of a day total. */
void explain_total(struct explaining *x);
/* disputing.c: a line that is out of what is paid, or in again. */
void explain_dispute(struct explaining *x, const struct effect *effect);
/* finding.c: why an event was not accepted. */
void explain_finding(struct explaining *x);

#endif
