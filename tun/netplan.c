/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What shall exist on the host. The one danger is a loop: a route into the tunnel that also catches the outer
 * connection. Routes that cannot do so stand in the main table, where the user expects them. A route whose prefix holds
 * the server's address, and every default route, takes a detour instead: it stands in a table of our own beside a
 * "throw" for the server, and two rules lead there:
 *
 *     P     lookup main suppress_prefixlength L    routes of main that are more specific than ours go first
 *     P+1   lookup T                               ours; "throw" sends the server's address on to the next rule
 *     32766 lookup main                            whatever main says, default route included
 *
 * L is the length of the widest prefix that takes the detour, so 0 with --default-route. The server is reached by
 * whatever the main table says at any time: nothing has to be followed when the host changes its network, and when main
 * loses its default route the server is unreachable rather than looping. See docs/decisions/0002-routing.md.
 *
 * The rule `lookup T` is made first and removed last: T names the interface, so whatever a killed process leaves can be
 * told from what a living one uses.
 */
#include "netplan.h"

#include <stdio.h>
#include <string.h>

#define TABLE_MAIN        254u
#define OFFSET_SUPPRESS   0u
#define OFFSET_LOOKUP     1u
#define LIFETIME_INFINITE UINT32_MAX

/* Routes of one family, before it is known which of them need the detour. */
struct wants {
    struct {
        struct ipprefix to;
        enum netroute_kind kind;
        uint32_t metric;
    } want[NETPLAN_ROUTES_MAX + NETPLAN_PREFIXES_MAX + 4];
    size_t n;
};

static uint8_t host_len(enum ip_family family)
{
    return (uint8_t)(ipaddr_len(family) * 8);
}

/* 0 is the best metric in IPv4; in IPv6 it stands for 1024, and 1 is the best (the kernel's own routes have 256). */
static uint32_t metric_asked(enum ip_family family)
{
    return family == IP_V6 ? 1 : 0;
}

static void push(struct netplan *plan, const struct netop *op)
{
    for (size_t i = 0; i < plan->n_op; i++)
        if (netop_equal(&plan->op[i], op))
            return; /* asked for twice */
    if (plan->n_op < NETPLAN_OPS_MAX)
        plan->op[plan->n_op++] = *op;
}

static void push_address(struct netplan *plan, const struct ipaddr *local, const struct ipaddr *peer,
                         const struct netplan_prefix *lifetimes)
{
    struct netop op = {.type = NETOP_ADDRESS};

    op.address.local = *local;
    op.address.peer = *peer;
    op.address.prefix_len = host_len(local->family);
    op.address.valid_s = lifetimes ? lifetimes->valid_s : LIFETIME_INFINITE;
    op.address.preferred_s = lifetimes ? lifetimes->preferred_s : LIFETIME_INFINITE;
    push(plan, &op);
}

static void push_route(struct netplan *plan, enum netroute_kind kind, const struct ipprefix *to,
                       uint32_t table, uint32_t metric)
{
    struct netop op = {.type = NETOP_ROUTE};

    op.route.kind = kind;
    op.route.to = *to;
    op.route.table = table;
    op.route.metric = metric;
    push(plan, &op);
}

static void push_rule(struct netplan *plan, enum ip_family family, uint32_t table, int suppress,
                      uint32_t offset)
{
    struct netop op = {.type = NETOP_RULE};

    op.rule.family = family;
    op.rule.table = table;
    op.rule.suppress_prefix_len = suppress;
    op.rule.priority_offset = offset;
    push(plan, &op);
}

/* A route to nothing but the server itself cannot be had: it would carry the tunnel through the tunnel. */
static void want(struct wants *wants, const struct netplan_options *options, enum netroute_kind kind,
                 const struct ipprefix *to, uint32_t metric)
{
    if (to->len == host_len(to->addr.family) && ipaddr_equal(&to->addr, &options->server))
        return;
    if (wants->n == ARRAY_LEN(wants->want))
        return;
    wants->want[wants->n].to = *to;
    wants->want[wants->n].kind = kind;
    wants->want[wants->n].metric = metric;
    wants->n++;
}

static void want_asked(struct wants *wants, const struct netplan_options *options, enum ip_family family)
{
    for (size_t i = 0; i < options->n_route && i < NETPLAN_ROUTES_MAX; i++)
        if (options->route[i].addr.family == family)
            want(wants, options, NETROUTE_DEVICE, &options->route[i], metric_asked(family));
}

/* With --default-route a family that the tunnel does not carry must not leak past it. */
static void want_default(struct wants *wants, const struct netplan_options *options, enum ip_family family,
                         bool carried)
{
    struct ipprefix everything = {.addr = {.family = family}, .len = 0};

    if (!options->default_route)
        return;
    if (carried)
        want(wants, options, NETROUTE_DEVICE, &everything, metric_asked(family));
    else
        want(wants, options, NETROUTE_UNREACHABLE, &everything, NETPLAN_METRIC_LAST);
}

static bool takes_detour(const struct netplan_options *options, const struct ipprefix *to)
{
    return to->len == 0 || ipprefix_contains(to, &options->server);
}

