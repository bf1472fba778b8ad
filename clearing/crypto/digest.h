/* SHA-256 (FIPS 180-4), by OpenSSL. Each thread has one context that is made at its first use and
 * freed when the thread ends: no allocation and no algorithm look-up per call. */
#ifndef CLEARING_CRYPTO_DIGEST_H
#define CLEARING_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/code.h"

#define DIGEST_LEN 32

/* Hash len bytes; bytes may be NULL when len is 0. Any thread. Out: ret_digest. */
void digest_sha256(const void *bytes, size_t len, uint8_t ret_digest[DIGEST_LEN]);

/* Hash the parts as if they were one string. Any thread. Out: ret_digest. */
void digest_parts(const slice_t *parts, size_t count, uint8_t ret_digest[DIGEST_LEN]);

/* A digest over bytes that come in pieces, for what does not fit in memory. One thread at a time.
 * digest_finish empties it: it can be used for the next string at once. */
struct digest;
struct digest *digest_new(void); /* never NULL; the caller frees with digest_free */
void digest_add(struct digest *digest, const void *bytes, size_t len);
void digest_finish(struct digest *digest, uint8_t ret_digest[DIGEST_LEN]);
void digest_free(struct digest *digest); /* accepts NULL */

/* Are two digests equal? Not for secrets: the time depends on the contents. */
bool digest_equal(const uint8_t a[DIGEST_LEN], const uint8_t b[DIGEST_LEN]);

#endif
