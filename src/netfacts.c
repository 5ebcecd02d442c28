/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each fact makes a new plan for its family and hands it to netcfg, which changes only what differs. What a hostile
 * worker could reach this way is what a hostile server can: addresses for the tunnel's own interface, and routes to the peer
 * and to prefixes that may be advertised, but where this host has a way of its own. All other routes are the user's.
 * A fact is one only once the host has followed.
 */
#include "netfacts.h"

#include <string.h>

#define TXQUEUELEN   50   /* the kernel's 500 is bufferbloat: a TUN drops, it does not push back */
#define MTU_MIN_IPV6 1280 /* RFC 8200 section 5 */

void netfacts_init(struct netfacts *facts, const struct options *options, struct netcfg *netcfg, int ifindex)
{
    *facts = (struct netfacts){.netcfg = netcfg};
    memcpy(facts->plan_options.route, options->route, sizeof(options->route));
    facts->plan_options.n_route = options->n_route;
    facts->plan_options.default_route = options->default_route;
    facts->plan_options.ifindex = ifindex;
    facts->plan_options.txqueuelen = TXQUEUELEN;
    facts->plan_options.no_ipv6 = options->disable_ipv6;
}

void netfacts_prepare(const struct netfacts *facts, uint32_t mtu)
{
    struct netplan_options likely = facts->plan_options;
    struct netplan plan;

    likely.mtu = mtu;
    netplan_link(&likely, &plan);
    netcfg_prepare(facts->netcfg, &plan);
}

void netfacts_server(struct netfacts *facts, const struct ipaddr *server)
{
    facts->plan_options.server = *server;
}

/*
 * Below 1280 the kernel takes IPv6 off an interface. With a larger MTU it would begin anew, on an interface that is up, with
 * the host's defaults: it would follow advertisements until it were told again (netcfg_quiet). So what was small stays so.
 */
static uint32_t mtu_of(const struct netfacts *facts, const struct request_link *link)
{
    uint32_t now = facts->plan_options.mtu;

    return now > 0 && now < MTU_MIN_IPV6 && link->mtu >= MTU_MIN_IPV6 ? MTU_MIN_IPV6 - 1 : link->mtu;
}

/*
 * The kernel drops every route of the interface with IPv6, also that of --default-route, and would send what it carried
 * outside. So "unreachable", which is a route of no interface, is in its place before. Where IPv6 was not in the tunnel a
 * refusal is none of the link's business: the worker tells the same again, and hears of it, when the tunnel is usable.
 */
static bool shut_ipv6(struct netfacts *facts, struct end *ret_end)
{
    struct netplan plan;
    struct end end;

    netplan_ipv6(&facts->plan_options, NULL, &plan);
    if (!netcfg_set(facts->netcfg, NETCFG_IPV6, &plan, &end)) {
        if (facts->ipv6.present)
            *ret_end = end;
        return !facts->ipv6.present;
    }
    facts->ipv6 = (struct request_ipv6){.present = 0};
    return true;
}

bool netfacts_link(struct netfacts *facts, const struct request_link *link, struct end *ret_end)
{
    struct netplan_options wanted = facts->plan_options;
    struct netplan plan;

    wanted.mtu = mtu_of(facts, link);
    if (wanted.mtu < MTU_MIN_IPV6 && (facts->ipv6.present || wanted.default_route) &&
        !shut_ipv6(facts, ret_end))
        return false;
    netplan_link(&wanted, &plan);
    if (!netcfg_set(facts->netcfg, NETCFG_LINK, &plan, ret_end))
        return false;
    facts->plan_options.mtu = wanted.mtu;
    return true;
}

