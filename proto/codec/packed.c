#include "proto/codec/packed.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "clearing/base/memory.h"

/* Fastest: whoever waits for the writer's thread waits for this. */
#define LEVEL 1

char *packed_deflate(slice_t bytes, uint32_t max, uint32_t *ret_len)
{
    uLongf len = max;
    char *out = bytes.len > FRAME_INFLATED_MAX ? NULL : memory_zeroed(max, 1);

    if (out == NULL || compress2((Bytef *)out, &len, (const Bytef *)bytes.text, bytes.len,
                                 LEVEL) != Z_OK) {
        free(out);
        return NULL;
    }
    *ret_len = (uint32_t)len;
    return out;
}

char *packed_body(const struct frame_answer *answer, uint32_t *ret_len)
{
    bool plain = answer->inflated == 0;
    uLongf len = plain ? answer->body.len : answer->inflated;
    char *body = memory_zeroed(len + 1, 1);

    if (plain && len > 0) {
        memcpy(body, answer->body.text, len);
    } else if (!plain && (uncompress((Bytef *)body, &len, (const Bytef *)answer->body.text,
                                     answer->body.len) != Z_OK ||
                          len != answer->inflated)) {
        free(body);
        return NULL;
    }
    *ret_len = (uint32_t)len;
    return body;
}
