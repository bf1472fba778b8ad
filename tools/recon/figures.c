#include "tools/recon/figures.h"

#include <string.h>

static const char *const names[] = {
#define FIGURE_NAME(key, name) [FIGURE_##key] = (name),
    FIGURES(FIGURE_NAME)
#undef FIGURE_NAME
};
_Static_assert(sizeof names / sizeof names[0] == FIGURE_COUNT, "each figure is counted");

const char *figure_name(figure_t figure)
{
    return names[figure];
}

bool figure_parse(slice_t name, figure_t *ret_figure)
{
    for (uint32_t i = 0; i < FIGURE_COUNT; i++) {
        if (slice_equal(slice_of(names[i]), name)) {
            *ret_figure = (figure_t)i;
            return true;
        }
    }
    return false;
}

bool figure_is_money(figure_t figure)
{
    return figure < FIGURE_PACK_USES;
}

/* What a sale took from stored value, as its lots were drawn. */
static void add_draws(const struct cleared *cleared, int64_t *amounts)
{
    for (uint32_t i = 0; i < cleared->effects->count; i++) {
        const struct effect *effect = &cleared->effects->list[i];
        if (effect->kind == EFFECT_DRAW && effect->sign > 0 &&
            cleared->event->pay[effect->line].with == MEANS_STORED_VALUE) {
            amounts[FIGURE_SPEND_PRINCIPAL] += money_fen(effect->principal);
            amounts[FIGURE_SPEND_BONUS] += money_fen(effect->bonus);
        }
    }
}

static void add_sale(const struct cleared *cleared, int64_t *amounts)
{
    const struct event *event = cleared->event;

    for (uint32_t i = 0; i < event->pay_count; i++) {
        amounts[FIGURE_PACK_USES] += event->pay[i].with == MEANS_PACK ? event->pay[i].units : 0;
        amounts[FIGURE_POINTS_REDEEMED] +=
            event->pay[i].with == MEANS_POINTS ? event->pay[i].units : 0;
    }
    add_draws(cleared, amounts);
}

void figures_of(const struct cleared *cleared, int64_t ret_amounts[FIGURE_COUNT])
{
    const struct event *event = cleared->event;

    memset(ret_amounts, 0, FIGURE_COUNT * sizeof ret_amounts[0]);
    for (uint32_t i = 0; i < event->earn_count; i++) {
        ret_amounts[FIGURE_POINTS_ISSUED] += event->earn[i].points;
    }
    switch (event->type) {
    case EVENT_TOPUP:
        ret_amounts[FIGURE_TOPUP] = event->amount_fen;
        ret_amounts[FIGURE_BONUS] = event->bonus_fen;
        break;
    case EVENT_SALE:
    case EVENT_CAPTURE:
        add_sale(cleared, ret_amounts);
        break;
    case EVENT_REFUND:
        ret_amounts[FIGURE_REFUND] = event->amount_fen;
        break;
    case EVENT_CASHOUT:
        ret_amounts[FIGURE_CASHOUT] = event->amount_fen;
        break;
    case EVENT_PACK_SALE:
        ret_amounts[FIGURE_PACK_SALE] = event->amount_fen;
        break;
    case EVENT_POINTS_GRANT:
        ret_amounts[FIGURE_POINTS_ISSUED] = event->units;
        break;
    case EVENT_ENROL:
    case EVENT_VOID:
    case EVENT_DAY_TOTAL:
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        break;
    }
}
