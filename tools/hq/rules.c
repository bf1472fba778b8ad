#include "tools/hq/rules.h"

#include <stdlib.h>

#include "clearing/base/memory.h"
#include "proto/codec/terms_codec.h"

#define RULES_BYTES (HQ_BODY_LEN_MAX - 512) /* the rest of the body takes less */

static bool put_registry(struct submit *submit, const struct registry *registry, uint8_t *bytes,
                         struct fault *ret_fault)
{
    struct registry_place place = {0};
    bool good = true;

    while (good && !registry_place_at_end(registry, &place)) {
        size_t len = terms_codec_encode_registry(registry, &place, bytes, RULES_BYTES);
        CHECK(len > 0); /* a row is far smaller than a record */
        struct hq_body body = {
            .type = HQ_APPLY,
            .apply = {.registry = {(const char *)bytes, (uint32_t)len}},
        };
        good = submit_put(submit, &body, ret_fault);
    }
    return good;
}

static bool put_terms(struct submit *submit, const struct terms *terms, uint8_t *bytes,
                      struct fault *ret_fault)
{
    size_t len = terms_codec_encode(terms, bytes, RULES_BYTES);

    if (len == 0) {
        return fault_set(ret_fault,
                         FAULT_LIMIT,
                         "the terms take over %d bytes: drop offers that ended long ago",
                         RULES_BYTES);
    }
    struct hq_body body = {
        .type = HQ_APPLY,
        .apply = {.terms = {(const char *)bytes, (uint32_t)len}},
    };
    return submit_put(submit, &body, ret_fault);
}

bool rules_put(struct submit *submit, const struct registry *registry, const struct terms *terms,
               struct fault *ret_fault)
{
    uint8_t *bytes = memory_resize(NULL, RULES_BYTES, 1);
    bool good = (registry == NULL || put_registry(submit, registry, bytes, ret_fault)) &&
                (terms == NULL || put_terms(submit, terms, bytes, ret_fault));

    free(bytes);
    return good;
}

bool rules_time(const char *text, const struct day_rule *days, int64_t *ret_ms,
                struct fault *ret_fault)
{
    int64_t at_ms = 0;
    day_t day = 0;

    if (day_parse(slice_of(text), &day)) {
        at_ms = business_day_start_ms(days, day);
    } else if (!instant_parse(slice_of(text), &at_ms)) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "%.60s: write a day (2026-03-01) or a time (2026-03-01T09:00:00+08:00)",
                         text);
    }
    if (at_ms <= 0) {
        return fault_set(ret_fault, FAULT_FORMAT, "%.60s: it is before 1970", text);
    }
    *ret_ms = at_ms;
    return true;
}
