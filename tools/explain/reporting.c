/* A till's report of its day beside what the ledger had of it when the report came. */
#include <inttypes.h>

#include "tools/explain/saying.h"

static void say_figure(struct explaining *x, const struct effect *effect)
{
    money_t till = money(effect->units);
    money_t ledger = money(effect->lot_units);
    money_sum_t difference = money_sum_less(money_sum_of(till), money_sum_of(ledger));
    char text[MONEY_TEXT_SIZE];

    if (effect->line == TOTAL_KEY_COUNT) {
        say_under(x, _("events: till %" PRId64 ", ledger %" PRId64 ", difference %" PRId64),
                  effect->units, effect->lot_units, effect->units - effect->lot_units);
        return;
    }
    (void)money_sum_format_yuan(difference, text);
    say_under(x, _("%s: till %s, ledger %s, difference %s"),
              words_of_total((total_key_t)effect->line), x_yuan(x, till), x_yuan(x, ledger), text);
}

void explain_total(struct explaining *x)
{
    const struct event *event = x->cleared->event;

    step_begin(x, "day_total", NULL);
    if (effects_total_matches(x->effects)) {
        say(x, _("MATCHED: on %.*s the till and the ledger agree, as far as events had come."),
            (int)event->date.len, event->date.text);
    } else {
        say(x, _("DIFFERS: on %.*s the till and the ledger do not agree, as far as events had "
                 "come."),
            (int)event->date.len, event->date.text);
    }
    for (uint32_t i = 0; i < x->effects->count; i++) {
        if (x->effects->list[i].kind == EFFECT_TOTAL) {
            say_figure(x, &x->effects->list[i]);
        }
    }
    say(x, _("What came later changes the verdict; `board` shows it as of now."));
}
