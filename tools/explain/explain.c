#include "tools/explain/explain.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/explain/saying.h"
#include "tools/lines/lines.h"

#define NAME_SIZE 256

/* --- finding the steps --- */

static void explain_effect(struct explaining *x, const struct effect *effect)
{
    bool refund = x->cleared->event->type == EVENT_REFUND;

    if (effect->kind == EFFECT_DISPUTE) {
        explain_dispute(x, effect);
        return;
    }
    if (x->cleared->event->type == EVENT_VOID) {
        explain_undone(x, effect);
        return;
    }
    switch (effect->kind) {
    case EFFECT_LOT:
        explain_lot(x, effect);
        break;
    case EFFECT_UNLINKED:
        explain_unlinked(x, effect);
        break;
    case EFFECT_DRAW:
        (refund ? explain_draw_back : explain_draw)(x, effect);
        break;
    case EFFECT_DISCOUNT:
        (refund ? explain_discount_back : explain_discount)(x, effect);
        break;
    case EFFECT_FEE:
        (refund ? explain_fee_back : explain_fee)(x, effect);
        break;
    case EFFECT_TENDER:
        explain_tender(x, effect);
        break;
    case EFFECT_TAKE:
        explain_take(x, effect);
        break;
    case EFFECT_END:
        explain_end(x, effect);
        break;
    case EFFECT_SHORT:
        (refund ? explain_short_back : explain_short)(x, effect);
        break;
    case EFFECT_DISPUTE:
    case EFFECT_TOTAL: /* all figures are one step: explain_total */
        break;
    }
}

/* What an accepted event that moved nothing says. */
static void explain_nothing(struct explaining *x)
{
    step_begin(x, "nothing", NULL);
    if (x->cleared->event->type == EVENT_ENROL) {
        say(x, _("The member is at home at the store of its first contact; nobody owes anything."));
    } else if (x->cleared->event->type == EVENT_HOLD) {
        say(x, _("%s of the card %.*s is set aside for a capture; nobody owes anything."),
            x_yuan(x, money(x->cleared->event->amount_fen)), (int)x->cleared->event->product.len,
            x->cleared->event->product.text);
    } else if (x->cleared->event->type == EVENT_RELEASE) {
        say(x, _("What the hold set aside is free again; nobody owes anything."));
    } else {
        say(x, _("No stored value, points, pack or discount moved; nobody owes anything."));
    }
}

static void explain_steps(struct explaining *x)
{
    if (!outcome_accepted(x->cleared->outcome)) {
        explain_finding(x);
        return;
    }
    bool all = x->only.n == PARTICIPANT_NONE.n;
    if (all && x->cleared->event->type == EVENT_VOID && x->has_past) {
        step_begin(x, "plan", NULL);
        say(x, _("Void of %s %s: everything that it did is undone whole, and nothing is divided."),
            words_of_type(x->past_event.type), x_event(x, x->effects->original));
    }
    if (all && x->has_plan) {
        explain_plan(x);
    }
    if (all && x->cleared->event->type == EVENT_DAY_TOTAL) {
        explain_total(x);
        return;
    }
    for (uint32_t i = 0; i < x->effects->count; i++) {
        if (x_effect_shown(x, &x->effects->list[i])) {
            explain_effect(x, &x->effects->list[i]);
        }
    }
    if (all && x->step_count == 0) {
        explain_nothing(x);
    }
}

/* --- as text --- */

static void bold(const struct look *look, const char *text, FILE *out)
{
    fprintf(out, "%s%s%s\n", look->colour ? "\033[1m" : "", text, look->colour ? "\033[0m" : "");
}

static void cleared_name(const struct state *state, const struct cleared *cleared,
                         char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "%s:%.*s:%" PRIu64,
             registry_store_code(&state->registry, cleared->store)->text,
             (int)cleared->event->terminal.len, cleared->event->terminal.text,
             cleared->event->number);
}

/* The event as one line of the contract. The caller frees. */
static char *line_of(const struct explaining *x)
{
    int32_t zone = state_terms(x->state, x->state->open_day)->days.zone_min;
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);

    CHECK(stream != NULL);
    lines_print(x->cleared->event, zone, stream);
    CHECK(fclose(stream) == 0);
    return text;
}

static void write_line(const struct explaining *x, FILE *out)
{
    char *line = line_of(x);
    char *printable = text_printable(line);

    fprintf(out, "%s\n", printable);
    free(printable);
    free(line);
}

