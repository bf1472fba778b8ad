#include "clearing/facts/total_key.h"

static const char *const names[] = {
#define TOTAL_KEY_NAME(key, name) [TOTAL_##key] = (name),
    TOTAL_KEYS(TOTAL_KEY_NAME)
#undef TOTAL_KEY_NAME
};
_Static_assert(sizeof names / sizeof names[0] == TOTAL_KEY_COUNT, "each key is counted");

const char *total_key_name(total_key_t key)
{
    return names[key];
}

bool total_key_parse(slice_t name, total_key_t *ret_key)
{
    for (uint32_t key = 0; key < TOTAL_KEY_COUNT; key++) {
        if (slice_equal(slice_of(names[key]), name)) {
            *ret_key = (total_key_t)key;
            return true;
        }
    }
    return false;
}
