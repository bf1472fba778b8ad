/* Bucket: a rate with a burst, a token bucket. Zeroed memory is a full bucket. Time is given in
 * milliseconds of a clock that does not run backwards. One thread. */
#ifndef CLEARING_BASE_BUCKET_H
#define CLEARING_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"

struct bucket {
    uint64_t spent; /* thousandths */
    int64_t at_ms;
};

struct bucket_rate {
    uint32_t per_second; /* not 0 */
    uint32_t burst;
};

/* Take `amount`. What is more than the burst can never be had.
 * Returns: false when the bucket does not hold it; nothing is taken then. */
bool bucket_take(struct bucket *bucket, struct bucket_rate rate, uint32_t amount,
                 int64_t now_ms) MUST_USE;

/* Returns: the milliseconds until `amount` can be had, as far as is known now; 0 when at once. */
uint32_t bucket_wait_ms(const struct bucket *bucket, struct bucket_rate rate, uint32_t amount);

#endif