static void write_head(struct explaining *x, const struct look *look, FILE *out)
{
    const struct cleared *cleared = x->cleared;
    const struct event *event = cleared->event;
    int32_t zone = state_terms(x->state, x->state->open_day)->days.zone_min;
    char name[NAME_SIZE];
    char at[INSTANT_TEXT_SIZE];

    cleared_name(x->state, cleared, name);
    instant_format(event->at_ms, zone, at);
    bold(look,
         x_text(x, _("%s: %s, %s"), name, words_of_type(event->type),
                words_of_outcome(cleared->outcome)),
         out);
    if (x->only.n == PARTICIPANT_NONE.n) {
        fprintf(out, _("Store %s reported, at %s:\n"), x_store(x, cleared->store), at);
        write_line(x, out);
    }
    fprintf(out, _("Outcome: %s; occurred on %s, booked on %s\n"), outcome_name(cleared->outcome),
            x_day(x, cleared->occurred), x_day(x, cleared->booked));
    if (cleared->outcome == OUTCOME_WAITING) {
        fprintf(out, _("It waits because: %s (%s)\n"), outcome_name(cleared->waiting_for),
                words_of_outcome(cleared->waiting_for));
    } else if (cleared->released) {
        fputs(_("It had waited before.\n"), out);
    }
    fputc('\n', out);
}

static void write_steps(const struct explaining *x, const struct look *look, FILE *out)
{
    char first[32];

    for (uint32_t i = 0; i < x->step_count; i++) {
        const struct step *step = &x->steps[i];
        snprintf(first, sizeof first, "%u. ", i + 1);
        for (uint32_t l = 0; l < step->line_count; l++) {
            const char *indent = l == 0 ? first : step->lines[l].under ? "   - " : "   ";
            paragraph_write(indent, step->lines[l].text, look, out);
        }
    }
}

static void write_claims(const struct explaining *x, const struct look *look, FILE *out)
{
    const struct table_column columns[] = {
        {_("Debtor"), COLUMN_TEXT}, {_("Creditor"), COLUMN_TEXT}, {_("Kind"), COLUMN_TEXT},
        {"", COLUMN_TEXT},          {_("Amount"), COLUMN_RIGHT},
    };
    const struct claims *claims = x->cleared->claims;
    struct table table;

    if (claims->count == 0) {
        return;
    }
    fputc('\n', out);
    bold(look, _("So these claims are made, in yuan"), out);
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        if (!x_claim_shown(x, claim)) {
            continue;
        }
        table_text(&table, x_who(x, claim->debtor));
        table_text(&table, x_who(x, claim->creditor));
        table_text(&table, words_of_kind(claim->kind));
        table_text(&table, claim->reversal ? _("reversal") : "");
        table_money(&table, money_sum_of(claim->amount));
    }
    table_write(&table, look, out);
    table_deinit(&table);
}

static void write_memos(struct explaining *x, FILE *out)
{
    const struct claims *claims = x->cleared->claims;
    bool any = false;

    for (uint32_t i = 0; i < claims->memo_count && x->only.n == PARTICIPANT_NONE.n; i++) {
        const struct memo *memo = &claims->memos[i];
        if (!money_is_zero(memo->amount)) {
            fputs(any ? "" : "\n", out);
            any = true;
            fprintf(out, _("Store %s bears itself (the till's amount less these claims), %s: %s\n"),
                    x_store(x, memo->store), words_of_kind(memo->kind), x_yuan(x, memo->amount));
        }
    }
}

void explain_write_text(const struct state *state, const struct cleared *cleared,
                        participant_t only, const struct look *look, FILE *out)
{
    struct explaining x;

    explaining_init(&x, state, cleared, only);
    explain_steps(&x);
    write_head(&x, look, out);
    write_steps(&x, look, out);
    write_claims(&x, look, out);
    write_memos(&x, out);
    explaining_deinit(&x);
}

/* --- as JSON --- */

static json_t *json_of_steps(const struct explaining *x)
{
    json_t *steps = json_array();

    for (uint32_t i = 0; i < x->step_count; i++) {
        const struct step *step = &x->steps[i];
        json_t *object = json_object();
        json_t *lines = json_array();
        for (uint32_t l = 0; l < step->line_count; l++) {
            json_array_append_new(lines, json_string(step->lines[l].text));
        }
        json_object_set_new(object, "kind", json_string(step->kind));
        json_object_set_new(object, "lot", json_string(step->lot));
        json_object_set_new(object, "product", json_string(step->product));
        json_object_set_new(object, "terms", json_integer(step->terms_version));
        json_object_set_new(object, "text", lines);
        json_array_append_new(steps, object);
    }
    return steps;
}

