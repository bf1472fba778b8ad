/* Terms codec: terms and registry rows to and from their bytes (proto/allclear/v1/terms.proto), by
 * protobuf-c both ways. Reading is as strict as decode.h: what is read must be what protobuf-c
 * would write again. Rare, not on the events' path; allocates. In the target proto_encode. */
#ifndef PROTO_CODEC_TERMS_CODEC_H
#define PROTO_CODEC_TERMS_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/terms/registry.h"
#include "clearing/terms/terms.h"
#include "proto/codec/decode.h"

/* Write terms as the file gave them: what terms_resolve adds is left out.
 * Returns: the length; 0 when they do not fit into `cap` or have a day outside of 1970..9999. */
size_t terms_codec_encode(const struct terms *terms, uint8_t *out, size_t cap) MUST_USE;

/* Read terms. Besides the form it is checked that every participant and store they name is in the
 * registry (which must have a headquarters) and every product in the terms, so that terms_resolve
 * can tie them.
 * Returns: false with *ret_fault (its detail says what) and *ret_terms untouched.
 * Out: terms, not resolved, to be freed with terms_deinit. */
bool terms_codec_decode(slice_t bytes, const struct registry *registry, struct terms *ret_terms,
                        struct decode_fault *ret_fault) MUST_USE;

/* How far a registry has been written. Zeroed: from the beginning. */
struct registry_place {
    uint32_t party;
    uint32_t participant;
    uint32_t store;
};

/* Write the rows from *place on, as many as fit, and move *place behind them.
 * Returns: the length; 0 when no row is left, or the next one does not fit into `cap`. */
size_t terms_codec_encode_registry(const struct registry *registry, struct registry_place *place,
                                   uint8_t *out, size_t cap) MUST_USE;

static inline bool registry_place_at_end(const struct registry *registry,
                                         const struct registry_place *place)
{
    return place->party == registry->parties.count &&
           place->participant == registry->participant_codes.count &&
           place->store == registry->store_codes.count;
}

/* Add or change the rows in `bytes`, all or none.
 * Returns: false with *ret_fault (its detail says what) and the registry untouched. */
bool terms_codec_decode_registry(slice_t bytes, struct registry *registry,
                                 struct decode_fault *ret_fault) MUST_USE;

#endif
