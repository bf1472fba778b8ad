/* Voids: the exact negation of an event of the same day at the same store (rules 28, 49). */
#include "clearing/apply/ruling.h"

static bool voidable(event_type_t type)
{
    switch (type) {
    case EVENT_TOPUP:
    case EVENT_SALE:
    case EVENT_CAPTURE:
    case EVENT_REFUND:
    case EVENT_PACK_SALE:
    case EVENT_POINTS_GRANT:
        return true;
    case EVENT_ENROL:
    case EVENT_VOID:
    case EVENT_CASHOUT:
    case EVENT_DAY_TOTAL:
    case EVENT_HOLD:
    case EVENT_RELEASE:
    case EVENT_DISPUTE:
        break;
    }
    return false;
}

/* The list that holds (or held) the lots of an effect of the original. `pack`: the id of the pack
 * that the effect is about. */
static uint32_t *list_of(const struct ruling *ruling, const struct effect *effect, slice_t pack)
{
    const struct lot_class *class =
        lots_class_at(&ruling->state->members.lots, effect->class);

    return ruling_list(ruling, class, pack);
}

/* The pack that an effect is about: of the pack sale voided, or of the line of the sale (or the
 * pack sale) behind the refund that is voided, which `past_event` then holds no longer. */
static slice_t pack_of(const struct ruling *ruling, const struct effect *effect)
{
    const struct event *event = &ruling->apply->past_event;

    if (event_is_sale(event->type)) {
        return event->pay[effect->line].pack;
    }
    return event->pack;
}

static const struct lot *lot_of(const struct ruling *ruling, const struct effect *effect,
                                lot_id_t id)
{
    const struct lots *lots = &ruling->state->members.lots;
    uint32_t place = lots_find(lots, *list_of(ruling, effect, pack_of(ruling, effect)), id);

    return place == 0 ? NULL : &lots->pool[place];
}

/* Is what this effect gave still there as it was given? */
static bool untouched(const struct ruling *ruling, const struct effect *effect)
{
    const struct lot *lot = NULL;

    switch (effect->kind) {
    case EFFECT_LOT:
    case EFFECT_UNLINKED:
        lot = lot_of(ruling, effect, effect->lot);
        return lot != NULL && lot->drawn == 0;
    case EFFECT_DRAW:
        if (effect->sign > 0 || effect->made == 0) {
            return true;
        }
        lot = lot_of(ruling, effect, effect->made);
        return lot != NULL && lot->drawn == 0;
    case EFFECT_TAKE:
        if (effect->lot_drawn + effect->units == effect->lot_units) {
            return true; /* nothing was left that could have been drawn since */
        }
        lot = lot_of(ruling, effect, effect->lot);
        return lot != NULL && lot->drawn == effect->lot_drawn + effect->units;
    case EFFECT_DISCOUNT:
    case EFFECT_FEE:
    case EFFECT_TENDER:
    case EFFECT_END:
    case EFFECT_TOTAL:
    case EFFECT_SHORT:
    case EFFECT_DISPUTE:
        return true;
    }
    return false;
}

/* Units of a product that undoing would take from the member: the lots that the original gave. */
static int64_t units_gone(const struct ruling *ruling, product_t product)
{
    const struct effects *past = &ruling->apply->past_effects;
    int64_t gone = 0;

    for (uint32_t i = 0; i < past->count; i++) {
        const struct effect *effect = &past->list[i];
        bool gave = effect->kind == EFFECT_LOT || effect->kind == EFFECT_UNLINKED ||
                    (effect->kind == EFFECT_DRAW && effect->sign < 0 && effect->made != 0);
        if (gave && effect->product.n == product.n) {
            gone += effect->units;
        }
    }
    return gone;
}

