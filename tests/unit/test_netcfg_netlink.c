/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real acts on a real kernel. Needs root. */
#include "check.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "netcfg.h"
#include "netns.h"
#include "tun.h"

TEST(link_and_addresses)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK(netns_shows("ip link show sstp0", "mtu 1400"));
    CHECK(netns_shows("ip link show sstp0", "qlen 50"));
    CHECK(netns_shows("ip link show sstp0", "UP"));
    CHECK(netns_shows("ip addr show sstp0", "inet 10.11.0.2 peer 10.11.0.1/32"));
    CHECK(netns_shows("ip -6 addr show sstp0", "inet6 fe80::200:0:0:9/128 scope link"));
    CHECK(netns_shows("ip -6 addr show sstp0", "inet6 2001:db8:77:0:200::9/128 scope global"));
    CHECK(netns_shows("ip -6 addr show sstp0", "valid_lft 7200sec preferred_lft 3600sec"));
    CHECK(netns_hides("ip -6 addr show sstp0", "stable-privacy"));
    CHECK(netns_shows("ip route", "10.11.0.1 dev sstp0 proto 83"));
    CHECK(netns_shows("ip -6 route", "fe80::/64 dev sstp0 proto 83"));
    CHECK(netns_shows("ip -6 route", "2001:db8:77::/64 dev sstp0 proto 83"));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev up0"));
    CHECK(netns_hides("ip rule", "proto 83"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(routes_that_were_asked_for)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    host.options.route[0] = netns_prefix("10.0.0.0/8");
    host.options.route[1] = netns_prefix("2001:db8:aa::/48");
    host.options.n_route = 2;
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK(netns_shows("ip route get 10.200.0.1", "dev sstp0 src 10.11.0.2"));
    CHECK(netns_shows("ip -6 route get 2001:db8:aa::5", "dev sstp0"));
    CHECK(netns_shows("ip route get " NETNS_SERVER4, "via 198.51.100.1 dev up0"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(default_route_spares_the_server_and_specific_routes)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    host.options.default_route = true;
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK(netns_shows("ip -6 route get 2001:4860::1", "dev sstp0"));
    CHECK(netns_shows("ip route get " NETNS_SERVER4, "via 198.51.100.1 dev up0"));
    CHECK(netns_shows("ip route get 198.51.100.77", "dev up0"));
    CHECK(netns_shows("ip rule", "30000:\tfrom all lookup main suppress_prefixlength 0 proto 83"));
    CHECK(netns_shows("ip rule", "30001:\tfrom all lookup"));
    /* the way to the server follows the main table, and without one there is no loop */
    netns_run("ip route replace default via 198.51.100.9", host.before, sizeof(host.before));
    CHECK(netns_shows("ip route get " NETNS_SERVER4, "via 198.51.100.9 dev up0"));
    netns_run("ip route del default", host.before, sizeof(host.before));
    CHECK(netns_hides("ip route get " NETNS_SERVER4 " 2>&1", "sstp0"));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    (void)snprintf(host.before, sizeof(host.before), "%s", "");
    netcfg_undo(&host.netcfg);
    CHECK(netns_hides("ip rule; ip -6 rule; ip -4 route show table all; ip -6 route show table all",
                      "proto 83"));
    netns_close(&host);
}

TEST(default_route_over_ipv6_server)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    host.options.default_route = true;
    host.options.server = netns_address(NETNS_SERVER6);
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK(netns_shows("ip route get " NETNS_SERVER4, "dev sstp0"));
    CHECK(netns_shows("ip -6 route get 2001:4860::1", "dev sstp0"));
    CHECK(netns_shows("ip -6 route get " NETNS_SERVER6, "via 2001:db8:f::1 dev up0"));
    CHECK(netns_shows("ip -6 route get 2001:db8:f::77", "dev up0"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(family_that_is_not_up_does_not_leak)
{
    struct netns host;
    struct netplan plan;

    CHECK_OR_RETURN(netns_open(&host));
    host.options.default_route = true;
    CHECK_OR_RETURN(netns_bring_up(&host));
    netplan_ipv6(&host.options, NULL, &plan);
    CHECK(netns_set(&host, NETCFG_IPV6, &plan));
    CHECK(netns_hides("ip -6 route get 2001:4860::1 2>&1", "dev up0"));
    CHECK(netns_hides("ip -6 route get 2001:4860::1 2>&1", "sstp0"));
    CHECK(netns_hides("ip -6 addr show sstp0", "inet6"));
    CHECK(netns_shows("ip -6 route get 2001:db8:f::77", "dev up0"));
    netplan_ipv4(&host.options, NULL, &plan);
    CHECK(netns_set(&host, NETCFG_IPV4, &plan));
    CHECK(netns_hides("ip route get 9.9.9.9 2>&1", "dev"));
    CHECK(netns_shows("ip route get " NETNS_SERVER4, "dev up0"));
    CHECK(netns_bring_up(&host));
    CHECK(netns_shows("ip -6 route get 2001:4860::1", "dev sstp0"));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(route_around_the_server)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    netns_run("ip route add 192.0.2.128/25 via 198.51.100.7; ip route add 192.0.0.0/16 via 198.51.100.8",
              host.before, sizeof(host.before));
    (void)snprintf(host.before, sizeof(host.before), "%s", netns_everything());
    host.options.route[0] = netns_prefix("192.0.2.0/24");
    host.options.n_route = 1;
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK(netns_shows("ip route get 192.0.2.5", "dev sstp0"));
    CHECK(netns_shows("ip route get 192.0.2.200", "via 198.51.100.7"));
    CHECK(netns_shows("ip route get 192.0.3.1", "via 198.51.100.8"));
    CHECK(netns_shows("ip route get " NETNS_SERVER4, "via 198.51.100.8"));
    CHECK(netns_shows("ip route get 9.9.9.9", "via 198.51.100.1"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(advertised_prefix_around_the_server)
{
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    host.options.server = netns_address("2001:db8:77::1");
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK(netns_shows("ip -6 route get 2001:db8:77::1", "dev up0"));
    CHECK(netns_shows("ip -6 route get 2001:db8:77::2", "dev sstp0"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(route_of_somebody_else)
{
    struct end end = {.reason = END_NONE};
    struct netplan_ipv4 ipv4 = netns_some_ipv4();
    struct netplan plan;
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    netns_run("ip route add 10.0.0.0/8 via 198.51.100.7", host.before, sizeof(host.before));
    (void)snprintf(host.before, sizeof(host.before), "%s", netns_everything());
    host.options.route[0] = netns_prefix("10.0.0.0/8");
    host.options.n_route = 1;
    netplan_link(&host.options, &plan);
    CHECK(netns_set(&host, NETCFG_LINK, &plan));
    netplan_ipv4(&host.options, &ipv4, &plan);
    CHECK(!netcfg_set(&host.netcfg, NETCFG_IPV4, &plan, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "cannot add route 10.0.0.0/8: File exists") == end.detail);
    CHECK(netns_undo(&host));
    /* the same route, but it is ours */
    netns_run("ip route del 10.0.0.0/8", host.before, sizeof(host.before));
    CHECK_OR_RETURN(netns_bring_up(&host));
    CHECK_EQ(host.ops.add(host.ops.user, &plan.op[plan.n_op - 1], host.tun.ifindex, 0), 0);
    CHECK_EQ(host.ops.add(host.ops.user, &plan.op[0], host.tun.ifindex, 0), 0);
    netns_close(&host);
}

TEST(refresh_and_changes)
{
    struct netplan_ipv6 ipv6 = netns_some_ipv6();
    struct netplan_ipv4 ipv4 = netns_some_ipv4();
    struct netplan plan;
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    CHECK_OR_RETURN(netns_bring_up(&host));
    ipv6.prefix[0].valid_s = 9000;
    ipv6.prefix[0].preferred_s = 0;
    netplan_ipv6(&host.options, &ipv6, &plan);
    CHECK(netns_set(&host, NETCFG_IPV6, &plan));
    CHECK(netns_shows("ip -6 addr show sstp0", "valid_lft 9000sec preferred_lft 0sec"));
    ipv4.local = netns_address("10.11.0.3");
    netplan_ipv4(&host.options, &ipv4, &plan);
    CHECK(netns_set(&host, NETCFG_IPV4, &plan));
    CHECK(netns_shows("ip addr show sstp0", "inet 10.11.0.3 peer 10.11.0.1/32"));
    CHECK(netns_hides("ip addr show sstp0", "10.11.0.2"));
    CHECK(netns_shows("ip route get 10.11.0.1", "dev sstp0 src 10.11.0.3"));
    host.options.mtu = 1300;
    netplan_link(&host.options, &plan);
    CHECK(netns_set(&host, NETCFG_LINK, &plan));
    CHECK(netns_shows("ip link show sstp0", "mtu 1300"));
    CHECK(netns_shows("ip route get 10.11.0.1", "dev sstp0"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

TEST(two_tunnels_to_the_same_network)
{
    struct netns host;
    struct netns second;

    CHECK_OR_RETURN(netns_open(&host));
    second = host;
    CHECK_OR_RETURN(netns_open_tunnel(&second, NULL));
    CHECK_STR(second.tun.name, "sstp1");
    host.options.default_route = true;
    second.options.default_route = true;
    CHECK(netns_bring_up(&host));
    CHECK(netns_bring_up(&second));
    CHECK(netns_shows("ip rule", "30003:\tfrom all lookup"));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    netcfg_undo(&host.netcfg);
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp1"));
    netcfg_undo(&second.netcfg);
    tun_close(&second.tun);
    CHECK_STR(netns_everything(), host.before);
    netns_close(&host);
}

TEST(ipv6_switched_off)
{
    struct end end = {.reason = END_NONE};
    struct netplan_ipv6 ipv6 = netns_some_ipv6();
    struct netplan_ipv4 ipv4 = netns_some_ipv4();
    struct netplan plan;
    struct netns host;
    char out[64];

    CHECK_OR_RETURN(netns_open(&host));
    netns_run("for f in all default sstp0; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done", out,
              sizeof(out));
    CHECK_OR_RETURN(netns_shows("cat /proc/sys/net/ipv6/conf/sstp0/disable_ipv6", "1"));
    (void)snprintf(host.before, sizeof(host.before), "%s", netns_everything());
    host.options.default_route = true;
    netplan_link(&host.options, &plan);
    CHECK(netns_set(&host, NETCFG_LINK, &plan));
    netplan_ipv4(&host.options, &ipv4, &plan);
    CHECK(netns_set(&host, NETCFG_IPV4, &plan));
    netplan_ipv6(&host.options, &ipv6, &plan);
    CHECK(!netcfg_set(&host.netcfg, NETCFG_IPV6, &plan, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "cannot add address fe80::") == end.detail);
    CHECK(strstr(end.detail, "--disable-ipv6") != NULL);
    netplan_ipv6(&host.options, NULL, &plan);
    CHECK(netns_set(&host, NETCFG_IPV6, &plan));
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK(netns_undo(&host));
    netns_close(&host);
}

static bool drop_net_admin(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    data[0].effective &= ~(1u << CAP_NET_ADMIN);
    data[0].permitted &= ~(1u << CAP_NET_ADMIN);
    return syscall(SYS_capset, &header, data) == 0;
}

static int act_without_rights(struct netns *host)
{
    struct end end = {.reason = END_NONE};
    struct netplan plan;
    struct tun tun;

    if (!CHECK(drop_net_admin()))
        return 1;
    netplan_link(&host->options, &plan);
    if (!CHECK(!netcfg_set(&host->netcfg, NETCFG_LINK, &plan, &end)) ||
        !CHECK_EQ(end.reason, END_NOT_PERMITTED))
        return 1;
    return CHECK(!tun_open(NULL, false, &tun, &end)) && CHECK_EQ(end.reason, END_NOT_PERMITTED) ? 0 : 1;
}

TEST(without_the_right)
{
    struct netns host;
    int status = -1;
    pid_t child;

    CHECK_OR_RETURN(netns_open(&host));
    child = fork();
    if (child == 0)
        _exit(act_without_rights(&host));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
    netns_close(&host);
}

/* What the kernel itself says is kept. */
TEST(the_kernels_words)
{
    struct netop op = {.type = NETOP_ROUTE};
    struct netns host;

    CHECK_OR_RETURN(netns_open(&host));
    op.route.to = netns_prefix("10.0.0.0/8");
    op.route.to.addr.byte[3] = 1; /* a stray bit */
    op.route.table = 254;
    CHECK_EQ(host.ops.add(host.ops.user, &op, host.uplink.ifindex, 0), -EINVAL);
    CHECK_STR(host.ops.explain(host.ops.user), "Invalid prefix for given prefix length");
    op.route.to.addr.byte[3] = 0;
    CHECK_EQ(host.ops.add(host.ops.user, &op, host.uplink.ifindex, 0), 0);
    CHECK_STR(host.ops.explain(host.ops.user), "");
    netns_close(&host);
}

CHECK_MAIN()
