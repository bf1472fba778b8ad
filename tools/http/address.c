#include "tools/http/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define PORT_MAX 65535

static bool read_port(const char *text, in_port_t *ret_port)
{
    uint32_t port = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        port = 10 * port + (uint32_t)(*text - '0');
        if (port > PORT_MAX) {
            return false;
        }
    }
    *ret_port = htons((uint16_t)port);
    return true;
}

bool address_read(const char *text, struct address *ret_address)
{
    struct address address = {0};
    char host[INET6_ADDRSTRLEN + 1];
    const char *colon = strrchr(text, ':');
    bool six = text[0] == '[';

    if (colon == NULL || (six && (colon - text < 3 || colon[-1] != ']'))) {
        return false;
    }
    const char *begin = six ? text + 1 : text;
    size_t len = (size_t)(colon - begin) - (six ? 1 : 0);
    if (len >= sizeof host) {
        return false;
    }
    memcpy(host, begin, len);
    host[len] = '\0';
    if (six) {
        address.socket.v6.sin6_family = AF_INET6;
        address.len = sizeof address.socket.v6;
        if (inet_pton(AF_INET6, host, &address.socket.v6.sin6_addr) != 1 ||
            !read_port(colon + 1, &address.socket.v6.sin6_port)) {
            return false;
        }
    } else {
        address.socket.v4.sin_family = AF_INET;
        address.len = sizeof address.socket.v4;
        if (inet_pton(AF_INET, host, &address.socket.v4.sin_addr) != 1 ||
            !read_port(colon + 1, &address.socket.v4.sin_port)) {
            return false;
        }
    }
    *ret_address = address;
    return true;
}

static bool is_private_v4(uint32_t host)
{
    return host >> 24 == 127 || host >> 24 == 10 || host >> 20 == (172 << 4 | 1) ||
           host >> 16 == (192 << 8 | 168) || host >> 16 == (169 << 8 | 254);
}

bool address_is_private(const struct address *address)
{
    if (address->socket.any.sa_family == AF_INET) {
        return is_private_v4(ntohl(address->socket.v4.sin_addr.s_addr));
    }
    const struct in6_addr *six = &address->socket.v6.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(six)) {
        uint32_t host = 0;
        memcpy(&host, &six->s6_addr[12], sizeof host);
        return is_private_v4(ntohl(host));
    }
    return IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_LINKLOCAL(six) ||
           (six->s6_addr[0] & 0xfe) == 0xfc;
}