/* Is what is held there still once this effect's product is taken back? */
static bool leaves_held(const struct ruling *ruling, const struct effect *effect)
{
    bool value = effect->class != 0 && lots_class_at(&ruling->state->members.lots, effect->class)
                                               ->kind == PRODUCT_STORED_VALUE;

    return !value || ruling->state->members.holds.live == 0 || ruling->member == NULL ||
           hold_leaves(ruling, effect->product, units_gone(ruling, effect->product));
}

/* A void of a refund looks into the refund's effects; their lines are those of the sale behind it.
 * The refund's own facts are no longer needed then. */
static void look_behind_refund(struct ruling *ruling)
{
    struct apply *apply = ruling->apply;

    if (apply->past_event.type == EVENT_REFUND && apply->past_effects.original != 0) {
        ruling_load_event(ruling, apply->past_effects.original);
    }
}

static outcome_t used_check(struct ruling *ruling)
{
    const struct effects *past = &ruling->apply->past_effects;

    if (ruling->apply->past_event.type == EVENT_REFUND && past->original != 0) {
        const struct original *behind = state_original(ruling->state, past->original);
        REFUSE_IF(behind->last_refund != ruling->past_seq, VALUE_USED);
    }
    look_behind_refund(ruling);
    for (uint32_t i = 0; i < past->count; i++) {
        REFUSE_IF(!untouched(ruling, &past->list[i]), VALUE_USED);
        REFUSE_IF(!leaves_held(ruling, &past->list[i]), VALUE_USED);
    }
    return OUTCOME_NONE;
}

outcome_t void_check(struct ruling *ruling)
{
    const struct effects *past = &ruling->apply->past_effects;

    REFUSE_IF(!ruling->has_past, UNKNOWN_ORIGINAL);
    REFUSE_IF(!voidable(ruling->apply->past_event.type), NOT_REFUNDABLE);
    REFUSE_IF(ruling->past_store.n != ruling->here.store.n, NOT_ACCEPTED_HERE);
    REFUSE_IF(!ruling->by_hq &&
                  slice_equal(ruling->apply->past_event.terminal, slice_of(TERMINAL_OF_HQ)),
              NOT_ACCEPTED_HERE);
    REFUSE_IF(ruling->touched.voided, VOIDED);
    REFUSE_IF(!ruling->by_hq &&
                  (ruling->occurred != past->occurred || past->booked < ruling->came),
              TOO_LATE);
    REFUSE_IF(ruling->touched.refunds > 0, REFUNDED);
    return used_check(ruling);
}

static void remove_lot(struct ruling *ruling, const struct effect *effect, lot_id_t id)
{
    struct lots *lots = &ruling->state->members.lots;
    uint32_t *head = list_of(ruling, effect, pack_of(ruling, effect));

    lots_remove(lots, head, lots_find(lots, *head, id));
}

/* Put a lot back as an effect says that it was just before. */
static void restore_lot(struct ruling *ruling, const struct effect *effect)
{
    const struct effects *past = &ruling->apply->past_effects;
    struct lot lot = {
        .id = effect->lot,
        .units = effect->lot_units,
        .drawn = effect->lot_drawn,
        .principal = effect->lot_principal,
        .class = effect->class,
        .valid_to = effect->valid_to,
    };
    struct lot_own own = {.topup = effect->topup, .topup_principal = effect->topup_principal};

    for (uint32_t i = 0; i < effect->share_count; i++) {
        own.owed[i] = effect_shares(past, effect)[i].amount;
    }
    ruling_make_lot(
        ruling, &lot, effect->own ? &own : NULL, pack_of(ruling, effect));
}

static void put_points_back(struct ruling *ruling, const struct effect *effect)
{
    struct lots *lots = &ruling->state->members.lots;
    uint32_t place = lots_find(lots, ruling->member->lots, effect->lot);

    *map_find(&ruling->state->originals.taken, effect->lot) -= (uint64_t)effect->units;
    if (place == 0) {
        restore_lot(ruling, effect);
    } else {
        lots->pool[place].drawn -= effect->units;
    }
}

