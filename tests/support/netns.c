/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void netns_run(const char *command, char *out, size_t cap)
{
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): the commands are ours */
    size_t len = 0;

    if (pipe) {
        len = fread(out, 1, cap - 1, pipe);
        (void)pclose(pipe);
    }
    out[len] = '\0';
}

bool netns_shows(const char *command, const char *needle)
{
    static char out[65536];

    netns_run(command, out, sizeof(out));
    if (!strstr(out, needle))
        fprintf(stderr, "`%s` does not show \"%s\" but:\n%s", command, needle, out);
    return strstr(out, needle) != NULL;
}

bool netns_hides(const char *command, const char *needle)
{
    static char out[65536];

    netns_run(command, out, sizeof(out));
    if (strstr(out, needle))
        fprintf(stderr, "`%s` shows \"%s\":\n%s", command, needle, out);
    return strstr(out, needle) == NULL;
}

const char *netns_everything(void)
{
    static char out[65536];

    /* Lifetimes run down while the test looks at them. */
    netns_run(
        "{ ip -o addr; ip rule; ip -6 rule; ip -4 route show table all; ip -6 route show table all; } | "
        "sed 's/[0-9]*sec/?sec/g'",
        out, sizeof(out));
    return out;
}

struct ipaddr netns_address(const char *text)
{
    struct ipaddr a = {.family = IP_NONE};

    if (!ipaddr_parse(text, &a)) {
        fprintf(stderr, "%s is no address\n", text);
        abort();
    }
    return a;
}

struct ipprefix netns_prefix(const char *text)
{
    struct ipprefix p = {.len = 0};

    if (!ipprefix_parse(text, &p)) {
        fprintf(stderr, "%s is no prefix\n", text);
        abort();
    }
    return p;
}

bool netns_open_tunnel(struct netns *host, const char *name)
{
    struct end end = {.reason = END_NONE};

    if (!tun_open(name, false, &host->tun, &end)) {
        fprintf(stderr, "%s\n", end.detail);
        return false;
    }
    netlink_ops(host->netlink, &host->ops);
    netcfg_init(&host->netcfg, &host->ops, host->tun.ifindex, NULL);
    host->options = (struct netplan_options){
        .server = netns_address(NETNS_SERVER4), .mtu = 1400, .txqueuelen = 50, .ifindex = host->tun.ifindex};
    return true;
}

bool netns_open(struct netns *host)
{
    struct end end = {.reason = END_NONE};
    char out[256];
    int r;

    memset(host, 0, sizeof(*host));
    host->uplink.fd = -1;
    host->tun.fd = -1;
    if (unshare(CLONE_NEWNET) != 0) {
        fprintf(stderr, "this test needs root and network namespaces: %s\n", strerror(errno));
        return false;
    }
    if (!tun_open("up0", false, &host->uplink, &end)) {
        fprintf(stderr, "%s\n", end.detail);
        return false;
    }
    netns_run("ip link set lo up; ip addr add 198.51.100.2/24 dev up0; ip link set up0 addrgenmode none; "
              "ip link set up0 up; ip -6 addr add 2001:db8:f::2/64 dev up0 nodad; "
              "ip route add default via 198.51.100.1; ip -6 route add default via 2001:db8:f::1",
              out, sizeof(out));
    /* the kernel finishes an IPv6 address a moment later */
    netns_run(
        "for i in $(seq 100); do ip -6 route show table local | grep -q 'local 2001:db8:f::2' && break; "
        "sleep 0.05; done",
        out, sizeof(out));
    r = netlink_open(&host->netlink);
    if (r != 0) {
        fprintf(stderr, "cannot open a routing socket: %s\n", strerror(-r));
        return false;
    }
    if (!netns_open_tunnel(host, NULL))
        return false;
    (void)snprintf(host->before, sizeof(host->before), "%s", netns_everything());
    return true;
}

void netns_close(struct netns *host)
{
    tun_close(&host->tun);
    tun_close(&host->uplink);
    netlink_close(host->netlink);
}

bool netns_set(struct netns *host, enum netcfg_group group, const struct netplan *plan)
{
    struct end end = {.reason = END_NONE};
    bool done = netcfg_set(&host->netcfg, group, plan, &end);

    if (!done)
        fprintf(stderr, "%s\n", end.detail);
    return done;
}

struct netplan_ipv4 netns_some_ipv4(void)
{
    return (struct netplan_ipv4){.local = netns_address("10.11.0.2"), .peer = netns_address("10.11.0.1")};
}

struct netplan_ipv6 netns_some_ipv6(void)
{
    return (struct netplan_ipv6){
        .id = {2, 0, 0, 0, 0, 0, 0, 9},
        .prefix = {{.prefix = netns_prefix("2001:db8:77::/64"),
                    .on_link = true,
                    .autonomous = true,
                    .valid_s = 7200,
                    .preferred_s = 3600}},
        .n_prefix = 1,
        .default_router = true,
    };
}

bool netns_bring_up(struct netns *host)
{
    struct netplan_ipv4 ipv4 = netns_some_ipv4();
    struct netplan_ipv6 ipv6 = netns_some_ipv6();
    struct netplan plan;

    netplan_link(&host->options, &plan);
    if (!netns_set(host, NETCFG_LINK, &plan))
        return false;
    netplan_ipv4(&host->options, &ipv4, &plan);
    if (!netns_set(host, NETCFG_IPV4, &plan))
        return false;
    netplan_ipv6(&host->options, &ipv6, &plan);
    return netns_set(host, NETCFG_IPV6, &plan);
}

bool netns_undo(struct netns *host)
{
    const char *now;

    netcfg_undo(&host->netcfg);
    now = netns_everything();
    if (strcmp(now, host->before) != 0)
        fprintf(stderr, "the host is not as it was; before:\n%snow:\n%s", host->before, now);
    return strcmp(now, host->before) == 0;
}
