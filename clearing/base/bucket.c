#include "clearing/base/bucket.h"

/* No burst takes longer to come back; it also keeps the product below in 64 bits. */
#define ELAPSED_MAX_MS 4000000

static void bucket_flow(struct bucket *bucket, struct bucket_rate rate, int64_t now_ms)
{
    int64_t elapsed = now_ms - bucket->at_ms;

    if (elapsed <= 0) {
        return;
    }
    /* a token a second is a thousandth a millisecond */
    uint64_t back =
        (uint64_t)(elapsed < ELAPSED_MAX_MS ? elapsed : ELAPSED_MAX_MS) * rate.per_second;
    bucket->spent = bucket->spent > back ? bucket->spent - back : 0;
    bucket->at_ms = now_ms;
}

bool bucket_take(struct bucket *bucket, struct bucket_rate rate, uint32_t amount, int64_t now_ms)
{
    uint64_t wanted = (uint64_t)amount * 1000;

    bucket_flow(bucket, rate, now_ms);
    if (bucket->spent + wanted > (uint64_t)rate.burst * 1000) {
        return false;
    }
    bucket->spent += wanted;
    return true;
}

uint32_t bucket_wait_ms(const struct bucket *bucket, struct bucket_rate rate, uint32_t amount)
{
    uint64_t full = (uint64_t)rate.burst * 1000;
    uint64_t after = bucket->spent + (uint64_t)amount * 1000;

    if (after <= full) {
        return 0;
    }
    uint64_t wait = (after - full + rate.per_second - 1) / rate.per_second;
    return wait < UINT32_MAX ? (uint32_t)wait : UINT32_MAX;
}
