/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The acts, as rtnetlink messages. It knows interfaces, addresses, routes and rules, and nothing of tunnels. What can be a
 * link attribute is one: a read-only /proc/sys does not matter. (For what cannot be: netcfg_sysctl.c.)
 */
#include "netcfg_netlink.h"

#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define ADDRESS_FLAGS (IFA_F_NOPREFIXROUTE | IFA_F_NODAD)
#define CREATE        (NLM_F_ACK | NLM_F_CREATE)

static int put_link_numbers(struct nl_msg *msg, const struct netop *op)
{
    int err = nla_put_u32(msg, IFLA_MTU, op->link.mtu);

    return err < 0 ? err : nla_put_u32(msg, IFLA_TXQLEN, op->link.txqueuelen);
}

/* IFLA_AF_SPEC { AF_INET6 { IFLA_INET6_ADDR_GEN_MODE } } */
static int put_no_link_local(struct nl_msg *msg)
{
    struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
    struct nlattr *inet6 = spec ? nla_nest_start(msg, AF_INET6) : NULL;

    if (!inet6 || nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
        return -1;
    (void)nla_nest_end(msg, inet6);
    (void)nla_nest_end(msg, spec);
    return 0;
}

static struct nl_msg *link_msg(int ifindex, unsigned flags)
{
    struct ifinfomsg link = {
        .ifi_family = AF_UNSPEC, .ifi_index = ifindex, .ifi_flags = flags, .ifi_change = flags};

    return netlink_request(RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link));
}

/* Once more: since the interface was made, udev may have set it as it sets all. Whoever made it has said what is missing. */
static void keep_quiet(const struct netop *op, int ifindex)
{
    char name[IF_NAMESIZE];

    if (if_indextoname((unsigned)ifindex, name))
        (void)netcfg_quiet(name, op->link.no_ipv6, NULL, 0);
}

/*
 * Three requests, because the kernel brings a link up before it looks at the address mode, and would by then have made a
 * link-local address of its own beside the one that IPV6CP agreed on. Where there is no IPv6, there is nothing to stop.
 */
static int set_link(struct netlink *netlink, const struct netop *op, int ifindex)
{
    struct nl_msg *msg = link_msg(ifindex, 0);
    int err = netlink_exchange(netlink, msg, msg ? put_link_numbers(msg, op) : -1, NULL, NULL);

    if (err != 0)
        return err;
    msg = link_msg(ifindex, 0);
    err = netlink_exchange(netlink, msg, msg ? put_no_link_local(msg) : -1, NULL, NULL);
    return err != -EAFNOSUPPORT && err != -EOPNOTSUPP && err != -EINVAL ? err : 0;
}

static int add_link(struct netlink *netlink, const struct netop *op, int ifindex)
{
    int err = set_link(netlink, op, ifindex);

    if (err != 0)
        return err;
    keep_quiet(op, ifindex);
    return netlink_exchange(netlink, link_msg(ifindex, IFF_UP), 0, NULL, NULL);
}

static int del_link(struct netlink *netlink, int ifindex)
{
    struct ifinfomsg link = {
        .ifi_family = AF_UNSPEC, .ifi_index = ifindex, .ifi_flags = 0, .ifi_change = IFF_UP};

    return netlink_exchange(netlink, netlink_request(RTM_NEWLINK, NLM_F_ACK, &link, sizeof(link)), 0, NULL,
                            NULL);
}

static int put_address(struct nl_msg *msg, const struct netop *op)
{
    bool has_peer = op->address.peer.family != IP_NONE;
    struct ifa_cacheinfo lifetimes = {.ifa_prefered = op->address.preferred_s,
                                      .ifa_valid = op->address.valid_s};
    int err = netlink_put_address(msg, IFA_LOCAL, &op->address.local);

    if (err == 0)
        err = netlink_put_address(msg, IFA_ADDRESS, has_peer ? &op->address.peer : &op->address.local);
    if (err == 0)
        err = nla_put_u32(msg, IFA_FLAGS, ADDRESS_FLAGS);
    if (err == 0)
        err = nla_put(msg, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes);
    return err;
}

static int address_act(struct netlink *netlink, const struct netop *op, int ifindex, int type, int flags)
{
    struct ifaddrmsg address = {
        .ifa_family = netlink_family(op->address.local.family),
        .ifa_prefixlen = op->address.prefix_len,
        .ifa_index = (unsigned)ifindex,
    };
    struct nl_msg *msg = netlink_request(type, flags, &address, sizeof(address));

    return netlink_exchange(netlink, msg, msg ? put_address(msg, op) : -1, NULL, NULL);
}

static unsigned char route_type(enum netroute_kind kind)
{
    switch (kind) {
    case NETROUTE_DEVICE: return RTN_UNICAST;
    case NETROUTE_THROW: return RTN_THROW;
    case NETROUTE_UNREACHABLE: return RTN_UNREACHABLE;
    }
    return RTN_UNSPEC;
}

static int put_route(struct nl_msg *msg, const struct netop *op, int ifindex)
{
    int err = nla_put_u32(msg, RTA_TABLE, op->route.table);

    if (err == 0 && op->route.to.len > 0)
        err = netlink_put_address(msg, RTA_DST, &op->route.to.addr);
    if (err == 0 && op->route.metric > 0)
        err = nla_put_u32(msg, RTA_PRIORITY, op->route.metric);
    if (err == 0 && op->route.kind == NETROUTE_DEVICE)
        err = nla_put_u32(msg, RTA_OIF, (uint32_t)ifindex);
    return err;
}

