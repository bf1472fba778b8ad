/* Inside of a private key, for this folder only: everyone else sees sign.h. */
#ifndef CLEARING_CRYPTO_KEY_H
#define CLEARING_CRYPTO_KEY_H

#include <openssl/types.h>

struct sign_key {
    EVP_PKEY *pkey;
};

#endif
