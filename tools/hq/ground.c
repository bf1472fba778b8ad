#include "tools/hq/ground.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/terms_codec.h"
#include "tools/hq/inquire.h"
#include "clearing/base/hex.h"

/* Returns: NULL when the value is no hex; the caller frees. */
static uint8_t *bytes_of(const json_t *value, size_t *ret_len)
{
    size_t len = json_string_length(value) / 2;
    uint8_t *bytes;

    if (!json_is_string(value)) {
        return NULL;
    }
    bytes = memory_zeroed(len + 1, 1);
    if (!hex_read(json_string_value(value), bytes, len)) {
        free(bytes);
        return NULL;
    }
    *ret_len = len;
    return bytes;
}

static bool take_rows(const json_t *value, struct ground *ground)
{
    struct decode_fault fault;
    size_t len = 0;
    uint8_t *bytes = bytes_of(value, &len);
    bool good = bytes != NULL &&
                terms_codec_decode_registry(
                    (slice_t){(const char *)bytes, (uint32_t)len}, &ground->registry, &fault);

    free(bytes);
    return good;
}

static bool take_terms(const json_t *value, struct ground *ground)
{
    struct decode_fault fault;
    size_t len = 0;

    if (value == NULL || json_is_null(value)) {
        return true;
    }
    uint8_t *bytes = bytes_of(value, &len);
    ground->has_terms = bytes != NULL && terms_codec_decode((slice_t){(const char *)bytes,
                                                                      (uint32_t)len},
                                                            &ground->registry,
                                                            &ground->terms,
                                                            &fault);
    free(bytes);
    return ground->has_terms;
}

bool ground_read(const char *dir, struct ground *ret_ground, struct fault *ret_fault)
{
    struct ground ground = {0};
    json_t *answer = inquire(dir, "terms", ret_fault);
    const json_t *row = NULL;
    bool good = true;
    size_t i = 0;

    if (answer == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(answer, "registry"), i, row)
    {
        good = good && take_rows(row, &ground);
    }
    good = good && take_terms(json_object_get(answer, "terms"), &ground);
    json_decref(answer);
    if (!good) {
        ground_deinit(&ground);
        return fault_set(
            ret_fault, FAULT_FORMAT, "the ledger's rules cannot be read: are the versions equal?");
    }
    *ret_ground = ground;
    return true;
}

void ground_deinit(struct ground *ground)
{
    registry_deinit(&ground->registry);
    terms_deinit(&ground->terms);
    *ground = (struct ground){0};
}