static void push_detour(struct netplan *plan, const struct netplan_options *options, enum ip_family family,
                        uint32_t table, uint8_t widest)
{
    struct ipprefix server = {.addr = options->server, .len = host_len(family)};

    push_rule(plan, family, table, -1, OFFSET_LOOKUP);
    push_rule(plan, family, TABLE_MAIN, widest, OFFSET_SUPPRESS);
    if (options->server.family == family)
        push_route(plan, NETROUTE_THROW, &server, table, metric_asked(family));
}

static void push_wanted(struct netplan *plan, const struct netplan_options *options, enum ip_family family,
                        const struct wants *wants)
{
    uint32_t table = NETPLAN_TABLE_BASE + (uint32_t)options->ifindex;
    uint8_t widest = UINT8_MAX;

    for (size_t i = 0; i < wants->n; i++)
        if (takes_detour(options, &wants->want[i].to) && wants->want[i].to.len < widest)
            widest = wants->want[i].to.len;
    if (widest != UINT8_MAX)
        push_detour(plan, options, family, table, widest);
    for (size_t i = 0; i < wants->n; i++)
        push_route(plan, wants->want[i].kind, &wants->want[i].to,
                   takes_detour(options, &wants->want[i].to) ? table : TABLE_MAIN, wants->want[i].metric);
}

void netplan_link(const struct netplan_options *options, struct netplan *ret_plan)
{
    struct netop op = {.type = NETOP_LINK};

    op.link.mtu = options->mtu;
    op.link.txqueuelen = options->txqueuelen;
    op.link.no_ipv6 = options->no_ipv6;
    ret_plan->n_op = 0;
    push(ret_plan, &op);
}

/* RFC 1918, RFC 6598, RFC 6890 2.2.2 (192.0.0.0/24): addresses that nobody has a claim to outside. */
static bool is_private(const struct ipaddr *a)
{
    static const struct ipprefix private[] = {
        {{IP_V4, {10}}, 8},       {{IP_V4, {172, 16}}, 12},   {{IP_V4, {192, 168}}, 16},
        {{IP_V4, {100, 64}}, 10}, {{IP_V4, {192, 0, 0}}, 24},
    };

    for (size_t i = 0; i < ARRAY_LEN(private); i++)
        if (ipprefix_contains(&private[i], a))
            return true;
    return false;
}

/* RFC 3927: of one link. The link is the tunnel's only where we are in there, too; else it is a cloud's metadata service. */
static bool is_on_our_link(const struct netplan_ipv4 *ip)
{
    static const struct ipprefix link_local = {{IP_V4, {169, 254}}, 16};

    return ipprefix_contains(&link_local, &ip->peer) && ipprefix_contains(&link_local, &ip->local);
}

static bool tells_peer(const struct netplan_ipv4 *ip)
{
    return ipaddr_is_host(&ip->peer) && !ipaddr_equal(&ip->peer, &ip->local);
}

/*
 * The peer is told only to have a name for it. Some servers make one up (SoftEther 4 says 1.0.0.1, a public resolver):
 * a route is made only to an address that can be the server's to give: private, or a neighbour of ours.
 */
bool netplan_peer_route(const struct netplan_options *options, const struct netplan_ipv4 *ip,
                        struct ipprefix *ret_to)
{
    struct ipprefix near = ipprefix_of(&ip->local, 24);

    if (!tells_peer(ip) || ipaddr_equal(&ip->peer, &options->server) ||
        (!is_private(&ip->peer) && !is_on_our_link(ip) && !ipprefix_contains(&near, &ip->peer)))
        return false;
    *ret_to = ipprefix_of(&ip->peer, host_len(IP_V4));
    return true;
}

static void plan_ipv4_up(const struct netplan_options *options, const struct netplan_ipv4 *ip,
                         struct wants *wants, struct netplan *plan)
{
    struct ipaddr none = {.family = IP_NONE};
    struct ipprefix peer;

    if (!ipaddr_equal(&ip->local, &options->server)) /* it would catch the outer connection */
        push_address(plan, &ip->local, tells_peer(ip) ? &ip->peer : &none, NULL);
    if (!ip->peer_is_elsewhere && netplan_peer_route(options, ip, &peer))
        want(wants, options, NETROUTE_DEVICE, &peer, NETPLAN_METRIC_IMPLIED);
    want_asked(wants, options, IP_V4);
}

void netplan_ipv4(const struct netplan_options *options, const struct netplan_ipv4 *ip,
                  struct netplan *ret_plan)
{
    struct wants wants = {.n = 0};

    ret_plan->n_op = 0;
    if (ip)
        plan_ipv4_up(options, ip, &wants, ret_plan);
    want_default(&wants, options, IP_V4, ip != NULL);
    push_wanted(ret_plan, options, IP_V4, &wants);
}

/* RFC 4862 5.5.3 (d): prefix and interface identifier side by side. */
static void plan_autonomous(const struct netplan_options *options, const struct netplan_ipv6 *ip,
                            const struct netplan_prefix *prefix, struct netplan *plan)
{
    struct ipaddr none = {.family = IP_NONE};
    struct ipaddr local = prefix->prefix.addr;

    memcpy(local.byte + 8, ip->id, sizeof(ip->id));
    if (!ipaddr_equal(&local, &options->server))
        push_address(plan, &local, &none, prefix);
}

