/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "netplan.h"

#define TABLE "1392508935" /* NETPLAN_TABLE_BASE + 7 */
#define DETOUR4(len)                         \
    "IPv4 rule to look up table " TABLE "\n" \
    "IPv4 rule to look up table 254 for more than /" len "\n"
#define DETOUR6(len)                         \
    "IPv6 rule to look up table " TABLE "\n" \
    "IPv6 rule to look up table 254 for more than /" len "\n"
#define THROW4 "throw route 192.0.2.1/32 in table " TABLE "\n"
#define LINK6                                 \
    "address fe80::1122:3344:5566:7788/128\n" \
    "route fe80::/64\n"

static struct ipaddr address(const char *text)
{
    struct ipaddr a = {.family = IP_NONE};

    CHECK(ipaddr_parse(text, &a));
    return a;
}

static struct netplan_options some_options(const char *server)
{
    return (struct netplan_options){.server = address(server), .mtu = 1400, .txqueuelen = 50, .ifindex = 7};
}

static void ask(struct netplan_options *options, const char *route)
{
    CHECK(ipprefix_parse(route, &options->route[options->n_route++]));
}

static struct netplan_ipv4 some_ipv4(const char *local, const char *peer)
{
    struct netplan_ipv4 ip = {.local = address(local), .peer = {.family = IP_NONE}};

    if (peer)
        ip.peer = address(peer);
    return ip;
}

static struct netplan_ipv6 some_ipv6(const char *prefix)
{
    struct netplan_ipv6 ip = {.id = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88}, .peer_id = {1}};

    if (prefix) {
        CHECK(ipprefix_parse(prefix, &ip.prefix[0].prefix));
        ip.prefix[0].on_link = true;
        ip.prefix[0].autonomous = true;
        ip.prefix[0].valid_s = 7200;
        ip.prefix[0].preferred_s = 3600;
        ip.n_prefix = 1;
    }
    return ip;
}

static void check_plan(const struct netplan *plan, const char *want, const char *file, int line)
{
    static char text[16384];

    text[0] = '\0';
    for (size_t i = 0; i < plan->n_op; i++) {
        size_t len = strlen(text);

        netop_describe(&plan->op[i], text + len, sizeof(text) - len);
        len = strlen(text);
        (void)snprintf(text + len, sizeof(text) - len, "\n");
    }
    check_str(text, want, "plan", file, line);
}

static void check_ipv4(const struct netplan_options *options, const char *local, const char *peer,
                       const char *want, const char *file, int line)
{
    struct netplan_ipv4 ip =
        local ? some_ipv4(local, peer) : (struct netplan_ipv4){.local = {.family = IP_NONE}};
    struct netplan plan;

    memset(&plan, 0x5a, sizeof(plan));
    netplan_ipv4(options, local ? &ip : NULL, &plan);
    check_plan(&plan, want, file, line);
}
#define CHECK_IPV4(options, local, peer, want) \
    check_ipv4((options), (local), (peer), (want), __FILE__, __LINE__)

static void check_ipv6(const struct netplan_options *options, const struct netplan_ipv6 *ip, const char *want,
                       const char *file, int line)
{
    struct netplan plan;

    memset(&plan, 0x5a, sizeof(plan));
    netplan_ipv6(options, ip, &plan);
    check_plan(&plan, want, file, line);
}
#define CHECK_IPV6(options, ip, want) check_ipv6((options), (ip), (want), __FILE__, __LINE__)

TEST(link)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan plan;

    netplan_link(&options, &plan);
    CHECK_EQ(plan.n_op, 1);
    CHECK_EQ(plan.op[0].link.mtu, 1400);
    CHECK_EQ(plan.op[0].link.txqueuelen, 50);
    CHECK(!plan.op[0].link.no_ipv6);
    options.no_ipv6 = true;
    netplan_link(&options, &plan);
    CHECK(plan.op[0].link.no_ipv6);
}

TEST(nothing_asked_for_is_nothing_but_an_address)
{
    struct netplan_options options = some_options("192.0.2.1");

    CHECK_IPV4(&options, NULL, NULL, "");
    CHECK_IPV6(&options, NULL, "");
    CHECK_IPV4(&options, "10.0.0.2", NULL, "address 10.0.0.2/32\n");
    CHECK_IPV4(&options, "10.0.0.2", "10.0.0.1", "address 10.0.0.2/32 peer 10.0.0.1\nroute 10.0.0.1/32\n");
}

