/* The link: messages between the ledger process and the gate process over a SEQPACKET socket pair,
 * one datagram a message. Both sides read strictly: a message that is too short, too long, of an
 * unknown kind, or that the other side may not send is malformed, and the link is then given up.
 * To the ledger the gate is a stranger: it may be broken into, so nothing of a FRAME but its bytes
 * is believed before signature, key and sequence have been checked again.
 *
 * Form: kind (1 byte), then the kind's fields as below; numbers are little-endian, a code is a
 * length byte and its bytes, what has no length goes to the end of the message.
 *   CONFIG    memory limit in MiB u32, network 32, transport secret 32, address
 *   KEYS      flags u8 (1 first part, 2 last part), then keys: public 32, flags u8 (1 invite), code
 *   REPLY     slot u32, generation u32, frame
 *   CREDIT    count u32
 *   STOP, ASK nothing
 *   READY     port u16
 *   FRAME     flags u8 (1 invite), slot u32, generation u32, public 32, code, frame
 *   COUNTERS  one u64 for each of COUNTERS
 *
 * No function blocks and none allocates. One thread for each end of a link. */
#ifndef DAEMON_LINK_H
#define DAEMON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"

#define LINK_MESSAGE_MAX       131072
#define LINK_KEY_LEN           32 /* of a CURVE key */
#define LINK_NETWORK_LEN       32
#define LINK_ADDRESS_LEN_MAX   255
#define LINK_KEYS_BYTES_MAX    (LINK_MESSAGE_MAX - 2) /* of the entries of one KEYS message */
#define LINK_KEY_ENTRY_LEN_MAX (LINK_KEY_LEN + 2 + CODE_LEN_MAX)

typedef enum {
    /* ledger -> gate */
    LINK_CONFIG = 1,
    LINK_KEYS = 2,
    LINK_REPLY = 3,
    LINK_CREDIT = 4,
    LINK_STOP = 5,
    LINK_ASK = 6, /* for COUNTERS now */
    /* gate -> ledger */
    LINK_READY = 16,
    LINK_FRAME = 17,
    LINK_COUNTERS = 18,
} link_kind_t;

/* X(NAME, name): what the gate has counted since it started; `connections` is the number now. */
#define COUNTERS(X)                                                                                \
    X(CONNECTIONS, connections)                                                                    \
    X(CONNECTIONS_REFUSED, connections_refused) /* over the gate's limit */                        \
    X(CONNECTIONS_CLOSED, connections_closed)   /* by the gate: silent, or the key was removed */  \
    X(HANDSHAKES_ALLOWED, handshakes_allowed)                                                      \
    X(HANDSHAKES_REFUSED, handshakes_refused) /* key not in the list, or too many */               \
    X(HANDSHAKES_FAILED, handshakes_failed)   /* not our protocol, wrong server key, too slow */   \
    X(FRAMES_FORWARDED, frames_forwarded)                                                          \
    X(FRAMES_MALFORMED, frames_malformed)                                                          \
    X(FRAMES_TOO_LARGE, frames_too_large)                                                          \
    X(FRAMES_REFUSED, frames_refused) /* another store, network, version, or an invite's limits */ \
    X(FRAMES_REVOKED, frames_revoked) /* of a key that is no longer in the list */                 \
    X(FRAMES_STALE, frames_stale)     /* of a connection that has ended */                         \
    X(BUSY_CREDIT, busy_credit)                                                                    \
    X(BUSY_RATE, busy_rate)                                                                        \
    X(BUSY_CONNECTIONS, busy_connections)                                                          \
    X(REPLIES_SENT, replies_sent)                                                                  \
    X(REPLIES_DROPPED, replies_dropped) /* the peer has gone or does not read */                   \
    X(ANSWERS_DROPPED, answers_dropped) /* the gate's own, likewise */                             \
    X(BYTES_FORWARDED, bytes_forwarded) /* of the frames */                                        \
    X(BYTES_SENT, bytes_sent)           /* of the replies */