static void plan_ipv6_up(const struct netplan_options *options, const struct netplan_ipv6 *ip,
                         struct wants *wants, struct netplan *plan)
{
    struct ipaddr none = {.family = IP_NONE};
    struct ipaddr link_local = ipaddr_link_local(ip->id);
    struct ipprefix link_prefix = ipprefix_of(&link_local, 64);

    push_address(plan, &link_local, &none, NULL);
    push_route(plan, NETROUTE_DEVICE, &link_prefix, TABLE_MAIN, NETPLAN_METRIC_IMPLIED);
    for (size_t i = 0; i < ip->n_prefix && i < NETPLAN_PREFIXES_MAX; i++) {
        if (ip->prefix[i].autonomous && ip->prefix[i].prefix.len == 64)
            plan_autonomous(options, ip, &ip->prefix[i], plan);
        if (ip->prefix[i].on_link)
            want(wants, options, NETROUTE_DEVICE, &ip->prefix[i].prefix, NETPLAN_METRIC_IMPLIED);
    }
    want_asked(wants, options, IP_V6);
}

void netplan_ipv6(const struct netplan_options *options, const struct netplan_ipv6 *ip,
                  struct netplan *ret_plan)
{
    struct wants wants = {.n = 0};

    ret_plan->n_op = 0;
    if (ip)
        plan_ipv6_up(options, ip, &wants, ret_plan);
    want_default(&wants, options, IP_V6, ip && ip->default_router);
    push_wanted(ret_plan, options, IP_V6, &wants);
}

static bool address_equal(const struct netop *a, const struct netop *b)
{
    return ipaddr_equal(&a->address.local, &b->address.local) &&
           ipaddr_equal(&a->address.peer, &b->address.peer) &&
           a->address.prefix_len == b->address.prefix_len && a->address.valid_s == b->address.valid_s &&
           a->address.preferred_s == b->address.preferred_s;
}

static bool route_equal(const struct netop *a, const struct netop *b)
{
    return a->route.kind == b->route.kind && ipprefix_equal(&a->route.to, &b->route.to) &&
           a->route.table == b->route.table && a->route.metric == b->route.metric;
}

static bool rule_equal(const struct netop *a, const struct netop *b)
{
    return a->rule.family == b->rule.family && a->rule.table == b->rule.table &&
           a->rule.suppress_prefix_len == b->rule.suppress_prefix_len &&
           a->rule.priority_offset == b->rule.priority_offset;
}

bool netop_equal(const struct netop *a, const struct netop *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case NETOP_LINK:
        return a->link.mtu == b->link.mtu && a->link.txqueuelen == b->link.txqueuelen &&
               a->link.no_ipv6 == b->link.no_ipv6;
    case NETOP_ADDRESS: return address_equal(a, b);
    case NETOP_ROUTE: return route_equal(a, b);
    case NETOP_RULE: return rule_equal(a, b);
    }
    return false;
}

static void describe_address(const struct netop *op, char *out, size_t cap)
{
    bool has_peer = op->address.peer.family != IP_NONE;
    char local[IPADDR_STR_LEN];
    char peer[IPADDR_STR_LEN];

    (void)snprintf(out, cap, "address %s/%u%s%s", ipaddr_str(&op->address.local, local),
                   op->address.prefix_len, has_peer ? " peer " : "",
                   has_peer ? ipaddr_str(&op->address.peer, peer) : "");
}

static void describe_route(const struct netop *op, char *out, size_t cap)
{
    static const char *const kind[] = {
        [NETROUTE_DEVICE] = "route",
        [NETROUTE_THROW] = "throw route",
        [NETROUTE_UNREACHABLE] = "unreachable route",
    };
    char to[IPPREFIX_STR_LEN];

    (void)ipprefix_str(&op->route.to, to);
    if (op->route.table == TABLE_MAIN)
        (void)snprintf(out, cap, "%s %s", kind[op->route.kind], to);
    else
        (void)snprintf(out, cap, "%s %s in table %u", kind[op->route.kind], to, op->route.table);
}

static void describe_rule(const struct netop *op, char *out, size_t cap)
{
    if (op->rule.suppress_prefix_len < 0)
        (void)snprintf(out, cap, "IPv%d rule to look up table %u", (int)op->rule.family, op->rule.table);
    else
        (void)snprintf(out, cap, "IPv%d rule to look up table %u for more than /%d", (int)op->rule.family,
                       op->rule.table, op->rule.suppress_prefix_len);
}

void netop_describe(const struct netop *op, char *out, size_t cap)
{
    switch (op->type) {
    case NETOP_LINK:
        (void)snprintf(out, cap, "MTU %u and queue length %u", op->link.mtu, op->link.txqueuelen);
        break;
    case NETOP_ADDRESS: describe_address(op, out, cap); break;
    case NETOP_ROUTE: describe_route(op, out, cap); break;
    case NETOP_RULE: describe_rule(op, out, cap); break;
    }
}
