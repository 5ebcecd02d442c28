/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a killed predecessor left on a real kernel, and what is not its. Needs root. */
#include "check.h"

#include "netcfg.h"
#include "netns.h"
#include "tun.h"

/* The device goes with the process, as when it is killed; the next start cleans up. */
static void kill_and_clean(struct netns *host, const char *name)
{
    size_t n = 0;

    tun_close(&host->tun);
    CHECK_EQ(host->ops.clean_stale(host->ops.user, &n), 0);
    if (!CHECK_STR(netns_everything(), host->before))
        fprintf(stderr, "killed after: %s\n", name);
}

/* Killed after each step of the whole plan. */
TEST(killed_anywhere)
{
    struct netns host;
    struct netplan_ipv4 ipv4 = netns_some_ipv4();
    struct netplan plan[NETCFG_GROUPS];
    size_t n_steps = 1;

    CHECK_OR_RETURN(netns_open(&host));
    tun_close(&host.tun);
    (void)snprintf(host.before, sizeof(host.before), "%s", netns_everything());
    for (size_t killed = 0; killed < n_steps; killed++) {
        char step[160] = "";
        size_t done = 0;

        CHECK_OR_RETURN(netns_open_tunnel(&host, NULL));
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
    netns_close(&host);
}

/* Rules and routes of one that lives are left alone, and so are those of others. */
TEST(cleaning_spares_the_living)
{
    struct netns host;
    struct netns dead;
    size_t n = 0;

    CHECK_OR_RETURN(netns_open(&host));
    dead = host;
    host.options.default_route = true;
    CHECK_OR_RETURN(netns_bring_up(&host));
    netns_run("ip rule add lookup 77 pref 31000 proto 84; ip route add throw 10.0.0.0/8 table 77 proto 84",
              host.before, sizeof(host.before));
    (void)snprintf(host.before, sizeof(host.before), "%s", netns_everything());
    CHECK_OR_RETURN(netns_open_tunnel(&dead, "dead0"));
    dead.options.default_route = true;
    CHECK_OR_RETURN(netns_bring_up(&dead));
    tun_close(&dead.tun);
    CHECK_EQ(host.ops.clean_stale(host.ops.user, &n), 0);
    CHECK_EQ(n, 5); /* two rules per family, and the throw route */
    CHECK_STR(netns_everything(), host.before);
    CHECK(netns_shows("ip route get 9.9.9.9", "dev sstp0"));
    CHECK_EQ(host.ops.clean_stale(host.ops.user, &n), 0);
    CHECK_EQ(n, 0);
    netns_close(&host);
}

CHECK_MAIN()
