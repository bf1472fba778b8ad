/* Address: where the door listens, "127.0.0.1:8117" or "[::1]:8117". Names are not looked up: what
 * is opened to the network is written down as it is. */
#ifndef TOOLS_HTTP_ADDRESS_H
#define TOOLS_HTTP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "clearing/base/check.h"

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;
    socklen_t len;
};

/* Returns: false when the text is no address with a port. */
bool address_read(const char *text, struct address *ret_address) MUST_USE;

/* Returns: can only this machine or a private network reach it? Loopback, RFC 1918, link-local, and
 * for IPv6 loopback, unique local (RFC 4193) and link-local. The unspecified address is none: it
 * listens on all there are. */
bool address_is_private(const struct address *address);

#endif