TEST(peers_that_servers_make_up)
{
    struct netplan_options options = some_options("192.0.2.1");

    /* SoftEther 4: shown, but a public resolver is not taken away from the host */
    CHECK_IPV4(&options, "10.0.0.2", "1.0.0.1", "address 10.0.0.2/32 peer 1.0.0.1\n");
    CHECK_IPV4(&options, "10.0.0.2", "192.0.0.8", "address 10.0.0.2/32 peer 192.0.0.8\nroute 192.0.0.8/32\n");
    CHECK_IPV4(&options, "203.0.113.9", "203.0.113.1",
               "address 203.0.113.9/32 peer 203.0.113.1\nroute 203.0.113.1/32\n");
    CHECK_IPV4(&options, "10.0.0.2", "0.0.0.0", "address 10.0.0.2/32\n");
    CHECK_IPV4(&options, "10.0.0.2", "255.255.255.255", "address 10.0.0.2/32\n");
    CHECK_IPV4(&options, "10.0.0.2", "127.0.0.1", "address 10.0.0.2/32\n");
    CHECK_IPV4(&options, "10.0.0.2", "10.0.0.2", "address 10.0.0.2/32\n");
    /* the server itself: a route to it would be a loop */
    CHECK_IPV4(&options, "192.0.2.9", "192.0.2.1", "address 192.0.2.9/32 peer 192.0.2.1\n");
    CHECK_IPV4(&options, "192.0.2.1", NULL, "");
}

/* RFC 3927: a link-local peer is the tunnel's only when we are link-local ourselves. */
TEST(a_link_local_peer)
{
    struct netplan_options options = some_options("192.0.2.1");

    CHECK_IPV4(&options, "10.0.0.2", "169.254.169.254", "address 10.0.0.2/32 peer 169.254.169.254\n");
    CHECK_IPV4(&options, "169.254.1.2", "169.254.9.1",
               "address 169.254.1.2/32 peer 169.254.9.1\nroute 169.254.9.1/32\n");
}

/* Not even a private peer, when this host has a way to it; what was asked for by name stands. */
TEST(a_peer_that_is_elsewhere)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan_ipv4 ip = some_ipv4("10.0.0.2", "10.0.0.1");
    struct ipprefix to = {.len = 0};
    struct netplan plan;
    char text[IPPREFIX_STR_LEN];

    CHECK(netplan_peer_route(&options, &ip, &to));
    CHECK_STR(ipprefix_str(&to, text), "10.0.0.1/32");
    ip.peer_is_elsewhere = true;
    netplan_ipv4(&options, &ip, &plan);
    check_plan(&plan, "address 10.0.0.2/32 peer 10.0.0.1\n", __FILE__, __LINE__);
    ask(&options, "10.0.0.1");
    netplan_ipv4(&options, &ip, &plan);
    check_plan(&plan, "address 10.0.0.2/32 peer 10.0.0.1\nroute 10.0.0.1/32\n", __FILE__, __LINE__);
    ip = some_ipv4("10.0.0.2", NULL);
    CHECK(!netplan_peer_route(&options, &ip, &to));
    ip = some_ipv4("10.0.0.2", "1.0.0.1");
    CHECK(!netplan_peer_route(&options, &ip, &to));
}

TEST(routes)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan_ipv6 ipv6 = some_ipv6(NULL);

    ask(&options, "10.0.0.0/8");
    ask(&options, "2001:db8::/32");
    ask(&options, "10.0.0.0/8");
    ask(&options, "192.0.2.77");
    CHECK_IPV4(&options, "10.0.0.2", NULL, "address 10.0.0.2/32\nroute 10.0.0.0/8\nroute 192.0.2.77/32\n");
    CHECK_IPV6(&options, &ipv6, LINK6 "route 2001:db8::/32\n");
    CHECK_IPV4(&options, NULL, NULL, "");
    CHECK_IPV6(&options, NULL, "");
}

TEST(route_that_holds_the_server_takes_the_detour)
{
    struct netplan_options options = some_options("192.0.2.1");

    ask(&options, "10.0.0.0/8");
    ask(&options, "192.0.2.0/24");
    CHECK_IPV4(&options, "10.0.0.2", NULL,
               "address 10.0.0.2/32\n" DETOUR4("24") THROW4
               "route 10.0.0.0/8\nroute 192.0.2.0/24 in table " TABLE "\n");
    ask(&options, "192.0.0.0/16");
    CHECK_IPV4(&options, "10.0.0.2", NULL,
               "address 10.0.0.2/32\n" DETOUR4("16") THROW4
               "route 10.0.0.0/8\nroute 192.0.2.0/24 in table " TABLE "\nroute 192.0.0.0/16 in table " TABLE
               "\n");
}

TEST(route_to_the_server_itself_cannot_be_had)
{
    struct netplan_options options = some_options("192.0.2.1");

    ask(&options, "192.0.2.1");
    CHECK_IPV4(&options, "10.0.0.2", NULL, "address 10.0.0.2/32\n");
}

TEST(default_route)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan_ipv6 ipv6 = some_ipv6("2001:db8:1::/64");

    options.default_route = true;
    CHECK_IPV4(&options, "10.0.0.2", NULL,
               "address 10.0.0.2/32\n" DETOUR4("0") THROW4 "route 0.0.0.0/0 in table " TABLE "\n");
    ipv6.default_router = true;
    CHECK_IPV6(&options, &ipv6,
               LINK6
               "address 2001:db8:1:0:1122:3344:5566:7788/128\n" DETOUR6("0") "route 2001:db8:1::/64\n"
                                                                             "route ::/0 in table " TABLE
                                                                             "\n");
}

