#include "clearing/effects/effects.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

void effects_reset(struct effects *effects)
{
    struct effects kept = *effects;

    *effects = (struct effects){
        .list = kept.list,
        .capacity = kept.capacity,
        .shares = kept.shares,
        .share_capacity = kept.share_capacity,
    };
}

struct effect *effects_add(struct effects *effects, const struct effect *effect,
                           const struct share *shares, uint32_t share_count)
{
    MEMORY_GROW(effects->list, effects->count, effects->capacity);
    struct effect *added = &effects->list[effects->count++];
    *added = *effect;
    added->share_count = share_count;
    added->shares_at = effects->share_count;
    for (uint32_t i = 0; i < share_count; i++) {
        MEMORY_GROW(effects->shares, effects->share_count, effects->share_capacity);
        effects->shares[effects->share_count++] = shares[i];
    }
    return added;
}

void effects_deinit(struct effects *effects)
{
    free(effects->list);
    free(effects->shares);
    *effects = (struct effects){0};
}

bool effects_total_matches(const struct effects *effects)
{
    for (uint32_t i = 0; i < effects->count; i++) {
        const struct effect *effect = &effects->list[i];
        if (effect->kind == EFFECT_TOTAL && effect->units != effect->lot_units) {
            return false;
        }
    }
    return true;
}
