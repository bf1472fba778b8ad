#include "clearing/crypto/member_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "clearing/base/check.h"
#include "clearing/crypto/digest.h"

#define DOMAIN_LEN 18 /* with its NUL */
#define ROUNDS     10
#define HALF_BITS  30
#define HALF_MASK  ((UINT32_C(1) << HALF_BITS) - 1)
#define NUMBERS    UINT64_C(1000000000000000000) /* 10^18 < 2^60 */
#define TOKENS     (9 * NUMBERS)

#define COUNTRY UINT64_C(8600000000000) /* 86 before 11 digits */
#define FIRST   UINT64_C(13000000000)
#define LAST    UINT64_C(19999999999)

void member_token_key(uint8_t ret_key[MEMBER_TOKEN_KEY_LEN])
{
    CHECK(RAND_priv_bytes(ret_key, MEMBER_TOKEN_KEY_LEN) == 1);
}

/* The same telephone has one number. Returns: 0 where it is none. */
static uint64_t telephone(uint64_t member)
{
    uint64_t number = member >= COUNTRY ? member - COUNTRY : member;

    return number >= FIRST && number <= LAST ? number : 0;
}

bool member_token_wanted(uint64_t member)
{
    return telephone(member) != 0;
}

static uint32_t round_bits(const uint8_t *key, uint8_t round, uint32_t half)
{
    uint8_t message[DOMAIN_LEN + 5] = "allclear/v1/token";
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    message[DOMAIN_LEN] = round;
    for (int i = 0; i < 4; i++) {
        message[DOMAIN_LEN + 1 + i] = (uint8_t)(half >> (24 - 8 * i));
    }
    /* fails only when memory is out or the library is broken */
    CHECK(HMAC(EVP_sha256(), key, MEMBER_TOKEN_KEY_LEN, message, sizeof message, mac, &len) !=
          NULL);
    CHECK(len == DIGEST_LEN);
    return ((uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3]) >>
           (32 - HALF_BITS);
}

static uint64_t permuted(const uint8_t *key, uint64_t number)
{
    uint32_t left = (uint32_t)(number >> HALF_BITS);
    uint32_t right = (uint32_t)number & HALF_MASK;

    for (uint8_t i = 0; i < ROUNDS; i++) {
        uint32_t next = left ^ round_bits(key, i, right);
        left = right;
        right = next;
    }
    return (uint64_t)left << HALF_BITS | right;
}

uint64_t member_token_of(const uint8_t key[MEMBER_TOKEN_KEY_LEN], uint64_t member)
{
    uint64_t number = telephone(member);

    if (number == 0) {
        return member;
    }
    do {
        number = permuted(key, number);
    } while (number >= NUMBERS);
    return TOKENS + number;
}
