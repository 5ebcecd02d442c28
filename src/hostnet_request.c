/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hostnet_request.h"

#include <string.h>

struct request_ipv4 hostnet_request_ipv4(const struct hostnet *hostnet)
{
    struct request_ipv4 told = {.present = hostnet->ipv4_state == HOSTNET_UP};

    if (told.present) {
        memcpy(told.local, hostnet->ipv4.local, sizeof(told.local));
        memcpy(told.peer, hostnet->ipv4.peer, sizeof(told.peer));
        memcpy(told.dns, hostnet->ipv4.dns, sizeof(told.dns));
        memcpy(told.nbns, hostnet->ipv4.nbns, sizeof(told.nbns));
    }
    return told;
}

static struct request_prefix tell_prefix(const struct netplan_prefix *prefix)
{
    struct request_prefix told = {
        .len = prefix->prefix.len,
        .on_link = prefix->on_link,
        .autonomous = prefix->autonomous,
        .valid_s = prefix->valid_s,
        .preferred_s = prefix->preferred_s,
    };

    memcpy(told.addr, prefix->prefix.addr.byte, sizeof(told.addr));
    return told;
}

static void describe_ipv6(const struct hostnet *hostnet, usec_t now, struct request_ipv6 *told)
{
    struct netplan_ipv6 ip;

    ra_describe(&hostnet->ra, now, &ip);
    memcpy(told->id, hostnet->ipv6.local_id, sizeof(told->id));
    memcpy(told->peer_id, hostnet->ipv6.peer_id, sizeof(told->peer_id));
    told->default_router = ip.default_router;
    told->n_prefix = (uint32_t)ip.n_prefix;
    for (size_t i = 0; i < ip.n_prefix; i++)
        told->prefix[i] = tell_prefix(&ip.prefix[i]);
    told->n_dns = (uint32_t)hostnet->ra.n_dns;
    for (size_t i = 0; i < hostnet->ra.n_dns; i++)
        memcpy(told->dns[i], hostnet->ra.dns[i].byte, sizeof(told->dns[i]));
}

struct request_ipv6 hostnet_request_ipv6(const struct hostnet *hostnet, usec_t now)
{
    struct request_ipv6 told = {.present = hostnet->ipv6_state == HOSTNET_UP};

    if (told.present)
        describe_ipv6(hostnet, now, &told);
    return told;
}
