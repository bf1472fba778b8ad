/* A network's id: the fingerprint that everything is pinned to. It binds the alliance's code, both
 * keys and the moment of its making, so nobody can make another journal under it. */
#ifndef CLEARING_BOOK_NETWORK_H
#define CLEARING_BOOK_NETWORK_H

#include "clearing/crypto/sign.h"
#include "proto/codec/hq.h"

/* SHA-256 of: "allclear/v1/network" and a NUL, headquarters' key, the ledger's key, test_clock (1
 * byte), created and start (8 bytes each, big-endian), the alliance's code. */
void network_id(const struct hq_init *init, int64_t created_ms,
                uint8_t ret_network[SIGN_NETWORK_LEN]);

#endif
