/* The stores' sockets: one DEALER over CURVE for each store, as a node's wire is, but all of them
 * in one context, with one set to wait on. One pool a process; one thread; no fork while it is
 * open. */
#ifndef TOOLS_BENCH_SOCKETS_H
#define TOOLS_BENCH_SOCKETS_H

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"

#define SOCKETS_KEY_LEN 32

struct sockets;

struct sockets_options {
    const char *address;
    const uint8_t *server_key;
    uint32_t count;
    const uint8_t (*public_keys)[SOCKETS_KEY_LEN];
    const uint8_t (*secret_keys)[SOCKETS_KEY_LEN];
};

/* The options, what they point at included, outlive the pool.
 * Returns: NULL with ret_fault; the caller closes. */
struct sockets *sockets_open(const struct sockets_options *options, struct fault *ret_fault);
void sockets_close(struct sockets *sockets); /* accepts NULL */

/* Begin to connect one of them. */
bool sockets_connect(struct sockets *sockets, uint32_t number, struct fault *ret_fault) MUST_USE;

/* Hand bytes over, which stay as they are until the pool is closed (they are not copied).
 * Returns: false while there is no connection or its queue is full. */
bool sockets_send(struct sockets *sockets, uint32_t number, slice_t bytes) MUST_USE;

/* Wait at most timeout_ms, and give every message that has come to `take` (bytes of that call
 * only). */
void sockets_receive(struct sockets *sockets, int timeout_ms,
                     void (*take)(void *context, uint32_t number, slice_t bytes), void *context);

#endif
