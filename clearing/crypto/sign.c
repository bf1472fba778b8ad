#include "clearing/crypto/sign.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "clearing/base/memory.h"
#include "clearing/crypto/key.h"

#define PREFIX_LEN_MAX  32
#define TO_SIGN_LEN_MAX (PREFIX_LEN_MAX + SIGN_NETWORK_LEN + DIGEST_LEN)

static const char *const prefixes[SIGN_DOMAIN_COUNT] = {
    [SIGN_BATCH] = "allclear/v1/batch",
    [SIGN_RECORD] = "allclear/v1/record",
    [SIGN_CHECKPOINT] = "allclear/v1/checkpoint",
    [SIGN_JOIN] = "allclear/v1/join",
    [SIGN_STATE] = "allclear/v1/state",
    [SIGN_REPORT] = "allclear/v1/report",
    [SIGN_PERSON] = "allclear/v1/person",
};

/* The quick way to a thread's context, and the key by which it is freed when the thread ends. */
static _Thread_local EVP_MD_CTX *thread_context;
static CRYPTO_THREAD_LOCAL context_key;
static CRYPTO_ONCE key_made = CRYPTO_ONCE_STATIC_INIT;

const char *sign_domain_prefix(enum sign_domain domain)
{
    CHECK(domain < SIGN_DOMAIN_COUNT);
    return prefixes[domain];
}

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void make_context_key(void)
{
    CHECK(CRYPTO_THREAD_init_local(&context_key, free_context) == 1);
}

/* Emptied, because Ed25519 contexts are one-shot: using one twice works but is not documented. */
static EVP_MD_CTX *fresh_context(void)
{
    if (thread_context == NULL) {
        CHECK(CRYPTO_THREAD_run_once(&key_made, make_context_key) == 1);
        thread_context = EVP_MD_CTX_new();
        CHECK(thread_context != NULL);
        CHECK(CRYPTO_THREAD_set_local(&context_key, thread_context) == 1);
    }
    CHECK(EVP_MD_CTX_reset(thread_context) == 1);
    return thread_context;
}

static slice_t bytes_to_sign(uint8_t buffer[TO_SIGN_LEN_MAX],
                             enum sign_domain domain,
                             const uint8_t network[SIGN_NETWORK_LEN],
                             const uint8_t digest[DIGEST_LEN])
{
    const char *prefix = sign_domain_prefix(domain);
    size_t len = strlen(prefix) + 1;

    CHECK(len <= PREFIX_LEN_MAX);
    memcpy(buffer, prefix, len);
    memcpy(buffer + len, network, SIGN_NETWORK_LEN);
    memcpy(buffer + len + SIGN_NETWORK_LEN, digest, DIGEST_LEN);
    return (slice_t){(const char *)buffer, (uint32_t)(len + SIGN_NETWORK_LEN + DIGEST_LEN)};
}

void sign_key_id(const uint8_t public[SIGN_PUBLIC_LEN], uint8_t ret_id[SIGN_KEY_ID_LEN])
{
    digest_sha256(public, SIGN_PUBLIC_LEN, ret_id);
}

void sign_raw(const struct sign_key *key,
              slice_t message,
              uint8_t ret_signature[SIGN_SIGNATURE_LEN])
{
    EVP_MD_CTX *context = fresh_context();
    size_t len = SIGN_SIGNATURE_LEN;

    CHECK(EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1);
    CHECK(EVP_DigestSign(context, ret_signature, &len, (const uint8_t *)message.text,
                         message.len) == 1);
    CHECK(len == SIGN_SIGNATURE_LEN);
}

void sign_digest(const struct sign_key *key,
                 enum sign_domain domain,
                 const uint8_t network[SIGN_NETWORK_LEN],
                 const uint8_t digest[DIGEST_LEN],
                 uint8_t ret_signature[SIGN_SIGNATURE_LEN])
{
    uint8_t buffer[TO_SIGN_LEN_MAX];

    sign_raw(key, bytes_to_sign(buffer, domain, network, digest), ret_signature);
}

void sign_message(const struct sign_key *key,
                  enum sign_domain domain,
                  const uint8_t network[SIGN_NETWORK_LEN],
                  slice_t body,
                  uint8_t ret_signature[SIGN_SIGNATURE_LEN])
{
    uint8_t digest[DIGEST_LEN];

    digest_sha256(body.text, body.len, digest);
    sign_digest(key, domain, network, digest, ret_signature);
}

/* The points of small order by their y, little-endian, without the sign of x: 0 and the two of
 * order 8 stand for two points each. Derived from the curve: y = 0 has order 4, 1 order 1,
 * p-1 order 2. */
