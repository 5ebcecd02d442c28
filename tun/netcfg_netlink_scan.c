/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at what is there: free priorities, a route of ours, and what a killed process left.
 *
 * A killed process takes its interface along, and with it every address and every route to it. Its rules and its throw
 * and unreachable routes stay. They carry our protocol number, and their table names the interface: when that is no TUN
 * device any more, they are stale. A rule on the main table names no table of ours, but has a partner at the next
 * priority that does and that was there before it; when the partner is stale or missing, so is the rule.
 */
#include "netcfg_netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

/*
 * Ours come after the kernel's "local" (0) and before the rules that tools put just above "main" (32765 and down), which
 * would else take away what a tunnel for everything is asked to carry.
 */
#define PRIORITY_FIRST  30000u
#define PRIORITY_BLOCKS 512u
#define BLOCK_LEN       2u
#define SEEN_MAX        256

static int dump_rules(struct netlink *netlink, enum ip_family family, netlink_answer_fn *fn, void *user)
{
    struct fib_rule_hdr header = {.family = netlink_family(family)};

    return netlink_exchange(netlink, netlink_request(RTM_GETRULE, NLM_F_DUMP, &header, sizeof(header)), 0, fn,
                            user);
}

/* Newer kernels give only routes of our protocol, which matters where a routing daemon has a million others. */
static int dump_routes(struct netlink *netlink, enum ip_family family, netlink_answer_fn *fn, void *user)
{
    struct rtmsg header = {.rtm_family = netlink_family(family), .rtm_protocol = NETPLAN_PROTOCOL};

    return netlink_exchange(netlink, netlink_request(RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header)), 0,
                            fn, user);
}

static uint32_t attr_u32(struct nlattr *attr, uint32_t otherwise)
{
    return attr && nla_len(attr) >= (int)sizeof(uint32_t) ? nla_get_u32(attr) : otherwise;
}

struct rule {
    struct netop op;
    uint32_t priority;
    uint8_t protocol;
};

