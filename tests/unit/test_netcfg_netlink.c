/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real acts on a real kernel, in a network namespace of each test's own, seen through ip(8), which shares no code
 * with them. Needs root. The outer network is a TUN device, too ("up0"), so that nothing beyond /dev/net/tun is needed.
 */
#include "check.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "netcfg.h"
#include "tun.h"

#define SERVER4 "192.0.2.1"
#define SERVER6 "2001:db8:5::1"

static char everything_shown[65536];

static void run_command(const char *command, char *out, size_t cap)
{
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): the commands are ours */
    size_t len = 0;

    if (pipe) {
        len = fread(out, 1, cap - 1, pipe);
        (void)pclose(pipe);
    }
    out[len] = '\0';
}

static bool shows(const char *command, const char *needle)
{
    static char out[65536];

    run_command(command, out, sizeof(out));
    if (!strstr(out, needle))
        fprintf(stderr, "`%s` does not show \"%s\" but:\n%s", command, needle, out);
    return strstr(out, needle) != NULL;
}

static bool hides(const char *command, const char *needle)
{
    static char out[65536];

    run_command(command, out, sizeof(out));
    if (strstr(out, needle))
        fprintf(stderr, "`%s` shows \"%s\":\n%s", command, needle, out);
    return strstr(out, needle) == NULL;
}

/* Addresses, routes and rules, without what counts down. */
static const char *everything(void)
{
    run_command("ip -o addr; ip rule; ip -6 rule; ip -4 route show table all; ip -6 route show table all",
                everything_shown, sizeof(everything_shown));
    return everything_shown;
}

struct host {
    struct tun uplink;
    struct tun tun;
    struct netlink *netlink;
    struct netcfg_ops ops;
    struct netcfg netcfg;
    struct netplan_options options;
    char before[65536];
};

static struct ipaddr address(const char *text)
{
    struct ipaddr a = {.family = IP_NONE};

    CHECK(ipaddr_parse(text, &a));
    return a;
}

static struct ipprefix prefix(const char *text)
{
    struct ipprefix p = {.len = 0};

    CHECK(ipprefix_parse(text, &p));
    return p;
}

/* A tunnel's device and the door to it, ready for plans. */
static bool tunnel_open(struct host *host, const char *name)
{
    struct end end = {.reason = END_NONE};

    if (!CHECK(tun_open(name, &host->tun, &end))) {
        fprintf(stderr, "%s\n", end.detail);
        return false;
    }
    netlink_ops(host->netlink, &host->ops);
    netcfg_init(&host->netcfg, &host->ops, host->tun.ifindex, NULL);
    host->options = (struct netplan_options){
        .server = address(SERVER4), .mtu = 1400, .txqueuelen = 50, .ifindex = host->tun.ifindex};
    return true;
}

/* A host with an uplink and default routes of both families, and a tunnel without addresses. */
static bool host_open(struct host *host)
{
    struct end end = {.reason = END_NONE};
    char out[256];

    memset(host, 0, sizeof(*host));
    host->uplink.fd = -1;
    host->tun.fd = -1;
    if (unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "this test needs root and network namespaces: %s\n", strerror(errno));
        return CHECK(false);
    }
    if (!CHECK(tun_open("up0", &host->uplink, &end))) {
        fprintf(stderr, "%s\n", end.detail);
        return false;
    }
    run_command("ip link set lo up; ip addr add 198.51.100.2/24 dev up0; ip link set up0 addrgenmode none; "
                "ip link set up0 up; ip -6 addr add 2001:db8:f::2/64 dev up0 nodad; "
                "ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:f::1",
                out, sizeof(out));
    /* the kernel finishes an IPv6 address a moment later */
    run_command(
        "for i in $(seq 100); do ip -6 route show table local | grep -q 'local 2001:db8:f::2' && break; "
        "sleep 0.05; done",
        out, sizeof(out));
    if (!CHECK_EQ(netlink_open(&host->netlink), 0) || !tunnel_open(host, NULL))
        return false;
    (void)snprintf(host->before, sizeof(host->before), "%s", everything());
    return true;
}

static void host_close(struct host *host)
{
    tun_close(&host->tun);
    tun_close(&host->uplink);
    netlink_close(host->netlink);
}

