/* Every maximum of the gate, with what it protects. */
#ifndef DAEMON_GATE_LIMITS_H
#define DAEMON_GATE_LIMITS_H

#include "proto/codec/frame.h"

/* libzmq ends a connection that announces more, before it takes memory for it; between
 * FRAME_BYTES_MAX and this a peer is answered TOO_LARGE */
#define GATE_MESSAGE_BYTES_MAX 262144
/* whole messages waiting for each connection, in and out */
#define GATE_RECEIVE_HWM 4
#define GATE_SEND_HWM    64
#define GATE_BACKLOG     512

#define GATE_HANDSHAKE_MS         3000 /* a peer that has not finished it by then is cut off */
#define GATE_HEARTBEAT_MS         5000
#define GATE_HEARTBEAT_TIMEOUT_MS 15000
#define GATE_KEEPALIVE_IDLE_S     30
#define GATE_KEEPALIVE_INTERVAL_S 10
#define GATE_KEEPALIVE_COUNT      3
#define GATE_LINGER_MS            1000
#define GATE_STOP_SECONDS         5 /* libzmq may take this long to end */
/* a stranger is turned away in some milliseconds; on a machine that is too busy for a handshake in
 * its time, there is a second one */
#define GATE_SELF_TEST_MS 6000
#define GATE_CONFIG_MS    10000 /* the ledger says its first word by then */

#define GATE_FDS_MIN             256 /* fewer are not worth starting with */
#define GATE_FDS_MAX             65536
#define GATE_FDS_KEPT            32 /* for libzmq, the link, the logs */
#define GATE_CONNECTIONS_MAX     16384
#define GATE_CONNECTIONS_PER_KEY 2
/* a connection that has not sent a frame is closed after this, under pressure (half of the
 * connections taken) after the shorter one */
#define GATE_SILENT_MS         300000
#define GATE_SILENT_PRESSED_MS 5000
/* the answer to a key that was removed can still reach it in this time */
#define GATE_REVOKED_MS 500

#define GATE_KEYS_MAX       2000000
#define GATE_MEMORY_MAX_MIB 1024

#define GATE_CREDIT_MAX 65536
#define GATE_QUEUE      64 /* frames with a credit that the link had no room for yet */
#define GATE_BUSY_MS    250

/* Of a store over all its connections: what one store may take of the gate. Full batches of 1,087
 * events at the first rate are over 4 million events a second. */
#define GATE_FRAMES_RATE  4000
#define GATE_FRAMES_BURST 8000
#define GATE_BYTES_RATE   268435456
#define GATE_BYTES_BURST  268435456
/* An invitation goes over the telephone or by mail: it may be in wrong hands. */
#define GATE_INVITE_RATE  10
#define GATE_INVITE_BURST 50
/* Of a key: a handshake is the dearest thing that a peer can ask for. */
#define GATE_HANDSHAKES_RATE  4
#define GATE_HANDSHAKES_BURST 256

/* One turn of the loop takes at most so much from one source before it looks at the others. */
#define GATE_TURN_LINK     256
#define GATE_TURN_FRAMES   64
#define GATE_TURN_REQUESTS 64
#define GATE_TICK_MS       250
#define GATE_COUNTERS_MS   1000

_Static_assert(GATE_MESSAGE_BYTES_MAX > FRAME_BYTES_MAX, "too large can be answered");
_Static_assert(GATE_CONNECTIONS_MAX + GATE_FDS_KEPT <= GATE_FDS_MAX, "a descriptor a connection");

#endif