static void put_end_back(struct ruling *ruling, const struct effect *effect)
{
    struct originals *originals = &ruling->state->originals;
    uint64_t *cashed = map_find(&originals->cashed, effect->topup);
    uint64_t *returned = map_find(&originals->returned, effect->topup);

    restore_lot(ruling, effect);
    if (cashed != NULL && returned != NULL) {
        *cashed -= (uint64_t)money_fen(effect->principal);
        *returned -= (uint64_t)money_fen(effect->money);
    }
}

/* A draw of a voided sale comes back as in a refund of the whole (rule 49). */
static void draw_all_back(struct ruling *ruling, struct effect *ret_effect)
{
    const struct effects *past = &ruling->apply->past_effects;
    struct lot lot = {
        .id = ruling_next_lot(ruling),
        .units = ret_effect->units,
        .principal = ret_effect->principal,
        .class = ret_effect->class,
        .valid_to = ret_effect->valid_to,
    };
    struct lot_own own = {.topup = ret_effect->topup,
                          .topup_principal = ret_effect->topup_principal};

    for (uint32_t i = 0; i < ret_effect->share_count; i++) {
        own.owed[i] = effect_shares(past, ret_effect)[i].amount;
    }
    ruling_make_lot(ruling, &lot, &own, pack_of(ruling, ret_effect));
    ret_effect->made = lot.id;
    ret_effect->own = true;
}

/* Undo one effect in the state. `ret_effect` is its copy, to be turned around. */
static void undo(struct ruling *ruling, struct effect *ret_effect)
{
    switch (ret_effect->kind) {
    case EFFECT_LOT:
    case EFFECT_UNLINKED:
        remove_lot(ruling, ret_effect, ret_effect->lot);
        break;
    case EFFECT_DRAW:
        if (ret_effect->sign > 0) {
            draw_all_back(ruling, ret_effect);
        } else if (ret_effect->made != 0) {
            remove_lot(ruling, ret_effect, ret_effect->made);
        }
        break;
    case EFFECT_TAKE:
        put_points_back(ruling, ret_effect);
        break;
    case EFFECT_END:
        put_end_back(ruling, ret_effect);
        break;
    case EFFECT_DISCOUNT:
    case EFFECT_FEE:
    case EFFECT_TENDER:
    case EFFECT_TOTAL:
    case EFFECT_SHORT:
    case EFFECT_DISPUTE:
        break;
    }
}

/* Books of the originals: the event is voided; a voided refund stands no more. */
static void mark_voided(struct ruling *ruling, bool refund, money_t amount)
{
    const struct effects *past = &ruling->apply->past_effects;

    state_put_original(ruling->state, ruling->past_seq)->voided = true;
    if (refund && past->original != 0) {
        struct original *behind = state_original(ruling->state, past->original);
        behind->refunds--;
        behind->refunded = money_sub(behind->refunded, amount);
        behind->last_refund = past->previous_refund;
    }
}

void void_do(struct ruling *ruling)
{
    struct apply *apply = ruling->apply;
    const struct effects *past = &apply->past_effects;
    bool pack_sale = apply->past_event.type == EVENT_PACK_SALE;

    /* the check has looked behind a refund already: then past_event is the sale or top-up behind
     * it */
    mark_voided(ruling, ruling->past_is_refund, ruling->past_amount);
    ruling->effects->here = past->here;
    ruling->effects->origin = past->origin;
    for (uint32_t i = 0; i < past->count; i++) {
        struct effect effect = past->list[i];
        if (effect.kind == EFFECT_DISPUTE) {
            continue; /* what the void does to disputed lines is seen from its own claims */
        }
        undo(ruling, &effect);
        effect.sign = (int8_t)-effect.sign;
        effect.reversal = true;
        effects_add(ruling->effects,
                    &effect,
                    effect_shares(past, &past->list[i]),
                    past->list[i].share_count);
    }
    if (pack_sale && !ruling->past_is_refund) {
        members_find_pack(&ruling->state->members, apply->past_event.pack)->member = 0;
    }
}