static bool parse_rule(struct nlmsghdr *answer, struct rule *ret)
{
    struct fib_rule_hdr *header = nlmsg_data(answer);
    struct nlattr *attr[FRA_MAX + 1];
    struct rule rule = {.op = {.type = NETOP_RULE}};

    if (answer->nlmsg_type != RTM_NEWRULE || nlmsg_parse(answer, sizeof(*header), attr, FRA_MAX, NULL) < 0)
        return false;
    rule.op.rule.family = header->family == AF_INET6 ? IP_V6 : IP_V4;
    rule.op.rule.table = attr_u32(attr[FRA_TABLE], header->table);
    rule.op.rule.suppress_prefix_len = (int)attr_u32(attr[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX); /* -1: none */
    rule.priority = attr_u32(attr[FRA_PRIORITY], 0);
    rule.protocol =
        attr[FRA_PROTOCOL] && nla_len(attr[FRA_PROTOCOL]) >= 1 ? nla_get_u8(attr[FRA_PROTOCOL]) : 0;
    *ret = rule;
    return true;
}

static bool parse_route(struct nlmsghdr *answer, struct netop *ret_op, uint32_t *ret_ifindex)
{
    struct rtmsg *header = nlmsg_data(answer);
    struct nlattr *attr[RTA_MAX + 1];
    struct netop op = {.type = NETOP_ROUTE};

    if (answer->nlmsg_type != RTM_NEWROUTE || nlmsg_parse(answer, sizeof(*header), attr, RTA_MAX, NULL) < 0)
        return false;
    if (header->rtm_protocol != NETPLAN_PROTOCOL)
        return false;
    op.route.kind = header->rtm_type == RTN_THROW         ? NETROUTE_THROW
                    : header->rtm_type == RTN_UNREACHABLE ? NETROUTE_UNREACHABLE
                                                          : NETROUTE_DEVICE;
    op.route.to.addr.family = header->rtm_family == AF_INET6 ? IP_V6 : IP_V4;
    op.route.to.len = header->rtm_dst_len;
    if (attr[RTA_DST] && nla_len(attr[RTA_DST]) == ipaddr_len(op.route.to.addr.family))
        memcpy(op.route.to.addr.byte, nla_data(attr[RTA_DST]), (size_t)nla_len(attr[RTA_DST]));
    op.route.table = attr_u32(attr[RTA_TABLE], header->rtm_table);
    op.route.metric = attr_u32(attr[RTA_PRIORITY], 0);
    *ret_op = op;
    *ret_ifindex = attr_u32(attr[RTA_OIF], 0);
    return true;
}

struct route_query {
    const struct netop *op;
    uint32_t ifindex;
    bool found;
};

static void match_route(void *user, struct nlmsghdr *answer)
{
    struct route_query *query = user;
    struct netop op;
    uint32_t ifindex;

    if (parse_route(answer, &op, &ifindex) && netop_equal(&op, query->op) &&
        (op.route.kind != NETROUTE_DEVICE || ifindex == query->ifindex))
        query->found = true;
}

bool netlink_has_route(struct netlink *netlink, const struct netop *op, int ifindex)
{
    struct route_query query = {.op = op, .ifindex = (uint32_t)ifindex};

    return dump_routes(netlink, op->route.to.addr.family, match_route, &query) == 0 && query.found;
}

struct blocks {
    bool taken[PRIORITY_BLOCKS];
};

static void mark_taken(void *user, struct nlmsghdr *answer)
{
    struct blocks *blocks = user;
    struct rule rule;

    if (parse_rule(answer, &rule) && rule.priority >= PRIORITY_FIRST &&
        rule.priority < PRIORITY_FIRST + PRIORITY_BLOCKS * BLOCK_LEN)
        blocks->taken[(rule.priority - PRIORITY_FIRST) / BLOCK_LEN] = true;
}

/*
 * Two processes that pick at the same moment may pick the same block. That is harmless: the two rules on main are alike
 * and each removes one, and of the two tables the first that knows a way wins, as with any other order.
 */
int netlink_pick_priority(void *user, uint32_t *ret_priority)
{
    struct blocks blocks = {.taken = {false}};
    int err = dump_rules(user, IP_V4, mark_taken, &blocks);

    if (err != 0)
        return err;
    err = dump_rules(user, IP_V6, mark_taken, &blocks);
    if (err != 0 && err != -EAFNOSUPPORT && err != -EOPNOTSUPP)
        return err;
    for (uint32_t i = 0; i < PRIORITY_BLOCKS; i++) {
        if (!blocks.taken[i]) {
            *ret_priority = PRIORITY_FIRST + i * BLOCK_LEN;
            return 0;
        }
    }
    return -ENOSPC;
}

/* Rules or routes of ours that a dump showed; what does not fit is left for the next start. */
struct seen {
    struct rule rule[SEEN_MAX];
    size_t n;
};

static void see_rule(void *user, struct nlmsghdr *answer)
{
    struct seen *seen = user;
    struct rule rule;

    if (seen->n < SEEN_MAX && parse_rule(answer, &rule) && rule.protocol == NETPLAN_PROTOCOL)
        seen->rule[seen->n++] = rule;
}

static void see_route(void *user, struct nlmsghdr *answer)
{
    struct seen *seen = user;
    struct netop op;
    uint32_t ifindex;

    if (seen->n < SEEN_MAX && parse_route(answer, &op, &ifindex) && op.route.table >= NETPLAN_TABLE_BASE)
        seen->rule[seen->n++].op = op;
}

static void see_link(void *user, struct nlmsghdr *answer)
{
    bool *alive = user;
    struct nlattr *attr[IFLA_MAX + 1];
    struct nlattr *info[IFLA_INFO_MAX + 1] = {NULL};

    if (answer->nlmsg_type != RTM_NEWLINK ||
        nlmsg_parse(answer, sizeof(struct ifinfomsg), attr, IFLA_MAX, NULL) < 0)
        return;
    if (attr[IFLA_LINKINFO] && nla_parse_nested(info, IFLA_INFO_MAX, attr[IFLA_LINKINFO], NULL) < 0)
        return;
    *alive = !info[IFLA_INFO_KIND] || nla_strcmp(info[IFLA_INFO_KIND], "tun") == 0;
}

/* Whether the interface of a table of ours exists and is a TUN device. When in doubt it is. */
static bool table_is_alive(struct netlink *netlink, uint32_t table)
{
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = (int)(table - NETPLAN_TABLE_BASE)};
    bool alive = false;
    int err;

    if (header.ifi_index <= 0)
        return false;
    err = netlink_exchange(netlink, netlink_request(RTM_GETLINK, NLM_F_ACK, &header, sizeof(header)), 0,
                           see_link, &alive);
    return err == 0 ? alive : err != -ENODEV;
}

