#include "clearing/book/roles.h"

static const struct role_rule rules[] = {
    {HQ_INIT, 0, 0},
    {HQ_OPERATOR, 0, 0},
    {HQ_APPLY, ROLE_BIT_MAKER, 0},
    {HQ_CYCLE_CLOSE, ROLE_BIT_MAKER, 0},
    {HQ_KEY_APPROVE, ROLE_BIT_OPERATOR, 0},
    {HQ_KEY_REVOKE, ROLE_BIT_OPERATOR, 0},
    {HQ_FREEZE, ROLE_BIT_OPERATOR, 0},
    {HQ_UNFREEZE, ROLE_BIT_OPERATOR, 0},
    {HQ_CLOCK_SET, ROLE_BIT_OPERATOR, 0},
    {HQ_ADJUST, ROLE_BIT_MAKER, ROLE_BIT_CHECKER},
    {HQ_REVERSE, ROLE_BIT_MAKER, ROLE_BIT_CHECKER},
    {HQ_SUSPENSE, ROLE_BIT_MAKER, ROLE_BIT_CHECKER},
    {HQ_DISPUTE, ROLE_BIT_MAKER, ROLE_BIT_CHECKER},
    {HQ_MEMBER, ROLE_BIT_MAKER, ROLE_BIT_CHECKER},
    {HQ_OPENING_PART, ROLE_BIT_MAKER, 0},
    {HQ_OPENING, ROLE_BIT_MAKER, ROLE_BIT_CHECKER},
    {HQ_DETAILS, ROLE_BIT_OPERATOR, 0},
};

static const struct {
    uint32_t role;
    const char *name;
} names[ROLE_BIT_COUNT] = {
    {ROLE_BIT_MAKER, "maker"},
    {ROLE_BIT_CHECKER, "checker"},
    {ROLE_BIT_AUDITOR, "auditor"},
    {ROLE_BIT_OPERATOR, "operator"},
};

const struct role_rule *roles_table(size_t *ret_count)
{
    *ret_count = sizeof rules / sizeof rules[0];
    return rules;
}

const struct role_rule *roles_of_type(hq_type_t type)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].type == type) {
            return &rules[i];
        }
    }
    return NULL;
}

const char *role_bit_name(uint32_t role)
{
    for (size_t i = 0; i < ROLE_BIT_COUNT; i++) {
        if (names[i].role == role) {
            return names[i].name;
        }
    }
    return NULL;
}

uint32_t role_bit_of(slice_t name)
{
    for (size_t i = 0; i < ROLE_BIT_COUNT; i++) {
        if (slice_equal(slice_of(names[i].name), name)) {
            return names[i].role;
        }
    }
    return 0;
}