static json_t *json_of_claims(const struct explaining *x, const struct claims *claims)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        if (!x_claim_shown(x, claim)) {
            continue;
        }
        json_t *object = json_object();
        json_object_set_new(object, "kind", json_string(claim_kind_name(claim->kind)));
        json_object_set_new(object, "debtor", json_string(x_who(x, claim->debtor)));
        json_object_set_new(object, "creditor", json_string(x_who(x, claim->creditor)));
        json_object_set_new(object, "reversal", json_boolean(claim->reversal));
        json_object_set_new(object, "amount_fen", json_integer(money_fen(claim->amount)));
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *json_of_memos(const struct explaining *x, const struct claims *claims)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < claims->memo_count && x->only.n == PARTICIPANT_NONE.n; i++) {
        const struct memo *memo = &claims->memos[i];
        if (!money_is_zero(memo->amount)) {
            json_t *object = json_object();
            json_object_set_new(object, "store", json_string(x_store(x, memo->store)));
            json_object_set_new(object, "kind", json_string(claim_kind_name(memo->kind)));
            json_object_set_new(object, "amount_fen", json_integer(money_fen(memo->amount)));
            json_array_append_new(rows, object);
        }
    }
    return rows;
}

/* The event as the contract writes it. */
static json_t *json_of_event(const struct explaining *x)
{
    char *text = line_of(x);
    json_t *event = json_loads(text, 0, NULL);

    free(text);
    CHECK(event != NULL);
    return event;
}

void explain_write_json(const struct state *state, const struct cleared *cleared,
                        participant_t only, FILE *out)
{
    struct explaining x;
    char name[NAME_SIZE];
    json_t *root = json_object();
    bool waiting = cleared->outcome == OUTCOME_WAITING;

    explaining_init(&x, state, cleared, only);
    explain_steps(&x);
    cleared_name(state, cleared, name);
    json_object_set_new(root, "event", json_string(name));
    json_object_set_new(root, "type", json_string(event_type_name(cleared->event->type)));
    json_object_set_new(root, "outcome", json_string(outcome_name(cleared->outcome)));
    json_object_set_new(root, "reason",
                        json_string(waiting ? outcome_name(cleared->waiting_for) : ""));
    json_object_set_new(root, "occurred", json_string(x_day(&x, cleared->occurred)));
    json_object_set_new(root, "booked", json_string(x_day(&x, cleared->booked)));
    if (only.n == PARTICIPANT_NONE.n) {
        json_object_set_new(root, "reported", json_of_event(&x));
    }
    json_object_set_new(root, "steps", json_of_steps(&x));
    json_object_set_new(root, "claims", json_of_claims(&x, cleared->claims));
    json_object_set_new(root, "memos", json_of_memos(&x, cleared->claims));
    json_dumpf(root, out, JSON_COMPACT);
    json_decref(root);
    explaining_deinit(&x);
}

/* --- what a day-end ends --- */

static const char *expired_words(struct explaining *x, const struct expired *expired)
{
    const struct lot_class *class = lots_class_at(&x->state->members.lots, expired->lot->class);
    const char *what = x_text(x, _("Lot %u of the event ended with %s, units left: %" PRId64),
                              (unsigned)(expired->lot->id & 0xffff), x_day(x, expired->day),
                              lot_left(expired->lot));

    if (expired->claims->count == 0) {
        return x_text(x, _("%s; nobody owes anything for it."), what);
    }
    return x_text(x,
                  _("%s; %s owes %s the rest of its redemption value: %" PRId64 " − floor(%" PRId64
                    " × %" PRId64 " / %" PRId64 ") = %s (breakage)"),
                  what, x_who(x, class->fund), x_who(x, class->beneficiary),
                  money_fen(expired->lot->principal), money_fen(expired->lot->principal),
                  expired->lot->drawn, expired->lot->units,
                  x_yuan(x, expired->claims->list[0].amount));
}

void explain_expired_text(const struct state *state, const struct expired *expired,
                          const struct look *look, FILE *out)
{
    struct explaining x = {.state = state};

    paragraph_write("", expired_words(&x, expired), look, out);
    explaining_deinit(&x);
}

void explain_expired_json(const struct state *state, const struct expired *expired, FILE *out)
{
    struct explaining x = {.state = state};
    json_t *root = json_object();

    json_object_set_new(root, "type", json_string("expiry"));
    json_object_set_new(root, "booked", json_string(x_day(&x, expired->day)));
    json_object_set_new(root, "text", json_string(expired_words(&x, expired)));
    json_object_set_new(root, "claims", json_of_claims(&x, expired->claims));
    json_dumpf(root, out, JSON_COMPACT);
    json_decref(root);
    explaining_deinit(&x);
}
