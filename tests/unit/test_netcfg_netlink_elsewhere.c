/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which routes of a real kernel count as a way of the host's own. Needs root. */
#include "check.h"

#include "netcfg.h"
#include "netns.h"

/* The route that was found, or "none". */
static const char *way_to(struct netns *host, const char *text)
{
    static char out[IPPREFIX_STR_LEN];
    struct ipprefix prefix = netns_prefix(text), found = {.len = 99};

    CHECK_EQ(host->ops.elsewhere(host->ops.user, &prefix, host->tun.ifindex, &found), 0);
    return ipprefix_str(&found, out);
}

TEST(what_the_host_has)
{
    struct netns host;
    char out[256];

    CHECK_OR_RETURN(netns_open(&host));
    CHECK_STR(way_to(&host, "198.51.100.77"), "198.51.100.0/24"); /* up0's */
    CHECK_STR(way_to(&host, "198.51.101.77"), "none");            /* by default routes only */
    CHECK_STR(way_to(&host, "2001:db8:f::/64"), "2001:db8:f::/64");
    CHECK_STR(way_to(&host, "2001:db8:f::/80"), "2001:db8:f::/64");
    CHECK_STR(way_to(&host, "2001:db8:f::/48"), "2001:db8:f::/64");
    CHECK_STR(way_to(&host, "2001:db8:e::/48"), "none");
    netns_run("ip route add 10.0.0.0/8 via 198.51.100.7; ip route add blackhole 172.16.0.0/12;"
              "ip -6 route add unreachable 2001:db8:b::/48;"
              "ip route add 192.168.7.0/24 nexthop via 198.51.100.7 nexthop via 198.51.100.8;"
              "ip route add 192.168.8.0/24 via 198.51.100.7 table 77",
              out, sizeof(out));
    CHECK_STR(way_to(&host, "10.9.0.1"), "10.0.0.0/8");
    CHECK_STR(way_to(&host, "172.20.0.1"), "172.16.0.0/12");
    CHECK_STR(way_to(&host, "2001:db8:b:1::/64"), "2001:db8:b::/48");
    CHECK_STR(way_to(&host, "192.168.7.1"), "192.168.7.0/24");
    CHECK_STR(way_to(&host, "192.168.8.1"), "none"); /* no table but main */
    netns_close(&host);
}

/* What is ours is not in our own way: a fact that is told again changes nothing. */
TEST(what_we_have)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK_STR(way_to(&host, "10.11.0.1"), "none");
    CHECK_STR(way_to(&host, "2001:db8:77::/64"), "none");
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(an_empty_table)
{
    struct netns host;
    char out[256];

    CHECK_OR_RETURN(netns_open(&host));
    netns_run("ip route flush table main; ip -6 route flush table main", out, sizeof(out));
    CHECK_STR(way_to(&host, "10.11.0.1"), "none");
    CHECK_STR(way_to(&host, "2001:db8:77::/64"), "none");
    netns_close(&host);
}

CHECK_MAIN()