bool netfacts_ipv4(struct netfacts *facts, const struct request_ipv4 *ipv4, struct end *ret_end)
{
    struct netplan_ipv4 ip = {.local = ipaddr_v4(ipv4->local), .peer = ipaddr_v4(ipv4->peer)};
    struct ipprefix peer;
    struct netplan plan;

    if (ipaddr_is_unset(&ip.peer))
        ip.peer.family = IP_NONE;
    if (ipv4->present && netplan_peer_route(&facts->plan_options, &ip, &peer))
        ip.peer_is_elsewhere = netcfg_is_elsewhere(facts->netcfg, &peer);
    netplan_ipv4(&facts->plan_options, ipv4->present ? &ip : NULL, &plan);
    if (!netcfg_set(facts->netcfg, NETCFG_IPV4, &plan, ret_end))
        return false;
    facts->ipv4 = *ipv4;
    return true;
}

static struct netplan_prefix prefix_of(const struct request_prefix *wire)
{
    struct ipaddr addr = ipaddr_v6(wire->addr);

    return (struct netplan_prefix){
        .prefix = ipprefix_of(&addr, (uint8_t)wire->len),
        .on_link = wire->on_link,
        .autonomous = wire->autonomous,
        .valid_s = wire->valid_s,
        .preferred_s = wire->preferred_s,
    };
}

bool netfacts_ipv6(struct netfacts *facts, const struct request_ipv6 *ipv6, struct end *ret_end)
{
    struct netplan_ipv6 ip = {.n_prefix = ipv6->n_prefix, .default_router = ipv6->default_router};
    struct netplan plan;

    memcpy(ip.id, ipv6->id, sizeof(ip.id));
    memcpy(ip.peer_id, ipv6->peer_id, sizeof(ip.peer_id));
    for (size_t i = 0; i < ip.n_prefix; i++) {
        ip.prefix[i] = prefix_of(&ipv6->prefix[i]);
        if (ip.prefix[i].on_link && netcfg_is_elsewhere(facts->netcfg, &ip.prefix[i].prefix))
            ip.prefix[i].on_link = false;
    }
    netplan_ipv6(&facts->plan_options, ipv6->present ? &ip : NULL, &plan);
    if (!netcfg_set(facts->netcfg, NETCFG_IPV6, &plan, ret_end))
        return false;
    facts->ipv6 = *ipv6;
    return true;
}

static void add_ipv4_list(struct ipaddr *list, size_t *n, const uint8_t (*values)[4])
{
    for (size_t i = 0; i < 2; i++) {
        struct ipaddr a = ipaddr_v4(values[i]);

        if (!ipaddr_is_unset(&a) && *n < HOOK_LIST_MAX)
            list[(*n)++] = a;
    }
}

static void hook_ipv4(const struct request_ipv4 *ipv4, struct hook_values *values)
{
    values->local_ipv4 = ipaddr_v4(ipv4->local);
    values->peer_ipv4 = ipaddr_v4(ipv4->peer);
    add_ipv4_list(values->dns, &values->n_dns, ipv4->dns);
    add_ipv4_list(values->nbns, &values->n_nbns, ipv4->nbns);
}

static void hook_ipv6(const struct request_ipv6 *ipv6, struct hook_values *values)
{
    values->local_ipv6_id = ipv6->id;
    values->peer_ipv6_id = ipv6->peer_id;
    values->link_local = ipaddr_link_local(ipv6->id);
    for (size_t i = 0; i < ipv6->n_prefix && values->n_ipv6 < HOOK_LIST_MAX; i++) {
        struct netplan_prefix prefix = prefix_of(&ipv6->prefix[i]);

        if (prefix.autonomous) {
            memcpy(prefix.prefix.addr.byte + 8, ipv6->id, sizeof(ipv6->id));
            values->ipv6[values->n_ipv6++] = prefix.prefix;
        }
    }
    for (size_t i = 0; i < ipv6->n_dns && values->n_dns < HOOK_LIST_MAX; i++)
        values->dns[values->n_dns++] = ipaddr_v6(ipv6->dns[i]);
}

void netfacts_hook_values(const struct netfacts *facts, struct hook_values *values)
{
    values->mtu = facts->plan_options.mtu;
    if (facts->ipv4.present)
        hook_ipv4(&facts->ipv4, values);
    if (facts->ipv6.present)
        hook_ipv6(&facts->ipv6, values);
}