static const uint8_t small_orders[5][32] = {
    {0},
    {1},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
};

/* Is the encoded y below p = 2^255 - 19? Only y of 2^255-19 .. 2^255-1 are not: all bits set above
 * the lowest byte, and that one at least 0xed. */
static bool y_canonical(const uint8_t point[32])
{
    if ((point[31] & 0x7f) != 0x7f || point[0] < 0xed) {
        return true;
    }
    for (int i = 1; i < 31; i++) {
        if (point[i] != 0xff) {
            return true;
        }
    }
    return false;
}

static bool small_order(const uint8_t point[32])
{
    uint8_t y[32];

    memcpy(y, point, sizeof y);
    y[31] &= 0x7f;
    for (size_t i = 0; i < sizeof small_orders / sizeof small_orders[0]; i++) {
        if (memcmp(y, small_orders[i], sizeof y) == 0) {
            return true;
        }
    }
    return false;
}

/* Is there an x for this y? x^2 = (y^2 - 1) / (d y^2 + 1), so the product of the two must be a
 * square. The denominator is never 0, because -1/d is not a square. */
static bool y_on_curve(const uint8_t point[32])
{
    static const char d_hex[] = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
    static const char p_hex[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
    uint8_t y_bytes[32];
    BN_CTX *context = BN_CTX_new();
    BIGNUM *d = NULL;
    BIGNUM *p = NULL;

    memcpy(y_bytes, point, sizeof y_bytes);
    y_bytes[31] &= 0x7f;
    BIGNUM *y2 = BN_lebin2bn(y_bytes, sizeof y_bytes, NULL);
    BIGNUM *v = BN_new();
    CHECK(context != NULL && y2 != NULL && v != NULL);
    CHECK(BN_hex2bn(&d, d_hex) != 0 && BN_hex2bn(&p, p_hex) != 0);
    CHECK(BN_mod_sqr(y2, y2, p, context) == 1);
    CHECK(BN_mod_mul(v, y2, d, p, context) == 1);
    CHECK(BN_add_word(v, 1) == 1);
    CHECK(BN_sub_word(y2, 1) == 1);
    CHECK(BN_mod_mul(v, v, y2, p, context) == 1);
    int symbol = BN_kronecker(v, p, context);
    BN_free(v);
    BN_free(y2);
    BN_free(p);
    BN_free(d);
    BN_CTX_free(context);
    return symbol == 1;
}

bool sign_public_valid(const uint8_t public[SIGN_PUBLIC_LEN])
{
    return y_canonical(public) && !small_order(public) && y_on_curve(public);
}

bool sign_verify_raw(const uint8_t public[SIGN_PUBLIC_LEN], slice_t message, slice_t signature)
{
    const uint8_t *bytes = (const uint8_t *)signature.text;
    EVP_MD_CTX *context;
    EVP_PKEY *pkey;
    bool good;

    if (signature.len != SIGN_SIGNATURE_LEN || small_order(bytes)) {
        return false;
    }
    pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public, SIGN_PUBLIC_LEN);
    CHECK(pkey != NULL); /* any 32 bytes make a key object: only memory can be missing */
    context = fresh_context();
    CHECK(EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1);
    /* 0 is a wrong signature, negative an error: only 1 is good. */
    good = EVP_DigestVerify(context, bytes, SIGN_SIGNATURE_LEN, (const uint8_t *)message.text,
                            message.len) == 1;
    EVP_PKEY_free(pkey);
    return good;
}

bool sign_verify_digest(const uint8_t public[SIGN_PUBLIC_LEN],
                        enum sign_domain domain,
                        const uint8_t network[SIGN_NETWORK_LEN],
                        const uint8_t digest[DIGEST_LEN],
                        const uint8_t signature[SIGN_SIGNATURE_LEN])
{
    uint8_t buffer[TO_SIGN_LEN_MAX];

    return sign_verify_raw(public, bytes_to_sign(buffer, domain, network, digest),
                           (slice_t){(const char *)signature, SIGN_SIGNATURE_LEN});
}

bool sign_verify_message(const uint8_t public[SIGN_PUBLIC_LEN],
                         enum sign_domain domain,
                         const uint8_t network[SIGN_NETWORK_LEN],
                         slice_t body,
                         const uint8_t signature[SIGN_SIGNATURE_LEN])
{
    uint8_t digest[DIGEST_LEN];

    digest_sha256(body.text, body.len, digest);
    return sign_verify_digest(public, domain, network, digest, signature);
}
