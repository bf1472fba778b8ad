/* The node: a store's folder. DIR holds node.json (what was pinned at joining), keys/ and
 * outbox.db:
 *
 *     keys/store.pem       Ed25519, signs batches
 *     keys/transport.key   CURVE secret, 64 hex digits and a line feed
 *     keys/transport.pub   CURVE public, the same */
#ifndef TOOLS_NODE_NODE_H
#define TOOLS_NODE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/sign.h"
#include "tools/node/files.h"
#include "tools/node/kit.h"
#include "tools/node/outbox.h"
#include "tools/node/wire.h"

struct node {
    char dir[FILES_PATH_MAX];
    struct kit kit; /* without an invite */
    struct sign_key *key;
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t transport_public[WIRE_KEY_LEN];
    uint8_t transport_secret[WIRE_KEY_LEN];
    struct outbox *outbox; /* NULL until node_open_outbox */
};

/* Returns: the folder that the option (NULL: none) or ALLCLEAR_DIR names; NULL, and says so on
 * stderr, when neither does. */
const char *node_dir(const char *option, const char *verb);

/* Open a folder that has joined. Returns: false with ret_fault set. */
bool node_open(const char *dir, struct node *ret_node, struct fault *ret_fault) MUST_USE;
bool node_open_outbox(struct node *node, struct fault *ret_fault) MUST_USE;
void node_close(struct node *node); /* wipes the keys; a zeroed node is let pass */

/* Make a folder for a kit, or open the one that is there: its keys stay. A folder of another store
 * or network is refused. Returns: false with ret_fault set. */
bool node_make(const char *dir, const struct kit *kit, struct node *ret_node,
               struct fault *ret_fault) MUST_USE;

/* Connect with the node's own transport key. Returns: NULL with ret_fault set. */
struct wire *node_connect(const struct node *node, struct fault *ret_fault);

/* Say what a fault means for this verb on stderr. Returns: the exit code for it. */
int node_complain(const char *verb, const struct fault *fault);

/* The FRAME_HELLO of this node. */
struct frame node_hello(const struct node *node);

/* The node's clock, ms since 1970. */
int64_t node_clock_ms(void);

#endif
