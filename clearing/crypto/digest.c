#include "clearing/crypto/digest.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "clearing/base/check.h"
#include "clearing/base/memory.h"

struct digest {
    EVP_MD_CTX *context;
};

/* Fetched once for the process: EVP_sha256() would look the algorithm up again at each start. */
static EVP_MD *sha256;
static CRYPTO_ONCE fetched = CRYPTO_ONCE_STATIC_INIT;

/* The quick way to a thread's context, and the key by which it is freed when the thread ends. */
static _Thread_local EVP_MD_CTX *thread_context;
static CRYPTO_THREAD_LOCAL context_key;

/* The calls that are CHECKed in this file fail only when memory is out or the library is broken. */
static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void fetch(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    CHECK(sha256 != NULL);
    CHECK(CRYPTO_THREAD_init_local(&context_key, free_context) == 1);
}

static EVP_MD_CTX *new_context(void)
{
    EVP_MD_CTX *context;

    CHECK(CRYPTO_THREAD_run_once(&fetched, fetch) == 1);
    context = EVP_MD_CTX_new();
    CHECK(context != NULL);
    CHECK(EVP_DigestInit_ex2(context, sha256, NULL) == 1);
    return context;
}

static EVP_MD_CTX *this_thread(void)
{
    if (__builtin_expect(thread_context == NULL, 0)) {
        thread_context = new_context();
        CHECK(CRYPTO_THREAD_set_local(&context_key, thread_context) == 1);
    }
    return thread_context;
}

/* Leaves the context started, ready for the next string. */
static void finish(EVP_MD_CTX *context, uint8_t ret_digest[DIGEST_LEN])
{
    unsigned len = 0;

    CHECK(EVP_DigestFinal_ex(context, ret_digest, &len) == 1);
    CHECK(len == DIGEST_LEN);
    CHECK(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
}

void digest_sha256(const void *bytes, size_t len, uint8_t ret_digest[DIGEST_LEN])
{
    EVP_MD_CTX *context = this_thread();

    CHECK(EVP_DigestUpdate(context, bytes, len) == 1);
    finish(context, ret_digest);
}

void digest_parts(const slice_t *parts, size_t count, uint8_t ret_digest[DIGEST_LEN])
{
    EVP_MD_CTX *context = this_thread();

    for (size_t i = 0; i < count; i++) {
        CHECK(EVP_DigestUpdate(context, parts[i].text, parts[i].len) == 1);
    }
    finish(context, ret_digest);
}

struct digest *digest_new(void)
{
    struct digest *digest = memory_zeroed(1, sizeof *digest);

    digest->context = new_context();
    return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t len)
{
    CHECK(EVP_DigestUpdate(digest->context, bytes, len) == 1);
}

void digest_finish(struct digest *digest, uint8_t ret_digest[DIGEST_LEN])
{
    finish(digest->context, ret_digest);
}

void digest_free(struct digest *digest)
{
    if (digest != NULL) {
        EVP_MD_CTX_free(digest->context);
        free(digest);
    }
}

bool digest_equal(const uint8_t a[DIGEST_LEN], const uint8_t b[DIGEST_LEN])
{
    return memcmp(a, b, DIGEST_LEN) == 0;
}
