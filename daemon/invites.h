/* Invitations and requests to join: small files in the data folder, not facts of the journal. An
 * invitation lets one transport key ask to join as one store; a request waits for a person's
 * approval.
 *   invites/KEY        the store's code (KEY: the transport key in hex)
 *   joins/STORE        the request: public key, transport key, possession, in hex */
#ifndef DAEMON_INVITES_H
#define DAEMON_INVITES_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/code.h"
#include "clearing/base/fault.h"

#define JOIN_LEN 128 /* public key 32, transport key 32, possession 64 */

bool invites_put(const char *dir, slice_t store, const uint8_t curve[32],
                 struct fault *ret_fault) MUST_USE;
void invites_each(const char *dir,
                  void (*each)(void *context, slice_t store, const uint8_t curve[32]),
                  void *context);

/* Keep a store's request; a newer one replaces it. */
bool joins_put(const char *dir, slice_t store, const uint8_t request[JOIN_LEN],
               struct fault *ret_fault) MUST_USE;
void joins_each(const char *dir,
                void (*each)(void *context, slice_t store, const uint8_t request[JOIN_LEN]),
                void *context);
void joins_remove(const char *dir, slice_t store);

#endif