static bool set(struct host *host, enum netcfg_group group, const struct netplan *plan)
{
    struct end end = {.reason = END_NONE};
    bool done = netcfg_set(&host->netcfg, group, plan, &end);

    if (!done)
        fprintf(stderr, "%s\n", end.detail);
    return done;
}

static struct netplan_ipv4 some_ipv4(void)
{
    return (struct netplan_ipv4){.local = address("10.11.0.2"), .peer = address("10.11.0.1")};
}

static struct netplan_ipv6 some_ipv6(void)
{
    return (struct netplan_ipv6){
        .id = {2, 0, 0, 0, 0, 0, 0, 9},
        .prefix = {{.prefix = prefix("2001:db8:77::/64"),
                    .on_link = true,
                    .autonomous = true,
                    .valid_s = 7200,
                    .preferred_s = 3600}},
        .n_prefix = 1,
        .default_router = true,
    };
}

static bool bring_up(struct host *host)
{
    struct netplan_ipv4 ipv4 = some_ipv4();
    struct netplan_ipv6 ipv6 = some_ipv6();
    struct netplan plan;

    netplan_link(&host->options, &plan);
    if (!CHECK(set(host, NETCFG_LINK, &plan)))
        return false;
    netplan_ipv4(&host->options, &ipv4, &plan);
    if (!CHECK(set(host, NETCFG_IPV4, &plan)))
        return false;
    netplan_ipv6(&host->options, &ipv6, &plan);
    return CHECK(set(host, NETCFG_IPV6, &plan));
}

static void undo_and_compare(struct host *host)
{
    netcfg_undo(&host->netcfg);
    CHECK_STR(everything(), host->before);
}

