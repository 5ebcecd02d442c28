/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host already reaches without the tunnel. The main table is asked for as a whole: a lookup of one address says
 * where it goes now, not that a route lies inside a prefix. Newer kernels (4.20) give that table only.
 */
#include "netcfg_netlink.h"

#include <errno.h>
#include <string.h>

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

struct elsewhere {
    const struct ipprefix *prefix;
    uint32_t ifindex; /* the tunnel's */
    struct ipprefix found;
};

static uint32_t attr_u32(struct nlattr *attr, uint32_t otherwise)
{
    return attr && nla_len(attr) >= (int)sizeof(uint32_t) ? nla_get_u32(attr) : otherwise;
}

/* False for what is no route of the main table. Several next hops, or none, are interface 0: another one. */
static bool parse(struct nlmsghdr *answer, struct ipprefix *ret_to, uint32_t *ret_ifindex)
{
    struct rtmsg *header = nlmsg_data(answer);
    struct nlattr *attr[RTA_MAX + 1];
    struct ipprefix to = {.addr = {.family = IP_NONE}};

    if (answer->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(answer, sizeof(*header), attr, RTA_MAX, NULL) < 0)
        return false;
    if (attr_u32(attr[RTA_TABLE], header->rtm_table) != RT_TABLE_MAIN ||
        (header->rtm_flags & RTM_F_CLONED) != 0)
        return false;
    to.addr.family = header->rtm_family == AF_INET6 ? IP_V6 : IP_V4;
    to.len = header->rtm_dst_len;
    if (attr[RTA_DST] && nla_len(attr[RTA_DST]) == ipaddr_len(to.addr.family))
        memcpy(to.addr.byte, nla_data(attr[RTA_DST]), (size_t)nla_len(attr[RTA_DST]));
    *ret_to = to;
    *ret_ifindex = attr_u32(attr[RTA_OIF], 0);
    return true;
}

static void compare(void *user, struct nlmsghdr *answer)
{
    struct elsewhere *elsewhere = user;
    struct ipprefix to;
    uint32_t ifindex;

    if (!parse(answer, &to, &ifindex) || to.len == 0 || ifindex == elsewhere->ifindex)
        return;
    /* Of two prefixes that have something in common one lies in the other, and holds its first address. */
    if (ipprefix_contains(&to, &elsewhere->prefix->addr) || ipprefix_contains(elsewhere->prefix, &to.addr))
        elsewhere->found = to;
}

int netlink_elsewhere(void *user, const struct ipprefix *prefix, int ifindex, struct ipprefix *ret_found)
{
    struct elsewhere elsewhere = {
        .prefix = prefix, .ifindex = (uint32_t)ifindex, .found = {.addr = {.family = IP_NONE}}};
    struct rtmsg header = {.rtm_family = netlink_family(prefix->addr.family), .rtm_table = RT_TABLE_MAIN};
    int err = netlink_exchange(user, netlink_request(RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header)), 0,
                               compare, &elsewhere);

    /* The table comes with its first route. */
    if (err != 0 && err != -ENOENT && err != -EAFNOSUPPORT && err != -EOPNOTSUPP)
        return err;
    *ret_found = elsewhere.found;
    return 0;
}
