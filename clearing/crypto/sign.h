/* Ed25519 (RFC 8032), by OpenSSL. What is signed is never the body alone:
 *
 *     domain prefix with its NUL || network id (32 bytes) || SHA-256(body)
 *
 * so that no signature can be read as one of another kind or of another alliance. */
#ifndef CLEARING_CRYPTO_SIGN_H
#define CLEARING_CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/digest.h"

#define SIGN_PUBLIC_LEN    32
#define SIGN_SIGNATURE_LEN 64
#define SIGN_KEY_ID_LEN    DIGEST_LEN
#define SIGN_NETWORK_LEN   32

enum sign_domain {
    SIGN_BATCH,      /* a store's batch */
    SIGN_RECORD,     /* headquarters' records */
    SIGN_CHECKPOINT, /* the daemon's checkpoints */
    SIGN_JOIN,       /* a store's proof that it has the key it asks to enrol */
    SIGN_STATE,      /* the daemon's snapshots */
    SIGN_REPORT,     /* the daemon's reports of closed cycles */
    SIGN_PERSON,     /* a person's proof that he has the key that he is appointed with */
    SIGN_DOMAIN_COUNT
};

/* Returns: the domain's prefix ("allclear/v1/batch"), signed with its NUL. Static. */
const char *sign_domain_prefix(enum sign_domain domain);

/* A private key, in memory only. May be used by several threads at once. */
struct sign_key;

/* Make a key from the system's random source. Returns: never NULL; the caller frees. */
struct sign_key *sign_key_new(void);

/* Read a key from a PKCS#8 PEM file. Refuses a file that others than its owner may read, that is
 * not a regular file, is encrypted, or holds another kind of key.
 * Returns: the key, which the caller frees; NULL with ret_fault set. */
struct sign_key *sign_key_load(const char *path, struct fault *ret_fault);

/* Write a key as PKCS#8 PEM, mode 0600. Never overwrites; after success the file and its name are
 * on the disk, after a failure or a crash there is no half-written file under this name.
 * Returns: false with ret_fault set. */
MUST_USE bool sign_key_save(const struct sign_key *key, const char *path, struct fault *ret_fault);

/* Wipe and free. Accepts NULL. */
void sign_key_free(struct sign_key *key);

void sign_key_public(const struct sign_key *key, uint8_t ret_public[SIGN_PUBLIC_LEN]);

/* A key's name: SHA-256 of the raw public key. */
void sign_key_id(const uint8_t public[SIGN_PUBLIC_LEN], uint8_t ret_id[SIGN_KEY_ID_LEN]);

/* Sign a body of which the caller has the SHA-256. Deterministic. Any thread. */
void sign_digest(const struct sign_key *key,
                 enum sign_domain domain,
                 const uint8_t network[SIGN_NETWORK_LEN],
                 const uint8_t digest[DIGEST_LEN],
                 uint8_t ret_signature[SIGN_SIGNATURE_LEN]);

/* The same over the body itself. */
void sign_message(const struct sign_key *key,
                  enum sign_domain domain,
                  const uint8_t network[SIGN_NETWORK_LEN],
                  slice_t body,
                  uint8_t ret_signature[SIGN_SIGNATURE_LEN]);

/* Is this the signature of the holder of this public key over this body's digest? Strict: refuses
 * S >= L and a small-order R. Whether the key deserves trust is judged at its enrolment, by
 * sign_public_valid and a SIGN_JOIN signature. Any thread; the context is the thread's own. */
MUST_USE bool sign_verify_digest(const uint8_t public[SIGN_PUBLIC_LEN],
                                 enum sign_domain domain,
                                 const uint8_t network[SIGN_NETWORK_LEN],
                                 const uint8_t digest[DIGEST_LEN],
                                 const uint8_t signature[SIGN_SIGNATURE_LEN]);

/* The same over the body itself. */
MUST_USE bool sign_verify_message(const uint8_t public[SIGN_PUBLIC_LEN],
                                  enum sign_domain domain,
                                  const uint8_t network[SIGN_NETWORK_LEN],
                                  slice_t body,
                                  const uint8_t signature[SIGN_SIGNATURE_LEN]);

/* Plain Ed25519 over the message's own bytes, for formats of others that say so (C2SP signed
 * notes). Nothing of ours is signed in this way. A signature of another length than 64 is none. */
void sign_raw(const struct sign_key *key,
              slice_t message,
              uint8_t ret_signature[SIGN_SIGNATURE_LEN]);
MUST_USE bool
sign_verify_raw(const uint8_t public[SIGN_PUBLIC_LEN], slice_t message, slice_t signature);

/* May this public key be enrolled? Refuses what RFC 8032's decoding refuses (y >= p, no point on
 * the curve) and the points of small order, under which one signature fits many messages. */
MUST_USE bool sign_public_valid(const uint8_t public[SIGN_PUBLIC_LEN]);

#endif
