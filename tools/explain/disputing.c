/* A line that is disputed, and what becomes of that when the line itself is undone. */
#include "tools/explain/saying.h"
#include "tools/render/words.h"

void explain_dispute(struct explaining *x, const struct effect *effect)
{
    const struct share *parties = effect_shares(x->effects, effect);
    bool out = effect->sign > 0;
    bool disputes = x->cleared->event->type == EVENT_DISPUTE;
    const char *kind = words_of_kind((claim_kind_t)effect->line);
    const struct share first = {parties[out ? 1 : 0].who, effect->money};

    step_begin(x, "dispute", effect);
    if (disputes) {
        say(x, _("Disputed line: %s of %s, which %s owes %s. It is out of what is paid until "
                 "headquarters has answered."),
            kind, x_event(x, x->effects->original), x_who(x, parties[0].who),
            x_who(x, parties[1].who));
    } else if (out) {
        say(x, _("The disputed line (%s) counts again by so much, and is out of what is paid by as "
                 "much."),
            kind);
    } else {
        say(x, _("The disputed line (%s) is undone by so much, which was out of what is paid "
                 "already."),
            kind);
    }
    say_owes(x, false, &first, parties[out ? 0 : 1].who, "");
}