static bool is_ours(uint32_t table)
{
    return table >= NETPLAN_TABLE_BASE && table - NETPLAN_TABLE_BASE <= INT32_MAX;
}

static bool partner_is_alive(struct netlink *netlink, const struct seen *seen, const struct rule *rule)
{
    for (size_t i = 0; i < seen->n; i++)
        if (seen->rule[i].priority == rule->priority + 1 && is_ours(seen->rule[i].op.rule.table) &&
            table_is_alive(netlink, seen->rule[i].op.rule.table))
            return true;
    return false;
}

static bool rule_is_stale(struct netlink *netlink, const struct seen *seen, const struct rule *rule)
{
    if (is_ours(rule->op.rule.table))
        return !table_is_alive(netlink, rule->op.rule.table);
    return rule->op.rule.suppress_prefix_len >= 0 && !partner_is_alive(netlink, seen, rule);
}

static int clean_rules(struct netlink *netlink, enum ip_family family, size_t *n)
{
    struct seen seen = {.n = 0};
    int err = dump_rules(netlink, family, see_rule, &seen);

    for (size_t i = 0; i < seen.n; i++) {
        struct nl_msg *msg;
        int built;

        if (!rule_is_stale(netlink, &seen, &seen.rule[i]))
            continue;
        msg = netlink_rule_msg(&seen.rule[i].op, seen.rule[i].priority, RTM_DELRULE, NLM_F_ACK, &built);
        if (netlink_exchange(netlink, msg, built, NULL, NULL) == 0)
            ++*n;
    }
    return err;
}

static int clean_routes(struct netlink *netlink, enum ip_family family, size_t *n)
{
    struct seen seen = {.n = 0};
    int err = dump_routes(netlink, family, see_route, &seen);

    for (size_t i = 0; i < seen.n; i++) {
        const struct netop *op = &seen.rule[i].op;
        struct nl_msg *msg;
        int built;

        if (!is_ours(op->route.table) || op->route.kind == NETROUTE_DEVICE ||
            table_is_alive(netlink, op->route.table))
            continue;
        msg = netlink_route_msg(op, 0, RTM_DELROUTE, NLM_F_ACK, &built);
        if (netlink_exchange(netlink, msg, built, NULL, NULL) == 0)
            ++*n;
    }
    return err;
}

/* Routes go first: a rule that is left still tells whose they were. */
int netlink_clean_stale(void *user, size_t *ret_n)
{
    static const enum ip_family families[] = {IP_V4, IP_V6};
    size_t n = 0;
    int first_err = 0;

    for (size_t i = 0; i < ARRAY_LEN(families); i++) {
        int err = clean_routes(user, families[i], &n);

        if (err == 0)
            err = clean_rules(user, families[i], &n);
        if (families[i] == IP_V6 && (err == -EAFNOSUPPORT || err == -EOPNOTSUPP))
            err = 0; /* no IPv6: nothing of it can be left */
        if (first_err == 0)
            first_err = err;
    }
    *ret_n = n;
    return first_err;
}
