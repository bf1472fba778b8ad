/* What members come over with: the lots of an opening and its control totals, decoded
 * (proto/allclear/v1/opening.proto says the same). Texts belong to whoever decoded them. */
#ifndef CLEARING_FACTS_OPENING_H
#define CLEARING_FACTS_OPENING_H

#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/base/limits.h"
#include "clearing/facts/calendar.h"

struct opening_funder {
    slice_t who;   /* a participant's code, $store, $issuer or $home */
    int64_t share; /* millionths */
};

struct opening_lot {
    uint64_t member;
    slice_t store;
    slice_t product;
    int64_t principal_fen;
    int64_t bonus_fen;
    int64_t units; /* points or uses */
    slice_t pack;
    uint32_t funder_count;
    struct opening_funder funders[FUNDERS_MAX];
    day_t valid_to; /* DAY_MAX: for ever */
};

struct opening_total {
    slice_t issuer;
    slice_t product;
    uint64_t lots;
    int64_t principal_fen;
    int64_t bonus_fen;
    int64_t points;
    int64_t uses;
};

#endif
