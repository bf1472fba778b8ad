#include "clearing/terms/registry.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

static const char *const role_names[] = {
    NULL,       "hq",   "branch",  "owned",   "franchise", "merchant", "operator",
    "county",   "fund", "reserve", "channel", "custodian", "bank",
};
#define ROLE_COUNT (sizeof role_names / sizeof role_names[0])

const char *role_name(role_t role)
{
    return (size_t)role < ROLE_COUNT ? role_names[role] : NULL;
}

role_t role_of_name(slice_t name)
{
    for (size_t i = 1; i < ROLE_COUNT; i++) {
        if (slice_equal(name, slice_of(role_names[i]))) {
            return (role_t)i;
        }
    }
    return (role_t)0;
}

participant_t registry_put_participant(struct registry *registry, slice_t code,
                                       const struct participant *participant)
{
    uint32_t number = code_index_add(&registry->participant_codes, code);

    while (number >= registry->participant_capacity) {
        registry->participant_capacity = registry->participant_capacity * 2 + 8;
        registry->participants = memory_resize(registry->participants,
                                               registry->participant_capacity,
                                               sizeof *registry->participants);
    }
    registry->participants[number] = *participant;
    return (participant_t){number};
}

store_t registry_put_store(struct registry *registry, slice_t code, const struct store *store)
{
    uint32_t number = code_index_add(&registry->store_codes, code);

    while (number >= registry->store_capacity) {
        registry->store_capacity = registry->store_capacity * 2 + 8;
        registry->stores =
            memory_resize(registry->stores, registry->store_capacity, sizeof *registry->stores);
    }
    registry->stores[number] = *store;
    return (store_t){number};
}

participant_t registry_find_participant(const struct registry *registry, slice_t code)
{
    return (participant_t){code_index_find(&registry->participant_codes, code)};
}

store_t registry_find_store(const struct registry *registry, slice_t code)
{
    return (store_t){code_index_find(&registry->store_codes, code)};
}

product_t registry_find_product(const struct registry *registry, slice_t code)
{
    return (product_t){code_index_find(&registry->product_codes, code)};
}

participant_t registry_hq(const struct registry *registry)
{
    for (uint32_t i = 0; i < registry->participant_codes.count; i++) {
        if (registry->participants[i].role == ROLE_HQ) {
            return (participant_t){i};
        }
    }
    return PARTICIPANT_NONE;
}

void registry_deinit(struct registry *registry)
{
    code_index_deinit(&registry->parties);
    code_index_deinit(&registry->participant_codes);
    code_index_deinit(&registry->store_codes);
    code_index_deinit(&registry->product_codes);
    free(registry->participants);
    free(registry->stores);
    *registry = (struct registry){0};
}