typedef enum {
#define COUNTER_ENUM(NAME, name) COUNTER_##NAME,
    COUNTERS(COUNTER_ENUM)
#undef COUNTER_ENUM
        COUNTER_COUNT
} counter_t;

struct link_config {
    uint32_t memory_max_mib; /* the gate ends when it grows beyond; 0: its own default */
    const uint8_t *network;  /* LINK_NETWORK_LEN bytes */
    const uint8_t *secret;   /* LINK_KEY_LEN bytes, the daemon's CURVE secret key */
    slice_t address;         /* tcp://HOST:PORT; port * for any */
};

struct link_key {
    const uint8_t *curve; /* LINK_KEY_LEN bytes, public */
    slice_t store;
    bool invite; /* may ask for "join" only */
};

/* One part of the whole allow-list. The new list holds from the last part on. */
struct link_keys {
    bool first;
    bool last;
    slice_t entries; /* read by link_keys_next, written by link_keys_put */
};

struct link_reply {
    uint32_t slot;       /* of the FRAME that is answered */
    uint32_t generation; /* likewise */
    slice_t frame;
};

struct link_frame {
    uint32_t slot;
    uint32_t generation;
    bool invite;
    const uint8_t *curve; /* LINK_KEY_LEN bytes: the key that opened the connection */
    slice_t store;        /* of that key */
    slice_t frame;
};

/* Slices and pointers point into the buffer that was read. */
struct link_message {
    link_kind_t kind;
    union {
        struct link_config config;
        struct link_keys keys;
        struct link_reply reply;
        uint32_t credit; /* frames that may be sent more; not 0 */
        uint16_t port;   /* READY: that is bound */
        struct link_frame frame;
        uint64_t counters[COUNTER_COUNT];
    };
};

typedef enum {
    LINK_FROM_LEDGER,
    LINK_FROM_GATE,
} link_side_t;

typedef enum {
    LINK_DONE,      /* sent, or received */
    LINK_LATER,     /* the other side has not read yet, or there is nothing to read */
    LINK_GONE,      /* the other side has closed or died */
    LINK_MALFORMED, /* received: not a message that `from` may send */
} link_result_t;

/* Make a connected pair, both ends prepared and close-on-exec; the caller closes them.
 * Returns: false with errno. */
bool link_pair(int ret_ends[2]) MUST_USE;

/* Make an end that was handed over ready for use: non-blocking, buffers for several messages.
 * Returns: false with errno; ENOTSOCK or EPROTOTYPE when it is not a SEQPACKET socket, ENOBUFS when
 * its buffers cannot hold a message. */
bool link_prepare(int end) MUST_USE;

/* Send a message. Its fields must be within the limits of this header.
 * Returns: LINK_DONE, LINK_LATER (poll for writing), LINK_GONE. */
link_result_t link_send(int end, const struct link_message *message) MUST_USE;

/* Receive a message of the side `from` into `buffer` (LINK_MESSAGE_MAX bytes).
 * Returns: as above. Out: *ret_message, only with LINK_DONE; it lives as long as the buffer. */
link_result_t link_receive(int end, link_side_t from, uint8_t *buffer,
                           struct link_message *ret_message) MUST_USE;

/* Read a message's bytes as link_receive does.
 * Returns: false when malformed, *ret_message is then untouched. */
bool link_decode(slice_t bytes, link_side_t from, struct link_message *ret_message) MUST_USE;

/* Append a key to a part's entries of *len bytes, in a buffer of LINK_KEYS_BYTES_MAX.
 * Returns: false when the part is full; nothing is changed then. */
bool link_keys_put(uint8_t *entries, size_t *len, const struct link_key *key) MUST_USE;

/* Take the next key off *rest, entries that link_decode has seen.
 * Returns: false at the end. */
bool link_keys_next(slice_t *rest, struct link_key *ret_key) MUST_USE;

/* "connections_refused", ...; static. */
const char *link_counter_name(counter_t counter);

#endif
