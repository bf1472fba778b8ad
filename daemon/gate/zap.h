/* ZAP: the answer to libzmq's question whether a key may come in (ZeroMQ RFC 27). Everything that
 * is not an allowed CURVE key in the expected form is refused.
 *
 * What is allowed carries two properties on every message of the connection: User-Id, the store of
 * the key, and ZAP_KEY_PROPERTY, the key in hexadecimal; libzmq keeps them before any that the peer
 * itself sends by the same name. */
#ifndef DAEMON_GATE_ZAP_H
#define DAEMON_GATE_ZAP_H

#include "daemon/gate/keys.h"

#define ZAP_KEY_PROPERTY "X-Curve-Key"

struct zap {
    void *socket; /* REP */
    struct keys *keys;
    uint64_t *counters;      /* COUNTER_COUNT */
    const uint8_t *test_key; /* of the self-test's stranger: counted apart */
    bool test_refused;
};

/* Answer one question if there is one. Never waits.
 * Returns: false when there is none. */
bool zap_serve(struct zap *zap, int64_t now_ms) MUST_USE;

#endif
