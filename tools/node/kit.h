/* Kits: what headquarters' `invite` gives a store to begin with, and what the node keeps of it: the
 * network, the address, and the two keys of headquarters that it pins. One JSON object:
 *
 *     {"format":"allclear-kit/1","network":"<64 hex>","alliance":"demo","store":"A",
 *      "address":"tcp://127.0.0.1:7401","server_key":"<64 hex>","ledger_key":"<64 hex>",
 *      "token_key":"<64 hex>","invite_public":"<64 hex>","invite_secret":"<64 hex>","test":true}
 *
 * server_key is CURVE's, ledger_key Ed25519's; token_key makes tokens of members' telephone numbers
 * (clearing/crypto/member_token.h) and is absent where the alliance keeps numbers as they are. Keys
 * that are not known are let pass, so that an older node can join with a newer kit. The node's own
 * copy has no invite. */
#ifndef TOOLS_NODE_KIT_H
#define TOOLS_NODE_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "clearing/facts/event.h"

#define KIT_FORMAT       "allclear-kit/1"
#define KIT_KEY_LEN      32
#define KIT_ADDRESS_MAX  255
#define KIT_ALLIANCE_MAX 140
#define KIT_FILE_LEN_MAX 65536

struct kit {
    uint8_t network[KIT_KEY_LEN];
    char alliance[KIT_ALLIANCE_MAX + 1];
    code_t store;
    char address[KIT_ADDRESS_MAX + 1];
    uint8_t server_key[KIT_KEY_LEN];
    uint8_t ledger_key[KIT_KEY_LEN];
    bool test;
    bool has_token_key;
    uint8_t token_key[KIT_KEY_LEN];
    bool has_invite;
    uint8_t invite_public[KIT_KEY_LEN];
    uint8_t invite_secret[KIT_KEY_LEN];
};

/* Returns: false with ret_fault set, which names the file and the key; ret_kit is untouched. */
bool kit_read(const char *path, struct kit *ret_kit, struct fault *ret_fault) MUST_USE;

/* Write the kit without its invite, whole or not at all, mode 0600; an older one is replaced. */
bool kit_write(const struct kit *kit, const char *path, struct fault *ret_fault) MUST_USE;

/* Put a token in place of every telephone number among the members that an event names, unless the
 * alliance keeps numbers as they are: before it is encoded, so that none is kept, signed or
 * sent. */
void kit_hide_members(const struct kit *kit, struct event *event);

#define KIT_MEMBER_SIZE 21
/* The same for a member's number as people write it; what is no number comes back as it is, cut. */
void kit_hide_member(const struct kit *kit, const char *text, char ret_text[KIT_MEMBER_SIZE]);

#endif