struct nl_msg *netlink_route_msg(const struct netop *op, int ifindex, int type, int flags, int *ret_built)
{
    struct rtmsg route = {
        .rtm_family = netlink_family(op->route.to.addr.family),
        .rtm_dst_len = op->route.to.len,
        .rtm_table = RT_TABLE_UNSPEC, /* 32 bits: RTA_TABLE */
        .rtm_protocol = NETPLAN_PROTOCOL,
        .rtm_scope = op->route.kind == NETROUTE_DEVICE ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
        .rtm_type = route_type(op->route.kind),
    };
    struct nl_msg *msg = netlink_request(type, flags, &route, sizeof(route));

    *ret_built = msg ? put_route(msg, op, ifindex) : -1;
    return msg;
}

/*
 * What the user asked for must not be there already; what comes with the tunnel may stand beside a route of somebody
 * else, behind it (IPv4 needs NLM_F_APPEND for that).
 */
static int add_route(struct netlink *netlink, const struct netop *op, int ifindex)
{
    bool beside = op->route.metric == NETPLAN_METRIC_IMPLIED;
    int built;
    struct nl_msg *msg =
        netlink_route_msg(op, ifindex, RTM_NEWROUTE, CREATE | (beside ? NLM_F_APPEND : NLM_F_EXCL), &built);
    int err = netlink_exchange(netlink, msg, built, NULL, NULL);

    return err == -EEXIST && netlink_has_route(netlink, op, ifindex) ? 0 : err;
}

static int del_route(struct netlink *netlink, const struct netop *op, int ifindex)
{
    int built;
    struct nl_msg *msg = netlink_route_msg(op, ifindex, RTM_DELROUTE, NLM_F_ACK, &built);

    return netlink_exchange(netlink, msg, built, NULL, NULL);
}

static int put_rule(struct nl_msg *msg, const struct netop *op, uint32_t priority)
{
    int err = nla_put_u32(msg, FRA_PRIORITY, priority);

    if (err == 0)
        err = nla_put_u32(msg, FRA_TABLE, op->rule.table);
    if (err == 0)
        err = nla_put_u8(msg, FRA_PROTOCOL, NETPLAN_PROTOCOL);
    if (err == 0 && op->rule.suppress_prefix_len >= 0)
        err = nla_put_u32(msg, FRA_SUPPRESS_PREFIXLEN, (uint32_t)op->rule.suppress_prefix_len);
    return err;
}

struct nl_msg *netlink_rule_msg(const struct netop *op, uint32_t priority, int type, int flags,
                                int *ret_built)
{
    struct fib_rule_hdr rule = {
        .family = netlink_family(op->rule.family),
        .table = RT_TABLE_UNSPEC, /* 32 bits: FRA_TABLE */
        .action = FR_ACT_TO_TBL,
    };
    struct nl_msg *msg = netlink_request(type, flags, &rule, sizeof(rule));

    *ret_built = msg ? put_rule(msg, op, priority) : -1;
    return msg;
}

static int rule_act(struct netlink *netlink, const struct netop *op, uint32_t block, int type, int flags)
{
    int built;
    struct nl_msg *msg = netlink_rule_msg(op, block + op->rule.priority_offset, type, flags, &built);

    return netlink_exchange(netlink, msg, built, NULL, NULL);
}

/*
 * The kernel says EOPNOTSUPP or EAFNOSUPPORT both when it has no IPv6 and when it lacks only the act asked for. Without
 * IPv6 there is no socket of that family either.
 */
static int tell_missing_ipv6(int err, enum ip_family family)
{
    int fd;

    if (family != IP_V6 || (err != -EOPNOTSUPP && err != -EAFNOSUPPORT))
        return err;
    fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno == EAFNOSUPPORT ? -EAFNOSUPPORT : -EOPNOTSUPP;
    (void)close(fd);
    return -EOPNOTSUPP;
}

static int netlink_add(void *user, const struct netop *op, int ifindex, uint32_t rule_priority)
{
    struct netlink *netlink = user;

    switch (op->type) {
    case NETOP_LINK: return add_link(netlink, op, ifindex);
    case NETOP_ADDRESS:
        return tell_missing_ipv6(address_act(netlink, op, ifindex, RTM_NEWADDR, CREATE | NLM_F_REPLACE),
                                 op->address.local.family);
    case NETOP_ROUTE: return tell_missing_ipv6(add_route(netlink, op, ifindex), op->route.to.addr.family);
    case NETOP_RULE:
        return tell_missing_ipv6(rule_act(netlink, op, rule_priority, RTM_NEWRULE, CREATE), op->rule.family);
    }
    return -EINVAL;
}

static int netlink_del(void *user, const struct netop *op, int ifindex, uint32_t rule_priority)
{
    struct netlink *netlink = user;

    switch (op->type) {
    case NETOP_LINK: return del_link(netlink, ifindex);
    case NETOP_ADDRESS: return address_act(netlink, op, ifindex, RTM_DELADDR, NLM_F_ACK);
    case NETOP_ROUTE: return del_route(netlink, op, ifindex);
    case NETOP_RULE: return rule_act(netlink, op, rule_priority, RTM_DELRULE, NLM_F_ACK);
    }
    return -EINVAL;
}

static int netlink_prepare(void *user, const struct netop *link, int ifindex)
{
    return set_link(user, link, ifindex);
}

static const char *netlink_explain(void *user)
{
    return ((const struct netlink *)user)->text;
}

void netlink_ops(struct netlink *netlink, struct netcfg_ops *ret_ops)
{
    *ret_ops = (struct netcfg_ops){
        .add = netlink_add,
        .del = netlink_del,
        .prepare = netlink_prepare,
        .pick_priority = netlink_pick_priority,
        .clean_stale = netlink_clean_stale,
        .elsewhere = netlink_elsewhere,
        .explain = netlink_explain,
        .user = netlink,
    };
}
