/* The registry: who takes part. Parties, participants, stores and product codes get small numbers
 * in the order in which they first appear and keep them for ever; entries are never removed (a
 * store ends with its last day). Written when rules are applied, read by everything after. */
#ifndef CLEARING_TERMS_REGISTRY_H
#define CLEARING_TERMS_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/base/limits.h"
#include "clearing/facts/calendar.h"

/* Distinct types, so that a swapped argument does not compile. */
typedef struct {
    uint32_t n;
} participant_t;
typedef struct {
    uint32_t n;
} store_t;
typedef struct {
    uint32_t n;
} product_t;

#define PARTICIPANT_NONE ((participant_t){UINT32_MAX})
#define STORE_NONE       ((store_t){UINT32_MAX})
#define PRODUCT_NONE     ((product_t){UINT32_MAX})

typedef enum {
    ROLE_HQ = 1,
    ROLE_BRANCH = 2,
    ROLE_OWNED = 3,
    ROLE_FRANCHISE = 4,
    ROLE_MERCHANT = 5,
    ROLE_OPERATOR = 6,
    ROLE_COUNTY = 7,
    ROLE_FUND = 8,
    ROLE_RESERVE = 9,
    ROLE_CHANNEL = 10,
    ROLE_CUSTODIAN = 11,
    ROLE_BANK = 12,
} role_t;

/* "hq", "branch", ... NULL for a number that is no role. */
const char *role_name(role_t role);
/* 0: no such role. */
role_t role_of_name(slice_t name);

struct participant {
    uint32_t party; /* number in `parties` */
    role_t role;
    char name[NAME_LEN_MAX + 1]; /* UTF-8 */
};

struct store {
    participant_t participant;
    day_t opened; /* DAY_MIN: without limit */
    day_t closed; /* last day; DAY_MAX: without limit */
    char name[NAME_LEN_MAX + 1];
};

struct registry {
    struct code_index parties;
    struct code_index participant_codes;
    struct code_index store_codes;
    struct code_index product_codes; /* products, in the order of their first appearance */
    struct participant *participants; /* by number */
    struct store *stores;             /* by number */
    uint32_t participant_capacity;
    uint32_t store_capacity;
};

/* Add or change an entry. Zeroed memory is an empty registry. */
participant_t registry_put_participant(struct registry *registry, slice_t code,
                                       const struct participant *participant);
store_t registry_put_store(struct registry *registry, slice_t code, const struct store *store);

/* PARTICIPANT_NONE, STORE_NONE, PRODUCT_NONE when there is none of that code. */
participant_t registry_find_participant(const struct registry *registry, slice_t code);
store_t registry_find_store(const struct registry *registry, slice_t code);
product_t registry_find_product(const struct registry *registry, slice_t code);

/* The one participant with role hq; PARTICIPANT_NONE when there is none yet. */
participant_t registry_hq(const struct registry *registry);

static inline const code_t *registry_participant_code(const struct registry *registry,
                                                      participant_t participant)
{
    return &registry->participant_codes.codes[participant.n];
}

static inline const code_t *registry_store_code(const struct registry *registry, store_t store)
{
    return &registry->store_codes.codes[store.n];
}

static inline const code_t *registry_product_code(const struct registry *registry,
                                                  product_t product)
{
    return &registry->product_codes.codes[product.n];
}

static inline participant_t registry_owner(const struct registry *registry, store_t store)
{
    return registry->stores[store.n].participant;
}

void registry_deinit(struct registry *registry);

#endif