TEST(link_and_addresses)
{
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    CHECK_OR_RETURN(bring_up(&host));
    CHECK(shows("ip link show sstp0", "mtu 1400"));
    CHECK(shows("ip link show sstp0", "qlen 50"));
    CHECK(shows("ip link show sstp0", "UP"));
    CHECK(shows("ip addr show sstp0", "inet 10.11.0.2 peer 10.11.0.1/32"));
    CHECK(shows("ip -6 addr show sstp0", "inet6 fe80::200:0:0:9/128 scope link"));
    CHECK(shows("ip -6 addr show sstp0", "inet6 2001:db8:77:0:200::9/128 scope global"));
    CHECK(shows("ip -6 addr show sstp0", "valid_lft 7200sec preferred_lft 3600sec"));
    CHECK(hides("ip -6 addr show sstp0", "stable-privacy"));
    CHECK(shows("ip route", "10.11.0.1 dev sstp0 proto 83"));
    CHECK(shows("ip -6 route", "fe80::/64 dev sstp0 proto 83"));
    CHECK(shows("ip -6 route", "2001:db8:77::/64 dev sstp0 proto 83"));
    CHECK(shows("ip route get 9.9.9.9", "dev up0"));
    CHECK(hides("ip rule", "proto 83"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(routes_that_were_asked_for)
{
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    host.options.route[0] = prefix("10.0.0.0/8");
    host.options.route[1] = prefix("2001:db8:aa::/48");
    host.options.n_route = 2;
    CHECK_OR_RETURN(bring_up(&host));
    CHECK(shows("ip route get 10.200.0.1", "dev sstp0 src 10.11.0.2"));
    CHECK(shows("ip -6 route get 2001:db8:aa::5", "dev sstp0"));
    CHECK(shows("ip route get " SERVER4, "via 198.51.100.1 dev up0"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(default_route_spares_the_server_and_specific_routes)
{
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    host.options.default_route = true;
    CHECK_OR_RETURN(bring_up(&host));
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK(shows("ip -6 route get 2001:4860::1", "dev sstp0"));
    CHECK(shows("ip route get " SERVER4, "via 198.51.100.1 dev up0"));
    CHECK(shows("ip route get 198.51.100.77", "dev up0"));
    CHECK(shows("ip rule", "30000:\tfrom all lookup main suppress_prefixlength 0 proto 83"));
    CHECK(shows("ip rule", "30001:\tfrom all lookup"));
    /* the way to the server follows the main table, and without one there is no loop */
    run_command("ip route replace default via 198.51.100.9", host.before, sizeof(host.before));
    CHECK(shows("ip route get " SERVER4, "via 198.51.100.9 dev up0"));
    run_command("ip route del default", host.before, sizeof(host.before));
    CHECK(hides("ip route get " SERVER4 " 2>&1", "sstp0"));
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    (void)snprintf(host.before, sizeof(host.before), "%s", "");
    netcfg_undo(&host.netcfg);
    CHECK(hides("ip rule; ip -6 rule; ip -4 route show table all; ip -6 route show table all", "proto 83"));
    host_close(&host);
}

TEST(default_route_over_ipv6_server)
{
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    host.options.default_route = true;
    host.options.server = address(SERVER6);
    CHECK_OR_RETURN(bring_up(&host));
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK(shows("ip route get " SERVER4, "dev sstp0"));
    CHECK(shows("ip -6 route get 2001:4860::1", "dev sstp0"));
    CHECK(shows("ip -6 route get " SERVER6, "via 2001:db8:f::1 dev up0"));
    CHECK(shows("ip -6 route get 2001:db8:f::77", "dev up0"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(family_that_is_not_up_does_not_leak)
{
    struct host host;
    struct netplan plan;

    CHECK_OR_RETURN(host_open(&host));
    host.options.default_route = true;
    CHECK_OR_RETURN(bring_up(&host));
    netplan_ipv6(&host.options, NULL, &plan);
    CHECK(set(&host, NETCFG_IPV6, &plan));
    CHECK(hides("ip -6 route get 2001:4860::1 2>&1", "dev up0"));
    CHECK(hides("ip -6 route get 2001:4860::1 2>&1", "sstp0"));
    CHECK(hides("ip -6 addr show sstp0", "inet6"));
    CHECK(shows("ip -6 route get 2001:db8:f::77", "dev up0"));
    netplan_ipv4(&host.options, NULL, &plan);
    CHECK(set(&host, NETCFG_IPV4, &plan));
    CHECK(hides("ip route get 9.9.9.9 2>&1", "dev"));
    CHECK(shows("ip route get " SERVER4, "dev up0"));
    CHECK(bring_up(&host));
    CHECK(shows("ip -6 route get 2001:4860::1", "dev sstp0"));
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(route_around_the_server)
{
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    run_command("ip route add 192.0.2.128/25 via 198.51.100.7; ip route add 192.0.0.0/16 via 198.51.100.8",
                host.before, sizeof(host.before));
    (void)snprintf(host.before, sizeof(host.before), "%s", everything());
    host.options.route[0] = prefix("192.0.2.0/24");
    host.options.n_route = 1;
    CHECK_OR_RETURN(bring_up(&host));
    CHECK(shows("ip route get 192.0.2.5", "dev sstp0"));
    CHECK(shows("ip route get 192.0.2.200", "via 198.51.100.7"));
    CHECK(shows("ip route get 192.0.3.1", "via 198.51.100.8"));
    CHECK(shows("ip route get " SERVER4, "via 198.51.100.8"));
    CHECK(shows("ip route get 9.9.9.9", "via 198.51.100.1"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(advertised_prefix_around_the_server)
{
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    host.options.server = address("2001:db8:77::1");
    CHECK_OR_RETURN(bring_up(&host));
    CHECK(shows("ip -6 route get 2001:db8:77::1", "dev up0"));
    CHECK(shows("ip -6 route get 2001:db8:77::2", "dev sstp0"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(route_of_somebody_else)
{
    struct end end = {.reason = END_NONE};
    struct netplan_ipv4 ipv4 = some_ipv4();
    struct netplan plan;
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    run_command("ip route add 10.0.0.0/8 via 198.51.100.7", host.before, sizeof(host.before));
    (void)snprintf(host.before, sizeof(host.before), "%s", everything());
    host.options.route[0] = prefix("10.0.0.0/8");
    host.options.n_route = 1;
    netplan_link(&host.options, &plan);
    CHECK(set(&host, NETCFG_LINK, &plan));
    netplan_ipv4(&host.options, &ipv4, &plan);
    CHECK(!netcfg_set(&host.netcfg, NETCFG_IPV4, &plan, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "cannot add route 10.0.0.0/8: File exists") == end.detail);
    undo_and_compare(&host);
    /* the same route, but it is ours */
    run_command("ip route del 10.0.0.0/8", host.before, sizeof(host.before));
    CHECK_OR_RETURN(bring_up(&host));
    CHECK_EQ(host.ops.add(host.ops.user, &plan.op[plan.n_op - 1], host.tun.ifindex, 0), 0);
    CHECK_EQ(host.ops.add(host.ops.user, &plan.op[0], host.tun.ifindex, 0), 0);
    host_close(&host);
}

TEST(refresh_and_changes)
{
    struct netplan_ipv6 ipv6 = some_ipv6();
    struct netplan_ipv4 ipv4 = some_ipv4();
    struct netplan plan;
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    CHECK_OR_RETURN(bring_up(&host));
    ipv6.prefix[0].valid_s = 9000;
    ipv6.prefix[0].preferred_s = 0;
    netplan_ipv6(&host.options, &ipv6, &plan);
    CHECK(set(&host, NETCFG_IPV6, &plan));
    CHECK(shows("ip -6 addr show sstp0", "valid_lft 9000sec preferred_lft 0sec"));
    ipv4.local = address("10.11.0.3");
    netplan_ipv4(&host.options, &ipv4, &plan);
    CHECK(set(&host, NETCFG_IPV4, &plan));
    CHECK(shows("ip addr show sstp0", "inet 10.11.0.3 peer 10.11.0.1/32"));
    CHECK(hides("ip addr show sstp0", "10.11.0.2"));
    CHECK(shows("ip route get 10.11.0.1", "dev sstp0 src 10.11.0.3"));
    host.options.mtu = 1300;
    netplan_link(&host.options, &plan);
    CHECK(set(&host, NETCFG_LINK, &plan));
    CHECK(shows("ip link show sstp0", "mtu 1300"));
    CHECK(shows("ip route get 10.11.0.1", "dev sstp0"));
    undo_and_compare(&host);
    host_close(&host);
}

TEST(two_tunnels_to_the_same_network)
{
    struct host host;
    struct host second;

    CHECK_OR_RETURN(host_open(&host));
    second = host;
    CHECK_OR_RETURN(tunnel_open(&second, NULL));
    CHECK_STR(second.tun.name, "sstp1");
    host.options.default_route = true;
    second.options.default_route = true;
    CHECK(bring_up(&host));
    CHECK(bring_up(&second));
    CHECK(shows("ip rule", "30003:\tfrom all lookup"));
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    netcfg_undo(&host.netcfg);
    CHECK(shows("ip route get 9.9.9.9", "dev sstp1"));
    netcfg_undo(&second.netcfg);
    tun_close(&second.tun);
    CHECK_STR(everything(), host.before);
    host_close(&host);
}

/* The device goes with the process, as when it is killed; the next start cleans up. */
static void kill_and_clean(struct host *host, const char *name)
{
    size_t n = 0;

    tun_close(&host->tun);
    CHECK_EQ(host->ops.clean_stale(host->ops.user, &n), 0);
    if (!CHECK_STR(everything(), host->before))
        fprintf(stderr, "killed after: %s\n", name);
}

/* Killed after each step of the whole plan. */
TEST(killed_anywhere)
{
    struct host host;
    struct netplan_ipv4 ipv4 = some_ipv4();
    struct netplan plan[NETCFG_GROUPS];
    size_t n_steps = 1;

    CHECK_OR_RETURN(host_open(&host));
    tun_close(&host.tun);
    (void)snprintf(host.before, sizeof(host.before), "%s", everything());
    for (size_t killed = 0; killed < n_steps; killed++) {
        char step[160] = "";
        size_t done = 0;

        CHECK_OR_RETURN(tunnel_open(&host, NULL));
        host.options.default_route = true;
        netplan_link(&host.options, &plan[NETCFG_LINK]);
        netplan_ipv4(&host.options, &ipv4, &plan[NETCFG_IPV4]);
        netplan_ipv6(&host.options, NULL, &plan[NETCFG_IPV6]);
        n_steps = plan[0].n_op + plan[1].n_op + plan[2].n_op;
        for (size_t group = 0; group < NETCFG_GROUPS; group++) {
            for (size_t i = 0; i < plan[group].n_op && done <= killed; i++, done++) {
                netop_describe(&plan[group].op[i], step, sizeof(step));
                CHECK_EQ(host.ops.add(host.ops.user, &plan[group].op[i], host.tun.ifindex, 30000), 0);
            }
        }
        kill_and_clean(&host, step);
    }
    CHECK(n_steps > 8);
    host_close(&host);
}

/* Rules and routes of one that lives are left alone, and so are those of others. */
TEST(cleaning_spares_the_living)
{
    struct host host;
    struct host dead;
    size_t n = 0;

    CHECK_OR_RETURN(host_open(&host));
    dead = host;
    host.options.default_route = true;
    CHECK_OR_RETURN(bring_up(&host));
    run_command("ip rule add lookup 77 pref 31000 proto 84; ip route add throw 10.0.0.0/8 table 77 proto 84",
                host.before, sizeof(host.before));
    (void)snprintf(host.before, sizeof(host.before), "%s", everything());
    CHECK_OR_RETURN(tunnel_open(&dead, "dead0"));
    dead.options.default_route = true;
    CHECK_OR_RETURN(bring_up(&dead));
    tun_close(&dead.tun);
    CHECK_EQ(host.ops.clean_stale(host.ops.user, &n), 0);
    CHECK_EQ(n, 5); /* two rules per family, and the throw route */
    CHECK_STR(everything(), host.before);
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK_EQ(host.ops.clean_stale(host.ops.user, &n), 0);
    CHECK_EQ(n, 0);
    host_close(&host);
}

TEST(ipv6_switched_off)
{
    struct end end = {.reason = END_NONE};
    struct netplan_ipv6 ipv6 = some_ipv6();
    struct netplan_ipv4 ipv4 = some_ipv4();
    struct netplan plan;
    struct host host;
    char out[64];

    CHECK_OR_RETURN(host_open(&host));
    run_command("for f in all default sstp0; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done", out,
                sizeof(out));
    CHECK_OR_RETURN(shows("cat /proc/sys/net/ipv6/conf/sstp0/disable_ipv6", "1"));
    (void)snprintf(host.before, sizeof(host.before), "%s", everything());
    host.options.default_route = true;
    netplan_link(&host.options, &plan);
    CHECK(set(&host, NETCFG_LINK, &plan));
    netplan_ipv4(&host.options, &ipv4, &plan);
    CHECK(set(&host, NETCFG_IPV4, &plan));
    netplan_ipv6(&host.options, &ipv6, &plan);
    CHECK(!netcfg_set(&host.netcfg, NETCFG_IPV6, &plan, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "cannot add address fe80::") == end.detail);
    CHECK(strstr(end.detail, "--disable-ipv6") != NULL);
    netplan_ipv6(&host.options, NULL, &plan);
    CHECK(set(&host, NETCFG_IPV6, &plan));
    CHECK(shows("ip route get 9.9.9.9", "dev sstp0"));
    undo_and_compare(&host);
    host_close(&host);
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

static int act_without_rights(struct host *host)
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
    return CHECK(!tun_open(NULL, &tun, &end)) && CHECK_EQ(end.reason, END_NOT_PERMITTED) ? 0 : 1;
}

TEST(without_the_right)
{
    struct host host;
    int status = -1;
    pid_t child;

    CHECK_OR_RETURN(host_open(&host));
    child = fork();
    if (child == 0)
        _exit(act_without_rights(&host));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK_EQ(status, 0);
    host_close(&host);
}

/* What the kernel itself says is kept. */
TEST(the_kernels_words)
{
    struct netop op = {.type = NETOP_ROUTE};
    struct host host;

    CHECK_OR_RETURN(host_open(&host));
    op.route.to = prefix("10.0.0.0/8");
    op.route.to.addr.byte[3] = 1; /* a stray bit */
    op.route.table = 254;
    CHECK_EQ(host.ops.add(host.ops.user, &op, host.uplink.ifindex, 0), -EINVAL);
    CHECK_STR(host.ops.explain(host.ops.user), "Invalid prefix for given prefix length");
    op.route.to.addr.byte[3] = 0;
    CHECK_EQ(host.ops.add(host.ops.user, &op, host.uplink.ifindex, 0), 0);
    CHECK_STR(host.ops.explain(host.ops.user), "");
    host_close(&host);
}

CHECK_MAIN()
