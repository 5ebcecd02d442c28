/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoint.h"

#include <string.h>

union endpoint endpoint_of(const struct ipaddr *addr, uint16_t port)
{
    struct ipaddr real = ipaddr_unmapped(addr);
    union endpoint endpoint;

    memset(&endpoint, 0, sizeof(endpoint)); /* all of the union, whichever member is used */
    switch (real.family) {
    case IP_V4:
        endpoint.v4.sin_family = AF_INET;
        endpoint.v4.sin_port = htons(port);
        memcpy(&endpoint.v4.sin_addr, real.byte, 4);
        break;
    case IP_V6:
        endpoint.v6.sin6_family = AF_INET6;
        endpoint.v6.sin6_port = htons(port);
        memcpy(&endpoint.v6.sin6_addr, real.byte, 16);
        break;
    case IP_NONE: break;
    }
    return endpoint;
}

struct ipaddr endpoint_ipaddr(const union endpoint *endpoint)
{
    uint8_t byte[16];

    switch (endpoint->any.sa_family) {
    case AF_INET: memcpy(byte, &endpoint->v4.sin_addr, 4); return ipaddr_v4(byte);
    case AF_INET6: memcpy(byte, &endpoint->v6.sin6_addr, 16); return ipaddr_v6(byte);
    default: return (struct ipaddr){.family = IP_NONE};
    }
}

uint16_t endpoint_port(const union endpoint *endpoint)
{
    switch (endpoint->any.sa_family) {
    case AF_INET: return ntohs(endpoint->v4.sin_port);
    case AF_INET6: return ntohs(endpoint->v6.sin6_port);
    default: return 0;
    }
}

socklen_t endpoint_len(const union endpoint *endpoint)
{
    switch (endpoint->any.sa_family) {
    case AF_INET: return sizeof(endpoint->v4);
    case AF_INET6: return sizeof(endpoint->v6);
    default: return 0;
    }
}

bool endpoint_adopt(const union endpoint *theirs, uint16_t port, union endpoint *ret)
{
    struct ipaddr addr = endpoint_ipaddr(theirs);

    if (addr.family == IP_NONE)
        return false;
    *ret = endpoint_of(&addr, port);
    if (addr.family == IP_V6 && IN6_IS_ADDR_LINKLOCAL(&theirs->v6.sin6_addr))
        ret->v6.sin6_scope_id = theirs->v6.sin6_scope_id;
    return true;
}