TEST(default_route_asked_for_as_a_route)
{
    struct netplan_options options = some_options("2001:db8:5::1");

    ask(&options, "0.0.0.0/0");
    CHECK_IPV4(&options, "10.0.0.2", NULL,
               "address 10.0.0.2/32\n" DETOUR4("0") "route 0.0.0.0/0 in table " TABLE "\n");
    options.default_route = true;
    CHECK_IPV4(&options, "10.0.0.2", NULL,
               "address 10.0.0.2/32\n" DETOUR4("0") "route 0.0.0.0/0 in table " TABLE "\n");
}

TEST(family_that_is_not_carried_is_unreachable)
{
    struct netplan_options options = some_options("2001:db8:5::1");
    struct netplan_ipv6 ipv6 = some_ipv6(NULL);

    options.default_route = true;
    CHECK_IPV4(&options, NULL, NULL, DETOUR4("0") "unreachable route 0.0.0.0/0 in table " TABLE "\n");
    CHECK_IPV6(&options, NULL,
               DETOUR6("0") "throw route 2001:db8:5::1/128 in table " TABLE "\n"
                            "unreachable route ::/0 in table " TABLE "\n");
    /* IPV6CP alone is not a way to the world */
    CHECK_IPV6(&options, &ipv6,
               LINK6 DETOUR6("0") "throw route 2001:db8:5::1/128 in table " TABLE "\n"
                                  "unreachable route ::/0 in table " TABLE "\n");
}

TEST(advertised_prefixes)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan_ipv6 ipv6 = some_ipv6("2001:db8:1::/64");

    CHECK_IPV6(&options, &ipv6,
               LINK6 "address 2001:db8:1:0:1122:3344:5566:7788/128\nroute 2001:db8:1::/64\n");
    ipv6.prefix[0].on_link = false;
    CHECK_IPV6(&options, &ipv6, LINK6 "address 2001:db8:1:0:1122:3344:5566:7788/128\n");
    ipv6.prefix[0].on_link = true;
    ipv6.prefix[0].prefix.len = 60; /* no room for an identifier of 64 bits */
    CHECK_IPV6(&options, &ipv6, LINK6 "route 2001:db8:1::/60\n");
    ipv6 = some_ipv6("2001:db8:5::/64");
    options = some_options("2001:db8:5::1");
    CHECK_IPV6(&options, &ipv6,
               LINK6 "address 2001:db8:5:0:1122:3344:5566:7788/128\n" DETOUR6(
                   "64") "throw route 2001:db8:5::1/128 in table " TABLE
                         "\nroute 2001:db8:5::/64 in table " TABLE "\n");
    options = some_options("2001:db8:5:0:1122:3344:5566:7788");
    ipv6.prefix[0].on_link = false;
    CHECK_IPV6(&options, &ipv6, LINK6);
}

TEST(lifetimes)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan_ipv6 ipv6 = some_ipv6("2001:db8:1::/64");
    struct netplan plan;
    struct netplan later;

    netplan_ipv6(&options, &ipv6, &plan);
    CHECK_EQ(plan.op[0].address.valid_s, UINT32_MAX);
    CHECK_EQ(plan.op[2].address.valid_s, 7200);
    CHECK_EQ(plan.op[2].address.preferred_s, 3600);
    ipv6.prefix[0].preferred_s = 0;
    netplan_ipv6(&options, &ipv6, &later);
    CHECK(!netop_equal(&plan.op[2], &later.op[2]));
    CHECK(netop_equal(&plan.op[1], &later.op[1]));
    CHECK(!netop_equal(&plan.op[1], &later.op[2]));
}

/* The fullest plans fit, and counts beyond the tables are cut. */
TEST(full_plans)
{
    static struct netplan_options options;
    struct netplan_ipv6 ipv6 = some_ipv6(NULL);
    struct netplan plan;

    options = some_options("2001:db8::1");
    options.default_route = true;
    for (uint8_t i = 0; i < NETPLAN_ROUTES_MAX; i++)
        options.route[i] = (struct ipprefix){{IP_V6, {0x20, 1, 0xd, 0xb8, 1, i}}, 48};
    for (uint8_t i = 0; i < NETPLAN_PREFIXES_MAX; i++)
        ipv6.prefix[i] = (struct netplan_prefix){
            .prefix = {{IP_V6, {0x20, 1, 0xd, 0xb8, 2, i}}, 64}, .on_link = true, .autonomous = true};
    options.n_route = 1000;
    ipv6.n_prefix = 1000;
    ipv6.default_router = true;
    netplan_ipv6(&options, &ipv6, &plan);
    CHECK_EQ(plan.n_op, 2 + 2 * NETPLAN_PREFIXES_MAX + NETPLAN_ROUTES_MAX + 4);
    CHECK(plan.n_op <= NETPLAN_OPS_MAX);
    CHECK(plan.op[plan.n_op - 1].type == NETOP_ROUTE && plan.op[plan.n_op - 1].route.to.len == 0);
}

TEST(description_is_cut_to_size)
{
    struct netplan_options options = some_options("192.0.2.1");
    struct netplan plan;
    char text[8];

    netplan_link(&options, &plan);
    netop_describe(&plan.op[0], text, sizeof(text));
    CHECK_STR(text, "MTU 140");
}

CHECK_MAIN()
