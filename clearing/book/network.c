#include "clearing/book/network.h"

#include "clearing/journal/bytes.h"

void network_id(const struct hq_init *init, int64_t created_ms,
                uint8_t ret_network[SIGN_NETWORK_LEN])
{
    static const char prefix[] = "allclear/v1/network";
    uint8_t numbers[17];

    numbers[0] = init->test_clock;
    bytes_put_u64(numbers + 1, (uint64_t)created_ms);
    bytes_put_u64(numbers + 9, (uint64_t)init->start_ms);
    slice_t parts[] = {
        {prefix, sizeof prefix},
        {(const char *)init->hq_key, SIGN_PUBLIC_LEN},
        {(const char *)init->ledger_key, SIGN_PUBLIC_LEN},
        {(const char *)numbers, sizeof numbers},
        init->alliance,
    };
    digest_parts(parts, sizeof parts / sizeof parts[0], ret_network);
}
