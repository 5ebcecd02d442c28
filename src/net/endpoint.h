/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where to connect to, as the kernel wants it. A flat value: it is passed between processes as it is. */
#ifndef SSTPTUN_ENDPOINT_H
#define SSTPTUN_ENDPOINT_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ipaddr.h"

#define ENDPOINTS_MAX 16 /* of one name, as many as are tried */

/* With its port, and for an IPv6 link-local address its scope. AF_UNSPEC: none. */
union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* An IPv4-mapped address is the IPv4 address: the kernel would use IPv4 for it, and so must the routes that spare it. */
union endpoint endpoint_of(const struct ipaddr *addr, uint16_t port);

/* IP_NONE, or 0, when it is neither IPv4 nor IPv6. */
struct ipaddr endpoint_ipaddr(const union endpoint *endpoint);
uint16_t endpoint_port(const union endpoint *endpoint);
socklen_t endpoint_len(const union endpoint *endpoint);

/*
 * From one that another process gave: its address and, where it is link-local, its scope, the port that we want, and
 * nothing else of it. False when it has no family that we know.
 */
bool endpoint_adopt(const union endpoint *theirs, uint16_t port, union endpoint *ret) MUST_USE;

#endif
